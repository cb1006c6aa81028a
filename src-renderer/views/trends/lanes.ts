/** From answers to lanes: one a unit, each with its range, its limits, its open gaps and the aligned columns uPlot draws. */
import uPlot from 'uplot'
import { inLanguage } from '../../words/in-language.ts'
import type { Point, ReadingRow, Series } from '../../words/model.ts'
import { unitText } from '../../words/unit.ts'

export type SeriesOf = Series['series'][number]

export interface Curve {
  /** 1 to 8, as chosen; the number at the end of the curve. */
  number: number
  point: Point
  series: SeriesOf
  stepped: boolean
}

export interface Limit {
  value: number
  side: 'low' | 'high'
  numbers: number[]
  /** Above or below what this lane shows; null while it is drawn. */
  beyond: 'above' | 'below' | null
}

export interface GapBox {
  fromUs: number
  toUs: number
  reason: string
  numbers: number[]
}

export interface Lane {
  key: string
  unit: string
  curves: Curve[]
  low: number
  high: number
  limits: Limit[]
  gaps: GapBox[]
  /** Seconds, then lowest and highest of each curve in turn. */
  data: uPlot.AlignedData
}

/** Numbers can be drawn; text is in the table. */
export const isDrawable = (point: Point): boolean => point.kind !== 'text' && point.kind !== 'bytes'

const togetherUs = 5_000_000
const laneKey = (point: Point): string => (point.kind === 'boolean' ? 'boolean' : point.unit)

/** @param buckets how many the answer was asked for at most */
export function makeLanes(points: readonly Point[], series: Series, buckets: number): Lane[] {
  const widthUs = (series.toUs - series.fromUs) / buckets
  const curves = points.flatMap((point, position): Curve[] => {
    const found = series.series.find((one) => one.stream === point.stream)
    if (!found || !isDrawable(point)) return []
    return [
      { number: position + 1, point, series: found, stepped: point.kind === 'boolean' || point.kind === 'integer' },
    ]
  })
  const keys = [...new Set(curves.map(({ point }) => laneKey(point)))]
  return keys.map((key) =>
    makeLane(
      key,
      curves.filter(({ point }) => laneKey(point) === key),
      widthUs,
    ),
  )
}

function makeLane(key: string, curves: Curve[], widthUs: number): Lane {
  const [low, high, limits] = rangeOf(curves)
  return {
    key,
    unit: key === 'boolean' ? '' : unitText(key),
    curves,
    low,
    high,
    limits,
    gaps: gapsOf(curves),
    data: uPlot.join(curves.map((curve) => columns(curve, widthUs))),
  }
}

type Row = [atUs: number, lowest: number | null, highest: number | null]

/** Buckets further apart than this many of their widths have silence between them. */
const silentWidths = 3

/**
 * A gap becomes a null between its ends, so that no line crosses it. Neither does one cross a silence that nobody called a gap:
 * a point that reports changes only is held at its value; where a bucket held several, the last is not known and the line ends.
 */
function columns({ series, point }: Curve, widthUs: number): uPlot.AlignedData {
  const rows: Row[] = []
  for (const [position, [at, lowest, highest]] of series.buckets.entries()) {
    rows.push([at, lowest, highest])
    const next = series.buckets[position + 1]
    const silence = Math.max(widthUs * silentWidths, (point.cadenceMs ?? 0) * 1000 * silentWidths)
    if (!next || next[0] - at <= silence) continue
    const held = !point.cadenceMs && lowest === highest
    rows.push(held ? [next[0] - 1000, lowest, highest] : [at + 1000, null, null])
  }
  const silent = (at: number) => series.gaps.some(([from, to]) => at > from && at < to)
  const kept: Row[] = rows.filter(([at], position) => position === 0 || !silent(at))
  for (const [from, to] of series.gaps) if (to > from) kept.push([Math.round((from + to) / 2), null, null])
  kept.sort((a, b) => a[0] - b[0])
  const unique = kept.filter(([at], position) => position === 0 || at !== kept[position - 1]?.[0])
  return [unique.map(([at]) => at / 1e6), unique.map(([, lowest]) => lowest), unique.map(([, , highest]) => highest)]
}

/** Gaps of several curves that begin and end together are one. */
export function gapsOf(curves: readonly Curve[]): GapBox[] {
  const boxes: GapBox[] = []
  for (const { number, series } of curves) {
    for (const [fromUs, toUs, reason] of series.gaps) {
      if (toUs <= fromUs) continue
      const same = boxes.find(
        (box) => box.reason === reason && together(box.fromUs, fromUs) && together(box.toUs, toUs),
      )
      if (same) same.numbers.push(number)
      else boxes.push({ fromUs, toUs, reason, numbers: [number] })
    }
  }
  return boxes.toSorted((a, b) => a.fromUs - b.fromUs)
}

const together = (a: number, b: number): boolean => Math.abs(a - b) < togetherUs

/** The lane shows all data; a limit is drawn when that does not press the curve flat, else it is told at the edge. */
function rangeOf(curves: readonly Curve[]): [number, number, Limit[]] {
  const figures = curves.flatMap(({ series }) => series.buckets.flatMap(([, lowest, highest]) => [lowest, highest]))
  let low = figures.length > 0 ? figures.reduce((a, b) => Math.min(a, b)) : 0
  let high = figures.length > 0 ? figures.reduce((a, b) => Math.max(a, b)) : 1
  const limits = limitsOf(curves)
  const normals = curves.flatMap(({ point }) => (point.normal ? [point.normal[1] - point.normal[0]] : []))
  const reach = Math.max(high - low, ...normals.map((width) => width * 0.25))
  const [dataLow, dataHigh] = [low, high]
  for (const { value } of limits) {
    if (value >= dataLow - reach && value <= dataHigh + reach) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  const margin = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.01, 0.5)
  low -= margin
  high += margin
  for (const limit of limits) limit.beyond = limit.value > high ? 'above' : limit.value < low ? 'below' : null
  return [low, high, limits]
}

function limitsOf(curves: readonly Curve[]): Limit[] {
  const limits: Limit[] = []
  for (const { number, point } of curves) {
    if (!point.normal) continue
    for (const side of ['high', 'low'] as const) {
      const value = point.normal[side === 'low' ? 0 : 1]
      const same = limits.find((one) => one.side === side && one.value === value)
      if (same) same.numbers.push(number)
      else limits.push({ value, side, numbers: [number], beyond: null })
    }
  }
  return limits
}

/** Height at which each curve ends, moved apart where two would overlap. `y` maps a figure to pixels. */
export function endLabels(
  lane: Lane,
  y: (figure: number) => number,
  height: number,
  apart: number,
): { number: number; label: string; y: number }[] {
  const labels = lane.curves
    .flatMap(({ number, point, series }) => {
      const last = series.buckets.at(-1)
      return last ? [{ number, label: inLanguage(point.label, point.labels), y: y((last[1] + last[2]) / 2) }] : []
    })
    .toSorted((a, b) => a.y - b.y)
  let floor = apart / 2
  for (const label of labels) {
    label.y = Math.max(label.y, floor)
    floor = label.y + apart
  }
  let ceiling = height - 2
  for (const label of labels.toReversed()) {
    label.y = Math.min(label.y, ceiling)
    ceiling = label.y - apart
  }
  return labels
}

/** Where the dots of the cursor stand, by number of the curve; readings that are no figure have none. */
export function dotsAt(
  points: readonly Point[],
  readingOf: (stream: string) => ReadingRow | null,
): Map<number, { atUs: number; figure: number }> {
  const dots = new Map<number, { atUs: number; figure: number }>()
  for (const [position, point] of points.entries()) {
    const reading = readingOf(point.stream)
    if (!reading || !isDrawable(point) || reading.value.kind === 'null') continue
    const figure = Number(reading.value.value)
    if (Number.isFinite(figure)) dots.set(position + 1, { atUs: reading.sourceTimeUs, figure })
  }
  return dots
}
