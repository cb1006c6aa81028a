import type { Database } from 'better-sqlite3'
import { decodeCoreId, decodeCoreValue, isCoreKind } from '../record/core-state.ts'
import type { StateChange } from '../record/state-view.ts'
import { StateTree } from '../proof/state-tree.ts'
import { decodeCbor } from '../wire/cbor.ts'
import type { CborValue } from '../wire/cbor.ts'
import { CORE_OWNER, parseTreeValue } from '../record/state-keys.ts'
import { LedgerError } from './errors.ts'

/** A value of the state as of a height. */
export interface StoredValue {
  stateKey: Uint8Array
  treeKey: Uint8Array
  /** CBOR [nonce, value], what the tree commits to. */
  value: Uint8Array
}

const AS_OF = `
  SELECT state_key.state_key AS stateKey, state_key.tree_key AS treeKey,
    (SELECT value FROM state_row WHERE key = state_key.id AND from_height <= ? ORDER BY from_height DESC LIMIT 1) AS value
  FROM state_key`

/** Every value in force right after seal `height`. */
export function stateAt(database: Database, height: number): StoredValue[] {
  const rows = database.prepare(AS_OF).all(height) as (Omit<StoredValue, 'value'> & { value: Uint8Array | null })[]
  return rows.filter((row): row is StoredValue => row.value !== null)
}

export function valueAt(database: Database, height: number, treeKey: Uint8Array): Uint8Array | null {
  const row = database.prepare(`${AS_OF} WHERE state_key.tree_key = ?`).get(height, treeKey) as
    | { value: Uint8Array | null }
    | undefined
  return row?.value ?? null
}

export function treeOf(values: readonly StoredValue[]): StateTree {
  const tree = new StateTree()
  for (const { treeKey, value } of values) tree.set(treeKey, value)
  return tree
}

export interface NamedValue {
  owner: string
  kind: string
  id: CborValue
  value: CborValue
}

/** A stored value with its name. Throws LedgerError `database_damaged`. */
export function namedValue({ stateKey, value }: Pick<StoredValue, 'stateKey' | 'value'>): NamedValue {
  const name = decodeCbor(stateKey, { maxBytes: 4_096, maxDepth: 4 })
  if (!Array.isArray(name) || name.length !== 3) throw damaged('a state key is no list of three')
  const [owner, kind, id] = name
  if (typeof owner !== 'string' || typeof kind !== 'string' || id === undefined)
    throw damaged('a state key names no owner and kind')
  return { owner, kind, id, value: parseTreeValue(value).value }
}

/** A core value as what left it behind; null for a pack's. Throws LedgerError `database_damaged` for a kind that is none. */
export function coreChange({ owner, kind, id, value }: NamedValue): StateChange | null {
  if (owner !== CORE_OWNER) return null
  if (!isCoreKind(kind)) throw damaged(`the state holds a value of the unknown kind ${JSON.stringify(kind)}`)
  return { kind, id: decodeCoreId(kind, id), value: decodeCoreValue(kind, value) } as StateChange
}

function damaged(what: string): LedgerError {
  return new LedgerError('database_damaged', `${what}; run "plumbline fsck"`)
}
