import type { Logger } from 'pino'
import type { LedgerReader } from '../../ledger/reader.ts'
import type { StreamId } from '../../wire/ids.ts'

/** What screens need of the ledger: where it is damaged nothing is shown, and the check of the record says what was changed. */
type Source = Pick<LedgerReader, 'payload' | 'newestEntry'>

/** Payloads of recorded batches, as far as they can be read: a flipped byte must not keep a gateway from recording. */
export class BatchPayloads {
  readonly #reader: Source
  readonly #log: Pick<Logger, 'error'>

  constructor(reader: Source, log: Pick<Logger, 'error'>) {
    this.#reader = reader
    this.#log = log
  }

  /** Columnar payloads of these entries, in their order. */
  of(entries: readonly number[]): Uint8Array[] {
    return entries.flatMap((entry) => this.#tried({ entry }, () => this.#reader.payload(entry)) ?? [])
  }

  /** Payloads with the newest reading of each stream, oldest entry first. */
  newestOf(streams: readonly StreamId[]): Uint8Array[] {
    const entries = streams.flatMap((stream) => this.#tried({ stream }, () => this.#reader.newestEntry(stream)) ?? [])
    return this.of([...new Set(entries)].toSorted((a, b) => a - b))
  }

  #tried<T>(place: { entry: number } | { stream: StreamId }, read: () => T | null): T | null {
    try {
      return read()
    } catch (error) {
      this.#log.error({ err: error, ...place }, 'a recorded batch cannot be read')
      return null
    }
  }
}
