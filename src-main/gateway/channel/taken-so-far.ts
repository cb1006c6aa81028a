import { rowCount } from '../../wire/rows.ts'
import type { GatewayCore } from './core.ts'
import type { FromLedger } from './messages.ts'
import type { RowsHanded } from '../signing/rows-handed.ts'

/**
 * Counts what this thread was handed, and tells how much of it is durable: what is not yet is sent again should the thread begin anew.
 * Readings are signed in the order in which they came, so that a count is enough.
 */
export class TakenSoFar {
  readonly #core: Pick<GatewayCore, 'readings' | 'undurableReadings'>
  readonly #tell: (message: FromLedger) => void
  /** Of each message whose readings are not all durable: how many readings had come with it and all before it. */
  readonly #marks: number[] = []
  /** Messages that came since this was told last. */
  #new = 0
  #readings = 0
  /** Readings of the messages that are durable whole. */
  #whole = 0
  #ahead = 0

  constructor(core: Pick<GatewayCore, 'readings' | 'undurableReadings'>, tell: (message: FromLedger) => void) {
    this.#core = core
    this.#tell = tell
    // What waits from an earlier run is durable, and none of this.
    this.#readings = core.undurableReadings
    this.#whole = this.#readings
  }

  rows({ rows, gaps, kind }: RowsHanded): void {
    this.#core.readings(rows, { gaps, kind })
    this.#readings += rowCount(rows)
    this.#marks.push(this.#readings)
    this.#new += 1
  }

  told(): void {
    const durableReadings = this.#readings - this.#core.undurableReadings
    const first = this.#marks.findIndex((mark) => mark > durableReadings)
    const durable = first === -1 ? this.#marks.length : first
    this.#whole = this.#marks.splice(0, durable).at(-1) ?? this.#whole
    const ahead = this.#marks.length === 0 ? 0 : Math.max(0, durableReadings - this.#whole)
    if (this.#new > 0 || durable > 0 || ahead !== this.#ahead)
      this.#tell({ type: 'taken', messages: this.#new, durable, ahead })
    this.#new = 0
    this.#ahead = ahead
  }
}
