import type { Database } from 'better-sqlite3'
import type { Addon, OpenedBatch } from '../../native/addon.ts'
import { equalBytes, toHex } from '../wire/bytes.ts'
import { CONTENT_TYPES, parseEntry } from '../wire/entry.ts'
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import type { CameTo } from '../record/asset-history.ts'
import { refusalSentence } from '../record/refusals.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import type { BatchHeader } from '../record/statements.ts'
import { openPayload } from './batch-check.ts'
import type { EntryKind } from './effects.ts'
import { LedgerError } from './errors.ts'
import { findingsIn } from './tables.ts'
import { decompressPayload } from './payload-frame.ts'

/** An entry as it was written into the ledger when it was applied. */
export interface StoredEntry {
  index: LeafIndex
  kind: EntryKind
  actor: ActorId
  /** null for seals. */
  sequence: number | null
  /** Sealed-at of a batch, occurred-at of an event, ledger time of a seal. */
  timeUs: number
  readings: number
  /** Event type, else null. */
  type: string | null
  /** What an event came to, else null. */
  cameTo: CameTo | null
  /** What contracts found about it: `pack/code`. */
  findings: readonly string[]
  bytes: Uint8Array
}

/** A batch with its payload opened; its root was compared with the signed header. */
export interface ReadBatch {
  index: LeafIndex
  header: BatchHeader
  opened: OpenedBatch
  rows: DataView
}

interface EntryRecord {
  idx: number
  kind: number
  name: Uint8Array
  sequence: number | null
  time_us: number
  readings: number
  type: string | null
  came_to: CameTo | null
  findings: string | null
  bytes: Uint8Array
}

const COLUMNS =
  'SELECT idx, kind, name, sequence, time_us, readings, type, came_to, findings, bytes FROM entry JOIN actor ON actor.id = entry.actor'
const ENTRIES_MAX = 8_192
const EVENTS_PAGE = 1_024
/** Opened batches kept: what a chart asks for again and again. */
const BATCHES_KEPT = 64

/** Entries and batches of a read-only connection. */
export class EntryReader {
  readonly #database: Database
  readonly #addon: Addon
  readonly #kept = new Map<LeafIndex, ReadBatch>()

  constructor(database: Database, addon: Addon) {
    this.#database = database
    this.#addon = addon
  }

  /** null beyond the ledger's end. */
  entry(index: LeafIndex): StoredEntry | null {
    const row = this.#database.prepare(`${COLUMNS} WHERE idx = ?`).get(index) as EntryRecord | undefined
    return row === undefined ? null : storedEntry(row)
  }

  /** Throws LedgerError `not_found`. */
  require(index: LeafIndex): StoredEntry {
    const entry = this.entry(index)
    if (entry === null)
      throw new LedgerError('not_found', `the ledger has no entry ${index}; the newest is ${this.size() - 1}`)
    return entry
  }

  /** Entries from `first`, at most `limit` and 8,192. */
  entries(first: LeafIndex, limit: number): StoredEntry[] {
    const rows = this.#database
      .prepare(`${COLUMNS} WHERE idx >= ? ORDER BY idx LIMIT ?`)
      .all(first, Math.min(limit, ENTRIES_MAX))
    return (rows as EntryRecord[]).map(storedEntry)
  }

  /** Signed bytes of the entries from `from` to before `to`, by nothing but their numbers. Throws LedgerError `not_found`. */
  bytes(from: LeafIndex, to: LeafIndex): Uint8Array[] {
    const found = this.#database
      .prepare('SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx')
      .pluck()
      .all(from, to) as Uint8Array[]
    if (found.length === to - from) return found
    throw new LedgerError('not_found', `of the entries ${from} to ${to - 1} the ledger holds ${found.length}`)
  }

  /** Events of one type, newest first. */
  eventsOfType(type: string, limit: number): StoredEntry[] {
    const rows = this.#database
      .prepare(`${COLUMNS} WHERE type = ? ORDER BY idx DESC LIMIT ?`)
      .all(type, Math.min(limit, ENTRIES_MAX))
    return (rows as EntryRecord[]).map(storedEntry)
  }

  /** Events by which acts began to wait or came to an end, newest first. */
  actEvents(limit: number): StoredEntry[] {
    const rows = this.#database
      .prepare(`${COLUMNS} WHERE came_to != 'done' ORDER BY idx DESC LIMIT ?`)
      .all(Math.min(limit, ENTRIES_MAX))
    return (rows as EntryRecord[]).map(storedEntry)
  }

  /** Events about which a contract found something, newest first. */
  deviations(limit: number): StoredEntry[] {
    const rows = this.#database
      .prepare(`${COLUMNS} WHERE findings IS NOT NULL ORDER BY idx DESC LIMIT ?`)
      .all(Math.min(limit, ENTRIES_MAX))
    return (rows as EntryRecord[]).map(storedEntry)
  }

  /** Entries of all events about an asset, in ledger order. */
  *eventsOf(asset: string): Generator<LeafIndex> {
    const page = this.#database
      .prepare('SELECT idx FROM entry_asset WHERE asset = ? AND idx > ? ORDER BY idx LIMIT ?')
      .pluck()
    for (let after = -1; ;) {
      const found = page.all(asset, after, EVENTS_PAGE) as number[]
      yield* found
      const last = found.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  size(): number {
    return ((this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number | null) ?? -1) + 1
  }

  readingsOf(index: LeafIndex): number {
    return (
      (this.#database.prepare('SELECT readings FROM entry WHERE idx = ?').pluck().get(index) as number | undefined) ?? 0
    )
  }

  /** Stored (compressed) payload; null where the entry has none. Throws LedgerError `payload_damaged`. */
  storedPayload(index: LeafIndex): Uint8Array | null {
    const id = this.#database.prepare('SELECT payload FROM entry WHERE idx = ?').pluck().get(index)
    if (id === undefined || id === null) return null
    try {
      const row = this.#database.prepare('SELECT bytes FROM payload WHERE id = ?').pluck().get(id)
      return (row as Uint8Array | undefined) ?? null
    } catch (cause) {
      // Of damage elsewhere nobody can say how far it reaches; this one ends at its entry.
      if (cause instanceof LedgerError && cause.code === 'database_damaged') throw damaged(index, cause.message)
      throw cause
    }
  }

  /** Columnar payload, compared with the signed hash; null where the entry has none. Throws LedgerError `payload_damaged`. */
  payload(index: LeafIndex): Uint8Array | null {
    const stored = this.storedPayload(index)
    const entry = stored === null ? null : this.entry(index)
    if (stored === null || entry === null) return null
    const { payloadHash } = headerOf(index, entry.bytes)
    const hash = this.#addon.sha256(stored)
    if (!equalBytes(hash, payloadHash))
      throw damaged(index, `its payload has the hash ${toHex(hash)}, signed is ${toHex(payloadHash)}`)
    return decompressPayload(stored)
  }

  /** A batch, opened and compared with its header. Throws LedgerError `not_found` or `payload_damaged`. */
  batch(index: LeafIndex): ReadBatch {
    const kept = this.#kept.get(index)
    if (kept !== undefined) return kept
    const entry = this.require(index)
    if (entry.kind !== 'batch') throw new LedgerError('not_found', `entry ${index} is no batch but a ${entry.kind}`)
    const batch = this.open(index, entry.bytes)
    this.#kept.set(index, batch)
    if (this.#kept.size > BATCHES_KEPT) this.#kept.delete(this.#kept.keys().next().value as number)
    return batch
  }

  /** The same of a batch whose signed bytes are at hand. Throws LedgerError `payload_damaged`. */
  open(index: LeafIndex, bytes: Uint8Array): ReadBatch {
    const stored = this.storedPayload(index)
    if (stored === null) throw damaged(index, 'its payload is missing')
    return openBatch(this.#addon, index, bytes, stored)
  }

  /** RFC 6962 path of one reading in its batch's tree. */
  leafPath(index: LeafIndex, position: number): Uint8Array[] {
    const { opened, header } = this.batch(index)
    if (position < 0 || position >= header.count) throw noReading(index, position, header.count)
    const path = this.#addon.merklePath(opened.leafHashes, position)
    return Array.from({ length: path.length / 32 }, (_, i) => new Uint8Array(path.subarray(32 * i, 32 * i + 32)))
  }
}

/** Opens a batch out of its entry and stored payload. Throws LedgerError `payload_damaged` unless they belong together. */
export function openBatch(addon: Addon, index: LeafIndex, entry: Uint8Array, stored: Uint8Array): ReadBatch {
  const header = headerOf(index, entry)
  const opened = openPayload(addon, stored)
  if (typeof opened === 'string') throw damaged(index, refusalSentence(opened))
  if (!equalBytes(opened.root, header.root))
    throw damaged(index, `its readings give the root ${toHex(opened.root)}, signed is ${toHex(header.root)}`)
  return { index, header, opened, rows: new DataView(opened.rows.buffer, opened.rows.byteOffset, opened.rows.length) }
}

function headerOf(index: LeafIndex, entry: Uint8Array): BatchHeader {
  try {
    return decodeBatchHeader(parseEntry(entry).payload)
  } catch (cause) {
    throw damaged(index, messageOf(cause))
  }
}

function storedEntry(row: EntryRecord): StoredEntry {
  const { idx: index, kind, name, sequence, time_us: timeUs, readings, type, came_to: cameTo, findings, bytes } = row
  return {
    index,
    kind: CONTENT_TYPES[kind] as EntryKind,
    actor: actorIdOf(name),
    sequence,
    timeUs,
    readings,
    type,
    cameTo,
    findings: findingsIn(findings),
    bytes,
  }
}

function damaged(index: LeafIndex, why: string): LedgerError {
  return new LedgerError('payload_damaged', `entry ${index} cannot be shown: ${why}`)
}

function noReading(index: LeafIndex, position: number, count: number): LedgerError {
  return new LedgerError('not_found', `entry ${index} has no reading ${position}; it holds ${count}, counted from 0`)
}
