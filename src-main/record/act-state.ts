/** Acts that one must not do alone, while they are open and as they ended. docs/FORMATS.md, "State". */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import {
  HASH_BYTES,
  MAX_ACTOR_ACTS,
  MAX_ACT_VOICES,
  MAX_ASSET_ACTS,
  MAX_EFFECT_VALUE_BYTES,
  MAX_EVENT_REFERENCES,
  MAX_TEXT_BYTES,
} from '../wire/limits.ts'
import { documentHash } from './document-fields.ts'
import type { DocumentHash } from './document-fields.ts'
import { bytes, count, id, list, nullable, record, text, timeUs, tuple } from './schema.ts'
import type { Form } from './schema.ts'

/** Statement hash of the proposal, in hex: what an act is named by. */
export type ActHash = DocumentHash
export const actHash = documentHash

/** Who said yes or no to an act, by which entry. */
export interface Voice {
  readonly person: ActorId
  readonly entry: LeafIndex
}

export interface ActEnd {
  /** `done`, or the code for which it came to nothing. */
  readonly outcome: string
  readonly entry: LeafIndex
}

/** Tree key of a state value that it was made for, and SHA-256 of its tree value; null: there must be none. */
export interface ConsumedState {
  readonly key: Uint8Array
  readonly hash: Uint8Array | null
}

/** ["core","act",hash] */
export interface ActState {
  readonly type: string
  readonly proposer: ActorId
  /** Role in which it was proposed. */
  readonly role: string
  readonly proposedAt: LeafIndex
  readonly deadlineUs: number
  readonly assets: readonly string[]
  readonly consumes: readonly ConsumedState[]
  /** CBOR of the body that was proposed; empty once the act ended: the proposal's entry has it. */
  readonly body: Uint8Array
  readonly approvals: readonly Voice[]
  readonly declines: readonly Voice[]
  readonly end: ActEnd | null
}

/** ["core","open-acts",actor] and ["core","asset-acts",asset]: the acts of an actor and those about an asset that are open, as proposed. */
export interface OpenActs {
  readonly acts: readonly ActHash[]
}

const voice: Form<Voice> = tuple({ person: id(actorIdOf), entry: count })
const consumed: Form<ConsumedState> = tuple({ key: bytes(HASH_BYTES), hash: nullable(bytes(HASH_BYTES)) })

export const actState: Form<ActState> = record({
  type: text(MAX_TEXT_BYTES),
  proposer: id(actorIdOf),
  role: text(),
  proposedAt: count,
  deadlineUs: timeUs,
  assets: list(text(), MAX_EVENT_REFERENCES),
  consumes: list(consumed, MAX_EVENT_REFERENCES),
  body: bytes(0, MAX_EFFECT_VALUE_BYTES),
  approvals: list(voice, MAX_ACT_VOICES),
  declines: list(voice, MAX_ACT_VOICES),
  end: nullable(record({ outcome: text(), entry: count })),
})
export const actorActs: Form<OpenActs> = record({ acts: list(actHash, MAX_ACTOR_ACTS) })
export const assetActs: Form<OpenActs> = record({ acts: list(actHash, MAX_ASSET_ACTS) })
