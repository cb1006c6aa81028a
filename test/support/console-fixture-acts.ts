/** People of the fixture as the ledger knows them, their keys, acts that wait and what contracts found: one for each thing that a screen has to tell apart. */
import type { Acts, EndedAct, OpenAct } from '../../src-main/endpoints/act-calls.ts'
import type { Alarms } from '../../src-main/endpoints/alarm-model.ts'
import type { Keys } from '../../src-main/endpoints/key-calls.ts'
import type { Persons } from '../../src-main/endpoints/person-calls.ts'
import { nowUs } from './console-fixture-plant.ts'

const HOUR_US = 3_600_000_000
const DAY_US = 24 * HOUR_US
const hex = (start: string, digits: number): string => start.padEnd(digits, '0123456789abcdef')
const key = (start: string, from: number, to: number | null = null) => ({
  id: hex(start, 32),
  public: hex(start, 64),
  from,
  to,
})

export const persons: Persons = {
  gateway: 'gw-fill-1',
  policy: { approvals: 1, openDays: 14 },
  recovery: { need: 2, of: 3, setAt: 12 },
  own: hex('01', 32),
  persons: (
    [
      ['R. Hofmann', 'member-admin', 'gw-fill-1', '01', null, null],
      ['M. Lindner', 'site-manager', 'gw-fill-1', '02', null, null],
      ['A. Berger', 'technician', 'gw-fill-1', '03', null, null],
      ['K. Pohl', 'technician', 'gw-store-3', '04', nowUs + 3 * DAY_US, null],
      ['Wolfeschlegelsteinhausenbergerdorff-Quellhof und Nachfolger GmbH', 'auditor', 'gw-past-2', '05', null, 64_001],
    ] as const
  ).map(([name, role, member, start, suspendedUntilUs, endedAt], i) => ({
    id: hex(start, 32),
    name,
    roles: [role],
    member,
    enrolledAt: 12 + i,
    suspendedUntilUs,
    endedAt,
    keys: [key(`a${start}`, 12 + i, endedAt), ...(start === '03' ? [key('b903', 20_411)] : [])],
    here: member === 'gw-fill-1',
  })),
}

export const keys: Keys = {
  gateway: 'gw-fill-1',
  keys: ['gw-fill-1', 'gw-past-2', 'gw-store-3'].flatMap((member, i) =>
    ['entry', 'checkpoint', 'cosignature', 'tls', 'credential'].map((use, j) => ({
      member,
      use,
      ...key(`${i}${j}c`, 0),
      here: i === 0,
    })),
  ),
}

const open = (start: string, more: Partial<OpenAct> & Pick<OpenAct, 'type' | 'proposer' | 'body'>): OpenAct => ({
  act: hex(start, 64),
  role: 'member-admin',
  proposedAt: 84_012,
  assets: [],
  about: null,
  deadlineUs: nowUs + 3 * DAY_US,
  isOver: false,
  proposedAtUs: nowUs - HOUR_US,
  approvals: [],
  declines: [],
  needs: { count: 1, roles: ['member-admin'], otherOwner: false, party: null },
  isYours: false,
  isByYou: false,
  wouldEndAs: null,
  ...more,
})

const ended = (start: string, more: Partial<EndedAct>): EndedAct => ({
  act: hex(start, 64),
  type: 'person.ended',
  proposer: 'R. Hofmann (gw-fill-1)',
  role: 'member-admin',
  proposedAt: 64_301,
  assets: [],
  about: 'E. Vogt (gw-fill-1)',
  outcome: 'done',
  by: 'T. Brandt (gw-past-2)',
  how: 'act.approved',
  entry: 64_358,
  atUs: nowUs - 2 * DAY_US,
  ...more,
})

export const acts: Acts = {
  gateway: 'gw-fill-1',
  own: 'R. Hofmann (gw-fill-1)',
  acts: [
    open('5be041c7', {
      type: 'person.restored',
      proposer: 'T. Brandt (gw-past-2)',
      body: { person: hex('04', 32), reason: 'The tablet was found in the yard.' },
      about: 'K. Pohl (gw-store-3)',
      isYours: true,
    }),
    open('91d07a2e', {
      type: 'document.transferred',
      proposer: 'M. Lindner (gw-fill-1)',
      role: 'site-manager',
      assets: ['urn:epc:id:sscc:4012345.0000001274'],
      body: { document: hex('77aa', 64), asset: 'urn:epc:id:sscc:4012345.0000001274', holder: hex('02', 32) },
      needs: { count: 1, roles: ['site-manager', 'member-admin'], otherOwner: false, party: 'gw-store-3' },
    }),
    open('c03381b5', {
      type: 'channel.policy',
      proposer: 'R. Hofmann (gw-fill-1)',
      body: { approvals: 2, openDays: 14 },
      needs: { count: 2, roles: ['member-admin'], otherOwner: true, party: null },
      approvals: [{ name: 'T. Brandt (gw-past-2)', entry: 84_101 }],
      isByYou: true,
    }),
    open('f00dcafe', {
      type: 'person.ended',
      proposer: 'T. Brandt (gw-past-2)',
      body: { person: hex('05', 32), reason: 'Works elsewhere now.' },
      about: 'Wolfeschlegelsteinhausenbergerdorff-Quellhof und Nachfolger GmbH (gw-past-2)',
      wouldEndAs: 'person-ended',
    }),
    open('0ddba11', {
      type: 'person.enrolled',
      proposer: 'R. Hofmann (gw-fill-1)',
      body: { name: 'E. Vogt', roles: ['member-admin'] },
      about: 'E. Vogt',
      deadlineUs: nowUs - HOUR_US,
      isOver: true,
      isByYou: true,
    }),
  ],
  ended: [
    ended('aaaa', {}),
    ended('bbbb', {
      type: 'key.revoked',
      outcome: 'declined',
      how: 'act.declined',
      entry: 50_398,
      atUs: nowUs - 3 * DAY_US,
    }),
    ended('cccc', {
      type: 'channel.policy',
      about: null,
      outcome: 'stale-state',
      entry: 62_930,
      atUs: nowUs - 5 * DAY_US,
    }),
  ],
}

/** What contracts found: one in words of a pack that comes along, one of a pack that nobody here knows. */
export const deviations: Alarms['deviations'] = [
  {
    entry: 84_101,
    atUs: nowUs - 600_000_000,
    type: 'asset.observed',
    assets: ['VIN:WDB9066331S123456'],
    findings: ['odometer/rollback'],
    by: 'gw-fill-1',
  },
  {
    entry: 81_440,
    atUs: nowUs - 86_400_000_000,
    type: 'asset.aggregated',
    assets: ['LOT:L260310B', 'LOT:L260310C'],
    findings: ['mass/balance', 'mass/clone-suspect'],
    by: 'M. Lindner (gw-fill-1)',
  },
]
