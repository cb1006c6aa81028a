import type { Database } from 'better-sqlite3'
import { decodeCoreId, decodeCoreValue, isCoreKind } from '../record/core-state.ts'
import type { CoreIds, CoreKind, CoreValues } from '../record/core-state.ts'
import type { StateChange } from '../record/state-view.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborValue } from '../wire/cbor.ts'
import { CORE_OWNER, parseTreeValue, treeKey } from '../record/state-keys.ts'
import { LedgerError } from './errors.ts'

/** A value of the state as of a height. */
export interface StoredValue {
  stateKey: Uint8Array
  /** CBOR [nonce, value], what the tree commits to. */
  value: Uint8Array
}

/** Beyond every height: the newest rows. */
const NEWEST = Number.MAX_SAFE_INTEGER
const VALUE_AS_OF =
  '(SELECT value FROM state_row WHERE key = state_key.id AND from_height <= ? ORDER BY from_height DESC LIMIT 1)'
export const NAMED_AS_OF = `SELECT state_key AS stateKey, ${VALUE_AS_OF} AS value FROM state_key`

/** Every value in force right after seal `height`, but for those that pass with each batch. */
export function stateAt(database: Database, height: number): StoredValue[] {
  return present(database.prepare(NAMED_AS_OF).all(height))
}

export function valueAt(database: Database, height: number, stateKey: Uint8Array): Uint8Array | null {
  const row = database.prepare(`SELECT ${VALUE_AS_OF} AS value FROM state_key WHERE tree_key = ?`)
  return (row.get(height, treeKey(stateKey)) as { value: Uint8Array | null } | undefined)?.value ?? null
}

/** All of a kind of the core as the newest seal left them, or an older one. */
export function valuesOfKind<K extends CoreKind>(
  database: Database,
  kind: K,
  height = NEWEST,
): { id: CoreIds[K]; value: CoreValues[K] }[] {
  const rows = database
    .prepare(`${NAMED_AS_OF} WHERE state_key >= ? AND state_key < ?`)
    .all(height, ...keyRangeOf(kind))
  return present(rows).map((stored) => {
    const named = namedValue(stored)
    return { id: decodeCoreId(kind, named.id), value: decodeCoreValue(kind, named.value) }
  })
}

/** The state keys of a kind of the core lie from the first of these up to the second. */
export function keyRangeOf(kind: CoreKind): [from: Uint8Array, to: Uint8Array] {
  const from = encodeCbor([CORE_OWNER, kind, 0]).slice(0, -1)
  const to = from.slice()
  // The last byte is a letter of the kind: keys of no other kind lie between.
  to[to.length - 1] = (to.at(-1) as number) + 1
  return [from, to]
}

function present(rows: unknown[]): StoredValue[] {
  return (rows as { stateKey: Uint8Array; value: Uint8Array | null }[]).filter(
    (row): row is StoredValue => row.value !== null,
  )
}

export interface NamedValue {
  owner: string
  kind: string
  id: CborValue
  value: CborValue
}

/** A stored value with its name. Throws LedgerError `database_damaged`. */
export function namedValue({ stateKey, value }: StoredValue): NamedValue {
  return { ...nameIn(stateKey), value: parseTreeValue(value).value }
}

/** What a state key names. Throws LedgerError `database_damaged`. */
export function nameIn(stateKey: Uint8Array): Omit<NamedValue, 'value'> {
  const name = decodeCbor(stateKey, { maxBytes: 4_096, maxDepth: 4 })
  if (!Array.isArray(name) || name.length !== 3) throw damaged('a state key is no list of three')
  const [owner, kind, id] = name
  if (typeof owner !== 'string' || typeof kind !== 'string' || id === undefined)
    throw damaged('a state key names no owner and kind')
  return { owner, kind, id }
}

/** A core value as what left it behind; null for a pack's. Throws LedgerError `database_damaged` for a kind that is none. */
export function coreChange({ owner, kind, id, value }: NamedValue): StateChange | null {
  if (owner !== CORE_OWNER) return null
  if (!isCoreKind(kind)) throw damaged(`the state holds a value of the unknown kind ${JSON.stringify(kind)}`)
  return { kind, id: decodeCoreId(kind, id), value: decodeCoreValue(kind, value) } as StateChange
}

function damaged(what: string): LedgerError {
  return new LedgerError('database_damaged', what)
}
