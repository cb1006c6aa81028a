/**
 * Packs come onto the ledger and leave it. A version is proposed, stands in the ledger part by part, is loaded by every voter, and is
 * activated by an act; from then on every replica decides by the same bytes, without having to come by them elsewhere.
 */
import { equalBytes, fromUtf8, sha256, toHex, utf8 } from '../../wire/bytes.ts'
import { WireError } from '../../wire/errors.ts'
import { canonicalJson, parseStrictJson } from '../../wire/json.ts'
import type { JsonValue } from '../../wire/json.ts'
import {
  HASH_BYTES,
  MAX_JSON_DEPTH,
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
import { joined, packInForce } from '../pack-state.ts'
import type { PackHash, PackInterval, PackState } from '../pack-state.ts'
import { ADMINS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { byAllOwners, couldAgree } from '../requirement.ts'
import { bytes, checked, integer, json, record, refuse, text } from '../schema.ts'
import type { StateView } from '../state-view.ts'

const EXAMPLE = toHex(new Uint8Array(HASH_BYTES)) as PackHash

const named = checked(text(), checkPackId)

export interface PackProposed {
  readonly hash: PackHash
  readonly id: string
  readonly version: string
  readonly parts: number
  readonly reason: string
}

/** Says which bytes are to come. Whoever proposes the same while they are not all there begins anew: nobody keeps a version from coming. */
export const packProposed: Kind<PackProposed> = {
  form: record({
    hash: documentHash,
    id: named,
    version: text(),
    parts: integer(1, MAX_PACK_PARTS),
    reason: text(MAX_TEXT_BYTES),
  }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-known'],
  decide(view, { signer }, { hash, ...said }) {
    const known = view.get('pack-version', hash)
    if (known !== undefined && known.ruleHash !== null) return 'pack-known'
    const value = { ...said, proposer: signer, proposedAt: view.index, received: 0, ruleHash: null, loads: [] }
    return [{ kind: 'pack-version', id: hash, value }]
  },
  example: { hash: EXAMPLE, id: 'example', version: '1.0', parts: 1, reason: 'Deliveries in summer warm up faster.' },
}

export interface PackPartAdded {
  readonly hash: PackHash
  /** From 0. */
  readonly part: number
  readonly bytes: Uint8Array
}

/** The next bytes of a version. With the last, all of them must be what was proposed. */
export const packPartAdded: Kind<PackPartAdded> = {
  form: record({ hash: documentHash, part: integer(0, MAX_PACK_PARTS - 1), bytes: bytes(1, MAX_PACK_PART_BYTES) }),
  byHand: true,
  by: 'admin',
  roles: ADMINS,
  assets: noAssets,
  contracts: 'note',
  codes: ['pack-unknown', 'pack-foreign', 'pack-part-other', 'pack-differs'],
  decide(view, { signer }, { hash, part, bytes: added }) {
    const known = view.get('pack-version', hash)
    if (known === undefined) return 'pack-unknown'
    if (known.proposer !== signer) return 'pack-foreign'
    if (part !== known.received || part >= known.parts) return 'pack-part-other'
    const received = part + 1
    const ruleHash = received < known.parts ? null : ruleHashOf(hash, known, view, added)
    if (ruleHash === undefined) return 'pack-differs'
    return [
      { kind: 'pack-version', id: hash, value: { ...known, received, ruleHash } },
      { kind: 'pack-part', id: [hash, String(part)], value: { bytes: added } },
    ]
  },
  example: { hash: EXAMPLE, part: 0, bytes: utf8('{}') },
}

/** SHA-256 of what decides; undefined where the bytes are not those of the pack that was proposed. */
function ruleHashOf(
  hash: PackHash,
  { id, version, parts }: Pick<PackProposed, 'id' | 'version' | 'parts'>,
  view: StateView,
  last: Uint8Array,
): Uint8Array | undefined {
  const before = joined(view, hash, parts - 1)
  const whole = new Uint8Array(before.length + last.length)
  whole.set(before)
  whole.set(last, before.length)
  if (toHex(sha256(whole)) !== hash) return undefined
  try {
    const written = fromUtf8(whole)
    const { pack, rule } = membersOf(parseStrictJson(written, { maxLength: written.length, maxDepth: MAX_JSON_DEPTH }))
    const { words: _languages, ...deciding } = membersOf(pack)
    if (deciding['id'] !== id || deciding['version'] !== version || typeof rule !== 'string') return undefined
    return sha256(utf8(canonicalJson({ pack: deciding, rule })))
  } catch (error) {
    if (error instanceof WireError) return undefined
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
    if (known === undefined || known.ruleHash === null) return 'pack-unknown'
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
    if (known === undefined || known.ruleHash === null) return 'pack-unknown'
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
