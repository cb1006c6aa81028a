import { FLAG, QUALITY, qualityClass } from '../wire/quality.ts'
import { UNNUMBERED, type RowWriter } from '../wire/rows.ts'
import { WireError } from '../wire/errors.ts'
import type { StreamId } from '../wire/ids.ts'
import { MAX_VALUE_BYTES } from '../wire/limits.ts'
import type { Value } from '../wire/reading.ts'
import type { SourceStateName } from '../wire/gateway-states.ts'
import type { SourceConfig } from './config.ts'
import type { DriverSink } from './drivers/driver.ts'
import {
  assess,
  CLOCK_AHEAD_US,
  newPlausibilityState,
  type PlausibilityLimits,
  type PlausibilityState,
} from './plausibility.ts'
import type { Gap } from './source-state.ts'
import { isSimulated } from './stream-description.ts'

/** Which stream a tag feeds, as the ledger registered it. */
export interface StreamAssignment {
  source: string
  tag: string
  stream: StreamId
  /** Whether it had readings before: an interruption then marks that its newest value does not go on. */
  isRecorded: boolean
}

/** Where a recorder puts what it has made. */
export interface RecorderOutlet {
  writer: () => RowWriter
  nowUs: () => number
  /** False while what was read cannot be passed on: readings are then given up and a gap says so. */
  open: () => boolean
  onRow: () => void
  /** A gap before the next row. */
  onGap: (gap: Omit<Gap, 'row'>) => void
  onState: (state: SourceStateName, reason: string) => void
}

interface Cursor {
  stream: StreamId
  streamIndex: number
  isRecorded: boolean
  /** Time of the newest row since the start, or of the source that fed the stream before. */
  lastTimeUs: number | null
  /** Readings may be missing; the next one ends it and a gap tells of it. */
  gap: OpenGap | null
  /** Time of the bad reading that marks an interruption, while it is the newest of the stream. */
  markedAtUs: number | null
  flags: number
  limits: PlausibilityLimits
  plausibility: PlausibilityState
}

interface OpenGap {
  fromUs: number
  reason: string
  /** What kept readings away after that, where it was something else. */
  thenReason: string | null
  /** Of the mark, when it can be written only later. */
  quality: number
  /** Only a queue overflowed: from the next reading on nothing is missing, however late it arrives. */
  overflow: boolean
}

const NULL_VALUE: Value = { kind: 'null' }

/** Turns what a driver reads into flagged rows of the right streams, and interruptions into gaps. */
export class SourceRecorder implements DriverSink {
  readonly #outlet: RecorderOutlet
  readonly #cursors: Cursor[]
  lastReadingAtUs: number | null = null

  /**
   * `assignments` in the order of the source's tags, with their index in the writer; `sinceUs`: since when nothing was read of a
   * stream that another source of this process fed before. What lies before the process is for whoever numbers the rows.
   */
  constructor(
    source: SourceConfig,
    assignments: { assignment: StreamAssignment; streamIndex: number; sinceUs: number | null }[],
    outlet: RecorderOutlet,
  ) {
    this.#outlet = outlet
    this.#cursors = assignments.map(({ assignment, streamIndex, sinceUs }, position) => {
      const tag = source.tags[position] as SourceConfig['tags'][number]
      return {
        stream: assignment.stream,
        streamIndex,
        isRecorded: assignment.isRecorded,
        lastTimeUs: sinceUs,
        gap: sinceUs === null ? null : newGap(sinceUs, outlet.nowUs(), 'the gateway was not recording'),
        markedAtUs: null,
        flags: isSimulated(source, tag) ? FLAG.simulated : 0,
        limits: { range: tag.range, normal: tag.normal, rate: tag.rate, spike: tag.spike, flatLine: tag.flatLine },
        plausibility: newPlausibilityState(),
      }
    })
  }

  /** Streams move to other places in a new writer when the configuration changes. */
  renumber(streamIndexOf: (stream: StreamId) => number): void {
    for (const cursor of this.#cursors) cursor.streamIndex = streamIndexOf(cursor.stream)
  }

  /** Since when nothing is known of each stream that was read. */
  newest(): [StreamId, number][] {
    // A gap that is still open must not begin later because its source was begun anew.
    return this.#cursors.flatMap(({ stream, lastTimeUs, gap }): [StreamId, number][] => {
      const sinceUs = gap?.fromUs ?? lastTimeUs
      return sinceUs === null ? [] : [[stream, sinceUs]]
    })
  }

  sample(tag: number, sourceTimeUs: number, value: Value, quality: number, evidence?: Uint8Array): void {
    const cursor = this.#cursors[tag] as Cursor
    if (!this.#outlet.open()) return this.#giveUp(cursor)
    const nowUs = this.#outlet.nowUs()
    // 9999-12-31 and the like cannot be stored and say nothing: the time of receipt stands instead, flagged.
    const storable = Number.isSafeInteger(sourceTimeUs)
    const timeUs = storable ? sourceTimeUs : nowUs
    const number = qualityClass(quality) === 'bad' ? null : numberOf(value)
    let flags = cursor.flags | assess(cursor.limits, cursor.plausibility, number, timeUs, nowUs)
    if (!storable) flags |= sourceTimeUs > nowUs ? FLAG.clockAhead : FLAG.clockBack
    if (cursor.gap !== null) flags |= this.#closeGap(cursor, cursor.gap, timeUs, nowUs)
    cursor.markedAtUs = null
    this.lastReadingAtUs = nowUs
    if (fits(value)) this.#record(cursor, timeUs, value, quality, flags, evidence)
    else this.#record(cursor, timeUs, NULL_VALUE, QUALITY.badOutOfRange, flags, evidence)
  }

  interrupt(reason: string, quality: number, tags?: readonly number[]): void {
    const cursors = tags === undefined ? this.#cursors : tags.map((tag) => this.#cursors[tag] as Cursor)
    for (const cursor of cursors) {
      // One bad reading marks the moment; the gap that ends it comes with the next one.
      if (cursor.markedAtUs !== null || (cursor.lastTimeUs === null && !cursor.isRecorded)) continue
      const gap = this.#openGap(cursor, cursor.lastTimeUs ?? this.#outlet.nowUs(), reason)
      if (gap.reason !== reason) gap.thenReason ??= reason
      gap.quality = quality
      gap.overflow = false
      if (this.#outlet.open()) this.#mark(cursor, gap)
    }
  }

  lost(tag: number, reason: string): void {
    const cursor = this.#cursors[tag] as Cursor
    if (cursor.lastTimeUs === null || cursor.gap !== null) return
    this.#openGap(cursor, cursor.lastTimeUs, reason).overflow = true
  }

  /** Rows are taken again: what was given up meanwhile is marked, because older values may be out of date. */
  resume(): void {
    for (const cursor of this.#cursors)
      if (cursor.gap !== null && cursor.markedAtUs === null) this.#mark(cursor, cursor.gap)
  }

  state(state: SourceStateName, reason: string): void {
    this.#outlet.onState(state, reason)
  }

  #giveUp(cursor: Cursor): void {
    if (cursor.lastTimeUs === null) return
    this.#openGap(cursor, cursor.lastTimeUs, 'readings came faster than they could be recorded').overflow = false
  }

  #openGap(cursor: Cursor, lastTimeUs: number, reason: string): OpenGap {
    return (cursor.gap ??= newGap(lastTimeUs, this.#outlet.nowUs(), reason))
  }

  /** Without it the value before an interruption would go on as the stream's newest, and good. */
  #mark(cursor: Cursor, gap: OpenGap): void {
    const nowUs = this.#outlet.nowUs()
    const timeUs = Math.max(nowUs, believedUs(cursor.lastTimeUs ?? nowUs, nowUs))
    this.#push(cursor, timeUs, NULL_VALUE, gap.quality, cursor.flags)
    cursor.markedAtUs = timeUs
  }

  #closeGap(cursor: Cursor, gap: OpenGap, sourceTimeUs: number, nowUs: number): number {
    const timeUs = believedUs(sourceTimeUs, nowUs)
    // A value that has not changed comes back with its old time: it is known again only from its arrival.
    const knownAgainUs =
      gap.overflow && timeUs > gap.fromUs ? timeUs : Math.max(timeUs, cursor.markedAtUs ?? timeUs, nowUs)
    cursor.gap = null
    this.#outlet.onGap({
      stream: cursor.stream,
      fromTimeUs: gap.fromUs,
      // Certificates leave out gaps of no length, and a clock that was set back must not make one.
      toTimeUs: Math.max(gap.fromUs + 1, knownAgainUs),
      reason: gap.thenReason === null ? gap.reason : `${gap.reason}; then: ${gap.thenReason}`,
    })
    return FLAG.gap
  }

  /** What a row cannot hold is recorded as missing and bad: it must not cost the readings behind it. */
  #record(cursor: Cursor, timeUs: number, value: Value, quality: number, flags: number, evidence?: Uint8Array): void {
    try {
      this.#push(cursor, timeUs, value, quality, flags, evidence)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#push(cursor, timeUs, NULL_VALUE, QUALITY.badDecodingError, flags)
    }
  }

  #push(cursor: Cursor, timeUs: number, value: Value, quality: number, flags: number, evidence?: Uint8Array): void {
    this.#outlet.writer().push(cursor.streamIndex, UNNUMBERED, timeUs, value, quality, flags, evidence)
    cursor.lastTimeUs = timeUs
    this.#outlet.onRow()
  }
}

function newGap(lastTimeUs: number, nowUs: number, reason: string): OpenGap {
  const fromUs = Math.min(lastTimeUs, nowUs)
  return { fromUs, reason, thenReason: null, quality: QUALITY.badDataUnavailable, overflow: false }
}

/** A clock further ahead than one may be says nothing about when. */
function believedUs(timeUs: number, nowUs: number): number {
  return timeUs - nowUs > CLOCK_AHEAD_US ? nowUs : timeUs
}

function numberOf(value: Value): number | null {
  if (value.kind === 'float') return value.value
  return value.kind === 'integer' ? Number(value.value) : null
}

/** Longer values than a leaf may hold are recorded as missing and bad, never cut. */
function fits(value: Value): boolean {
  if (value.kind === 'bytes') return value.value.length <= MAX_VALUE_BYTES
  return value.kind !== 'text' || (value.value.isWellFormed() && Buffer.byteLength(value.value) <= MAX_VALUE_BYTES)
}
