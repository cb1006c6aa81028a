/** Compares what applying the entries again gives with the rows that are stored. */
import type { Database, Statement } from 'better-sqlite3'
import type { FullTile } from './log-tree.ts'
import { toHex } from '../wire/bytes.ts'
import type { Gap } from '../record/statements.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import { chunkComparison } from './audit-chunks.ts'
import { comparingDerived, differs, same } from './audit-finding.ts'
import type { Comparable } from './audit-finding.ts'
import { tileComparison } from './audit-tiles.ts'
import { ENTRY_KIND } from './effects.ts'
import type {
  AssetEventsRow,
  AssetGapRow,
  EffectSink,
  EntryRow,
  HistoryRow,
  HistoryRunRow,
  RefusalRow,
  SealEffects,
  StreamCursorRow,
} from './effects.ts'
import { Names } from './names.ts'
import { findingsText } from './tables.ts'
import type { ChunkRow } from './run-index.ts'
import { nameOf } from '../record/state-view.ts'

type Row = { [column: string]: Comparable }

export class AuditSink implements EffectSink {
  readonly #actors: Names
  readonly #incarnations: Names
  readonly #streams: Names
  readonly #select: ReturnType<typeof prepare>
  readonly #compareTiles: ReturnType<typeof tileComparison>
  readonly #compareChunk: ReturnType<typeof chunkComparison>
  readonly #streamCursors = new Map<StreamId, StreamCursorRow>()
  readonly #histories = new Map<string, HistoryRow>()
  readonly #assetEvents = new Map<string, AssetEventsRow>()
  /** Entry that is being applied: the place of what is found. */
  entryIndex: LeafIndex = 0

  constructor(database: Database) {
    this.#actors = new Names(database, 'actor')
    this.#incarnations = new Names(database, 'incarnation')
    this.#streams = new Names(database, 'stream')
    this.#select = prepare(database)
    this.#compareTiles = tileComparison(database)
    this.#compareChunk = chunkComparison(database)
  }

  entry(row: EntryRow): void {
    const { index, actor, incarnation, sequence, timeUs, firstTimeUs, lastTimeUs, readings, type, marks } = row
    this.#row('the row of the entry', this.#select.entry.get(index), {
      kind: ENTRY_KIND[row.kind],
      actor: this.#actors.find(actor),
      incarnation: incarnation === null ? null : this.#incarnations.find(incarnation),
      sequence,
      time_us: timeUs,
      first_time_us: firstTimeUs,
      last_time_us: lastTimeUs,
      readings,
      type,
      marks,
      came_to: row.cameTo,
      findings: findingsText(row.findings),
    })
    same(
      index,
      'the assets under which the event is found',
      [...new Set(row.assets)].sort().join(', '),
      (this.#select.assets.all(index) as string[]).sort().join(', '),
    )
  }

  tiles(full: readonly FullTile[]): void {
    this.#compareTiles(full, this.entryIndex)
  }

  // Refusals are read from their rows; the state they leave is compared at the next seal.
  refusal(_row: RefusalRow): void {}

  historyRun(row: HistoryRunRow): void {
    const { asset, stream, position, entry, batchPosition, leaves } = row
    const what = `the history of ${asset}`
    const stored = this.#select.historyRun.get(asset, this.#streams.find(stream), position) as Row | undefined
    const storedLeaves = stored?.['leaves']
    if (stored === undefined || !(storedLeaves instanceof Uint8Array))
      differs(entry, `${what}, position ${position}`, `${leaves.length / 32} leaves`, null)
    for (let i = 0; i < leaves.length / 32; i++) {
      same(
        entry,
        `${what}, leaf ${position + i} (reading ${batchPosition + i} of the batch)`,
        leaves.subarray(32 * i, 32 * i + 32),
        storedLeaves.subarray(32 * i, 32 * i + 32),
      )
    }
    this.#row(what, stored, {
      entry,
      batch_position: batchPosition,
      length: leaves.length,
      last_sequence: row.lastSequence,
      last_time_us: row.lastTimeUs,
      newest_time_us: row.newestTimeUs,
      frontier: row.frontier,
    })
  }

  gaps(entry: LeafIndex, gaps: readonly Gap[]): void {
    for (const [number, gap] of gaps.entries()) {
      this.#row('a stored gap', this.#select.gap.get(this.#streams.find(gap.stream), entry, number), {
        from_sequence: gap.fromSequence,
        to_sequence: gap.toSequence,
        from_time_us: gap.fromTimeUs,
        to_time_us: gap.toTimeUs,
        reason: gap.reason,
      })
    }
  }

  assetGap({ asset, stream, number, entry, gap }: AssetGapRow): void {
    const stored = this.#select.assetGap.get(asset, this.#streams.find(stream), number)
    this.#row(`gap ${number} of ${asset}`, stored, { entry, gap })
  }

  chunk(rows: readonly ChunkRow[]): void {
    this.#compareChunk(rows, this.entryIndex)
  }

  sealed(effects: SealEffects): void {
    const { seal, state } = effects
    const { height } = seal
    this.#remember(effects)
    this.#row(`seal ${height}`, this.#select.seal.get(height), {
      idx: seal.index,
      time_us: seal.timeUs,
      tree_size: seal.treeSize,
      first_entry: seal.firstEntry,
      readings: seal.readings,
      state_root: seal.stateRoot,
    })
    for (const { stateKey, treeKey, value } of state) {
      const stored = this.#select.state.get(treeKey, height) as
        | { state_key: Uint8Array; value: Uint8Array | null }
        | undefined
      const what = `the state value ${toHex(stateKey)} of seal ${height}`
      if (stored === undefined) differs(seal.index, what, value, null)
      same(seal.index, `the name of ${what}`, stateKey, stored.state_key)
      same(seal.index, what, value, stored.value)
    }
    same(
      seal.index,
      `the number of state values that seal ${height} changed`,
      state.length,
      this.#select.stateCount.get(height) as number,
    )
    this.#row(`seal ${height}`, this.#select.seal.get(height), {
      state_root_after: seal.stateRootAfter,
      packs_hash_after: seal.packsHashAfter,
      log_root: seal.logRoot,
    })
  }

  /** Compares the cursor tables, which hold what the newest seal left, with what the seals gave. */
  cursors(last: LeafIndex): void {
    this.entryIndex = last
    for (const [stream, cursor] of this.#streamCursors) {
      this.#row(`the cursor of stream ${stream}`, this.#select.streamCursor.get(this.#streams.find(stream)), {
        next_sequence: cursor.next,
        last_time_us: cursor.lastTimeUs,
        entry: cursor.entry,
        opened: cursor.opened?.entry ?? null,
        opened_sequence: cursor.opened?.sequence ?? null,
      })
    }
    for (const history of this.#histories.values()) {
      const { asset, stream, size, frontier, span, entry } = history
      this.#row(`the history of ${asset}`, this.#select.history.get(asset, this.#streams.find(stream)), {
        size,
        frontier,
        entry,
        first_sequence: span.firstSequence,
        last_sequence: span.lastSequence,
        first_time_us: span.firstTimeUs,
        last_time_us: span.lastTimeUs,
        newest_time_us: span.newestTimeUs,
      })
    }
    for (const { asset, size, frontier } of this.#assetEvents.values())
      this.#row(`the events of ${asset}`, this.#select.assetEvents.get(asset), { size, frontier })
  }

  #remember({ streams, histories, assetEvents }: SealEffects): void {
    for (const row of assetEvents) this.#assetEvents.set(row.asset, row)
    for (const row of streams) {
      const opened = row.opened ?? this.#streamCursors.get(row.stream)?.opened ?? null
      this.#streamCursors.set(row.stream, { ...row, opened })
    }
    for (const row of histories) this.#histories.set(nameOf([row.asset, row.stream]), row)
  }

  #row(what: string, stored: unknown, expected: Row): void {
    if (stored === undefined) differs(this.entryIndex, what, 'a row', null)
    for (const [column, value] of Object.entries(expected))
      same(this.entryIndex, `${what}: ${column}`, value, (stored as Row)[column])
  }
}

/** The same comparisons; what they find is said to follow from the entries. */
export function derivedSink(sink: AuditSink): EffectSink {
  return {
    entry: (row) => comparingDerived(() => sink.entry(row)),
    tiles: (full) => comparingDerived(() => sink.tiles(full)),
    refusal: (row) => sink.refusal(row),
    historyRun: (row) => comparingDerived(() => sink.historyRun(row)),
    gaps: (entry, gaps) => comparingDerived(() => sink.gaps(entry, gaps)),
    assetGap: (row) => comparingDerived(() => sink.assetGap(row)),
    chunk: (rows) => comparingDerived(() => sink.chunk(rows)),
    sealed: (effects) => comparingDerived(() => sink.sealed(effects)),
  }
}

function prepare(database: Database) {
  const sql = (text: string): Statement => database.prepare(text)
  return {
    entry: sql(
      'SELECT kind, actor, incarnation, sequence, time_us, first_time_us, last_time_us, readings, type, marks, came_to, findings FROM entry WHERE idx = ?',
    ),
    assets: sql('SELECT asset FROM entry_asset WHERE idx = ?').pluck(),
    historyRun: sql(
      'SELECT *, length(leaves) AS length FROM history_run WHERE history = (SELECT id FROM history WHERE asset = ? AND stream = ?) AND position = ?',
    ),
    gap: sql(
      'SELECT from_sequence, to_sequence, from_time_us, to_time_us, reason FROM gap WHERE stream = ? AND entry = ? AND number = ?',
    ),
    assetGap: sql('SELECT entry, gap FROM asset_gap WHERE asset = ? AND stream = ? AND number = ?'),
    seal: sql('SELECT * FROM seal WHERE height = ?'),
    state: sql(
      'SELECT state_key, value FROM state_row JOIN state_key ON state_key.id = key WHERE tree_key = ? AND from_height = ?',
    ),
    streamCursor: sql('SELECT * FROM stream_cursor WHERE stream = ?'),
    history: sql('SELECT * FROM history WHERE asset = ? AND stream = ?'),
    assetEvents: sql('SELECT size, frontier FROM asset_events WHERE asset = ?'),
    stateCount: sql('SELECT count(*) FROM state_row WHERE from_height = ?').pluck(),
  }
}
