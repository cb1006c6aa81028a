import { Frontier } from '../proof/merkle.ts'
import { StateTree } from '../proof/state-tree.ts'
import { compareBytes, toHex } from '../wire/bytes.ts'
import type { CborInput } from '../wire/cbor.ts'
import { coreKey, encodeCoreValue, packAssetKey } from '../record/core-state.ts'
import type {
  AssetState,
  ChannelState,
  GapsState,
  HistoryState,
  KeyState,
  MemberState,
  PackState,
  RefusalsState,
  StreamInterval,
  StreamState,
} from '../record/core-state.ts'
import { idBytes } from '../wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId, KeyId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import { cborOfJson } from '../wire/json-cbor.ts'
import { MAX_STATE_VALUE_BYTES } from '../wire/limits.ts'
import type { JsonValue } from '../wire/json.ts'
import { noRefusals } from '../record/refusal-chain.ts'
import { treeKey, treeValue, valueNonce } from '../record/state-keys.ts'
import type { SealEffects, SealRow, StateRow } from './effects.ts'
import { LedgerError } from './errors.ts'
import { linkGap } from '../record/gap-chain.ts'
import type { Gap } from '../record/statements.ts'
import { LogTree } from './log-tree.ts'
import type { Hash } from './log-tree.ts'
import { packsHash } from './packs-hash.ts'
import { ChunkBuilder } from './run-index.ts'

/** Where an actor's chain stands: before its first statement, without an incarnation. */
export interface ActorCursor {
  incarnation: IncarnationId | null
  next: number
  previous: Uint8Array | null
  /** Sealed-at or occurred-at of its newest accepted statement. */
  newestUs: number | null
  refusals: RefusalsState
  /** Nonce of the entry that changed it last. */
  nonce: Uint8Array | null
}

/** What moves an actor's chain on. */
export interface ChainStep {
  actor: ActorId
  incarnation: IncarnationId
  nonce: Uint8Array
  sequence: number
}

/** A stretch of a stream at an asset; `last` is null while it is open. */
export interface Binding {
  asset: string
  first: number
  last: number | null
}

export interface StreamRecord {
  id: StreamId
  bytes: Uint8Array
  state: StreamState
  /** Next sequence. */
  next: number
  /** Time of the newest reading whose time can be; null before the first. A gap that lost readings begins no earlier. */
  lastTimeUs: number | null
  /** Stretches that readings to come can still belong to. */
  bindings: Binding[]
}

export interface AssetRecord {
  id: string
  state: Omit<AssetState, 'streams'>
  streams: StreamInterval[]
}

/** The reading leaves of one stream at one asset, and what they span; `span` is null while there are none. */
export interface History {
  asset: string
  stream: StreamId
  frontier: Frontier
  span: Omit<HistoryState, 'size' | 'root'> | null
  /** Nonce of the entry that changed it last. */
  nonce: Uint8Array | null
}

/** The newest seal, and what the next one has to say. Height 0 is the genesis. */
export interface SealMark {
  height: number
  index: LeafIndex
  timeUs: number
  /** T that it named. */
  treeSize: TreeSize
  stateRootAfter: Uint8Array
  packsHashAfter: Uint8Array
}

interface Dirty {
  key: Uint8Array
  /** CBOR [nonce, value]. */
  bytes(): Uint8Array
}

/** Everything that decides about the next entry. Only the apply functions change it; each change names what made it. */
export class LedgerState {
  readonly channel: ChannelId
  readonly tree: LogTree
  readonly chunk = new ChunkBuilder()
  readonly stateTree: StateTree
  readonly members = new Map<ActorId, MemberState>()
  readonly keys = new Map<KeyId, KeyState>()
  readonly streams = new Map<StreamId, StreamRecord>()
  readonly assets = new Map<string, AssetRecord>()
  readonly histories = new Map<string, History>()
  /** Signed gaps by stream and asset (`historyName`). */
  readonly gaps = new Map<string, GapsState>()
  readonly packs = new Map<string, PackState>()
  readonly packStates = new Map<string, JsonValue>()
  readonly actors = new Map<ActorId, ActorCursor>()
  opened: ChannelState | null = null
  lastSeal: SealMark | null = null
  lastNonSeal: LeafIndex = 0
  blockReadings = 0
  totalReadings = 0
  readonly #dirty = new Map<string, Dirty>()
  readonly #dirtyHistories = new Set<History>()
  readonly #movedActors = new Set<ActorId>()
  readonly #movedStreams = new Set<StreamRecord>()

  constructor(
    channel: ChannelId,
    hash: Hash,
    tree: LogTree = new LogTree(hash),
    stateTree: StateTree = new StateTree(),
  ) {
    this.channel = channel
    this.tree = tree
    this.stateTree = stateTree
  }

  /** The value of a state key from now on, to be sealed next. `entryNonce`: of the entry that says so. */
  set(key: Uint8Array, entryNonce: Uint8Array, value: CborInput): void {
    this.#dirty.set(toHex(key), { key, bytes: () => treeValue(valueNonce(entryNonce, key), value) })
  }

  /** The same from bytes that are stored already; only the audit knows no better source for what packs returned. */
  adopt(key: Uint8Array, bytes: Uint8Array): void {
    this.#dirty.set(toHex(key), { key, bytes: () => bytes })
  }

  cursor(actor: ActorId): ActorCursor {
    let cursor = this.actors.get(actor)
    if (cursor === undefined) {
      cursor = { incarnation: null, next: 0, previous: null, newestUs: null, refusals: noRefusals, nonce: null }
      this.actors.set(actor, cursor)
    }
    return cursor
  }

  /** Moves the chain behind a statement of this sequence; a statement of another incarnation makes that one the current. */
  advance({ actor, incarnation, nonce, sequence }: ChainStep, statementHash: Uint8Array): ActorCursor {
    const cursor = this.cursor(actor)
    cursor.incarnation = incarnation
    cursor.next = sequence + 1
    cursor.previous = statementHash
    cursor.nonce = nonce
    this.#movedActors.add(actor)
    return cursor
  }

  advanceStream(record: StreamRecord, next: number, lastTimeUs: number | null): void {
    record.next = next
    record.lastTimeUs = lastTimeUs
    this.#movedStreams.add(record)
    record.bindings = record.bindings.filter((binding) => binding.last === null || binding.last >= next)
  }

  history(asset: string, stream: StreamId): History {
    const name = historyName(asset, stream)
    let history = this.histories.get(name)
    if (history === undefined) {
      history = emptyHistory(asset, stream)
      this.histories.set(name, history)
    }
    return history
  }

  touchHistory(history: History, entryNonce: Uint8Array): void {
    history.nonce = entryNonce
    this.#dirtyHistories.add(history)
  }

  /** Links a gap to the asset's chain; its number there. */
  addGap(asset: string, gap: Gap, entryNonce: Uint8Array): number {
    const name = historyName(asset, gap.stream)
    const linked = linkGap(this.gaps.get(name) ?? null, gap)
    this.gaps.set(name, linked)
    this.set(coreKey.gaps(asset, gap.stream), entryNonce, encodeCoreValue('gaps', linked))
    return linked.count
  }

  setAsset(record: AssetRecord, entryNonce: Uint8Array): void {
    this.assets.set(record.id, record)
    this.set(
      coreKey.asset(record.id),
      entryNonce,
      encodeCoreValue('asset', { ...record.state, streams: record.streams }),
    )
  }

  setPackState(packId: string, asset: string, entryNonce: Uint8Array, value: JsonValue): void {
    this.packStates.set(packStateName(packId, asset), value)
    this.set(packAssetKey(packId, asset), entryNonce, cborOfJson(value))
  }

  packState(packId: string, asset: string): JsonValue | undefined {
    return this.packStates.get(packStateName(packId, asset))
  }

  activePacksHash(): Uint8Array {
    return packsHash(
      [...this.packs].map(([id, { version, hash, engineHash, parameters }]) => ({
        id,
        version,
        hash,
        engineHash,
        parameters,
      })),
    )
  }

  /** Closes the block: puts the changed values into the state tree and hands out everything the seal makes firm. */
  seal(seal: Omit<SealRow, 'stateRootAfter' | 'packsHashAfter' | 'logRoot' | 'readings' | 'firstEntry'>): SealEffects {
    const state = this.#sealState()
    const row: SealRow = {
      ...seal,
      firstEntry: this.lastSeal === null ? 0 : this.lastSeal.index + 1,
      readings: this.blockReadings,
      stateRootAfter: this.stateTree.root(),
      packsHashAfter: this.activePacksHash(),
      logRoot: this.tree.root(),
    }
    const { height, index, timeUs, treeSize, stateRootAfter, packsHashAfter } = row
    this.lastSeal = { height, index, timeUs, treeSize, stateRootAfter, packsHashAfter }
    this.blockReadings = 0
    return { seal: row, state, ...this.#sealCursors() }
  }

  #sealState(): StateRow[] {
    for (const history of this.#dirtyHistories) this.#setHistory(history)
    for (const actor of this.#movedActors) this.#setActor(actor)
    this.#movedActors.clear()
    const rows: StateRow[] = []
    for (const { key, bytes: encode } of this.#dirty.values()) {
      const place = treeKey(key)
      const bytes = encode()
      if (bytes.length > MAX_STATE_VALUE_BYTES) {
        throw new LedgerError(
          'pack_misbehaved',
          `the state value ${toHex(key)} has ${bytes.length} bytes, ${MAX_STATE_VALUE_BYTES} are allowed; this replica stops`,
        )
      }
      this.stateTree.set(place, bytes)
      rows.push({ stateKey: key, treeKey: place, value: bytes })
    }
    this.#dirty.clear()
    return rows.sort((a, b) => compareBytes(a.treeKey, b.treeKey))
  }

  #setHistory(history: History): void {
    const { asset, stream, frontier, span, nonce } = history
    if (span === null || nonce === null) return
    const value = { size: frontier.size, root: frontier.root(), ...span }
    this.set(coreKey.history(asset, stream), nonce, encodeCoreValue('history', value))
  }

  #setActor(actor: ActorId): void {
    const { nonce, incarnation, next, previous, newestUs, refusals } = this.cursor(actor)
    if (nonce === null || incarnation === null || previous === null) return
    const value = { incarnation, next, previous, newestUs, refusals }
    this.set(coreKey.actor(actor), nonce, encodeCoreValue('actor', value))
  }

  #sealCursors(): Pick<SealEffects, 'streams' | 'histories'> {
    const streams = [...this.#movedStreams].map(({ id, next, lastTimeUs }) => ({
      stream: id,
      nextSequence: next,
      lastTimeUs,
    }))
    const histories = [...this.#dirtyHistories].map(({ asset, stream, frontier }) => ({
      asset,
      stream,
      size: frontier.size,
      frontier: frontier.toBytes(),
    }))
    this.#movedStreams.clear()
    this.#dirtyHistories.clear()
    return { streams, histories }
  }
}

export function historyName(asset: string, stream: StreamId): string {
  return `${stream}${asset}`
}

export function packStateName(packId: string, asset: string): string {
  return `${packId}\u0000${asset}`
}

export function emptyHistory(asset: string, stream: StreamId): History {
  return {
    asset,
    stream,
    frontier: new Frontier(),
    span: null,
    nonce: null,
  }
}

export function streamRecord(state: StreamState, next: number): StreamRecord {
  return { id: state.stream, bytes: idBytes(state.stream), state, next, lastTimeUs: null, bindings: [] }
}
