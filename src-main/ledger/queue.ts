import type { Database, Statement } from 'better-sqlite3'
import { equalBytes } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import type { ActorId, StreamId } from '../wire/ids.ts'
import { decodeBatchHeader, decodeStatement } from '../wire/statements.ts'
import type { BatchHeader } from '../wire/statements.ts'
import { LedgerError } from './errors.ts'
import type { Hash } from './log-tree.ts'
import type { Outcome } from './outcome.ts'
import type { PayloadStore } from './payload-store.ts'

/** A statement that this gateway signed, on its way into the queue. */
export interface QueuedEntry {
  sequence: number
  entry: Uint8Array
  payload: Uint8Array | null
  statementHash: Uint8Array
  readings: number
}

/** A statement that the ledger found invalid: its readings must be signed again under the next sequence. */
export interface RefusedEntry extends QueuedEntry {
  reason: string
}

interface Kept {
  id: number
  actor: ActorId
  hash: Uint8Array
  payloadHash: Uint8Array | null
  readings: number
  size: number
  refused: boolean
}

interface QueueRow extends QueuedEntry {
  digest: Uint8Array
  payloadHash: Uint8Array | null
  reason: string | null
}

const WAITING = 0
const REFUSED = 1

/**
 * Statements that this gateway signed and has not seen applied. A statement is here before it leaves the process, else a restart
 * could sign a second content under its sequence; it goes in the transaction that applies it.
 */
export class StatementQueue {
  readonly #hash: Hash
  readonly #payloads: PayloadStore
  readonly #kept = new Map<number, Kept>()
  readonly #streams = new Map<StreamId, number>()
  readonly #insert: Statement
  readonly #delete: Statement
  readonly #refuse: Statement
  readonly #list: Statement
  #bytes = 0
  #readings = 0
  #waiting = 0

  constructor(database: Database, payloads: PayloadStore, hash: Hash) {
    this.#hash = hash
    this.#payloads = payloads
    this.#insert = database.prepare(
      'INSERT INTO queue (sequence, statement_hash, readings, size, payload, digest, entry) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#delete = database.prepare('DELETE FROM queue WHERE id = ?')
    this.#refuse = database.prepare(`UPDATE queue SET state = ${REFUSED}, reason = ? WHERE id = ?`)
    this.#list = database.prepare(
      'SELECT queue.id, sequence, statement_hash AS statementHash, readings, size, digest, entry, reason, hash AS payloadHash, payload.bytes AS payload FROM queue LEFT JOIN payload ON payload.id = queue.payload WHERE state = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    )
    this.#load(database)
  }

  /** Statements that wait, in order, after `afterSequence`. Throws LedgerError `database_damaged` for one that changed. */
  pending(limit: number, afterSequence = -1): QueuedEntry[] {
    return this.#rows(WAITING, afterSequence, limit).map(queued)
  }

  /** Statements that were refused, in order, after `afterSequence`. */
  refused(limit: number, afterSequence = -1): RefusedEntry[] {
    return this.#rows(REFUSED, afterSequence, limit).map((row) => ({ ...queued(row), reason: row.reason ?? '' }))
  }

  /** Statement hash of what stands in the queue under a sequence, waiting or refused; null where nothing does. */
  hashOf(sequence: number): Uint8Array | null {
    return this.#kept.get(sequence)?.hash ?? null
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

  /** The newest statement in the queue: where the next one has to follow. Null while it is empty. */
  last(): { sequence: number; statementHash: Uint8Array } | null {
    let last: { sequence: number; statementHash: Uint8Array } | null = null
    for (const [sequence, { hash }] of this.#kept) {
      if (last === null || sequence > last.sequence) last = { sequence, statementHash: hash }
    }
    return last
  }

  /** Next sequence of a stream after everything that was queued since start; 0 where nothing was. */
  nextSequence(stream: StreamId): number {
    return this.#streams.get(stream) ?? 0
  }

  /** Inside a transaction. */
  enqueue(items: readonly QueuedEntry[]): void {
    for (const { entry, payload, readings, sequence: given, statementHash: said } of items) {
      const parsed = parseEntry(entry)
      const statement = decodeStatement(parsed)
      if (statement.kind === 'seal')
        throw new LedgerError('out_of_order', 'a seal needs no queue: propose it, and sign another when it is refused')
      const hash = this.#hash(parsed.sigStructure)
      if (statement.sequence !== given || !equalBytes(hash, said)) {
        throw new LedgerError(
          'out_of_order',
          `statement ${statement.sequence} was queued as ${given} or under another hash than its own`,
        )
      }
      const payloadHash = payload === null ? null : this.#hash(payload)
      const payloadId = payload === null || payloadHash === null ? null : this.#payloads.put(payloadHash, payload)
      const size = entry.length + (payload?.length ?? 0)
      const digest = queueDigest(this.#hash, entry, payloadHash)
      const { sequence } = statement
      const id = Number(this.#insert.run(sequence, hash, readings, size, payloadId, digest, entry).lastInsertRowid)
      this.#keep(sequence, { id, actor: parsed.actor, hash, payloadHash, readings, size, refused: false })
      if (statement.kind === 'batch') this.#follow(statement)
    }
  }

  /** Inside the transaction that applies: what is in the ledger leaves, what was refused stays apart. */
  settle({ outcome, sequence, entryHash, reason }: Outcome): void {
    if (sequence === null || outcome === 'early' || outcome === 'bad' || outcome === 'refused-seal') return
    const kept = this.#kept.get(sequence)
    if (kept === undefined || !equalBytes(kept.hash, entryHash)) return
    if (outcome === 'accepted' || outcome === 'duplicate') {
      if (!kept.refused) this.#drop(sequence, kept)
      return
    }
    if (!kept.refused) this.#setRefused(kept, reason ?? '')
  }

  /**
   * At open: what waits under a sequence that the ledger has used already is never proposed, for it would be a second content.
   * It counts as refused, so that its readings are signed again.
   */
  retire(nextSequence: (actor: ActorId) => number): void {
    for (const [sequence, kept] of this.#kept) {
      if (kept.refused || sequence >= nextSequence(kept.actor)) continue
      this.#setRefused(kept, 'its sequence was used before it was proposed')
    }
  }

  /** Inside a transaction: forgets a refused statement whose readings were signed again. */
  discardRefused(sequence: number): void {
    const kept = this.#kept.get(sequence)
    if (kept?.refused) this.#drop(sequence, kept)
  }

  #setRefused(kept: Kept, reason: string): void {
    this.#refuse.run(reason, kept.id)
    kept.refused = true
    this.#waiting -= 1
    this.#bytes -= kept.size
    this.#readings -= kept.readings
  }

  #keep(sequence: number, kept: Kept): void {
    this.#kept.set(sequence, kept)
    if (kept.refused) return
    this.#waiting += 1
    this.#bytes += kept.size
    this.#readings += kept.readings
  }

  #drop(sequence: number, kept: Kept): void {
    this.#delete.run(kept.id)
    if (kept.payloadHash !== null) this.#payloads.release(kept.payloadHash)
    this.#kept.delete(sequence)
    if (kept.refused) return
    this.#waiting -= 1
    this.#bytes -= kept.size
    this.#readings -= kept.readings
  }

  #rows(state: number, after: number, limit: number): QueueRow[] {
    const rows = this.#list.all(state, after, limit) as QueueRow[]
    for (const row of rows) {
      if (equalBytes(queueDigest(this.#hash, row.entry, row.payloadHash), row.digest)) continue
      throw new LedgerError(
        'database_damaged',
        `queued statement ${row.sequence} changed on disk. Do not send it: run "plumbline fsck" and bring this gateway back as a new incarnation.`,
      )
    }
    return rows
  }

  #load(database: Database): void {
    const rows = database
      .prepare(
        'SELECT queue.id, sequence, state, statement_hash AS hash, readings, size, entry, payload.hash AS payloadHash FROM queue LEFT JOIN payload ON payload.id = queue.payload ORDER BY sequence',
      )
      .all() as (Omit<Kept, 'actor'> & { sequence: number; state: number; entry: Uint8Array })[]
    for (const { id, sequence, state, hash, readings, size, entry, payloadHash } of rows) {
      const parsed = parseEntry(entry)
      const { actor } = parsed
      this.#keep(sequence, { id, actor, hash, payloadHash, readings, size, refused: state === REFUSED })
      if (payloadHash !== null) this.#payloads.hold(payloadHash)
      if (parsed.contentType === 'batch') this.#follow(decodeBatchHeader(parsed.payload))
    }
  }

  #follow(header: BatchHeader): void {
    for (const [stream, next] of nextSequences(header)) {
      this.#streams.set(stream, Math.max(this.#streams.get(stream) ?? 0, next))
    }
  }
}

function queued({ sequence, entry, payload, statementHash, readings }: QueueRow): QueuedEntry {
  return { sequence, entry, payload, statementHash, readings }
}

/** SHA-256 over a queued statement and its payload's hash. */
export function queueDigest(hash: Hash, entry: Uint8Array, payloadHash: Uint8Array | null): Uint8Array {
  return hash(payloadHash === null ? entry : Buffer.concat([entry, payloadHash]))
}

/** Where each stream of a batch stands after it. A signed gap inside or after a run moves it on like readings do. */
export function nextSequences(header: Pick<BatchHeader, 'runs' | 'gaps'>): Map<StreamId, number> {
  const next = new Map<StreamId, number>()
  const first = new Map<StreamId, number>()
  for (const run of header.runs) {
    next.set(run.stream, run.firstSequence + run.count)
    first.set(run.stream, run.firstSequence)
  }
  for (const gap of header.gaps) {
    const lost = gap.toSequence - gap.fromSequence + 1
    const known = next.get(gap.stream)
    if (known === undefined) next.set(gap.stream, gap.toSequence + 1)
    else if (!first.has(gap.stream)) next.set(gap.stream, Math.max(known, gap.toSequence + 1))
    else if (gap.fromSequence >= (first.get(gap.stream) ?? 0)) next.set(gap.stream, known + lost)
  }
  return next
}
