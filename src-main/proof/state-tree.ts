/**
 * The state as a compact sparse Merkle tree over 256-bit keys: one-child paths and empty subtrees collapse, so that an
 * inner node always has two children and sits at the first bit in which their keys differ.
 *   leaf  SHA-256(0x00 ‖ key ‖ SHA-256(value))    inner  SHA-256(0x01 ‖ left ‖ right)    empty tree  SHA-256()
 * Proofs of existence and absence are those of ICS-23; state-proof.ts checks them.
 */
import { compareBytes, equalBytes, sha256 } from '../wire/bytes.ts'
import { ProofError } from './errors.ts'
import { EMPTY_ROOT, nodeHash } from './merkle.ts'
import { stateLeafHash } from './state-proof.ts'
import type { StatePath, StateProof, StateStep } from './state-proof.ts'

export { verifyAbsence, verifyExistence, toIcs23, stateProofFromJson, stateProofToJson } from './state-proof.ts'
export type { StatePath, StateProof, StateStep } from './state-proof.ts'

interface Leaf {
  readonly key: Uint8Array
  readonly valueHash: Uint8Array
  hash: Uint8Array | null
}
interface Inner {
  readonly bit: number
  readonly left: Node
  readonly right: Node
  hash: Uint8Array | null
}
type Node = Leaf | Inner

/**
 * Nodes never change once built (a hash is filled in when first asked for), so a change rebuilds one path, hashes are
 * recomputed along changed paths only, and a snapshot costs nothing.
 */
export class StateTree {
  private top: Node | null = null
  private keyCount = 0

  /** A tree of [tree key, SHA-256 of the tree value] pairs in any order; a later pair replaces an earlier. */
  static fromHashes(entries: Iterable<readonly [treeKey: Uint8Array, valueHash: Uint8Array]>): StateTree {
    const tree = new StateTree()
    for (const [key, valueHash] of entries) tree.setHash(key, valueHash)
    return tree
  }

  /** How many keys it holds. */
  get count(): number {
    return this.keyCount
  }

  /** Puts a value (its bytes, CBOR [nonce, value]) at a 32-byte key. */
  set(treeKey: Uint8Array, treeValue: Uint8Array): void {
    this.setHash(treeKey, sha256(treeValue))
  }

  /** The same where only the value's hash is at hand. Both arrays are kept: do not change them afterwards. */
  setHash(treeKey: Uint8Array, valueHash: Uint8Array): void {
    check32(treeKey, 'tree key')
    check32(valueHash, 'value hash')
    const leaf: Leaf = { key: treeKey, valueHash, hash: null }
    if (this.top === null) {
      this.top = leaf
      this.keyCount = 1
      return
    }
    const nearest = descend(this.top, treeKey)
    const bit = firstDifference(nearest.key, treeKey)
    if (bit === null) {
      if (equalBytes(nearest.valueHash, valueHash)) return
      this.top = rebuild(this.top, treeKey, () => leaf)!
      return
    }
    this.top = insert(this.top, leaf, bit)
    this.keyCount++
  }

  /** Removes a key; says whether it was there. */
  delete(treeKey: Uint8Array): boolean {
    check32(treeKey, 'tree key')
    if (this.top === null || !equalBytes(descend(this.top, treeKey).key, treeKey)) return false
    this.top = rebuild(this.top, treeKey, () => null)
    this.keyCount--
    return true
  }

  root(): Uint8Array {
    return this.top === null ? EMPTY_ROOT : hashOf(this.top)
  }

  /** SHA-256 of the value at a key, or null. */
  valueHash(treeKey: Uint8Array): Uint8Array | null {
    if (this.top === null) return null
    const leaf = descend(this.top, treeKey)
    return equalBytes(leaf.key, treeKey) ? leaf.valueHash : null
  }

  /** This tree as it is now; later changes to either do not show in the other. */
  snapshot(): StateTree {
    const copy = new StateTree()
    copy.top = this.top
    copy.keyCount = this.keyCount
    return copy
  }

  /** Proof that the key has its value, or that it has none. */
  prove(treeKey: Uint8Array): StateProof {
    check32(treeKey, 'tree key')
    if (this.top === null) return { kind: 'absence', key: treeKey, left: null, right: null }
    const nearest = descend(this.top, treeKey)
    if (equalBytes(nearest.key, treeKey)) return { kind: 'existence', path: this.path(treeKey) }
    const { left, right } = this.neighbours(treeKey)
    return {
      kind: 'absence',
      key: treeKey,
      left: left === null ? null : this.path(left.key),
      right: right === null ? null : this.path(right.key),
    }
  }

  private path(key: Uint8Array): StatePath {
    const steps: StateStep[] = []
    let node = this.top!
    while (isInner(node)) {
      const goesRight = bitAt(key, node.bit)
      steps.push({ siblingOn: goesRight ? 'left' : 'right', hash: hashOf(goesRight ? node.left : node.right) })
      node = goesRight ? node.right : node.left
    }
    return { key: node.key, valueHash: node.valueHash, steps: steps.reverse() }
  }

  /** The leaves right before and after an absent key in key order. */
  private neighbours(key: Uint8Array): { left: Leaf | null; right: Leaf | null } {
    const bit = firstDifference(descend(this.top!, key).key, key)!
    let node = this.top!
    let left: Node | null = null
    let right: Node | null = null
    while (isInner(node) && node.bit < bit) {
      if (bitAt(key, node.bit)) {
        left = node.left
        node = node.right
      } else {
        right = node.right
        node = node.left
      }
    }
    // All keys below `node` agree up to `bit` and differ there from the absent key: they lie on one side of it.
    if (bitAt(key, bit)) left = node
    else right = node
    return { left: left && outermost(left, 'right'), right: right && outermost(right, 'left') }
  }
}

function isInner(node: Node): node is Inner {
  return 'bit' in node
}

/** The only leaf whose key could equal `key`; it shares the longest prefix that any key has with it. */
function descend(top: Node, key: Uint8Array): Leaf {
  let node = top
  while (isInner(node)) node = bitAt(key, node.bit) ? node.right : node.left
  return node
}

function insert(node: Node, leaf: Leaf, bit: number): Node {
  if (isInner(node) && node.bit < bit) {
    return bitAt(leaf.key, node.bit)
      ? inner(node.bit, node.left, insert(node.right, leaf, bit))
      : inner(node.bit, insert(node.left, leaf, bit), node.right)
  }
  return bitAt(leaf.key, bit) ? inner(bit, node, leaf) : inner(bit, leaf, node)
}

/** The path to an existing key with its leaf replaced; a removed leaf collapses its parent into the sibling. */
function rebuild(node: Node, key: Uint8Array, replace: () => Leaf | null): Node | null {
  if (!isInner(node)) return replace()
  const goesRight = bitAt(key, node.bit)
  const child = rebuild(goesRight ? node.right : node.left, key, replace)
  if (child === null) return goesRight ? node.left : node.right
  return goesRight ? inner(node.bit, node.left, child) : inner(node.bit, child, node.right)
}

function inner(bit: number, left: Node, right: Node): Inner {
  return { bit, left, right, hash: null }
}

function hashOf(node: Node): Uint8Array {
  if (node.hash !== null) return node.hash
  return (node.hash = isInner(node)
    ? nodeHash(hashOf(node.left), hashOf(node.right))
    : stateLeafHash(node.key, node.valueHash))
}

function outermost(node: Node, side: 'left' | 'right'): Leaf {
  let at = node
  while (isInner(at)) at = at[side]
  return at
}

function bitAt(key: Uint8Array, bit: number): boolean {
  return ((key[bit >> 3]! >> (7 - (bit & 7))) & 1) === 1
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  if (compareBytes(a, b) === 0) return null
  let at = 0
  while (a[at] === b[at]) at++
  return at * 8 + Math.clz32(a[at]! ^ b[at]!) - 24
}

function check32(bytes: Uint8Array, what: string): void {
  if (bytes.length !== 32) throw new ProofError('malformed_proof', `${what} has ${bytes.length} bytes, not 32`)
}
