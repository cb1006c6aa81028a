/** How one point reads: its text, its age, whether it is stale, its quality and the sign that goes with it. */
import { isGood, isStale } from '../../src-main/endpoints/point-state.ts'
import { FLAG } from '../../src-main/wire/quality.ts'
import type { Point, Source } from './model.ts'
import type { SignName } from '../parts/sign-name.ts'
import { m } from '../paraglide/messages.js'
import { gapReason } from './gap-reason.ts'
import { inResolution, instrument } from './number.ts'
import { duration } from './time.ts'

export interface PointView {
  /** With locale digits; `none` before the first reading. */
  text: string
  missing: boolean
  /** Kept and struck out: it came with a bad quality. */
  struck: boolean
  /** Kept and hatched: nothing newer arrives. */
  stale: boolean
  age: string
  quality: string
  good: boolean
  sign: { name: SignName; label: string } | null
  /** For indicators; null when it is no number. */
  figure: number | null
}

/** How many points of a source are good; none where this console lost its gateway, since nothing newer arrives then. */
export const goodPointsOf = (source: Source, lost: boolean): number => (lost ? 0 : source.goodPoints)

export function viewPoint(point: Point, source: Source | undefined, nowUs: number, lost: boolean): PointView {
  const stale = point.atUs !== null && (lost || isStale(point, source?.state, nowUs))
  const bad = point.qualityClass === 'bad'
  const missing = point.text === null
  const figure = point.text === null ? Number.NaN : Number(point.text)
  return {
    text:
      point.text === null ? m.value_none() : instrument(inResolution(point.text, point.countsUp ? null : point.range)),
    missing,
    struck: bad && !missing,
    stale,
    age: point.atUs === null ? '–' : duration(nowUs - point.atUs),
    quality: qualityWords(point, source, stale),
    good: !lost && isGood(point, source?.state, nowUs),
    sign: stale ? null : signOf(point),
    figure: Number.isFinite(figure) && point.text !== '' ? figure : null,
  }
}

/** NE 107, highest only; nothing when the device is well. */
function signOf(point: Point): PointView['sign'] {
  if (point.text === null) return null
  if (point.qualityClass === 'bad') return { name: 'ne-f', label: m.sign_failure() }
  if (point.qualityClass === 'uncertain') {
    return point.qualityText.toLowerCase().includes('test') || point.qualityText.toLowerCase().includes('simulat')
      ? { name: 'ne-c', label: m.sign_check() }
      : { name: 'ne-s', label: m.sign_spec() }
  }
  return (point.flags & FLAG.calibrationOverdue) !== 0 ? { name: 'ne-m', label: m.sign_maintenance() } : null
}

function qualityWords(point: Point, source: Source | undefined, stale: boolean): string {
  if (point.text === null) return m.quality_waiting()
  if (stale) return source?.reason ? m.quality_stale_reason({ reason: gapReason(source.reason) }) : m.quality_stale()
  const extra = (point.flags & FLAG.calibrationOverdue) !== 0 ? m.quality_calibration() : specific(point.qualityText)
  const base = { good: m.quality_good, uncertain: m.quality_uncertain, bad: m.quality_bad }[point.qualityClass]()
  return extra === '' ? base : `${base}, ${extra}`
}

/** The part of a status name that says more than its class: `BadSensorFailure` as `sensor failure`. */
function specific(text: string): string {
  const rest = text.replace(/^(good|uncertain|bad)[,:\s]*/i, '')
  return rest
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .trim()
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
    .replaceAll(/ [A-Z](?=[a-z])/g, (letter) => letter.toLowerCase())
}
