/**
 * The one owner of what a stream goes on with: the number of its next reading, its newest one, and whether readings may be missing
 * since then. Rows are numbered when their batch is made, and never before (`BatchMaker`): so numbers, gaps and what is there
 * twice follow the ledger, whatever a source, a queue or a process that ended believed.
 */
import { equalBytes } from '../../wire/bytes.ts'
import { CLOCK_AHEAD_US_MAX } from '../../wire/limits.ts'
import type { StreamId } from '../../wire/ids.ts'
import { FLAG } from '../../wire/quality.ts'
import { ROW_BYTES, VALUE_KIND, type Rows } from '../../wire/rows.ts'
import type { GapReport } from './rows-handed.ts'

export const NOT_RECORDING = 'the gateway was not recording'
const ROW_KIND = 4
const ROW_SEQUENCE = 8
const ROW_TIME = 16
const ROW_QUALITY = 24
const ROW_FLAGS = 28
const ROW_VALUE = 32
const TWO_32 = 4_294_967_296

/** Where a stream stands: by the ledger, and by what this gateway signed since. */
export interface StreamPosition {
  next: number
  /** Time of its newest reading whose time can be; null before the first. */
  lastTimeUs: number | null
  /** Its newest reading, as row `row` of these; null where there is none that can be read. */
  newest: { rows: Rows; row: number } | null
}

interface Silence {
  reason: string
  /** Only readings were given up, while the source went on: the next one is as old as it says. */
  overflow: boolean
}

/** Parts of a packed row, and not a reading: it is compared with every row that comes, and written for every one that is kept. */
class Newest {
  #kind = -1
  #timeLow = 0
  #timeHigh = 0
  #valueLow = 0
  #valueHigh = 0
  #quality = 0
  #content: Uint8Array | null = null

  is(view: DataView, at: number, heap: Uint8Array): boolean {
    if (
      view.getUint32(at + ROW_TIME, true) !== this.#timeLow ||
      view.getInt32(at + ROW_TIME + 4, true) !== this.#timeHigh ||
      view.getUint8(at + ROW_KIND) !== this.#kind ||
      view.getUint32(at + ROW_QUALITY, true) !== this.#quality
    )
      return false
    const content = contentOf(view, at, heap)
    if (content !== null) return this.#content !== null && equalBytes(content, this.#content)
    return (
      view.getUint32(at + ROW_VALUE, true) === this.#valueLow &&
      view.getUint32(at + ROW_VALUE + 4, true) === this.#valueHigh
    )
  }

  /** No row equals it then. */
  forget(): void {
    this.#kind = -1
  }

  take(view: DataView, at: number, heap: Uint8Array): void {
    this.#kind = view.getUint8(at + ROW_KIND)
    this.#timeLow = view.getUint32(at + ROW_TIME, true)
    this.#timeHigh = view.getInt32(at + ROW_TIME + 4, true)
    this.#quality = view.getUint32(at + ROW_QUALITY, true)
    this.#valueLow = view.getUint32(at + ROW_VALUE, true)
    this.#valueHigh = view.getUint32(at + ROW_VALUE + 4, true)
    this.#content = contentOf(view, at, heap)?.slice() ?? null
  }
}

/** Text or bytes of a row; null where its value stands in the row. */
export function contentOf(view: DataView, at: number, heap: Uint8Array): Uint8Array | null {
  const kind = view.getUint8(at + ROW_KIND)
  if (kind !== VALUE_KIND.text && kind !== VALUE_KIND.bytes) return null
  const offset = view.getUint32(at + ROW_VALUE, true)
  return heap.subarray(offset, offset + view.getUint32(at + ROW_VALUE + 4, true))
}

export class StreamCursor {
  readonly stream: StreamId
  next: number
  /** Time of the newest reading whose time can be; null before the first. */
  lastTimeUs: number | null
  /** Number of the batch that it has a run in, so that runs are counted without a set of them. */
  batch = 0
  #silence: Silence | null = null
  readonly #newest = new Newest()

  constructor(stream: StreamId, next: number, lastTimeUs: number | null = null) {
    this.stream = stream
    this.next = next
    this.lastTimeUs = lastTimeUs
  }

  /** Readings may be missing from the newest one on, until another comes. Nothing is missing before the first. */
  silent(reason: string, overflow = false): void {
    if (this.lastTimeUs !== null) this.#silence ??= { reason, overflow }
  }

  get isSilent(): boolean {
    return this.#silence !== null
  }

  /** The gap that a row which arrived at `atUs` ends; the row is flagged. Only while `isSilent`. */
  resume(view: DataView, at: number, atUs: number): GapReport {
    const { reason, overflow } = this.#silence as Silence
    this.#silence = null
    view.setUint32(at + ROW_FLAGS, view.getUint32(at + ROW_FLAGS, true) | FLAG.gap, true)
    const fromTimeUs = Math.min(this.lastTimeUs ?? atUs, atUs)
    const timeUs = believedTimeUs(view, at, atUs) ?? atUs
    // A value that has not changed comes back with its old time: it is known again only from its arrival.
    const knownAgainUs = overflow && timeUs > fromTimeUs ? timeUs : Math.max(timeUs, atUs)
    // A gap takes time, even where a clock was set back.
    return { stream: this.stream, fromTimeUs, toTimeUs: Math.max(fromTimeUs + 1, knownAgainUs), reason }
  }

  /** Whether a row is the newest reading once more: same source time, value and quality, as after a reconnect or a restart. */
  isNewest(view: DataView, at: number, heap: Uint8Array): boolean {
    return this.#newest.is(view, at, heap)
  }

  /** Gives a row its number. */
  number(view: DataView, at: number, heap: Uint8Array, atUs: number): void {
    view.setUint32(at + ROW_SEQUENCE, this.next % TWO_32, true)
    view.setUint32(at + ROW_SEQUENCE + 4, Math.floor(this.next / TWO_32), true)
    this.next += 1
    this.lastTimeUs = believedTimeUs(view, at, atUs) ?? this.lastTimeUs
    this.#newest.take(view, at, heap)
  }

  stand({ next, lastTimeUs, newest }: StreamPosition): void {
    this.next = next
    this.lastTimeUs = lastTimeUs
    if (newest === null) return this.#newest.forget()
    const { rows, heap } = newest.rows
    this.#newest.take(viewOf(rows), newest.row * ROW_BYTES, heap)
  }
}

export class StreamNumbers {
  readonly #cursors = new Map<string, StreamCursor>()

  /** `isGoingOn`: what was read since is at hand, so that nothing is missing. */
  constructor(positions: Iterable<[StreamId, StreamPosition]>, isGoingOn = false) {
    if (isGoingOn) this.follow(positions)
    else this.begin(positions)
  }

  /** After a start nothing was recorded since the newest reading of each stream. */
  begin(positions: Iterable<[StreamId, StreamPosition]>): void {
    this.follow(positions)
    this.silent(null, NOT_RECORDING)
  }

  /** Streams of this gateway that were ever opened. */
  get count(): number {
    return this.#cursors.size
  }

  /** Null for a stream whose opening was never signed. */
  of(stream: string): StreamCursor | null {
    return this.#cursors.get(stream) ?? null
  }

  /** A stream was opened; one that has a number already keeps it. */
  open(stream: StreamId, next: number): void {
    const known = this.#cursors.get(stream)
    if (known === undefined) this.#cursors.set(stream, new StreamCursor(stream, next))
    else known.next = Math.max(known.next, next)
  }

  /** Goes on from these positions alone: what was signed after them counts for nothing. What is silent stays so. */
  follow(positions: Iterable<[StreamId, StreamPosition]>): void {
    const before = new Map(this.#cursors)
    this.#cursors.clear()
    for (const [stream, position] of positions) {
      const cursor = before.get(stream) ?? new StreamCursor(stream, position.next)
      cursor.stand(position)
      this.#cursors.set(stream, cursor)
    }
  }

  /** Readings of these streams (null: of all) may be missing from their newest on. */
  silent(streams: ReadonlySet<string> | null, reason: string, overflow = false): void {
    if (streams === null) for (const cursor of this.#cursors.values()) cursor.silent(reason, overflow)
    else for (const stream of streams) this.#cursors.get(stream)?.silent(reason, overflow)
  }
}

/** Time of a row; null where it is further ahead of its arrival than a clock may be. */
function believedTimeUs(view: DataView, at: number, atUs: number): number | null {
  const timeUs = view.getUint32(at + ROW_TIME, true) + view.getInt32(at + ROW_TIME + 4, true) * TWO_32
  return timeUs <= atUs + CLOCK_AHEAD_US_MAX ? timeUs : null
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
