/** Which readings a page prints: first, last, those that a finding names, both sides of each gap, and one of each stretch of time. */
import type { NamedRule } from '../packs/words.ts'
import type { JsonObject } from './credential.ts'
import { gapReasonText } from './gap-words.ts'
import type { Headline, Point } from './headline.ts'
import { listAt, numberAt, textAt, textInAt } from './json-access.ts'
import { fixedText, numberText } from './numbers.ts'
import { pageText } from './page-text.ts'
import { longest } from './sheet-gaps.ts'
import type { PageGap, Period } from './sheet-gaps.ts'
import type { Column, Row, SheetSection } from './sheet-model.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import type { SheetTexts } from './sheet-texts.ts'
import { withUnit } from './sheet-words.ts'
import type { Stated, StatedZone } from './stated.ts'
import { lengthText, localDate, offsetText, zonedClock, zonedDayShort } from './zoned-time.ts'

export const ROWS_MAX = 24
const FINDINGS_MAX = 4
/** Some gaps have no reading on a side; so many are looked at. */
const GAPS_TRIED_MAX = 50
const DAY_US = 86_400_000_000
/** Under this, a column of days would hold noughts. */
const DAYS_COLUMN_FROM_US = 3 * DAY_US

type Unit = keyof SheetTexts['units']
const UNITS: readonly Unit[] = ['minute', 'hour', 'day', 'week', 'month', 'year']

export interface Picked {
  /** Positions among the points, in order, each with why it is printed. */
  rows: Map<number, string>
  /** Gaps both sides of which are printed. */
  gaps: PageGap[]
  /** What the head of the table says about the choice. */
  aside: string
}

interface ReadingsInput {
  headline: Headline
  subject: JsonObject
  gaps: PageGap[]
  stated: Stated
  pack: NamedRule
  period: Period
  /** Readings of this stream that were judged, usable or not. */
  judged: number
}

/** Positions to print, at most ROWS_MAX or so, and what the head of the table says about the choice. */
export function pickReadings({ headline, subject, gaps, stated, judged }: ReadingsInput): Picked {
  const { points, id } = headline
  const words = SHEET_TEXTS[stated.language]
  const rows = new Map<number, string>()
  const keep = (at: number, why: string): void => {
    if (at >= 0 && at < points.length && !rows.has(at)) rows.set(at, why)
  }
  const own = gaps.filter((gap) => gap.streams.includes(id))
  keep(0, words.first)
  keep(points.length - 1, words.last)
  const found = listAt(subject, 'reasons').filter((reason) => textAt(reason, 'stream') === id)
  for (const reason of found.slice(0, FINDINGS_MAX)) {
    const at = points.findIndex((point) => point.sequence === numberAt(reason, 'sequence'))
    if (at < 0) continue
    keep(at - 1, words.finding)
    keep(at, words.finding)
  }
  const printed: PageGap[] = []
  const byLength = longest(own, GAPS_TRIED_MAX).toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))
  for (const gap of byLength) {
    if (rows.size + 2 > ROWS_MAX) break
    const [before, after] = sidesOf(points, gap)
    keep(before, words.beforeGap(gap.number))
    keep(after, words.afterGap(gap.number))
    if (before >= 0 && after >= 0) printed.push(gap)
  }
  const unit = fill(points, rows, stated)
  const which = own.length === 0 ? 'none' : printed.length === own.length ? 'all' : 'longest'
  const findings = [...rows.values()].includes(words.finding)
  const aside =
    rows.size === points.length
      ? words.readingsAll(points.length, judged)
      : words.readingsSome(rows.size, judged, { unit: words.units[unit], findings, gaps: which })
  return { rows: new Map([...rows].toSorted(([a], [b]) => a - b)), gaps: printed, aside }
}

/** The last reading at or before a gap and the first at or after it; -1 where there is none. */
function sidesOf(points: Point[], gap: PageGap): [before: number, after: number] {
  const after = points.findIndex((point) => point.timeUs >= gap.toUs)
  const before = points.findLastIndex((point, at) => point.timeUs <= gap.fromUs && (after < 0 || at < after))
  return [before, after]
}

/** Adds the first reading of each minute, hour … year, the finest unit that has room. */
function fill(points: Point[], rows: Map<number, string>, { zone, language }: Stated): Unit {
  const words = SHEET_TEXTS[language]
  if (points.length <= ROWS_MAX) {
    for (let at = 0; at < points.length; at++) if (!rows.has(at)) rows.set(at, '')
    return 'minute'
  }
  for (const unit of UNITS) {
    const firsts = firstOfEach(points, unit, zone).filter((at) => !rows.has(at))
    if (rows.size + firsts.length > ROWS_MAX && unit !== 'year') continue
    for (const at of firsts.slice(0, Math.max(0, ROWS_MAX - rows.size))) rows.set(at, words.units[unit])
    return unit
  }
  return 'year'
}

function firstOfEach(points: Point[], unit: Unit, zone: StatedZone): number[] {
  const seen = new Set<string>()
  const firsts: number[] = []
  for (const [at, { timeUs }] of points.entries()) {
    const key = stretchOf(localDate(zone, timeUs), unit)
    if (seen.has(key)) continue
    seen.add(key)
    // What begins with the first reading is that reading's own row.
    if (at > 0) firsts.push(at)
    if (firsts.length > ROWS_MAX) break
  }
  return firsts
}

const STRETCH_CHARS = { minute: 16, hour: 13, day: 10, month: 7, year: 4 } as const

function stretchOf(date: Date, unit: Unit): string {
  if (unit !== 'week') return date.toISOString().slice(0, STRETCH_CHARS[unit])
  // Weeks begin on Monday; 1970-01-01 was a Thursday.
  return String(Math.floor((date.getTime() / 86_400_000 + 3) / 7))
}

/** The table, and the times that it prints. */
export function readingsSection(input: ReadingsInput): { section: SheetSection; ticks: number[] } {
  const { headline, stated, pack, period } = input
  const words = SHEET_TEXTS[stated.language]
  const picked = pickReadings(input)
  const withDays = period.toUs - period.fromUs >= DAYS_COLUMN_FROM_US
  const rows: Row[] = []
  let before: Point | null = null
  for (const [at, why] of picked.rows) {
    const point = headline.points[at]!
    const gap = before === null ? undefined : picked.gaps.find((one) => sidesOf(headline.points, one)[1] === at)
    if (gap !== undefined) {
      const reason = gapReasonText(gap.reason, stated.language)
      rows.push({ across: words.gapRow(gap.number, reason, lengthText(gap.toUs - gap.fromUs, stated.language)) })
    }
    rows.push(readingRow(point, before, why, input, withDays))
    before = point
  }
  const unit = textAt(headline.stream, 'unit')
  const others = listAt(input.subject, 'streams').filter(
    (stream) => textAt(stream, 'quantity') === textAt(headline.stream, 'quantity'),
  )
  const which = others.length > 1 ? `${pageText(textInAt(headline.stream, 'label', stated.language))}: ` : ''
  return {
    section: {
      title: words.readings,
      aside: which + picked.aside,
      text: '',
      columns: columnsOf(pack, unit, stated, withDays),
      rows,
    },
    ticks: [...picked.rows.keys()].map((at) => headline.points[at]!.timeUs),
  }
}

function columnsOf(pack: NamedRule, unit: string, { language }: Stated, withDays: boolean): Column[] {
  const words = SHEET_TEXTS[language]
  const headline = pack.words?.headline
  const inUnit = (label: string): string => (unit === '1' || unit === '' ? label : `${label}, ${pageText(unit)}`)
  return [
    { label: words.date, share: 0.165, align: 'left' },
    { label: words.time, share: 0.195, align: 'left' },
    { label: inUnit(headline?.reading[language] ?? words.value), share: 0.14, align: 'right' },
    { label: headline === undefined ? '' : inUnit(headline.difference[language]), share: 0.135, align: 'right' },
    { label: withDays ? words.days : '', share: 0.09, align: 'right' },
    { label: words.keptBecause, share: 0.275, align: 'left' },
  ]
}

function readingRow(point: Point, before: Point | null, why: string, input: ReadingsInput, withDays: boolean): Row {
  const { language, zone } = input.stated
  const headline = input.pack.words?.headline
  const value =
    headline === undefined ? numberText(point.value, language) : fixedText(point.value, language, headline.decimals)
  const moved = before === null || headline === undefined ? null : point.value - before.value
  const step = moved === null ? '' : `${moved < 0 ? '' : '+'}${fixedText(moved, language, headline!.decimals)}`
  const days =
    before === null || !withDays ? '' : numberText(Math.round((point.timeUs - before.timeUs) / DAY_US), language)
  return {
    cells: [
      { text: zonedDayShort(zone, point.timeUs, language) },
      { text: `${zonedClock(zone, point.timeUs)} ${offsetText(zone, point.timeUs)}` },
      { text: value },
      { text: step },
      { text: days },
      { text: why },
    ],
  }
}

/** A value with its unit, in the pack's precision. */
export function valueText(value: number, unit: string, pack: NamedRule, language: Stated['language']): string {
  const decimals = pack.words?.headline.decimals
  return withUnit(decimals === undefined ? numberText(value, language) : fixedText(value, language, decimals), unit)
}
