import { Frontier, frontierAt, rootOfLeaves } from '../proof/merkle.ts'
import type { HashSource } from '../proof/merkle.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../proof/tiles.ts'
import type { Hash } from '../wire/bytes.ts'
import { LedgerError } from './errors.ts'

const HASH_BYTES = 32

/** A tile that has just become full: 256 hashes of tree level 8 * level, from position 256 * n. */
export interface FullTile {
  level: number
  n: number
  hashes: Uint8Array
}

/**
 * The growing RFC 6962 tree of the ledger: its frontier, and per tile level the hashes that do not fill a tile yet. Everything older
 * lies in full tiles.
 */
export class LogTree {
  readonly #frontier: Frontier
  readonly #tails: Uint8Array[][]

  constructor(hash: Hash, frontier = new Frontier(0, [], hash), tails: Uint8Array[][] = []) {
    this.#frontier = frontier
    this.#tails = tails
  }

  get size(): number {
    return this.#frontier.size
  }

  /** Appends a leaf hash; returns the tiles which that completes, lowest first. */
  append(leaf: Uint8Array): FullTile[] {
    const full: FullTile[] = []
    const size = this.size + 1
    this.#frontier.append(leaf, (level, hash) => {
      if (level % TILE_HEIGHT === 0) this.#keep(level / TILE_HEIGHT, hash, size, full)
    })
    return full
  }

  /** Root of the whole tree (RFC 6962 2.1); of the empty one, the hash of nothing. */
  root(): Uint8Array {
    return this.#frontier.root()
  }

  /** Hashes of tile level `level` that do not fill a tile yet. */
  tail(level: number): readonly Uint8Array[] {
    return this.#tails[level] ?? []
  }

  /**
   * The tree of `size` leaves again from its tails: `tailOf(level, first, count)` gives the hashes of tree level 8 * level from
   * position `first`. Throws LedgerError `database_damaged` when one is missing.
   */
  static restore(
    hash: Hash,
    size: number,
    tailOf: (level: number, first: number, count: number) => Uint8Array[],
  ): LogTree {
    const tails: Uint8Array[][] = []
    for (let level = 0; size >= 2 ** (TILE_HEIGHT * level); level++) {
      const here = Math.floor(size / 2 ** (TILE_HEIGHT * level))
      const count = here % TILE_WIDTH
      const tail = tailOf(level, here - count, count)
      if (tail.length !== count) {
        throw new LedgerError(
          'database_damaged',
          `the ledger tree of size ${size} lacks hashes of level ${TILE_HEIGHT * level} from ${here - count}`,
        )
      }
      tails.push(tail)
    }
    return new LogTree(hash, frontierAt(size, subtreesOf(tails, hash), hash), tails)
  }

  #keep(level: number, hash: Uint8Array, size: number, full: FullTile[]): void {
    const tail = (this.#tails[level] ??= [])
    tail.push(hash)
    if (tail.length < TILE_WIDTH) return
    const n = Math.floor(size / 2 ** (TILE_HEIGHT * level)) / TILE_WIDTH - 1
    full.push({ level, n, hashes: joinHashes(tail) })
    this.#tails[level] = []
  }
}

/** Of the subtrees of a frontier: each lies within the tail of its tile level. */
function subtreesOf(tails: readonly Uint8Array[][], hash: Hash): HashSource {
  return {
    hash(level, index) {
      const width = 2 ** (level % TILE_HEIGHT)
      const at = (index * width) % TILE_WIDTH
      return rootOfLeaves((tails[Math.floor(level / TILE_HEIGHT)] ?? []).slice(at, at + width), hash)
    },
  }
}

export function joinHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  hashes.forEach((hash, i) => joined.set(hash, i * HASH_BYTES))
  return joined
}

export function splitHashes(joined: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < joined.length; at += HASH_BYTES) hashes.push(joined.subarray(at, at + HASH_BYTES))
  return hashes
}
