/**
 * Times in words: absolute, to the second, with the UTC offset where the day is named, so that the hour that repeats in autumn
 * can be told apart. Times are microseconds since the epoch, shown in this machine's zone.
 */
import { language } from './language.svelte.ts'
import { count, decimals } from './number.ts'

const cache = new Map<string, Intl.DateTimeFormat>()

function format(options: Intl.DateTimeFormatOptions, timeUs: number): string {
  const key = language.intl + JSON.stringify(options)
  let formatter = cache.get(key)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(language.intl, options)
    cache.set(key, formatter)
  }
  return formatter.format(timeUs / 1000)
}

const two = (value: number) => String(value).padStart(2, '0')

/** `14:02:11` */
export function clock(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1000))
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `14:02` */
export function clockMinutes(timeUs: number): string {
  return clock(timeUs).slice(0, 5)
}

/** The part after the second, as many digits as the time has: `.412`, or `.412035` where there are microseconds. */
export function fraction(timeUs: number): string {
  const microseconds = String(((timeUs % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0')
  const digits = microseconds.endsWith('000') ? microseconds.slice(0, 3) : microseconds
  return `${language.current === 'de' ? ',' : '.'}${digits}`
}

/** `13:40:30.412` */
export function clockExact(timeUs: number): string {
  return clock(timeUs) + fraction(timeUs)
}

/** Seconds within the minute, to the millisecond: `30.412`. For narrow columns beside which the exact time is shown. */
export function second(timeUs: number): string {
  return clock(timeUs).slice(6) + fraction(timeUs)
}

/** `UTC+01:00`, as it was at that time. */
export function offset(timeUs: number): string {
  const minutes = -new Date(timeUs / 1000).getTimezoneOffset()
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** `11 March`, `11. März` */
export function day(timeUs: number): string {
  return format({ day: 'numeric', month: 'long' }, timeUs)
}

/** `11 March 2026` */
export function dayYear(timeUs: number): string {
  return format({ day: 'numeric', month: 'long', year: 'numeric' }, timeUs)
}

/** `4 Nov 2024` */
export function dayYearShort(timeUs: number): string {
  return format({ day: 'numeric', month: 'short', year: 'numeric' }, timeUs)
}

/** `11 March`; of another year than now's `4 Nov 2024`. */
export function dayBrief(timeUs: number, nowUs: number): string {
  const sameYear = new Date(timeUs / 1000).getFullYear() === new Date(nowUs / 1000).getFullYear()
  return sameYear ? day(timeUs) : dayYearShort(timeUs)
}

/** `Wed 11 March 2026` */
export function weekdayDayYear(timeUs: number): string {
  return `${format({ weekday: 'short' }, timeUs).replace('.', '')} ${dayYear(timeUs)}`
}

/** Whether both lie on the same day of this machine's zone. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a / 1000).toDateString() === new Date(b / 1000).toDateString()
}

/** `11 March, 13:40:30` */
export function dayClock(timeUs: number): string {
  return `${day(timeUs)}, ${clock(timeUs)}`
}

/** `13:40:30`, with the day when that was not today. */
export function clockOrDay(timeUs: number, nowUs: number): string {
  return sameDay(timeUs, nowUs) ? clock(timeUs) : dayClock(timeUs)
}

/** `11 March, 13:40:30.412 UTC+01:00` */
export function momentExact(timeUs: number): string {
  return `${day(timeUs)}, ${clockExact(timeUs)} ${offset(timeUs)}`
}

/** `11 March 2026, 13:40:30 UTC+01:00` */
export function moment(timeUs: number): string {
  return `${dayYear(timeUs)}, ${clock(timeUs)} ${offset(timeUs)}`
}

/**
 * How long, or how old: `0.4 s`, `38 s`, `3 min 55 s`, `2 h 05 min`, `3 d 4 h`. A clock that runs ahead gives a negative age,
 * shown as 0: the clock offset is told elsewhere.
 */
export function duration(lengthUs: number): string {
  const seconds = Math.max(0, lengthUs / 1e6)
  if (seconds < 9.95) return `${decimals(seconds, 1)} s`
  const whole = Math.floor(seconds + 0.05)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return withRest(`${Math.floor(whole / 60)} min`, whole % 60, 's')
  if (whole < 86_400) return withRest(`${Math.floor(whole / 3600)} h`, Math.floor((whole % 3600) / 60), 'min')
  return withRest(`${count(Math.floor(whole / 86_400))} d`, Math.floor((whole % 86_400) / 3600), 'h')
}

function withRest(head: string, rest: number, unit: string): string {
  return rest === 0 ? head : `${head} ${rest} ${unit}`
}

/** For a field: `10 Mar 2026 06:00:00`, `10.03.2026 06:00:00`. */
export function toField(timeUs: number): string {
  const date = new Date(timeUs / 1000)
  const [day, month, year] = [date.getDate(), date.getMonth(), date.getFullYear()]
  return language.current === 'de'
    ? `${two(day)}.${two(month + 1)}.${year} ${clock(timeUs)}`
    : `${day} ${monthNames[month]} ${year} ${clock(timeUs)}`
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const germanMonths: Readonly<Record<string, string>> = { mär: 'mar', mae: 'mar', mai: 'may', okt: 'oct', dez: 'dec' }
const days = /(?<d>\d{1,2})\.\s*(?<m>\d{1,2})\.\s*(?<y>\d{4})/u.source
const namedDays = /(?<nd>\d{1,2})\.?\s+(?<name>\p{L}{3,9})\.?\s+(?<ny>\d{4})/u.source
const isoDays = /(?<iy>\d{4})-(?<im>\d\d)-(?<id>\d\d)/u.source
const clocks = /(?<h>\d{1,2}):(?<min>\d\d)(?::(?<s>\d\d)(?:[.,](?<part>\d{1,9}))?)?/u.source
const zones = /(?<zone>Z|UTC|(?:UTC)?(?<side>[+−-])(?<zh>\d\d):(?<zm>\d\d))/u.source
const writtenForm = new RegExp(`^(?:${days}|${namedDays}|${isoDays})(?:[\\sT,]+${clocks}(?:\\s*${zones})?)?$`, 'u')
const clockForm = new RegExp(`^${clocks}$`, 'u')
type Parts = Readonly<Record<string, string | undefined>>

/**
 * From a text that a person writes for a time, or copies from where one stands: as in a field, whichever of the languages it is
 * written in, or as ISO 8601, with the zone or without; a day alone is its first second, a clock alone is that of today. Null for
 * anything else, days that no calendar has, and numbers between slashes, of which nobody knows which one is the month.
 */
export function fromWritten(text: string, nowUs: number): number | null {
  const clockAlone = clockForm.exec(text.trim())?.groups
  if (clockAlone) {
    const today = new Date(nowUs / 1000)
    return atClock([today.getFullYear(), today.getMonth(), today.getDate()], clockAlone)
  }
  const found: Parts | undefined = writtenForm.exec(text.trim())?.groups
  if (!found) return null
  const name = found['name']?.slice(0, 3).toLowerCase()
  const month =
    name === undefined
      ? Number(found['m'] ?? found['im']) - 1
      : monthNames.findIndex((one) => one.toLowerCase() === (germanMonths[name] ?? name))
  const year = Number(found['y'] ?? found['ny'] ?? found['iy'])
  return atClock([year, month, Number(found['d'] ?? found['nd'] ?? found['id'])], found)
}

/** @param parts the clock and its zone, as `clocks` and `zones` name them; without a zone it is this machine's */
function atClock(day: readonly [number, number, number], parts: Parts): number | null {
  const [hours, minutes, seconds] = [Number(parts['h'] ?? 0), Number(parts['min'] ?? 0), Number(parts['s'] ?? 0)]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const [, month, date] = day
  const asUtc = new Date(Date.UTC(...day, hours, minutes, seconds))
  if (asUtc.getUTCMonth() !== month || asUtc.getUTCDate() !== date) return null
  const partUs = Number((parts['part'] ?? '').padEnd(6, '0').slice(0, 6))
  if (parts['zone'] === undefined) return new Date(...day, hours, minutes, seconds).getTime() * 1000 + partUs
  const aheadMinutes = Number(parts['zh'] ?? 0) * 60 + Number(parts['zm'] ?? 0)
  const ahead = parts['side'] === '+' ? aheadMinutes : -aheadMinutes
  return (asUtc.getTime() - ahead * 60_000) * 1000 + partUs
}

/** The first moment of the day that `timeUs` lies in, `days` days on; a day has 23 or 25 hours twice a year. */
export function midnight(timeUs: number, days = 0): number {
  const date = new Date(timeUs / 1000)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime() * 1000
}
