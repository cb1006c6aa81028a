/** A member of a channel as its genesis lists it; what its state value has of it. */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId } from '../wire/ids.ts'
import { MAX_KEYS_PER_MEMBER } from '../wire/limits.ts'
import { keyForm } from './member-key.ts'
import type { MemberKey } from './member-key.ts'
import { boolean, id, integer, list, record, text } from './schema.ts'
import type { Form } from './schema.ts'

const MAX_ROLES = 32

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

/** What genesis and the member's state value share. */
export const memberFields = {
  raftId: integer(1),
  name: text(),
  legalName: text(),
  voter: boolean,
  roles: list(text(), MAX_ROLES),
}

export const memberForm: Form<GenesisMember> = record({
  actor: id(actorIdOf),
  ...memberFields,
  keys: list(keyForm, MAX_KEYS_PER_MEMBER),
})
