/** The list of people of the fixture, kept by R. Hofmann; a name of each sort that has to be shown. */
import type { EnrolledPeople } from '../../src-main/endpoints/people-calls.ts'
import { nowUs } from './console-fixture-plant.ts'

const DAY_US = 86_400_000_000
const mayGive = new Set(['member-admin', 'auditor'])

export const enrolledPeople: EnrolledPeople['people'] = (
  [
    ['A. Berger', 'technician', nowUs - 3_600_000_000, 1],
    ['K. Pohl', 'installer', nowUs - 41 * DAY_US, 0],
    ['M. Lindner', 'site-manager', nowUs - DAY_US, 0],
    ['R. Hofmann', 'member-admin', nowUs - 60_000_000, 2],
    ['Wolfeschlegelsteinhausenbergerdorff-Quellhof und Nachfolger GmbH', 'auditor', null, 0],
  ] as const
).map(([name, role, lastSignInAtUs, sessions]) => ({
  name,
  role,
  enrolledAtUs: nowUs - 200 * DAY_US,
  enrolledBy: name === 'R. Hofmann' ? 'this machine' : 'R. Hofmann',
  lastSignInAtUs,
  sessions,
  mayReset: mayGive.has(role),
  lastAdmin: role === 'member-admin',
}))

export const givenRoles: EnrolledPeople['roles'] = (
  ['installer', 'technician', 'site-manager', 'member-admin', 'auditor'] as const
).map((role) => ({ role, mayGive: mayGive.has(role) }))
