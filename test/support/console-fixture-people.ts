/** The list of people of the fixture, kept by R. Hofmann; a name of each sort that has to be shown. */
import type { EnrolledPeople } from '../../src-main/endpoints/people-calls.ts'
import type { ConsoleDoor } from '../../src-main/endpoints/door.ts'
import { nowUs } from './console-fixture-plant.ts'

const DAY_US = 86_400_000_000
const mayLink: ReadonlySet<string> = new Set(['member-admin', 'auditor'])

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
  resetAtUs: name === 'K. Pohl' ? nowUs - 12 * DAY_US : null,
  resetBy: name === 'K. Pohl' ? 'R. Hofmann' : null,
  sessions,
  mayLink: mayLink.has(role),
  lastAdmin: role === 'member-admin',
}))

export const openDoor: ConsoleDoor['elsewhere'] = {
  url: 'https://gw-fill-1.quellhof.example:7443',
  names: ['gw-fill-1.quellhof.example', '10.20.4.5'],
  certificate: {
    fingerprint: '3f9a0c41d8a8d7e70bd55f634bc448362740d20a77c3b7823b84eb303072926e',
    keyFingerprint: 'c6d139eed8a8d7e70bd55f634bc448362740d20a77c3b7823b84eb3030729201',
    notAfterUs: Date.UTC(2028, 5, 3) * 1000,
    own: true,
  },
  shut: null,
}
