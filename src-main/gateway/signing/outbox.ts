/**
 * Signed statements that wait to be ordered. They leave the durable queue only inside the transaction that applies them, so
 * this is a window on that queue: what has been proposed, and what must be proposed again after a change of leader.
 */
import { ForwardPace } from '../../consensus/conduct.ts'

export interface Pending {
  sequence: number
  entry: Uint8Array
  payload: Uint8Array | null
  readings: number
}

export interface OutboxSource {
  /** Statements after `afterSequence` (exclusive), in order, at most `limit`. */
  pending(limit: number, afterSequence: number): Pending[]
}

const WINDOW_ENTRIES = 256
const IN_FLIGHT_ENTRIES = 128
const IN_FLIGHT_BYTES = 8 * 1024 * 1024
const REPEAT_AFTER_MS = 2_000
const EARLY_EVERY_MS = 500
const FORWARD_BYTES = 1024 * 1024

export class Outbox {
  readonly #source: OutboxSource
  readonly #pace = new ForwardPace()
  #window: Pending[] = []
  #proposed = 0
  #progressMs = 0
  #earlyMs = Number.NEGATIVE_INFINITY
  #lastLoaded: number

  constructor(source: OutboxSource, firstSequence: number) {
    this.#source = source
    this.#lastLoaded = firstSequence - 1
  }

  /** Goes on with another incarnation, from its first statement. */
  begin(): void {
    this.#window = []
    this.#proposed = 0
    this.#lastLoaded = -1
  }

  /** Statements of `sequence` and below are applied: they need no proposal any more. */
  applied(sequence: number, nowMs: number): void {
    while (this.#window.length > 0 && (this.#window[0] as Pending).sequence <= sequence) {
      this.#window.shift()
      if (this.#proposed > 0) this.#proposed -= 1
    }
    this.#lastLoaded = Math.max(this.#lastLoaded, sequence)
    this.#progressMs = nowMs
  }

  /** One before these got lost. Not at once each time: where it is refused and not lost, that would never end. */
  early(nowMs: number): void {
    if (nowMs - this.#earlyMs < EARLY_EVERY_MS) return
    this.#earlyMs = nowMs
    this.proposeAgain()
  }

  /** Forgets what was proposed: the leader changed, or one before these got lost. */
  proposeAgain(): void {
    this.#proposed = 0
  }

  /**
   * What to propose now, in order; each statement once, until `proposeAgain` or a long silence. `forwarded`: to another that
   * leads, and no faster than it takes; up to the sequence `last`.
   */
  take(nowMs: number, forwarded = false, last = Number.POSITIVE_INFINITY): Pending[] {
    if (this.#proposed > 0 && nowMs - this.#progressMs > REPEAT_AFTER_MS) {
      this.proposeAgain()
      this.#progressMs = nowMs
    }
    this.#load()
    if (this.#proposed === 0) this.#progressMs = nowMs
    let bytes = 0
    for (let i = 0; i < this.#proposed; i++) bytes += size(this.#window[i] as Pending)
    const from = this.#proposed
    const before = bytes
    const full = forwarded ? Math.min(IN_FLIGHT_BYTES, bytes + this.#pace.room(nowMs)) : IN_FLIGHT_BYTES
    while (this.#proposed < Math.min(this.#window.length, IN_FLIGHT_ENTRIES) && bytes < full) {
      const next = this.#window[this.#proposed] as Pending
      if (next.sequence > last) break
      bytes += size(next)
      this.#proposed += 1
    }
    if (forwarded) this.#pace.spend(bytes - before)
    return this.#window.slice(from, this.#proposed)
  }

  #load(): void {
    if (this.#window.length >= WINDOW_ENTRIES / 2) return
    const more = this.#source.pending(WINDOW_ENTRIES - this.#window.length, this.#lastLoaded)
    for (const pending of more) {
      this.#window.push(pending)
      this.#lastLoaded = pending.sequence
    }
  }
}

function size(pending: Pending): number {
  return pending.entry.length + (pending.payload?.length ?? 0)
}

/** What is forwarded to a leader in one frame each. */
export function forwardParts<T extends { entry: Uint8Array; payload: Uint8Array | null }>(
  pending: readonly T[],
): T[][] {
  const all: T[][] = [[]]
  let bytes = 0
  for (const item of pending) {
    const more = item.entry.length + (item.payload?.length ?? 0)
    if (bytes + more > FORWARD_BYTES && bytes > 0) {
      all.push([])
      bytes = 0
    }
    ;(all.at(-1) as T[]).push(item)
    bytes += more
  }
  return all
}
