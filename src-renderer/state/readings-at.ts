/** Single readings around a time: the newest up to it, and the next after it. */
import type { Bucket, ReadingRow } from '../words/model.ts'
import { readings } from './queries.ts'

const atOnce = 10_000
const closeUs = 2_000_000
const nearUs = 60_000_000

/**
 * The newest reading at or before `atUs`, not older than `fromUs`; null when there is none.
 *
 * Readings come oldest first, so the search starts just before the time and goes back only as far as it must.
 *
 * @param buckets of the curve, oldest first: they tell how far back the next reading is
 */
export async function readingUpTo(
  stream: string,
  atUs: number,
  fromUs: number,
  buckets: readonly Bucket[],
  signal: AbortSignal,
): Promise<ReadingRow | null> {
  const bucket = buckets.findLast(([at]) => at <= atUs)?.[0]
  const starts = [atUs - closeUs, atUs - nearUs, ...(bucket === undefined ? [] : [bucket]), fromUs]
  const tried = starts.map((start) => Math.max(fromUs, start)).toSorted((a, b) => b - a)
  for (const [position, start] of tried.entries()) {
    if (position > 0 && start === tried[position - 1]) continue
    // A bucket may hold more readings than one answer: then on from the last of it.
    let found: ReadingRow | null = null
    let from = start
    for (;;) {
      const rows = await readings(stream, from, atUs + 1, atOnce, signal)
      const fitting = rows.filter((row) => row.sourceTimeUs <= atUs)
      const last = fitting.at(-1)
      if (last) found = last
      if (rows.length < atOnce || !last || last.sourceTimeUs <= from) break
      from = last.sourceTimeUs
    }
    if (found) return found
  }
  return null
}

/** The first reading after `afterUs` and before `toUs`; null when there is none. */
export async function readingAfter(
  stream: string,
  afterUs: number,
  toUs: number,
  signal: AbortSignal,
): Promise<ReadingRow | null> {
  if (toUs <= afterUs + 1) return null
  const rows = await readings(stream, afterUs + 1, toUs, 2, signal)
  return rows.find((row) => row.sourceTimeUs > afterUs) ?? null
}
