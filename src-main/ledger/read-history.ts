import type { Database } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import { splitHashes } from './log-tree.ts'
import { frontierAt, rootOfLeaves } from '../proof/merkle.ts'
import type { HashSource } from '../proof/merkle.ts'
import { coreKey, decodeCoreValue } from '../record/core-state.ts'
import type { GapsState, HistoryState } from '../record/core-state.ts'
import { decodeBody } from '../record/events.ts'
import { decodeEvent } from '../record/statements.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { parseEntry } from '../wire/entry.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import { parseTreeValue } from '../record/state-keys.ts'
import { LedgerError } from './errors.ts'
import type { BlockReader, ReadSeal } from './read-blocks.ts'
import type { PassingValues } from './passing-values.ts'
import { valueAt } from './state-rows.ts'

/** One leaf of a history and where its reading stands. */
export interface HistoryLeaf {
  /** Position in the history. */
  position: number
  entry: LeafIndex
  /** Position in that batch. */
  batchPosition: number
  leafHash: Uint8Array
}

interface RunRecord {
  position: number
  entry: number
  batchPosition: number
  leaves: Uint8Array
}

/** Two seals around a period: `newer` proves the state that ends it, `older` the one it begins from (null: from nothing). */
export interface Bracket {
  newer: ReadSeal
  older: ReadSeal | null
}

export class HistoryReader {
  readonly #database: Database
  readonly #hash: Hash
  readonly #blocks: BlockReader
  readonly #passing: PassingValues

  constructor(database: Database, hash: Hash, blocks: BlockReader, passing: PassingValues) {
    this.#database = database
    this.#hash = hash
    this.#blocks = blocks
    this.#passing = passing
  }

  /** A history right after seal `height`; null before its first reading. */
  at(asset: string, stream: StreamId, height: number): HistoryState | null {
    const index = this.#blocks.seal(height)?.index
    return index === undefined ? null : (this.#passing.history(asset, stream, index)?.value ?? null)
  }

  /** The chain of signed gaps right after seal `height`; null before the first. */
  gapsAt(asset: string, stream: StreamId, height: number): GapsState | null {
    const value = valueAt(this.#database, height, coreKey.gaps(asset, stream))
    return value === null ? null : decodeCoreValue('gaps', parseTreeValue(value).value)
  }

  /** Gaps `from` (exclusive) to `to` of a stream at an asset, as CBOR, in the order of the chain. */
  gaps(asset: string, stream: StreamId, from: number, to: number): Uint8Array[] {
    return this.#database
      .prepare(
        'SELECT gap FROM asset_gap WHERE asset = ? AND stream = (SELECT id FROM stream WHERE name = ?) AND number > ? AND number <= ? ORDER BY number',
      )
      .pluck()
      .all(asset, Buffer.from(stream, 'hex'), from, to) as Uint8Array[]
  }

  /** Bodies of the events that changed how a stream is read, as CBOR, in ledger order. */
  changes(stream: StreamId): Uint8Array[] {
    const events = this.#database
      .prepare("SELECT bytes FROM entry WHERE type = 'stream.changed' ORDER BY idx")
      .pluck()
      .iterate() as Iterable<Uint8Array>
    const changes: Uint8Array[] = []
    for (const bytes of events) {
      const { body } = decodeEvent(parseEntry(bytes).payload)
      if (decodeBody('stream.changed', body).stream === stream) changes.push(encodeCbor(body))
    }
    return changes
  }

  /** Leaves `from` to `to` (exclusive) of a history. Throws LedgerError `not_found` where it has fewer. */
  leaves(asset: string, stream: StreamId, from: number, to: number): HistoryLeaf[] {
    const leaves: HistoryLeaf[] = []
    for (const run of this.#runs(asset, stream, from, to)) {
      splitHashes(run.leaves).forEach((leafHash, i) => {
        const position = run.position + i
        if (position >= from && position < to)
          leaves.push({ position, entry: run.entry, batchPosition: run.batchPosition + i, leafHash })
      })
    }
    if (leaves.length !== Math.max(0, to - from)) {
      throw new LedgerError(
        'not_found',
        `the history of ${asset} and stream ${stream} lacks leaves between ${from} and ${to}`,
        { next: 'Ask for what a seal proved, or run "plumbline fsck".' },
      )
    }
    return leaves
  }

  /** Roots of the complete subtrees of the first `size` leaves, largest first: what a range proof shows of all before it. */
  frontier(asset: string, stream: StreamId, size: number): Uint8Array[] {
    const all = this.leaves(asset, stream, 0, size).map((leaf) => leaf.leafHash)
    const source: HashSource = {
      hash: (level, index) => rootOfLeaves(all.slice(index * 2 ** level, (index + 1) * 2 ** level), this.#hash),
    }
    return [...frontierAt(size, source).hashes]
  }

  /**
   * Seals around a period of an asset: `newer` is one below `size` whose state was closed after `toUs`, reaches it in every stream (or has
   * all that is there of one that never does) and has the first `least` entries (else the newest); `older` the last one in whose state no stream has a reading or a gap of the period.
   */
  bracket(
    asset: string,
    streams: readonly StreamId[],
    span: { fromUs: number; toUs: number; said?: LeafIndex | null; least?: number },
    size: number,
  ): Bracket | null {
    const last = this.#blocks.sealBelow(size)
    if (last === null || last.height === 0) return null
    const histories = (height: number): (HistoryState | null)[] =>
      streams.map((stream) => this.at(asset, stream, height - 1))
    const newest = histories(last.height)
    const gaps = (height: number): (GapsState | null)[] =>
      streams.map((stream) => this.gapsAt(asset, stream, height - 1))
    const closedUs = (height: number): number => this.#blocks.seal(height - 1)?.timeUs ?? 0
    const reaches = (height: number): boolean =>
      closedUs(height) >= span.toUs &&
      (this.#blocks.seal(height)?.treeSize ?? 0) >= (span.least ?? 0) &&
      histories(height).every(
        (history, i) => history?.size === newest[i]?.size || (history !== null && history.lastTimeUs >= span.toUs),
      )
    // Readings and signed gaps alike: a gap that the older state had would be missing from what is shown of the period.
    // What stood when the period began is shown at the older state, and what was said for it since is shown in full.
    const isBefore = (height: number): boolean =>
      closedUs(height) <= span.fromUs &&
      (span.said === undefined || span.said === null || (this.#blocks.seal(height)?.treeSize ?? 0) <= span.said) &&
      histories(height).every((history) => history === null || history.newestTimeUs < span.fromUs) &&
      gaps(height).every((chain) => chain === null || chain.newestTimeUs < span.fromUs)
    // Any seal that reaches will do; the clock of a source may go back, so the first one need not be found.
    const newerHeight = firstHeight(1, last.height, reaches) ?? last.height
    const beyond = firstHeight(1, newerHeight, (height) => !isBefore(height)) ?? newerHeight
    const olderHeight = beyond - 1
    const empty =
      olderHeight < 1 || [...histories(olderHeight), ...gaps(olderHeight)].every((before) => before === null)
    const newer = this.#blocks.seal(newerHeight)
    if (newer === null) return null
    return { newer, older: empty ? null : this.#blocks.seal(olderHeight) }
  }

  #runs(asset: string, stream: StreamId, from: number, to: number): RunRecord[] {
    const id = this.#database
      .prepare('SELECT history.id FROM history JOIN stream ON stream.id = history.stream WHERE asset = ? AND name = ?')
      .pluck()
      .get(asset, Buffer.from(stream, 'hex')) as number | undefined
    if (id === undefined || to <= from) return []
    const begin =
      (this.#database
        .prepare('SELECT max(position) FROM history_run WHERE history = ? AND position <= ?')
        .pluck()
        .get(id, from) as number | null) ?? 0
    return this.#database
      .prepare(
        'SELECT position, entry, batch_position AS batchPosition, leaves FROM history_run WHERE history = ? AND position >= ? AND position < ? ORDER BY position',
      )
      .all(id, begin, to) as RunRecord[]
  }
}

/** Least height in the range for which `holds`, where once it holds it goes on to; null where it never does. */
function firstHeight(low: number, high: number, holds: (height: number) => boolean): number | null {
  let from = low
  let to = high + 1
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from > high ? null : from
}
