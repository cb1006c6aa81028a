/** What "stale" and "good" mean of a point: one rule for the gateway's counts and for each line of a screen. */
import { FLAG } from '../wire/quality.ts'
import type { Point, SourceState } from './model.ts'

const STALE_AFTER_CADENCES = 3
const STALE_AFTER_US_MIN = 10_000_000

type Aged = Pick<Point, 'atUs' | 'cadenceMs'>
type Judged = Aged & Pick<Point, 'text' | 'qualityClass' | 'flags'>

/**
 * Nothing new has come for longer than three cadences, or its source does not deliver. One whose source only reports changes is
 * judged by its source's state alone. Before its first reading a point is not stale but missing.
 *
 * @param source undefined where no source of that name is known
 */
export function isStale(point: Aged, source: SourceState | undefined, nowUs: number): boolean {
  if (point.atUs === null) return false
  if (source !== undefined && source !== 'live' && source !== 'connecting') return true
  if (!point.cadenceMs) return false
  return nowUs - point.atUs > Math.max(STALE_AFTER_US_MIN, point.cadenceMs * 1000 * STALE_AFTER_CADENCES)
}

/** There, not stale, of good quality, from an instrument whose calibration is not overdue. */
export function isGood(point: Judged, source: SourceState | undefined, nowUs: number): boolean {
  if (point.text === null || point.qualityClass !== 'good' || isStale(point, source, nowUs)) return false
  return (point.flags & FLAG.calibrationOverdue) === 0
}
