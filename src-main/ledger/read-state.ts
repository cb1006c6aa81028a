import type { Database } from 'better-sqlite3'
import type { StateTree } from '../proof/state-tree.ts'
import type { StateProof } from '../proof/state-proof.ts'
import { toHex } from '../wire/bytes.ts'
import type { AssetState, ChannelState, DocumentState, PackState, StreamState } from '../record/core-state.ts'
import { followEvent } from './follow-event.ts'
import type { DocumentHash } from '../record/document-fields.ts'
import type { Rules } from '../record/rules.ts'
import { treeKey } from '../record/state-keys.ts'
import { StateValues } from '../record/state-view.ts'
import type { ActorId, LeafIndex, StreamId } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'
import { membersOf } from './members.ts'
import type { Member } from './members.ts'
import { coreChange, namedValue, stateAt, treeOf, valueAt } from './state-rows.ts'

export type ReadMember = Member

export interface ReadDocument extends DocumentState {
  holder: ActorId
  supersededBy: DocumentHash | null
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

interface StateOfHeight {
  /** Tree values by state key in hex. */
  values: Map<string, Uint8Array>
  tree: StateTree
}

/** State trees kept: those of the bracketing seals a certificate is being made from. */
const TREES_KEPT = 8

/**
 * The state as the newest seal left it, with the events since then decided upon it by the same rules as the writer's, and the
 * exact state right after any earlier seal with its proofs.
 */
export class StateReader {
  readonly #database: Database
  readonly #trees = new Map<number, StateOfHeight>()
  readonly #rules: Rules
  #values: StateValues | null = null
  /** The newest entry that they take into account. */
  #upTo: LeafIndex = 0
  /** The newest event whose effect only a seal after it brings; null where there is none. */
  #awaitsSealAfter: LeafIndex | null = null

  constructor(database: Database, rules: Rules) {
    this.#database = database
    this.#rules = rules
  }

  channel(): ChannelState {
    const channel = this.#now().get('channel', '')
    if (channel === undefined)
      throw new LedgerError('database_damaged', 'the state names no channel; run "plumbline fsck"')
    return channel
  }

  /** Ascending by raftId. */
  members(): ReadMember[] {
    return membersOf(this.#now())
  }

  /** In the order in which they were opened; those that were opened after an entry. */
  streams(after: LeafIndex = 0): StreamState[] {
    const streams = [...this.#now().of('stream').values()].filter(({ openedAt }) => openedAt > after)
    return streams.toSorted((a, b) => a.openedAt - b.openedAt)
  }

  stream(id: StreamId): StreamState | null {
    return this.#now().get('stream', id) ?? null
  }

  assets(): ({ asset: string } & AssetState)[] {
    return [...this.#now().of('asset')].map(([asset, state]) => ({ asset, ...state }))
  }

  asset(id: string): AssetState | null {
    return this.#now().get('asset', id) ?? null
  }

  /** With who holds it, and what stands in its place where something does. */
  document(document: DocumentHash): ReadDocument | null {
    const values = this.#now()
    const added = values.get('document', document)
    if (added === undefined) return null
    const holder = values.get('document-holder', document)?.actor ?? added.actor
    return { ...added, holder, supersededBy: values.get('document-status', document)?.supersededBy ?? null }
  }

  packs(): ReadPack[] {
    return [...this.#now().of('pack')].map(([id, pack]) => ({ id, ...pack }))
  }

  /** The values as they were right after seal `height`. */
  at(height: number): StateValues {
    const values = new StateValues()
    for (const stored of stateAt(this.#database, height)) {
      const change = coreChange(namedValue(stored))
      if (change !== null) values.take(change)
    }
    return values
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
  #now(): StateValues {
    const sealed = this.#database.prepare('SELECT max(idx) FROM seal').pluck().get() as number
    const isBehind = this.#awaitsSealAfter !== null && sealed > this.#awaitsSealAfter
    if (this.#values === null || isBehind) {
      const height = this.#database.prepare('SELECT max(height) FROM seal').pluck().get() as number
      this.#values = this.at(height)
      this.#upTo = sealed
      this.#awaitsSealAfter = null
    }
    this.#takeEvents(this.#values)
    return this.#values
  }

  #takeEvents(values: StateValues): void {
    const newest = this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number
    if (newest === this.#upTo) return
    const rows = this.#database
      .prepare('SELECT idx, bytes FROM entry WHERE idx > ? AND idx <= ? AND type IS NOT NULL ORDER BY idx')
      .all(this.#upTo, newest)
    for (const { idx, bytes } of rows as { idx: number; bytes: Uint8Array }[]) {
      if (!followEvent(values, this.#rules, idx, bytes)) this.#awaitsSealAfter = idx
    }
    this.#upTo = newest
  }
}
