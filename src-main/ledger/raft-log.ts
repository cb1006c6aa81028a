import type { Database, Statement } from 'better-sqlite3'
import type { LogEntry } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import { decodeProposal, encodeProposal } from '../wire/proposal.ts'
import type { Proposed } from '../wire/proposal.ts'
import { LedgerError, ledgerErrorOf } from './errors.ts'
import type { PayloadStore } from './payload-store.ts'
import type { Remembered, StoredRaft } from './remembered.ts'

/** What Raft starts from. The log begins right after `snapshotIndex`. */
export interface RaftInitial extends StoredRaft {
  lastIndex: number
}

/** A statement of an appended entry with its payload's hash, so that applying does not hash again. */
export interface AppendedStatement extends Proposed {
  payloadHash: Uint8Array | null
}

const FORM_RAW = 0
const FORM_PROPOSAL = 1
const KIND_NORMAL = 0
const HASH_BYTES = 32
/** Rows that are read at once: a log has up to millions of them. */
const ROWS_PER_READ = 256
const ROW_BYTES_USUAL = 1_024

interface LogRow {
  idx: number
  term: number
  kind: number
  digest: Uint8Array
  data: Uint8Array
}

/** The Raft log. A row keeps each payload's hash in place of its bytes, which are stored once. */
export class RaftLog {
  readonly #hash: Hash
  readonly #payloads: PayloadStore
  readonly #insert: Statement
  readonly #range: Statement
  readonly #truncate: Statement
  readonly #compact: Statement
  readonly #digestOf: Statement
  readonly #remembered: Remembered
  readonly #appended = new Map<number, AppendedStatement[]>()
  #lastIndex: number
  #bytes: number

  constructor(database: Database, remembered: Remembered, payloads: PayloadStore, hash: Hash) {
    this.#hash = hash
    this.#payloads = payloads
    this.#remembered = remembered
    this.#insert = database.prepare('INSERT INTO raft_log (idx, term, kind, digest, data) VALUES (?, ?, ?, ?, ?)')
    this.#range = database.prepare(
      'SELECT idx, term, kind, digest, data FROM raft_log WHERE idx >= ? AND idx < ? ORDER BY idx',
    )
    this.#truncate = database.prepare('DELETE FROM raft_log WHERE idx >= ?')
    this.#compact = database.prepare('DELETE FROM raft_log WHERE idx <= ?')
    this.#digestOf = database.prepare('SELECT digest FROM raft_log WHERE idx = ?').pluck()
    this.#lastIndex = remembered.lastIndex
    this.#bytes = this.#stored(database)
    if (payloads.hasPending) this.#holdPayloads()
  }

  initial(): RaftInitial {
    const { raft, lastIndex } = this.#remembered
    const { commit, applied } = raft
    // The engine refuses a commit below what is applied and one beyond the log's end.
    return { ...raftOf(raft), commit: Math.min(Math.max(commit, applied), lastIndex), lastIndex }
  }

  get applied(): number {
    return this.#remembered.raft.applied
  }

  /** Bytes of the stored rows, payloads apart. */
  bytes(): number {
    return this.#bytes
  }

  get lastIndex(): number {
    return this.#lastIndex
  }

  /** Sets the first voters of a new store. Like all changes here it is durable with the transaction it is part of. */
  begin(voters: number[]): void {
    this.#remembered.change({ voters })
  }

  truncateFrom(index: number): void {
    if (index <= this.#remembered.raft.applied) {
      throw new LedgerError(
        'out_of_order',
        `Raft asks to drop log entries from ${index}, but ${this.#remembered.raft.applied} is applied: this replica's log contradicts its peers'`,
      )
    }
    if (index > this.#lastIndex) return
    for (const row of this.#rows(index, this.#lastIndex + 1)) this.#release(row)
    this.#truncate.run(index)
    for (let at = index; at <= this.#lastIndex; at++) this.#appended.delete(at)
    this.#lastIndex = index - 1
    this.#remembered.endsWith(index - 1, (this.#digestOf.get(index - 1) as Uint8Array | undefined) ?? null)
  }

  append(entries: readonly LogEntry[]): void {
    let digest: Uint8Array | null = null
    for (const entry of entries) {
      if (entry.index !== this.#lastIndex + 1) {
        throw new LedgerError(
          'out_of_order',
          `Raft appends entry ${entry.index} after ${this.#lastIndex}; its indices must be contiguous`,
        )
      }
      const data = this.#strip(entry)
      digest = this.#digest(entry.index, entry.term, entry.kind, data)
      this.#insert.run(entry.index, entry.term, entry.kind, digest, data)
      this.#lastIndex = entry.index
      this.#bytes += data.length
    }
    if (digest !== null) this.#remembered.endsWith(this.#lastIndex, digest)
  }

  /** Notes that an entry is applied. */
  markApplied(index: number): void {
    this.#remembered.change({ applied: index })
  }

  save(change: Partial<StoredRaft>): void {
    this.#remembered.change(change)
  }

  /** Statements of a committed entry; those of an entry that is no proposal of ours are none. */
  statements(entry: LogEntry): AppendedStatement[] {
    const known = this.#appended.get(entry.index)
    if (known !== undefined) {
      this.#appended.delete(entry.index)
      return known
    }
    return entry.kind === KIND_NORMAL ? this.#hashed(entry.data) : []
  }

  /**
   * Entries `low` (inclusive) to `high` (exclusive), cut off after `maxBytes` or before one that is damaged, but never empty. Throws
   * `raft_log_damaged` where the first one, or a payload of it, is not what was appended.
   */
  entries(low: number, high: number, maxBytes: number): LogEntry[] {
    if (low <= this.#remembered.raft.snapshotIndex) {
      throw new LedgerError(
        'not_found',
        `Raft log entry ${low} was compacted; the log begins after ${this.#remembered.raft.snapshotIndex}`,
      )
    }
    const entries: LogEntry[] = []
    let bytes = 0
    try {
      for (const row of this.#rows(low, high)) {
        const data = this.#restore(row)
        bytes += data.length
        if (entries.length > 0 && bytes > maxBytes) break
        if (row.idx !== low + entries.length) break
        entries.push({ index: row.idx, term: row.term, kind: row.kind as 0 | 1, data })
      }
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'raft_log_damaged' || entries.length === 0) throw error
    }
    if (entries.length === 0 && low < high) throw damaged(low, 'is missing')
    return entries
  }

  /** A row as it is stored, for another gateway that lost it; null where it is not there, or damaged here too. */
  row(index: number): { term: number; kind: number; data: Uint8Array } | null {
    const [row] = this.#read(index, index + 1) ?? []
    if (row === undefined || !equalBytes(this.#digest(row.idx, row.term, row.kind, row.data), row.digest)) return null
    return { term: row.term, kind: row.kind, data: row.data }
  }

  /** Term of a stored entry. Throws `raft_log_damaged`. */
  term(index: number): number {
    for (const row of this.#rows(index, index + 1)) {
      this.#check(row)
      return row.term
    }
    throw damaged(index, 'is missing')
  }

  /** Forgets entries up to `upTo`, which every healthy peer has; never beyond what is applied. */
  compact(upTo: number): void {
    const index = Math.min(upTo, this.#remembered.raft.applied)
    if (index <= this.#remembered.raft.snapshotIndex) return
    let term = this.#remembered.raft.snapshotTerm
    for (const row of this.#rows(this.#remembered.raft.snapshotIndex + 1, index + 1)) {
      this.#release(row)
      term = row.term
    }
    this.#compact.run(index)
    this.save({ snapshotIndex: index, snapshotTerm: term })
    if (index === this.#lastIndex) this.#remembered.endsWith(index, null)
  }

  *#rows(low: number, high: number): Generator<LogRow, void> {
    for (let from = low; from < high; from += ROWS_PER_READ) {
      const to = Math.min(from + ROWS_PER_READ, high)
      const rows = this.#read(from, to)
      if (rows !== null) yield* rows
      // One of them stands in a damaged page: those before it don't.
      else for (let index = from; index < to; index++) yield* this.#read(index, index + 1) ?? unreadable(index)
    }
  }

  /** null where a page of theirs is not what was written. */
  #read(from: number, to: number): LogRow[] | null {
    try {
      return this.#range.all(from, to) as LogRow[]
    } catch (cause) {
      const error = ledgerErrorOf(cause, 'reading the Raft log', 'the ledger')
      if (error.code === 'database_damaged') return null
      throw error
    }
  }

  #hashed(data: Uint8Array): AppendedStatement[] {
    let statements: Proposed[]
    try {
      statements = decodeProposal(data)
    } catch {
      // Whatever a leader put there, it proposes nothing; the same on every replica.
      return []
    }
    return statements.map(({ entry, payload }) => ({
      entry,
      payload,
      payloadHash: payload === null ? null : this.#hash(payload),
    }))
  }

  #strip(entry: LogEntry): Uint8Array {
    const statements = entry.kind === KIND_NORMAL ? this.#hashed(entry.data) : []
    if (statements.length === 0) return joinParts([Uint8Array.of(FORM_RAW), entry.data])
    this.#appended.set(entry.index, statements)
    const parts: Uint8Array[] = [Uint8Array.of(FORM_PROPOSAL)]
    for (const { entry: bytes, payload, payloadHash } of statements) {
      parts.push(lengthBytes(bytes.length), bytes, Uint8Array.of(payload === null ? 0 : 1))
      if (payload === null || payloadHash === null) continue
      this.#payloads.put(payloadHash, payload)
      parts.push(payloadHash)
    }
    return joinParts(parts)
  }

  #check(row: LogRow): void {
    if (!equalBytes(this.#digest(row.idx, row.term, row.kind, row.data), row.digest))
      throw damaged(row.idx, 'does not match its digest')
  }

  #restore(row: LogRow): Buffer {
    this.#check(row)
    if (row.data[0] === FORM_RAW) return Buffer.from(row.data.subarray(1))
    const statements = stored(row).map(({ entry, payloadHash }) => ({
      entry,
      payload: payloadHash === null ? null : this.#payload(row.idx, payloadHash),
    }))
    const bytes = encodeProposal(statements)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** A row's digest covers the payload's hash only, and a replica that is given other bytes decides otherwise than the rest. */
  #payload(index: number, hash: Uint8Array): Uint8Array {
    let bytes: Uint8Array | null
    try {
      bytes = this.#payloads.find(hash)
    } catch (cause) {
      if (cause instanceof LedgerError && cause.code === 'payload_damaged')
        throw damaged(index, 'names a payload that was changed on this disk')
      throw cause
    }
    if (bytes === null) throw damaged(index, 'names a payload that is not stored')
    if (!equalBytes(this.#hash(bytes), hash)) throw damaged(index, 'names a payload that was changed on this disk')
    return bytes
  }

  #release(row: LogRow): void {
    this.#bytes -= row.data.length
    for (const hash of payloadsNamed(row.idx, row.data)) this.#payloads.release(hash)
  }

  /** Bytes of the rows; guessed where one of them cannot be read, which is no reason not to start. */
  #stored(database: Database): number {
    try {
      return (database.prepare('SELECT sum(length(data)) FROM raft_log').pluck().get() as number | null) ?? 0
    } catch (cause) {
      if (ledgerErrorOf(cause, 'measuring the Raft log', 'the ledger').code !== 'database_damaged') throw cause
      return (this.#lastIndex - this.#remembered.raft.snapshotIndex) * ROW_BYTES_USUAL
    }
  }

  #holdPayloads(): void {
    try {
      for (const row of this.#rows(this.#remembered.raft.snapshotIndex + 1, this.#lastIndex + 1))
        for (const hash of payloadsNamed(row.idx, row.data)) this.#payloads.hold(hash)
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'raft_log_damaged') throw error
      // What a damaged row names is not known: nothing is swept.
      this.#payloads.holdAll()
    }
  }

  #digest(index: number, term: number, kind: number, data: Uint8Array): Uint8Array {
    return raftRowDigest(this.#hash, index, term, kind, data)
  }
}

/** SHA-256 over position, term, kind and data of a log row. */
export function raftRowDigest(hash: Hash, index: number, term: number, kind: number, data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(17))
  head.setBigUint64(0, BigInt(index))
  head.setBigUint64(8, BigInt(term))
  head.setUint8(16, kind)
  return hash(joinParts([new Uint8Array(head.buffer), data]))
}

/** Hashes of the payloads that a stored row names. Throws LedgerError `raft_log_damaged`. */
export function payloadsNamed(idx: number, data: Uint8Array): Uint8Array[] {
  if (data[0] !== FORM_PROPOSAL) return []
  return stored({ idx, data }).flatMap(({ payloadHash }) => (payloadHash === null ? [] : [payloadHash]))
}

function stored(row: Pick<LogRow, 'idx' | 'data'>): { entry: Uint8Array; payloadHash: Uint8Array | null }[] {
  const { data } = row
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const statements: { entry: Uint8Array; payloadHash: Uint8Array | null }[] = []
  let at = 1
  while (at < data.length) {
    if (at + 4 > data.length) throw damaged(row.idx, 'ends inside a statement')
    const length = view.getUint32(at, true)
    const end = at + 4 + length
    const has = data[end]
    if (has === undefined || end + 1 + has * HASH_BYTES > data.length) throw damaged(row.idx, 'ends inside a statement')
    statements.push({
      entry: data.subarray(at + 4, end),
      payloadHash: has === 0 ? null : data.subarray(end + 1, end + 1 + HASH_BYTES),
    })
    at = end + 1 + has * HASH_BYTES
  }
  return statements
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, length, true)
  return bytes
}

function raftOf({ term, vote, commit, applied, snapshotIndex, snapshotTerm, ...members }: StoredRaft): StoredRaft {
  const { voters, learners, votersOutgoing, learnersNext } = members
  return {
    term,
    vote,
    commit,
    applied,
    snapshotIndex,
    snapshotTerm,
    voters,
    learners,
    votersOutgoing,
    learnersNext,
  }
}

function unreadable(index: number): never {
  throw damaged(index, 'stands in a page that is not what was written')
}

function damaged(index: number, what: string): LedgerError {
  return new LedgerError(
    'raft_log_damaged',
    `Raft log entry ${index} ${what}. It is given to no other gateway and not applied here.`,
  )
}
