import type { Database } from 'better-sqlite3'
import { encodeAssetEvent, outcomeWith } from '../record/asset-history.ts'
import type { AssetEvent, CameTo } from '../record/asset-history.ts'
import type { AssetEvents } from '../record/asset-state.ts'
import { coreKeyOf, decodeCoreValue } from '../record/core-state.ts'
import { parseTreeValue } from '../record/state-keys.ts'
import { frontierAt, rootOfLeaves } from '../proof/merkle.ts'
import type { HashSource } from '../proof/merkle.ts'
import { toHex } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import type { ActorId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeBody } from '../record/events.ts'
import { decodeEvent } from '../record/statements.ts'
import { leafHash } from '../wire/reading.ts'
import { LedgerError } from './errors.ts'
import { valueAt } from './state-rows.ts'
import { findingsIn } from './tables.ts'

/** Assets whose stretches are kept. */
const ASSETS_KEPT_MAX = 4_096

/** An event of an asset's history with its entry. */
export interface AssetEventEntry extends AssetEvent {
  readonly bytes: Uint8Array
}

/** A stretch of a stream at an asset; `lastSequence` is null while it is open. */
export interface ReadStretch {
  readonly stream: StreamId
  readonly actor: ActorId
  readonly firstSequence: number
  readonly lastSequence: number | null
}

/** Every stretch of streams at an asset, by the events that bound and unbound them, in ledger order, behind those that were `before`. */
export function stretchesIn(
  events: Iterable<{ actor: ActorId; bytes: Uint8Array }>,
  before: readonly ReadStretch[] = [],
): ReadStretch[] {
  const stretches = [...before]
  for (const { actor, bytes } of events) {
    const { type, body } = decodeEvent(parseEntry(bytes).payload)
    if (type === 'stream.bound') {
      const { stream, fromSequence: firstSequence } = decodeBody('stream.bound', body)
      stretches.push({ stream, actor, firstSequence, lastSequence: null })
    } else if (type === 'stream.unbound') {
      const { stream, lastSequence } = decodeBody('stream.unbound', body)
      const open = stretches.findLastIndex((one) => one.stream === stream && one.lastSequence === null)
      if (open !== -1) stretches[open] = { ...(stretches[open] as ReadStretch), lastSequence }
    }
  }
  return stretches
}

/** Everything that was said of an asset, as the tree of its history has it. */
export class AssetEventReader {
  readonly #database: Database
  readonly #hash: Hash
  /** By asset, among the first `size` entries. */
  readonly #stretches = new Map<string, { size: TreeSize; stretches: ReadStretch[] }>()

  constructor(database: Database, hash: Hash) {
    this.#database = database
    this.#hash = hash
  }

  /** The history right after seal `height`; null before its first event. */
  at(asset: string, height: number): AssetEvents | null {
    const value = valueAt(this.#database, height, coreKeyOf('asset-events', asset))
    return value === null ? null : decodeCoreValue('asset-events', parseTreeValue(value).value)
  }

  /** Events from the state right after seal `older` (null: from the first) up to that after `newer`, in order. */
  between(asset: string, older: number | null, newer: number | null): AssetEventEntry[] {
    const before = older === null ? null : this.at(asset, older)
    const now = newer === null ? null : this.at(asset, newer)
    if (now === null) return []
    const events = this.#range(asset, before?.newest ?? -1, now.newest)
    const wanted = now.size - (before?.size ?? 0)
    if (events.length === wanted) return events
    throw new LedgerError(
      'not_found',
      `the history of ${asset} lacks events: ${events.length} of ${wanted} are there; run "plumbline fsck"`,
    )
  }

  /** Roots of the complete subtrees of the history right after a seal, largest first. */
  frontier(asset: string, height: number | null): Uint8Array[] {
    const before = height === null ? null : this.at(asset, height)
    if (before === null) return []
    const all = this.#range(asset, -1, before.newest).map((event) => leafHash(encodeAssetEvent(event)))
    const source: HashSource = {
      hash: (level, index) => rootOfLeaves(all.slice(index * 2 ** level, (index + 1) * 2 ** level), this.#hash),
    }
    return [...frontierAt(before.size, source).hashes]
  }

  /** Index of the first event about an asset whose type begins so, and that says of itself that it happened no earlier; null for none. */
  firstOf(asset: string, prefix: string, fromUs: number): LeafIndex | null {
    const first = this.#database
      .prepare(
        'SELECT min(idx) FROM entry_asset JOIN entry USING (idx) WHERE asset = ? AND time_us >= ? AND substr(type, 1, ?) = ?',
      )
      .pluck()
      .get(asset, fromUs, prefix.length, prefix)
    return first as LeafIndex | null
  }

  /** First time, from `fromUs` on, that an event about an asset whose type begins so says of itself; null for none. */
  firstSaidUs(asset: string, prefix: string, fromUs: number): number | null {
    const first = this.#database
      .prepare(
        'SELECT min(time_us) FROM entry_asset JOIN entry USING (idx) WHERE asset = ? AND time_us >= ? AND substr(type, 1, ?) = ?',
      )
      .pluck()
      .get(asset, fromUs, prefix.length, prefix)
    return first as number | null
  }

  /** Index of the last event about an asset before entry `before` whose type begins so; null for none. */
  lastOf(asset: string, prefix: string, before: LeafIndex): LeafIndex | null {
    const last = this.#database
      .prepare(
        'SELECT max(idx) FROM entry_asset JOIN entry USING (idx) WHERE asset = ? AND idx < ? AND substr(type, 1, ?) = ?',
      )
      .pluck()
      .get(asset, before, prefix.length, prefix)
    return last as LeafIndex | null
  }

  /** Newest first, the events of one type about an asset: signed bytes and place. */
  *ofType(asset: string, type: string): Generator<{ index: LeafIndex; actor: ActorId; bytes: Uint8Array }> {
    const rows = this.#database
      .prepare(
        `SELECT idx, actor.name AS actor, bytes FROM entry_asset JOIN entry USING (idx) JOIN actor ON actor.id = entry.actor
         WHERE asset = ? AND type = ? ORDER BY idx DESC`,
      )
      .iterate(asset, type) as IterableIterator<{ idx: LeafIndex; actor: Uint8Array; bytes: Uint8Array }>
    for (const { idx: index, actor, bytes } of rows) yield { index, actor: toHex(actor) as ActorId, bytes }
  }

  /** Every stretch of streams at the asset, by its events among the first `size` entries. What was read before is not read again. */
  stretches(asset: string, size: TreeSize): ReadStretch[] {
    const known = this.#stretches.get(asset)
    const before = known === undefined || known.size > size ? { size: 0, stretches: [] } : known
    const since = this.#range(asset, before.size - 1, size - 1, "AND type IN ('stream.bound', 'stream.unbound')")
    const stretches = stretchesIn(since, before.stretches)
    // The newest at the end.
    this.#stretches.delete(asset)
    this.#stretches.set(asset, { size, stretches })
    const [oldest] = this.#stretches.keys()
    if (this.#stretches.size > ASSETS_KEPT_MAX && oldest !== undefined) this.#stretches.delete(oldest)
    return stretches
  }

  /** Events behind one index up to another. */
  #range(asset: string, after: LeafIndex, last: LeafIndex, more = ''): AssetEventEntry[] {
    const rows = this.#database
      .prepare(
        `SELECT idx, type, actor.name AS actor, came_to AS cameTo, findings, bytes FROM entry_asset JOIN entry USING (idx) JOIN actor ON actor.id = entry.actor
         WHERE asset = ? AND idx > ? AND idx <= ? ${more} ORDER BY idx`,
      )
      .all(asset, after, last) as {
      idx: LeafIndex
      type: string
      actor: Uint8Array
      cameTo: CameTo
      findings: string | null
      bytes: Uint8Array
    }[]
    return rows.map(({ idx: index, type, actor, cameTo, findings, bytes }) => ({
      index,
      type,
      actor: toHex(actor) as ActorId,
      outcome: outcomeWith(cameTo, findingsIn(findings)),
      logLeaf: leafHash(bytes, this.#hash),
      bytes,
    }))
  }
}
