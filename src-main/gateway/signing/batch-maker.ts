/**
 * Makes signed batches of waiting readings, each within the bounds of the format. Here rows get their numbers, what is there twice
 * is left out, and gaps get their places: between the readings that they lie between.
 */
import { toHex, utf8 } from '../../wire/bytes.ts'
import { withoutHidden } from '../../wire/plain-text.ts'
import { ROW_BYTES, rowCount, type Rows } from '../../wire/rows.ts'
import type { Gap } from '../../record/statements.ts'
import { BatchRoom, REASON_BYTES_MAX } from './batch-extent.ts'
import type { OnCondition } from '../conditions.ts'
import type { GapReport } from './rows-handed.ts'
import { joinRows, type Chunk, type ReadingQueue } from './reading-queue.ts'
import { restOfPast } from './recorded-past.ts'
import type { SourceLot, SourceLots } from './source-lots.ts'
import type { SignedStatement, StatementChain } from './statement-chain.ts'
import { NOT_RECORDING, viewOf, type StreamCursor, type StreamNumbers } from './stream-numbers.ts'

const STREAM_BYTES = 16

export interface BatchMakerOptions {
  chain: StatementChain
  numbers: StreamNumbers
  lots: SourceLots
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class BatchMaker {
  readonly #o: BatchMakerOptions
  #batch = 0

  constructor(options: BatchMakerOptions) {
    this.#o = options
  }

  /**
   * One batch from the front of the queue; null where it holds nothing that can be signed. It ends before a reading that says another lot,
   * and what its readings are bound to is signed before it.
   */
  make(readings: ReadingQueue, readingsMax: number): SignedStatement | null {
    const { chain, lots, name, numbers, onCondition } = this.#o
    this.#batch += 1
    const filling = new Filling({ numbers, lots }, this.#batch, readingsMax)
    while (readings.head !== null) if (!filling.take(readings, readings.head)) break
    if (filling.unopened > 0) onCondition('stream-unopened', name, true, { readings: filling.unopened })
    if (filling.parts.length === 0 && filling.gaps.length === 0) return null
    return chain.batch(joinRows(filling.parts), () => filling.sortedGaps())
  }
}

/** One batch in the making. */
class Filling {
  readonly parts: Rows[] = []
  readonly gaps: Gap[] = []
  unopened = 0
  readonly #numbers: StreamNumbers
  readonly #lots: SourceLots
  readonly #batch: number
  readonly #room: BatchRoom

  constructor({ numbers, lots }: Pick<BatchMakerOptions, 'numbers' | 'lots'>, batch: number, readingsMax: number) {
    this.#numbers = numbers
    this.#lots = lots
    this.#batch = batch
    this.#room = new BatchRoom(readingsMax)
  }

  /** Takes what fits of the queue's head; false where something of it has to wait for the next batch. */
  take(readings: ReadingQueue, chunk: Chunk): boolean {
    const { lost, rows } = chunk
    if (lost !== null) {
      if (this.#lots.meet(lost.lots)) return false
      this.#numbers.silent(lost.streams, lost.reason, lost.overflow)
      readings.done(0)
      return true
    }
    const total = rowCount(rows)
    const first = chunk.kind === 'past' ? this.#afterRecorded(chunk) : chunk.doneRows
    const walk = new Walk(this.#numbers, this.#lots, chunk, first)
    let row = first
    let isWhole = this.#gapsAt(chunk, row)
    while (isWhole && row < total) {
      isWhole = this.#row(walk, row)
      if (!isWhole) break
      row += 1
      isWhole = this.#gapsAt(chunk, row)
    }
    if (walk.kept > 0) this.parts.push(walk.part())
    if (chunk.kind === 'past' && row === total) walk.lastCursor?.silent(NOT_RECORDING)
    readings.done(row - chunk.doneRows)
    return isWhole
  }

  /** Ascending by stream; those of one stream came in the order of its numbers. */
  sortedGaps(): Gap[] {
    return this.gaps.toSorted((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0))
  }

  /** False where there is no room for it. */
  #row(walk: Walk, row: number): boolean {
    const { chunk, view } = walk
    const at = row * ROW_BYTES
    const { heap } = chunk.rows
    const cursor = walk.cursorOf(at)
    if (cursor === null) {
      this.unopened += 1
      return true
    }
    // What was taken before the stream was there, and what is signed again, has its lot already.
    const lot = chunk.kind === 'live' ? walk.lotOf(at, cursor) : null
    if (lot?.meets(cursor, view, at, heap) === true) return false
    if (chunk.kind === 'live' && cursor.isSilent) {
      if (!this.#room.gap()) return false
      this.#push(cursor, cursor.resume(view, at, chunk.atUs))
    }
    if (cursor.isNewest(view, at, heap)) return true
    if (!this.#room.row(view, at, cursor.batch !== this.#batch)) return false
    cursor.batch = this.#batch
    lot?.joins(cursor)
    cursor.number(view, at, heap, chunk.atUs)
    walk.keep(row)
    return true
  }

  /** Gaps that stand before row `row`; false where one finds no room. */
  #gapsAt(chunk: Chunk, row: number): boolean {
    const isEnd = row === rowCount(chunk.rows)
    for (;;) {
      const gap = chunk.gaps[chunk.doneGaps]
      if (gap === undefined || (gap.row > row && !isEnd)) return true
      // Of a stream that nobody opened no reading is kept either; a gap of it would make the batch invalid.
      const cursor = this.#numbers.of(gap.stream)
      if (cursor !== null) {
        if (!this.#room.gap()) return false
        this.#push(cursor, gap)
      }
      chunk.doneGaps += 1
    }
  }

  /** No number is lost in it: it stands between the reading before and the one that comes next. */
  #push({ stream, next }: StreamCursor, { fromTimeUs, toTimeUs, reason }: GapReport): void {
    const place = { stream, fromSequence: next, toSequence: next - 1 }
    this.gaps.push({ ...place, fromTimeUs, toTimeUs: Math.max(fromTimeUs, toTimeUs), reason: cut(reason) })
  }

  #afterRecorded(chunk: Chunk): number {
    const cursor = this.#numbers.of(toHex(chunk.rows.streams.subarray(0, STREAM_BYTES)))
    // What was begun goes on where it was; its own rows moved the cursor.
    if (cursor === null || chunk.doneRows > 0) return chunk.doneRows
    return restOfPast(chunk.rows, cursor)
  }
}

/** A chunk's rows from one on; what is left out is closed up in place. */
class Walk {
  readonly chunk: Chunk
  readonly view: DataView
  kept = 0
  lastCursor: StreamCursor | null = null
  readonly #numbers: StreamNumbers
  readonly #first: number
  readonly #lots: SourceLots
  readonly #cursors: (StreamCursor | null)[] = []
  readonly #lotOf: (SourceLot | null)[] = []

  constructor(numbers: StreamNumbers, lots: SourceLots, chunk: Chunk, first: number) {
    this.#numbers = numbers
    this.#lots = lots
    this.chunk = chunk
    this.view = viewOf(chunk.rows.rows)
    this.#first = first
  }

  cursorOf(at: number): StreamCursor | null {
    const index = this.view.getUint32(at, true)
    const known = this.#cursors[index]
    if (known !== undefined) return known
    const from = index * STREAM_BYTES
    return (this.#cursors[index] = this.#numbers.of(toHex(this.chunk.rows.streams.subarray(from, from + STREAM_BYTES))))
  }

  lotOf(at: number, { stream }: StreamCursor): SourceLot | null {
    const index = this.view.getUint32(at, true)
    const known = this.#lotOf[index]
    return known === undefined ? (this.#lotOf[index] = this.#lots.of(stream)) : known
  }

  keep(row: number): void {
    const to = this.#first + this.kept
    if (to !== row) this.chunk.rows.rows.copyWithin(to * ROW_BYTES, row * ROW_BYTES, (row + 1) * ROW_BYTES)
    this.kept += 1
    this.lastCursor = this.cursorOf(to * ROW_BYTES)
  }

  part(): Rows {
    const { rows } = this.chunk
    return { ...rows, rows: rows.rows.subarray(this.#first * ROW_BYTES, (this.#first + this.kept) * ROW_BYTES) }
  }
}

/** At most REASON_BYTES_MAX bytes of UTF-8, never half a character, and nothing that a name may not hold: devices say what they like. */
function cut(reason: string): string {
  const plain = withoutHidden(reason.toWellFormed())
  const bytes = utf8(plain)
  if (bytes.length <= REASON_BYTES_MAX) return plain
  let end = REASON_BYTES_MAX
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1
  return Buffer.from(bytes.subarray(0, end)).toString()
}
