import type { OnCondition } from '../conditions.ts'

/** So many refused messages of a member within a minute are told. */
export const REFUSED_A_MINUTE_MAX = 10
const MINUTE_MS = 60_000

interface Faults {
  /** Refused in the minute that runs, and when that minute began. */
  count: number
  sinceMs: number
  told: boolean
  what: string
}

export interface RefusedMessagesOptions {
  nowMs(): number
  /** The member's name on the ledger. */
  nameOf(member: number): string
  onCondition: OnCondition
}

/** Counts what members sent that no correct gateway sends. Who holds a member's key may still send anything. */
export class RefusedMessages {
  readonly #o: RefusedMessagesOptions
  readonly #members = new Map<number, Faults>()

  constructor(options: RefusedMessagesOptions) {
    this.#o = options
  }

  /** A message of a member was refused; `what` it was, in English. Told from ten a minute on. */
  refused(member: number, what: string): void {
    this.tick()
    const faults = this.#members.get(member) ?? { count: 0, sinceMs: this.#o.nowMs(), told: false, what }
    this.#members.set(member, faults)
    faults.count += 1
    faults.what = what
    if (faults.count < REFUSED_A_MINUTE_MAX || faults.told) return
    faults.told = true
    this.#o.onCondition('messages-refused', this.#o.nameOf(member), true, { count: faults.count, what })
  }

  /** To be called often: a member that sent fewer in the minute that is over is told no more. */
  tick(): void {
    const now = this.#o.nowMs()
    for (const [member, faults] of this.#members) {
      if (now - faults.sinceMs < MINUTE_MS) continue
      const { count, what } = faults
      const name = this.#o.nameOf(member)
      if (count >= REFUSED_A_MINUTE_MAX) this.#o.onCondition('messages-refused', name, true, { count, what })
      else if (faults.told) this.#o.onCondition('messages-refused', name, false)
      if (count === 0) this.#members.delete(member)
      else this.#members.set(member, { count: 0, sinceMs: now, told: count >= REFUSED_A_MINUTE_MAX, what })
    }
  }
}
