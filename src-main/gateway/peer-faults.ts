import { WireError } from '../wire/errors.ts'
import { decodeProposal, type Proposed } from '../wire/proposal.ts'

/** Every so many faults of one member are told: a flood of them must not become a flood of alarms. */
const TOLD_EVERY = 10_000

/** Counts what members sent that no correct gateway sends. Who holds a member's key may still send anything. */
export class PeerFaults {
  readonly #onAlarm: (code: string, message: string) => void
  readonly #counts = new Map<string, number>()

  constructor(onAlarm: (code: string, message: string) => void) {
    this.#onAlarm = onAlarm
  }

  /** The statements that a member sent for proposing; none where it sent something else. */
  forwarded(member: number, body: Uint8Array): Proposed[] {
    try {
      return decodeProposal(body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#note('forward_malformed', member, `sent for proposing what are no statements (${error.message})`)
      return []
    }
  }

  /** Tells the first fault of a kind by a member, and then seldom. */
  #note(code: string, member: number, what: string): void {
    const key = `${code} ${member}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    if (count % TOLD_EVERY !== 1) return
    const before = count === 1 ? '' : ` (${count} times since the start)`
    this.#onAlarm(code, `gateway ${member} ${what}${before}. Look at that gateway's version and at who holds its keys.`)
  }
}
