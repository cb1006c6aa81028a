/** The curve over the whole period: nothing is drawn where nothing was recorded. */
import type { Headline, Point } from './headline.ts'
import { textAt, textInAt } from './json-access.ts'
import { pageText } from './page-text.ts'
import { axisMarks } from './sheet-axis.ts'
import { longest, notRecordedOf } from './sheet-gaps.ts'
import type { PageGap, Period } from './sheet-gaps.ts'
import type { SheetCurve } from './sheet-model.ts'
import { valueText } from './sheet-readings.ts'
import { SHEET_TEXTS } from './sheet-texts.ts'
import type { NamedRule } from '../packs/words.ts'
import type { Stated } from './stated.ts'

export const CURVE_POINTS_MAX = 600
/** Shorter ones would be thinner than a line. */
const GAPS_DRAWN_MAX = 200

interface CurveInput {
  headline: Headline | null
  gaps: PageGap[]
  stated: Stated
  pack: NamedRule
  period: Period
  ticks: number[]
}

/** Null where there are fewer than two readings to join. */
export function curveOf({ headline, gaps, stated, pack, period, ticks }: CurveInput): SheetCurve | null {
  if (headline === null || headline.points.length < 2 || period.toUs <= period.fromUs) return null
  const { language, zone } = stated
  const { points, stream, id } = headline
  const words = SHEET_TEXTS[language]
  const known = pack.words
  const title =
    known?.quantities[textAt(stream, 'quantity')]?.[language] ?? pageText(textInAt(stream, 'label', language))
  const unit = textAt(stream, 'unit')
  const [first, last] = [points[0]!, points.at(-1)!].map((point) => valueText(point.value, unit, pack, language)) as [
    string,
    string,
  ]
  const all = gaps.filter((gap) => gap.streams.includes(id))
  const own = longest(all, GAPS_DRAWN_MAX)
  return {
    title,
    aside: words.curveAside,
    alt: words.curveAlt(title, first, last, all.length),
    ...period,
    points: thinned(points.toSorted((a, b) => a.timeUs - b.timeUs)),
    gaps: [
      ...own.map(({ fromUs, toUs, number }) => ({ fromUs, toUs, label: String(number) })),
      ...(notRecordedOf(stream, period) ?? []).map((span) => ({ ...span, label: '' })),
    ],
    ticks,
    axis: axisMarks(period.fromUs, period.toUs, zone, language).map(({ timeUs, label }) => ({ timeUs, label })),
    firstLabel: first,
    lastLabel: last,
  }
}

/** Lowest and highest of each stretch, so that a short excursion survives; first and last always. */
function thinned(points: Point[]): [number, number][] {
  const pair = (point: Point): [number, number] => [point.timeUs, point.value]
  if (points.length <= CURVE_POINTS_MAX) return points.map(pair)
  const kept = new Set<Point>([points[0]!])
  const size = Math.ceil(points.length / (CURVE_POINTS_MAX / 2 - 1))
  for (let at = 0; at < points.length; at += size) {
    const part = points.slice(at, at + size)
    const low = part.reduce((a, b) => (b.value < a.value ? b : a))
    const high = part.reduce((a, b) => (b.value > a.value ? b : a))
    for (const point of low.timeUs <= high.timeUs ? [low, high] : [high, low]) kept.add(point)
  }
  kept.add(points.at(-1)!)
  return [...kept].map(pair)
}
