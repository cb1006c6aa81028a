import { Frontier } from '../proof/merkle.ts'
import { StateTree } from '../proof/state-tree.ts'
import { linkGap } from '../record/gap-chain.ts'
import { noRefusals } from '../record/refusal-chain.ts'
import { rules1 } from '../record/rules.ts'
import type { Rules } from '../record/rules.ts'
import { coreKeyOf, encodeCoreValue, packAssetKey } from '../record/core-state.ts'
import type { ActorState, AssetState, CoreIds, CoreKind, CoreValues, HistoryState } from '../record/core-state.ts'
import { treeKey, treeValue, valueNonce } from '../record/state-keys.ts'
import { nameOf, StateValues } from '../record/state-view.ts'
import type { StateChange, StateName, StateView } from '../record/state-view.ts'
import type { Gap } from '../record/statements.ts'
import { compareBytes, sha256, toHex } from '../wire/bytes.ts'
import type { CborInput } from '../wire/cbor.ts'
import { idBytes } from '../wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import { cborOfJson } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { MAX_STATE_VALUE_BYTES } from '../wire/limits.ts'
import type { SealEffects, SealRow, StateRow } from './effects.ts'
import { LedgerError } from './errors.ts'
import { LogTree } from './log-tree.ts'
import type { Hash } from './log-tree.ts'
import { packsHash } from './packs-hash.ts'
import { ChunkBuilder } from './run-index.ts'

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

/** Where a stream that was opened stands. */
export interface StreamRecord {
  id: StreamId
  bytes: Uint8Array
  /** Next sequence. */
  next: number
  /** Time of the newest reading whose time can be; null before the first. A gap that lost readings begins no earlier. */
  lastTimeUs: number | null
  /** Stretches that readings to come can still belong to. */
  bindings: Binding[]
}

/** The reading leaves of one stream at one asset, and what they span; `span` is null while there are none. */
export interface History {
  asset: string
  stream: StreamId
  frontier: Frontier
  span: Omit<HistoryState, 'size' | 'root'> | null
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

/** A value that changed since the newest seal. */
interface Dirty {
  key: () => Uint8Array
  /** CBOR [nonce, value]. */
  bytes: (key: Uint8Array) => Uint8Array
}

/** Everything that decides about the next entry. Only the apply functions change it; each change names what made it. */
export class LedgerState implements StateView {
  readonly channel: ChannelId
  readonly rules: Rules
  readonly tree: LogTree
  readonly chunk = new ChunkBuilder()
  readonly stateTree: StateTree
  readonly values = new StateValues()
  readonly streams = new Map<StreamId, StreamRecord>()
  readonly histories = new Map<string, History>()
  readonly packStates = new Map<string, JsonValue>()
  lastSeal: SealMark | null = null
  lastNonSeal: LeafIndex = 0
  blockReadings = 0
  totalReadings = 0
  readonly #dirty = new Map<string, Dirty>()
  readonly #dirtyHistories = new Map<History, Uint8Array>()
  readonly #movedStreams = new Set<StreamRecord>()

  constructor(
    channel: ChannelId,
    hash: Hash,
    rules: Rules = rules1,
    tree: LogTree = new LogTree(hash),
    stateTree: StateTree = new StateTree(),
  ) {
    this.channel = channel
    this.rules = rules
    this.tree = tree
    this.stateTree = stateTree
  }

  get index(): LeafIndex {
    return this.tree.size
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.values.get(kind, id)
  }

  nextOf(stream: StreamId): number {
    return this.streams.get(stream)?.next ?? 0
  }

  readonly compares = true
  valueHash({ kind, id }: StateName): Uint8Array | null {
    const key = coreKeyOf(kind, id)
    const changed = this.#dirty.get(dirtyName(kind, id))
    return changed === undefined ? this.stateTree.valueHash(treeKey(key)) : sha256(changed.bytes(key))
  }

  openStretches(stream: StreamId): number {
    return this.boundTo(stream).length
  }

  boundTo(stream: StreamId): string[] {
    const bindings = this.streams.get(stream)?.bindings ?? []
    return bindings.filter(({ last }) => last === null).map(({ asset }) => asset)
  }

  /** Takes up what a statement leaves behind, to be sealed next. `entryNonce`: of the entry that says so. */
  take(changes: readonly StateChange[], entryNonce: Uint8Array): void {
    for (const change of changes) {
      this.#put(change.kind, change.id, change.value, entryNonce)
      this.#follow(change)
      if (change.kind === 'stream') this.#movedStreams.add(this.streams.get(change.id) as StreamRecord)
    }
  }

  /** Takes up a value as the newest seal left it. Assets come after the streams that they bind. */
  load(change: StateChange): void {
    this.values.set(change.kind, change.id, change.value)
    if (change.kind === 'history') {
      const [asset, stream] = change.id
      const { size: _size, root: _root, ...span } = change.value
      this.history(asset, stream).span = span
    } else this.#follow(change)
  }

  /** What a pack wrote, from bytes that are stored already; only the audit knows no better source for it. */
  adopt(key: Uint8Array, bytes: Uint8Array): void {
    this.#dirty.set(toHex(key), { key: () => key, bytes: () => bytes })
  }

  /** Moves the chain behind a statement of this sequence; a statement of another incarnation makes that one the current. */
  advance({ actor, incarnation, nonce, sequence }: ChainStep, previous: Uint8Array, more: Partial<ActorState>): void {
    const { newestUs = null, refusals = noRefusals } = this.get('actor', actor) ?? {}
    this.#put('actor', actor, { newestUs, refusals, ...more, incarnation, next: sequence + 1, previous }, nonce)
  }

  advanceStream(record: StreamRecord, next: number, lastTimeUs: number | null): void {
    record.next = next
    record.lastTimeUs = lastTimeUs
    this.#movedStreams.add(record)
    record.bindings = record.bindings.filter(({ last }) => canGrow(last, next))
  }

  history(asset: string, stream: StreamId): History {
    const name = nameOf([asset, stream])
    let history = this.histories.get(name)
    if (history === undefined) {
      history = { asset, stream, frontier: new Frontier(), span: null }
      this.histories.set(name, history)
    }
    return history
  }

  touchHistory(history: History, entryNonce: Uint8Array): void {
    this.#dirtyHistories.set(history, entryNonce)
  }

  /** Links a gap to the asset's chain; its number there. */
  addGap(asset: string, gap: Gap, entryNonce: Uint8Array): number {
    const linked = linkGap(this.get('gaps', [asset, gap.stream]) ?? null, gap)
    this.#put('gaps', [asset, gap.stream], linked, entryNonce)
    return linked.count
  }

  setPackState(packId: string, asset: string, entryNonce: Uint8Array, value: JsonValue): void {
    const name = packStateName(packId, asset)
    this.packStates.set(name, value)
    this.#change(`pack\u0000${name}`, entryNonce, {
      key: () => packAssetKey(packId, asset),
      value: () => cborOfJson(this.packStates.get(name) as JsonValue),
    })
  }

  packState(packId: string, asset: string): JsonValue | undefined {
    return this.packStates.get(packStateName(packId, asset))
  }

  activePacksHash(): Uint8Array {
    return packsHash(
      [...this.values.of('pack')].map(([id, { version, hash, engineHash, parameters }]) => ({
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

  #put<K extends CoreKind>(kind: K, id: CoreIds[K], value: CoreValues[K], entryNonce: Uint8Array): void {
    this.values.set(kind, id, value)
    this.#change(dirtyName(kind, id), entryNonce, {
      key: () => coreKeyOf(kind, id),
      value: () => encodeCoreValue(kind, this.get(kind, id) as CoreValues[K]),
    })
  }

  /** What is changed again before it is sealed is encoded once, under the nonce of the entry that changed it last. */
  #change(
    name: string,
    entryNonce: Uint8Array,
    { key, value }: { key: () => Uint8Array; value: () => CborInput },
  ): void {
    this.#dirty.set(name, { key, bytes: (stateKey) => treeValue(valueNonce(entryNonce, stateKey), value()) })
  }

  /** What the cursors follow of a value. */
  #follow(change: StateChange): void {
    if (change.kind === 'stream') this.#followStream(change.id, change.value.fromSequence)
    else if (change.kind === 'asset') this.#followAsset(change.id, change.value)
  }

  #followStream(id: StreamId, fromSequence: number): void {
    if (!this.streams.has(id))
      this.streams.set(id, { id, bytes: idBytes(id), next: fromSequence, lastTimeUs: null, bindings: [] })
  }

  /** Readings to come follow the stretches that the asset has now. */
  #followAsset(asset: string, { streams }: AssetState): void {
    for (const [stream, stretches] of Map.groupBy(streams, (one) => one.stream)) {
      const record = this.streams.get(stream)
      if (record === undefined) continue
      const others = record.bindings.filter((binding) => binding.asset !== asset)
      const own = stretches
        .filter(({ lastSequence }) => canGrow(lastSequence, record.next))
        .map(({ firstSequence, lastSequence }) => ({ asset, first: firstSequence, last: lastSequence }))
      record.bindings = [...others, ...own]
    }
  }

  #sealState(): StateRow[] {
    for (const [{ asset, stream, frontier, span }, nonce] of this.#dirtyHistories)
      if (span !== null)
        this.#put('history', [asset, stream], { size: frontier.size, root: frontier.root(), ...span }, nonce)
    const rows: StateRow[] = []
    for (const { key, bytes } of this.#dirty.values()) {
      const stateKey = key()
      const value = bytes(stateKey)
      if (value.length > MAX_STATE_VALUE_BYTES) {
        throw new LedgerError(
          'pack_misbehaved',
          `the state value ${toHex(stateKey)} has ${value.length} bytes, ${MAX_STATE_VALUE_BYTES} are allowed; this replica stops`,
        )
      }
      const place = treeKey(stateKey)
      this.stateTree.set(place, value)
      rows.push({ stateKey, treeKey: place, value })
    }
    this.#dirty.clear()
    return rows.sort((a, b) => compareBytes(a.treeKey, b.treeKey))
  }

  #sealCursors(): Pick<SealEffects, 'streams' | 'histories'> {
    const streams = [...this.#movedStreams].map(({ id, next, lastTimeUs }) => ({
      stream: id,
      nextSequence: next,
      lastTimeUs,
    }))
    const histories = [...this.#dirtyHistories.keys()].map(({ asset, stream, frontier }) => ({
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

/** A stretch that is over gets no reading more once its last is behind, but a gap that follows at once still borders on it. */
function canGrow(last: number | null, next: number): boolean {
  return last === null || last >= next - 1
}

function dirtyName(kind: CoreKind, id: CoreIds[CoreKind]): string {
  return `core\u0000${kind}\u0000${nameOf(id)}`
}

export function packStateName(packId: string, asset: string): string {
  return `${packId}\u0000${asset}`
}
