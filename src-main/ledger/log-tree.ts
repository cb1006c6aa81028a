import { LedgerError } from './errors.ts'

/** SHA-256 of some bytes; the addon's, where speed counts. */
export type Hash = (bytes: Uint8Array) => Uint8Array

/** Hashes in a full tile, and the tree levels one tile spans (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
export const TILE_HEIGHT = 8
const HASH_BYTES = 32

/** A tile that has just become full: 256 hashes of tree level 8 * level, from position 256 * n. */
export interface FullTile {
  level: number
  n: number
  hashes: Uint8Array
}

interface Peak {
  level: number
  hash: Uint8Array
}

/**
 * The growing RFC 6962 tree of the ledger: the roots of its complete subtrees, largest first, and per tile level the hashes
 * that do not fill a tile yet. Everything older lies in full tiles.
 */
export class LogTree {
  readonly #hash: Hash
  readonly #peaks: Peak[] = []
  readonly #tails: Uint8Array[][] = []
  #size = 0

  constructor(hash: Hash) {
    this.#hash = hash
  }

  get size(): number {
    return this.#size
  }

  /** Appends a leaf hash; returns the tiles which that completes, lowest first. */
  append(leaf: Uint8Array): FullTile[] {
    const full: FullTile[] = []
    this.#size += 1
    let node: Peak = { level: 0, hash: leaf }
    this.#keep(node, full)
    for (;;) {
      const left = this.#peaks.at(-1)
      if (left === undefined || left.level !== node.level) break
      this.#peaks.pop()
      node = { level: node.level + 1, hash: nodeHash(this.#hash, left.hash, node.hash) }
      if (node.level % TILE_HEIGHT === 0) this.#keep(node, full)
    }
    this.#peaks.push(node)
    return full
  }

  /** Root of the whole tree (RFC 6962 2.1); of the empty one, the hash of nothing. */
  root(): Uint8Array {
    const last = this.#peaks.at(-1)
    if (last === undefined) return this.#hash(new Uint8Array(0))
    let root = last.hash
    for (let i = this.#peaks.length - 2; i >= 0; i--) root = nodeHash(this.#hash, (this.#peaks[i] as Peak).hash, root)
    return root
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
    const tree = new LogTree(hash)
    tree.#size = size
    for (let level = 0; size >= 2 ** (TILE_HEIGHT * level); level++) {
      const here = Math.floor(size / 2 ** (TILE_HEIGHT * level))
      const count = here % TILE_WIDTH
      const tail = tailOf(level, here - count, count)
      if (tail.length !== count) {
        throw new LedgerError(
          'database_damaged',
          `the ledger tree of size ${size} lacks hashes of level ${TILE_HEIGHT * level} from ${here - count}; run "plumbline fsck"`,
        )
      }
      tree.#tails[level] = tail
    }
    tree.#peaksFromTails()
    return tree
  }

  #keep(node: Peak, full: FullTile[]): void {
    const level = node.level / TILE_HEIGHT
    const tail = (this.#tails[level] ??= [])
    tail.push(node.hash)
    if (tail.length < TILE_WIDTH) return
    const n = Math.floor(this.#size / 2 ** (TILE_HEIGHT * level)) / TILE_WIDTH - 1
    full.push({ level, n, hashes: joinHashes(tail) })
    this.#tails[level] = []
  }

  #peaksFromTails(): void {
    for (let level = this.#tails.length - 1; level >= 0; level--) {
      const tail = this.#tails[level] ?? []
      let at = 0
      for (let height = TILE_HEIGHT - 1; height >= 0; height--) {
        const width = 1 << height
        if ((tail.length & width) === 0) continue
        const slice = tail.slice(at, at + width)
        this.#peaks.push({ level: level * TILE_HEIGHT + height, hash: subtreeRoot(this.#hash, slice) })
        at += width
      }
    }
  }
}

/** Root over 2^k hashes of one level. */
export function subtreeRoot(hash: Hash, hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2)
      above.push(nodeHash(hash, level[i] as Uint8Array, level[i + 1] as Uint8Array))
    level = above
  }
  return level[0] as Uint8Array
}

// One buffer for all nodes: the hash reads it before anyone writes it again.
const nodeBytes = new Uint8Array(1 + 2 * HASH_BYTES)

function nodeHash(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  // RFC 6962 2.1: the prefix keeps a node from passing as a leaf.
  nodeBytes[0] = 1
  nodeBytes.set(left, 1)
  nodeBytes.set(right, 1 + HASH_BYTES)
  return hash(nodeBytes)
}

/** RFC 6962 2.1: hash of a leaf's bytes. */
export function logLeafHash(hash: Hash, bytes: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(1 + bytes.length)
  prefixed.set(bytes, 1)
  return hash(prefixed)
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
