/**
 * Bodies of the core's events, typed. A body is CBOR with text keys; ids and hashes inside it are byte strings.
 * Types the core does not know (a pack's own) keep their body unread.
 */
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborInput, CborMap, CborValue } from '../wire/cbor.ts'
import { encodeContinues, readContinues } from './continues.ts'
import type { MayContinue } from './continues.ts'
import { WireError } from '../wire/errors.ts'
import { Fields, itemBytes, itemText } from '../wire/fields.ts'
import { actorIdOf, idBytes, incarnationIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, IncarnationId, StreamId } from '../wire/ids.ts'
import { cborOfJson, jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { labelOf, nameOf, readTranslations } from '../wire/languages.ts'
import type { Label, Name } from '../wire/languages.ts'
import {
  HASH_BYTES,
  ID_BYTES,
  MAX_CBOR_DEPTH,
  MAX_ENTRY_BYTES,
  MAX_KEYS_PER_MEMBER,
  MAX_MEMBERS,
  MAX_PACKS,
  MAX_TEXT_BYTES,
  NONCE_BYTES,
} from '../wire/limits.ts'
import { readKey, type MemberKey } from './member-key.ts'
import { refuseHidden } from '../wire/plain-text.ts'
import { readRange, readStreamKind, TRUST_LEVELS } from './stream-fields.ts'
import type { StreamKind, TrustLevel } from './stream-fields.ts'

const CODE = 'malformed_event'

const SOURCE_DECISIONS = ['trust', 'refuse'] as const
export type SourceDecision = (typeof SOURCE_DECISIONS)[number]

export interface GenesisMember {
  readonly actor: ActorId
  /** Number by which the replication layer knows the gateway; at least 1, unique in the channel. */
  readonly raftId: number
  /** Name of the gateway, part of its cosigner name. */
  readonly name: string
  /** Who answers for it; members with one legal name count as one independent party. */
  readonly legalName: string
  readonly voter: boolean
  readonly roles: readonly string[]
  readonly keys: readonly MemberKey[]
}

export interface ActivePack {
  readonly id: string
  readonly version: string
  /** SHA-256 of the pack's source text. */
  readonly hash: Uint8Array
  /** SHA-256 of the engine that runs it. */
  readonly engineHash: Uint8Array
  readonly parameters: JsonValue
}

export interface ChannelOpened extends MayContinue {
  readonly name: string
  readonly site: string
  readonly simulated: boolean
  readonly nonce: Uint8Array
  /** How many cosigning gateways a checkpoint needs. */
  readonly quorum: number
  readonly members: readonly GenesisMember[]
  readonly packs: readonly ActivePack[]
}

export interface StreamOpened extends Label {
  readonly stream: StreamId
  readonly source: string
  readonly tag: string
  /** UCUM code; "1" for a pure number. */
  readonly unit: string
  readonly kind: StreamKind
  readonly quantity: string
  readonly protocol: string
  readonly trust: TrustLevel
  readonly simulated: boolean
  readonly range: readonly [lo: number, hi: number] | null
  readonly cadenceMs: number | null
  readonly asset: string | null
  readonly fromSequence: number
}

export interface StreamClosed {
  readonly stream: StreamId
  readonly asset: string | null
  /** Last sequence that belongs to the stream (or to its time at the asset); -1 when there was none. */
  readonly lastSequence: number
}

export interface AssetRegistered extends Name {
  readonly asset: string
  readonly scheme: string
  readonly type: string
  readonly attributes: { readonly [name: string]: JsonValue }
  readonly packs: readonly string[]
  readonly simulated: boolean
}

/** The first statement of every incarnation but an actor's first: the fence behind which nothing of the ended one counts. */
export interface GatewayResumed {
  /** The incarnation that it ends; null where the ledger has none of this actor. */
  readonly ends: IncarnationId | null
}

export interface CertificateIssued {
  readonly certificateHash: Uint8Array
  readonly asset: string
  readonly pack: string
  readonly verdict: string
  readonly fromUs: number
  readonly toUs: number
}

/** A person's decision about the certificate that a source showed. */
export interface SourceDecided {
  readonly source: string
  /** SHA-256 of the certificate. */
  readonly fingerprint: Uint8Array
  readonly decision: SourceDecision
  readonly name: string
  /** What the person was signed in as; the statement's own role is the gateway's. */
  readonly personRole: string
}

export interface AlarmAcknowledged {
  readonly place: string
  readonly name: string
  readonly reason: string
}

/** A gateway found that its disk had lost parts of the record, and has them again from others. */
export interface RecordHealed {
  readonly foundAtUs: number
  /** Ledger index at which the record differed first. */
  readonly entry: number
  /** How many of each it had from others. */
  readonly payloads: number
  readonly entries: number
  readonly logRows: number
  readonly from: readonly ActorId[]
}

/** Body type of each core event. */
export interface CoreEvents {
  'channel.opened': ChannelOpened
  'stream.opened': StreamOpened
  'stream.closed': StreamClosed
  'asset.registered': AssetRegistered
  'gateway.alive': Record<string, never>
  'gateway.resumed': GatewayResumed
  'certificate.issued': CertificateIssued
  'source.decided': SourceDecided
  'alarm.acknowledged': AlarmAcknowledged
  'record.healed': RecordHealed
}
export type CoreEventType = keyof CoreEvents

interface BodyCodec<T> {
  encode(body: T): { readonly [key: string]: CborInput }
  decode(fields: Fields): T
}

/**
 * Body of a core event as CBOR, ready for an EventInput. Throws WireError `too_large` beyond what an entry holds, and
 * `malformed_event` for what no replica would take.
 */
export function encodeBody<T extends CoreEventType>(type: T, body: CoreEvents[T]): CborMap {
  // Through the bytes, so that what is built here and what is read back are one and the same form.
  const encoded = encodeCbor(codecs[type].encode(body))
  const read = decodeCbor(encoded, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH }) as CborMap
  decodeBody(type, read)
  return read
}

/** Reads a core event's body strictly. Throws WireError `malformed_event`. */
export function decodeBody<T extends CoreEventType>(type: T, body: CborValue): CoreEvents[T] {
  const fields = new Fields(body, `event ${type}`, CODE)
  const typed = codecs[type].decode(fields)
  fields.end()
  return typed
}

export function isCoreEvent(type: string): type is CoreEventType {
  return Object.hasOwn(codecs, type)
}

const codecs: { readonly [T in CoreEventType]: BodyCodec<CoreEvents[T]> } = {
  'channel.opened': {
    encode: (body) => ({
      name: body.name,
      site: body.site,
      simulated: body.simulated,
      nonce: body.nonce,
      quorum: body.quorum,
      members: body.members.map(encodeMember),
      packs: body.packs.map(encodePack),
      ...encodeContinues(body),
    }),
    decode: readChannelOpened,
  },
  'stream.opened': {
    encode: (body) => encodeStreamOpened(body),
    decode: readStreamOpened,
  },
  'stream.closed': {
    encode: (body) => ({ ...body, stream: idBytes(body.stream) }),
    decode: (fields) => ({
      stream: streamIdOf(fields.bytes('stream', ID_BYTES)),
      asset: fields.nullable('asset', (name) => fields.text(name)),
      lastSequence: fields.integer('lastSequence', -1, Number.MAX_SAFE_INTEGER),
    }),
  },
  'asset.registered': {
    encode: (body) => ({ ...body, attributes: cborOfJson(body.attributes), packs: [...body.packs] }),
    decode: (fields) => ({ asset: fields.text('asset'), ...readAssetFields(fields) }),
  },
  'gateway.alive': { encode: () => ({}), decode: () => ({}) },
  'gateway.resumed': {
    encode: ({ ends }) => ({ ends: ends === null ? null : idBytes(ends) }),
    decode: (fields) => ({
      ends: fields.nullable('ends', (name) => incarnationIdOf(fields.bytes(name, ID_BYTES))),
    }),
  },
  'certificate.issued': {
    encode: (body) => ({ ...body }),
    decode: (fields) => ({
      certificateHash: fields.bytes('certificateHash', HASH_BYTES),
      asset: fields.text('asset'),
      pack: fields.text('pack'),
      verdict: fields.text('verdict'),
      fromUs: fields.timeUs('fromUs'),
      toUs: fields.timeUs('toUs'),
    }),
  },
  'source.decided': {
    encode: (body) => ({ ...body }),
    decode: (fields) => ({
      source: fields.text('source'),
      fingerprint: fields.bytes('fingerprint', HASH_BYTES),
      decision: fields.oneOf('decision', SOURCE_DECISIONS),
      name: fields.text('name'),
      personRole: fields.text('personRole'),
    }),
  },
  'alarm.acknowledged': {
    encode: (body) => ({ ...body }),
    decode: (fields) => ({
      place: fields.text('place'),
      name: fields.text('name'),
      reason: fields.text('reason', MAX_TEXT_BYTES),
    }),
  },
  'record.healed': {
    encode: (body) => ({ ...body, from: body.from.map(idBytes) }),
    decode: (fields) => ({
      foundAtUs: fields.timeUs('foundAtUs'),
      entry: fields.count('entry'),
      payloads: fields.count('payloads'),
      entries: fields.count('entries'),
      logRows: fields.count('logRows'),
      from: fields.list('from', MAX_MEMBERS, (item, where) => actorIdOf(itemBytes(item, ID_BYTES, where, CODE))),
    }),
  },
}

function encodeMember(member: GenesisMember): CborInput {
  return {
    ...member,
    actor: idBytes(member.actor),
    roles: [...member.roles],
    keys: member.keys.map((key) => ({ ...key })),
  }
}

export function encodePack(pack: ActivePack): { [key: string]: CborInput } {
  return { ...pack, parameters: cborOfJson(pack.parameters) }
}

/** Members of an opened stream as CBOR; also part of its state value. */
export function encodeStreamOpened(body: StreamOpened): { [key: string]: CborInput } {
  return { ...body, stream: idBytes(body.stream), range: body.range === null ? null : body.range.map(cborOfJson) }
}

function readChannelOpened(fields: Fields): ChannelOpened {
  const opened = {
    name: fields.text('name'),
    site: fields.text('site'),
    simulated: fields.boolean('simulated'),
    nonce: fields.bytes('nonce', NONCE_BYTES),
    quorum: fields.integer('quorum', 1, MAX_MEMBERS),
    members: fields.list('members', MAX_MEMBERS, readMember),
    packs: fields.list('packs', MAX_PACKS, readPack),
    ...readContinues(fields),
  }
  const { members, quorum } = opened
  if (members.length === 0) fields.fail('lists no member')
  if (quorum > members.length) fields.fail(`asks for ${quorum} cosigners of ${members.length} members`)
  if (new Set(members.map((member) => member.actor)).size !== members.length) fields.fail('lists an actor twice')
  if (new Set(members.map((member) => member.raftId)).size !== members.length) fields.fail('lists a raftId twice')
  return opened
}

function readMember(item: CborValue, where: string): GenesisMember {
  const fields = new Fields(item, where, CODE)
  const member = {
    actor: actorIdOf(fields.bytes('actor', ID_BYTES)),
    ...readMemberFields(fields),
    keys: fields.list('keys', MAX_KEYS_PER_MEMBER, readKey),
  }
  fields.end()
  return member
}

/** What genesis and the member's state value share. */
export function readMemberFields(fields: Fields): Omit<GenesisMember, 'actor' | 'keys'> {
  return {
    raftId: fields.integer('raftId', 1, Number.MAX_SAFE_INTEGER),
    name: fields.text('name'),
    legalName: fields.text('legalName'),
    voter: fields.boolean('voter'),
    roles: fields.list('roles', 32, (item, where) => itemText(item, where, CODE)),
  }
}

function readPack(item: CborValue, where: string): ActivePack {
  const fields = new Fields(item, where, CODE)
  const pack = { id: fields.text('id'), ...readPackFields(fields, where) }
  fields.end()
  return pack
}

export function readPackFields(fields: Fields, where: string): Omit<ActivePack, 'id'> {
  return {
    version: fields.text('version'),
    hash: fields.bytes('hash', HASH_BYTES),
    engineHash: fields.bytes('engineHash', HASH_BYTES),
    parameters: jsonOfCbor(fields.any('parameters'), `${where} parameters`),
  }
}

export function readStreamOpened(fields: Fields): StreamOpened {
  const label = fields.text('label')
  return {
    stream: streamIdOf(fields.bytes('stream', ID_BYTES)),
    source: fields.text('source'),
    tag: fields.text('tag', MAX_TEXT_BYTES),
    ...labelOf({ label, labels: readTranslations(fields, 'labels', label) }),
    unit: fields.text('unit'),
    kind: readStreamKind(fields),
    quantity: fields.text('quantity'),
    protocol: fields.text('protocol'),
    trust: fields.oneOf('trust', TRUST_LEVELS),
    simulated: fields.boolean('simulated'),
    range: readRange(fields),
    cadenceMs: fields.nullable('cadenceMs', (name) => fields.count(name)),
    asset: fields.nullable('asset', (name) => fields.text(name)),
    fromSequence: fields.count('fromSequence'),
  }
}

export function readAssetFields(fields: Fields): Omit<AssetRegistered, 'asset'> {
  const attributes = jsonOfCbor(fields.any('attributes'), 'attributes')
  if (attributes === null || typeof attributes !== 'object' || Array.isArray(attributes)) {
    throw new WireError(CODE, 'asset attributes are not a map')
  }
  refuseHidden(attributes, 'an asset attribute', CODE)
  const name = fields.text('name')
  return {
    scheme: fields.text('scheme'),
    type: fields.text('type'),
    ...nameOf({ name, names: readTranslations(fields, 'names', name) }),
    attributes,
    packs: fields.list('packs', MAX_PACKS, (item, where) => itemText(item, where, CODE)),
    simulated: fields.boolean('simulated'),
  }
}
