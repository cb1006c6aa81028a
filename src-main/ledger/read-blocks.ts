import type { Database } from 'better-sqlite3'
import type { LeafIndex, TreeSize } from '../wire/ids.ts'
import { readCheckpoint } from './checkpoints.ts'
import type { Span } from './read-readings.ts'

/** What a seal closed: the entries from `firstEntry` up to and including the seal. */
export interface Block {
  height: number
  timeUs: number
  sealEntry: LeafIndex
  firstEntry: LeafIndex
  entries: number
  readings: number
  /** Key names on the checkpoint right after the seal, the log's own left out. */
  cosigners: string[]
}

/** A seal as it stands in the tables. `stateRoot` is of the state after its first T entries, which the seal before it closed. */
export interface ReadSeal {
  height: number
  index: LeafIndex
  timeUs: number
  treeSize: TreeSize
  stateRoot: Uint8Array
  stateRootAfter: Uint8Array
  logRoot: Uint8Array
}

interface BlockRecord {
  height: number
  idx: number
  timeUs: number
  firstEntry: number
  readings: number
  text: string | null
}

const BLOCKS_MAX = 500
const SEALS_MAX = 2_000
/** Gap rows read for one answer. */
const GAPS_MAX = 10_000

const BLOCKS =
  'SELECT height, seal.idx AS idx, time_us AS timeUs, first_entry AS firstEntry, readings, text FROM seal LEFT JOIN checkpoint ON checkpoint.size = seal.idx + 1'
const SEALS =
  'SELECT height, idx AS "index", time_us AS timeUs, tree_size AS treeSize, state_root AS stateRoot, state_root_after AS stateRootAfter, log_root AS logRoot FROM seal'

/** Blocks, seals and what happened over a span of ledger time. */
export class BlockReader {
  readonly #database: Database
  readonly #origin: string

  constructor(database: Database, origin: string) {
    this.#database = database
    this.#origin = origin
  }

  /** Newest first, below height `before`. */
  blocks(limit: number, before = Number.MAX_SAFE_INTEGER): { blocks: Block[]; total: number } {
    const rows = this.#database
      .prepare(`${BLOCKS} WHERE height < ? ORDER BY height DESC LIMIT ?`)
      .all(before, Math.min(limit, BLOCKS_MAX))
    return { blocks: (rows as BlockRecord[]).map((row) => this.#block(row)), total: this.newestSeal().height + 1 }
  }

  block(height: number): Block | null {
    const row = this.#database.prepare(`${BLOCKS} WHERE height = ?`).get(height) as BlockRecord | undefined
    return row === undefined ? null : this.#block(row)
  }

  /** Blocks whose seal lies at entry `index` or beyond, oldest first: what a live feed has to catch up with. */
  blocksFrom(index: LeafIndex, limit: number): Block[] {
    const rows = this.#database
      .prepare(`${BLOCKS} WHERE seal.idx >= ? ORDER BY height LIMIT ?`)
      .all(index, Math.min(limit, BLOCKS_MAX))
    return (rows as BlockRecord[]).map((row) => this.#block(row))
  }

  /** The block an entry belongs to; null while no seal has closed it. */
  blockOf(index: LeafIndex): Block | null {
    return this.blocksFrom(index, 1)[0] ?? null
  }

  seal(height: number): ReadSeal | null {
    return (this.#database.prepare(`${SEALS} WHERE height = ?`).get(height) as ReadSeal | undefined) ?? null
  }

  newestSeal(): ReadSeal {
    return this.#database.prepare(`${SEALS} ORDER BY height DESC LIMIT 1`).get() as ReadSeal
  }

  /** Newest seal whose entry lies below a tree size. */
  sealBelow(size: TreeSize): ReadSeal | null {
    return (
      (this.#database.prepare(`${SEALS} WHERE idx < ? ORDER BY idx DESC LIMIT 1`).get(size) as ReadSeal | undefined) ??
      null
    )
  }

  /**
   * Readings recorded per bucket of the span (by the time they were sealed into a batch), the ledger times of its seals, thinned
   * out evenly to at most 2,000, and the stretches in which some stream has a signed gap.
   */
  activity(
    span: Span,
    buckets: number,
  ): { readings: number[]; seals: number[]; blocks: number; gaps: [number, number][] } {
    const width = Math.max(1, Math.ceil((span.toUs - span.fromUs + 1) / buckets))
    const counts = this.#database
      .prepare(
        'SELECT CAST((time_us - ?) / ? AS INTEGER) AS bucket, sum(readings) AS readings FROM entry WHERE time_us >= ? AND time_us <= ? GROUP BY 1',
      )
      .all(span.fromUs, width, span.fromUs, span.toUs) as { bucket: number; readings: number }[]
    const readings = Array.from({ length: buckets }, () => 0)
    for (const { bucket, readings: count } of counts) if (bucket < buckets) readings[bucket] = count
    const blocks = this.#database
      .prepare('SELECT count(*) FROM seal WHERE time_us >= ? AND time_us <= ?')
      .pluck()
      .get(span.fromUs, span.toUs) as number
    const every = Math.max(1, Math.ceil(blocks / SEALS_MAX))
    const seals = this.#database
      .prepare(
        'SELECT time_us FROM seal WHERE time_us >= ? AND time_us <= ? AND height % ? = 0 ORDER BY time_us LIMIT ?',
      )
      .pluck()
      .all(span.fromUs, span.toUs, every, SEALS_MAX) as number[]
    return { readings, seals, blocks, gaps: this.#gaps(span) }
  }

  /** Gaps of all streams, those that touch as one. */
  #gaps(span: Span): [number, number][] {
    const rows = this.#database
      .prepare(
        'SELECT from_time_us AS fromUs, to_time_us AS toUs FROM gap WHERE to_time_us >= ? AND from_time_us <= ? ORDER BY from_time_us LIMIT ?',
      )
      .all(span.fromUs, span.toUs, GAPS_MAX) as Span[]
    const merged: [number, number][] = []
    for (const { fromUs, toUs } of rows) {
      const last = merged.at(-1)
      if (last !== undefined && fromUs <= last[1]) last[1] = Math.max(last[1], toUs)
      else merged.push([fromUs, toUs])
    }
    return merged
  }

  #block({ height, idx, timeUs, firstEntry, readings, text }: BlockRecord): Block {
    return {
      height,
      timeUs,
      sealEntry: idx,
      firstEntry,
      entries: idx - firstEntry + 1,
      readings,
      cosigners: text === null ? [] : this.#cosigners(text),
    }
  }

  #cosigners(text: string): string[] {
    const names = readCheckpoint(text).note.signatures.map(({ name }) => name)
    return [...new Set(names.filter((name) => name !== this.#origin))]
  }
}
