/**
 * Is a value believable? Checks in the manner of QARTOD (IOOS, real-time quality control): each answers pass, suspect
 * or fail by a flag beside the value; none changes or drops the value.
 */
import { FLAG } from '../wire/quality.ts'

/** What to check; an absent limit is not checked. All in the stream's unit. */
export interface PlausibilityLimits {
  /** Instrument: outside fails. */
  range?: readonly [number, number] | undefined
  /** Process: outside is suspect. */
  normal?: readonly [number, number] | undefined
  /** Change per second. Readings less than a second apart may differ by what a second allows: lines deliver in bunches. */
  rate?: { suspect?: number | undefined; fail?: number | undefined } | undefined
  /** Distance from the median of the last five good values. */
  spike?: number | undefined
  flatLine?: { afterS: number; tolerance: number } | undefined
}

/** What a stream's earlier readings left behind; owned by the caller, changed by `assess`. */
export interface PlausibilityState {
  lastTimeUs: number | null
  lastGood: { value: number; timeUs: number } | null
  /** At most five, oldest first. */
  recent: number[]
  flat: { value: number; sinceUs: number } | null
}

/** How far a source's clock may run ahead of the gateway's before it is flagged. */
export const CLOCK_AHEAD_US = 5_000_000
const RECENT_COUNT = 5

export function newPlausibilityState(): PlausibilityState {
  return { lastTimeUs: null, lastGood: null, recent: [], flat: null }
}

/**
 * Flags of one reading (see `FLAG`), and the step of `state` past it.
 * @param value the number, or null for text, bytes, booleans, missing and bad values: then only the clock is checked
 * @param sourceTimeUs when the source says it was measured
 * @param nowUs the gateway's clock at arrival
 */
export function assess(
  limits: PlausibilityLimits,
  state: PlausibilityState,
  value: number | null,
  sourceTimeUs: number,
  nowUs: number,
): number {
  let flags = clockFlags(state, sourceTimeUs, nowUs)
  state.lastTimeUs = newestUs(state.lastTimeUs, sourceTimeUs, nowUs)
  if (value === null) return flags
  flags |= rangeFlags(limits, value)
  flags |= rateFlags(limits, state, value, sourceTimeUs)
  flags |= spikeFlag(limits, state, value)
  flags |= flatFlag(limits, state, value, sourceTimeUs)
  if ((flags & FLAG.grossRangeFail) === 0 && Number.isFinite(value)) remember(state, value, sourceTimeUs)
  return flags
}

function clockFlags(state: PlausibilityState, sourceTimeUs: number, nowUs: number): number {
  const ahead = sourceTimeUs - nowUs > CLOCK_AHEAD_US ? FLAG.clockAhead : 0
  const back = state.lastTimeUs !== null && sourceTimeUs < state.lastTimeUs ? FLAG.clockBack : 0
  return ahead | back
}

/** A time that has yet to come is forgotten: some clock had leapt ahead, and each later reading would seem to go back. */
function newestUs(lastUs: number | null, sourceTimeUs: number, nowUs: number): number {
  return lastUs === null || lastUs - nowUs > CLOCK_AHEAD_US ? sourceTimeUs : Math.max(lastUs, sourceTimeUs)
}

function rangeFlags(limits: PlausibilityLimits, value: number): number {
  // Written so that NaN, which is inside nothing, fails.
  if (limits.range !== undefined && !(value >= limits.range[0] && value <= limits.range[1])) return FLAG.grossRangeFail
  if (limits.normal !== undefined && !(value >= limits.normal[0] && value <= limits.normal[1]))
    return FLAG.grossRangeSuspect
  return 0
}

function rateFlags(limits: PlausibilityLimits, state: PlausibilityState, value: number, timeUs: number): number {
  const { rate } = limits
  const last = state.lastGood
  if (rate === undefined || last === null || timeUs <= last.timeUs) return 0
  const perSecond = Math.abs(value - last.value) / Math.max(1, (timeUs - last.timeUs) / 1e6)
  if (rate.fail !== undefined && perSecond > rate.fail) return FLAG.rateFail
  return rate.suspect !== undefined && perSecond > rate.suspect ? FLAG.rateSuspect : 0
}

function spikeFlag(limits: PlausibilityLimits, state: PlausibilityState, value: number): number {
  if (limits.spike === undefined || state.recent.length < RECENT_COUNT) return 0
  const median = state.recent.toSorted((a, b) => a - b)[RECENT_COUNT >> 1] as number
  return Math.abs(value - median) > limits.spike ? FLAG.spike : 0
}

function flatFlag(limits: PlausibilityLimits, state: PlausibilityState, value: number, timeUs: number): number {
  if (limits.flatLine === undefined) return 0
  const { flat } = state
  if (flat === null || !(Math.abs(value - flat.value) <= limits.flatLine.tolerance)) {
    state.flat = { value, sinceUs: timeUs }
    return 0
  }
  // After a clock was set back it has been so since then at least.
  flat.sinceUs = Math.min(flat.sinceUs, timeUs)
  return timeUs - flat.sinceUs >= limits.flatLine.afterS * 1e6 ? FLAG.flatLine : 0
}

function remember(state: PlausibilityState, value: number, timeUs: number): void {
  state.lastGood = { value, timeUs }
  state.recent.push(value)
  if (state.recent.length > RECENT_COUNT) state.recent.shift()
}
