/**
 * The newest signed mark of each peer, kept for the day on which that peer comes back with an older ledger; and whether two gateways
 * say that they are the same one. A liar can keep nobody out by this: what is kept was signed by its owner.
 */
import { z } from 'zod'
import type { SignedMark } from './memory-frame.ts'

/** How long two lives of one identity count as seen together. */
const TWINS_MS = 60_000
const BOOTS_MAX = 16
const KEEP_EVERY_MS = 10_000

interface Seen {
  mark: SignedMark | null
  /** Starts of that peer, the one last heard at the end. */
  boots: string[]
  /** When an older one of them was heard after a newer one. */
  twinsMs: number | null
}

const kept = z.record(z.string(), z.object({ mark: z.any().nullable() }))

export class PeerMarks {
  readonly #seen = new Map<string, Seen>()
  #changed = false
  #keptMs: number

  /** `stored`: what `text` gave in an earlier run. What can't be read is forgotten: it is evidence for others, not for this gateway. */
  constructor(stored: string | null, nowMs: number) {
    this.#keptMs = nowMs
    if (stored === null) return
    try {
      for (const [actor, { mark }] of Object.entries(kept.parse(JSON.parse(stored))))
        this.#seen.set(actor, { mark: mark as SignedMark | null, boots: [], twinsMs: null })
    } catch {
      // As said above.
    }
  }

  /** A mark whose signature by `actor` holds. */
  note(actor: string, mark: SignedMark, nowMs: number): void {
    const seen = this.#of(actor)
    if (seen.mark === null || mark.counter > seen.mark.counter) {
      seen.mark = mark
      this.#changed = true
    }
    if (seen.boots.at(-1) === mark.boot) return
    // A start that speaks again after a later one did: both run.
    if (seen.boots.includes(mark.boot)) seen.twinsMs = nowMs
    seen.boots = [...seen.boots.filter((boot) => boot !== mark.boot), mark.boot].slice(-BOOTS_MAX)
  }

  of(actor: string): { mark: SignedMark | null } {
    return this.#of(actor)
  }

  /** Whether two say that they are this gateway. */
  twins(actor: string, nowMs: number): boolean {
    const { twinsMs } = this.#of(actor)
    return twinsMs !== null && nowMs - twinsMs < TWINS_MS
  }

  /** What is to be stored now; null while there is nothing new, or the last time is too near. */
  text(nowMs: number): string | null {
    if (!this.#changed || nowMs - this.#keptMs < KEEP_EVERY_MS) return null
    this.#keptMs = nowMs
    this.#changed = false
    return JSON.stringify(Object.fromEntries([...this.#seen].map(([actor, { mark }]) => [actor, { mark }])))
  }

  #of(actor: string): Seen {
    const seen = this.#seen.get(actor) ?? { mark: null, boots: [], twinsMs: null }
    this.#seen.set(actor, seen)
    return seen
  }
}
