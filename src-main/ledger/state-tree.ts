/** The addon's tree of the state, and its proofs in the form that proof/state-proof.ts checks. */
import type { Addon, NativeStateTree } from '../../native/addon.ts'
import { NONCE_BYTES } from '../wire/limits.ts'
import type { StatePath, StateProof, StateStep } from '../proof/state-proof.ts'

export type TreeAddon = Pick<Addon, 'sha256' | 'StateTree' | 'StateTreeLoader'>

const HASH_BYTES = 32
const PAIR_BYTES = 2 * HASH_BYTES
const STEP_BYTES = 1 + HASH_BYTES
const NOTHING = new Uint8Array(0)
/** Values are handed to the addon in pieces of about this size: what a whole state takes would stay in memory beside its tree. */
const PIECE_BYTES = 1 << 18
const PLACE_BYTES = HASH_BYTES + NONCE_BYTES
/** CBOR: a list of two, and a byte string of 16. */
const TREE_VALUE_HEAD = Uint8Array.of(0x82, 0x50)

/** Tree keys with the hashes of their values, 64 bytes each, as the addon takes them. */
export function packedPairs(pairs: readonly (readonly [treeKey: Uint8Array, valueHash: Uint8Array])[]): Uint8Array {
  const packed = new Uint8Array(PAIR_BYTES * pairs.length)
  pairs.forEach(([key, valueHash], i) => {
    packed.set(key, PAIR_BYTES * i)
    packed.set(valueHash, PAIR_BYTES * i + HASH_BYTES)
  })
  return packed
}

/** Values under their names as the addon takes them. */
class Packed {
  #bytes = new Uint8Array(1 << 14)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** `before`: bytes that stand between the key and the length of the value. */
  add(stateKey: Uint8Array, before: Uint8Array, value: Uint8Array): void {
    this.#reserve(2 + stateKey.length + before.length + 4 + value.length)
    this.#view.setUint16(this.#length, stateKey.length, true)
    this.#raw(stateKey, 2)
    this.#raw(before, 0)
    this.#view.setUint32(this.#length, value.length, true)
    this.#raw(value, 4)
  }

  clear(): void {
    this.#length = 0
  }

  #raw(bytes: Uint8Array, after: number): void {
    this.#bytes.set(bytes, this.#length + after)
    this.#length += after + bytes.length
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + count, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** New values; the addon makes their tree keys and nonces. */
export class NewValues {
  readonly #packed = new Packed()

  /** `value`: CBOR. */
  add(stateKey: Uint8Array, entryNonce: Uint8Array, value: Uint8Array): void {
    this.#packed.add(stateKey, entryNonce, value)
  }

  /** Puts them into the tree: tree key and tree value of each, in the order in which they were added. */
  putInto(tree: NativeStateTree): (at: number, value: Uint8Array) => { treeKey: Uint8Array; treeValue: Uint8Array } {
    const places = tree.put(this.#packed.bytes)
    return (at, value) => {
      const nonceAt = PLACE_BYTES * at + HASH_BYTES
      const treeValue = new Uint8Array(TREE_VALUE_HEAD.length + NONCE_BYTES + value.length)
      treeValue.set(TREE_VALUE_HEAD)
      treeValue.set(places.subarray(nonceAt, nonceAt + NONCE_BYTES), TREE_VALUE_HEAD.length)
      treeValue.set(value, TREE_VALUE_HEAD.length + NONCE_BYTES)
      return { treeKey: bytesAt(places, PLACE_BYTES * at), treeValue }
    }
  }
}

export function emptyTree(addon: TreeAddon): NativeStateTree {
  return new addon.StateTree()
}

/** The tree of values that are kept, each key once, in any order. `count`: about how many. */
export function loadedTree(
  addon: TreeAddon,
  count: number,
  values: Iterable<readonly [stateKey: Uint8Array, treeValue: Uint8Array]>,
): NativeStateTree {
  const loader = new addon.StateTreeLoader(count)
  const packed = new Packed()
  for (const [stateKey, treeValue] of values) {
    packed.add(stateKey, NOTHING, treeValue)
    if (packed.bytes.length < PIECE_BYTES) continue
    loader.add(packed.bytes)
    packed.clear()
  }
  loader.add(packed.bytes)
  return loader.tree()
}

/** Proof that a key has its value, or that it has none. */
export function proofIn(tree: NativeStateTree, key: Uint8Array): StateProof {
  const { path, left, right } = tree.prove(key)
  if (path !== undefined) return { kind: 'existence', path: pathOf(path) }
  return {
    kind: 'absence',
    key,
    left: left === undefined ? null : pathOf(left),
    right: right === undefined ? null : pathOf(right),
  }
}

function pathOf(packed: Uint8Array): StatePath {
  const steps: StateStep[] = []
  for (let at = PAIR_BYTES; at < packed.length; at += STEP_BYTES)
    steps.push({ siblingOn: packed[at] === 0 ? 'left' : 'right', hash: bytesAt(packed, at + 1) })
  return { key: bytesAt(packed, 0), valueHash: bytesAt(packed, HASH_BYTES), steps }
}

function bytesAt(packed: Uint8Array, at: number): Uint8Array {
  return new Uint8Array(packed.subarray(at, at + HASH_BYTES))
}
