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
