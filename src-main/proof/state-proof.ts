/**
 * Proofs about the state tree: that a key has a value, or that it has none, by showing the two leaves between which it
 * would lie. They are ICS-23 proofs under the spec below; the same checks are made here without its code.
 */
import { compareBytes, equalBytes, fromBase64Url, sha256, toBase64Url, toHex } from '../wire/bytes.ts'
import { ProofError } from './errors.ts'
import { EMPTY_ROOT, nodeHash } from './merkle.ts'

/** One level up: the sibling's hash and the side on which it stands. */
export interface StateStep {
  readonly siblingOn: 'left' | 'right'
  readonly hash: Uint8Array
}

/** A leaf and its way to the root, leaf first. */
export interface StatePath {
  readonly key: Uint8Array
  readonly valueHash: Uint8Array
  readonly steps: readonly StateStep[]
}

/** `left` and `right` are the neighbours of an absent key; null where it would be first or last. */
export type StateProof =
  | { readonly kind: 'existence'; readonly path: StatePath }
  | {
      readonly kind: 'absence'
      readonly key: Uint8Array
      readonly left: StatePath | null
      readonly right: StatePath | null
    }

const MAX_DEPTH = 256

export function stateLeafHash(key: Uint8Array, valueHash: Uint8Array): Uint8Array<ArrayBuffer> {
  const preimage = new Uint8Array(65)
  preimage.set(key, 1)
  preimage.set(valueHash, 33)
  return sha256(preimage)
}

/** Throws ProofError unless the proof shows `treeValue` at `treeKey` under `root`. */
export function verifyExistence(claim: {
  readonly root: Uint8Array
  readonly treeKey: Uint8Array
  readonly treeValue: Uint8Array
  readonly proof: StateProof
}): void {
  const { proof, treeKey } = claim
  if (proof.kind !== 'existence') return refuse('key_mismatch', 'the proof is one of absence, not of existence')
  if (!equalBytes(proof.path.key, treeKey)) refuse('key_mismatch', `proof is for key ${toHex(proof.path.key)}`)
  if (!equalBytes(proof.path.valueHash, sha256(claim.treeValue))) {
    refuse('key_mismatch', 'the value has another hash than the one in the proof')
  }
  checkPath(proof.path, claim.root)
}

/** Throws ProofError unless the proof shows that `treeKey` has no value under `root`. */
export function verifyAbsence(claim: {
  readonly root: Uint8Array
  readonly treeKey: Uint8Array
  readonly proof: StateProof
}): void {
  const { proof, root, treeKey } = claim
  if (proof.kind !== 'absence') return refuse('key_mismatch', 'the proof is one of existence, not of absence')
  if (!equalBytes(proof.key, treeKey)) refuse('key_mismatch', `proof is for key ${toHex(proof.key)}`)
  const { left, right } = proof
  if (left === null && right === null) {
    if (!equalBytes(root, EMPTY_ROOT)) refuse('root_mismatch', 'a proof without neighbours needs the empty tree')
    return
  }
  if (left !== null) {
    checkPath(left, root)
    if (compareBytes(left.key, treeKey) >= 0) refuse('not_neighbours', 'the left neighbour is not before the key')
  }
  if (right !== null) {
    checkPath(right, root)
    if (compareBytes(treeKey, right.key) >= 0) refuse('not_neighbours', 'the right neighbour is not after the key')
  }
  if (!areNeighbours(left, right)) refuse('not_neighbours', 'the two leaves are not next to each other in the tree')
}

function checkPath(path: StatePath, root: Uint8Array): void {
  if (path.key.length !== 32 || path.valueHash.length !== 32)
    refuse('malformed_proof', 'key or value hash is not 32 bytes')
  if (path.steps.length > MAX_DEPTH) refuse('wrong_length', `path of ${path.steps.length} steps; at most ${MAX_DEPTH}`)
  let hash: Uint8Array = stateLeafHash(path.key, path.valueHash)
  for (const step of path.steps) {
    if (step.hash.length !== 32) refuse('malformed_proof', 'a sibling is not 32 bytes')
    hash = step.siblingOn === 'left' ? nodeHash(step.hash, hash) : nodeHash(hash, step.hash)
  }
  if (!equalBytes(hash, root)) refuse('root_mismatch', `computed state root ${toHex(hash)}, expected ${toHex(root)}`)
}

/** Nothing lies between: apart from the shared upper part, `left` keeps to the right and `right` to the left. */
function areNeighbours(left: StatePath | null, right: StatePath | null): boolean {
  if (left === null) return right!.steps.every((step) => step.siblingOn === 'right')
  if (right === null) return left.steps.every((step) => step.siblingOn === 'left')
  let l = left.steps.length - 1
  let r = right.steps.length - 1
  while (l >= 0 && r >= 0 && sameStep(left.steps[l]!, right.steps[r]!)) [l, r] = [l - 1, r - 1]
  if (l < 0 || r < 0) return false
  if (left.steps[l]!.siblingOn !== 'right' || right.steps[r]!.siblingOn !== 'left') return false
  return (
    left.steps.slice(0, l).every((step) => step.siblingOn === 'left') &&
    right.steps.slice(0, r).every((step) => step.siblingOn === 'right')
  )
}

function sameStep(a: StateStep, b: StateStep): boolean {
  return a.siblingOn === b.siblingOn && equalBytes(a.hash, b.hash)
}

/**
 * JSON form. A path: {key, value: SHA-256 of the value, path}, all base64url; `path` holds 33 bytes a step, leaf
 * first: 0 where the sibling stands on the left, 1 on the right, then its hash. An absence: {absent: key, left, right}.
 */
export interface StatePathJson {
  readonly [member: string]: string
  readonly key: string
  readonly value: string
  readonly path: string
}
export type StateProofJson =
  | StatePathJson
  | { readonly absent: string; readonly left: StatePathJson | null; readonly right: StatePathJson | null }

export function stateProofToJson(proof: StateProof): StateProofJson {
  if (proof.kind === 'existence') return pathToJson(proof.path)
  return {
    absent: toBase64Url(proof.key),
    left: proof.left && pathToJson(proof.left),
    right: proof.right && pathToJson(proof.right),
  }
}

function pathToJson(path: StatePath): StatePathJson {
  const steps = new Uint8Array(33 * path.steps.length)
  path.steps.forEach((step, i) => {
    steps[33 * i] = step.siblingOn === 'left' ? 0 : 1
    steps.set(step.hash, 33 * i + 1)
  })
  return { key: toBase64Url(path.key), value: toBase64Url(path.valueHash), path: toBase64Url(steps) }
}

/** Reads the JSON form out of anything. Throws ProofError `malformed_proof`. */
export function stateProofFromJson(json: unknown): StateProof {
  const members = membersOf(json)
  if ('absent' in members) {
    onlyMembers(members, ['absent', 'left', 'right'])
    return {
      kind: 'absence',
      key: bytesOf(members.absent, 32),
      left: members.left === null ? null : pathFromJson(members.left),
      right: members.right === null ? null : pathFromJson(members.right),
    }
  }
  return { kind: 'existence', path: pathFromJson(members) }
}

function pathFromJson(json: unknown): StatePath {
  const members = membersOf(json)
  onlyMembers(members, ['key', 'value', 'path'])
  const packed = bytesOf(members.path, null)
  if (packed.length % 33 !== 0 || packed.length > 33 * MAX_DEPTH) {
    return refuse('malformed_proof', `state path of ${packed.length} bytes`)
  }
  const steps: StateStep[] = []
  for (let at = 0; at < packed.length; at += 33) {
    const side = packed[at]!
    if (side > 1) refuse('malformed_proof', `state path names side ${side}`)
    steps.push({ siblingOn: side === 0 ? 'left' : 'right', hash: packed.slice(at + 1, at + 33) })
  }
  return { key: bytesOf(members.key, 32), valueHash: bytesOf(members.value, 32), steps }
}

function membersOf(json: unknown): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  return refuse('malformed_proof', 'state proof is not an object')
}

function onlyMembers(members: Record<string, unknown>, names: readonly string[]): void {
  const present = Object.keys(members)
  if (present.length !== names.length || !names.every((name) => Object.hasOwn(members, name))) {
    refuse('malformed_proof', `state proof has the members ${present.join(', ')}, not ${names.join(', ')}`)
  }
}

function bytesOf(value: unknown, length: number | null): Uint8Array {
  if (typeof value !== 'string') return refuse('malformed_proof', 'state proof lacks a base64url member')
  let bytes: Uint8Array
  try {
    bytes = fromBase64Url(value)
  } catch {
    return refuse('malformed_proof', 'state proof holds a text that is not base64url')
  }
  if (length !== null && bytes.length !== length)
    refuse('malformed_proof', `${bytes.length} bytes where ${length} belong`)
  return bytes
}

/** The ICS-23 spec of this tree. Enum numbers are ICS-23's: hash 1 SHA-256, 0 none; length 0 no prefix. */
export const ICS23_SPEC = {
  leafSpec: { hash: 1, prehashKey: 0, prehashValue: 0, length: 0, prefix: Uint8Array.of(0) },
  innerSpec: {
    childOrder: [0, 1],
    childSize: 32,
    minPrefixLength: 1,
    maxPrefixLength: 1,
    emptyChild: new Uint8Array(0),
    hash: 1,
  },
  maxDepth: MAX_DEPTH,
  minDepth: 0,
} as const

/** ExistenceProof of ICS-23; `value` is SHA-256 of the tree value. */
export interface Ics23Existence {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly leaf: typeof ICS23_SPEC.leafSpec
  readonly path: readonly { readonly hash: 1; readonly prefix: Uint8Array; readonly suffix: Uint8Array }[]
}
export type Ics23Proof =
  | { readonly exist: Ics23Existence }
  | {
      readonly nonexist: {
        readonly key: Uint8Array
        readonly left: Ics23Existence | null
        readonly right: Ics23Existence | null
      }
    }

/** The same proof as ICS-23's CommitmentProof. Throws ProofError `not_provable` for the empty tree, which it lacks. */
export function toIcs23(proof: StateProof): Ics23Proof {
  if (proof.kind === 'existence') return { exist: pathToIcs23(proof.path) }
  const { key, left, right } = proof
  if (left === null && right === null) return refuse('not_provable', 'ICS-23 has no absence proof for an empty tree')
  return { nonexist: { key, left: left && pathToIcs23(left), right: right && pathToIcs23(right) } }
}

function pathToIcs23(path: StatePath): Ics23Existence {
  return {
    key: path.key,
    value: path.valueHash,
    leaf: ICS23_SPEC.leafSpec,
    path: path.steps.map((step) =>
      step.siblingOn === 'left'
        ? { hash: 1, prefix: Uint8Array.of(1, ...step.hash), suffix: new Uint8Array(0) }
        : { hash: 1, prefix: Uint8Array.of(1), suffix: step.hash },
    ),
  }
}

function refuse(code: ConstructorParameters<typeof ProofError>[0], what: string): never {
  throw new ProofError(code, what)
}
