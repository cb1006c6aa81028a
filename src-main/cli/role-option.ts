import { roles, type Role } from '../endpoints/model.ts'
import { nearest } from '../wire/near-match.ts'
import { UsageError } from './exit-status.ts'

/** The role that `--role` names. Throws UsageError with those there are. */
export function roleOption(given: string | undefined): Role | undefined {
  if (given === undefined) return undefined
  const role = roles.find((one) => one === given)
  if (role === undefined)
    throw new UsageError(`--role: there is no role "${given}".${nearest(given, roles)}`, `Roles: ${roles.join(', ')}.`)
  return role
}
