/**
 * RFC 6962 Merkle trees (SHA-256): roots, inclusion and consistency paths and their checks.
 * Used for the ledger's entries, for the readings of a batch and for histories. Sizes are safe integers, so positions
 * are split with arithmetic, not with 32-bit operators.
 */
import { copyBytes, equalBytes, sha256, toHex } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import { ProofError } from './errors.ts'

export { leafHash } from '../wire/reading.ts'

export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

// One buffer for all nodes: the hash reads it before anyone writes it again.
const preimage = new Uint8Array(65)

/** RFC 6962 2.1: SHA-256(0x01 ‖ left ‖ right); the prefix keeps a node from passing as a leaf. */
export function nodeHash(left: Uint8Array, right: Uint8Array, hash: Hash = sha256): Uint8Array {
  preimage[0] = 1
  preimage.set(left, 1)
  preimage.set(right, 33)
  return hash(preimage)
}

/** Hashes of complete subtrees: `hash(level, index)` covers leaves index·2^level up to (index+1)·2^level. */
export interface HashSource {
  hash(level: number, index: number): Uint8Array
}

/** A source over leaf hashes in memory; each inner hash is computed once, when first asked for. */
export function leavesSource(leafHashes: readonly Uint8Array[]): HashSource {
  const levels: (Uint8Array | undefined)[][] = [leafHashes.slice()]
  function hash(level: number, index: number): Uint8Array {
    const row = (levels[level] ??= [])
    const known = row[index]
    if (known !== undefined) return known
    if (level === 0) throw new ProofError('index_out_of_range', `no leaf ${index} of ${leafHashes.length}`)
    return (row[index] = nodeHash(hash(level - 1, 2 * index), hash(level - 1, 2 * index + 1)))
  }
  return { hash }
}

/** Largest power of two below n (n > 1): where RFC 6962 splits a tree. */
function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Root over leaves [start, start + count), where start is a multiple of a power of two that covers count. */
function subtreeRoot(start: number, count: number, source: HashSource): Uint8Array {
  let level = 0
  let width = 1
  while (width < count) {
    width *= 2
    level++
  }
  if (width === count) return source.hash(level, start / width)
  const k = width / 2
  return nodeHash(source.hash(level - 1, start / k), subtreeRoot(start + k, count - k, source))
}

/** Root of the tree with the first `size` leaves. */
export function rootOf(size: number, source: HashSource): Uint8Array {
  checkSize(size)
  return size === 0 ? EMPTY_ROOT : subtreeRoot(0, size, source)
}

export function rootOfLeaves(leafHashes: readonly Uint8Array[], hash: Hash = sha256): Uint8Array {
  const frontier = new Frontier(0, [], hash)
  for (const leaf of leafHashes) frontier.append(leaf)
  return frontier.root()
}

/** RFC 6962 2.1.1: siblings from the leaf up. Throws ProofError `index_out_of_range`. */
export function inclusionPath(index: number, size: number, source: HashSource): Uint8Array[] {
  checkSize(size)
  checkIndex(index, size)
  const path: Uint8Array[] = []
  let start = 0
  let count = size
  while (count > 1) {
    const k = splitPoint(count)
    if (index - start < k) {
      path.push(subtreeRoot(start + k, count - k, source))
      count = k
    } else {
      path.push(subtreeRoot(start, k, source))
      start += k
      count -= k
    }
  }
  return path.reverse()
}

export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly leafHash: Uint8Array
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** RFC 9162 2.1.3.2. Throws ProofError `index_out_of_range`, `wrong_length` or `root_mismatch`. */
export function verifyInclusion(proof: InclusionProof): void {
  checkHashes([proof.root])
  const computed = rootFromInclusion(proof)
  if (!equalBytes(computed, proof.root)) mismatch('inclusion path', computed, proof.root)
}

/** The root that a leaf and its path lead to. Throws ProofError `index_out_of_range` or `wrong_length`. */
export function rootFromInclusion(proof: Omit<InclusionProof, 'root'>): Uint8Array {
  const { index, size, path } = proof
  checkHashes([proof.leafHash, ...path])
  checkSize(size)
  checkIndex(index, size)
  let node = index
  let last = size - 1
  let hash = proof.leafHash
  for (const sibling of path) {
    if (last === 0) refuse('wrong_length', `path of ${path.length} hashes is too long for index ${index} of ${size}`)
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      // The right border skips levels at which it has no sibling.
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) refuse('wrong_length', `path of ${path.length} hashes is too short for index ${index} of ${size}`)
  return hash
}

/** RFC 6962 2.1.2: what shows that the tree of `newSize` begins with that of `oldSize`. Empty from size 0. */
export function consistencyPath(oldSize: number, newSize: number, source: HashSource): Uint8Array[] {
  checkSize(newSize)
  checkSize(oldSize)
  if (oldSize > newSize) refuse('index_out_of_range', `old size ${oldSize} exceeds new size ${newSize}`)
  if (oldSize === 0 || oldSize === newSize) return []
  const path: Uint8Array[] = []
  let start = 0
  let count = newSize
  let within = oldSize
  // False as soon as the old tree is no longer one whole left part, and its own hash must be shown.
  let oldIsWhole = true
  while (within !== count) {
    const k = splitPoint(count)
    if (within <= k) {
      path.push(subtreeRoot(start + k, count - k, source))
      count = k
    } else {
      path.push(subtreeRoot(start, k, source))
      start += k
      count -= k
      within -= k
      oldIsWhole = false
    }
  }
  if (!oldIsWhole) path.push(subtreeRoot(start, count, source))
  return path.reverse()
}

export interface ConsistencyProof {
  readonly oldSize: number
  readonly newSize: number
  readonly oldRoot: Uint8Array
  readonly newRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}

/**
 * RFC 9162 2.1.4.2. Both sizes are at least 1: the empty tree says nothing about another one.
 * Throws ProofError `index_out_of_range`, `wrong_length` or `root_mismatch`.
 */
export function verifyConsistency(proof: ConsistencyProof): void {
  const { oldSize, newSize, oldRoot, newRoot, path } = proof
  checkHashes(path)
  checkSize(newSize)
  checkSize(oldSize)
  if (oldSize > newSize) refuse('index_out_of_range', `old size ${oldSize} exceeds new size ${newSize}`)
  if (oldSize === 0) refuse('index_out_of_range', 'that a tree begins with the empty one says nothing about it')
  if (oldSize === newSize) {
    if (path.length > 0) refuse('wrong_length', 'equal sizes need an empty path')
    if (!equalBytes(oldRoot, newRoot)) mismatch('equal sizes', oldRoot, newRoot)
    return
  }
  if (path.length === 0) refuse('wrong_length', 'path is empty')
  const { oldHash, newHash } = foldConsistency(oldSize, newSize, oldRoot, path)
  if (!equalBytes(oldHash, oldRoot)) mismatch('old tree', oldHash, oldRoot)
  if (!equalBytes(newHash, newRoot)) mismatch('new tree', newHash, newRoot)
}

function foldConsistency(
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  path: readonly Uint8Array[],
): { oldHash: Uint8Array; newHash: Uint8Array } {
  let node = oldSize - 1
  let last = newSize - 1
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  // When the old size is a power of two, its root is the first node and is not repeated in the path.
  const siblings = node === 0 ? path : path.slice(1)
  const first = node === 0 ? oldRoot : path[0]!
  let oldHash = first
  let newHash = first
  for (const sibling of siblings) {
    if (last === 0) refuse('wrong_length', `path of ${path.length} hashes is too long from ${oldSize} to ${newSize}`)
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash)
      newHash = nodeHash(sibling, newHash)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      newHash = nodeHash(newHash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) refuse('wrong_length', `path of ${path.length} hashes is too short from ${oldSize} to ${newSize}`)
  return { oldHash, newHash }
}

/**
 * The right border of a tree: one hash for each power of two in its size, largest first (a compact range from 0).
 * Appending needs nothing else, so this is all a replica must remember of a history or of the ledger.
 */
export class Frontier {
  private readonly subtrees: Uint8Array[]
  private readonly hash: Hash
  private leafCount: number

  constructor(size = 0, hashes: readonly Uint8Array[] = [], hash: Hash = sha256) {
    checkSize(size)
    checkHashes(hashes)
    if (hashes.length !== onesIn(size)) {
      throw new ProofError('wrong_length', `frontier of size ${size} has ${hashes.length} hashes, not ${onesIn(size)}`)
    }
    this.leafCount = size
    this.subtrees = hashes.slice()
    this.hash = hash
  }

  get size(): number {
    return this.leafCount
  }

  /** Hashes of the complete subtrees, largest first. */
  get hashes(): readonly Uint8Array[] {
    return this.subtrees
  }

  /** @param onSubtree told every complete subtree that the leaf closes, from itself (level 0) up */
  append(leafHash: Uint8Array, onSubtree?: (level: number, hash: Uint8Array) => void): void {
    let hash = leafHash
    let level = 0
    onSubtree?.(level, hash)
    for (let rest = this.leafCount; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.subtrees.pop()!, hash, this.hash)
      level += 1
      onSubtree?.(level, hash)
    }
    this.subtrees.push(hash)
    this.leafCount++
  }

  root(): Uint8Array {
    if (this.leafCount === 0) return EMPTY_ROOT
    return this.subtrees.reduceRight((right, left) => nodeHash(left, right, this.hash))
  }

  copy(): Frontier {
    return new Frontier(this.leafCount, this.subtrees, this.hash)
  }

  /** u64 size, big endian, then the hashes. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(8 + 32 * this.subtrees.length)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.leafCount))
    this.subtrees.forEach((hash, i) => bytes.set(hash, 8 + 32 * i))
    return bytes
  }

  static fromBytes(bytes: Uint8Array): Frontier {
    if (bytes.length < 8 || bytes.length % 32 !== 8) {
      throw new ProofError('malformed_proof', `frontier of ${bytes.length} bytes`)
    }
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0))
    const hashes: Uint8Array[] = []
    for (let at = 8; at < bytes.length; at += 32) hashes.push(copyBytes(bytes.subarray(at, at + 32)))
    return new Frontier(size, hashes)
  }
}

/** The frontier of the first `size` leaves: what a range proof shows for all that lies before the range. */
export function frontierAt(size: number, source: HashSource, hash: Hash = sha256): Frontier {
  checkSize(size)
  const hashes: Uint8Array[] = []
  let rest = size
  let start = 0
  while (rest > 0) {
    let level = 0
    let width = 1
    while (width * 2 <= rest) [width, level] = [width * 2, level + 1]
    hashes.push(source.hash(level, start / width))
    start += width
    rest -= width
  }
  return new Frontier(size, hashes, hash)
}

/**
 * Roots before and after a range: the frontier of the leaves before it, then every leaf of it. Two known roots that
 * equal these show that the range is complete and nothing else lies in between.
 */
export function rangeRoot(range: { readonly before: Frontier; readonly leaves: Iterable<Uint8Array> }): {
  readonly firstSize: number
  readonly firstRoot: Uint8Array
  readonly lastSize: number
  readonly lastRoot: Uint8Array
} {
  const frontier = range.before.copy()
  const firstRoot = frontier.root()
  for (const leaf of range.leaves) frontier.append(leaf)
  return { firstSize: range.before.size, firstRoot, lastSize: frontier.size, lastRoot: frontier.root() }
}

function onesIn(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) refuse('index_out_of_range', `tree size ${size}`)
}

function checkIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    refuse('index_out_of_range', `index ${index} is not in a tree of size ${size}`)
  }
}

function checkHashes(hashes: readonly Uint8Array[]): void {
  for (const hash of hashes)
    if (hash.length !== 32) refuse('malformed_proof', `a hash has ${hash.length} bytes, not 32`)
}

function mismatch(what: string, computed: Uint8Array, expected: Uint8Array): never {
  return refuse('root_mismatch', `${what}: computed root ${toHex(computed)}, expected ${toHex(expected)}`)
}

function refuse(code: ConstructorParameters<typeof ProofError>[0], what: string): never {
  throw new ProofError(code, what)
}
