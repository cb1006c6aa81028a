/**
 * The core's values in the state tree, typed. Each is CBOR; ids and hashes inside are byte strings.
 * Keys: `coreKey.member(actor)` and so on. docs/FORMATS.md, "State".
 */
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { encodeContinues, readContinues } from './continues.ts'
import type { MayContinue } from './continues.ts'
import { readAssetFields } from './asset-fields.ts'
import type { AssetRegistered } from './asset-fields.ts'
import { readMemberFields } from './member-fields.ts'
import type { GenesisMember } from './member-fields.ts'
import { readKeyFields } from './member-key.ts'
import type { MemberKey } from './member-key.ts'
import { encodePack, readPackFields } from './pack-fields.ts'
import type { ActivePack } from './pack-fields.ts'
import { encodeStreamOpened, readStreamOpened } from './stream-fields.ts'
import type { StreamOpened } from './stream-fields.ts'
import { WireError } from '../wire/errors.ts'
import { Fields, itemBytes, itemCount, itemText, tuple } from '../wire/fields.ts'
import { actorIdOf, idBytes, incarnationIdOf, keyIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, IncarnationId, KeyId, LeafIndex, StreamId } from '../wire/ids.ts'
import { cborOfJson } from '../wire/json-cbor.ts'
import { HASH_BYTES, ID_BYTES, MAX_ASSET_INTERVALS, MAX_MEMBERS, NONCE_BYTES } from '../wire/limits.ts'
import { CORE_OWNER, stateKey } from './state-keys.ts'

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
}
export type CoreKind = keyof CoreValues

/** A core value as CBOR input: the second part of a tree value. */
export function encodeCoreValue<K extends CoreKind>(kind: K, value: CoreValues[K]): CborInput {
  return codecs[kind].encode(value)
}

/** Reads a core value strictly. Throws WireError `malformed_state` (or `malformed_event` in a shared part). */
export function decodeCoreValue<K extends CoreKind>(kind: K, value: CborValue): CoreValues[K] {
  const fields = new Fields(value, `state ${kind}`, CODE)
  const typed = codecs[kind].decode(fields)
  fields.end()
  return typed
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
  encode(value: T): CborInput
  decode(fields: Fields): T
}

const byText: IdCodec<string> = { encodeId: (id) => id, decodeId: textOf }
const byActor: IdCodec<ActorId> = { encodeId: idBytes, decodeId: (id) => actorIdOf(idOf(id)) }
const byStream: IdCodec<readonly [asset: string, stream: StreamId]> = {
  encodeId: ([asset, stream]) => [asset, idBytes(stream)],
  decodeId: (id) => {
    const [asset, stream] = tuple(id, 2, 'state key', CODE)
    return [textOf(asset), streamIdOf(idOf(stream))]
  },
}

const codecs: { readonly [K in CoreKind]: ValueCodec<CoreValues[K], CoreIds[K]> } = {
  channel: {
    encodeId: () => '',
    decodeId: () => '',
    encode: ({ name, site, simulated, nonce, quorum, ...more }) => ({
      name,
      site,
      simulated,
      nonce,
      quorum,
      ...encodeContinues(more),
    }),
    decode: (fields) => ({
      name: fields.text('name'),
      site: fields.text('site'),
      simulated: fields.boolean('simulated'),
      nonce: fields.bytes('nonce', NONCE_BYTES),
      quorum: fields.integer('quorum', 1, MAX_MEMBERS),
      ...readContinues(fields),
    }),
  },
  member: {
    ...byActor,
    encode: ({ raftId, name, legalName, voter, roles }) => ({ raftId, name, legalName, voter, roles }),
    decode: readMemberFields,
  },
  key: {
    encodeId: idBytes,
    decodeId: (id) => keyIdOf(idOf(id)),
    encode: (key) => ({
      actor: idBytes(key.actor),
      use: key.use,
      alg: key.alg,
      public: key.public,
      from: key.from,
      to: key.to,
    }),
    decode: (fields) => ({
      actor: actorIdOf(fields.bytes('actor', ID_BYTES)),
      ...readKeyFields(fields),
      from: fields.count('from'),
      to: fields.nullable('to', (name) => fields.count(name)),
    }),
  },
  stream: {
    encodeId: idBytes,
    decodeId: (id) => streamIdOf(idOf(id)),
    encode: ({ actor, openedAt, ...opened }) => ({ ...encodeStreamOpened(opened), actor: idBytes(actor), openedAt }),
    decode: (fields) => ({
      ...readStreamOpened(fields),
      actor: actorIdOf(fields.bytes('actor', ID_BYTES)),
      openedAt: fields.count('openedAt'),
    }),
  },
  asset: {
    ...byText,
    encode: ({ attributes, packs, streams, ...rest }) => ({
      ...rest,
      attributes: cborOfJson(attributes),
      packs: [...packs],
      streams: streams.map(encodeInterval),
    }),
    decode: (fields) => ({
      ...readAssetFields(fields),
      streams: fields.list('streams', MAX_ASSET_INTERVALS, readInterval),
    }),
  },
  history: {
    ...byStream,
    encode: (history) => ({ ...history }),
    decode: (fields) => ({
      size: fields.integer('size', 1, Number.MAX_SAFE_INTEGER),
      root: fields.bytes('root', HASH_BYTES),
      firstSequence: fields.count('firstSequence'),
      lastSequence: fields.count('lastSequence'),
      firstTimeUs: fields.timeUs('firstTimeUs'),
      lastTimeUs: fields.timeUs('lastTimeUs'),
      newestTimeUs: fields.timeUs('newestTimeUs'),
    }),
  },
  gaps: {
    ...byStream,
    encode: (gaps) => ({ ...gaps }),
    decode: (fields) => ({
      count: fields.integer('count', 1, Number.MAX_SAFE_INTEGER),
      hash: fields.bytes('hash', HASH_BYTES),
      // -1: a silence before sequence 0.
      lastSequence: fields.integer('lastSequence', -1, Number.MAX_SAFE_INTEGER),
      untilUs: fields.timeUs('untilUs'),
      newestTimeUs: fields.timeUs('newestTimeUs'),
    }),
  },
  pack: {
    ...byText,
    encode: ({ from, ...pack }) => {
      const { id: _, ...rest } = encodePack({ id: '', ...pack })
      return { ...rest, from }
    },
    decode: (fields) => ({ ...readPackFields(fields, 'state pack'), from: fields.count('from') }),
  },
  actor: {
    ...byActor,
    encode: (state) => ({ ...state, incarnation: idBytes(state.incarnation), refusals: { ...state.refusals } }),
    decode: (fields) => ({
      incarnation: incarnationIdOf(fields.bytes('incarnation', ID_BYTES)),
      next: fields.integer('next', 1, Number.MAX_SAFE_INTEGER),
      previous: fields.bytes('previous', HASH_BYTES),
      newestUs: fields.nullable('newestUs', (name) => fields.timeUs(name)),
      refusals: readRefusals(fields.nested('refusals')),
    }),
  },
}

function readRefusals(fields: Fields): RefusalsState {
  const refusals = { count: fields.count('count'), hash: fields.bytes('hash', HASH_BYTES) }
  fields.end()
  return refusals
}

function encodeInterval(interval: StreamInterval): CborInput {
  const { firstSequence, lastSequence, quantity } = interval
  return [idBytes(interval.stream), firstSequence, lastSequence, quantity, idBytes(interval.actor)]
}

function readInterval(item: CborValue, where: string): StreamInterval {
  const [stream, firstSequence, lastSequence, quantity, actor] = tuple(item, 5, where, CODE)
  return {
    stream: streamIdOf(itemBytes(stream, ID_BYTES, `${where} stream`, CODE)),
    firstSequence: itemCount(firstSequence, `${where} first sequence`, CODE),
    lastSequence: lastSequence === null ? null : lastSequenceOf(lastSequence, where),
    quantity: itemText(quantity, `${where} quantity`, CODE),
    actor: actorIdOf(itemBytes(actor, ID_BYTES, `${where} actor`, CODE)),
  }
}

/** -1 closes an interval that began at sequence 0 and never held a reading. */
function lastSequenceOf(item: CborValue | undefined, where: string): number {
  return item === -1 ? -1 : itemCount(item, `${where} last sequence`, CODE)
}

function textOf(id: CborValue | undefined): string {
  if (typeof id === 'string') return id
  throw new WireError(CODE, 'a state key has an id that is no text')
}

function idOf(id: CborValue | undefined): Uint8Array {
  return itemBytes(id, ID_BYTES, 'id of a state key', CODE)
}
