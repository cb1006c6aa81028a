/**
 * The clock of scenarios, in which days pass in seconds: it stands until somebody moves it ahead, and never goes back. All threads of a
 * process, and all gateways that are given the same one, see the same moment. What it shows is no time of day: only a gateway of a channel
 * that was founded as simulated runs on one (`clock: simulated`), and says so as long as it runs.
 */
import type { ClockSources } from './gateway-clock.ts'
import { UNKNOWN_CLOCK } from './system-clock.ts'

export class SimulatedClock {
  /** What another thread makes the same clock of. */
  readonly shared: SharedArrayBuffer
  readonly #us: BigInt64Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#us = new BigInt64Array(shared)
  }

  readonly nowUs = (): number => Number(Atomics.load(this.#us, 0))

  /** To this moment, in microseconds since 1970 (UTC); stays where that is past. */
  advance(toUs: number): void {
    const to = BigInt(toUs)
    for (let at = Atomics.load(this.#us, 0); at < to;) {
      const before = Atomics.compareExchange(this.#us, 0, at, to)
      if (before === at) return
      at = before
    }
  }
}

/** It is all there is: nothing that it could be held against, and nobody keeps it. */
export function simulatedSources(clock: SimulatedClock): ClockSources {
  return {
    elapsedUs: clock.nowUs,
    system: () => UNKNOWN_CLOCK,
    peers: () => [],
    believed: { read: () => null, write: () => {} },
  }
}
