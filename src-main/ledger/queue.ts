import type { Database, Statement } from 'better-sqlite3'
import { equalBytes } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import { idBytes, incarnationIdOf } from '../wire/ids.ts'
import type { ActorId, IncarnationId } from '../wire/ids.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { statementOf } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { Outcome } from './outcome.ts'
import type { PayloadStore } from './payload-store.ts'

/** A statement that this gateway signed, on its way into the queue. */
export interface QueuedEntry {
  incarnation: IncarnationId
  sequence: number
  entry: Uint8Array
  payload: Uint8Array | null
  statementHash: Uint8Array
  readings: number
}

/** A statement that the ledger does not take: its readings must be signed again under the next sequence. */
export interface RefusedEntry extends QueuedEntry {
  /** Its place in the queue: later ones have greater ones. */
  id: number
  reason: RefusalCode
}

/** What the ledger holds under a sequence; `refused` is the code where it was found invalid. */
export interface Decided {
  hash: Uint8Array
  refused: RefusalCode | null
}

interface Kept {
  id: number
  actor: ActorId
  incarnation: IncarnationId
  sequence: number
  hash: Uint8Array
  payloadHash: Uint8Array | null
  readings: number
  size: number
  refused: boolean
}

interface QueueRow extends QueuedEntry {
  digest: Uint8Array
  id: number
  payloadHash: Uint8Array | null
  reason: RefusalCode | null
}

const WAITING = 0
const REFUSED = 1
const ROWS =
  'SELECT queue.id, sequence, statement_hash AS statementHash, readings, size, digest, entry, reason, incarnation, hash AS payloadHash, payload.bytes AS payload FROM queue LEFT JOIN payload ON payload.id = queue.payload'

/**
 * Statements that this gateway signed and has not seen applied. A statement is here before it leaves the process, else a restart
 * could sign a second content under its sequence; it goes in the transaction that applies it. What waits is all of one
 * incarnation: the first statement of another makes what waited before it count as refused.
 */
export class StatementQueue {
  readonly #hash: Hash
  readonly #payloads: PayloadStore
  readonly #kept = new Map<string, Kept>()
  readonly #insert: Statement
  readonly #delete: Statement
  readonly #refuse: Statement
  readonly #listWaiting: Statement
  readonly #listRefused: Statement
  readonly #saveIncarnation: Statement
  #incarnation: IncarnationId | null
  #bytes = 0
  #readings = 0
  #waiting = 0

  constructor(database: Database, payloads: PayloadStore, hash: Hash) {
    this.#hash = hash
    this.#payloads = payloads
    this.#insert = database.prepare(
      'INSERT INTO queue (incarnation, sequence, statement_hash, readings, size, payload, digest, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#delete = database.prepare('DELETE FROM queue WHERE id = ?')
    this.#refuse = database.prepare(`UPDATE queue SET state = ${REFUSED}, reason = ? WHERE id = ?`)
    this.#listWaiting = database.prepare(`${ROWS} WHERE state = ${WAITING} AND sequence > ? ORDER BY sequence LIMIT ?`)
    this.#listRefused = database.prepare(`${ROWS} WHERE state = ${REFUSED} AND queue.id > ? ORDER BY queue.id LIMIT ?`)
    this.#saveIncarnation = database.prepare('INSERT OR REPLACE INTO own_incarnation (one, name) VALUES (1, ?)')
    const own = database.prepare('SELECT name FROM own_incarnation').pluck().get() as Uint8Array | undefined
    this.#incarnation = own === undefined ? null : incarnationIdOf(own)
    this.#load(database)
  }

  /** The incarnation that this gateway signed in last; null where this file never held a statement of it. */
  get incarnation(): IncarnationId | null {
    return this.#incarnation
  }

  /** Statements that wait, in order, after `afterSequence`. Throws LedgerError `database_damaged` for one that changed. */
  pending(limit: number, afterSequence = -1): QueuedEntry[] {
    return this.#rows(this.#listWaiting.all(afterSequence, limit)).map(queued)
  }

  /** Statements that were refused, in the order of their signing, behind the one with this `id`. */
  refused(limit: number, afterId = 0): RefusedEntry[] {
    return this.#rows(this.#listRefused.all(afterId, limit)).map((row) => ({
      ...queued(row),
      id: row.id,
      reason: row.reason ?? 'ended-incarnation',
    }))
  }

  /** Statement hash of what stands in the queue under a sequence of its incarnation, waiting or refused; null where nothing does. */
  hashOf(sequence: number): Uint8Array | null {
    return this.#find(sequence)?.hash ?? null
  }

  /** The statement of the queue's incarnation that was refused under a sequence; null where there is none. */
  refusedAt(sequence: number): RefusedEntry | null {
    const kept = this.#find(sequence)
    return kept?.refused === true ? (this.refused(1, kept.id - 1)[0] ?? null) : null
  }

  /** Statements, readings and bytes that wait. */
  count(): number {
    return this.#waiting
  }
  readings(): number {
    return this.#readings
  }
  bytes(): number {
    return this.#bytes
  }

  /** The newest statement of the queue's incarnation: where the next one has to follow. Null while there is none. */
  last(): { sequence: number; statementHash: Uint8Array } | null {
    let last: { sequence: number; statementHash: Uint8Array } | null = null
    for (const { incarnation, sequence, hash } of this.#kept.values()) {
      if (incarnation !== this.#incarnation || (last !== null && sequence < last.sequence)) continue
      last = { sequence, statementHash: hash }
    }
    return last
  }

  /** Inside a transaction. */
  enqueue(items: readonly QueuedEntry[]): void {
    for (const { entry, payload, readings, sequence: given, statementHash: said } of items) {
      const parsed = parseEntry(entry)
      const statement = statementOf(parsed)
      if (statement.kind === 'seal')
        throw new LedgerError('out_of_order', 'a seal needs no queue: propose it, and sign another when it is refused')
      const hash = this.#hash(parsed.sigStructure)
      if (statement.sequence !== given || !equalBytes(hash, said)) {
        throw new LedgerError(
          'out_of_order',
          `statement ${statement.sequence} was queued as ${given} or under another hash than its own`,
        )
      }
      const { actor, incarnation, sequence } = statement
      if (incarnation !== this.#incarnation) this.#begin(incarnation, sequence)
      const payloadHash = payload === null ? null : this.#hash(payload)
      const payloadId = payload === null || payloadHash === null ? null : this.#payloads.put(payloadHash, payload)
      const size = entry.length + (payload?.length ?? 0)
      const row = [idBytes(incarnation), sequence, hash, readings, size, payloadId]
      const { lastInsertRowid } = this.#insert.run(...row, queueDigest(this.#hash, entry, payloadHash), entry)
      const id = Number(lastInsertRowid)
      this.#keep({ id, actor, incarnation, sequence, hash, payloadHash, readings, size, refused: false })
    }
  }

  /** Inside the transaction that applies: what is in the ledger leaves, what was refused stays apart. */
  settle({ outcome, incarnation, sequence, entryHash, reason }: Outcome): void {
    if (incarnation === null || sequence === null || outcome === 'early' || outcome === 'refused-seal') return
    const kept = this.#kept.get(nameOf(incarnation, sequence))
    if (kept === undefined || !equalBytes(kept.hash, entryHash)) return
    // What was refused may be proposed again; that it is known then does not make it accepted.
    if (outcome === 'accepted' || (outcome === 'duplicate' && !kept.refused)) this.#drop(kept)
    else if (outcome !== 'duplicate' && outcome !== 'bad' && !kept.refused)
      this.#setRefused(kept, reason ?? 'second-content')
  }

  /**
   * At open: what the ledger has is done; what it found invalid counts as refused, and so does what waits under a sequence that the
   * ledger has used for another content: it is never proposed, and its readings are signed again.
   */
  retire(decided: (actor: ActorId, incarnation: IncarnationId, sequence: number) => Decided | null): void {
    for (const kept of this.#kept.values()) {
      const known = decided(kept.actor, kept.incarnation, kept.sequence)
      if (known === null) continue
      if (!equalBytes(known.hash, kept.hash)) {
        if (!kept.refused) this.#setRefused(kept, 'second-content')
      } else if (known.refused === null) this.#drop(kept)
      else if (!kept.refused) this.#setRefused(kept, known.refused)
    }
  }

  /** Inside a transaction: forgets a refused statement whose readings were signed again. */
  discardRefused(id: number): void {
    const kept = [...this.#kept.values()].find((candidate) => candidate.id === id)
    if (kept?.refused) this.#drop(kept)
  }

  /** What waited in the incarnation before is never proposed any more. */
  #begin(incarnation: IncarnationId, sequence: number): void {
    if (this.#incarnation !== null && sequence !== 0)
      throw new LedgerError('out_of_order', `an incarnation begins with sequence 0, not ${sequence}`)
    for (const kept of this.#kept.values()) if (!kept.refused) this.#setRefused(kept, 'ended-incarnation')
    this.#incarnation = incarnation
    this.#saveIncarnation.run(idBytes(incarnation))
  }

  #find(sequence: number): Kept | undefined {
    return this.#incarnation === null ? undefined : this.#kept.get(nameOf(this.#incarnation, sequence))
  }

  #setRefused(kept: Kept, reason: RefusalCode): void {
    this.#refuse.run(reason, kept.id)
    kept.refused = true
    this.#waiting -= 1
    this.#bytes -= kept.size
    this.#readings -= kept.readings
  }

  #keep(kept: Kept): void {
    this.#kept.set(nameOf(kept.incarnation, kept.sequence), kept)
    if (kept.refused) return
    this.#waiting += 1
    this.#bytes += kept.size
    this.#readings += kept.readings
  }

  #drop(kept: Kept): void {
    this.#delete.run(kept.id)
    if (kept.payloadHash !== null) this.#payloads.release(kept.payloadHash)
    this.#kept.delete(nameOf(kept.incarnation, kept.sequence))
    if (kept.refused) return
    this.#waiting -= 1
    this.#bytes -= kept.size
    this.#readings -= kept.readings
  }

  #rows(found: unknown[]): QueueRow[] {
    const rows = (found as (Omit<QueueRow, 'incarnation'> & { incarnation: Uint8Array })[]).map((row) => ({
      ...row,
      incarnation: incarnationIdOf(row.incarnation),
    }))
    for (const row of rows) {
      if (equalBytes(queueDigest(this.#hash, row.entry, row.payloadHash), row.digest)) continue
      throw new LedgerError('database_damaged', `queued statement ${row.sequence} changed on disk and is not sent`, {
        next: 'Run "plumbline fsck" and bring this gateway back as a new incarnation.',
      })
    }
    return rows
  }

  #load(database: Database): void {
    const rows = database
      .prepare(
        'SELECT queue.id, incarnation, sequence, state, statement_hash AS hash, readings, size, entry, payload.hash AS payloadHash FROM queue LEFT JOIN payload ON payload.id = queue.payload ORDER BY queue.id',
      )
      .all() as (Omit<Kept, 'actor' | 'incarnation'> & { incarnation: Uint8Array; state: number; entry: Uint8Array })[]
    for (const { id, incarnation, sequence, state, hash, readings, size, entry, payloadHash } of rows) {
      const parsed = parseEntry(entry)
      const place = { id, actor: parsed.actor, incarnation: incarnationIdOf(incarnation), sequence }
      this.#keep({ ...place, hash, payloadHash, readings, size, refused: state === REFUSED })
      if (payloadHash !== null) this.#payloads.hold(payloadHash)
    }
  }
}

function nameOf(incarnation: IncarnationId, sequence: number): string {
  return `${incarnation}/${sequence}`
}

function queued({ incarnation, sequence, entry, payload, statementHash, readings }: QueueRow): QueuedEntry {
  return { incarnation, sequence, entry, payload, statementHash, readings }
}

/** SHA-256 over a queued statement and its payload's hash. */
export function queueDigest(hash: Hash, entry: Uint8Array, payloadHash: Uint8Array | null): Uint8Array {
  return hash(payloadHash === null ? entry : Buffer.concat([entry, payloadHash]))
}
