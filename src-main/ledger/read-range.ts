/**
 * All readings and signed gaps of some streams in ledger order, as of one tree size, for whoever takes them along. Nothing is held
 * but one stretch of the ledger and one batch: entries below a size never change, so no long transaction keeps the writer's log from
 * being folded in. What cannot be given is given as a row that says so.
 *
 * Where the batches are, two sources know: the index (indexed-range.ts), which is fast, and the signed entries (signed-range.ts), which
 * nobody can change. Both give the same batches.
 */
import type { ActorId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { Reading } from '../wire/reading.ts'
import { readRow } from '../wire/rows.ts'
import type { BatchRun } from '../wire/payload.ts'
import type { Gap } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { ReadBatch } from './read-entries.ts'
import type { EntrySpan, Span } from './read-readings.ts'
import { rowTimeUs } from './run-index.ts'

/** A stretch of sequences of a stream, both ends included. */
export type SequenceSpan = readonly [from: number, to: number]

export interface Range {
  /** Nothing at or beyond this entry is given. */
  size: TreeSize
  /** With the sequences that are wanted of each; null: all of them. */
  streams: ReadonlyMap<StreamId, readonly SequenceSpan[] | null>
  /** These are all streams that there are: another one is damage. */
  isEvery: boolean
  span: Span
  entries: EntrySpan
  /** Entries found changed: their readings are not given. */
  barred: EntrySpan | null
}

export interface Placed {
  entry: LeafIndex
  actor: ActorId
  /** When its gateway closed the batch. */
  closedAtUs: number
  /** Ledger time of the seal behind it. */
  sealedAtUs: number
}

export type RangeRow =
  | ({ kind: 'reading'; position: number; reading: Reading } & Placed)
  | ({ kind: 'gap'; gap: Gap } & Placed)
  /** A batch of which nothing is given, with as many readings of the range as its source says. */
  | ({ kind: 'barred'; readings: number } & Placed)
  | ({ kind: 'unreadable'; readings: number; why: string } & Placed)

/** Rows of a batch, not yet read. */
export interface Stretch {
  stream: StreamId
  position: number
  firstSequence: number
  count: number
}

/** A batch that may hold something of the range. */
export interface RangeBatch {
  entry: LeafIndex
  /** Ascending by position. */
  stretches: readonly Stretch[]
  /** Those that touch the span of time, as the batch has them. */
  gaps: readonly Gap[]
  place(): Placed
  /** Throws LedgerError `payload_damaged`. */
  open(): ReadBatch
}

/** The rows of `batches`, which come in ledger order. */
export function* rangeRows(range: Range, batches: Iterable<RangeBatch>): Generator<RangeRow> {
  for (const batch of batches) {
    for (const gap of batch.gaps) {
      const spans = range.streams.get(gap.stream)
      if (spans === undefined) continue
      if (spans === null || spans.some(([from, to]) => gap.toSequence >= from && gap.fromSequence <= to))
        yield { kind: 'gap', gap, ...batch.place() }
    }
    yield* readingsOf(range, batch)
  }
}

function* readingsOf({ streams, span, barred }: Range, found: RangeBatch): Generator<RangeRow> {
  const { entry } = found
  const wanted = found.stretches.filter((one) => overlaps(streams.get(one.stream), one))
  if (wanted.length === 0) return
  const place = found.place()
  const readings = wanted.reduce((sum, { count }) => sum + count, 0)
  if (barred !== null && entry >= barred.from && entry <= barred.to) {
    yield { kind: 'barred', readings, ...place }
    return
  }
  let batch: ReadBatch
  try {
    batch = found.open()
  } catch (cause) {
    if (!(cause instanceof LedgerError && cause.code === 'payload_damaged')) throw cause
    yield { kind: 'unreadable', readings, why: cause.message, ...place }
    return
  }
  for (const stretch of wanted) {
    const spans = streams.get(stretch.stream) ?? null
    for (let position = stretch.position; position < stretch.position + stretch.count; position++) {
      const timeUs = rowTimeUs(batch.rows, position)
      if (timeUs < span.fromUs || timeUs > span.toUs) continue
      const reading = readRow(batch.opened, position)
      if (spans === null || spans.some(([from, to]) => reading.sequence >= from && reading.sequence <= to))
        yield { kind: 'reading', position, reading, ...place }
    }
  }
}

/** The runs of a signed header that are of a stream of the range. */
export function stretchesOf(runs: readonly BatchRun[], streams: Range['streams']): Stretch[] {
  const stretches: Stretch[] = []
  let position = 0
  for (const { stream, firstSequence, count } of runs) {
    if (streams.has(stream)) stretches.push({ stream, position, firstSequence, count })
    position += count
  }
  return stretches
}

function overlaps(spans: readonly SequenceSpan[] | null | undefined, { firstSequence }: Stretch): boolean {
  if (spans === undefined) return false
  // Sequences of a stretch may skip, so only its beginning is known without opening it.
  return spans === null || spans.some(([, to]) => firstSequence <= to)
}
