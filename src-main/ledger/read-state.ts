import type { Database } from 'better-sqlite3'
import type { StateTree } from '../proof/state-tree.ts'
import type { StateProof } from '../proof/state-proof.ts'
import { toHex } from '../wire/bytes.ts'
import { decodeCoreValue } from '../wire/core-state.ts'
import type { AssetState, ChannelState, KeyState, MemberState, PackState, StreamState } from '../wire/core-state.ts'
import { decodeBody, KEY_USES } from '../wire/events.ts'
import type { KeyUse } from '../wire/events.ts'
import { parseEntry } from '../wire/entry.ts'
import { actorIdOf, keyIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, KeyAlgorithm, KeyId, LeafIndex, StreamId } from '../wire/ids.ts'
import { treeKey } from '../wire/state-keys.ts'
import { decodeEvent } from '../wire/statements.ts'
import { LedgerError } from './errors.ts'
import { isCore, namedValue, stateAt, treeOf, valueAt } from './state-rows.ts'
import type { NamedValue } from './state-rows.ts'

export interface ReadMember extends MemberState {
  actor: ActorId
  keys: { keyId: KeyId; use: KeyUse; alg: KeyAlgorithm; public: Uint8Array; from: LeafIndex; to: LeafIndex | null }[]
}

export interface ReadPack extends PackState {
  id: string
}

/** A state value, or its absence, with the proof against the state root of a height. */
export interface ProvenValue {
  stateKey: Uint8Array
  treeValue: Uint8Array | null
  proof: StateProof
}

interface Registers {
  channel: ChannelState | null
  members: Map<ActorId, ReadMember>
  streams: Map<StreamId, StreamState>
  assets: Map<string, AssetState>
  packs: Map<string, ReadPack>
}

interface StateOfHeight {
  /** Tree values by state key in hex. */
  values: Map<string, Uint8Array>
  tree: StateTree
}

/** State trees kept: those of the bracketing seals a certificate is being made from. */
const TREES_KEPT = 8

/**
 * The state as the newest seal left it, with the events since then taken in for the registers (streams and assets), and the
 * exact state right after any earlier seal with its proofs.
 */
export class StateReader {
  readonly #database: Database
  readonly #trees = new Map<number, StateOfHeight>()
  #registers: Registers | null = null
  #registersFor = ''

  constructor(database: Database) {
    this.#database = database
  }

  channel(): ChannelState {
    const { channel } = this.#now()
    if (channel === null) throw new LedgerError('database_damaged', 'the state names no channel; run "plumbline fsck"')
    return channel
  }

  members(): ReadMember[] {
    return [...this.#now().members.values()]
  }

  /** In the order in which they were opened. */
  streams(): StreamState[] {
    return [...this.#now().streams.values()].toSorted((a, b) => a.openedAt - b.openedAt)
  }

  stream(id: StreamId): StreamState | null {
    return this.#now().streams.get(id) ?? null
  }

  assets(): ({ asset: string } & AssetState)[] {
    return [...this.#now().assets].map(([asset, state]) => ({ asset, ...state }))
  }

  asset(id: string): AssetState | null {
    return this.#now().assets.get(id) ?? null
  }

  packs(): ReadPack[] {
    return [...this.#now().packs.values()]
  }

  /** Tree value of a state key right after seal `height`; null where it had none. */
  treeValueAt(height: number, stateKey: Uint8Array): Uint8Array | null {
    return valueAt(this.#database, height, treeKey(stateKey))
  }

  /** Root of the state right after seal `height`, and each key's value or absence proven against it. */
  prove(height: number, stateKeys: readonly Uint8Array[]): { root: Uint8Array; items: ProvenValue[] } {
    const { values, tree } = this.#stateOf(height)
    const items = stateKeys.map((stateKey) => ({
      stateKey,
      treeValue: values.get(toHex(stateKey)) ?? null,
      proof: tree.prove(treeKey(stateKey)),
    }))
    return { root: tree.root(), items }
  }

  #stateOf(height: number): StateOfHeight {
    const kept = this.#trees.get(height)
    if (kept !== undefined) return kept
    const values = stateAt(this.#database, height)
    const made = { values: new Map(values.map((value) => [toHex(value.stateKey), value.value])), tree: treeOf(values) }
    this.#trees.set(height, made)
    if (this.#trees.size > TREES_KEPT) this.#trees.delete(this.#trees.keys().next().value as number)
    return made
  }

  #now(): Registers {
    const { height, idx } = this.#database
      .prepare('SELECT height, idx FROM seal ORDER BY height DESC LIMIT 1')
      .get() as { height: number; idx: number }
    const newest = this.#database
      .prepare('SELECT max(idx) FROM entry WHERE type IS NOT NULL AND idx > ?')
      .pluck()
      .get(idx) as number | null
    const registersFor = `${height}/${newest ?? idx}`
    if (this.#registers === null || registersFor !== this.#registersFor) {
      this.#registers = registersOf(stateAt(this.#database, height).map(namedValue))
      this.#takeEvents(this.#registers, idx)
      this.#registersFor = registersFor
    }
    return this.#registers
  }

  #takeEvents(registers: Registers, after: LeafIndex): void {
    const rows = this.#database
      .prepare(
        "SELECT idx, bytes FROM entry WHERE idx > ? AND type IN ('stream.opened', 'stream.closed', 'asset.registered') ORDER BY idx",
      )
      .all(after)
    for (const { idx, bytes } of rows as { idx: number; bytes: Uint8Array }[]) takeEvent(registers, idx, bytes)
  }
}

function registersOf(values: readonly NamedValue[]): Registers {
  const registers: Registers = {
    channel: null,
    members: new Map(),
    streams: new Map(),
    assets: new Map(),
    packs: new Map(),
  }
  const keys: [KeyId, KeyState][] = []
  for (const named of values) {
    if (!isCore(named)) continue
    const { kind, id, value } = named
    if (kind === 'channel') registers.channel = decodeCoreValue('channel', value)
    else if (kind === 'member') {
      const actor = actorIdOf(id as Uint8Array)
      registers.members.set(actor, { actor, ...decodeCoreValue('member', value), keys: [] })
    } else if (kind === 'key') keys.push([keyIdOf(id as Uint8Array), decodeCoreValue('key', value)])
    else if (kind === 'stream') registers.streams.set(streamIdOf(id as Uint8Array), decodeCoreValue('stream', value))
    else if (kind === 'asset') registers.assets.set(id as string, decodeCoreValue('asset', value))
    else if (kind === 'pack') registers.packs.set(id as string, { id: id as string, ...decodeCoreValue('pack', value) })
  }
  for (const [keyId, { actor, use, alg, public: key, from, to }] of keys) {
    registers.members.get(actor)?.keys.push({ keyId, use, alg, public: key, from, to })
  }
  for (const member of registers.members.values()) {
    member.keys.sort((a, b) => KEY_USES.indexOf(a.use) - KEY_USES.indexOf(b.use) || a.from - b.from)
  }
  const members = [...registers.members.values()].sort((a, b) => a.raftId - b.raftId)
  return { ...registers, members: new Map(members.map((member) => [member.actor, member])) }
}

/** The same effect on the registers that apply has on the state; the event was accepted, so nothing is checked again. */
function takeEvent(registers: Registers, index: LeafIndex, bytes: Uint8Array): void {
  const event = decodeEvent(parseEntry(bytes).payload)
  if (event.type === 'stream.opened') {
    const body = decodeBody('stream.opened', event.body)
    registers.streams.set(body.stream, { ...body, actor: event.actor, openedAt: index })
    const asset = body.asset === null ? undefined : registers.assets.get(body.asset)
    if (asset === undefined || body.asset === null) return
    const { stream, fromSequence: firstSequence, quantity } = body
    const interval = { stream, firstSequence, lastSequence: null, quantity, actor: event.actor }
    registers.assets.set(body.asset, { ...asset, streams: [...asset.streams, interval] })
  } else if (event.type === 'asset.registered') {
    const { asset, ...rest } = decodeBody('asset.registered', event.body)
    registers.assets.set(asset, { ...rest, streams: [] })
  } else if (event.type === 'stream.closed') {
    const { stream, asset, lastSequence } = decodeBody('stream.closed', event.body)
    for (const [id, state] of registers.assets) {
      if (asset !== null && asset !== id) continue
      const streams = state.streams.map((interval) =>
        interval.stream === stream && interval.lastSequence === null ? { ...interval, lastSequence } : interval,
      )
      registers.assets.set(id, { ...state, streams })
    }
  }
}
