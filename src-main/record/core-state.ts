/**
 * The core's values in the state tree, typed. Each is CBOR; ids and hashes inside are byte strings.
 * Keys: `coreKey.member(actor)` and so on. docs/FORMATS.md, "State".
 */
import { concatBytes } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import { tuple as items } from '../wire/fields.ts'
import { actorIdOf, incarnationIdOf } from '../wire/ids.ts'
import type { ActorId, IncarnationId, KeyId, LeafIndex, StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import { HASH_BYTES, MAX_MEMBERS, NONCE_BYTES } from '../wire/limits.ts'
import { actorActs, actState, assetActs } from './act-state.ts'
import type { ActHash, ActState, OpenActs } from './act-state.ts'
import { assetFields, checkAsset } from './asset-fields.ts'
import type { AssetRegistered } from './asset-fields.ts'
import {
  assetAttribute,
  assetContainer,
  assetContent,
  assetEvents,
  assetMilestone,
  assetOrigin,
  assetParties,
  assetParty,
  assetStreams,
  assetUsed,
  streamChanges,
} from './asset-state.ts'
import type {
  AssetAttribute,
  AssetContainer,
  AssetContent,
  AssetEvents,
  AssetMilestone,
  AssetOrigin,
  AssetParties,
  AssetParty,
  AssetStreams,
  AssetUsed,
} from './asset-state.ts'
import { assetIssuers, certificateStatus } from './certificate-state.ts'
import type { AssetIssuers, CertificateHash, CertificateStatus } from './certificate-state.ts'
import type { StreamChanges } from './change-chain.ts'
import { continuesForm } from './continues.ts'
import type { MayContinue } from './continues.ts'
import { documentFields, documentHash } from './document-fields.ts'
import type { DocumentFields, DocumentHash } from './document-fields.ts'
import { gatewayState, rulesState } from './gateway-state.ts'
import type { GatewayState, RulesState } from './gateway-state.ts'
import { gapsForm, historyForm } from './history-state.ts'
import type { GapsState, HistoryState } from './history-state.ts'
export type { GapsState, HistoryState } from './history-state.ts'
import { memberFields } from './member-fields.ts'
import type { GenesisMember } from './member-fields.ts'
import { checkKey, keyFields } from './member-key.ts'
import type { MemberKey } from './member-key.ts'
import { packDraft, packDrafts, packPart, packState, packVersion } from './pack-state.ts'
import type { PackDraft, PackDrafts, PackHash, PackPart, PackState, PackVersion, PartHash } from './pack-state.ts'
export type { PackState } from './pack-state.ts'
import { personsState, personState } from './person-fields.ts'
import type { PersonsState, PersonState } from './person-fields.ts'
import { policyState } from './policy-state.ts'
import type { PolicyState } from './policy-state.ts'
import { recoveryState } from './recovery-fields.ts'
import type { RecoveryState } from './recovery-fields.ts'
import { boolean, bytes, checked, count, id, integer, nullable, optional, record, text, timeUs } from './schema.ts'
import type { Form } from './schema.ts'
import { boundForm, cursorForm, keysForm, membersForm, packsForm } from './standing-fields.ts'
import type { BoundState, CursorState, KeysState, MembersState, PacksState } from './standing-fields.ts'
export type { BoundState, BoundStretch, CursorState, KeysState, MembersState, PacksState } from './standing-fields.ts'
import {
  byActor,
  byDocument,
  byKey,
  byDraft,
  byStream,
  byStreamAlone,
  byText,
  byTwoTexts,
  single,
} from './state-ids.ts'
import type { IdCodec } from './state-ids.ts'
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
  /** It signs nothing before this ledger time. */
  readonly suspendedUs?: number
  /** What it signed from this entry on may be somebody else's word. */
  readonly suspectFrom?: LeafIndex
}
/** ["core","stream",stream] */
export interface StreamState extends StreamOpened {
  readonly actor: ActorId
  readonly openedAt: LeafIndex
}
/** ["core","asset",asset] */
export type AssetState = Omit<AssetRegistered, 'asset'>
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
  'pack-version': PackHash
  'pack-part': PartHash
  'pack-draft': readonly [proposer: ActorId, hash: PackHash]
  'pack-drafts': ActorId
  actor: ActorId
  document: DocumentHash
  'document-holder': DocumentHash
  'document-status': DocumentHash
  rules: ''
  gateway: ActorId
  'asset-streams': string
  'asset-events': string
  'stream-changes': StreamId
  'asset-owner': string
  'asset-holder': string
  'asset-parties': string
  'asset-origin': string
  'asset-used': string
  'asset-container': string
  'asset-content': string
  'asset-attribute': readonly [asset: string, name: string]
  'asset-milestone': readonly [asset: string, milestone: string]
  cursor: StreamId
  bound: StreamId
  members: ''
  keys: ActorId
  packs: ''
  person: ActorId
  persons: ActorId
  policy: ''
  recovery: ActorId
  act: ActHash
  'open-acts': ActorId
  'asset-acts': string
  'asset-issuers': string
  'certificate-status': CertificateHash
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
  const begin = (keyBegins[kind] ??= stateKey(CORE_OWNER, kind, 0).slice(0, -1))
  return concatBytes(begin, encodeCbor(codecs[kind].encodeId(id)))
}

/** What the keys of a kind begin with: all of it but the id. */
const keyBegins: { [K in CoreKind]?: Uint8Array } = {}

export interface CoreValues {
  channel: ChannelState
  member: MemberState
  key: KeyState
  stream: StreamState
  asset: AssetState
  history: HistoryState
  gaps: GapsState
  pack: PackState
  'pack-version': PackVersion
  'pack-part': PackPart
  'pack-draft': PackDraft
  'pack-drafts': PackDrafts
  actor: ActorState
  document: DocumentState
  'document-holder': DocumentHolder
  'document-status': DocumentStatus
  rules: RulesState
  gateway: GatewayState
  'asset-streams': AssetStreams
  'asset-events': AssetEvents
  'stream-changes': StreamChanges
  'asset-owner': AssetParty
  'asset-holder': AssetParty
  'asset-parties': AssetParties
  'asset-origin': AssetOrigin
  'asset-used': AssetUsed
  'asset-container': AssetContainer
  'asset-content': AssetContent
  'asset-attribute': AssetAttribute
  'asset-milestone': AssetMilestone
  cursor: CursorState
  bound: BoundState
  members: MembersState
  keys: KeysState
  packs: PacksState
  person: PersonState
  persons: PersonsState
  policy: PolicyState
  recovery: RecoveryState
  act: ActState
  'open-acts': OpenActs
  'asset-acts': OpenActs
  'asset-issuers': AssetIssuers
  'certificate-status': CertificateStatus
}
export type CoreKind = keyof CoreValues

/** Number of the form in which values are written. A later one reads all before it, so that nothing is ever written anew. */
const VALUE_FORM = 1

/** A core value as CBOR input, behind its form's number: the second part of a tree value. */
export function encodeCoreValue<K extends CoreKind>(kind: K, value: CoreValues[K]): CborInput {
  return [VALUE_FORM, codecs[kind].form.encode(value)]
}

/** A core value as JSON: bytes and ids in lower-case hex. */
export function coreValueToJson<K extends CoreKind>(kind: K, value: CoreValues[K]): JsonValue {
  return codecs[kind].form.toJson(value)
}

/** Reads a core value strictly. Throws WireError `malformed_state`. */
export function decodeCoreValue<K extends CoreKind>(kind: K, value: CborValue): CoreValues[K] {
  try {
    const [form, fields] = items(value, 2, `state ${kind}`, CODE)
    if (form !== VALUE_FORM || fields === undefined)
      throw new WireError(CODE, `state ${kind} has the form ${String(form)}, which this release does not read`)
    return codecs[kind].form.decode(fields, `state ${kind}`)
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

interface ValueCodec<T, Id> extends IdCodec<Id> {
  readonly form: Form<T>
}

const codecs: { readonly [K in CoreKind]: ValueCodec<CoreValues[K], CoreIds[K]> } = {
  channel: {
    ...single,
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
    ...byKey,
    form: checked(
      record({
        actor: id(actorIdOf),
        ...keyFields,
        from: count,
        to: nullable(count),
        suspendedUs: optional(timeUs),
        suspectFrom: optional(count),
      }),
      checkKey,
    ),
  },
  stream: {
    ...byStreamAlone,
    form: checked(record({ ...streamFields, actor: id(actorIdOf), openedAt: count }), checkStream),
  },
  asset: {
    ...byText,
    form: checked(record(assetFields), checkAsset),
  },
  history: { ...byStream, form: historyForm },
  gaps: { ...byStream, form: gapsForm },
  pack: { ...byText, form: packState },
  'pack-version': { ...byDocument, form: packVersion },
  'pack-part': { ...byDocument, form: packPart },
  'pack-draft': { ...byDraft, form: packDraft },
  'pack-drafts': { ...byActor, form: packDrafts },
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
  rules: { ...single, form: rulesState },
  gateway: { ...byActor, form: gatewayState },
  'asset-streams': { ...byText, form: assetStreams },
  'asset-events': { ...byText, form: assetEvents },
  'stream-changes': { ...byStreamAlone, form: streamChanges },
  'asset-owner': { ...byText, form: assetParty },
  'asset-holder': { ...byText, form: assetParty },
  'asset-parties': { ...byText, form: assetParties },
  'asset-issuers': { ...byText, form: assetIssuers },
  'certificate-status': { ...byDocument, form: certificateStatus },
  'asset-origin': { ...byText, form: assetOrigin },
  'asset-used': { ...byText, form: assetUsed },
  'asset-container': { ...byText, form: assetContainer },
  'asset-content': { ...byText, form: assetContent },
  'asset-attribute': { ...byTwoTexts, form: assetAttribute },
  'asset-milestone': { ...byTwoTexts, form: assetMilestone },
  cursor: { ...byStreamAlone, form: cursorForm },
  bound: { ...byStreamAlone, form: boundForm },
  members: { ...single, form: membersForm },
  keys: { ...byActor, form: keysForm },
  packs: { ...single, form: packsForm },
  person: { ...byActor, form: personState },
  persons: { ...byActor, form: personsState },
  policy: { ...single, form: policyState },
  recovery: { ...byActor, form: recoveryState },
  act: { ...byDocument, form: actState },
  'open-acts': { ...byActor, form: actorActs },
  'asset-acts': { ...byText, form: assetActs },
}
