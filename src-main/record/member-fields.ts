/** A member of a channel as its genesis lists it; what its state value has of it. */
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { Fields, itemText } from '../wire/fields.ts'
import { actorIdOf, idBytes } from '../wire/ids.ts'
import type { ActorId } from '../wire/ids.ts'
import { ID_BYTES, MAX_KEYS_PER_MEMBER } from '../wire/limits.ts'
import { readKey } from './member-key.ts'
import type { MemberKey } from './member-key.ts'

const CODE = 'malformed_event'

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

export function encodeMember(member: GenesisMember): CborInput {
  return {
    ...member,
    actor: idBytes(member.actor),
    roles: [...member.roles],
    keys: member.keys.map((key) => ({ ...key })),
  }
}

export function readMember(item: CborValue, where: string): GenesisMember {
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
