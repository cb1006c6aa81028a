import type { Database } from 'better-sqlite3'
import type { StateTree } from '../proof/state-tree.ts'
import type { StateProof } from '../proof/state-proof.ts'
import { toHex } from '../wire/bytes.ts'
import { decodeCoreValue } from '../wire/core-state.ts'
import type { AssetState, ChannelState, KeyState, MemberState, PackState, StreamState } from '../wire/core-state.ts'
import { decodeBody } from '../wire/events.ts'
import { KEY_USES } from '../wire/member-key.ts'
import type { KeyUse } from '../wire/member-key.ts'
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

/** Channel, members, streams, assets and packs of a state. */
export interface Registers {
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
  /** The newest entry that they take into account. */
  #upTo: LeafIndex = 0
  /** The newest event whose effect only a seal after it brings into the registers; null where there is none. */
  #awaitsSealAfter: LeafIndex | null = null

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

  /** In the order in which they were opened; those that were opened after an entry. */
  streams(after: LeafIndex = 0): StreamState[] {
    const streams = [...this.#now().streams.values()].filter(({ openedAt }) => openedAt > after)
    return streams.toSorted((a, b) => a.openedAt - b.openedAt)
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

  /** The registers as they were right after seal `height`. */
  at(height: number): Registers {
    return registersOf(stateAt(this.#database, height).map(namedValue))
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

  /** Each event costs itself: reading all of the state again for one of ten thousand new streams would take longer than it may. */
  #now(): Registers {
    const sealed = this.#database.prepare('SELECT max(idx) FROM seal').pluck().get() as number
    const isBehind = this.#awaitsSealAfter !== null && sealed > this.#awaitsSealAfter
    if (this.#registers === null || isBehind) {
      const height = this.#database.prepare('SELECT max(height) FROM seal').pluck().get() as number
      this.#registers = registersOf(stateAt(this.#database, height).map(namedValue))
      this.#upTo = sealed
      this.#awaitsSealAfter = null
    }
    this.#takeEvents(this.#registers)
    return this.#registers
  }

  #takeEvents(registers: Registers): void {
    const newest = this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number
    if (newest === this.#upTo) return
    const rows = this.#database
      .prepare('SELECT idx, type, bytes FROM entry WHERE idx > ? AND idx <= ? AND type IS NOT NULL ORDER BY idx')
      .all(this.#upTo, newest)
    for (const { idx, type, bytes } of rows as { idx: number; type: string; bytes: Uint8Array }[]) {
      if (TAKEN_IN.has(type)) takeEvent(registers, idx, bytes)
      else if (!WITHOUT_EFFECT.has(type)) this.#awaitsSealAfter = idx
    }
    this.#upTo = newest
  }
}

/** Events whose effect on the registers is taken in at once. */
const TAKEN_IN: ReadonlySet<string> = new Set(['stream.opened', 'stream.closed', 'asset.registered'])
/** Events that leave the registers as they are. Whatever else comes is seen with the next seal. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'gateway.alive',
  'alarm.acknowledged',
  'certificate.issued',
  'source.decided',
  'record.healed',
])

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
export function takeEvent(registers: Pick<Registers, 'streams' | 'assets'>, index: LeafIndex, bytes: Uint8Array): void {
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
