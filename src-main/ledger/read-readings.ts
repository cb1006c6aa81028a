/**
 * Readings by stream and source time, from the reading index and the payloads it points at. A chart never opens more payloads
 * than READ_BATCHES_MAX: beyond that it draws what the index knows of a chunk, its extremes at their own times.
 */
import type { Database } from 'better-sqlite3'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import type { Reading } from '../wire/reading.ts'
import { readRow } from '../wire/rows.ts'
import type { Gap } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { EntryReader, ReadBatch } from './read-entries.ts'
import { decodeRuns, rowNumber, rowTimeUs } from './run-index.ts'
import type { ChunkRow, Run } from './run-index.ts'
import { TailIndex } from './tail-index.ts'

/** A reading and its place: ledger index of its batch, and position in it from 0. */
export interface PlacedReading extends Reading {
  entry: LeafIndex
  position: number
}

/** Time of its first reading, lowest, highest, count. */
export type SeriesBucket = [timeUs: number, minimum: number, maximum: number, readings: number]

export interface ReadSeries {
  stream: StreamId
  /** Only buckets with good numbers, ascending. */
  buckets: SeriesBucket[]
  /** [from, to, reason], in source time, not cut to the span. */
  gaps: [fromUs: number, toUs: number, reason: string][]
  readings: number
}

/** A gap and the index of the batch that signed it. */
export interface SignedGap extends Gap {
  entry: LeafIndex
}

/** A span of source time, both ends inclusive. */
export interface Span {
  fromUs: number
  toUs: number
}

/** Entries `from` to `to`, both included. */
export interface EntrySpan {
  from: LeafIndex
  to: LeafIndex
}

export const READINGS_MAX = 10_000
export const BUCKETS_MAX = 4_000
const READ_BATCHES_MAX = 2_000
const GAPS_MAX = 10_000

type ChunkRecord = Omit<ChunkRow, 'stream'>

const CHUNKS = `
  SELECT chunk, first_time_us AS firstTimeUs, last_time_us AS lastTimeUs, readings, numbers, minimum, minimum_us AS minimumUs,
    maximum, maximum_us AS maximumUs, runs
  FROM stream_chunk WHERE stream = ?`

export class ReadingReader {
  readonly #database: Database
  readonly #entries: EntryReader
  readonly #tail: TailIndex

  constructor(database: Database, entries: EntryReader) {
    this.#database = database
    this.#entries = entries
    this.#tail = new TailIndex(database, entries)
  }

  /** Ledger index of the newest batch that holds readings of a stream. */
  newestEntry(stream: StreamId): LeafIndex | null {
    return this.newestRun(stream)?.entry ?? null
  }

  /** Source time of the newest readings of a stream; null where it has none. */
  newestTimeUs(stream: StreamId): number | null {
    return this.newestRun(stream)?.lastTimeUs ?? null
  }

  /**
   * Readings in ledger order, which is that of their sequences, whose source time lies in the span; `more` when `limit` (at most
   * READINGS_MAX) cut them off.
   */
  readings(stream: StreamId, span: Span, limit: number): { readings: PlacedReading[]; more: boolean } {
    const most = Math.min(limit, READINGS_MAX)
    const found: PlacedReading[] = []
    for (const chunk of this.#chunks(stream, span)) {
      for (const run of decodeRuns(chunk.chunk, chunk.runs)) {
        if (!overlaps(run, span)) continue
        this.#take(found, run, span, most + 1)
        if (found.length > most) return { readings: found.slice(0, most), more: true }
      }
    }
    return { readings: found, more: false }
  }

  /** Lowest and highest good number per bucket of the span. */
  series(stream: StreamId, span: Span, buckets: number): ReadSeries {
    const plot = new Plot(span, Math.min(Math.max(buckets, 1), BUCKETS_MAX))
    let budget = READ_BATCHES_MAX
    for (const chunk of this.#chunks(stream, span)) {
      const runs = decodeRuns(chunk.chunk, chunk.runs).filter((run) => overlaps(run, span))
      const narrow =
        chunk.lastTimeUs - chunk.firstTimeUs <= plot.widthUs &&
        chunk.firstTimeUs >= span.fromUs &&
        chunk.lastTimeUs <= span.toUs
      if (narrow || runs.length > budget) plot.addChunk(chunk)
      else {
        budget -= runs.length
        for (const run of runs) this.#plotRun(plot, run)
      }
    }
    const gaps = this.gaps(stream, span).map(({ fromTimeUs, toTimeUs, reason }): [number, number, string] => [
      fromTimeUs,
      toTimeUs,
      reason,
    ])
    return { stream, buckets: plot.take(), gaps, readings: plot.readings }
  }

  /** Signed gaps of a stream that touch the span, each with the batch entry that signed it. */
  gaps(stream: StreamId, span: Span): SignedGap[] {
    const rows = this.#database
      .prepare(
        `SELECT entry, from_sequence AS fromSequence, to_sequence AS toSequence, from_time_us AS fromTimeUs, to_time_us AS toTimeUs, reason FROM gap
         WHERE stream = (SELECT id FROM stream WHERE name = ?) AND to_time_us >= ? AND from_time_us <= ? ORDER BY from_time_us LIMIT ?`,
      )
      .all(Buffer.from(stream, 'hex'), span.fromUs, span.toUs, GAPS_MAX) as Omit<SignedGap, 'stream'>[]
    return rows.map((row) => ({ stream, ...row }))
  }

  /** The newest readings of a stream that stand in one batch; null where it has none. */
  newestRun(stream: StreamId): Run | null {
    const tail = this.#tail.row(stream)
    const stored =
      tail ??
      (this.#database
        .prepare(
          `${CHUNKS.replace('stream = ?', 'stream = (SELECT id FROM stream WHERE name = ?)')} ORDER BY chunk DESC LIMIT 1`,
        )
        .get(Buffer.from(stream, 'hex')) as ChunkRecord | undefined)
    if (stored === undefined) return null
    return decodeRuns(stored.chunk, stored.runs).at(-1) ?? null
  }

  #plotRun(plot: Plot, run: Run): void {
    let batch: ReadBatch
    try {
      batch = this.#entries.batch(run.entry)
    } catch (cause) {
      // A damaged batch leaves a hole in the chart; its own page and fsck say why.
      if (cause instanceof LedgerError && cause.code === 'payload_damaged') return
      throw cause
    }
    for (let row = run.position; row < run.position + run.count; row++)
      plot.add(rowTimeUs(batch.rows, row), rowNumber(batch.rows, row))
  }

  #take(found: PlacedReading[], run: Run, span: Span, most: number): void {
    const batch = this.#entries.batch(run.entry)
    for (let row = run.position; row < run.position + run.count && found.length < most; row++) {
      const time = rowTimeUs(batch.rows, row)
      if (time >= span.fromUs && time <= span.toUs)
        found.push({ ...readRow(batch.opened, row), entry: run.entry, position: row })
    }
  }

  /** Chunks that touch the span, the unfinished one included. */
  *#chunks(stream: StreamId, span: Span): Generator<ChunkRecord> {
    const tail = this.#tail.row(stream)
    const sql = `${CHUNKS} AND last_time_us >= ? AND first_time_us <= ? ORDER BY chunk`
    const id = this.#database
      .prepare('SELECT id FROM stream WHERE name = ?')
      .pluck()
      .get(Buffer.from(stream, 'hex')) as number | undefined
    if (id !== undefined) {
      for (const row of this.#database.prepare(sql).all(id, span.fromUs, span.toUs) as ChunkRecord[]) {
        // The writer may have closed the chunk since the tail was read: its readings count once.
        if (tail === null || row.chunk !== tail.chunk) yield row
      }
    }
    if (tail !== null && overlaps(tail, span)) yield tail
  }
}

/** Buckets of one chart. */
class Plot {
  readonly widthUs: number
  readings = 0
  readonly #span: Span
  readonly #buckets = new Map<number, SeriesBucket>()

  constructor(span: Span, buckets: number) {
    this.#span = span
    this.widthUs = Math.max(1, (span.toUs - span.fromUs) / buckets)
  }

  add(timeUs: number, value: number | null): void {
    if (timeUs < this.#span.fromUs || timeUs > this.#span.toUs) return
    this.readings += 1
    if (value !== null) this.#widen(timeUs, value, 1)
  }

  /** A chunk no wider than a bucket: its extremes stand where they were. */
  addChunk(chunk: ChunkRecord): void {
    const { minimum, minimumUs, maximum, maximumUs, numbers, readings } = chunk
    this.readings += readings
    if (minimum === null || minimumUs === null || maximum === null || maximumUs === null) return
    this.#widen(minimumUs, minimum, numbers - 1)
    this.#widen(maximumUs, maximum, 1)
  }

  take(): SeriesBucket[] {
    return [...this.#buckets.values()].sort((a, b) => a[0] - b[0])
  }

  #widen(timeUs: number, value: number, count: number): void {
    if (timeUs < this.#span.fromUs || timeUs > this.#span.toUs) return
    const number = Math.floor((timeUs - this.#span.fromUs) / this.widthUs)
    const bucket = this.#buckets.get(number)
    if (bucket === undefined) {
      this.#buckets.set(number, [timeUs, value, value, count])
      return
    }
    bucket[0] = Math.min(bucket[0], timeUs)
    bucket[1] = Math.min(bucket[1], value)
    bucket[2] = Math.max(bucket[2], value)
    bucket[3] += count
  }
}

function overlaps(run: { firstTimeUs: number; lastTimeUs: number }, span: Span): boolean {
  return run.lastTimeUs >= span.fromUs && run.firstTimeUs <= span.toUs
}
