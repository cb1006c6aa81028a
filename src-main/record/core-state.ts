/**
 * The core's values in the state tree, typed. Each is CBOR; ids and hashes inside are byte strings.
 * Keys: `coreKey.member(actor)` and so on. docs/FORMATS.md, "State".
 */
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import { itemBytes, tuple as items } from '../wire/fields.ts'
import { actorIdOf, idBytes, incarnationIdOf, keyIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, IncarnationId, KeyId, LeafIndex, StreamId } from '../wire/ids.ts'
import {
  HASH_BYTES,
  ID_BYTES,
  MAX_ASSET_INTERVALS,
  MAX_MEMBERS,
  MAX_QUANTITY_BYTES,
  NONCE_BYTES,
} from '../wire/limits.ts'
import { assetFields, checkAsset } from './asset-fields.ts'
import type { AssetRegistered } from './asset-fields.ts'
import { continuesForm } from './continues.ts'
import type { MayContinue } from './continues.ts'
import { documentFields, documentHash } from './document-fields.ts'
import type { DocumentFields, DocumentHash } from './document-fields.ts'
import { memberFields } from './member-fields.ts'
import type { GenesisMember } from './member-fields.ts'
import { checkKey, keyFields } from './member-key.ts'
import type { MemberKey } from './member-key.ts'
import { packFields } from './pack-fields.ts'
import type { ActivePack } from './pack-fields.ts'
import {
  boolean,
  bytes,
  checked,
  count,
  id,
  integer,
  list,
  nullable,
  optional,
  record,
  text,
  timeUs,
  tuple,
} from './schema.ts'
import type { Form } from './schema.ts'
import { CORE_OWNER, stateKey } from './state-keys.ts'
import { checkStream, streamFields } from './stream-fields.ts'
import type { StreamOpened } from './stream-fields.ts'

const CODE = 'malformed_state'

/** ["core","channel",""]: the genesis body without members and packs. */
export interface ChannelState extends MayContinue {
  readonly name: string
  readonly site: string
  readonly simulated: boolean
  readonly nonce: Uint8Array
  readonly quorum: number
}
/** ["core","member",actor] */
export type MemberState = Omit<GenesisMember, 'actor' | 'keys'>
/** ["core","key",key id]; valid for entries with from <= index < to. */
export interface KeyState extends MemberKey {
  readonly actor: ActorId
  readonly from: LeafIndex
  readonly to: LeafIndex | null
}
/** ["core","stream",stream] */
export interface StreamState extends StreamOpened {
  readonly actor: ActorId
  readonly openedAt: LeafIndex
}
/** One stretch of a stream at an asset; `lastSequence` is null while it is open. In CBOR an array of five. */
export interface StreamInterval {
  readonly stream: StreamId
  readonly firstSequence: number
  readonly lastSequence: number | null
  readonly quantity: string
  readonly actor: ActorId
}
/** ["core","asset",asset] */
export interface AssetState extends Omit<AssetRegistered, 'asset'> {
  readonly streams: readonly StreamInterval[]
}
/** ["core","history",[asset, stream]]: RFC 6962 tree over the reading leaves of a stream at an asset. */
export interface HistoryState {
  readonly size: number
  readonly root: Uint8Array
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstTimeUs: number
  /**
   * Source time of the last leaf whose time can be: one that lies further ahead of its batch's sealing than a clock may be
   * (`timeCanBe`) says nothing about how far the stream has come.
   */
  readonly lastTimeUs: number
  /** The latest source time that can be of any leaf: a source's clock may have been set back since. */
  readonly newestTimeUs: number
}
/**
 * ["core","gaps",[asset, stream]]: the signed gaps of a stream at an asset, as a chain (`gapChain`), so that none can be
 * left out. `lastSequence` and `untilUs` are those of the newest gap, `newestTimeUs` is the latest end of any.
 */
export interface GapsState {
  readonly count: number
  readonly hash: Uint8Array
  readonly lastSequence: number
  readonly untilUs: number
  readonly newestTimeUs: number
}
/** ["core","pack",id]; active from entry `from` on. */
export interface PackState extends Omit<ActivePack, 'id'> {
  readonly from: LeafIndex
}
/** ["core","actor",actor]: where the chain of its current incarnation stands; nothing of an ended one is kept. */
export interface ActorState {
  readonly incarnation: IncarnationId
  /** Sequence of its next statement, and the statement hash that this one has to name. */
  readonly next: number
  readonly previous: Uint8Array
  /** Sealed-at or occurred-at of its newest accepted statement; null while it has none. */
  readonly newestUs: number | null
  /** Signed but invalid statements of all its incarnations, as a chain (`linkRefusal`). */
  readonly refusals: RefusalsState
}

export interface RefusalsState {
  readonly count: number
  readonly hash: Uint8Array
}

/** ["core","document",SHA-256 of the file]: what was said of it when it was added. */
export interface DocumentState extends DocumentFields {
  readonly actor: ActorId
  readonly addedAt: LeafIndex
}
/** ["core","document-holder",document]: the one member that holds it. */
export interface DocumentHolder {
  readonly actor: ActorId
}
/** ["core","document-status",document]; there is none while it is in force. */
export interface DocumentStatus {
  readonly supersededBy: DocumentHash
}

/** What names a value of each kind. */
export interface CoreIds {
  channel: ''
  member: ActorId
  key: KeyId
  stream: StreamId
  asset: string
  history: readonly [asset: string, stream: StreamId]
  gaps: readonly [asset: string, stream: StreamId]
  pack: string
  actor: ActorId
  document: DocumentHash
  'document-holder': DocumentHash
  'document-status': DocumentHash
}

/** State keys of the core. */
export const coreKey = {
  channel: (): Uint8Array => coreKeyOf('channel', ''),
  member: (actor: ActorId): Uint8Array => coreKeyOf('member', actor),
  key: (key: KeyId): Uint8Array => coreKeyOf('key', key),
  stream: (stream: StreamId): Uint8Array => coreKeyOf('stream', stream),
  asset: (asset: string): Uint8Array => coreKeyOf('asset', asset),
  history: (asset: string, stream: StreamId): Uint8Array => coreKeyOf('history', [asset, stream]),
  gaps: (asset: string, stream: StreamId): Uint8Array => coreKeyOf('gaps', [asset, stream]),
  pack: (id: string): Uint8Array => coreKeyOf('pack', id),
  actor: (actor: ActorId): Uint8Array => coreKeyOf('actor', actor),
} as const

/** ["core", kind, id] as a state key. */
export function coreKeyOf<K extends CoreKind>(kind: K, id: CoreIds[K]): Uint8Array {
  return stateKey(CORE_OWNER, kind, codecs[kind].encodeId(id))
}

/** [packId, "asset", asset]: whatever the pack returned for that asset. */
export function packAssetKey(packId: string, asset: string): Uint8Array {
  return stateKey(packId, 'asset', asset)
}

export interface CoreValues {
  channel: ChannelState
  member: MemberState
  key: KeyState
  stream: StreamState
  asset: AssetState
  history: HistoryState
  gaps: GapsState
  pack: PackState
  actor: ActorState
  document: DocumentState
  'document-holder': DocumentHolder
  'document-status': DocumentStatus
}
export type CoreKind = keyof CoreValues

/** A core value as CBOR input: the second part of a tree value. */
export function encodeCoreValue<K extends CoreKind>(kind: K, value: CoreValues[K]): CborInput {
  return codecs[kind].form.encode(value)
}

/** Reads a core value strictly. Throws WireError `malformed_state`. */
export function decodeCoreValue<K extends CoreKind>(kind: K, value: CborValue): CoreValues[K] {
  try {
    return codecs[kind].form.decode(value, `state ${kind}`)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw new WireError(CODE, error.message)
  }
}

/** The id of a value as it stands in its state key. Throws WireError `malformed_id`, `malformed_state`. */
export function decodeCoreId<K extends CoreKind>(kind: K, id: CborValue): CoreIds[K] {
  return codecs[kind].decodeId(id)
}

export function isCoreKind(kind: string): kind is CoreKind {
  return Object.hasOwn(codecs, kind)
}

interface IdCodec<T> {
  encodeId(id: T): CborInput
  decodeId(id: CborValue): T
}

interface ValueCodec<T, Id> extends IdCodec<Id> {
  readonly form: Form<T>
}

const byText: IdCodec<string> = { encodeId: (id) => id, decodeId: textOf }
const byActor: IdCodec<ActorId> = { encodeId: idBytes, decodeId: (id) => actorIdOf(idOf(id)) }
const byDocument: IdCodec<DocumentHash> = {
  encodeId: (hash) => documentHash.encode(hash),
  decodeId: (item) => documentHash.decode(item, 'id of a state key'),
}
const byStream: IdCodec<readonly [asset: string, stream: StreamId]> = {
  encodeId: ([asset, stream]) => [asset, idBytes(stream)],
  decodeId: (id) => {
    const [asset, stream] = items(id, 2, 'state key', CODE)
    return [textOf(asset), streamIdOf(idOf(stream))]
  },
}

const interval: Form<StreamInterval> = tuple({
  stream: id(streamIdOf),
  firstSequence: count,
  // -1 closes an interval that began at sequence 0 and never held a reading.
  lastSequence: nullable(integer(-1)),
  quantity: text(MAX_QUANTITY_BYTES),
  actor: id(actorIdOf),
})

const codecs: { readonly [K in CoreKind]: ValueCodec<CoreValues[K], CoreIds[K]> } = {
  channel: {
    encodeId: () => '',
    decodeId: () => '',
    form: record({
      name: text(),
      site: text(),
      simulated: boolean,
      nonce: bytes(NONCE_BYTES),
      quorum: integer(1, MAX_MEMBERS),
      continues: optional(continuesForm),
    }),
  },
  member: { ...byActor, form: record(memberFields) },
  key: {
    encodeId: idBytes,
    decodeId: (id) => keyIdOf(idOf(id)),
    form: checked(record({ actor: id(actorIdOf), ...keyFields, from: count, to: nullable(count) }), checkKey),
  },
  stream: {
    encodeId: idBytes,
    decodeId: (id) => streamIdOf(idOf(id)),
    form: checked(record({ ...streamFields, actor: id(actorIdOf), openedAt: count }), checkStream),
  },
  asset: {
    ...byText,
    form: checked(record({ ...assetFields, streams: list(interval, MAX_ASSET_INTERVALS) }), checkAsset),
  },
  history: {
    ...byStream,
    form: record({
      size: integer(1),
      root: bytes(HASH_BYTES),
      firstSequence: count,
      lastSequence: count,
      firstTimeUs: timeUs,
      lastTimeUs: timeUs,
      newestTimeUs: timeUs,
    }),
  },
  gaps: {
    ...byStream,
    form: record({
      count: integer(1),
      hash: bytes(HASH_BYTES),
      // -1: a silence before sequence 0.
      lastSequence: integer(-1),
      untilUs: timeUs,
      newestTimeUs: timeUs,
    }),
  },
  pack: { ...byText, form: record({ ...packFields, from: count }) },
  actor: {
    ...byActor,
    form: record({
      incarnation: id(incarnationIdOf),
      next: integer(1),
      previous: bytes(HASH_BYTES),
      newestUs: nullable(timeUs),
      refusals: record({ count, hash: bytes(HASH_BYTES) }),
    }),
  },
  document: { ...byDocument, form: record({ ...documentFields, actor: id(actorIdOf), addedAt: count }) },
  'document-holder': { ...byDocument, form: record({ actor: id(actorIdOf) }) },
  'document-status': { ...byDocument, form: record({ supersededBy: documentHash }) },
}

function textOf(id: CborValue | undefined): string {
  if (typeof id === 'string') return id
  throw new WireError(CODE, 'a state key has an id that is no text')
}

function idOf(id: CborValue | undefined): Uint8Array {
  return itemBytes(id, ID_BYTES, 'id of a state key', CODE)
}
