/** What decisions read and write: state values by kind and id, and nothing else. docs/FORMATS.md, "State". */
import type { ChannelId, LeafIndex, StreamId } from '../wire/ids.ts'
import type { CoreIds, CoreKind, CoreValues } from './core-state.ts'

/** The state as the statements before left it. */
export interface StateView {
  readonly channel: ChannelId
  /** Index of the entry that is being decided. */
  readonly index: LeafIndex
  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined
  /** Sequence of the next reading of a stream that was opened. */
  nextOf(stream: StreamId): number
  /** SHA-256 of a tree value as it stands now, sealed or not; null where there is none, and for readers. */
  valueHash(name: StateName): Uint8Array | null
  /** False for readers, who follow what was accepted: the writer compared what it consumed. */
  readonly compares: boolean
  /** To how many assets a stream is bound now; 0 for readers. */
  openStretches(stream: StreamId): number
  /** Assets to which a stream is bound now. */
  boundTo(stream: StreamId): readonly string[]
}

/** What names one state value. */
export type StateName = { [K in CoreKind]: { readonly kind: K; readonly id: CoreIds[K] } }[CoreKind]

/** One value that a statement leaves behind. */
export type StateChange = {
  [K in CoreKind]: { readonly kind: K; readonly id: CoreIds[K]; readonly value: CoreValues[K] }
}[CoreKind]

/** Values of the core by kind and id: what a writer or a reader knows of the state. */
export class StateValues {
  readonly #maps: { readonly [K in CoreKind]: Map<string, CoreValues[K]> } = {
    channel: new Map(),
    member: new Map(),
    key: new Map(),
    stream: new Map(),
    asset: new Map(),
    history: new Map(),
    gaps: new Map(),
    pack: new Map(),
    actor: new Map(),
    document: new Map(),
    'document-holder': new Map(),
    'document-status': new Map(),
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#maps[kind].get(nameOf(id))
  }

  set<K extends CoreKind>(kind: K, id: CoreIds[K], value: CoreValues[K]): void {
    this.#maps[kind].set(nameOf(id), value)
  }

  take({ kind, id, value }: StateChange): void {
    this.#maps[kind].set(nameOf(id), value as never)
  }

  /** All of a kind whose id is one name, in the order in which they came. */
  of<K extends NamedKind>(kind: K): ReadonlyMap<CoreIds[K], CoreValues[K]> {
    return this.#maps[kind] as ReadonlyMap<string, CoreValues[K]> as ReadonlyMap<CoreIds[K], CoreValues[K]>
  }
}

/** Kinds whose id is one text. */
type NamedKind = { [K in CoreKind]: CoreIds[K] extends string ? K : never }[CoreKind]

/** One text for an id of either form; ids of streams have one length, so that no two pairs share it. */
export function nameOf(id: CoreIds[CoreKind]): string {
  return typeof id === 'string' ? id : `${id[1]}${id[0]}`
}
