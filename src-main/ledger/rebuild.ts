/**
 * Makes everything anew that follows from entries and payloads: rows of state, histories, cursors, indexes, names, tiles. The
 * entries are applied once more by the same functions, with the same tables to write to, into a new file; what follows from
 * nothing else (Raft log, queue, refusals, checkpoints) is carried over from pages that are as they were written.
 *
 * The old file is only read. The new one takes its place when it is whole (rebuilt-file.ts).
 */
import type { Database } from 'better-sqlite3'
import type { Addon } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeEnvelope } from '../wire/envelope.ts'
import type { RefusalCode } from '../wire/refusals.ts'
import { applyFounding, applyStatement, refuse } from './apply.ts'
import type { ApplyContext } from './apply.ts'
import type { PackApplier } from './apply-batch.ts'
import { requireWholeLog } from './checked-file.ts'
import { LedgerError, ledgerErrorOf } from './errors.ts'
import { parseGenesis } from './genesis.ts'
import { lookups } from './lookups.ts'
import { openReadOnly, openUnchecked, openWriter } from './open-database.ts'
import { PayloadStore } from './payload-store.ts'
import { finishRebuild, keepRebuilt, rebuildingFile } from './rebuilt-file.ts'
import { LedgerState } from './state.ts'
import { Tables } from './tables.ts'

export interface RebuildOptions {
  file: string
  addon: Addon
  applyPack: PackApplier | null
  onProgress?: (doneEntries: number, totalEntries: number) => void
}

export interface Rebuilt {
  entries: number
  readings: number
  /** Height of the newest seal; each seal's state and tree were found to be what it was signed over. */
  height: number
}

/** Tables that follow from nothing else. */
const CARRIED = ['meta', 'raft_log', 'checkpoint', 'cosigned', 'queue', 'own_incarnation'] as const
/** Entries that are applied in one transaction. */
const SLICE_ENTRIES = 1_024

/**
 * Throws LedgerError, and leaves the old file as it was, where an entry or a payload is not what was signed (`replay_differs`,
 * `payload_missing`), or where something is damaged that follows from nothing else (`database_damaged`).
 */
export function rebuildLedger(options: RebuildOptions): Rebuilt {
  const { file } = options
  finishRebuild(file)
  let written: Database | null = null
  let old: { entries: Database; rest: Database } | null = null
  try {
    requireWholeLog(file)
    old = { entries: openUnchecked(file), rest: openReadOnly(file) }
    written = openWriter({ file: rebuildingFile(file) })
    const rebuilt = new Rebuilding(old, written, options).run()
    written.close()
    keepRebuilt(file)
    return rebuilt
  } catch (cause) {
    written?.close()
    throw ledgerErrorOf(cause, 'rebuilding', file)
  } finally {
    old?.entries.close()
    old?.rest.close()
    finishRebuild(file)
  }
}

interface OldEntry {
  idx: number
  bytes: Uint8Array
  payload: Uint8Array | null
}

interface OldRefusal {
  id: number
  size: number
  second: number
  hash: Uint8Array
  reason: RefusalCode
  entry: Uint8Array
}

class Rebuilding {
  readonly #old: { entries: Database; rest: Database }
  readonly #database: Database
  readonly #options: RebuildOptions
  readonly #payloads: PayloadStore
  readonly #tables: Tables
  readonly #context: ApplyContext
  readonly #select: ReturnType<typeof prepare>
  #refusalsUpTo = 0

  constructor(old: { entries: Database; rest: Database }, database: Database, options: RebuildOptions) {
    const { addon, applyPack } = options
    this.#old = old
    this.#database = database
    this.#options = options
    this.#payloads = new PayloadStore(database)
    this.#tables = new Tables(database, this.#payloads)
    this.#context = {
      addon,
      applyPack,
      sink: this.#tables,
      ...lookups(database, this.#tables, (bytes) => addon.sha256(bytes)),
    }
    this.#select = prepare(old)
  }

  run(): Rebuilt {
    const { addon, file, onProgress } = this.#options
    const total = ((this.#select.newest.get() as number | null) ?? -1) + 1
    const [first] = this.#select.entries.all(0, 1) as OldEntry[]
    if (first === undefined) throw new LedgerError('genesis_missing', `${file} holds no ledger that could be rebuilt`)
    const genesis = parseGenesis(addon, first.bytes)
    const state = new LedgerState(genesis.entry.channel, (bytes) => addon.sha256(bytes))
    // First: where it cannot be done, nothing need be applied.
    this.#write(() => this.#carryOver())
    this.#write(() => applyFounding(state, this.#context, genesis))
    while (state.tree.size < total) {
      const to = Math.min(state.tree.size + SLICE_ENTRIES, total)
      this.#write(() => this.#slice(state, to))
      onProgress?.(state.tree.size, total)
    }
    this.#write(() => this.#refusals(state))
    this.#compareHeads()
    return { entries: total, readings: state.totalReadings, height: state.lastSeal?.height ?? 0 }
  }

  #write(work: () => void): void {
    this.#database.transaction(work).immediate()
  }

  #slice(state: LedgerState, to: number): void {
    for (const row of this.#select.entries.iterate(state.tree.size, to) as Iterable<OldEntry>) {
      this.#refusals(state)
      const { idx, bytes, payload } = row
      const payloadHash = payload === null ? null : this.#options.addon.sha256(payload)
      if (payload !== null && payloadHash !== null) this.#payloads.put(payloadHash, payload)
      const outcome = applyStatement(state, this.#context, { entry: bytes, payload, payloadHash })
      if (outcome.outcome !== 'accepted' || outcome.index !== idx)
        throw changed(`entry ${idx} or its payload is not what was recorded (${outcome.reason ?? outcome.outcome})`)
    }
    if (state.tree.size < to) throw changed(`entry ${state.tree.size} is missing`)
  }

  /** What was refused when the tree had as many entries as now. */
  #refusals(state: LedgerState): void {
    const { addon } = this.#options
    for (;;) {
      const row = this.#select.refusal.get(this.#refusalsUpTo) as OldRefusal | undefined
      if (row === undefined || row.size > state.tree.size) return
      this.#refusalsUpTo = row.id
      const entry = parseEntry(row.entry)
      const envelope = decodeEnvelope(entry)
      if (envelope.kind === 'seal' || !equalBytes(addon.sha256(entry.sigStructure), row.hash))
        throw changed(`a refused statement recorded after entry ${row.size - 1} is not what was recorded`)
      if (row.second === 0) {
        refuse(state, this.#tables, entry, envelope, row.hash, row.reason)
        continue
      }
      const { actor, incarnation, sequence } = envelope
      const { size, reason, hash: statementHash } = row
      const place = { size, second: true, actor, incarnation, sequence }
      this.#tables.refusal({ ...place, statementHash, reason, entry: entry.bytes })
    }
  }

  /** Everything that follows from nothing else. Payloads that no entry names yet are named by the Raft log or the queue. */
  #carryOver(): void {
    for (const row of this.#select.pending.iterate() as Iterable<{ hash: Uint8Array; bytes: Uint8Array }>)
      this.#payloads.put(row.hash, row.bytes)
    for (const table of CARRIED) this.#copy(table)
  }

  #copy(table: (typeof CARRIED)[number]): void {
    const columns = (this.#old.rest.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
    const insert = this.#database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    )
    const select = this.#old.rest.prepare(`SELECT * FROM ${table} NOT INDEXED`)
    for (const row of select.iterate() as Iterable<{ [column: string]: unknown }>) {
      if (table === 'queue') row['payload'] = this.#payloadOf(row['payload'] as number | null)
      insert.run(columns.map((column) => row[column]))
    }
  }

  /** Number in the new file of a payload that has another in the old one. */
  #payloadOf(old: number | null): number | null {
    if (old === null) return null
    const bytes = this.#select.payload.get(old) as Uint8Array | undefined
    if (bytes === undefined) throw changed('a payload of the queue is missing')
    return this.#payloads.put(this.#options.addon.sha256(bytes), bytes)
  }

  /** Each kept checkpoint is of the tree that was made. */
  #compareHeads(): void {
    const other = this.#database
      .prepare(
        'SELECT checkpoint.size FROM checkpoint LEFT JOIN seal ON seal.idx = checkpoint.size - 1 WHERE log_root IS NOT root LIMIT 1',
      )
      .pluck()
      .get() as number | undefined
    if (other !== undefined) throw changed(`the entries do not give the root of the checkpoint of size ${other}`)
  }
}

/** Rows are found by their keys alone: an index may be what is damaged. */
function prepare({ entries, rest }: { entries: Database; rest: Database }) {
  return {
    newest: entries.prepare('SELECT idx FROM entry NOT INDEXED ORDER BY idx DESC LIMIT 1').pluck(),
    entries: entries.prepare(
      'SELECT idx, entry.bytes AS bytes, payload.bytes AS payload FROM entry NOT INDEXED LEFT JOIN payload NOT INDEXED ON payload.id = entry.payload WHERE idx >= ? AND idx < ? ORDER BY idx',
    ),
    refusal: rest.prepare(
      'SELECT id, size, second, hash, reason, entry FROM refusal NOT INDEXED WHERE id > ? ORDER BY id LIMIT 1',
    ),
    pending: rest.prepare(
      'SELECT hash, bytes FROM payload_pending JOIN payload NOT INDEXED ON payload.id = payload_pending.payload',
    ),
    payload: rest.prepare('SELECT bytes FROM payload NOT INDEXED WHERE id = ?').pluck(),
  }
}

function changed(what: string): LedgerError {
  return new LedgerError(
    'replay_differs',
    `${what}. It follows from nothing else on this disk and was not replaced; nothing was rebuilt. "plumbline fsck" names the place.`,
  )
}
