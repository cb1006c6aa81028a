/** Times as a page shows them: in the one zone that the certificate names, each with its offset. Needs no zone data. */
import { dayText, MONTHS, MONTHS_SHORT } from './numbers.ts'
import type { Language } from '../wire/languages.ts'
import type { StatedZone } from './stated.ts'

const MINUTE_US = 60_000_000
/** What a date can name. Times out of a file may lie anywhere. */
const TIME_US_MAX = 8_640_000_000_000_000

/** Minutes east of UTC at that time. */
export function offsetAt(zone: StatedZone, timeUs: number): number {
  let minutes = zone.offsets[0]?.[1] ?? 0
  for (const [fromUs, next] of zone.offsets) {
    if (fromUs > timeUs) break
    minutes = next
  }
  return minutes
}

/** The time as a date whose UTC fields are the zone's own. */
export function localDate(zone: StatedZone, timeUs: number): Date {
  const shifted = timeUs + offsetAt(zone, timeUs) * MINUTE_US
  return new Date(Math.floor(Math.max(-TIME_US_MAX, Math.min(TIME_US_MAX, shifted)) / 1000))
}

/** "UTC+02:00" */
export function offsetText(zone: StatedZone, timeUs: number): string {
  const minutes = offsetAt(zone, timeUs)
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

/** "11 March 2026" or "11. März 2026" */
export function zonedDay(zone: StatedZone, timeUs: number, language: Language): string {
  return dayText(localDate(zone, timeUs).getTime() * 1000, language)
}

/** For tables: "11 March 2026", "28 Sept 2025", or "11.03.2026" */
export function zonedDayShort(zone: StatedZone, timeUs: number, language: Language): string {
  const date = localDate(zone, timeUs)
  const [day, month, year] = [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()]
  return language === 'de' ? `${two(day)}.${two(month + 1)}.${year}` : `${day} ${MONTHS_SHORT.en[month]} ${year}`
}

/** "13:58:02" */
export function zonedClock(zone: StatedZone, timeUs: number): string {
  return localDate(zone, timeUs).toISOString().slice(-13, -5)
}

/** "11 March 2026, 13:58:02 UTC+01:00" */
export function zonedTime(zone: StatedZone, timeUs: number, language: Language): string {
  return `${zonedDay(zone, timeUs, language)}, ${zonedClock(zone, timeUs)} ${offsetText(zone, timeUs)}`
}

/** "28 Sept 2025, 13:58:02 UTC+01:00" */
export function zonedTimeShort(zone: StatedZone, timeUs: number, language: Language): string {
  return `${zonedDayShort(zone, timeUs, language)}, ${zonedClock(zone, timeUs)} ${offsetText(zone, timeUs)}`
}

/** "8 d 16 h 9 min", "2 h 14 min", "38 s"; a part that is nothing is left out, and so are the smallest beyond
 * `partsMax`. Under a second: "0.4 s". */
export function lengthText(lengthUs: number, language: Language, partsMax = 3): string {
  const seconds = Math.max(0, lengthUs) / 1e6
  if (seconds < 1) return `${(Math.ceil(seconds * 10) / 10).toFixed(1).replace('.', language === 'de' ? ',' : '.')} s`
  const whole = Math.floor(seconds)
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), language === 'de' ? 'T' : 'd'],
    [Math.floor((whole % 86_400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole < 3600 ? whole % 60 : 0, 's'],
  ]
  const told = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`]))
  return told.slice(0, partsMax).join(' ')
}

/** Name of a month, for an axis. */
export function monthText(month: number, language: Language): string {
  return MONTHS[language][month]!
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
