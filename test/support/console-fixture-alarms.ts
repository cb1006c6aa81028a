/** Alarms of the fixture's plant, in every state that one can be in, with a flood among them. */
import type { Alarm, AlarmFigures } from '../../src-main/endpoints/alarm-model.ts'
import { byUrgency } from '../../src-main/endpoints/alarm-order.ts'
import { conditionText } from '../../src-main/endpoints/condition-text.ts'
import { kindOf, type ConditionCode, type Facts } from '../../src-main/endpoints/conditions.ts'

const SECOND_US = 1_000_000
const MINUTE_US = 60 * SECOND_US
const HOUR_US = 60 * MINUTE_US

type Change = Partial<Pick<Alarm, 'closedAtUs' | 'acknowledged' | 'shelved' | 'state' | 'entry'>>

export function condition(
  code: ConditionCode,
  place: string,
  facts: Facts,
  raisedAtUs: number,
  change: Change = {},
): Alarm {
  const { priority, tamper = false, ends } = kindOf(code)
  const { acknowledged = null, closedAtUs = null, shelved = null } = change
  const standing = acknowledged === null ? 'unacknowledged-active' : 'acknowledged-active'
  const over = acknowledged === null ? 'returned-unacknowledged' : 'normal'
  return {
    id: `${code}:${place}@${raisedAtUs}`,
    code,
    priority,
    text: conditionText(code, place, facts),
    facts: { ...facts },
    place,
    raisedAtUs,
    closedAtUs,
    state: shelved !== null ? 'shelved' : closedAtUs === null ? standing : over,
    tamper,
    ends,
    acknowledged,
    shelved,
    entry: null,
    ...change,
  }
}

/** A switch fails: every source behind it falls silent within 40 s, while a disk fills and a neighbour was away. */
export function plantAlarms(nowUs: number, machines: readonly string[]): Alarm[] {
  const stopUs = nowUs - 4 * MINUTE_US - 27 * SECOND_US
  const flood = machines.map((name, at) =>
    condition('source-stale', `gw-fill-1/${name}`, { source: name }, stopUs + Math.round((at ** 2 * 39.6e6) / 484)),
  )
  const seen = { name: 'A. Berger', reason: 'belt is off', atUs: nowUs - 3 * MINUTE_US }
  return [
    condition('queue-full', 'gw-fill-1', {}, nowUs - 11 * MINUTE_US - 25 * SECOND_US, { entry: 84_143 }),
    ...flood,
    condition('no-checkpoint', 'gw-fill-1', {}, nowUs - 25 * HOUR_US, { acknowledged: seen }),
    condition('peer-silent', 'gw-past-2', {}, nowUs - 21 * MINUTE_US, { closedAtUs: nowUs - 7 * MINUTE_US }),
    condition('disk-soon-full', 'gw-fill-1', { days: 12 }, nowUs - 82 * MINUTE_US),
    condition('sources-not-told', 'gw-fill-1', { sources: 412 }, nowUs - 64 * MINUTE_US, {
      shelved: {
        name: 'K. Pohl',
        reason: 'third gateway is ordered, fitter at 15:30',
        atUs: nowUs - 40 * MINUTE_US,
        untilUs: nowUs + 118 * MINUTE_US,
      },
    }),
  ].toSorted(byUrgency)
}

const which = (code: ConditionCode, place: string, facts: Facts = {}) => ({
  code,
  place,
  facts: { ...facts },
  text: conditionText(code, place, facts),
})

export function plantFigures(nowUs: number, alarms: readonly Alarm[]): AlarmFigures {
  const many = alarms.length > 4
  return {
    sinceUs: nowUs - 200 * HOUR_US,
    tenMinutes: many ? 24 : 0,
    hour: many ? 27 : 0,
    day: many ? 44 : 15,
    peakTenMinutes: many ? 24 : 4,
    hours: [1, 2, 1, 0, 3, 2, 1, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, many ? 27 : 0],
    floods: many ? 1 : 0,
    floodShare: many ? 0.003 : 0,
    stale: alarms.filter(({ raisedAtUs, closedAtUs }) => closedAtUs === null && nowUs - raisedAtUs > 24 * HOUR_US)
      .length,
    chattering: many ? [which('peer-silent', 'gw-past-2')] : [],
    frequent: [
      { ...which('peer-silent', 'gw-past-2'), times: 9, meanUs: 724 * SECOND_US, lastUs: nowUs - 16 * HOUR_US },
      {
        ...which('source-stale', 'gw-fill-1/checkweigher', { source: 'Checkweigher' }),
        times: 4,
        meanUs: 190 * SECOND_US,
        lastUs: nowUs - 20 * HOUR_US,
      },
      {
        ...which('clock-differs', 'gw-cold-3', { seconds: 3.2 }),
        times: 1,
        meanUs: null,
        lastUs: nowUs - 60 * HOUR_US,
      },
    ],
    week: 25,
    answered: { total: 17, inTime: 16 },
  }
}
