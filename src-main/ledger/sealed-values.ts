import { Frontier } from '../proof/merkle.ts'
import type { CoreIds, CoreKind, CoreValues, HistoryState } from '../record/core-state.ts'
import { nameOf, StateValues } from '../record/state-view.ts'
import type { StateChange } from '../record/state-view.ts'
import type { KeptValue } from '../record/contracts.ts'
import type { StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'

/** The reading leaves of one stream at one asset, and what they span; `span` is null while there are none. */
export interface History {
  asset: string
  stream: StreamId
  frontier: Frontier
  span: Omit<HistoryState, 'size' | 'root'> | null
}

/** Everything that was said of an asset, as a tree. */
export interface EventTree {
  asset: string
  frontier: Frontier
}

/** What a seal made firm. */
export interface SealedChanges {
  values: readonly StateChange[]
  kept: readonly KeptValue[]
  histories: readonly History[]
  eventTrees: readonly EventTree[]
}

/** The state as the newest seal left it. */
export interface SealedValues {
  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined
  /** What a pack keeps; null where there is none. */
  kept(owner: string, kind: string, id: string): JsonValue | null
  /** Whoever appends to it says so with the next `sealed`. */
  history(asset: string, stream: StreamId): History
  /** Likewise. */
  eventTree(asset: string): EventTree
  streams(): Iterable<readonly [StreamId, CoreValues['stream']]>
  /** A database has it from the sink; who keeps values keeps them by this. */
  sealed(changes: SealedChanges): void
}

/** All of it in memory: for who builds a state that is stored nowhere, or must not believe what is stored. */
export class MemoryValues implements SealedValues {
  readonly #values = new StateValues()
  readonly #kept = new Map<string, JsonValue | null>()
  readonly #histories = new Map<string, History>()
  readonly #eventTrees = new Map<string, EventTree>()

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#values.get(kind, id)
  }

  kept(owner: string, kind: string, id: string): JsonValue | null {
    return this.#kept.get(keptName(owner, kind, id)) ?? null
  }

  history(asset: string, stream: StreamId): History {
    return this.#histories.get(nameOf([asset, stream])) ?? emptyHistory(asset, stream)
  }

  eventTree(asset: string): EventTree {
    return this.#eventTrees.get(asset) ?? { asset, frontier: new Frontier() }
  }

  streams(): Iterable<readonly [StreamId, CoreValues['stream']]> {
    return this.#values.of('stream')
  }

  sealed({ values, kept, histories, eventTrees }: SealedChanges): void {
    for (const tree of eventTrees) this.#eventTrees.set(tree.asset, tree)
    for (const change of values) this.#values.take(change)
    for (const { owner, kind, id, value } of kept) this.#kept.set(keptName(owner, kind, id), value)
    for (const history of histories) this.#histories.set(nameOf([history.asset, history.stream]), history)
  }
}

export function emptyHistory(asset: string, stream: StreamId): History {
  return { asset, stream, frontier: new Frontier(), span: null }
}

/** One text for what a pack keeps; no text in a name holds a zero character. */
export function keptName(owner: string, kind: string, id: string): string {
  return `${owner}\u0000${kind}\u0000${id}`
}
