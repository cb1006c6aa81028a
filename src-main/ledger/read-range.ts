/**
 * All readings and signed gaps of some streams in ledger order, as of one tree size, for whoever takes them along. Nothing is held
 * but one stretch of the index and one batch: entries below a size never change, so no long transaction keeps the writer's log from
 * being folded in. What cannot be given is given as a row that says so.
 */
import type { Database } from 'better-sqlite3'
import { parseEntry } from '../wire/entry.ts'
import { idBytes } from '../wire/ids.ts'
import type { ActorId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { Reading } from '../wire/reading.ts'
import { readRow } from '../wire/rows.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import type { BatchHeader, Gap } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { EntryReader, ReadBatch } from './read-entries.ts'
import { GapWindows } from './read-range-gaps.ts'
import type { PlacedGap } from './read-range-gaps.ts'
import type { EntrySpan, Span } from './read-readings.ts'
import { CHUNK_ENTRIES, decodeRuns, rowTimeUs } from './run-index.ts'

/** A stretch of sequences of a stream, both ends included. */
export type SequenceSpan = readonly [from: number, to: number]

export interface Range {
  /** Nothing at or beyond this entry is given. */
  size: TreeSize
  /** With the sequences that are wanted of each; null: all of them. */
  streams: ReadonlyMap<StreamId, readonly SequenceSpan[] | null>
  span: Span
  entries: EntrySpan
  /** Entries found changed: their readings are not given. */
  barred: EntrySpan | null
}

interface Placed {
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
  /** A batch of which nothing is given, with as many readings of the range as the index says. */
  | ({ kind: 'barred'; readings: number } & Placed)
  | ({ kind: 'unreadable'; readings: number; why: string } & Placed)

/** Rows of a batch, not yet read. */
interface Stretch {
  stream: StreamId
  entry: LeafIndex
  position: number
  firstSequence: number
  count: number
}

/** Index rows that one question may take: a row of a busy stream has a kilobyte or two. */
const INDEX_ROWS_MAX = 4_096

export class RangeReader {
  readonly #database: Database
  readonly #entries: EntryReader

  constructor(database: Database, entries: EntryReader) {
    this.#database = database
    this.#entries = entries
  }

  /** Throws LedgerError where the index itself is damaged: a range must not be given with a hole that nobody sees. */
  *rows(range: Range): Generator<RangeRow> {
    const gaps = new GapWindows(this.#database, { ...range, streams: this.#numbers(range) }).rows()
    let gap = gaps.next()
    for (const batch of this.#batches(range)) {
      while (gap.done !== true && gap.value.entry < batch.entry) {
        yield* this.#gap(range, gap.value)
        gap = gaps.next()
      }
      while (gap.done !== true && gap.value.entry === batch.entry) {
        yield* this.#gap(range, gap.value)
        gap = gaps.next()
      }
      yield* this.#batch(range, batch)
    }
    for (; gap.done !== true; gap = gaps.next()) yield* this.#gap(range, gap.value)
  }

  /** How many readings about: of stretches that lie across an end of the span, their share of it. */
  estimate(range: Range): number {
    const { span } = range
    const [first, last] = [this.#firstChunk(range), this.#lastChunk(range)]
    const share =
      'readings * max(0.0, min(1.0, (min(last_time_us, ?) - max(first_time_us, ?) + 1.0) / (last_time_us - first_time_us + 1.0)))'
    const indexed = this.#database
      .prepare(
        `SELECT sum(${share}) FROM stream_chunk WHERE stream IN (SELECT value FROM json_each(?)) AND chunk >= ? AND chunk <= ? AND last_time_us >= ? AND first_time_us <= ?`,
      )
      .pluck()
      .get(
        span.toUs,
        span.fromUs,
        JSON.stringify([...this.#numbers(range).keys()]),
        first,
        last,
        span.fromUs,
        span.toUs,
      ) as number | null
    let open = 0
    for (const { stretches } of this.#tail(range)) for (const { count } of stretches) open += count
    return Math.round((indexed ?? 0) + open)
  }

  *#batch(range: Range, { entry, stretches }: Batch): Generator<RangeRow> {
    const wanted = stretches.filter((one) => overlaps(range.streams.get(one.stream), one))
    if (wanted.length === 0) return
    const place = this.#place(entry)
    const readings = wanted.reduce((sum, { count }) => sum + count, 0)
    const { barred } = range
    if (barred !== null && entry >= barred.from && entry <= barred.to) {
      yield { kind: 'barred', readings, ...place }
      return
    }
    let batch: ReadBatch
    try {
      batch = this.#entries.batch(entry)
    } catch (cause) {
      if (!(cause instanceof LedgerError && cause.code === 'payload_damaged')) throw cause
      yield { kind: 'unreadable', readings, why: cause.message, ...place }
      return
    }
    for (const stretch of wanted) {
      const spans = range.streams.get(stretch.stream) ?? null
      for (let position = stretch.position; position < stretch.position + stretch.count; position++) {
        const timeUs = rowTimeUs(batch.rows, position)
        if (timeUs < range.span.fromUs || timeUs > range.span.toUs) continue
        const reading = readRow(batch.opened, position)
        if (spans === null || spans.some(([from, to]) => reading.sequence >= from && reading.sequence <= to))
          yield { kind: 'reading', position, reading, ...place }
      }
    }
  }

  *#gap(range: Range, { entry, gap }: PlacedGap): Generator<RangeRow> {
    const spans = range.streams.get(gap.stream)
    if (spans === undefined) return
    if (spans === null || spans.some(([from, to]) => gap.toSequence >= from && gap.fromSequence <= to))
      yield { kind: 'gap', gap, ...this.#place(entry) }
  }

  /** Batches that may hold something of the range, in ledger order. */
  *#batches(range: Range): Generator<Batch> {
    const numbers = this.#numbers(range)
    const width = Math.max(1, Math.floor(INDEX_ROWS_MAX / Math.max(1, numbers.size)))
    const streams = JSON.stringify([...numbers.keys()])
    const last = this.#lastChunk(range)
    const { span } = range
    for (let chunk = this.#firstChunk(range); chunk <= last; chunk += width) {
      const rows = this.#database
        .prepare(
          'SELECT stream, chunk, runs FROM stream_chunk WHERE stream IN (SELECT value FROM json_each(?)) AND chunk >= ? AND chunk < ? AND last_time_us >= ? AND first_time_us <= ?',
        )
        .all(streams, chunk, Math.min(chunk + width, last + 1), span.fromUs, span.toUs) as IndexRow[]
      const stretches: Stretch[] = []
      for (const row of rows)
        for (const run of decodeRuns(row.chunk, row.runs)) {
          if (run.entry < range.entries.from || run.entry > range.entries.to || run.entry >= range.size) continue
          if (run.lastTimeUs >= span.fromUs && run.firstTimeUs <= span.toUs)
            stretches.push({ stream: numbers.get(row.stream) as StreamId, ...run })
        }
      yield* byEntry(stretches)
    }
    yield* this.#tail(range)
  }

  /** Batches of the chunk that is not full, which no index row stands for yet. */
  *#tail({ size, streams, span, entries }: Range): Generator<Batch> {
    const from = Math.max((this.#newestChunk() + 1) * CHUNK_ENTRIES, entries.from)
    const batches = this.#database
      .prepare(
        'SELECT idx FROM entry WHERE idx >= ? AND idx < ? AND kind = 0 AND last_time_us >= ? AND first_time_us <= ? ORDER BY idx',
      )
      .pluck()
      .all(from, Math.min(size, entries.to + 1), span.fromUs, span.toUs) as number[]
    for (const entry of batches) {
      const stretches: Stretch[] = []
      let position = 0
      for (const { stream, firstSequence, count } of this.#header(entry).runs) {
        if (streams.has(stream)) stretches.push({ stream, entry, position, firstSequence, count })
        position += count
      }
      if (stretches.length > 0) yield { entry, stretches }
    }
  }

  #header(entry: LeafIndex): BatchHeader {
    return decodeBatchHeader(parseEntry(this.#entries.require(entry).bytes).payload)
  }

  #newest: number | null = null
  /** As of the first question: what is closed later is still read as what it was, from its entries. */
  #newestChunk(): number {
    this.#newest ??=
      (this.#database.prepare('SELECT max(chunk) FROM stream_chunk').pluck().get() as number | null) ?? -1
    return this.#newest
  }

  #firstChunk({ entries }: Range): number {
    return Math.floor(entries.from / CHUNK_ENTRIES)
  }

  #lastChunk({ entries, size }: Range): number {
    return Math.min(this.#newestChunk(), Math.floor(Math.min(entries.to, size - 1) / CHUNK_ENTRIES))
  }

  /** Row ids of the streams that have any. */
  #numbers({ streams }: Range): Map<number, StreamId> {
    const found = new Map<number, StreamId>()
    for (const stream of streams.keys()) {
      const id = this.#database
        .prepare('SELECT id FROM stream WHERE name = ?')
        .pluck()
        .get(Buffer.from(idBytes(stream))) as number | undefined
      if (id !== undefined) found.set(id, stream)
    }
    return found
  }

  #placed: Placed | null = null
  #sealed: { entry: LeafIndex; timeUs: number } | null = null
  /** Rows come in ledger order, so the last place and the last seal answer almost every question. */
  #place(entry: LeafIndex): Placed {
    if (this.#placed?.entry === entry) return this.#placed
    const { actor, timeUs } = this.#entries.require(entry)
    if (this.#sealed === null || entry > this.#sealed.entry || this.#placed === null || entry < this.#placed.entry) {
      const seal = this.#database
        .prepare('SELECT idx AS entry, time_us AS timeUs FROM seal WHERE idx >= ? ORDER BY idx LIMIT 1')
        .get(entry) as { entry: LeafIndex; timeUs: number } | undefined
      if (seal === undefined) throw new LedgerError('not_sealed_yet', `no seal covers entry ${entry} yet`)
      this.#sealed = seal
    }
    this.#placed = { entry, actor, closedAtUs: timeUs, sealedAtUs: this.#sealed.timeUs }
    return this.#placed
  }
}

interface IndexRow {
  stream: number
  chunk: number
  runs: Uint8Array
}

interface Batch {
  entry: LeafIndex
  stretches: Stretch[]
}

function* byEntry(stretches: Stretch[]): Generator<Batch> {
  stretches.sort((a, b) => a.entry - b.entry || a.position - b.position)
  let from = 0
  while (from < stretches.length) {
    const { entry } = stretches[from] as Stretch
    let to = from + 1
    while (to < stretches.length && stretches[to]?.entry === entry) to += 1
    yield { entry, stretches: stretches.slice(from, to) }
    from = to
  }
}

function overlaps(spans: readonly SequenceSpan[] | null | undefined, { firstSequence }: Stretch): boolean {
  if (spans === undefined) return false
  // Sequences of a stretch may skip, so only its beginning is known without opening it.
  return spans === null || spans.some(([, to]) => firstSequence <= to)
}
