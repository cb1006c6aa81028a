/** Whether the gateways have one record: what others seal and sign is held against what this gateway computed. */
import type { Ledger, Outcome } from '../ledger/ledger.ts'
import type { ActorId } from '../wire/ids.ts'
import { refusalSentence } from '../wire/refusals.ts'
import type { CheckpointBook, LinesFound } from './checkpoint-book.ts'
import { Doubt } from './doubt.ts'

export interface AgreementOptions {
  ledger: Ledger
  actor: ActorId
  checkpoints(): CheckpointBook
  onAlarm(code: string, message: string): void
}

export class Agreement {
  readonly #o: AgreementOptions
  readonly #doubt: Doubt

  constructor(options: AgreementOptions) {
    this.#o = options
    this.#doubt = new Doubt(options.ledger, options.actor)
  }

  /** True while this gateway can't know that its record is the right one: it cosigns and acknowledges nothing then. */
  get inDoubt(): boolean {
    return this.#doubt.standing
  }

  sealed(outcome: Outcome): void {
    const { ledger, actor, checkpoints, onAlarm } = this.#o
    if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.root !== null) {
      const size = outcome.index + 1
      if (outcome.actor !== null) this.#agreed(size, [outcome.actor])
      for (const lines of checkpoints().sealed(size, outcome.root, outcome.actor === actor)) this.lines(lines)
    } else if (outcome.refusal === 'differs') {
      this.#doubt.raise(ledger.size)
      const signer = outcome.actor === null ? 'a gateway' : this.#nameOf(outcome.actor)
      onAlarm(
        'seal_differs',
        `${signer} sealed another record than this gateway has: ${refusalSentence(outcome.reason ?? '')}. Until most gateways have signed what this one computed, it signs no checkpoint and acknowledges nothing. Check both records.`,
      )
    }
  }

  lines({ kind, size, signers, note }: LinesFound): void {
    if (kind === 'kept') this.#agreed(size, signers)
    if (kind !== 'other-root') return
    const names = signers.map((signer) => this.#nameOf(signer)).join(', ')
    this.#o.onAlarm(
      'roots_differ',
      `${names} signed another root for size ${size} than this gateway computed. The signed note, as evidence: ${JSON.stringify(note)}`,
    )
  }

  #agreed(size: number, signers: readonly ActorId[]): void {
    if (this.#doubt.agreed(size, signers))
      this.#o.onAlarm('seal_agreed', 'most gateways have signed what this gateway computed: it cosigns again')
  }

  #nameOf(actor: ActorId): string {
    return this.#o.ledger.members().find((member) => member.actor === actor)?.name ?? actor
  }
}
