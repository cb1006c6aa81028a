/**
 * A ledger file of which something may be damaged, read row by row: what cannot be read is missing, the rest still counts.
 * Parts that were fetched stand in the place of what is stored.
 */
import type { Database } from 'better-sqlite3'
import { TILE_WIDTH } from '../../proof/tiles.ts'
import { leafHash } from '../../proof/merkle.ts'
import { equalBytes, fromHex, toHex } from '../../wire/bytes.ts'
import type { Hash } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { LeafIndex } from '../../wire/ids.ts'
import { decodeBatchHeader } from '../../record/statements.ts'
import { LedgerError, damageBehind, ledgerErrorOf } from '../errors.ts'
import { openReadOnly, openUnchecked } from '../open-database.ts'
import { raftRowDigest } from '../raft-log.ts'
import { requireRemembered } from '../remembered.ts'
import { decodeLogRow, type LogRowPart, type Parts } from './parts.ts'

export interface DamagedEntry {
  bytes: Uint8Array
  /** Row of its payload; null without one, or where that is not known. */
  payloadRow: number | null
  /** As the row has it; null for a seal, or where that is not known. */
  sequence: number | null
}

export interface StoredLogRow extends LogRowPart {
  digest: Uint8Array
}

/** Where the number of entries is read: what stands in undamaged pages is believed, and of the rest the largest. */
const SIZES = [
  'SELECT idx FROM entry NOT INDEXED ORDER BY idx DESC LIMIT 1',
  'SELECT max(idx) FROM entry INDEXED BY entry_by_time',
]

/** What is read row by row and follows from nothing else, on this disk or another. */
const OWN_TABLES = ['meta', 'queue', 'own_incarnation', 'refusal', 'checkpoint', 'cosigned']
const OWN_NEXT =
  'Keep a copy of the data folder and look at its disk. Then move ledger.db, ledger.db-wal and ledger.db-shm away and start again: the gateway comes back from what the others have. What waited in its queue is in the copy only.'

export class DamagedLedger {
  /** Gives what is there, whatever the digests of its pages say. */
  readonly raw: Database
  /** Gives only what stands in pages that are as they were written. */
  readonly checked: Database
  readonly #parts: Parts
  readonly #hash: Hash
  readonly #select: ReturnType<typeof prepare>
  /** Rows of payloads by their hashes, where the index over them cannot be used. */
  #rows: Map<string, number> | null = null

  /** Throws LedgerError where the file cannot be opened at all. */
  constructor(file: string, parts: Parts, hash: Hash) {
    this.#parts = parts
    this.#hash = hash
    this.raw = openUnchecked(file)
    try {
      this.checked = openReadOnly(file)
      this.#select = prepare(this.raw, this.checked)
    } catch (cause) {
      this.raw.close()
      throw cause
    }
  }

  close(): void {
    this.raw.close()
    this.checked.close()
  }

  /** Entries there were, by whatever still says so. Throws LedgerError `database_damaged` where nothing does. */
  get size(): number {
    for (const text of SIZES) {
      const last = attempt(() => this.checked.prepare(text).pluck().get() as number | null | undefined)
      if (typeof last === 'number') return last + 1
    }
    throw new LedgerError('database_damaged', 'nothing undamaged says how many entries there were')
  }

  entry(index: LeafIndex): DamagedEntry | null {
    const row = attempt(() => this.#select.entry.get(index) as Raw<DamagedEntry> | undefined)
    const stored = bytesOf(row?.bytes)
    const part = this.#parts.get({ kind: 'entry', index })
    const leaf = part === null || stored === null ? null : this.leaf(index)
    // A part of an earlier repair takes the place of nothing that is whole.
    const isWhole = stored !== null && leaf !== null && equalBytes(leafHash(stored, this.#hash), leaf)
    const bytes = isWhole ? stored : (part ?? stored)
    if (bytes === null) return null
    return { bytes, payloadRow: countOf(row?.payloadRow), sequence: countOf(row?.sequence) }
  }

  /** Leaf hash of an entry in a full tile that is as it was written; null where there is none. */
  leaf(index: LeafIndex): Uint8Array | null {
    const at = [(index % TILE_WIDTH) * 32 + 1, Math.floor(index / TILE_WIDTH)]
    return attempt(() => this.#select.leaf.get(...at) as Uint8Array | undefined) ?? null
  }

  /** Payload bytes of a row; `hash`: the one that its entry names, in hex. */
  payload(row: number | null, hash: string): Uint8Array | null {
    const part = this.#parts.get({ kind: 'payload', hash })
    if (part !== null || row === null) return part
    return bytesOf(attempt(() => this.#select.payload.get(row)))
  }

  /** Row of a payload by its hash in hex; null where none is found. */
  payloadRow(hash: string): number | null {
    const found = this.#rows === null ? attempt(() => [this.#select.payloadRow.get(fromHex(hash))]) : undefined
    if (found !== undefined) return (found[0] as number | undefined) ?? null
    this.#rows ??= this.#allRows()
    return this.#rows.get(hash) ?? null
  }

  /** What the queue's statements name: hashes in hex. */
  queuedPayloads(): string[] {
    return (this.#select.queued.all() as Uint8Array[]).flatMap((entry) => payloadNamed(entry) ?? [])
  }

  /**
   * First and last index of the Raft log, how far it is committed, and the digest of its last row, null where that is not known.
   * Throws LedgerError `raft_state_damaged`.
   */
  log(): { first: number; last: number; committed: number; lastDigest: Uint8Array | null } {
    const { snapshotIndex, lastIndex, applied, commit, lastDigest } = requireRemembered(this.raw, this.#hash)
    const last = Math.min(lastIndex, this.#parts.logEnd ?? lastIndex)
    return {
      first: snapshotIndex + 1,
      last,
      committed: Math.max(applied, commit),
      lastDigest: last < lastIndex || lastDigest === '' ? null : fromHex(lastDigest),
    }
  }

  /** Throws LedgerError `database_damaged` where something is damaged that no other gateway has. */
  requireOwn(): void {
    for (const table of OWN_TABLES) {
      try {
        for (const _ of this.checked.prepare(`SELECT * FROM ${table} NOT INDEXED`).iterate());
      } catch (cause) {
        const error = ledgerErrorOf(cause, `reading table ${table}`, 'the ledger')
        throw new LedgerError('database_damaged', `table ${table} is damaged`, { cause: error, next: OWN_NEXT })
      }
    }
  }

  /** What `work` reads is of one moment: a gateway that runs drops rows of its log. */
  atOnce<T>(work: () => T): T {
    const both = [this.raw, this.checked]
    for (const database of both) database.exec('BEGIN')
    try {
      return work()
    } finally {
      // Nothing was written, and the end of a transaction that met damage fails.
      for (const database of both) attempt(() => database.inTransaction && database.exec('END'))
    }
  }

  /** The index over hashes may be what is damaged. */
  #allRows(): Map<string, number> {
    const newest = attempt(() => this.#select.newestPayload.get() as number | null) ?? 0
    const rows = new Map<string, number>()
    for (let row = 1; row <= newest; row++) {
      const hash = bytesOf(attempt(() => this.#select.payloadHash.get(row)))
      if (hash !== null) rows.set(toHex(hash), row)
    }
    return rows
  }

  /** A row with its digest, which may not fit; null where it cannot be read and no other gateway gave it. */
  logRow(index: number): StoredLogRow | null {
    const stored = this.#storedRow(index)
    const part = this.#parts.get({ kind: 'log', index })
    const fetched = part === null ? null : decodeLogRow(part)
    if (fetched === null || (stored !== null && equalBytes(this.#digest(index, stored), stored.digest))) return stored
    return { ...fetched, digest: this.#digest(index, fetched) }
  }

  #storedRow(index: number): StoredLogRow | null {
    const stored = attempt(() => this.#select.logRow.get(index) as Raw<StoredLogRow> | undefined)
    const [term, kind] = [countOf(stored?.term), countOf(stored?.kind)]
    const [data, digest] = [bytesOf(stored?.data), bytesOf(stored?.digest)]
    return term === null || kind === null || data === null || digest === null ? null : { term, kind, data, digest }
  }

  #digest(index: number, { term, kind, data }: LogRowPart): Uint8Array {
    return raftRowDigest(this.#hash, index, term, kind, data)
  }
}

/** Hash in hex of the payload that an entry names; null for one without, or that cannot be read. */
export function payloadNamed(entry: Uint8Array): string | null {
  try {
    const { contentType, payload } = parseEntry(entry)
    return contentType === 'batch' ? toHex(decodeBatchHeader(payload).payloadHash) : null
  } catch {
    return null
  }
}

/** A damaged row may hold anything. */
type Raw<T> = { readonly [K in keyof T]?: unknown }

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** undefined where the way to a row is damaged. Throws what is no damage. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (cause) {
    if (damageBehind(ledgerErrorOf(cause, 'reading', 'the ledger')) !== null) return undefined
    throw cause
  }
}

/** Rows are found by their keys alone: an index may be what is damaged. */
function prepare(raw: Database, checked: Database) {
  return {
    entry: raw.prepare('SELECT bytes, payload AS payloadRow, sequence FROM entry NOT INDEXED WHERE idx = ?'),
    leaf: checked.prepare('SELECT substr(hashes, ?, 32) FROM tile WHERE level = 0 AND n = ?').pluck(),
    payload: raw.prepare('SELECT bytes FROM payload NOT INDEXED WHERE id = ?').pluck(),
    payloadRow: checked.prepare('SELECT id FROM payload WHERE hash = ?').pluck(),
    newestPayload: raw.prepare('SELECT max(id) FROM payload NOT INDEXED').pluck(),
    payloadHash: raw.prepare('SELECT hash FROM payload NOT INDEXED WHERE id = ?').pluck(),
    queued: checked.prepare('SELECT entry FROM queue NOT INDEXED WHERE payload IS NOT NULL').pluck(),
    logRow: raw.prepare('SELECT term, kind, data, digest FROM raft_log WHERE idx = ?'),
  }
}
