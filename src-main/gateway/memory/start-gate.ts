/**
 * When a gateway that starts may take part again. Pure: time and what the peers say come in as arguments.
 *
 * Continuous (log, ledger and mark agree): once all peers have answered, or after a second. Broken: not before as many *other* voters
 * have told their term that whatever this gateway forgot, one of them knows it; a majority that counts itself is worth nothing.
 */

const PATIENCE_MS = 1_000
const TERM_LEAD_MAX = 2 ** 20
const TERM_MAX = 2 ** 52
/** From so many voters on, all others are heard: there is no new consensus id yet for one that came back. */
const HEAR_ALL_FROM = 5

/** Why this gateway can't rely on what its ledger remembers. */
export type LossReason =
  /** The mark tells of more than the ledger holds: an older copy was put back. */
  | 'ledger-old'
  /** The mark is of another ledger file: this one was put in its place. */
  | 'ledger-replaced'
  /** There was a ledger, and it is gone. */
  | 'ledger-missing'
  /** There is a ledger, and its mark is gone. */
  | 'mark-missing'
  /** A peer showed something newer, signed by this gateway. */
  | 'peers-know-more'

export interface GateOptions {
  /** Consensus ids. */
  self: number
  voters: readonly number[]
  loss: LossReason | null
  nowMs: number
}

export class StartGate {
  readonly #self: number
  readonly #others: readonly number[]
  readonly #voters: number
  readonly #sinceMs: number
  readonly #answered = new Set<number>()
  readonly #terms = new Map<number, number>()
  #loss: LossReason | null

  constructor({ self, voters, loss, nowMs }: GateOptions) {
    this.#self = self
    this.#voters = voters.length
    this.#others = voters.filter((id) => id !== self)
    this.#loss = loss
    this.#sinceMs = nowMs
  }

  get loss(): LossReason | null {
    return this.#loss
  }

  /** A start that seemed whole is not. */
  lose(reason: LossReason): void {
    this.#loss ??= reason
  }

  /** A voter's answer to this start; `term` is null from one that may not remember it itself. */
  heard(from: number, term: number | null): void {
    if (from === this.#self || !this.#others.includes(from)) return
    this.#answered.add(from)
    if (term === null) this.#terms.delete(from)
    else this.#terms.set(from, Math.max(term, this.#terms.get(from) ?? 0))
  }

  /** Other voters whose answers are still needed; 0 where the gate opens. Of a voter alone nobody can ever answer. */
  missing(nowMs: number): number {
    if (this.#loss !== null) return Math.max(0, this.#needed - this.#terms.size)
    const silent = this.#others.filter((id) => !this.#answered.has(id)).length
    return nowMs - this.#sinceMs >= PATIENCE_MS ? 0 : silent
  }

  /**
   * The largest term that was heard. One far beyond `own` and what another voter said is not believed of one voter alone: spent, it would
   * leave no terms for the elections to come (native/core/src/raft/term_claims.rs has the same bounds).
   */
  term(own: number): number {
    const [largest = 0, second = 0] = [...this.#terms.values()].toSorted((a, b) => b - a)
    return Math.min(largest, Math.max(own, second) + TERM_LEAD_MAX, TERM_MAX)
  }

  get #needed(): number {
    const majority = Math.floor(this.#voters / 2) + 1
    if (this.#voters >= HEAR_ALL_FROM) return this.#voters - 1
    return this.#voters - majority + 1
  }
}
