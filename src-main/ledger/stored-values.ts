import type { Database, Statement } from 'better-sqlite3'
import { Frontier } from '../proof/merkle.ts'
import { coreKeyOf, decodeCoreValue } from '../record/core-state.ts'
import type { CoreIds, CoreKind, CoreValues, HistoryState } from '../record/core-state.ts'
import { parseTreeValue, stateKey, treeKey } from '../record/state-keys.ts'
import { nameOf } from '../record/state-view.ts'
import { equalBytes, fromHex } from '../wire/bytes.ts'
import { LedgerError } from './errors.ts'
import type { StreamId } from '../wire/ids.ts'
import { jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { isPassing } from './passing-values.ts'
import { emptyHistory, keptName } from './sealed-values.ts'
import type { EventTree, History, SealedChanges, SealedValues } from './sealed-values.ts'
import { valuesOfKind } from './state-rows.ts'

/** Values kept in memory; of those that were not asked for lately the oldest go first. */
const VALUES_KEPT = 1 << 16

/** What the newest seal left, out of the tables: each value by one read of its key, kept while it is in use. */
export class StoredValues implements SealedValues {
  readonly #database: Database
  readonly #select: ReturnType<typeof prepare>
  readonly #most: number
  /** In two halves: when the younger is full, the older is forgotten. What is found in the older moves on. */
  #young = new Map<string, unknown>()
  #old = new Map<string, unknown>()

  /** @param most values that are kept in memory */
  constructor(database: Database, most = VALUES_KEPT) {
    this.#database = database
    this.#most = most
    this.#select = prepare(database)
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#kept(`${kind} ${nameOf(id)}`, () => this.#read(kind, id))
  }

  kept(owner: string, kind: string, id: string): JsonValue | null {
    return this.#kept(`kept ${keptName(owner, kind, id)}`, () => {
      const row = this.#row(stateKey(owner, kind, id))
      return row === undefined ? null : jsonOfCbor(parseTreeValue(row).value, 'what a pack keeps')
    })
  }

  history(asset: string, stream: StreamId): History {
    return this.#kept(historyName(asset, stream), () => this.#readHistory(asset, stream))
  }

  eventTree(asset: string): EventTree {
    return this.#kept(`events ${asset}`, () => this.#readEventTree(asset))
  }

  *streams(): Generator<readonly [StreamId, CoreValues['stream']]> {
    for (const { id, value } of valuesOfKind(this.#database, 'stream')) yield [id, value]
  }

  /** The rows are written by now, or in the same transaction: what was in use goes on being so. */
  sealed({ values, kept, histories, eventTrees }: SealedChanges): void {
    for (const tree of eventTrees) this.#keep(`events ${tree.asset}`, tree)
    for (const { kind, id, value } of values) this.#keep(`${kind} ${nameOf(id)}`, value)
    for (const { owner, kind, id, value } of kept) this.#keep(`kept ${keptName(owner, kind, id)}`, value)
    for (const history of histories) this.#keep(historyName(history.asset, history.stream), history)
  }

  #read<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    if (kind === 'cursor') return this.#select.cursor.get(fromHex(id as StreamId)) as CoreValues[K] | undefined
    const row = isPassing(kind) ? undefined : this.#row(coreKeyOf(kind, id))
    return row === undefined ? undefined : decodeCoreValue(kind, parseTreeValue(row).value)
  }

  #row(stateKey: Uint8Array): Uint8Array | undefined {
    return (this.#select.value.get(treeKey(stateKey)) as Uint8Array | null | undefined) ?? undefined
  }

  #readHistory(asset: string, stream: StreamId): History {
    const row = this.#select.history.get(asset, fromHex(stream)) as
      | (NonNullable<HistoryState> & { frontier: Uint8Array })
      | undefined
    if (row === undefined || row.size === 0) return emptyHistory(asset, stream)
    const { frontier, firstSequence, lastSequence, firstTimeUs, lastTimeUs, newestTimeUs } = row
    const span = { firstSequence, lastSequence, firstTimeUs, lastTimeUs, newestTimeUs }
    return { asset, stream, frontier: Frontier.fromBytes(frontier), span }
  }

  /** What the table has must be what the state committed to. Throws LedgerError `database_damaged`. */
  #readEventTree(asset: string): EventTree {
    const row = this.#select.assetEvents.get(asset) as { frontier: Uint8Array } | undefined
    const frontier = row === undefined ? new Frontier() : Frontier.fromBytes(row.frontier)
    const proven = this.#read('asset-events', asset)
    const isSame =
      proven === undefined
        ? frontier.size === 0
        : frontier.size === proven.size && equalBytes(frontier.root(), proven.root)
    if (isSame) return { asset, frontier }
    throw new LedgerError('database_damaged', `the events of ${asset} are not those of the state`)
  }

  /** What is not there is remembered, too: an absent value is asked for as often. */
  #kept<T>(name: string, read: () => T): T {
    if (this.#young.has(name)) return this.#young.get(name) as T
    const value = this.#old.has(name) ? (this.#old.get(name) as T) : read()
    this.#keep(name, value)
    return value
  }

  #keep(name: string, value: unknown): void {
    if (this.#young.size >= this.#most / 2 && !this.#young.has(name)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, value)
  }
}

function historyName(asset: string, stream: StreamId): string {
  return `history ${nameOf([asset, stream])}`
}

function prepare(database: Database) {
  const sql = (text: string): Statement => database.prepare(text)
  return {
    value: sql(
      'SELECT value FROM state_row WHERE key = (SELECT id FROM state_key WHERE tree_key = ?) ORDER BY from_height DESC LIMIT 1',
    ).pluck(),
    cursor: sql(
      'SELECT next_sequence AS next, last_time_us AS lastTimeUs FROM stream_cursor WHERE stream = (SELECT id FROM stream WHERE name = ?)',
    ),
    assetEvents: sql('SELECT frontier FROM asset_events WHERE asset = ?'),
    history: sql(
      'SELECT size, frontier, first_sequence AS firstSequence, last_sequence AS lastSequence, first_time_us AS firstTimeUs, last_time_us AS lastTimeUs, newest_time_us AS newestTimeUs FROM history WHERE asset = ? AND stream = (SELECT id FROM stream WHERE name = ?)',
    ),
  }
}
