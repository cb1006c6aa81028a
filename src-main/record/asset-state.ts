/**
 * What stands about an asset, one value for each meaning. docs/FORMATS.md, "State".
 */
import { actorIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex, StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES, MAX_ASSET_PARENTS, MAX_ASSET_STREAMS, MAX_MEMBERS, MAX_PACKING_DEPTH } from '../wire/limits.ts'
import type { StreamChanges } from './change-chain.ts'
import { bytes, count, id, integer, json, list, nullable, record, text, timeUs, tuple } from './schema.ts'
import type { Form } from './schema.ts'

/** ["core","asset-owner",asset], ["core","asset-holder",asset]: whoever registered it, before anybody said otherwise. */
export interface AssetParty {
  readonly actor: ActorId
}
/** ["core","asset-parties",asset]: who else may speak about it. */
export interface AssetParties {
  readonly actors: readonly ActorId[]
}
/** So much of an asset; quantity null where nobody counted. */
export interface Portion {
  readonly asset: string
  readonly quantity: number | null
  /** UCUM code. */
  readonly unit: string
}
/** ["core","asset-origin",asset]: what it was made of. There is none for one that nothing says to be made of others. */
export interface AssetOrigin {
  readonly inputs: readonly Portion[]
  readonly madeAt: LeafIndex
}
/** ["core","asset-used",asset]: in how many transformations it went in. */
export interface AssetUsed {
  readonly transformations: number
}
/** ["core","asset-container",asset]: the asset in which it is packed now. */
export interface AssetContainer {
  readonly container: string | null
}
/** ["core","asset-content",asset]: what is packed in it now, and how deep packings within it ever went. */
export interface AssetContent {
  readonly count: number
  readonly depth: number
}
/** ["core","asset-attribute",[asset, name]] */
export interface AssetAttribute {
  readonly value: JsonValue
  readonly actor: ActorId
  readonly statedAt: LeafIndex
}
/** ["core","asset-milestone",[asset, milestone]]: the newest of each, microseconds. */
export interface AssetMilestone {
  readonly plannedUs: number | null
  readonly estimatedUs: number | null
  readonly actualUs: number | null
}

export const portion: Form<Portion> = record({ asset: text(), quantity: nullable(integer(1)), unit: text() })

export const assetParty: Form<AssetParty> = record({ actor: id(actorIdOf) })
export const assetParties: Form<AssetParties> = record({ actors: list(id(actorIdOf), MAX_MEMBERS) })
export const assetOrigin: Form<AssetOrigin> = record({ inputs: list(portion, MAX_ASSET_PARENTS), madeAt: count })
export const assetUsed: Form<AssetUsed> = record({ transformations: integer(1) })
export const assetContainer: Form<AssetContainer> = record({ container: nullable(text()) })
export const assetContent: Form<AssetContent> = record({ count, depth: integer(0, MAX_PACKING_DEPTH) })
export const assetAttribute: Form<AssetAttribute> = record({
  value: json((value) => value),
  actor: id(actorIdOf),
  statedAt: count,
})
export const assetMilestone: Form<AssetMilestone> = record({
  plannedUs: nullable(timeUs),
  estimatedUs: nullable(timeUs),
  actualUs: nullable(timeUs),
})

/**
 * ["core","asset-streams",asset]: the stretches of streams at the asset that readings to come can belong to, as of when one was last bound
 * or unbound, in the order in which they began. What is over and behind leaves the list at the next such change.
 */
export interface AssetStreams {
  readonly streams: readonly AssetStretch[]
}
export interface AssetStretch {
  readonly stream: StreamId
  readonly first: number
  /** Null while it is open; -1 closes one that began at sequence 0 and never held a reading. */
  readonly last: number | null
}
/** ["core","asset-events",asset]: the tree of all events that name it (asset-history.ts); `newest` is the index of the last. */
export interface AssetEvents {
  readonly size: number
  readonly root: Uint8Array
  readonly newest: LeafIndex
}

export const assetStreams: Form<AssetStreams> = record({
  streams: list(tuple({ stream: id(streamIdOf), first: count, last: nullable(integer(-1)) }), MAX_ASSET_STREAMS),
})
export const assetEvents: Form<AssetEvents> = record({ size: integer(1), root: bytes(HASH_BYTES), newest: count })
export const streamChanges: Form<StreamChanges> = record({ count: integer(1), hash: bytes(HASH_BYTES) })
