/** The whole state right after a seal: its tree, and the value of any key. */
import type { Database } from 'better-sqlite3'
import type { NativeStateTree } from '../../native/addon.ts'
import { decodeCoreId } from '../record/core-state.ts'
import { CORE_OWNER } from '../record/state-keys.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { isPassing } from './passing-values.ts'
import type { PassingValues } from './passing-values.ts'
import { nameIn, NAMED_AS_OF, valueAt } from './state-rows.ts'
import { loadedTree } from './state-tree.ts'
import type { TreeAddon } from './state-tree.ts'

/** The tree of the state right after seal `height`, which is entry `index`: one scan of the values, and those that pass. */
export function treeAt(
  database: Database,
  addon: TreeAddon,
  passing: PassingValues,
  { height, index }: { height: number; index: LeafIndex },
): NativeStateTree {
  return loadedTree(addon, countOf(database), valuesAt(database, passing, { height, index }))
}

function* valuesAt(
  database: Database,
  passing: PassingValues,
  { height, index }: { height: number; index: LeafIndex },
): Generator<readonly [stateKey: Uint8Array, treeValue: Uint8Array]> {
  // By their names, not by the index: what is damaged of them must not go unnoticed.
  const rows = database.prepare(`${NAMED_AS_OF} NOT INDEXED`).raw().iterate(height)
  for (const [stateKey, value] of rows as Iterable<[Uint8Array, Uint8Array | null]>)
    if (value !== null) yield [stateKey, value]
  yield* passing.all(index)
}

function countOf(database: Database): number {
  return database
    .prepare(
      'SELECT (SELECT count(*) FROM state_key) + (SELECT count(*) FROM stream_cursor) + (SELECT count(*) FROM history)',
    )
    .pluck()
    .get() as number
}

/** Tree value of a state key right after a seal; null where it had none. */
export function treeValueAt(
  database: Database,
  passing: PassingValues,
  seal: { height: number; index: LeafIndex },
  stateKey: Uint8Array,
): Uint8Array | null {
  const { owner, kind, id } = nameIn(stateKey)
  if (owner !== CORE_OWNER || !isPassing(kind)) return valueAt(database, seal.height, stateKey)
  if (kind === 'cursor') {
    const found = passing.cursor(decodeCoreId('cursor', id), seal.index)
    return found === null ? null : passing.treeValue('cursor', stateKey, found)
  }
  const found = passing.history(...decodeCoreId('history', id), seal.index)
  return found === null ? null : passing.treeValue('history', stateKey, found)
}
