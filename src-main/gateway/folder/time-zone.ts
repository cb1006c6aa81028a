/**
 * A time zone as a certificate carries it: its offsets over a stretch of time, worked out once when it is issued. Zone data changes
 * with every release of an operating system; a page must not.
 */
import type { StatedZone } from '../../certificates/stated.ts'

const SECOND_US = 1_000_000
/** No zone changes its offset and back within so short a time: Morocco's Ramadan, the shortest known, takes four weeks. */
const STEP_US = 7 * 86_400 * SECOND_US
/** Two changes a year over a century, twice. */
const CHANGES_MAX = 400
const STEPS_MAX = 20_000

/** The zone of this machine. */
export function machineZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Whether this machine knows the zone by that name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** `name` as Intl knows it; changes of offset after `fromUs` and up to `toUs`, to the second. */
export function zoneOf(name: string, fromUs: number, toUs: number): StatedZone {
  const offset = offsetsOf(name)
  const first = Math.floor(fromUs / SECOND_US) * SECOND_US
  const offsets: StatedZone['offsets'] = [[first, offset(first)]]
  const step = Math.max(STEP_US, Math.ceil((toUs - first) / STEPS_MAX))
  for (let at = first; at < toUs && offsets.length < CHANGES_MAX; at += step) {
    const until = Math.min(at + step, toUs)
    const before = offsets.at(-1)![1]
    if (offset(until) === before) continue
    const changed = changeIn(offset, at, until, before)
    offsets.push([changed, offset(changed)])
  }
  return { name, offsets }
}

/** The first second of another offset than `before`, between `from` and `to`. */
function changeIn(offset: (timeUs: number) => number, from: number, to: number, before: number): number {
  let [low, high] = [Math.floor(from / SECOND_US), Math.ceil(to / SECOND_US)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offset(middle * SECOND_US) === before) low = middle
    else high = middle
  }
  return high * SECOND_US
}

function offsetsOf(name: string): (timeUs: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' })
  return (timeUs) => {
    const text = format.formatToParts(timeUs / 1000).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
    if (sign === undefined) return 0
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  }
}
