/** Whether the gateways have one record: what others seal and sign is held against what this gateway computed. */
import type { Ledger, Outcome } from '../ledger/ledger.ts'
import type { ActorId } from '../wire/ids.ts'
import type { CheckpointBook, LinesFound } from './checkpoint-book.ts'
import type { OnCondition } from './conditions.ts'
import { Doubt } from './doubt.ts'

export interface AgreementOptions {
  ledger: Ledger
  actor: ActorId
  checkpoints(): CheckpointBook
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
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
    const { ledger, actor, name, checkpoints, onCondition } = this.#o
    if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.root !== null) {
      const size = outcome.index + 1
      if (outcome.actor !== null) this.#agreed(size, [outcome.actor])
      for (const lines of checkpoints().sealed(size, outcome.root, outcome.actor === actor)) this.lines(lines)
    } else if (outcome.refusal === 'differs') {
      this.#doubt.raise(ledger.size)
      onCondition('doubt', name, true, { size: ledger.size })
    }
  }

  lines({ kind, size, signers }: LinesFound): void {
    if (kind === 'kept') this.#agreed(size, signers)
    if (kind !== 'kept' && kind !== 'other-root') return
    for (const signer of signers)
      this.#o.onCondition('record-differs', this.#nameOf(signer), kind === 'other-root', { size })
  }

  #agreed(size: number, signers: readonly ActorId[]): void {
    if (this.#doubt.agreed(size, signers)) this.#o.onCondition('doubt', this.#o.name, false)
  }

  #nameOf(actor: ActorId): string {
    return this.#o.ledger.members().find((member) => member.actor === actor)?.name ?? actor
  }
}
