/** Packs on the ledger: which ones are in force, and what was proposed to come after them. docs/FORMATS.md, "State". */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { HASH_BYTES, MAX_MEMBERS, MAX_PACK_PARTS, MAX_PACK_PART_BYTES, MAX_PACK_VERSIONS } from '../wire/limits.ts'
import type { DocumentHash } from './document-fields.ts'
import { packFields } from './pack-fields.ts'
import type { ActivePack } from './pack-fields.ts'
import { bytes, count, id, integer, list, nullable, record, text, timeUs, tuple } from './schema.ts'
import type { Form } from './schema.ts'
import type { StateView } from './state-view.ts'

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

/** ["core","pack-version",hash]: a version that was proposed. */
export interface PackVersion {
  readonly id: string
  readonly version: string
  readonly reason: string
  readonly proposer: ActorId
  readonly proposedAt: LeafIndex
  readonly parts: number
  /** How many of them stand in the ledger. */
  readonly received: number
  /** Of its rule, once all of it is there. */
  readonly ruleHash: Uint8Array | null
  readonly loads: readonly PackLoad[]
}

/** ["core","pack-part",[hash, number]]: bytes of the canonical JSON that a pack is, in their order. */
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

export const packVersion: Form<PackVersion> = record({
  id: text(),
  version: text(),
  reason: text(),
  proposer: id(actorIdOf),
  proposedAt: count,
  parts: integer(1, MAX_PACK_PARTS),
  received: integer(0, MAX_PACK_PARTS),
  ruleHash: nullable(bytes(HASH_BYTES)),
  loads: list(load, MAX_MEMBERS),
})

export const packPart: Form<PackPart> = record({ bytes: bytes(1, MAX_PACK_PART_BYTES) })

/** The pack of this id that decides now; undefined where there is none, or where it is retired. */
export function packInForce(view: Pick<StateView, 'get'>, pack: string): PackState | undefined {
  const state = view.get('pack', pack)
  return state?.retired === null ? state : undefined
}

/** The bytes of a pack whose parts are all there; null where one is missing. */
export function packBytes(view: Pick<StateView, 'get'>, hash: PackHash): Uint8Array | null {
  const known = view.get('pack-version', hash)
  if (known === undefined || known.received < known.parts) return null
  return joined(view, hash, known.parts)
}

/** The first `parts` parts, one behind the other. */
export function joined(view: Pick<StateView, 'get'>, hash: PackHash, parts: number): Uint8Array {
  const all = Array.from({ length: parts }, (_, part) => view.get('pack-part', [hash, String(part)])?.bytes)
  const there = all.filter((part) => part !== undefined)
  const whole = new Uint8Array(there.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of there) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
