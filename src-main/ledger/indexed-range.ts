/** The batches of a range out of the index: tables that follow from the entries. */
import type { Database } from 'better-sqlite3'
import { parseEntry } from '../wire/entry.ts'
import { idBytes } from '../wire/ids.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import type { Gap } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { EntryReader } from './read-entries.ts'
import { stretchesOf } from './read-range.ts'
import type { Placed, Range, RangeBatch, Stretch } from './read-range.ts'
import { GapWindows } from './read-range-gaps.ts'
import type { Span } from './read-readings.ts'
import { CHUNK_ENTRIES, decodeRuns, rowTimeUs } from './run-index.ts'

/** Index rows that one question may take: a row of a busy stream has a kilobyte or two. */
const INDEX_ROWS_MAX = 4_096

/** Stretches of one batch. */
interface Indexed {
  entry: LeafIndex
  stretches: Stretch[]
}

export class IndexedRange {
  readonly #database: Database
  readonly #entries: EntryReader

  constructor(database: Database, entries: EntryReader) {
    this.#database = database
    this.#entries = entries
  }

  /** Throws LedgerError where the index itself is damaged: a range must not be given with a hole that nobody sees. */
  *batches(range: Range): Generator<RangeBatch> {
    const signed = new GapWindows(this.#database, { ...range, streams: this.#numbers(range) }).rows()
    let next = signed.next()
    for (const { entry, stretches } of this.#stretches(range)) {
      for (; next.done !== true && next.value.entry < entry; next = signed.next())
        yield this.#batch(next.value.entry, [], next.value.gaps)
      const here = next.done !== true && next.value.entry === entry ? next.value.gaps : []
      if (here.length > 0) next = signed.next()
      yield this.#batch(entry, stretches, here)
    }
    for (; next.done !== true; next = signed.next()) yield this.#batch(next.value.entry, [], next.value.gaps)
  }

  /** How many readings about: of stretches that lie across an end of the span, their share of it. */
  estimate(range: Range): number {
    const { span } = range
    const { from, to } = within(range)
    const full = Math.min(to, this.#indexedEnd())
    const share =
      'readings * max(0.0, min(1.0, (min(last_time_us, ?) - max(first_time_us, ?) + 1.0) / (last_time_us - first_time_us + 1.0)))'
    const indexed = this.#database
      .prepare(
        `SELECT sum(${share}) FROM stream_chunk WHERE stream IN (SELECT value FROM json_each(?)) AND chunk >= ? AND chunk < ? AND last_time_us >= ? AND first_time_us <= ?`,
      )
      .pluck()
      .get(
        span.toUs,
        span.fromUs,
        JSON.stringify([...this.#numbers(range).keys()]),
        Math.floor(from / CHUNK_ENTRIES),
        Math.ceil(full / CHUNK_ENTRIES),
        span.fromUs,
        span.toUs,
      ) as number | null
    let open = 0
    for (const { stretches } of this.#listed(range, Math.max(full, from), to))
      for (const { count } of stretches) open += count
    return Math.round((indexed ?? 0) + open)
  }

  /** Earliest and latest source time among the readings of the range; null where it has none. Reads what no index row stands for. */
  extent(range: Range): Span | null {
    const { to } = within(range)
    const indexed = this.#database
      .prepare(
        'SELECT min(first_time_us) AS fromUs, max(last_time_us) AS toUs FROM stream_chunk WHERE stream IN (SELECT value FROM json_each(?))',
      )
      .get(JSON.stringify([...this.#numbers(range).keys()])) as { fromUs: number | null; toUs: number | null }
    let [fromUs, toUs] = [indexed.fromUs ?? Infinity, indexed.toUs ?? -Infinity]
    for (const { entry, stretches } of this.#listed(range, Math.min(this.#indexedEnd(), to), to)) {
      const { rows } = this.#entries.batch(entry)
      for (const { position, count } of stretches)
        for (let row = position; row < position + count; row++) {
          const timeUs = rowTimeUs(rows, row)
          fromUs = Math.min(fromUs, timeUs)
          toUs = Math.max(toUs, timeUs)
        }
    }
    return fromUs > toUs ? null : { fromUs, toUs }
  }

  #batch(entry: LeafIndex, stretches: Stretch[], gaps: readonly Gap[]): RangeBatch {
    return { entry, stretches, gaps, place: () => this.#place(entry), open: () => this.#entries.batch(entry) }
  }

  /** Of what is barred the headers say it, as to whoever has nothing but them: it is never opened. */
  *#stretches(range: Range): Generator<Indexed> {
    const { from, to } = within(range)
    const inside = (entry: number): number => Math.min(Math.max(entry, from), to)
    const first = inside(range.barred?.from ?? to)
    const after = inside(range.barred === null ? to : range.barred.to + 1)
    yield* this.#unbarred(range, from, first)
    yield* this.#listed(range, first, after)
    yield* this.#unbarred(range, after, to)
  }

  *#unbarred(range: Range, from: LeafIndex, to: LeafIndex): Generator<Indexed> {
    const full = this.#indexedEnd()
    yield* this.#indexed(range, from, Math.min(to, full))
    yield* this.#listed(range, Math.max(from, full), to)
  }

  /** From `from` to before `to`, which lies in full chunks. */
  *#indexed(range: Range, from: LeafIndex, to: LeafIndex): Generator<Indexed> {
    const numbers = this.#numbers(range)
    const width = Math.max(1, Math.floor(INDEX_ROWS_MAX / Math.max(1, numbers.size)))
    const streams = JSON.stringify([...numbers.keys()])
    const end = Math.ceil(to / CHUNK_ENTRIES)
    const { span } = range
    for (let chunk = Math.floor(from / CHUNK_ENTRIES); from < to && chunk < end; chunk += width) {
      const rows = this.#database
        .prepare(
          'SELECT stream, chunk, runs FROM stream_chunk WHERE stream IN (SELECT value FROM json_each(?)) AND chunk >= ? AND chunk < ? AND last_time_us >= ? AND first_time_us <= ?',
        )
        .all(streams, chunk, Math.min(chunk + width, end), span.fromUs, span.toUs) as IndexRow[]
      const stretches: (Stretch & { entry: LeafIndex })[] = []
      for (const row of rows)
        for (const run of decodeRuns(row.chunk, row.runs)) {
          if (run.entry < from || run.entry >= to) continue
          if (run.lastTimeUs >= span.fromUs && run.firstTimeUs <= span.toUs)
            stretches.push({ stream: numbers.get(row.stream) as StreamId, ...run })
        }
      yield* byEntry(stretches)
    }
  }

  /** The same by the headers of the batches; so is the chunk read that is not full, which no index row stands for yet. */
  *#listed({ streams, span }: Range, from: LeafIndex, to: LeafIndex): Generator<Indexed> {
    if (from >= to) return
    const batches = this.#database
      .prepare(
        'SELECT idx FROM entry WHERE idx >= ? AND idx < ? AND kind = 0 AND last_time_us >= ? AND first_time_us <= ? ORDER BY idx',
      )
      .pluck()
      .all(from, to, span.fromUs, span.toUs) as number[]
    for (const entry of batches) {
      const { runs } = decodeBatchHeader(parseEntry(this.#entries.require(entry).bytes).payload)
      const stretches = stretchesOf(runs, streams)
      if (stretches.length > 0) yield { entry, stretches }
    }
  }

  #end: number | null = null
  /** As of the first question: what is closed later is still read as what it was, from its entries. */
  #indexedEnd(): LeafIndex {
    const newest = (): number =>
      (this.#database.prepare('SELECT max(chunk) FROM stream_chunk').pluck().get() as number | null) ?? -1
    this.#end ??= (newest() + 1) * CHUNK_ENTRIES
    return this.#end
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

/** First entry of the range, and the one behind its last. */
function within({ entries, size }: Range): { from: LeafIndex; to: LeafIndex } {
  return { from: entries.from, to: Math.max(entries.from, Math.min(size, entries.to + 1)) }
}

function* byEntry(stretches: (Stretch & { entry: LeafIndex })[]): Generator<Indexed> {
  stretches.sort((a, b) => a.entry - b.entry || a.position - b.position)
  let from = 0
  while (from < stretches.length) {
    const { entry } = stretches[from] as Stretch & { entry: LeafIndex }
    let to = from + 1
    while (to < stretches.length && stretches[to]?.entry === entry) to += 1
    yield { entry, stretches: stretches.slice(from, to) }
    from = to
  }
}
