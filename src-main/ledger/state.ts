import { LogTree } from './log-tree.ts'
import { leafHash } from '../proof/merkle.ts'
import type { NativeStateTree } from '../../native/addon.ts'
import { encodeAssetEvent } from '../record/asset-history.ts'
import type { AssetEvent } from '../record/asset-history.ts'
import { linkGap } from '../record/gap-chain.ts'
import { noRefusals } from '../record/refusal-chain.ts'
import { knownRules, versionAt } from '../record/rules.ts'
import type { KnownRules, Rules } from '../record/rules.ts'
import type { ContractView, KeptValue } from '../record/contracts.ts'
import { coreKeyOf, encodeCoreValue } from '../record/core-state.ts'
import type { ActorState, CoreIds, CoreKind, CoreValues, CursorState } from '../record/core-state.ts'
import { stateKey, treeValue, valueNonce } from '../record/state-keys.ts'
import { nameOf } from '../record/state-view.ts'
import type { StateChange, StateName } from '../record/state-view.ts'
import type { Gap } from '../record/statements.ts'
import { compareBytes, toHex } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import type { CborInput } from '../wire/cbor.ts'
import type { ActorId, ChannelId, IncarnationId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import { cborOfJson } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { MAX_STATE_VALUE_BYTES, NONCE_BYTES } from '../wire/limits.ts'
import type { HistoryRow, SealEffects, SealRow, StateRow, StreamCursorRow } from './effects.ts'
import { LedgerError } from './errors.ts'
import { packsHash } from './packs-hash.ts'
import { ChunkBuilder } from './run-index.ts'
import { keptName, MemoryValues } from './sealed-values.ts'
import type { EventTree, History, SealedValues } from './sealed-values.ts'
import { emptyTree, NewValues, packedPairs } from './state-tree.ts'
import type { TreeAddon } from './state-tree.ts'

/** What moves an actor's chain on. */
export interface ChainStep {
  actor: ActorId
  incarnation: IncarnationId
  nonce: Uint8Array
  sequence: number
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

/** What a state is built upon; everything is left out where it begins with nothing. */
export interface StateOrigin {
  rules?: KnownRules | undefined
  tree?: LogTree
  stateTree?: NativeStateTree
  /** The values that nothing changed since the newest seal. */
  sealed?: SealedValues
}

/** A value that changed since the newest seal, by the entry that changed it last. */
interface Changed {
  change: StateChange
  nonce: Uint8Array
  entry: LeafIndex
  /** Of a stream that was never opened before. */
  opened?: { entry: LeafIndex; sequence: number }
}

/**
 * Everything that decides about the next entry: what changed since the newest seal, over what the seal left. Only the apply
 * functions change it; each change names what made it.
 */
export class LedgerState implements ContractView {
  readonly channel: ChannelId
  readonly #known: KnownRules
  readonly tree: LogTree
  readonly chunk = new ChunkBuilder()
  readonly stateTree: NativeStateTree
  lastSeal: SealMark | null = null
  lastNonSeal: LeafIndex = 0
  blockReadings = 0
  totalReadings = 0
  readonly #addon: TreeAddon
  readonly #sealed: SealedValues
  readonly #changed = new Map<string, Changed>()
  readonly #kept = new Map<string, { one: KeptValue; nonce: Uint8Array }>()
  #adopted: { key: Uint8Array; bytes: Uint8Array | null }[] = []
  /** With the entry that lengthened them last, and its nonce. */
  readonly #histories = new Map<string, { history: History; entry: LeafIndex; nonce: Uint8Array }>()

  readonly #eventTrees = new Map<string, { tree: EventTree; newest: LeafIndex; nonce: Uint8Array }>()

  constructor(channel: ChannelId, addon: TreeAddon, origin: StateOrigin = {}) {
    this.channel = channel
    this.#addon = addon
    this.#known = origin.rules ?? knownRules
    this.tree = origin.tree ?? new LogTree((bytes) => addon.sha256(bytes))
    this.stateTree = origin.stateTree ?? emptyTree(addon)
    this.#sealed = origin.sealed ?? new MemoryValues()
  }

  get index(): LeafIndex {
    return this.tree.size
  }

  get height(): number {
    return this.lastSeal?.height ?? 0
  }

  get ledgerTimeUs(): number {
    return this.lastSeal?.timeUs ?? 0
  }

  /** Version of the rules by which the next entry is decided. */
  get rulesVersion(): number {
    return versionAt(this.get('rules', '') ?? { changes: [] }, this.height)
  }

  /** Throws LedgerError `rules_unknown` where this release lacks them. */
  get rules(): Rules {
    const version = this.rulesVersion
    const rules = this.#known.get(version)
    if (rules !== undefined) return rules
    throw new LedgerError(
      'rules_unknown',
      `from entry ${this.index} on the channel goes by version ${version} of its rules, which this release does not know`,
    )
  }

  /** The version that is in force now, where this release lacks it: nothing can be decided then. */
  get lacksRules(): number | null {
    const version = this.rulesVersion
    return this.#known.has(version) ? null : version
  }

  /** Histories are lengthened in place: no decision reads one. */
  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    const changed = this.#changed.get(placeOf(kind, id))
    return changed === undefined ? this.#sealed.get(kind, id) : (changed.change.value as CoreValues[K])
  }

  readonly compares = true
  valueHash({ kind, id }: StateName): Uint8Array | null {
    const key = coreKeyOf(kind, id)
    const changed = this.#changed.get(placeOf(kind, id))
    return changed === undefined
      ? this.stateTree.valueHash(this.#addon.sha256(key))
      : this.#addon.sha256(bytesOf(changed, key))
  }

  streamsOf(actor: ActorId): StreamId[] {
    const streams = new Map(this.#sealed.streams())
    for (const { change } of this.#changed.values()) if (change.kind === 'stream') streams.set(change.id, change.value)
    return [...streams].filter(([, state]) => state.actor === actor).map(([id]) => id)
  }

  /** Takes up what a statement leaves behind, to be sealed next. `entryNonce`: of the entry that says so. */
  take(changes: readonly StateChange[], entryNonce: Uint8Array): void {
    for (const change of changes) this.#put(change, entryNonce)
  }

  kept(owner: string, kind: string, id: string): JsonValue | null {
    const changed = this.#kept.get(keptName(owner, kind, id))
    return changed === undefined ? this.#sealed.kept(owner, kind, id) : changed.one.value
  }

  /** Takes up what packs keep, to be sealed next. */
  keep(values: readonly KeptValue[], entryNonce: Uint8Array): void {
    for (const one of values) this.#kept.set(keptName(one.owner, one.kind, one.id), { one, nonce: entryNonce })
  }

  /** What a pack keeps, from bytes that are stored already (null: it is gone); only the audit knows no better source for it. */
  adopt(key: Uint8Array, bytes: Uint8Array | null): void {
    this.#adopted.push({ key, bytes })
  }

  /** Moves the chain behind a statement of this sequence; a statement of another incarnation makes that one the current. */
  advance({ actor, incarnation, nonce, sequence }: ChainStep, previous: Uint8Array, more: Partial<ActorState>): void {
    const { newestUs = null, refusals = noRefusals } = this.get('actor', actor) ?? {}
    const value = { newestUs, refusals, ...more, incarnation, next: sequence + 1, previous }
    this.#put({ kind: 'actor', id: actor, value }, nonce)
  }

  advanceStream(stream: StreamId, cursor: CursorState, entryNonce: Uint8Array): void {
    this.#put({ kind: 'cursor', id: stream, value: cursor }, entryNonce)
  }

  history(asset: string, stream: StreamId): History {
    return this.#histories.get(nameOf([asset, stream]))?.history ?? this.#sealed.history(asset, stream)
  }

  touchHistory(history: History, entryNonce: Uint8Array): void {
    const { asset, stream } = history
    this.#histories.set(nameOf([asset, stream]), { history, entry: this.index, nonce: entryNonce })
  }

  /** Appends an event to the history of each asset that it names. */
  addEvent(event: AssetEvent, assets: readonly string[], entryNonce: Uint8Array): void {
    if (assets.length === 0) return
    const leaf = leafHash(encodeAssetEvent(event), (bytes) => this.#addon.sha256(bytes))
    for (const asset of assets) {
      const tree = this.#eventTrees.get(asset)?.tree ?? this.#sealed.eventTree(asset)
      tree.frontier.append(leaf)
      this.#eventTrees.set(asset, { tree, newest: event.index, nonce: entryNonce })
    }
  }

  /** Links a gap to the asset's chain; its number there. */
  addGap(asset: string, gap: Gap, entryNonce: Uint8Array): number {
    const linked = linkGap(this.get('gaps', [asset, gap.stream]) ?? null, gap)
    this.#put({ kind: 'gaps', id: [asset, gap.stream], value: linked }, entryNonce)
    return linked.count
  }

  activePacksHash(): Uint8Array {
    const ids = this.get('packs', '')?.packs ?? []
    return packsHash(
      ids.map((id) => {
        const { from: _from, retired: _retired, before: _before, ...pack } = this.get('pack', id) as CoreValues['pack']
        return { id, ...pack }
      }),
    )
  }

  /** Closes the block: puts the changed values into the state tree and hands out everything the seal makes firm. */
  seal(seal: Omit<SealRow, 'stateRootAfter' | 'packsHashAfter' | 'logRoot' | 'readings' | 'firstEntry'>): SealEffects {
    const packsHashAfter = this.activePacksHash()
    const made = this.#sealValues()
    const row: SealRow = {
      ...seal,
      firstEntry: this.lastSeal === null ? 0 : this.lastSeal.index + 1,
      readings: this.blockReadings,
      stateRootAfter: this.stateTree.root(),
      packsHashAfter,
      logRoot: this.tree.root(),
    }
    const { height, index, timeUs, treeSize, stateRootAfter } = row
    this.lastSeal = { height, index, timeUs, treeSize, stateRootAfter, packsHashAfter }
    this.blockReadings = 0
    return { seal: row, ...made }
  }

  /** What is changed again before it is sealed is encoded once, under the nonce of the entry that changed it last. */
  #put(change: StateChange, nonce: Uint8Array): void {
    const place = placeOf(change.kind, change.id)
    const before = this.#changed.get(place)
    const changed: Changed = { change, nonce, entry: this.index }
    if (before?.opened !== undefined) changed.opened = before.opened
    else if (change.kind === 'cursor' && before === undefined && this.#sealed.get('cursor', change.id) === undefined)
      changed.opened = { entry: this.index, sequence: change.value.next }
    this.#changed.set(place, changed)
  }

  #sealValues(): Omit<SealEffects, 'seal'> {
    const streams: StreamCursorRow[] = []
    const histories: HistoryRow[] = []
    const packed = new NewValues()
    const kept: { at: number; stateKey: Uint8Array; value: Uint8Array }[] = []
    let at = 0
    const put = (stateKey: Uint8Array, nonce: Uint8Array, value: Uint8Array, isKept: boolean): void => {
      requireSmall(stateKey, value)
      packed.add(stateKey, nonce, value)
      if (isKept) kept.push({ at, stateKey, value })
      at += 1
    }
    for (const { change, nonce, entry, opened = null } of this.#changed.values()) {
      const value = encodeCbor(encodeCoreValue(change.kind, change.value))
      put(coreKeyOf(change.kind, change.id), nonce, value, change.kind !== 'cursor')
      if (change.kind === 'cursor') streams.push({ stream: change.id, ...change.value, entry, opened })
    }
    const gone: Uint8Array[] = []
    for (const { one, nonce } of this.#kept.values()) {
      const key = stateKey(one.owner, one.kind, one.id)
      if (one.value !== null) put(key, nonce, encodeCbor(cborOfJson(one.value)), true)
      else if (this.#sealed.kept(one.owner, one.kind, one.id) !== null) gone.push(key)
    }
    for (const { history, entry, nonce } of this.#histories.values()) {
      const { asset, stream, frontier, span } = history
      if (span === null) continue
      const value = { size: frontier.size, root: frontier.root(), ...span }
      put(coreKeyOf('history', [asset, stream]), nonce, encodeCbor(encodeCoreValue('history', value)), false)
      histories.push({ asset, stream, size: frontier.size, frontier: frontier.toBytes(), span, entry })
    }
    const assetEvents = [...this.#eventTrees.values()].map(({ tree: { asset, frontier }, newest, nonce }) => {
      const value = { size: frontier.size, root: frontier.root(), newest }
      put(coreKeyOf('asset-events', asset), nonce, encodeCbor(encodeCoreValue('asset-events', value)), true)
      return { asset, size: frontier.size, frontier: frontier.toBytes() }
    })
    const placed = packed.putInto(this.stateTree)
    const state = kept.map(({ at: place, stateKey, value }): StateRow => {
      const { treeKey, treeValue } = placed(place, value)
      return { stateKey, treeKey, value: treeValue }
    })
    state.push(...this.#takeAway(gone), ...this.#sealAdopted())
    this.#close()
    return { state: state.sort((a, b) => compareBytes(a.treeKey, b.treeKey)), streams, histories, assetEvents }
  }

  #takeAway(keys: readonly Uint8Array[]): StateRow[] {
    return keys.map((key) => {
      const place = this.#addon.sha256(key)
      this.stateTree.remove(place)
      return { stateKey: key, treeKey: place, value: null }
    })
  }

  #sealAdopted(): StateRow[] {
    const there = this.#adopted.flatMap(({ key, bytes }) =>
      bytes === null ? [] : [{ stateKey: key, treeKey: this.#addon.sha256(key), value: bytes }],
    )
    this.stateTree.set(packedPairs(there.map(({ treeKey, value }) => [treeKey, this.#addon.sha256(value)])))
    const gone = this.#adopted.flatMap(({ key, bytes }) => (bytes === null ? [key] : []))
    return [...there, ...this.#takeAway(gone)]
  }

  #close(): void {
    this.#sealed.sealed({
      values: [...this.#changed.values()].map(({ change }) => change),
      kept: [...this.#kept.values()].map(({ one }) => one),
      histories: [...this.#histories.values()].map(({ history }) => history),
      eventTrees: [...this.#eventTrees.values()].map(({ tree }) => tree),
    })
    this.#changed.clear()
    this.#kept.clear()
    this.#adopted = []
    this.#histories.clear()
    this.#eventTrees.clear()
  }
}

function bytesOf({ change, nonce }: Changed, key: Uint8Array): Uint8Array {
  return valueBytes(nonce, key, encodeCoreValue(change.kind, change.value))
}

/** CBOR [nonce, value] of the entry that set it. */
export function valueBytes(entryNonce: Uint8Array, stateKey: Uint8Array, value: CborInput): Uint8Array {
  return treeValue(valueNonce(entryNonce, stateKey), value)
}

/** Bytes of a tree value besides its value: the nonce, and two heads. */
const TREE_VALUE_MORE = NONCE_BYTES + 2

function requireSmall(stateKey: Uint8Array, value: Uint8Array): void {
  if (value.length <= MAX_STATE_VALUE_BYTES - TREE_VALUE_MORE) return
  throw new LedgerError(
    'pack_misbehaved',
    `the state value ${toHex(stateKey)} has ${value.length} bytes, ${MAX_STATE_VALUE_BYTES} are allowed; this replica stops`,
  )
}

function placeOf(kind: CoreKind, id: CoreIds[CoreKind]): string {
  return `${kind} ${nameOf(id)}`
}
