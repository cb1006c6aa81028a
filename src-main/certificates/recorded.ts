/**
 * How much of a period a stream recorded. What lies before its first reading at the asset and behind its newest is not recorded,
 * whatever nobody signed about it; a gap that lost readings reaches from the reading before it to the one after, whatever times
 * were signed with it.
 */
import type { Gap } from '../record/statements.ts'

/** As much of a reading as counts here. */
export interface Timed {
  leaf: { sequence: number }
  place: { fromUs: number; toUs: number }
}

export interface Span {
  fromUs: number
  toUs: number
}

/** A signed gap with the time that it really leaves open. */
export interface OpenGap extends Span {
  /** Readings that are lost; 0 for a silence that lost none. */
  readings: number
  reason: string
}

/**
 * Gaps in the order of the chain; one that lost readings reaches from the earliest time at which the reading before it can have been
 * taken to the latest of the one after it. `beforeUs`: time of the reading before all.
 */
export function openGaps(gaps: readonly Gap[], readings: readonly Timed[], beforeUs: number | null): OpenGap[] {
  let at = 0
  return gaps.map((gap) => {
    const lost = gap.toSequence - gap.fromSequence + 1
    const { fromTimeUs: fromUs, toTimeUs: toUs, reason } = gap
    if (lost === 0) return { fromUs, toUs, readings: 0, reason }
    while (at < readings.length && readings[at]!.leaf.sequence < gap.fromSequence) at++
    const before = at === 0 ? (beforeUs ?? fromUs) : readings[at - 1]!.place.fromUs
    const span = { fromUs: Number.isFinite(before) ? before : fromUs, toUs: readings[at]?.place.toUs ?? toUs }
    return { ...span, toUs: Math.max(span.fromUs, span.toUs), readings: lost, reason }
  })
}

/** What a certificate gives as the reason of a time that nobody signed a gap for: the stream's readings then belong to something else. */
export const ELSEWHERE = 'the stream was not at this asset'

/** Times in which the stream was not at the asset: from the reading before it left to the one with which it was back. */
export function absences(readings: readonly (Timed & { isBack: boolean })[], beforeUs: number | null): OpenGap[] {
  return readings.flatMap(({ isBack, place }, at): OpenGap[] => {
    const fromUs = at === 0 ? beforeUs : readings[at - 1]!.place.fromUs
    if (!isBack || fromUs === null || !Number.isFinite(fromUs)) return []
    return [{ fromUs, toUs: place.toUs, readings: 0, reason: ELSEWHERE }]
  })
}

/** The part of `period` between two moments; null where there is none. */
export function within(period: Span, fromUs: number, toUs: number): Span | null {
  const part = { fromUs: Math.max(period.fromUs, fromUs), toUs: Math.min(period.toUs, toUs) }
  return part.fromUs <= part.toUs ? part : null
}

/** Share of the period that is recorded and lies in no gap, in thousandths of a percent, rounded down. */
export function coverageOf(period: Span, recorded: Span | null, gaps: readonly Span[]): number {
  const length = period.toUs - period.fromUs
  if (recorded === null) return 0
  if (length <= 0) return gaps.some((gap) => gap.fromUs < period.fromUs && period.fromUs < gap.toUs) ? 0 : 100_000
  let covered = recorded.toUs - recorded.fromUs
  let until = recorded.fromUs
  for (const gap of [...gaps].sort((a, b) => a.fromUs - b.fromUs)) {
    const from = Math.max(gap.fromUs, until)
    const to = Math.min(gap.toUs, recorded.toUs)
    if (to <= from) continue
    covered -= to - from
    until = to
  }
  return Number((100_000n * BigInt(covered)) / BigInt(length))
}
