import type { Database } from 'better-sqlite3'
import type { StreamId } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'
import type { EntryReader } from './read-entries.ts'
import { CHUNK_ENTRIES, ChunkBuilder } from './run-index.ts'
import type { ChunkRow } from './run-index.ts'

/** The reading index of the chunk that is not full yet, kept up with the ledger as it grows. */
export class TailIndex {
  readonly #database: Database
  readonly #entries: EntryReader
  readonly #builder = new ChunkBuilder()
  #chunk = -1
  #upTo = 0

  constructor(database: Database, entries: EntryReader) {
    this.#database = database
    this.#entries = entries
  }

  /** What the unfinished chunk holds of a stream, or null. */
  row(stream: StreamId): ChunkRow | null {
    this.#follow()
    return this.#builder.row(stream, this.#chunk)
  }

  #follow(): void {
    const size = this.#entries.size()
    const chunk = Math.floor(size / CHUNK_ENTRIES)
    if (chunk !== this.#chunk) {
      this.#builder.clear()
      this.#chunk = chunk
      this.#upTo = chunk * CHUNK_ENTRIES
    }
    const batches = this.#database
      .prepare('SELECT idx FROM entry WHERE idx >= ? AND idx < ? AND kind = 0 ORDER BY idx')
      .pluck()
      .all(this.#upTo, size) as number[]
    for (const index of batches) this.#take(index)
    this.#upTo = size
  }

  #take(index: number): void {
    let batch
    try {
      batch = this.#entries.batch(index)
    } catch (cause) {
      // A damaged batch is missing from charts; whoever asks for the batch itself, and fsck, say why.
      if (cause instanceof LedgerError && cause.code === 'payload_damaged') return
      throw cause
    }
    let position = 0
    for (const run of batch.header.runs) {
      this.#builder.add(run.stream, index, position, run.firstSequence, run.count, batch.rows)
      position += run.count
    }
  }
}
