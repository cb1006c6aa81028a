/** Alarms as every screen shows them: in which order, by which sign, and which of them are one flood. */
import { byUrgency, floodsAmong } from '../../src-main/endpoints/alarm-order.ts'
import { m } from '../paraglide/messages.js'
import type { Alarm, Status } from './model.ts'

const signs = { 1: 'al-1', 2: 'al-2', 3: 'al-3' } as const

export const alarmSign = ({ priority, tamper }: Pick<Alarm, 'priority' | 'tamper'>) =>
  tamper ? 'in-changed' : signs[priority]

/** What the sign says to who does not see it. */
export function alarmSignWords({ priority, tamper, state }: Pick<Alarm, 'priority' | 'tamper' | 'state'>): string {
  if (tamper) return m.alarm_tamper()
  if (state === 'unacknowledged-active') return m.alarm_label_new({ priority })
  if (state === 'returned-unacknowledged') return m.alarm_sign_returned({ priority })
  return state === 'shelved' ? m.alarm_sign_shelved({ priority }) : m.alarm_label({ priority })
}

/** Nobody has said yet that they have seen it. */
export const isUnseen = ({ state }: Pick<Alarm, 'state'>): boolean =>
  state === 'unacknowledged-active' || state === 'returned-unacknowledged'

/** Everything that asks for somebody or is shelved, the most urgent first. */
export const alarmsOf = ({ alarms, returned }: Status): Alarm[] => [...alarms, ...returned].toSorted(byUrgency)

/** What asks for somebody: what is shelved does not, until its time is over. */
export const askingOf = (status: Status): Alarm[] => alarmsOf(status).filter(({ state }) => state !== 'shelved')

/** What somebody keeps out of sight for a time. */
export const shelvedOf = (status: Status): Alarm[] => alarmsOf(status).filter(({ state }) => state === 'shelved')

/** How long it stood, or has stood until now: what is over grows no older. */
export const agedUs = ({ raisedAtUs, closedAtUs }: Pick<Alarm, 'raisedAtUs' | 'closedAtUs'>, nowUs: number): number =>
  Math.max(0, (closedAtUs ?? nowUs) - raisedAtUs)

/** A row of the list: one alarm, or a flood in the order in which its alarms came. */
export type AlarmRow = readonly [Alarm, ...Alarm[]]

/** A flood stands where the most urgent of its alarms would. */
export function alarmRows(alarms: readonly Alarm[]): AlarmRow[] {
  const floods = floodsAmong(alarms)
  const rows: AlarmRow[] = []
  for (const alarm of alarms.toSorted(byUrgency)) {
    const flood = floods.find((one) => one.includes(alarm)) ?? [alarm]
    const row = flood as unknown as AlarmRow
    if (!rows.includes(row)) rows.push(row)
  }
  return rows
}

export const mostUrgent = (row: AlarmRow): Alarm => row.toSorted(byUrgency)[0] ?? row[0]
