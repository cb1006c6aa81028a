import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { WireError } from '../../wire/errors.ts'
import { decodeProposal, type Proposed } from '../../wire/proposal.ts'

export interface PeerFaultsOptions {
  ledger: Pick<Ledger, 'members' | 'judgeForwarded'>
  /** A member sent what no correct gateway sends; `what` follows its name. */
  onFault(member: number, code: string, what: string): void
}

/** Looks at what members send before it costs anybody anything. Who holds a member's key may still send whatever it likes. */
export class PeerFaults {
  readonly #o: PeerFaultsOptions

  constructor(options: PeerFaultsOptions) {
    this.#o = options
  }

  /** The statements that a member sent and that may be proposed for it. After the first that may not be, none of its frame is. */
  forwarded(member: number, body: Uint8Array): Proposed[] {
    const { ledger, onFault } = this.#o
    const sender = ledger.members().find(({ raftId }) => raftId === member)
    if (sender === undefined) return []
    const proposed: Proposed[] = []
    for (const statement of this.#decoded(member, body)) {
      const judged = ledger.judgeForwarded(sender.actor, statement)
      if (judged === 'propose') proposed.push(statement)
      else if (judged !== 'done') {
        onFault(member, 'forward_refused', `sent a statement for proposing that ${judged.refused}`)
        break
      }
    }
    return proposed
  }

  /** A message that the consensus core would not take. */
  rejected(member: number, error: unknown): void {
    const { code, message } = error as { code?: string; message?: string }
    // Its sender is right, as far as it can know: what is missing is missing here.
    if (code === 'log_too_short') return
    const what =
      code === 'too_many_terms' ? 'raised the term more often than elections do' : `was refused: ${message ?? code}`
    this.#o.onFault(member, code ?? 'rejected_message', what)
  }

  /**
   * A statement in the log that has no effect is held against whoever leads: a correct leader never proposes it. One whose key was replaced
   * between its proposing and its place it cannot know to be one.
   */
  outcomes(outcomes: readonly Outcome[], { leader, id }: { leader: number; id: number }): void {
    if (leader === 0 || leader === id) return
    for (const { outcome, reason } of outcomes)
      if (outcome === 'bad' && reason !== 'key-not-in-force')
        this.#o.onFault(leader, 'bad_statement', `put a statement into the log that has no effect: ${reason ?? ''}`)
  }

  #decoded(member: number, body: Uint8Array): Proposed[] {
    try {
      return decodeProposal(body)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#o.onFault(member, 'forward_malformed', `sent for proposing what are no statements (${error.message})`)
      return []
    }
  }
}
