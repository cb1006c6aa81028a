import type { Role } from './model.ts'

/**
 * What whoever sits at the machine of the gateway is called when no person is named, and before there are any people. It stands so in
 * statements and logs; the console shows the word of the role.
 */
export const AT_THIS_MACHINE: Readonly<Record<Role, string>> = {
  installer: 'Installer',
  technician: 'Technician',
  'site-manager': 'Site manager',
  'member-admin': 'Member admin',
  auditor: 'Auditor',
}

/** Who a command says that it is where nobody is named and the system has no name either. It stands so in statements. */
export const LOCAL_USER = 'local user'

/** Who calls with the token of this machine, which carries no name. */
export const THIS_MACHINE = 'this machine'
