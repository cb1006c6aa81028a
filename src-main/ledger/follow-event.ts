import { sha256 } from '../wire/bytes.ts'
import { parseEntry, statementHash } from '../wire/entry.ts'
import type { ChannelId, LeafIndex } from '../wire/ids.ts'
import { coreKeyOf, encodeCoreValue } from '../record/core-state.ts'
import type { CameTo } from '../record/asset-history.ts'
import type { CoreIds, CoreKind, CoreValues } from '../record/core-state.ts'
import { packsAsked } from '../record/contracts.ts'
import { decodeBody } from '../record/events.ts'
import { founded } from '../record/kinds/channel.ts'
import { decideEvent, versionAt } from '../record/rules.ts'
import type { KnownRules, Rules } from '../record/rules.ts'
import { treeValue, valueNonce } from '../record/state-keys.ts'
import { nameOf, StateValues } from '../record/state-view.ts'
import type { StateChange, StateName, StateView } from '../record/state-view.ts'
import { decodeEvent } from '../record/statements.ts'
import type { EventStatement } from '../record/statements.ts'

/** Where an event stands: its index, and the newest seal before it. */
export interface Place {
  readonly index: LeafIndex
  readonly height: number
  /** Time of that seal. */
  readonly timeUs: number
}

/** An event as the ledger has it, and what it came to: a reader has no contracts to ask. */
export interface FollowedEvent {
  readonly bytes: Uint8Array
  readonly cameTo: CameTo | null
}

/** What a reader knows of the state, and takes up. */
export interface FollowedValues extends Pick<StateView, 'get' | 'valueHash'> {
  /** @param nonce of the event that leaves it */
  take(change: StateChange, nonce: Uint8Array): void
}

/** What events left behind, each value with its nonce: as the next seal commits to it. */
export class SaidValues implements FollowedValues {
  readonly values = new StateValues()
  readonly #nonces = new Map<string, Uint8Array>()

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.values.get(kind, id)
  }

  take(change: StateChange, nonce: Uint8Array): void {
    this.values.take(change)
    this.#nonces.set(`${change.kind} ${nameOf(change.id)}`, nonce)
  }

  valueHash({ kind, id }: StateName): Uint8Array | null {
    const nonce = this.#nonces.get(`${kind} ${nameOf(id)}`)
    const value = this.get(kind, id)
    if (nonce === undefined || value === undefined) return null
    const key = coreKeyOf(kind, id)
    return sha256(treeValue(valueNonce(nonce, key), encodeCoreValue(kind, value)))
  }
}

/**
 * Takes up what an accepted event leaves behind, by the rule that accepted it. False where a reader cannot follow it by itself: then
 * the next seal brings it.
 */
export function followEvent(
  values: FollowedValues,
  known: KnownRules,
  place: Place,
  { bytes, cameTo }: FollowedEvent,
): boolean {
  const entry = parseEntry(bytes)
  const event = decodeEvent(entry.payload)
  // A fence comes before every kind, and leaves nothing but its signer's chain.
  if (event.type === 'gateway.resumed') return true
  const changes =
    place.index === 0
      ? founded(decodeBody('channel.opened', event.body))
      : decideBy(known, new ReadView(values, event.channel, place), event, statementHash(entry), cameTo)
  if (changes === null) return false
  for (const change of changes) values.take(change, event.nonce)
  return true
}

/** By the rules that were in force; null where this release lacks them, and where they refuse it. */
function decideBy(
  known: KnownRules,
  view: ReadView,
  event: EventStatement,
  hash: Uint8Array,
  cameTo: CameTo | null,
): readonly StateChange[] | null {
  const rules = rulesAt(known, view)
  const effect =
    rules === undefined
      ? null
      : decideEvent(rules, view, event, hash, (act, changes) =>
          packsAsked(view, act, changes).length > 0 ? refusedBy(cameTo) : null,
        )
  return effect === null || typeof effect === 'string' ? null : effect.changes
}

/** The contract's code by which an act was refused at its effect, as the ledger has it; null where none was. */
export function refusedBy(cameTo: CameTo | null): `${string}/${string}` | null {
  const code = cameTo?.startsWith('ended:') === true ? cameTo.slice('ended:'.length) : ''
  return code.includes('/') ? (code as `${string}/${string}`) : null
}

/** Those in force; undefined where this release lacks them. */
export function rulesAt(known: KnownRules, view: ReadView): Rules | undefined {
  return known.get(versionAt(view.get('rules', '') ?? { changes: [] }, view.height))
}

/** The state as a reader knows it: values as of the newest seal, and the events since then. Cursors lag behind: no reader follows batches. */
export class ReadView implements StateView {
  readonly #values: FollowedValues
  readonly channel: ChannelId
  readonly index: LeafIndex
  readonly height: number
  readonly ledgerTimeUs: number

  constructor(values: FollowedValues, channel: ChannelId, { index, height, timeUs }: Place) {
    this.#values = values
    this.channel = channel
    this.index = index
    this.height = height
    this.ledgerTimeUs = timeUs
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#values.get(kind, id)
  }

  readonly compares = false
  valueHash(name: StateName): Uint8Array | null {
    return this.#values.valueHash(name)
  }
}
