/** Gaps as a page numbers them: the same stretch of several streams is one, and what was never recorded stands beside them. */
import type { NamedRule } from '../packs/words.ts'
import type { JsonObject } from './credential.ts'
import { gapReasonText } from './gap-words.ts'
import type { Headline } from './headline.ts'
import { listAt, numberAt, spanAt, textAt } from './json-access.ts'
import { fixedText } from './numbers.ts'
import type { Column, Row, SheetSection } from './sheet-model.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import type { SheetTexts } from './sheet-texts.ts'
import { streamName, withUnit } from './sheet-words.ts'
import type { Stated } from './stated.ts'
import { lengthText, zonedTimeShort } from './zoned-time.ts'

export interface PageGap {
  /** From 1, in order of time. */
  number: number
  streams: string[]
  fromUs: number
  toUs: number
  reason: string
  /** What people said to it: whose words, then the words. */
  acknowledged: { by: string; reason: string }[]
}

/** A file may hold any number; beyond this a page shows the longest, and says so. */
const GAPS_PRINTED_MAX = 300
const STREAMS_PRINTED_MAX = 100
const LABELS_MAX = 5
const SAID_MAX = 10

/** At most so many, the longest, in order of time. */
export function longest(gaps: PageGap[], max: number): PageGap[] {
  if (gaps.length <= max) return gaps
  const byLength = gaps.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))
  return byLength.slice(0, max).toSorted((a, b) => a.number - b.number)
}

export interface Period {
  fromUs: number
  toUs: number
}

/** Gaps of some length inside the period, each cut to it. */
export function gapsOf(subject: JsonObject, period: Period, stated: Stated): PageGap[] {
  const groups = new Map<string, PageGap>()
  const saidOf = Map.groupBy(stated.gaps, ({ stream, fromUs }) => `${stream}:${fromUs}`)
  for (const stream of listAt(subject, 'streams')) {
    const id = textAt(stream, 'stream')
    for (const gap of listAt(stream, 'gaps')) {
      const fromUs = Math.max(numberAt(gap, 'fromUs'), period.fromUs)
      const toUs = Math.min(numberAt(gap, 'toUs'), period.toUs)
      if (toUs <= fromUs) continue
      const reason = textAt(gap, 'reason')
      const key = `${fromUs}:${toUs}:${reason}`
      const group = groups.get(key) ?? { number: 0, streams: [], fromUs, toUs, reason, acknowledged: [] }
      groups.set(key, group)
      group.streams.push(id)
      for (const said of (saidOf.get(`${id}:${fromUs}`) ?? []).slice(0, SAID_MAX)) {
        if (said.reason === '') continue
        if (!group.acknowledged.some((one) => one.by === said.by && one.reason === said.reason))
          group.acknowledged.push({ by: said.by, reason: said.reason })
      }
    }
  }
  const ordered = [...groups.values()].toSorted((a, b) => a.fromUs - b.fromUs || a.toUs - b.toUs)
  return ordered.map((gap, at) => ({ ...gap, number: at + 1 }))
}

/** Stretches of the period before the first and after the newest reading of a stream; null for a subject that does not tell. */
export function notRecordedOf(stream: JsonObject, period: Period): { fromUs: number; toUs: number }[] | null {
  if (stream['recorded'] === undefined) return null
  const recorded = spanAt(stream, 'recorded')
  if (recorded === null) return [{ ...period }]
  const [first, last] = recorded
  return [
    { fromUs: period.fromUs, toUs: Math.min(first, period.toUs) },
    { fromUs: Math.max(last, period.fromUs), toUs: period.toUs },
  ].filter(({ fromUs, toUs }) => toUs > fromUs)
}

interface GapsInput {
  subject: JsonObject
  period: Period
  gaps: PageGap[]
  headline: Headline | null
  stated: Stated
  pack: NamedRule
}

/** The section: gaps with their reasons and who acknowledged them, then what was not recorded, stream by stream. */
export function gapSection(input: GapsInput): SheetSection {
  const { gaps, stated } = input
  const words = SHEET_TEXTS[stated.language]
  const missing = missingRows(input)
  const printed = longest(gaps, GAPS_PRINTED_MAX)
  const pack = input.pack.words
  const hasDifference = pack !== null && input.headline !== null && gaps.length > 0
  const columns: Column[] = [
    { label: words.gap, share: 0.05, align: 'left' },
    { label: words.fromAndTo, share: 0.32, align: 'left' },
    { label: words.length, share: hasDifference ? 0.14 : 0.2, align: 'left' },
    ...(hasDifference ? [{ label: pack.headline.inGap[stated.language], share: 0.14, align: 'left' as const }] : []),
    { label: words.reason, share: hasDifference ? 0.35 : 0.43, align: 'left' },
  ]
  const rows = [...printed.map((gap) => gapRow(gap, input, hasDifference)), ...missing.map((row) => row(hasDifference))]
  return {
    title: words.gaps,
    aside: asideOf(gaps.length === 0 ? '' : words.gapsAside(gaps.length, printed.length), missing.length, words),
    text: gaps.length > 0 ? '' : hasReadings(input) ? words.noGaps : words.noReadings,
    columns: rows.length === 0 ? [] : columns,
    rows,
  }
}

/** What was not recorded stands in the same table and counts as no gap. */
function asideOf(counted: string, missing: number, words: SheetTexts): string {
  return [counted, missing === 0 ? '' : words.notCounted].filter((part) => part !== '').join('; ')
}

function hasReadings({ subject }: GapsInput): boolean {
  return listAt(subject, 'streams').some((stream) => numberAt(stream, 'readings') > 0)
}

function gapRow(gap: PageGap, { stated, subject, headline, pack }: GapsInput, hasDifference: boolean): Row {
  const words = SHEET_TEXTS[stated.language]
  const { language, zone } = stated
  const reason = gapReasonText(gap.reason, language)
  const said = gap.acknowledged.map((one) => words.acknowledged(one.by, one.reason))
  const streams = listAt(subject, 'streams')
  const isHeadline = headline !== null && gap.streams.includes(headline.id)
  const touched = streams.filter((stream) => gap.streams.includes(textAt(stream, 'stream')))
  const labels = [
    ...new Set(touched.slice(0, LABELS_MAX).map((stream) => streamName(stream, streams, pack, language))),
  ].join(', ')
  const text = [
    `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
    ...(isHeadline || touched.length === streams.length ? [] : [words.onlyOf(labels)]),
    ...said.map((sentence) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)),
  ].join(' ')
  const difference = isHeadline ? acrossGap(headline, gap) : null
  const decimals = pack.words?.headline.decimals ?? 1
  const driven =
    difference === null ? '' : withUnit(fixedText(difference, language, decimals), textAt(headline!.stream, 'unit'))
  return {
    cells: [
      { text: String(gap.number) },
      {
        text: zonedTimeShort(zone, gap.fromUs, language),
        small: words.until(zonedTimeShort(zone, gap.toUs, language)),
      },
      { text: lengthText(gap.toUs - gap.fromUs, language, 2) },
      ...(hasDifference ? [{ text: driven }] : []),
      { text },
    ],
  }
}

/** What the counter moved on between the last reading before and the first after a gap; null where one of them is missing. */
function acrossGap({ points }: Headline, gap: PageGap): number | null {
  const after = points.findIndex((point) => point.timeUs >= gap.toUs)
  const before = points.findLast((point, at) => point.timeUs <= gap.fromUs && (after < 0 || at < after))
  return after < 0 || before === undefined ? null : points[after]!.value - before.value
}

function missingRows({ subject, period, stated, pack }: GapsInput): ((hasDifference: boolean) => Row)[] {
  const words = SHEET_TEXTS[stated.language]
  const { language, zone } = stated
  const streams = listAt(subject, 'streams')
  return streams.slice(0, STREAMS_PRINTED_MAX).flatMap((stream) =>
    (notRecordedOf(stream, period) ?? []).map(({ fromUs, toUs }) => (hasDifference: boolean): Row => {
      const all = fromUs === period.fromUs && toUs === period.toUs
      const why = all
        ? words.notRecordedAtAll
        : fromUs === period.fromUs
          ? words.notRecordedBefore
          : words.notRecordedAfter
      return {
        cells: [
          { text: '–' },
          { text: zonedTimeShort(zone, fromUs, language), small: words.until(zonedTimeShort(zone, toUs, language)) },
          { text: lengthText(toUs - fromUs, language, 2) },
          ...(hasDifference ? [{ text: '' }] : []),
          { text: `${why} ${words.onlyOf(streamName(stream, streams, pack, language))}` },
        ],
      }
    }),
  )
}
