/** Marks under a curve at round times of the page's zone, as many as have room. */
import type { Language } from '../wire/languages.ts'
import { MONTHS_SHORT } from './numbers.ts'
import type { StatedZone } from './stated.ts'
import { localDate, monthText, offsetAt, zonedClock } from './zoned-time.ts'

const MARKS_MAX = 6
const MINUTE_US = 60_000_000
const DAY_MINUTES = 1440
/** Steps of less than a month, in minutes. */
const STEPS_MINUTES = [1, 5, 15, 60, 180, 360, 720, DAY_MINUTES, 2 * DAY_MINUTES, 5 * DAY_MINUTES, 10 * DAY_MINUTES]
const STEPS_MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240]

export interface AxisMark {
  timeUs: number
  label: string
}

export function axisMarks(fromUs: number, toUs: number, zone: StatedZone, language: Language): AxisMark[] {
  const lengthMinutes = (toUs - fromUs) / MINUTE_US
  if (lengthMinutes <= 0) return []
  const minutes = STEPS_MINUTES.find((step) => lengthMinutes / step <= MARKS_MAX)
  if (minutes !== undefined) return shortMarks(fromUs, toUs, minutes, zone, language)
  const months = STEPS_MONTHS.find((step) => lengthMinutes / (step * 30.5 * DAY_MINUTES) <= MARKS_MAX)
  return months === undefined ? [] : monthMarks(fromUs, toUs, months, zone, language)
}

/** The time at which the zone's clock shows this; of an hour that comes twice, the first. */
function timeOf(localUs: number, zone: StatedZone): number {
  const guess = localUs - offsetAt(zone, localUs) * MINUTE_US
  return localUs - offsetAt(zone, guess) * MINUTE_US
}

function shortMarks(fromUs: number, toUs: number, step: number, zone: StatedZone, language: Language): AxisMark[] {
  const stepUs = step * MINUTE_US
  const marks: AxisMark[] = []
  const firstLocal = Math.ceil((fromUs + offsetAt(zone, fromUs) * MINUTE_US) / stepUs) * stepUs
  for (let local = firstLocal; marks.length <= MARKS_MAX + 1; local += stepUs) {
    const timeUs = timeOf(local, zone)
    if (timeUs > toUs) break
    if (timeUs < fromUs) continue
    const date = localDate(zone, timeUs)
    const month = MONTHS_SHORT[language][date.getUTCMonth()]!
    const day = language === 'de' ? `${date.getUTCDate()}. ${month}` : `${date.getUTCDate()} ${month}`
    marks.push({ timeUs, label: step >= DAY_MINUTES ? day : zonedClock(zone, timeUs).slice(0, 5) })
  }
  return marks
}

function monthMarks(fromUs: number, toUs: number, step: number, zone: StatedZone, language: Language): AxisMark[] {
  const from = localDate(zone, fromUs)
  const first = from.getUTCFullYear() * 12 + from.getUTCMonth()
  const marks: AxisMark[] = []
  for (let month = Math.ceil(first / step) * step; marks.length <= 2 * MARKS_MAX; month += step) {
    const [year, of] = [Math.floor(month / 12), month % 12]
    const timeUs = timeOf(Date.UTC(year, of, 1) * 1000, zone)
    if (timeUs > toUs) break
    if (timeUs >= fromUs) marks.push({ timeUs, label: of === 0 ? String(year) : monthText(of, language) })
  }
  return marks
}
