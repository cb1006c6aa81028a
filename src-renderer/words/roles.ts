import { AT_THIS_MACHINE, LOCAL_USER, THIS_MACHINE } from '../../src-main/endpoints/at-this-machine.ts'
import type { Role } from './model.ts'
import { m } from '../paraglide/messages.js'

const words: Record<Role, () => string> = {
  installer: m.role_installer,
  technician: m.role_technician,
  'site-manager': m.role_site_manager,
  'member-admin': m.role_member_admin,
  auditor: m.role_auditor,
}

export function roleWord(role: Role): string {
  return words[role]()
}

/** Every role, from the least to the most. */
export const roleNames = Object.keys(words) as Role[]

const roleAtMachine = (name: string): Role | undefined => roleNames.find((one) => AT_THIS_MACHINE[one] === name)

/** A name as it is shown: whoever sits at the machine of the gateway has none but that of a role, which has a word. */
export function personName(name: string): string {
  if (name === LOCAL_USER) return m.person_local_user()
  const role = roleAtMachine(name)
  return role === undefined ? name : roleWord(role)
}

/** What stands beside the name: the role, or where it is the name already, why. */
export function personRole({ name, role }: { name: string; role: Role }): string {
  return roleAtMachine(name) === undefined ? roleWord(role) : m.role_at_machine()
}

/** Whether a command at the machine of the gateway did it, which has no name. */
export const isThisMachine = (name: string): boolean => name === THIS_MACHINE
