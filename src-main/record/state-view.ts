/** What decisions read and write: state values by kind and id, and nothing else. docs/FORMATS.md, "State". */
import type { ChannelId, LeafIndex } from '../wire/ids.ts'
import type { CoreIds, CoreKind, CoreValues } from './core-state.ts'

/** The state as the statements before left it. */
export interface StateView {
  readonly channel: ChannelId
  /** Index of the entry that is being decided. */
  readonly index: LeafIndex
  /** Height and time of the newest seal before it. */
  readonly height: number
  readonly ledgerTimeUs: number
  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined
  /** SHA-256 of a tree value as it stands now, sealed or not; null where there is none, and for readers where it passes with every batch. */
  valueHash(name: StateName): Uint8Array | null
  /**
   * False for readers, who follow what was accepted: the writer compared what it consumed, and where streams stood. Whether an act of before
   * comes to something is for everybody to compare.
   */
  readonly compares: boolean
}

/** What names one state value. */
export type StateName = { [K in CoreKind]: { readonly kind: K; readonly id: CoreIds[K] } }[CoreKind]

/** One value that a statement leaves behind. */
export type StateChange = {
  [K in CoreKind]: { readonly kind: K; readonly id: CoreIds[K]; readonly value: CoreValues[K] }
}[CoreKind]

/** Values of the core by kind and id: what a writer or a reader knows of the state. */
export class StateValues {
  readonly #kinds = new Map<CoreKind, Map<string, unknown>>()

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#kinds.get(kind)?.get(nameOf(id)) as CoreValues[K] | undefined
  }

  set<K extends CoreKind>(kind: K, id: CoreIds[K], value: CoreValues[K]): void {
    const values = this.#kinds.get(kind)
    if (values === undefined) this.#kinds.set(kind, new Map([[nameOf(id), value]]))
    else values.set(nameOf(id), value)
  }

  take({ kind, id, value }: StateChange): void {
    this.set(kind, id, value)
  }

  /** All of a kind whose id is one name, in the order in which they came. */
  of<K extends NamedKind>(kind: K): ReadonlyMap<CoreIds[K], CoreValues[K]> {
    return (this.#kinds.get(kind) ?? NO_VALUES) as ReadonlyMap<CoreIds[K], CoreValues[K]>
  }
}

const NO_VALUES: ReadonlyMap<string, unknown> = new Map()

/** Kinds whose id is one text. */
export type NamedKind = { [K in CoreKind]: CoreIds[K] extends string ? K : never }[CoreKind]

/** One text for an id of either form; no text in an id holds a zero character. */
export function nameOf(id: CoreIds[CoreKind]): string {
  return typeof id === 'string' ? id : `${id[0]}\u0000${id[1]}`
}
