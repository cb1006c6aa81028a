/**
 * The ledger for whoever only reads: screens, scripts and certificates. A connection of its own, which sees what the writer
 * has committed and never writes. What it gives is as it was written (checked-file.ts), or refused; whether what was written is
 * what was signed is for the record's checks, and for whoever receives a proof, to say.
 */
import type { Database } from 'better-sqlite3'
import { loadAddon } from '../../native/addon.ts'
import type { Addon } from '../../native/addon.ts'
import type { AssetState, ChannelState, StreamState } from '../record/core-state.ts'
import { parseEntry } from '../wire/entry.ts'
import type { ChannelId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'
import { openReadOnly } from './open-database.ts'
import { readerStatements } from './reader-statements.ts'
import type { StoredCheckpoint } from './checkpoints.ts'
export type { StoredCheckpoint } from './checkpoints.ts'
export type { StoredEntry, ReadBatch } from './read-entries.ts'
export type { Block, ReadSeal } from './read-blocks.ts'
export type { PlacedReading, ReadSeries, SeriesBucket, Span } from './read-readings.ts'
export type { ProvenValue, ReadMember, ReadPack, ReadPackVersion } from './read-state.ts'
export type { Bracket, HistoryLeaf } from './read-history.ts'
import { BlockReader } from './read-blocks.ts'
import { EntryReader } from './read-entries.ts'
import { AssetEventReader } from './read-asset-events.ts'
import type { ReadStretch } from './read-asset-events.ts'
import { HistoryReader } from './read-history.ts'
import { LogReader } from './read-log.ts'
import { FoundReader } from './read-found.ts'
import { IndexedRange } from './indexed-range.ts'
import { SignedRange } from './signed-range.ts'
import { PassingValues } from './passing-values.ts'
import { ReadingReader } from './read-readings.ts'
import { StateReader } from './read-state.ts'
import type { ReadMember } from './read-state.ts'
import { knownRules } from '../record/rules.ts'
import type { KnownRules } from '../record/rules.ts'
import { originOf } from '../wire/origin.ts'

/** A growth of less than this says nothing about the days to come. */
const GROWTH_SPAN_US_MIN = 10 * 60 * 1_000_000
const DAY_US = 86_400_000_000

/** Opens a ledger for reading. Throws LedgerError `not_found`, `not_a_ledger`, `newer_schema`, `older_schema` or `database_damaged`. */
export function openReader(file: string, options: ReaderOptions = {}): LedgerReader {
  return new LedgerReader(file, options)
}

export interface ReaderOptions {
  addon?: Addon
  /** By which the ledger was decided; this release's where none are given. */
  rules?: KnownRules
  /** Told of each question that is refused because what would answer it is damaged. */
  onDamaged?: (error: LedgerError) => void
}

/** One connection, and what reads through it. */
interface Open {
  database: Database
  log: LogReader
  entries: EntryReader
  state: StateReader
  readings: ReadingReader
  blocks: BlockReader
  histories: HistoryReader
  assetEvents: AssetEventReader
  found: FoundReader
}

/** An asset as it is registered, and every stretch of a stream at it. */
export interface ReadAsset extends AssetState {
  asset: string
  streams: (ReadStretch & { readonly quantity: string })[]
}

export class LedgerReader {
  readonly channel: ChannelId
  readonly origin: string
  readonly #file: string
  readonly #options: ReaderOptions
  readonly #rules: KnownRules
  #open: Open

  /** Use `openReader`. */
  constructor(file: string, options: ReaderOptions) {
    this.#file = file
    this.#options = options
    this.#rules = options.rules ?? knownRules
    const { onDamaged = () => {} } = options
    const database = readerStatements(openReadOnly(file), file, onDamaged)
    const genesis = database.prepare('SELECT bytes FROM entry WHERE idx = 0').pluck().get() as Uint8Array | undefined
    if (genesis === undefined) {
      database.close()
      throw new LedgerError('genesis_missing', `${file} holds no ledger yet`)
    }
    this.channel = parseEntry(genesis).channel
    this.origin = originOf(this.channel)
    this.#open = this.#readers(database)
  }

  /** Tree, paths, tiles, checkpoints. */
  get log(): LogReader {
    return this.#open.log
  }
  /** Entries, payloads, batches opened down to one reading. */
  get entries(): EntryReader {
    return this.#open.entries
  }
  /** Registers as of now, values and proofs as of any seal. */
  get state(): StateReader {
    return this.#open.state
  }
  /** Readings by stream and time. */
  get readings(): ReadingReader {
    return this.#open.readings
  }
  /** Where the batches of a range are, by the index. */
  indexedRange(): IndexedRange {
    return new IndexedRange(this.#open.database, this.#open.entries)
  }
  /** The same by the signed entries, each of them proven in the tree with this root. */
  signedRange(root: Uint8Array): SignedRange {
    return new SignedRange(this.#open.entries, this.#open.log, this.#rules, root)
  }
  /** Blocks by time, entries by what they are. */
  get found(): FoundReader {
    return this.#open.found
  }
  get blocks(): BlockReader {
    return this.#open.blocks
  }
  get histories(): HistoryReader {
    return this.#open.histories
  }
  /** Everything that was said of an asset. */
  get assetEvents(): AssetEventReader {
    return this.#open.assetEvents
  }

  /** The file was made anew, and another one stands in its place. Throws LedgerError; the former one is read on then. */
  reopen(): void {
    const { onDamaged = () => {} } = this.#options
    const former = this.#open.database
    this.#open = this.#readers(readerStatements(openReadOnly(this.#file), this.#file, onDamaged))
    former.close()
  }

  #readers(database: Database): Open {
    const { addon = loadAddon() } = this.#options
    const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
    const entries = new EntryReader(database, addon)
    const blocks = new BlockReader(database, this.origin)
    const passing = new PassingValues(database, addon)
    return {
      database,
      log: new LogReader(database, hash),
      entries,
      state: new StateReader(database, addon, passing, this.#rules),
      readings: new ReadingReader(database, entries),
      blocks,
      histories: new HistoryReader(database, hash, blocks, passing),
      assetEvents: new AssetEventReader(database, hash),
      found: new FoundReader(database, hash),
    }
  }

  size(): TreeSize {
    return this.log.size()
  }
  rootAt(size: TreeSize): Uint8Array {
    return this.log.rootAt(size)
  }
  consistencyPath(oldSize: TreeSize, newSize: TreeSize): Uint8Array[] {
    return this.log.consistencyPath(oldSize, newSize)
  }
  /** C2SP tlog-proof text. Throws LedgerError `not_sealed_yet`. */
  tlogProof(index: LeafIndex, size?: TreeSize): string {
    return this.log.tlogProof(index, size)
  }
  checkpoint(size?: TreeSize): StoredCheckpoint | null {
    return this.log.checkpoint(size)
  }

  channelState(): ChannelState {
    return this.state.channel()
  }
  members(): ReadMember[] {
    return this.state.members()
  }
  streams(after?: LeafIndex): StreamState[] {
    return this.state.streams(after)
  }
  stream(id: StreamId): StreamState | null {
    return this.state.stream(id)
  }
  /** Assets to which a stream is bound now. */
  boundTo(stream: StreamId): string[] {
    return this.state.boundTo(stream)
  }
  assets(): ReadAsset[] {
    return this.state.assets().map(({ asset, ...state }) => this.#readAsset(asset, state))
  }
  asset(id: string): ReadAsset | null {
    const state = this.state.asset(id)
    return state === null ? null : this.#readAsset(id, state)
  }
  #readAsset(asset: string, state: AssetState): ReadAsset {
    const stretches = this.assetEvents.stretches(asset, this.size())
    const streams = stretches.map((one) => ({ ...one, quantity: this.stream(one.stream)?.quantity ?? '' }))
    return { ...state, asset, streams }
  }

  /** Columnar payload of an entry; null where it has none. Throws LedgerError `payload_damaged`. */
  payload(index: LeafIndex): Uint8Array | null {
    return this.entries.payload(index)
  }
  readingsOf(index: LeafIndex): number {
    return this.entries.readingsOf(index)
  }
  newestEntry(stream: StreamId): LeafIndex | null {
    return this.readings.newestEntry(stream)
  }

  /** Readings in all accepted batches. */
  totalReadings(): number {
    const { sealed, idx } = this.#open.database
      .prepare('SELECT sum(readings) AS sealed, max(idx) AS idx FROM seal')
      .get() as { sealed: number; idx: number }
    const open = this.#open.database.prepare('SELECT sum(readings) FROM entry WHERE idx > ?').pluck().get(idx) as
      | number
      | null
    return sealed + (open ?? 0)
  }

  /** When the first batch was sealed; null before it. */
  firstTimeUs(): number | null {
    return (
      (this.#open.database.prepare('SELECT time_us FROM entry WHERE kind = 0 ORDER BY idx LIMIT 1').pluck().get() as
        | number
        | undefined) ?? null
    )
  }

  /** Days until `freeBytes` are used up at the growth so far; null while that is too short to say. */
  daysLeft(freeBytes: number, nowUs: number): number | null {
    const first = this.firstTimeUs()
    if (first === null || nowUs - first < GROWTH_SPAN_US_MIN) return null
    const pages = this.#open.database.pragma('page_count', { simple: true }) as number
    const pageBytes = this.#open.database.pragma('page_size', { simple: true }) as number
    const bytesADay = ((pages * pageBytes) / (nowUs - first)) * DAY_US
    return bytesADay <= 0 ? null : freeBytes / bytesADay
  }

  /** What waits in the durable queue of this gateway. */
  queue(): { entries: number; readings: number; bytes: number; refused: number } {
    const row = this.#open.database
      .prepare(
        'SELECT count(*) FILTER (WHERE state = 0) AS entries, sum(readings) FILTER (WHERE state = 0) AS readings, sum(size) FILTER (WHERE state = 0) AS bytes, count(*) FILTER (WHERE state = 1) AS refused FROM queue',
      )
      .get() as { entries: number; readings: number | null; bytes: number | null; refused: number }
    return { entries: row.entries, readings: row.readings ?? 0, bytes: row.bytes ?? 0, refused: row.refused }
  }

  close(): void {
    this.#open.database.close()
  }
}
