import type { Database, Statement } from 'better-sqlite3'
import { toHex } from '../wire/bytes.ts'
import { LedgerError, ledgerErrorOf } from './errors.ts'

interface Pending {
  id: number
  /** Rows of Raft log and queue that name it. */
  holds: number
}

/**
 * Payload bytes, stored once under their hash. One is *pending* until an accepted entry names it, and is swept when neither the
 * Raft log nor the queue holds it any more: a truncated log leaves nothing behind.
 */
export class PayloadStore {
  readonly #pending = new Map<string, Pending>()
  readonly #insert: Statement
  readonly #find: Statement
  readonly #bytes: Statement
  readonly #bytesByHash: Statement
  readonly #delete: Statement
  readonly #insertPending: Statement
  readonly #deletePending: Statement
  readonly #loadPending: Statement

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO payload (hash, bytes) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING')
    this.#find = database.prepare('SELECT id FROM payload WHERE hash = ?').pluck()
    this.#bytes = database.prepare('SELECT bytes FROM payload WHERE id = ?').pluck()
    this.#bytesByHash = database.prepare('SELECT bytes FROM payload WHERE hash = ?').pluck()
    this.#delete = database.prepare('DELETE FROM payload WHERE id = ?')
    this.#insertPending = database.prepare('INSERT INTO payload_pending (payload) VALUES (?)')
    this.#deletePending = database.prepare('DELETE FROM payload_pending WHERE payload = ?')
    this.#loadPending = database.prepare(
      'SELECT payload AS id, hash FROM payload_pending JOIN payload ON payload.id = payload',
    )
  }

  /** At start: what is pending, not held by anyone yet; Raft log and queue then hold what they name. */
  load(): void {
    this.#pending.clear()
    for (const row of this.#loadPending.iterate() as Iterable<{ id: number; hash: Uint8Array }>) {
      this.#pending.set(toHex(row.hash), { id: row.id, holds: 0 })
    }
  }

  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** Stores and holds a payload; returns its row id. */
  put(hash: Uint8Array, bytes: Uint8Array): number {
    const { changes, lastInsertRowid } = this.#insert.run(hash, bytes)
    if (changes === 1) {
      const id = Number(lastInsertRowid)
      this.#insertPending.run(id)
      this.#pending.set(toHex(hash), { id, holds: 1 })
      return id
    }
    this.hold(hash)
    return this.#find.get(hash) as number
  }

  hold(hash: Uint8Array): void {
    const pending = this.#pending.get(toHex(hash))
    if (pending !== undefined) pending.holds += 1
  }

  /** Nobody knows what is named: all of it may be. */
  holdAll(): void {
    for (const pending of this.#pending.values()) pending.holds += 1
  }

  /** One row fewer names it; deletes it when it was the last and no accepted entry does. */
  release(hash: Uint8Array): void {
    const name = toHex(hash)
    const pending = this.#pending.get(name)
    if (pending === undefined) return
    pending.holds -= 1
    if (pending.holds > 0) return
    this.#deletePending.run(pending.id)
    this.#delete.run(pending.id)
    this.#pending.delete(name)
  }

  /** At start, after everyone held what they name: deletes the rest. */
  sweep(): void {
    for (const [name, pending] of this.#pending) {
      if (pending.holds > 0) continue
      this.#deletePending.run(pending.id)
      this.#delete.run(pending.id)
      this.#pending.delete(name)
    }
  }

  /** An accepted entry names it from now on. Returns its row id. */
  accept(hash: Uint8Array): number {
    const name = toHex(hash)
    const pending = this.#pending.get(name)
    if (pending !== undefined) {
      this.#deletePending.run(pending.id)
      this.#pending.delete(name)
      return pending.id
    }
    const id = this.#find.get(hash) as number | undefined
    if (id === undefined) throw missing(toHex(hash))
    return id
  }

  /** Throws LedgerError `payload_missing` or `payload_damaged`. */
  bytes(id: number): Uint8Array {
    const bytes = stored(this.#bytes, id)
    if (bytes === undefined) throw missing(`in row ${id}`)
    return bytes
  }

  /** What is stored under a hash; null where nothing is. Throws LedgerError `payload_damaged`. */
  find(hash: Uint8Array): Uint8Array | null {
    return stored(this.#bytesByHash, hash) ?? null
  }
}

/** That payloads are damaged is no reason to stop, as it is for whatever decides about entries. */
function stored(select: Statement, key: number | Uint8Array): Uint8Array | undefined {
  try {
    return select.get(key) as Uint8Array | undefined
  } catch (cause) {
    const error = ledgerErrorOf(cause, 'reading a payload', 'the ledger')
    throw error.code === 'database_damaged' ? new LedgerError('payload_damaged', error.message, { cause }) : error
  }
}

function missing(which: string): LedgerError {
  return new LedgerError(
    'payload_missing',
    `payload ${which} is named but not stored: this replica must not go on alone`,
  )
}
