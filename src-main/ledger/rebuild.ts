/**
 * Makes everything anew that follows from entries and payloads: rows of state, histories, cursors, indexes, names, tiles. The
 * entries are applied once more by the same functions, with the same tables to write to, into a new file; what follows from
 * nothing else (Raft log, queue, refusals, checkpoints) is carried over from pages that are as they were written.
 *
 * The old file is only read. The new one takes its place when it is whole (rebuilt-file.ts).
 */
import type { Database, Statement } from 'better-sqlite3'
import type { Addon } from '../../native/addon.ts'
import { equalBytes, toHex } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeEnvelope } from '../record/envelope.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { applyFounding, applyStatement, refuse } from './apply.ts'
import type { ApplyContext } from './apply.ts'
import { Found } from './audit-finding.ts'
import { auditTables } from './audit-tables.ts'
import { requireWholeLog } from './checked-file.ts'
import type { Contracts } from '../record/contracts.ts'
import type { KnownRules } from '../record/rules.ts'
import { LedgerError, ledgerErrorOf } from './errors.ts'
import { parseGenesis } from './genesis.ts'
import { DamagedLedger, payloadNamed } from './healing/damaged-ledger.ts'
import { Parts } from './healing/parts.ts'
import { lookups } from './lookups.ts'
import { openWriter } from './open-database.ts'
import { PayloadStore } from './payload-store.ts'
import { payloadsNamed, raftRowDigest } from './raft-log.ts'
import { finishRebuild, keepRebuilt, rebuildingFile } from './rebuilt-file.ts'
import { LedgerState } from './state.ts'
import { readRemembered, shortened } from './remembered.ts'
import { StoredValues } from './stored-values.ts'
import { Tables } from './tables.ts'

export interface RebuildOptions {
  file: string
  addon: Addon
  /** By which it was decided; this release's where none are given. */
  rules?: KnownRules
  contracts?: Contracts
  /** What other gateways gave in the place of what is damaged here. None by default. */
  parts?: Parts
  onProgress?: (doneEntries: number, totalEntries: number) => void
}

export interface Rebuilt {
  entries: number
  readings: number
  /** Height of the newest seal; each seal's state and tree were found to be what it was signed over. */
  height: number
}

/** Tables that follow from nothing else, besides the Raft log. */
const CARRIED = ['meta', 'checkpoint', 'cosigned', 'queue', 'own_incarnation'] as const
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
  let old: DamagedLedger | null = null
  try {
    requireWholeLog(file)
    old = new DamagedLedger(file, options.parts ?? new Parts(), (bytes) => options.addon.sha256(bytes))
    written = openWriter({ file: rebuildingFile(file) })
    const rebuilt = new Rebuilding(old, written, options).run()
    written.close()
    keepRebuilt(file)
    return rebuilt
  } catch (cause) {
    written?.close()
    throw ledgerErrorOf(cause, 'rebuilding', file)
  } finally {
    old?.close()
    finishRebuild(file)
  }
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
  readonly #old: DamagedLedger
  readonly #database: Database
  readonly #options: RebuildOptions
  readonly #payloads: PayloadStore
  readonly #tables: Tables
  readonly #context: ApplyContext
  readonly #nextRefusal: Statement
  readonly #hash: Hash
  #refusalsUpTo = 0

  constructor(old: DamagedLedger, database: Database, options: RebuildOptions) {
    const { addon, contracts = null } = options
    this.#old = old
    this.#database = database
    this.#options = options
    this.#hash = (bytes) => addon.sha256(bytes)
    this.#payloads = new PayloadStore(database)
    this.#tables = new Tables(database, this.#payloads)
    this.#context = {
      addon,
      contracts,
      sink: this.#tables,
      ...lookups(database, this.#tables, this.#hash),
    }
    // By its key alone: an index may be what is damaged.
    this.#nextRefusal = old.checked.prepare(
      'SELECT id, size, second, hash, reason, entry FROM refusal NOT INDEXED WHERE id > ? ORDER BY id LIMIT 1',
    )
  }

  run(): Rebuilt {
    const { addon, file, onProgress } = this.#options
    const total = this.#old.size
    const first = this.#old.entry(0)
    if (first === null) throw new LedgerError('genesis_missing', `${file} holds no ledger that could be rebuilt`)
    const genesis = parseGenesis(addon, first.bytes, this.#options.rules)
    const state = new LedgerState(genesis.entry.channel, addon, {
      rules: this.#options.rules,
      sealed: new StoredValues(this.#database),
    })
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
    this.#audit(state)
    return { entries: total, readings: state.totalReadings, height: state.lastSeal?.height ?? 0 }
  }

  #write(work: () => void): void {
    this.#database.transaction(work).immediate()
  }

  #slice(state: LedgerState, to: number): void {
    for (let index = state.tree.size; index < to; index++) {
      this.#refusals(state)
      const stored = this.#old.entry(index)
      if (stored === null) throw changed(`entry ${index} is missing`)
      const { bytes: entry, payloadRow } = stored
      const named = payloadNamed(entry)
      const payload = named === null ? null : this.#old.payload(payloadRow ?? this.#old.payloadRow(named), named)
      const payloadHash = payload === null ? null : this.#options.addon.sha256(payload)
      if (payload !== null && payloadHash !== null) this.#payloads.put(payloadHash, payload)
      const outcome = applyStatement(state, this.#context, { entry, payload, payloadHash })
      if (outcome.outcome !== 'accepted' || outcome.index !== index)
        throw changed(`entry ${index} or its payload is not what was recorded (${outcome.reason ?? outcome.outcome})`)
    }
  }

  /** What was refused when the tree had as many entries as now. */
  #refusals(state: LedgerState): void {
    const { addon } = this.#options
    for (;;) {
      const row = this.#nextRefusal.get(this.#refusalsUpTo) as OldRefusal | undefined
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
    const end = this.#copyLog()
    for (const table of CARRIED) this.#copy(table)
    if (this.#options.parts?.logEnd === undefined || this.#options.parts.logEnd === null) return
    const saved = shortened(readRemembered(this.#database) ?? '', this.#hash, end.index, end.digest)
    this.#database.prepare("UPDATE meta SET value = ? WHERE name = 'raft'").run(saved)
  }

  /** A row is checked against its own digest: the page that it stands in may be damaged elsewhere. Gives the last one. */
  #copyLog(): { index: number; digest: Uint8Array | null } {
    const insert = this.#database.prepare('INSERT INTO raft_log (idx, term, kind, digest, data) VALUES (?, ?, ?, ?, ?)')
    const { first, last } = this.#old.log()
    let end: Uint8Array | null = null
    for (let index = first; index <= last; index++) {
      const row = this.#old.logRow(index)
      if (row === null) throw changed(`Raft log entry ${index} is missing`)
      const { term, kind, data, digest } = row
      if (!equalBytes(raftRowDigest(this.#hash, index, term, kind, data), digest))
        throw changed(`Raft log entry ${index} is not what was appended`)
      insert.run(index, term, kind, digest, data)
      for (const named of payloadsNamed(index, data)) this.#putNamed(toHex(named), `Raft log entry ${index}`)
      end = digest
    }
    return { index: last, digest: end }
  }

  #copy(table: (typeof CARRIED)[number]): void {
    const columns = (this.#old.checked.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
    const insert = this.#database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    )
    const select = this.#old.checked.prepare(`SELECT * FROM ${table} NOT INDEXED`)
    for (const row of select.iterate() as Iterable<{ [column: string]: unknown }>) {
      if (table === 'queue' && row['payload'] !== null) row['payload'] = this.#queued(row['entry'] as Uint8Array)
      insert.run(columns.map((column) => row[column]))
    }
  }

  /** Number in the new file of the payload of a queued statement, which has another in the old one. */
  #queued(entry: Uint8Array): number {
    const named = payloadNamed(entry)
    if (named === null) throw changed('a statement of the queue is not what was signed')
    return this.#putNamed(named, 'the queue')
  }

  #putNamed(name: string, by: string): number {
    const bytes = this.#old.payload(this.#old.payloadRow(name), name)
    const hash = bytes === null ? null : this.#options.addon.sha256(bytes)
    if (bytes === null || hash === null || toHex(hash) !== name)
      throw changed(`a payload that ${by} names is not what was stored`)
    return this.#payloads.put(hash, bytes)
  }

  /** What was only carried over may have been changed together with the digests of its pages. */
  #audit(state: LedgerState): void {
    try {
      auditTables(this.#database, this.#options.addon, state, state.tree.size - 1)
    } catch (cause) {
      if (cause instanceof Found) throw changed(cause.bad.what)
      throw cause
    }
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

function changed(what: string): LedgerError {
  return new LedgerError(
    'replay_differs',
    `${what}. It follows from nothing else on this disk and was not replaced; nothing was rebuilt.`,
  )
}
