/**
 * What applying an entry leaves behind. The writer puts these rows into the database; start-up, which applies the entries
 * beyond the newest seal again, drops them; the audit compares them with what is stored. There is no second path.
 */
import type { ActorId, IncarnationId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { RefusalCode } from '../record/refusals.ts'
import type { Gap } from '../record/statements.ts'
import type { FullTile } from './log-tree.ts'
import type { ChunkRow } from './run-index.ts'

export const ENTRY_KIND = { batch: 0, event: 1, seal: 2 } as const
export type EntryKind = keyof typeof ENTRY_KIND

export interface EntryRow {
  index: LeafIndex
  kind: EntryKind
  actor: ActorId
  /** Both null for seals, which have no chain. */
  incarnation: IncarnationId | null
  sequence: number | null
  timeUs: number
  firstTimeUs: number | null
  lastTimeUs: number | null
  readings: number
  payloadHash: Uint8Array | null
  /** Event type; null otherwise. */
  type: string | null
  /** First byte of each reading's leaf hash; null where there is no payload. */
  marks: Uint8Array | null
  /** Assets that an event names. */
  assets: readonly string[]
  bytes: Uint8Array
}

export interface RefusalRow {
  /** Entries the tree had when it was refused. */
  size: TreeSize
  /** True: another content under a used sequence, without effect; false: signed but invalid, consumed the sequence. */
  second: boolean
  actor: ActorId
  incarnation: IncarnationId
  sequence: number
  statementHash: Uint8Array
  reason: RefusalCode
  entry: Uint8Array
}

export interface HistoryRunRow {
  asset: string
  stream: StreamId
  position: number
  entry: LeafIndex
  batchPosition: number
  leaves: Uint8Array
}

/** Gap `number` (from 1) of a stream at an asset, by the entry that signed it. */
export interface AssetGapRow {
  asset: string
  stream: StreamId
  number: number
  entry: LeafIndex
  /** `encodeGap`. */
  gap: Uint8Array
}

export interface SealRow {
  height: number
  index: LeafIndex
  timeUs: number
  /** T. */
  treeSize: TreeSize
  /** First entry of its block. */
  firstEntry: LeafIndex
  readings: number
  stateRoot: Uint8Array
  stateRootAfter: Uint8Array
  packsHashAfter: Uint8Array
  logRoot: Uint8Array
}

export interface StateRow {
  stateKey: Uint8Array
  treeKey: Uint8Array
  /** CBOR [nonce, value]; null: the key is gone. */
  value: Uint8Array | null
}

export interface StreamCursorRow {
  stream: StreamId
  nextSequence: number
  lastTimeUs: number | null
}

export interface HistoryRow {
  asset: string
  stream: StreamId
  size: number
  frontier: Uint8Array
}

/** Everything that a seal makes firm: the changed state, and the cursors as of it. */
export interface SealEffects {
  seal: SealRow
  state: StateRow[]
  streams: StreamCursorRow[]
  histories: HistoryRow[]
}

export interface EffectSink {
  entry(row: EntryRow): void
  tiles(full: readonly FullTile[]): void
  refusal(row: RefusalRow): void
  historyRun(row: HistoryRunRow): void
  gaps(entry: LeafIndex, gaps: readonly Gap[]): void
  assetGap(row: AssetGapRow): void
  chunk(rows: readonly ChunkRow[]): void
  sealed(effects: SealEffects): void
}

/** For applying what is stored already. */
export const noEffects: EffectSink = {
  entry: () => {},
  tiles: () => {},
  refusal: () => {},
  historyRun: () => {},
  gaps: () => {},
  assetGap: () => {},
  chunk: () => {},
  sealed: () => {},
}
