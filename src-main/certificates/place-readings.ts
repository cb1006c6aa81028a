/**
 * When readings were taken, as far as their order tells. Sequences are the source's own order and are proven; a source time is what a
 * device's clock said, and a clock may be set to anything. So the order counts, and a time that does not fit it does not move its
 * reading: it stands between the readings around it whose times do (docs/FORMATS.md, Certificate).
 */

export interface StampedReading {
  /** Source time as it stands in the leaf. */
  sourceTimeUs: number
  /** No clock may have shown a later time when the reading was sealed. */
  latestUs: number
}

/** Where a reading stands in time: not before `fromUs`, not after `toUs`. */
export interface Placed {
  fromUs: number
  toUs: number
  /** The source time, held within those bounds. */
  timeUs: number
  /** Whether the source time fits the order of the readings. */
  fits: boolean
}

/**
 * Places readings that come in the order of their sequences. Those that fit are the longest run of them (not necessarily
 * neighbours) whose times can be, are none before `afterUs`, and never go back; where several are as long, the one that patience sorting finds: it keeps for
 * each length the earliest last time, and follows each reading back to what stood there when it came.
 *
 * `afterUs` and `beforeUs` bound those before the first and after the last that fits.
 */
export function placeReadings(readings: readonly StampedReading[], afterUs: number, beforeUs: number): Placed[] {
  const fits = fittingReadings(readings, afterUs)
  const until = readings.map(() => beforeUs)
  let next = beforeUs
  for (let at = readings.length - 1; at >= 0; at--) {
    if (fits[at]) next = readings[at]!.sourceTimeUs
    until[at] = next
  }
  let last = afterUs
  return readings.map(({ sourceTimeUs }, at): Placed => {
    if (fits[at]) {
      last = sourceTimeUs
      return { fromUs: sourceTimeUs, toUs: sourceTimeUs, timeUs: sourceTimeUs, fits: true }
    }
    const toUs = Math.max(last, until[at]!)
    return { fromUs: last, toUs, timeUs: Math.min(Math.max(sourceTimeUs, last), toUs), fits: false }
  })
}

/** Longest non-decreasing subsequence by patience sorting, O(n log n); true for its members. */
function fittingReadings(readings: readonly StampedReading[], afterUs: number): boolean[] {
  const before = readings.map(() => -1)
  /** By length less one: the reading that ends the run of that length with the earliest time. */
  const ends: number[] = []
  for (const [at, { sourceTimeUs, latestUs }] of readings.entries()) {
    if (sourceTimeUs > latestUs || sourceTimeUs < afterUs) continue
    const length = lengthBefore(ends, readings, sourceTimeUs)
    if (length > 0) before[at] = ends[length - 1]!
    ends[length] = at
  }
  const fits = readings.map(() => false)
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]!) fits[at] = true
  return fits
}

/** How many of `ends` end no later than `timeUs`. */
function lengthBefore(ends: readonly number[], readings: readonly StampedReading[], timeUs: number): number {
  let low = 0
  let high = ends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (readings[ends[middle]!]!.sourceTimeUs <= timeUs) low = middle + 1
    else high = middle
  }
  return low
}
