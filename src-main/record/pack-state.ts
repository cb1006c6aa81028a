/** Packs on the ledger: which ones are in force, and what was proposed to come after them. docs/FORMATS.md, "State". */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import {
  HASH_BYTES,
  MAX_MEMBERS,
  MAX_PACK_DRAFTS,
  MAX_PACK_PARTS,
  MAX_PACK_PART_BYTES,
  MAX_PACK_VERSIONS,
  MAX_TEXT_BYTES,
} from '../wire/limits.ts'
import { documentHash } from './document-fields.ts'
import type { DocumentHash } from './document-fields.ts'
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
  record,
  refuse,
  text,
  timeUs,
  tuple,
} from './schema.ts'
import type { Form } from './schema.ts'

/** SHA-256 in lower-case hex of everything that a pack is made of. */
export type PackHash = DocumentHash

/** A version that was in force from entry `from` up to entry `to`. */
export interface PackInterval {
  readonly version: string
  readonly hash: Uint8Array
  readonly ruleHash: Uint8Array
  readonly from: LeafIndex
  readonly to: LeafIndex
}

/** ["core","pack",id]; in force from behind entry `from` on. */
export interface PackState extends Omit<ActivePack, 'id'> {
  readonly from: LeafIndex
  /** Null while it is in force. `timeUs`: ledger time then. */
  readonly retired: { readonly entry: LeafIndex; readonly timeUs: number } | null
  /** What was in force before under this id, the newest MAX_PACK_VERSIONS. */
  readonly before: readonly PackInterval[]
}

/** A gateway that read the pack and had its rule loaded, by which engine. */
export interface PackLoad {
  readonly gateway: ActorId
  readonly engineHash: Uint8Array
  readonly entry: LeafIndex
}

/** SHA-256 in lower-case hex of one part. */
export type PartHash = DocumentHash

/** ["core","pack-draft",[proposer, hash]]: a version that is not there as a whole yet, or never will be. */
export interface PackDraft {
  readonly id: string
  readonly version: string
  readonly reason: string
  readonly proposedAt: LeafIndex
  /** In their order. */
  readonly parts: readonly PartHash[]
  /** How many of them stand in the ledger. */
  readonly received: number
  /** What came is not what was proposed: nothing more is taken. */
  readonly failed: boolean
}

/** ["core","pack-drafts",proposer]: the hashes of those that it has begun. */
export interface PackDrafts {
  readonly hashes: readonly PackHash[]
}

/** ["core","pack-version",hash]: a version that was proposed, and stands in the ledger as a whole. */
export interface PackVersion {
  readonly id: string
  readonly version: string
  readonly reason: string
  readonly proposer: ActorId
  readonly proposedAt: LeafIndex
  readonly parts: readonly PartHash[]
  /** Of its rule. */
  readonly ruleHash: Uint8Array
  readonly loads: readonly PackLoad[]
}

/** ["core","pack-part",hash of the part]: bytes of the canonical JSON that a pack is. */
export interface PackPart {
  readonly bytes: Uint8Array
}

const interval: Form<PackInterval> = tuple({
  version: text(),
  hash: bytes(HASH_BYTES),
  ruleHash: bytes(HASH_BYTES),
  from: count,
  to: count,
})
const load: Form<PackLoad> = tuple({ gateway: id(actorIdOf), engineHash: bytes(HASH_BYTES), entry: count })

export const packState: Form<PackState> = record({
  ...packFields,
  from: count,
  retired: nullable(record({ entry: count, timeUs })),
  before: list(interval, MAX_PACK_VERSIONS),
})

const proposed = { id: text(), version: text(), reason: text(MAX_TEXT_BYTES), proposedAt: count }
export const partHashes: Form<readonly PartHash[]> = checked(list(documentHash, MAX_PACK_PARTS), (parts, where) => {
  if (parts.length === 0) refuse(where, 'lists no part')
})

export const packDraft: Form<PackDraft> = record({
  ...proposed,
  parts: partHashes,
  received: integer(0, MAX_PACK_PARTS),
  failed: boolean,
})

export const packDrafts: Form<PackDrafts> = record({ hashes: list(documentHash, MAX_PACK_DRAFTS) })

export const packVersion: Form<PackVersion> = record({
  ...proposed,
  proposer: id(actorIdOf),
  parts: partHashes,
  ruleHash: bytes(HASH_BYTES),
  loads: list(load, MAX_MEMBERS),
})

export const packPart: Form<PackPart> = record({ bytes: bytes(1, MAX_PACK_PART_BYTES) })
