import { CLOCK_AHEAD_US_MAX } from '../wire/limits.ts'
import { rowTimeUs } from './run-index.ts'

/** Source time of a row; null where it lies further after the sealing of its batch than a clock may be ahead: then it says nothing. */
export function believedTimeUs(rows: DataView, row: number, sealedAtUs: number): number | null {
  const timeUs = rowTimeUs(rows, row)
  return timeUs <= sealedAtUs + CLOCK_AHEAD_US_MAX ? timeUs : null
}
