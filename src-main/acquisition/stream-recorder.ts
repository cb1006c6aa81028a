import { FLAG, qualityClass } from '../wire/quality.ts'
import type { RowWriter } from '../wire/rows.ts'
import type { StreamId } from '../wire/ids.ts'
import { MAX_VALUE_BYTES } from '../wire/limits.ts'
import type { Value } from '../wire/reading.ts'
import type { SourceConfig } from './config.ts'
import { QUALITY, type DriverSink } from './drivers/driver.ts'
import { assess, newPlausibilityState, type PlausibilityLimits, type PlausibilityState } from './plausibility.ts'
import type { Gap, SourceStateName } from './source-state.ts'
import { isSimulated } from './stream-description.ts'

/** Which stream a tag feeds, as the ledger registered it. */
export interface StreamAssignment {
  source: string
  tag: string
  stream: StreamId
  /** Sequence of the next reading. */
  nextSequence: number
  /** When the stream's newest reading was taken; a gap from there is reported with the first new one. */
  lastTimeUs?: number
}

/** Where a recorder puts what it has made. */
export interface RecorderOutlet {
  writer: () => RowWriter
  nowUs: () => number
  /** False while what was read cannot be passed on: readings are then given up and a gap says so. */
  open: () => boolean
  onRow: () => void
  onGap: (gap: Gap) => void
  onState: (state: SourceStateName, reason: string) => void
}

interface Cursor {
  stream: StreamId
  streamIndex: number
  nextSequence: number
  lastTimeUs: number | null
  interruption: { fromUs: number; reason: string } | null
  flags: number
  limits: PlausibilityLimits
  plausibility: PlausibilityState
}

const NULL_VALUE: Value = { kind: 'null' }

/** Turns what a driver reads into numbered, flagged rows of the right streams, and interruptions into gaps. */
export class SourceRecorder implements DriverSink {
  readonly #outlet: RecorderOutlet
  readonly #cursors: Cursor[]
  lastReadingAtUs: number | null = null

  /** `assignments` in the order of the source's tags, with their index in the writer. */
  constructor(
    source: SourceConfig,
    assignments: { assignment: StreamAssignment; streamIndex: number }[],
    outlet: RecorderOutlet,
  ) {
    this.#outlet = outlet
    this.#cursors = assignments.map(({ assignment, streamIndex }, position) => {
      const tag = source.tags[position] as SourceConfig['tags'][number]
      const lastTimeUs = assignment.lastTimeUs ?? null
      return {
        stream: assignment.stream,
        streamIndex,
        nextSequence: assignment.nextSequence,
        lastTimeUs,
        interruption: lastTimeUs === null ? null : { fromUs: lastTimeUs, reason: 'the gateway was not recording' },
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

  /** The assignments as they would be for a continuation. */
  sequences(): { stream: StreamId; nextSequence: number; lastTimeUs: number | null }[] {
    return this.#cursors.map(({ stream, nextSequence, lastTimeUs }) => ({ stream, nextSequence, lastTimeUs }))
  }

  sample(tag: number, sourceTimeUs: number, value: Value, quality: number, evidence?: Uint8Array): void {
    const cursor = this.#cursors[tag] as Cursor
    if (!this.#outlet.open()) return this.#giveUp(cursor)
    const nowUs = this.#outlet.nowUs()
    const good = qualityClass(quality) !== 'bad'
    let flags =
      cursor.flags | assess(cursor.limits, cursor.plausibility, good ? numberOf(value) : null, sourceTimeUs, nowUs)
    if (cursor.interruption !== null) flags |= this.#closeGap(cursor, sourceTimeUs)
    this.lastReadingAtUs = nowUs
    if (fits(value)) this.#push(cursor, sourceTimeUs, value, quality, flags, evidence)
    else this.#push(cursor, sourceTimeUs, NULL_VALUE, QUALITY.badOutOfRange, flags, evidence)
  }

  interrupt(reason: string, quality: number, tags?: readonly number[]): void {
    const nowUs = this.#outlet.nowUs()
    const cursors = tags === undefined ? this.#cursors : tags.map((tag) => this.#cursors[tag] as Cursor)
    for (const cursor of cursors) {
      // One bad reading marks the moment; the gap that ends it comes with the next good one.
      if (cursor.interruption !== null || cursor.lastTimeUs === null) continue
      if (!this.#outlet.open()) {
        this.#giveUp(cursor)
        continue
      }
      const fromUs = cursor.lastTimeUs
      this.#push(cursor, Math.max(nowUs, fromUs), NULL_VALUE, quality, cursor.flags)
      cursor.interruption = { fromUs, reason }
    }
  }

  lost(tag: number, reason: string): void {
    const cursor = this.#cursors[tag] as Cursor
    if (cursor.lastTimeUs !== null) cursor.interruption ??= { fromUs: cursor.lastTimeUs, reason }
  }

  state(state: SourceStateName, reason: string): void {
    this.#outlet.onState(state, reason)
  }

  #giveUp(cursor: Cursor): void {
    if (cursor.lastTimeUs !== null)
      cursor.interruption ??= { fromUs: cursor.lastTimeUs, reason: 'readings came faster than they could be recorded' }
  }

  #closeGap(cursor: Cursor, toTimeUs: number): number {
    const { fromUs, reason } = cursor.interruption as { fromUs: number; reason: string }
    cursor.interruption = null
    this.#outlet.onGap({
      stream: cursor.stream,
      fromSequence: cursor.nextSequence,
      toSequence: cursor.nextSequence - 1,
      fromTimeUs: fromUs,
      toTimeUs: Math.max(fromUs, toTimeUs),
      reason,
    })
    return FLAG.gap
  }

  #push(cursor: Cursor, timeUs: number, value: Value, quality: number, flags: number, evidence?: Uint8Array): void {
    this.#outlet.writer().push(cursor.streamIndex, cursor.nextSequence, timeUs, value, quality, flags, evidence)
    cursor.nextSequence++
    cursor.lastTimeUs = timeUs
    this.#outlet.onRow()
  }
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
