/** Events that this gateway signs: whoever asks for one waits until it may be signed, and then until the ledger has decided on it. */
import type { OnCondition } from '../conditions.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { WaitingRotation } from './entry-key.ts'
import { eventsAgain, isSaid } from './events-again.ts'
import type { OwnBindings } from './own-bindings.ts'
import type { OwnIncarnation } from './own-incarnation.ts'
import type { OwnStatements } from './own-statements.ts'
import type { SignedStatement, StatementChain } from './statement-chain.ts'
import type { StreamNumbers } from './stream-numbers.ts'

/** Events about a stream from one of its numbers on, or up to one. */
type NumberedType = Extract<CoreEventType, `stream.${string}`>

export interface OwnEventsOptions {
  ledger: Ledger
  actor: ActorId
  chain: StatementChain
  numbers: StreamNumbers
  bindings: OwnBindings
  incarnation: OwnIncarnation
  own: OwnStatements
  /** Signs the readings that came before. */
  closeReadings(): void
  stage(signed: SignedStatement): void
  /** Another key of its own signs from the next statement on. */
  onRotated(rotation: WaitingRotation): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class OwnEvents {
  readonly #o: OwnEventsOptions

  constructor(options: OwnEventsOptions) {
    this.#o = options
  }

  /** Resolves when the ledger has decided. Rejects as `GatewayCore.event` says. */
  async ask<T extends CoreEventType>(type: T, body: CoreEvents[T], isTold: boolean): Promise<Outcome> {
    const { ledger, actor, bindings, incarnation, own, closeReadings } = this.#o
    if (own.stopped !== null) throw new Error(`this gateway signs nothing: ${own.stopped}`)
    if (!incarnation.isOpen) {
      await incarnation.opened()
      if (isSaid(ledger, bindings, { type, body })) return saidAlready(actor)
    }
    closeReadings()
    return await own.outcomeOf(this.sign(type, this.#numbered(type, body)), isTold)
  }

  /** Gives the sequence of the signed event. Throws WireError for a body that no replica would take. */
  sign<T extends CoreEventType>(type: T, body: CoreEvents[T], occurredAtUs?: number): number {
    const { bindings, chain, ledger, name, stage, onCondition } = this.#o
    let signed: SignedStatement
    try {
      signed = chain.event(type, body, ledger.consumed(type, body), occurredAtUs)
    } catch (error) {
      onCondition('event-not-signed', name, true, { event: type, reason: (error as Error).message })
      throw error
    }
    if (type === 'stream.opened') this.#open(body as CoreEvents['stream.opened'])
    stage(signed)
    bindings.signed(signed.sequence, type, body)
    if (type === 'key.rotated') this.#rotated(signed.sequence, body as CoreEvents['key.rotated'])
    return signed.sequence
  }

  /** Those that an ended incarnation left. */
  signAgain(): void {
    const { bindings, ledger } = this.#o
    for (const { type, body, occurredAtUs } of eventsAgain(ledger, bindings)) this.sign(type, body, occurredAtUs)
  }

  /** Readings of an opening that was refused may wait already: others must not take their sequences. */
  #open({ stream, fromSequence }: CoreEvents['stream.opened']): void {
    const { ledger, numbers } = this.#o
    numbers.open(stream, Math.max(fromSequence, ledger.streamCursor(stream)))
  }

  #rotated(sequence: number, { use, public: key }: CoreEvents['key.rotated']): void {
    if (use === 'entry') this.#o.onRotated({ sequence, public: key })
  }

  /** Where a stream begins or ends is known here alone. */
  #numbered<T extends CoreEventType>(type: T, body: CoreEvents[T]): CoreEvents[T] {
    const begins = ['stream.opened', 'stream.changed', 'stream.bound'].includes(type)
    if (!begins && type !== 'stream.unbound' && type !== 'stream.closed') return body
    const named = body as CoreEvents[NumberedType]
    const next = this.#o.numbers.of(named.stream)?.next
    if (next === undefined) return body
    const numbered = begins ? { ...named, fromSequence: next } : { ...named, lastSequence: next - 1 }
    return numbered as CoreEvents[T]
  }
}

/** The outcome of an event that the ledger had been told before it could be signed. */
function saidAlready(actor: ActorId): Outcome {
  const none = { incarnation: null, sequence: null, index: null, root: null, readings: 0 }
  return { kind: 'event', outcome: 'duplicate', actor, entryHash: new Uint8Array(), ...none }
}
