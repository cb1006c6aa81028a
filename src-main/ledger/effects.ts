/**
 * What applying an entry leaves behind. The writer puts these rows into the database; start-up, which applies the entries
 * beyond the newest seal again, drops them; the audit compares them with what is stored. There is no second path.
 */
import type { FullTile } from './log-tree.ts'
import type { CameTo } from '../record/asset-history.ts'
import type { CursorState, HistoryState } from '../record/core-state.ts'
import type { ActorId, IncarnationId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { RefusalCode } from '../record/refusals.ts'
import type { Gap } from '../record/statements.ts'
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
  /** What an event came to; null otherwise. */
  cameTo: CameTo | null
  /** What contracts found about it: `pack/code`. */
  findings: readonly string[]
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
  /** What the history spans with these leaves. */
  lastSequence: number
  lastTimeUs: number
  newestTimeUs: number
  /** The history's frontier with these leaves, where they fill another FRONTIER_LEAVES; else null. */
  frontier: Uint8Array | null
}

/** Each time a history is longer by so many leaves, its frontier is kept: what a root at an older seal is made from. */
export const FRONTIER_LEAVES = 64

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

/** A cursor value, which is kept as of the newest seal only. */
export interface StreamCursorRow extends CursorState {
  stream: StreamId
  /** The entry that changed it last. */
  entry: LeafIndex
  /** Where the stream was opened first, and with which sequence; null where that was before this block. */
  opened: { entry: LeafIndex; sequence: number } | null
}

export interface HistoryRow {
  asset: string
  stream: StreamId
  size: number
  frontier: Uint8Array
  span: Omit<HistoryState, 'size' | 'root'>
  /** The entry that lengthened it last. */
  entry: LeafIndex
}

/** The tree of everything that was said of an asset, as of the newest seal; its value in the state has a row as any other. */
export interface AssetEventsRow {
  asset: string
  size: number
  frontier: Uint8Array
}

/** Everything that a seal makes firm: the changed state, and in tables of their own the cursors and histories as of it. */
export interface SealEffects {
  seal: SealRow
  state: StateRow[]
  streams: StreamCursorRow[]
  histories: HistoryRow[]
  assetEvents: AssetEventsRow[]
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
