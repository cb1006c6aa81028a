/** People of a channel: who they are, what they may, and which gateway keeps their chain. docs/FORMATS.md, "State". */
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { MAX_PERSONS } from '../wire/limits.ts'
import { checked, count, id, list, nullable, oneOf, optional, record, refuse, text, timeUs } from './schema.ts'
import type { Form } from './schema.ts'

/** In this order they stand wherever somebody has several. */
export const PERSON_ROLES = ['installer', 'technician', 'site-manager', 'member-admin', 'auditor'] as const
export type PersonRole = (typeof PERSON_ROLES)[number]

/** An auditor reads, and signs nothing. */
export const WRITERS: readonly PersonRole[] = ['technician', 'site-manager', 'member-admin']
export const MANAGERS: readonly PersonRole[] = ['site-manager', 'member-admin']
export const ADMINS: readonly PersonRole[] = ['member-admin']

/** ["core","person",actor] */
export interface PersonState {
  readonly name: string
  readonly roles: readonly PersonRole[]
  /** The member that answers for the person, whose gateway keeps the chain and the key. */
  readonly keeper: ActorId
  readonly enrolledAt: LeafIndex
  /** Signs nothing before this ledger time. */
  readonly suspendedUs?: number
  /** The entry from which on the person signs nothing any more; null while in force. */
  readonly endedAt: LeafIndex | null
}

/** ["core","persons",member]: everybody whom it enrolled, in that order, ended ones among them. */
export interface PersonsState {
  readonly persons: readonly ActorId[]
}

export const personRoles: Form<readonly PersonRole[]> = checked(
  list(oneOf(PERSON_ROLES), PERSON_ROLES.length),
  (roles, where) => {
    if (roles.length === 0) refuse(where, 'names no role')
    const places = roles.map((role) => PERSON_ROLES.indexOf(role))
    if (places.some((place, i) => i > 0 && place <= (places[i - 1] as number)))
      refuse(where, `is not in the order ${PERSON_ROLES.join(', ')}, each once`)
  },
)

export const personState: Form<PersonState> = record({
  name: text(),
  roles: personRoles,
  keeper: id(actorIdOf),
  enrolledAt: count,
  suspendedUs: optional(timeUs),
  endedAt: nullable(count),
})
export const personsState: Form<PersonsState> = record({ persons: list(id(actorIdOf), MAX_PERSONS) })
