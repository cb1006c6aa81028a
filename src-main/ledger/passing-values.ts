/**
 * The values of the state that change with every batch: where streams stand, and histories. The tables keep them as the newest seal
 * left them; as of an older one they are made again from what is indexed of the batches before it.
 */
import type { Database } from 'better-sqlite3'
import { splitHashes } from './log-tree.ts'
import type { Addon } from '../../native/addon.ts'
import { Frontier } from '../proof/merkle.ts'
import { coreKeyOf, encodeCoreValue } from '../record/core-state.ts'
import type { CoreKind, CursorState, HistoryState } from '../record/core-state.ts'
import { decodeEnvelope } from '../record/envelope.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import type { BatchHeader } from '../record/statements.ts'
import { parseEntry } from '../wire/entry.ts'
import { parseStreamId } from '../wire/ids.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import { fromHex, toHex } from '../wire/bytes.ts'
import { CLOCK_AHEAD_US_MAX } from '../wire/limits.ts'
import { LedgerError } from './errors.ts'
import { EntryReader } from './read-entries.ts'
import { believedTimeUs } from './row-times.ts'
import { decodeRuns } from './run-index.ts'
import type { Run } from './run-index.ts'
import { valueBytes } from './state.ts'
import { TailIndex } from './tail-index.ts'

/** A value that a seal left, and the entry that had changed it last. */
export interface Passing<Value> {
  value: Value
  entry: LeafIndex
}

interface CursorRecord {
  id: number
  name: Uint8Array
  next: number
  lastTimeUs: number | null
  entry: number
  opened: number
  openedSequence: number
}

interface HistoryRecord extends Omit<HistoryState, 'root'> {
  id: number
  asset: string
  name: Uint8Array
  frontier: Uint8Array
  entry: number
}

interface RunRecord {
  position: number
  entry: number
  leaves: Uint8Array
  lastSequence: number
  lastTimeUs: number
  newestTimeUs: number
  frontier: Uint8Array | null
}

const CURSOR = `
  SELECT id, name, next_sequence AS next, last_time_us AS lastTimeUs, entry, opened, opened_sequence AS openedSequence
  FROM stream_cursor JOIN stream ON stream.id = stream`
const HISTORY = `
  SELECT history.id, asset, name, size, frontier, entry, first_sequence AS firstSequence, last_sequence AS lastSequence,
    first_time_us AS firstTimeUs, last_time_us AS lastTimeUs, newest_time_us AS newestTimeUs
  FROM history JOIN stream ON stream.id = stream`
const RUN = `
  SELECT position, entry, leaves, last_sequence AS lastSequence, last_time_us AS lastTimeUs, newest_time_us AS newestTimeUs, frontier
  FROM history_run`

/** Entries whose nonces and headers are kept: those of the last seconds are asked for again for each of their streams. */
const ENTRIES_KEPT = 4_096

export function isPassing(kind: string): kind is 'cursor' | 'history' {
  return kind === 'cursor' || kind === 'history'
}

export class PassingValues {
  readonly #database: Database
  readonly #entries: EntryReader
  readonly #tail: TailIndex
  readonly #nonces = new Map<LeafIndex, Uint8Array>()
  readonly #headers = new Map<LeafIndex, BatchHeader>()

  constructor(database: Database, addon: Addon) {
    this.#database = database
    this.#entries = new EntryReader(database, addon)
    this.#tail = new TailIndex(database, this.#entries)
  }

  /** Where a stream stood after entry `upTo`, which is a seal; null where it was not open yet. */
  cursor(stream: StreamId, upTo: LeafIndex): Passing<CursorState> | null {
    const row = this.#database.prepare(`${CURSOR} WHERE name = ?`).get(fromHex(stream)) as CursorRecord | undefined
    return row === undefined ? null : this.#cursorOf(row, upTo)
  }

  /** A history after entry `upTo`, which is a seal; null where it had no leaf yet. */
  history(asset: string, stream: StreamId, upTo: LeafIndex): Passing<HistoryState> | null {
    const row = this.#database.prepare(`${HISTORY} WHERE asset = ? AND name = ?`).get(asset, fromHex(stream))
    return row === undefined ? null : this.#historyOf(row as HistoryRecord, upTo)
  }

  /** State key and tree value of each of them after entry `upTo`, which is a seal. */
  *all(upTo: LeafIndex): Generator<readonly [stateKey: Uint8Array, treeValue: Uint8Array]> {
    for (const row of this.#database.prepare(CURSOR).all() as CursorRecord[]) {
      const found = this.#cursorOf(row, upTo)
      if (found !== null) yield this.#named('cursor', coreKeyOf('cursor', idOf(row.name)), found)
    }
    for (const row of this.#database.prepare(HISTORY).all() as HistoryRecord[]) {
      const found = this.#historyOf(row, upTo)
      if (found !== null) yield this.#named('history', coreKeyOf('history', [row.asset, idOf(row.name)]), found)
    }
  }

  /** CBOR [nonce, value] of one of them. */
  treeValue<K extends 'cursor' | 'history'>(
    kind: K,
    key: Uint8Array,
    { value, entry }: Passing<K extends 'cursor' ? CursorState : HistoryState>,
  ): Uint8Array {
    return valueBytes(this.#nonce(entry), key, encodeCoreValue<CoreKind>(kind, value))
  }

  #named<K extends 'cursor' | 'history'>(
    kind: K,
    key: Uint8Array,
    found: Passing<K extends 'cursor' ? CursorState : HistoryState>,
  ): readonly [Uint8Array, Uint8Array] {
    return [key, this.treeValue(kind, key, found)]
  }

  #cursorOf(row: CursorRecord, upTo: LeafIndex): Passing<CursorState> | null {
    const { next, lastTimeUs, entry, opened, openedSequence } = row
    if (opened > upTo) return null
    if (entry <= upTo) return { value: { next, lastTimeUs }, entry }
    const stream = idOf(row.name)
    const run = this.#lastRun(row.id, stream, upTo)
    const gap = this.#database
      .prepare('SELECT max(entry) FROM gap WHERE stream = ? AND entry <= ?')
      .pluck()
      .get(row.id, upTo) as number | null
    const changed = Math.max(run?.entry ?? -1, gap ?? -1)
    if (changed === -1) return { value: { next: openedSequence, lastTimeUs: null }, entry: opened }
    const value = { next: nextAfter(this.#header(changed), stream), lastTimeUs: this.#lastTimeUs(row.id, stream, run) }
    return { value, entry: changed }
  }

  /** Time of the last reading whose time can be, in this run or before it. */
  #lastTimeUs(id: number, stream: StreamId, last: Run | null): number | null {
    for (let run = last; run !== null; run = this.#lastRun(id, stream, run.entry - 1)) {
      const { sealedAtUs } = this.#header(run.entry)
      const latest = sealedAtUs + CLOCK_AHEAD_US_MAX
      if (run.endTimeUs <= latest) return run.endTimeUs
      if (run.firstTimeUs > latest) continue
      const { rows } = this.#entries.batch(run.entry)
      for (let row = run.position + run.count - 1; row >= run.position; row--) {
        const timeUs = believedTimeUs(rows, row, sealedAtUs)
        if (timeUs !== null) return timeUs
      }
    }
    return null
  }

  /** The stream's last run in entries up to `upTo`. */
  #lastRun(id: number, stream: StreamId, upTo: LeafIndex): Run | null {
    const tail = this.#tail.row(stream)
    const open = tail === null ? null : lastUpTo(decodeRuns(tail.chunk, tail.runs), upTo)
    if (open !== null) return open
    const chunks = this.#database.prepare(
      'SELECT chunk, runs FROM stream_chunk WHERE stream = ? AND chunk <= ? ORDER BY chunk DESC LIMIT 1',
    )
    for (let most = Number.MAX_SAFE_INTEGER; ;) {
      const row = chunks.get(id, most) as { chunk: number; runs: Uint8Array } | undefined
      if (row === undefined) return null
      const found = lastUpTo(decodeRuns(row.chunk, row.runs), upTo)
      if (found !== null) return found
      most = row.chunk - 1
    }
  }

  #historyOf(row: HistoryRecord, upTo: LeafIndex): Passing<HistoryState> | null {
    const { id, size, frontier, entry, firstSequence, lastSequence, firstTimeUs, lastTimeUs, newestTimeUs } = row
    if (size === 0) return null
    if (entry <= upTo) {
      const root = Frontier.fromBytes(frontier).root()
      return { value: { size, root, firstSequence, lastSequence, firstTimeUs, lastTimeUs, newestTimeUs }, entry }
    }
    const run = this.#historyRun(id, size, upTo)
    if (run === null) return null
    const tree = this.#frontier(id, run)
    const value = {
      size: tree.size,
      root: tree.root(),
      firstSequence,
      lastSequence: run.lastSequence,
      firstTimeUs,
      lastTimeUs: run.lastTimeUs,
      newestTimeUs: run.newestTimeUs,
    }
    return { value, entry: run.entry }
  }

  /** The last run of a history in entries up to `upTo`: both ascend together. */
  #historyRun(history: number, size: number, upTo: LeafIndex): RunRecord | null {
    const runAt = this.#database.prepare(`${RUN} WHERE history = ? AND position <= ? ORDER BY position DESC LIMIT 1`)
    let found: RunRecord | null = null
    let low = 0
    let high = size - 1
    while (low <= high) {
      const run = runAt.get(history, Math.floor((low + high) / 2)) as RunRecord | undefined
      if (run === undefined) throw damaged(`a history has no leaf ${Math.floor((low + high) / 2)}`)
      if (run.entry <= upTo) {
        found = run
        low = run.position + run.leaves.length / 32
      } else high = run.position - 1
    }
    return found
  }

  /** The history's frontier with a run: from the nearest that is kept, over the leaves since. */
  #frontier(history: number, last: RunRecord): Frontier {
    if (last.frontier !== null) return Frontier.fromBytes(last.frontier)
    const kept = this.#database
      .prepare(`${RUN} WHERE history = ? AND position < ? AND frontier IS NOT NULL ORDER BY position DESC LIMIT 1`)
      .get(history, last.position) as RunRecord | undefined
    const tree = kept?.frontier ? Frontier.fromBytes(kept.frontier) : new Frontier()
    const runs = this.#database
      .prepare('SELECT leaves FROM history_run WHERE history = ? AND position >= ? AND position <= ? ORDER BY position')
      .pluck()
      .all(history, tree.size, last.position) as Uint8Array[]
    for (const leaves of runs) for (const leaf of splitHashes(leaves)) tree.append(new Uint8Array(leaf))
    return tree
  }

  #nonce(entry: LeafIndex): Uint8Array {
    return kept(this.#nonces, entry, () => decodeEnvelope(parseEntry(this.#bytes(entry))).nonce)
  }

  #header(entry: LeafIndex): BatchHeader {
    return kept(this.#headers, entry, () => decodeBatchHeader(parseEntry(this.#bytes(entry)).payload))
  }

  #bytes(entry: LeafIndex): Uint8Array {
    return this.#entries.bytes(entry, entry + 1)[0] as Uint8Array
  }
}

/** Sequence after an accepted batch, which holds readings or gaps of the stream. */
function nextAfter(header: BatchHeader, stream: StreamId): number {
  const run = header.runs.find((one) => one.stream === stream)
  const gaps = header.gaps.filter((gap) => gap.stream === stream)
  const losses = gaps.filter(({ fromSequence, toSequence }) => toSequence >= fromSequence)
  if (run !== undefined) {
    const later = losses.filter(({ fromSequence }) => fromSequence >= run.firstSequence)
    const lost = later.reduce((sum, { fromSequence, toSequence }) => sum + toSequence - fromSequence + 1, 0)
    return run.firstSequence + run.count + lost
  }
  const last = losses.at(-1)
  // Silences alone lie where the stream stands.
  return last === undefined ? (gaps[0]?.fromSequence ?? 0) : last.toSequence + 1
}

function lastUpTo(runs: readonly Run[], upTo: LeafIndex): Run | null {
  return runs.findLast(({ entry }) => entry <= upTo) ?? null
}

function kept<T>(map: Map<LeafIndex, T>, entry: LeafIndex, make: () => T): T {
  const known = map.get(entry)
  if (known !== undefined) return known
  const made = make()
  if (map.size >= ENTRIES_KEPT) map.clear()
  map.set(entry, made)
  return made
}

function idOf(name: Uint8Array): StreamId {
  return parseStreamId(toHex(name))
}

function damaged(what: string): LedgerError {
  return new LedgerError('database_damaged', what)
}
