import type { Database } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import { consistencyPath, frontierAt, inclusionPath, rootOf } from '../proof/merkle.ts'
import type { Frontier } from '../proof/merkle.ts'
import { encodeEntryBundle, hashTile, parseTilePath, tileWidthAt, TILE_WIDTH } from '../proof/tiles.ts'
import { formatTlogProof } from '../proof/tlog-proof.ts'
import type { LeafIndex, TreeSize } from '../wire/ids.ts'
import type { StoredCheckpoint } from './checkpoints.ts'
import { LedgerError } from './errors.ts'
import { StoredLog } from './stored-log.ts'

/** The ledger tree and its checkpoints, from a read-only connection. */
export class LogReader {
  readonly #database: Database
  readonly #log: StoredLog

  constructor(database: Database, hash: Hash) {
    this.#database = database
    this.#log = new StoredLog(database, hash)
  }

  size(): TreeSize {
    return this.#log.size()
  }

  /** Root of the tree of the first `size` entries. */
  rootAt(size: TreeSize): Uint8Array {
    this.#within(size)
    return rootOf(size, this.#log)
  }

  /** What `size` entries leave behind of the tree. */
  frontier(size: TreeSize): Frontier {
    this.#within(size)
    return frontierAt(size, this.#log)
  }

  inclusionPath(index: LeafIndex, size: TreeSize): Uint8Array[] {
    this.#within(size)
    return inclusionPath(index, size, this.#log)
  }

  consistencyPath(oldSize: TreeSize, newSize: TreeSize): Uint8Array[] {
    this.#within(newSize)
    return consistencyPath(oldSize, newSize, this.#log)
  }

  /** C2SP tile or entry bundle by its path (`tile/0/000`, `tile/entries/x001/234.p/56`); null where the tree has none. */
  tile(path: string): Uint8Array | null {
    const tile = parseTilePath(path)
    if (tileWidthAt(tile.level, tile.index, this.size()) < tile.width) return null
    if (tile.level !== 'entries') return hashTile(tile, this.#log)
    const first = tile.index * TILE_WIDTH
    const entries = this.#database
      .prepare('SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx')
      .pluck()
      .all(first, first + tile.width)
    return encodeEntryBundle(entries as Uint8Array[])
  }

  /** Checkpoints beyond `afterSize`, oldest first: any of them covers what lies before it. */
  checkpointsFrom(afterSize: TreeSize, limit: number): StoredCheckpoint[] {
    return this.#database
      .prepare('SELECT size, root, text FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?')
      .all(afterSize, limit) as StoredCheckpoint[]
  }

  /** Newest first, below size `before`. */
  checkpoints(limit: number, before: TreeSize = Number.MAX_SAFE_INTEGER): StoredCheckpoint[] {
    return this.#database
      .prepare('SELECT size, root, text FROM checkpoint WHERE size < ? ORDER BY size DESC LIMIT ?')
      .all(before, limit) as StoredCheckpoint[]
  }

  /** The newest checkpoint, or the one of a size; null where none is kept. */
  checkpoint(size?: TreeSize): StoredCheckpoint | null {
    return size === undefined ? this.#one('ORDER BY size DESC LIMIT 1') : this.#one('WHERE size = ?', size)
  }

  /** The smallest kept checkpoint of at least `size` entries. */
  checkpointFrom(size: TreeSize): StoredCheckpoint | null {
    return this.#one('WHERE size >= ? ORDER BY size LIMIT 1', size)
  }

  /** C2SP tlog-proof of an entry under the oldest kept checkpoint of `size` entries or more. Throws LedgerError `not_sealed_yet`. */
  tlogProof(index: LeafIndex, size: TreeSize = index + 1): string {
    const checkpoint = this.checkpointFrom(Math.max(size, index + 1))
    if (checkpoint === null) {
      throw new LedgerError('not_sealed_yet', `no checkpoint covers entry ${index} yet, the ledger has ${this.size()}`)
    }
    return formatTlogProof({ index, path: this.inclusionPath(index, checkpoint.size), checkpoint: checkpoint.text })
  }

  #one(where: string, ...values: number[]): StoredCheckpoint | null {
    const row = this.#database.prepare(`SELECT size, root, text FROM checkpoint ${where}`).get(...values)
    return (row as StoredCheckpoint | undefined) ?? null
  }

  #within(size: TreeSize): void {
    const stored = this.size()
    if (size > stored || size < 0 || !Number.isSafeInteger(size)) {
      throw new LedgerError('not_found', `the ledger has ${stored} entries, not ${size}`, {
        next: 'Ask for a size up to that.',
      })
    }
  }
}
