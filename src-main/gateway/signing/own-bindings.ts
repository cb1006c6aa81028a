/**
 * What this gateway has said of assets: which are registered, and to which its streams are bound, by the ledger and by what it signed that
 * the ledger has not decided on yet. Numbers of what is signed next go by it, as they do by `StreamNumbers`.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import { decodeBody } from '../../record/events.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { EventStatement } from '../../record/statements.ts'
import type { ActorId, StreamId } from '../../wire/ids.ts'

/** One such event; `stream` is null where it registers the asset. */
export interface Undecided {
  sequence: number
  asset: string
  stream: StreamId | null
  isBound: boolean
}

export class OwnBindings {
  readonly #ledger: Ledger
  readonly #actor: ActorId
  /** In the order of their sequences. */
  #undecided: Undecided[]

  constructor(ledger: Ledger, actor: ActorId, undecided: readonly Undecided[]) {
    this.#ledger = ledger
    this.#actor = actor
    this.#undecided = [...undecided]
  }

  /** Assets to which a stream is bound once all that is signed is decided as it was meant. */
  assetsOf(stream: StreamId): string[] {
    const assets = new Set(this.#ledger.stream(stream)?.assets)
    for (const one of this.#undecided)
      if (one.stream === stream && one.isBound) assets.add(one.asset)
      else if (one.stream === stream) assets.delete(one.asset)
    return [...assets]
  }

  isRegistered(asset: string): boolean {
    return this.#ledger.asset(asset, this.#actor) !== null || this.isRegistering(asset)
  }

  /** Its registration is signed and not decided. */
  isRegistering(asset: string): boolean {
    return this.#undecided.some((one) => one.stream === null && one.asset === asset)
  }

  signed<T extends CoreEventType>(sequence: number, type: T, body: CoreEvents[T]): void {
    this.#undecided.push(...undecidedIn(sequence, type, body))
  }

  /** The ledger has decided on everything before this sequence. */
  decided(next: number): void {
    if (this.#undecided.length > 0) this.#undecided = this.#undecided.filter(({ sequence }) => sequence >= next)
  }

  /** What was signed and not decided counts for nothing. */
  forget(): void {
    this.#undecided = []
  }
}

/** What an event of the queue says of assets. */
export function undecidedOf({ sequence, type, body }: Pick<EventStatement, 'sequence' | 'type' | 'body'>): Undecided[] {
  return type === 'asset.registered' || type === 'stream.bound' || type === 'stream.unbound'
    ? undecidedIn(sequence, type, decodeBody(type, body))
    : []
}

function undecidedIn(sequence: number, type: CoreEventType, body: CoreEvents[CoreEventType]): Undecided[] {
  if (type === 'asset.registered')
    return [{ sequence, asset: (body as CoreEvents[typeof type]).asset, stream: null, isBound: false }]
  if (type !== 'stream.bound' && type !== 'stream.unbound') return []
  const { stream, asset } = body as CoreEvents[typeof type]
  return [{ sequence, asset, stream, isBound: type === 'stream.bound' }]
}
