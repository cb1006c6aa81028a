import type { Database, Statement } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import { leafHash, rootOfLeaves } from '../proof/merkle.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../proof/tiles.ts'
import { LogTree, splitHashes } from './log-tree.ts'
import type { HashSource } from '../proof/merkle.ts'
import { LedgerError } from './errors.ts'

/** Levels and indices share one number: indices stay below 2^40, levels below 2^12. */
const INDEX_SPAN = 2 ** 40
/** 32-byte hashes kept, 64 thousand of them. */
const KNOWN_MAX = 65_536

/** Hashes of the ledger tree as the database has them: full tiles, and the entries that fill none yet. */
export class StoredLog implements HashSource {
  readonly #database: Database
  readonly #hash: Hash
  readonly #tiles: Statement
  readonly #entries: Statement
  readonly #known = new Map<number, Uint8Array>()

  constructor(database: Database, hash: Hash) {
    this.#database = database
    this.#hash = hash
    this.#tiles = database.prepare('SELECT hashes FROM tile WHERE level = ? AND n = ?').pluck()
    this.#entries = database.prepare('SELECT bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx').pluck()
  }

  /** Entries in the tree. */
  size(): number {
    const last = this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number | null
    return last === null ? 0 : last + 1
  }

  /** Hash of the complete subtree over leaves index * 2^level to (index + 1) * 2^level. */
  hash(level: number, index: number): Uint8Array {
    // A complete subtree never changes, and the paths of neighbours share most of theirs.
    const key = level * INDEX_SPAN + index
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const tileLevel = Math.floor(level / TILE_HEIGHT)
    const width = 2 ** (level % TILE_HEIGHT)
    const root = rootOfLeaves(this.hashes(tileLevel, index * width, width), this.#hash)
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(key, root)
    return root
  }

  /** `count` hashes of tree level 8 * tileLevel from position `first`. Throws LedgerError `not_found`. */
  hashes(tileLevel: number, first: number, count: number): Uint8Array[] {
    const found: Uint8Array[] = []
    while (found.length < count) {
      const at = first + found.length
      const n = Math.floor(at / TILE_WIDTH)
      const tile = this.tile(tileLevel, n)
      const from = at % TILE_WIDTH
      const wanted = Math.min(count - found.length, TILE_WIDTH - from)
      if (tile !== null) found.push(...splitHashes(tile.subarray(from * 32, (from + wanted) * 32)))
      else if (tileLevel === 0) found.push(...this.#leaves(at, wanted))
      else
        for (let i = 0; i < wanted; i++)
          found.push(rootOfLeaves(this.hashes(tileLevel - 1, (at + i) * TILE_WIDTH, TILE_WIDTH), this.#hash))
    }
    return found
  }

  /** 256 hashes of a full tile, or null. */
  tile(level: number, n: number): Uint8Array | null {
    return (this.#tiles.get(level, n) as Uint8Array | undefined) ?? null
  }

  /** The growing tree as of `size`, which must be the stored size or one not more than a tile behind. */
  restore(size: number): LogTree {
    return LogTree.restore(this.#hash, size, (level, first, count) => this.hashes(level, first, count))
  }

  #leaves(first: number, count: number): Uint8Array[] {
    const rows = this.#entries.all(first, first + count) as Uint8Array[]
    if (rows.length !== count) {
      throw new LedgerError('not_found', `the ledger holds ${rows.length} of the ${count} entries from ${first}`)
    }
    return rows.map((bytes) => leafHash(bytes, this.#hash))
  }
}
