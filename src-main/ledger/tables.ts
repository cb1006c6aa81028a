import type { Database, Statement } from 'better-sqlite3'
import type { FullTile } from './log-tree.ts'
import type { LeafIndex } from '../wire/ids.ts'
import type { Gap } from '../record/statements.ts'
import { ENTRY_KIND } from './effects.ts'
import type { AssetGapRow, EffectSink, EntryRow, HistoryRow, HistoryRunRow } from './effects.ts'
import type { RefusalRow, SealEffects, StateRow, StreamCursorRow } from './effects.ts'
import { Names } from './names.ts'
import type { PayloadStore } from './payload-store.ts'
import type { ChunkRow } from './run-index.ts'

/** Writes what applying leaves behind into the database, inside the caller's transaction. */
export class Tables implements EffectSink {
  readonly actors: Names
  readonly incarnations: Names
  readonly streams: Names
  readonly #payloads: PayloadStore
  readonly #statements: ReturnType<typeof prepare>
  readonly #histories = new Map<string, number>()

  constructor(database: Database, payloads: PayloadStore) {
    this.actors = new Names(database, 'actor')
    this.incarnations = new Names(database, 'incarnation')
    this.streams = new Names(database, 'stream')
    this.#payloads = payloads
    this.#statements = prepare(database)
  }

  entry(row: EntryRow): void {
    const payload = row.payloadHash === null ? null : this.#payloads.accept(row.payloadHash)
    this.#statements.entry.run(
      row.index,
      ENTRY_KIND[row.kind],
      this.actors.of(row.actor),
      row.incarnation === null ? null : this.incarnations.of(row.incarnation),
      row.sequence,
      row.timeUs,
      row.firstTimeUs,
      row.lastTimeUs,
      row.readings,
      payload,
      row.type,
      row.marks,
      row.cameTo,
      findingsText(row.findings),
      row.bytes,
    )
    for (const asset of new Set(row.assets)) this.#statements.entryAsset.run(asset, row.index)
  }

  tiles(full: readonly FullTile[]): void {
    for (const tile of full) this.#statements.tile.run(tile.level, tile.n, tile.hashes)
  }

  refusal(row: RefusalRow): void {
    const { size, second, actor, incarnation, sequence, statementHash, reason, entry } = row
    const place = [this.actors.of(actor), this.incarnations.of(incarnation), sequence]
    // A peer may propose the same second content again and again: it is evidence once.
    if (second && this.#statements.sameRefusal.get(...place, statementHash) !== undefined) return
    this.#statements.refusal.run(size, second ? 1 : 0, ...place, statementHash, reason, entry)
  }

  historyRun(row: HistoryRunRow): void {
    this.#statements.historyRun.run(
      this.#history(row.asset, this.streams.of(row.stream)),
      row.position,
      row.entry,
      row.batchPosition,
      row.leaves,
      row.lastSequence,
      row.lastTimeUs,
      row.newestTimeUs,
      row.frontier,
    )
  }

  gaps(entry: LeafIndex, gaps: readonly Gap[]): void {
    for (const [number, { stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason }] of gaps.entries()) {
      const place = [this.streams.of(stream), entry, number]
      this.#statements.gap.run(...place, fromSequence, toSequence, fromTimeUs, toTimeUs, reason)
    }
  }

  assetGap({ asset, stream, number, entry, gap }: AssetGapRow): void {
    this.#statements.assetGap.run(asset, this.streams.of(stream), number, entry, gap)
  }

  chunk(rows: readonly ChunkRow[]): void {
    for (const row of rows) {
      const { chunk, firstTimeUs, lastTimeUs, readings, numbers, minimum, minimumUs, maximum, maximumUs, runs } = row
      const stream = this.streams.of(row.stream)
      this.#statements.chunk.run(
        stream,
        chunk,
        firstTimeUs,
        lastTimeUs,
        readings,
        numbers,
        minimum,
        minimumUs,
        maximum,
        maximumUs,
        runs,
      )
    }
  }

  sealed({ seal, state, streams, histories, assetEvents }: SealEffects): void {
    const statements = this.#statements
    const {
      height,
      index,
      timeUs,
      treeSize,
      firstEntry,
      readings,
      stateRoot,
      stateRootAfter,
      packsHashAfter,
      logRoot,
    } = seal
    statements.seal.run(
      height,
      index,
      timeUs,
      treeSize,
      firstEntry,
      readings,
      stateRoot,
      stateRootAfter,
      packsHashAfter,
      logRoot,
    )
    for (const row of state) this.#stateRow(height, row)
    for (const row of streams) this.#cursorRow(row)
    for (const row of histories) this.#historyRow(row)
    for (const { asset, size, frontier } of assetEvents) statements.assetEvents.run(asset, size, frontier)
  }

  #stateRow(height: number, { stateKey, treeKey, value }: StateRow): void {
    const known = this.#statements.findKey.get(treeKey) as number | undefined
    const key = known ?? Number(this.#statements.insertKey.run(treeKey, stateKey).lastInsertRowid)
    this.#statements.stateRow.run(key, height, value)
  }

  #cursorRow({ stream, next, lastTimeUs, entry, opened }: StreamCursorRow): void {
    const id = this.streams.of(stream)
    if (opened === null) this.#statements.moveCursor.run(next, lastTimeUs, entry, id)
    else this.#statements.openCursor.run(id, next, lastTimeUs, entry, opened.entry, opened.sequence)
  }

  #historyRow({ asset, stream, size, frontier, span, entry }: HistoryRow): void {
    const id = this.#history(asset, this.streams.of(stream))
    const { firstSequence, lastSequence, firstTimeUs, lastTimeUs, newestTimeUs } = span
    this.#statements.history.run(
      size,
      frontier,
      entry,
      firstSequence,
      lastSequence,
      firstTimeUs,
      lastTimeUs,
      newestTimeUs,
      id,
    )
  }

  #history(asset: string, stream: number): number {
    const name = `${stream}\u0000${asset}`
    let id = this.#histories.get(name)
    if (id !== undefined) return id
    const found = this.#statements.findHistory.get(asset, stream) as number | undefined
    id = found ?? Number(this.#statements.insertHistory.run(asset, stream, new Uint8Array(8)).lastInsertRowid)
    this.#histories.set(name, id)
    return id
  }
}

/** How the findings of an event stand in its row; no code holds a blank. */
export function findingsText(findings: readonly string[]): string | null {
  return findings.length === 0 ? null : findings.join(' ')
}

/** The way back. */
export function findingsIn(stored: string | null): readonly string[] {
  return stored === null ? [] : stored.split(' ')
}

function prepare(database: Database) {
  const sql = (text: string): Statement => database.prepare(text)
  return {
    entry: sql(
      'INSERT INTO entry (idx, kind, actor, incarnation, sequence, time_us, first_time_us, last_time_us, readings, payload, type, marks, came_to, findings, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    entryAsset: sql('INSERT INTO entry_asset (asset, idx) VALUES (?, ?)'),
    tile: sql('INSERT INTO tile (level, n, hashes) VALUES (?, ?, ?)'),
    refusal: sql(
      'INSERT INTO refusal (size, second, actor, incarnation, sequence, hash, reason, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    sameRefusal: sql('SELECT 1 FROM refusal WHERE actor = ? AND incarnation = ? AND sequence = ? AND hash = ?'),
    historyRun: sql(
      'INSERT INTO history_run (history, position, entry, batch_position, leaves, last_sequence, last_time_us, newest_time_us, frontier) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    gap: sql(
      'INSERT INTO gap (stream, entry, number, from_sequence, to_sequence, from_time_us, to_time_us, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    assetGap: sql('INSERT INTO asset_gap (asset, stream, number, entry, gap) VALUES (?, ?, ?, ?, ?)'),
    chunk: sql(
      'INSERT INTO stream_chunk (stream, chunk, first_time_us, last_time_us, readings, numbers, minimum, minimum_us, maximum, maximum_us, runs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    seal: sql(
      'INSERT INTO seal (height, idx, time_us, tree_size, first_entry, readings, state_root, state_root_after, packs_hash_after, log_root) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    findKey: sql('SELECT id FROM state_key WHERE tree_key = ?').pluck(),
    insertKey: sql('INSERT INTO state_key (tree_key, state_key) VALUES (?, ?)'),
    stateRow: sql('INSERT INTO state_row (key, from_height, value) VALUES (?, ?, ?)'),
    openCursor: sql(
      'INSERT INTO stream_cursor (stream, next_sequence, last_time_us, entry, opened, opened_sequence) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    moveCursor: sql('UPDATE stream_cursor SET next_sequence = ?, last_time_us = ?, entry = ? WHERE stream = ?'),
    assetEvents: sql('INSERT OR REPLACE INTO asset_events (asset, size, frontier) VALUES (?, ?, ?)'),
    findHistory: sql('SELECT id FROM history WHERE asset = ? AND stream = ?').pluck(),
    insertHistory: sql('INSERT INTO history (asset, stream, size, frontier) VALUES (?, ?, 0, ?)'),
    history: sql(
      'UPDATE history SET size = ?, frontier = ?, entry = ?, first_sequence = ?, last_sequence = ?, first_time_us = ?, last_time_us = ?, newest_time_us = ? WHERE id = ?',
    ),
  }
}
