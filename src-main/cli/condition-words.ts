/** How the command line tells a condition to people; scripts have the codes of ISA-18.2 under --json. */
import type { Alarm, AlarmFigures } from '../endpoints/alarm-model.ts'
import { conditionKinds, kindOf, type ConditionCode, type Priority } from '../endpoints/conditions.ts'
import { printed } from '../wire/printable.ts'

const PRIORITY_WORDS: Record<Priority, string> = { 1: 'act now', 2: 'act soon', 3: 'to know' }
const WIDTH = Math.max(...Object.values(PRIORITY_WORDS).map((word) => word.length), 'tampering'.length)

/** How urgent it is, as the first column of a list. */
export const urgencyOf = (priority: number, tamper = false): string =>
  (tamper ? 'tampering' : (PRIORITY_WORDS[priority as Priority] ?? `priority ${priority}`)).padEnd(WIDTH)

/** What to do about it; null for a code of another version. */
export function todoOf(code: string): string | null {
  return Object.hasOwn(conditionKinds, code) ? kindOf(code as ConditionCode).todo : null
}

/** A line of its own below what is so. */
export function todoLines(code: string): string[] {
  const todo = todoOf(code)
  return todo === null ? [] : [`  ${''.padEnd(WIDTH)}  ${todo}`]
}

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

const iso = (us: number): string => new Date(us / 1000).toISOString()
const why = (reason: string): string => (reason === '' ? '' : printed`: ${reason}`)

/** Where it is, what is so, since when, and what became of it. */
export function tellAlarm({ code, place, text, raisedAtUs, closedAtUs, acknowledged, shelved }: Alarm): string {
  const over = closedAtUs === null ? '' : `, over since ${iso(closedAtUs)}`
  const seen =
    acknowledged === null
      ? 'nobody has acknowledged it'
      : printed`acknowledged by ${acknowledged.name}` + why(acknowledged.reason)
  const away = shelved === null ? '' : printed`; shelved by ${shelved.name} until ${iso(shelved.untilUs)}`
  return (
    printed`${code} at ${place}: ${text}, since ${iso(raisedAtUs)}` +
    `${over} (${seen}${away}${shelved === null ? '' : why(shelved.reason)})`
  )
}

export function figuresLine({
  sinceUs,
  tenMinutes,
  hour,
  day,
  peakTenMinutes,
  floodShare,
  stale,
}: AlarmFigures): string {
  const flood = floodShare === 0 ? 'never a flood' : `a flood for ${(floodShare * 100).toFixed(1)} % of the time`
  const old = stale === 0 ? 'None stands' : stale === 1 ? 'One stands' : `${stale} stand`
  return (
    `Counted since ${iso(sinceUs)}: ${day} began in the last day, ${hour} of them in the last hour, ${tenMinutes} in the last ten minutes; ` +
    `at most ${peakTenMinutes} within ten minutes, ${flood} (ten in ten minutes). ${old} for longer than a day.`
  )
}
