import { AT_THIS_MACHINE } from '../endpoints/at-this-machine.ts'
import type { Role } from '../endpoints/model.ts'
import { endpointNames, endpoints } from '../endpoints/table.ts'
import type { Access } from '../endpoints/endpoint.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './handlers.ts'
import type { People } from './people.ts'
import type { Identity } from './sessions.ts'

/**
 * Who a new one-time link signs in. A link is as good as the passphrase of its person, so nobody gets one for a role that
 * can do what he can't do himself. The token of runtime.json lies beside the list of people and may give any role.
 *
 * @throws {ApiError} 404 `unknown_person`, 409 `other_role`, 403 `wrong_role`
 */
export function linkFor(
  wanted: { name?: string | undefined; role?: Role | undefined },
  caller: Pick<Caller, 'name' | 'role' | 'via'>,
  people: Pick<People<Role>, 'list'>,
): Identity<Role> {
  const { name, role } = wanted
  const person = people.list().find((one) => one.name === name)
  if (name === undefined && caller.via === 'token') {
    const own = role ?? 'site-manager'
    return { name: AT_THIS_MACHINE[own], role: own }
  }
  if (person === undefined) throw unknownPerson(name)
  if (role !== undefined && role !== person.role) {
    throw new ApiError(
      409,
      'other_role',
      `${person.name} is ${person.role}, not ${role}`,
      'Leave the role out: a link gives a person the role on the list of people.',
    )
  }
  if (!mayGive(caller, person.role)) {
    throw new ApiError(
      403,
      'wrong_role',
      `${caller.name} is signed in as ${caller.role} and may not give the role ${person.role}`,
      `Ask for a link at the machine of the gateway: plumbline console --as NAME.`,
    )
  }
  return person
}

function unknownPerson(name: string | undefined): ApiError {
  return name === undefined
    ? new ApiError(400, 'invalid_request', 'the link is for nobody', 'Name a person on the list: GET /api/people.')
    : new ApiError(
        404,
        'unknown_person',
        `there is no person "${name}" at this gateway`,
        'Name one on the list, as the sign-in page shows it. At the machine itself: plumbline console, without --as.',
      )
}

/**
 * Whether `giver` may put somebody into `role`, by a link, which leaves no trace with that person: everything that `role`
 * may call is open to the giver too. Enrolling and a new passphrase are what a member admin is for; both stand in the log and on the list.
 */
export function mayGive(giver: Pick<Caller, 'role' | 'via'>, role: Role): boolean {
  return giver.via === 'token' || covers(giver.role, role)
}

/** Whether everything that `role` may call is open to `giver` too. */
function covers(giver: Role, role: Role): boolean {
  return endpointNames.every((name) => {
    const access: Access = endpoints[name].access
    return typeof access === 'string' || !access.includes(role) || access.includes(giver)
  })
}
