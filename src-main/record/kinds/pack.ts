/**
 * Packs come onto the ledger and leave it. A version is proposed, stands in the ledger part by part, is loaded by every voter, and is
 * activated by an act; from then on every replica decides by the same bytes, without having to come by them elsewhere.
 */
import { equalBytes, fromUtf8, sha256, toHex, utf8 } from '../../wire/bytes.ts'
import { WireError } from '../../wire/errors.ts'
import type { ActorId } from '../../wire/ids.ts'
import { canonicalJson, parseStrictJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import {
  HASH_BYTES,
  MAX_JSON_DEPTH,
  MAX_PACK_DRAFTS,
  MAX_PACK_PARTS,
  MAX_PACK_PART_BYTES,
  MAX_PACKS,
  MAX_PACK_VERSIONS,
  MAX_TEXT_BYTES,
} from '../../wire/limits.ts'
import { documentHash } from '../document-fields.ts'
import { noAssets } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { checkPackId } from '../pack-fields.ts'
import { joined, packInForce } from '../pack-view.ts'
import { partHashes } from '../pack-state.ts'
import type { PackDraft, PackHash, PackInterval, PackState, PartHash } from '../pack-state.ts'
import { ADMINS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { byAllOwners, couldAgree } from '../requirement.ts'
import { bytes, checked, integer, json, record, refuse, text } from '../schema.ts'
import type { StateChange, StateView } from '../state-view.ts'

const EXAMPLE = toHex(new Uint8Array(HASH_BYTES)) as PackHash

const named = checked(text(), checkPackId)

export interface PackProposed {
  readonly hash: PackHash
  readonly id: string
  readonly version: string
  /** SHA-256 of each, in their order. */
  readonly parts: readonly PartHash[]
  readonly reason: string
}

/**
 * Says which bytes are to come. It is its signer's own until they are all there: nobody keeps a version of another from coming, and who says it
 * again begins anew.
 */
export const packProposed: Kind<PackProposed> = {
  form: record({ hash: documentHash, id: named, version: text(), parts: partHashes, reason: text(MAX_TEXT_BYTES) }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-known', 'pack-drafts-many'],
  decide(view, { signer }, { hash, ...said }) {
    if (view.get('pack-version', hash) !== undefined) return 'pack-known'
    const begun = view.get('pack-drafts', signer)?.hashes ?? []
    const others = begun.filter((one) => one !== hash)
    if (others.length >= MAX_PACK_DRAFTS) return 'pack-drafts-many'
    return [
      {
        kind: 'pack-draft',
        id: [signer, hash],
        value: { ...said, proposedAt: view.index, received: 0, failed: false },
      },
      { kind: 'pack-drafts', id: signer, value: { hashes: [...others, hash] } },
    ]
  },
  example: {
    hash: EXAMPLE,
    id: 'example',
    version: '1.0',
    parts: [EXAMPLE],
    reason: 'Deliveries in summer warm up faster.',
  },
}

export interface PackPartAdded {
  readonly hash: PackHash
  /** From 0. */
  readonly part: number
  readonly bytes: Uint8Array
}

/** The next bytes of a version. With the last, all of them are what was proposed, or nothing more is taken of it: a wrong one costs once. */
export const packPartAdded: Kind<PackPartAdded> = {
  form: record({ hash: documentHash, part: integer(0, MAX_PACK_PARTS - 1), bytes: bytes(1, MAX_PACK_PART_BYTES) }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-unknown', 'pack-known', 'pack-differs', 'pack-part-other'],
  decide(view, { signer }, { hash, part, bytes: added }) {
    const draft = view.get('pack-draft', [signer, hash])
    if (draft === undefined) return 'pack-unknown'
    if (view.get('pack-version', hash) !== undefined) return 'pack-known'
    if (draft.failed) return 'pack-differs'
    const wanted = draft.parts[part]
    if (part !== draft.received || wanted !== toHex(sha256(added))) return 'pack-part-other'
    const received = part + 1
    const change: StateChange = { kind: 'pack-part', id: wanted, value: { bytes: added } }
    if (received < draft.parts.length)
      return [{ kind: 'pack-draft', id: [signer, hash], value: { ...draft, received } }, change]
    return [...ended(view, signer, hash, draft, added), change]
  },
  example: { hash: EXAMPLE, part: 0, bytes: utf8('{}') },
}

/** All parts are there: a version comes of the draft, or it fails. */
function ended(view: StateView, proposer: ActorId, hash: PackHash, draft: PackDraft, last: Uint8Array): StateChange[] {
  const { received: _received, failed: _failed, ...said } = draft
  const before = draft.parts.slice(0, -1).map((part) => view.get('pack-part', part)?.bytes)
  const whole = joined([...before, last])
  const ruleHash = whole === null ? null : ruleHashOf(hash, draft, whole)
  const others = (view.get('pack-drafts', proposer)?.hashes ?? []).filter((one) => one !== hash)
  return [
    { kind: 'pack-drafts', id: proposer, value: { hashes: others } },
    {
      kind: 'pack-draft',
      id: [proposer, hash],
      value: { ...draft, received: draft.parts.length, failed: ruleHash === null },
    },
    ...(ruleHash === null
      ? []
      : [{ kind: 'pack-version', id: hash, value: { ...said, proposer, ruleHash, loads: [] } } as const]),
  ]
}

/** SHA-256 of what decides; null where the bytes are not those of the pack that was proposed. */
function ruleHashOf(
  hash: PackHash,
  { id, version }: Pick<PackDraft, 'id' | 'version'>,
  whole: Uint8Array,
): Uint8Array | null {
  if (toHex(sha256(whole)) !== hash) return null
  try {
    const written = fromUtf8(whole)
    const { pack, rule } = membersOf(parseStrictJson(written, { maxLength: written.length, maxDepth: MAX_JSON_DEPTH }))
    const { words: _languages, ...deciding } = membersOf(pack)
    if (deciding['id'] !== id || deciding['version'] !== version || typeof rule !== 'string') return null
    return sha256(utf8(canonicalJson({ pack: deciding, rule })))
  } catch (error) {
    if (error instanceof WireError) return null
    throw error
  }
}

function membersOf(value: JsonValue | undefined): { [name: string]: JsonValue } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('a pack', 'is no object')
  return value
}

export interface PackLoaded {
  readonly hash: PackHash
  readonly engineHash: Uint8Array
}

/** A gateway read the pack and had its rule loaded: it can decide by it. */
export const packLoaded: Kind<PackLoaded> = {
  form: record({ hash: documentHash, engineHash: bytes(HASH_BYTES) }),
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-unknown'],
  decide(view, { actor }, { hash, engineHash }) {
    const known = view.get('pack-version', hash)
    if (known === undefined) return 'pack-unknown'
    const others = known.loads.filter(({ gateway }) => gateway !== actor)
    const loads = [...others, { gateway: actor, engineHash, entry: view.index }]
    return [{ kind: 'pack-version', id: hash, value: { ...known, loads } }]
  },
  example: { hash: EXAMPLE, engineHash: new Uint8Array(HASH_BYTES) },
}

export interface PackActivated {
  readonly id: string
  readonly hash: PackHash
  /** SHA-256 of the engine that is to run it. */
  readonly engineHash: Uint8Array
  readonly parameters: JsonValue
}

/** From behind the entry by which it is agreed, this version decides under its id; what it said before stays said. */
export const packActivated: Kind<PackActivated> = {
  form: record({ id: named, hash: documentHash, engineHash: bytes(HASH_BYTES), parameters: json((value) => value) }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  approvals: (_body, view) => byAllOwners(view),
  consumes: ({ id }) => [{ kind: 'pack', id }],
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-unknown', 'pack-differs', 'pack-not-loaded', 'pack-active-already', 'packs-many', 'approvers-few'],
  decide(view, { signer }, { id, hash, engineHash, parameters }) {
    const known = view.get('pack-version', hash)
    if (known === undefined) return 'pack-unknown'
    if (known.id !== id) return 'pack-differs'
    const voters = (view.get('members', '')?.actors ?? []).filter((one) => view.get('member', one)?.voter === true)
    const isLoaded = (voter: string): boolean =>
      known.loads.some((load) => load.gateway === voter && equalBytes(load.engineHash, engineHash))
    if (!voters.every(isLoaded)) return 'pack-not-loaded'
    const next = { version: known.version, hash: bytesOf(hash), ruleHash: known.ruleHash, engineHash, parameters }
    const now = view.get('pack', id)
    if (now !== undefined && now.retired === null && isSame(now, next)) return 'pack-active-already'
    if (packInForce(view, id) === undefined && (view.get('packs', '')?.packs.length ?? 0) >= MAX_PACKS)
      return 'packs-many'
    if (!couldAgree(view, signer)) return 'approvers-few'
    const before = now === undefined ? [] : [...now.before, intervalOf(now, view.index)].slice(-MAX_PACK_VERSIONS)
    return [{ kind: 'pack', id, value: { ...next, from: view.index, retired: null, before } }]
  },
  example: { id: 'example', hash: EXAMPLE, engineHash: new Uint8Array(HASH_BYTES), parameters: {} },
}

const bytesOf = (hash: PackHash): Uint8Array => documentHash.encode(hash) as Uint8Array

function isSame(now: PackState, next: Pick<PackState, 'hash' | 'engineHash' | 'parameters'>): boolean {
  return (
    equalBytes(now.hash, next.hash) &&
    equalBytes(now.engineHash, next.engineHash) &&
    canonicalJson(now.parameters) === canonicalJson(next.parameters)
  )
}

function intervalOf({ version, hash, ruleHash, from, retired }: PackState, index: number): PackInterval {
  return { version, hash, ruleHash, from, to: retired?.entry ?? index }
}

export interface PackRetired {
  readonly id: string
  readonly reason: string
}

/** It decides nothing any more, and may still judge what was before. */
export const packRetired: Kind<PackRetired> = {
  form: record({ id: named, reason: text(MAX_TEXT_BYTES) }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  approvals: (_body, view) => byAllOwners(view),
  consumes: ({ id }) => [{ kind: 'pack', id }],
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-inactive', 'approvers-few'],
  decide(view, { signer }, { id }): CoreRefusalCode | ReturnType<typeof retired> {
    const now = packInForce(view, id)
    if (now === undefined) return 'pack-inactive'
    return couldAgree(view, signer) ? retired(view, id, now) : 'approvers-few'
  },
  example: { id: 'example', reason: 'No such assets come here any more.' },
}

function retired(view: StateView, id: string, now: PackState): { kind: 'pack'; id: string; value: PackState }[] {
  return [{ kind: 'pack', id, value: { ...now, retired: { entry: view.index, timeUs: view.ledgerTimeUs } } }]
}
