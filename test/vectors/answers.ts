/**
 * What this implementation makes of the vector files, as plain JSON. The same module runs in Node and, bundled, in a browser:
 * it imports nothing that only one of them has.
 */
import { verifyConsistency, verifyInclusion, rootOfLeaves } from '../../src-main/proof/merkle.ts'
import { verifySignature } from '../../src-main/proof/signature.ts'
import { StateTree, verifyAbsence, verifyExistence } from '../../src-main/proof/state-tree.ts'
import { fromBase64, fromHex, sha256, toHex, utf8 } from '../../src-main/wire/bytes.ts'
import { keyId, parseStreamId } from '../../src-main/wire/ids.ts'
import type { KeyAlgorithm } from '../../src-main/wire/ids.ts'
import { encodeLeaf, leafHash } from '../../src-main/wire/reading.ts'
import type { LeafInput, Value } from '../../src-main/wire/reading.ts'

export interface LeafVector {
  salt: string
  streamId: string
  sequence: string
  sourceTimeUs: string
  kind: string
  value: never
  quality: number
  flags: number
  evidence?: string
  cbor: string
  leafHash: string
}

export interface KeyVector {
  alg: KeyAlgorithm
  publicKey: string
  keyId: string
}

export interface PathVector {
  key: string
  value: string
  path: { prefix: string; suffix: string }[]
}

export interface TreeVector {
  n: number
  /** Keys by name; without it key j is SHA-256("key j") with the value "value j", else every value is "v". */
  keys?: string[]
  root: string
  exist?: PathVector[]
  absent?: { key: string; left: PathVector | null; right: PathVector | null }[]
}

export interface InclusionVector {
  leafIdx: number
  treeSize: number
  root: string | null
  leafHash: string | null
  proof: string[] | null
  wantErr: boolean
}

export interface ConsistencyVector {
  size1: number
  size2: number
  root1: string | null
  root2: string | null
  proof: string[] | null
  wantErr: boolean
}

export interface SignatureVector {
  key: string
  sig: string
  msg: string
}

export interface VectorFiles {
  keys: KeyVector[]
  leaves: LeafVector[]
  roots: { n: number }[]
  trees: TreeVector[]
  inclusion: InclusionVector[]
  consistency: ConsistencyVector[]
  signatures: SignatureVector[]
}

export interface Answers {
  keyIds: string[]
  /** CBOR and hash of each leaf, hex. */
  leaves: [string, string][]
  batchRoots: string[]
  /** Root of each tree, hex, and how many of its proofs of existence and absence hold. */
  trees: [string, number][]
  inclusion: boolean[]
  consistency: boolean[]
  signatures: boolean[]
}

export function answers(files: VectorFiles): Answers {
  const leafHashes = files.leaves.map((vector) => fromHex(vector.leafHash))
  return {
    keyIds: files.keys.map(({ alg, publicKey }) => keyId(alg, fromHex(publicKey))),
    leaves: files.leaves.map((vector) => {
      const bytes = encodeLeaf(readingOf(vector))
      return [toHex(bytes), toHex(leafHash(bytes))]
    }),
    batchRoots: files.roots.map(({ n }) => toHex(rootOfLeaves(leafHashes.slice(0, n)))),
    trees: files.trees.map((vector) => {
      const tree = treeOf(vector)
      return [toHex(tree.root()), proofsThatHold(tree, vector)]
    }),
    inclusion: files.inclusion.map((vector) => holds(() => checkInclusion(vector))),
    consistency: files.consistency.map((vector) => holds(() => checkConsistency(vector))),
    signatures: files.signatures.map(({ key, sig, msg }) => verifySignature(1, fromHex(key), utf8(msg), fromHex(sig))),
  }
}

export function readingOf(vector: LeafVector): LeafInput {
  return {
    salt: fromHex(vector.salt),
    stream: parseStreamId(vector.streamId),
    sequence: BigInt(vector.sequence),
    sourceTimeUs: BigInt(vector.sourceTimeUs),
    value: valueOf(vector.kind, vector.value),
    quality: vector.quality,
    flags: vector.flags,
    ...(vector.evidence === undefined ? {} : { evidenceHash: fromHex(vector.evidence) }),
  }
}

function valueOf(kind: string, value: never): Value {
  switch (kind) {
    case 'null':
      return { kind: 'null' }
    case 'boolean':
      return { kind: 'boolean', value }
    case 'integer':
      return { kind: 'integer', value: BigInt(value) }
    case 'float64':
      return { kind: 'float', value: new DataView(fromHex(value).buffer).getFloat64(0) }
    case 'text':
      return { kind: 'text', value }
    case 'bytes':
      return { kind: 'bytes', value: fromHex(value) }
    default:
      throw new Error(`the vectors hold a kind that is not known here: ${kind}`)
  }
}

/** Values of a tree by key, hex. */
export function valuesOf(vector: TreeVector): Map<string, Uint8Array> {
  const keys = vector.keys ?? Array.from({ length: vector.n }, (_, j) => toHex(sha256(utf8(`key ${j}`))))
  return new Map(keys.map((key, j) => [key, utf8(vector.keys === undefined ? `value ${j}` : 'v')]))
}

export function treeOf(vector: TreeVector): StateTree {
  const tree = new StateTree()
  for (const [key, value] of valuesOf(vector)) tree.set(fromHex(key), value)
  return tree
}

function proofsThatHold(tree: StateTree, vector: TreeVector): number {
  const values = valuesOf(vector)
  const root = tree.root()
  const exist = (vector.exist ?? []).filter(({ key }) =>
    holds(() => {
      const treeKey = fromHex(key)
      verifyExistence({ root, treeKey, treeValue: values.get(key) as Uint8Array, proof: tree.prove(treeKey) })
    }),
  )
  const absent = (vector.absent ?? []).filter(({ key }) =>
    holds(() => verifyAbsence({ root, treeKey: fromHex(key), proof: tree.prove(fromHex(key)) })),
  )
  return exist.length + absent.length
}

const hashOf = (text: string | null): Uint8Array => fromBase64(text ?? '')

export function checkInclusion(vector: InclusionVector): void {
  verifyInclusion({
    index: vector.leafIdx,
    size: vector.treeSize,
    leafHash: hashOf(vector.leafHash),
    path: (vector.proof ?? []).map(hashOf),
    root: hashOf(vector.root),
  })
}

export function checkConsistency(vector: ConsistencyVector): void {
  verifyConsistency({
    oldSize: vector.size1,
    newSize: vector.size2,
    oldRoot: hashOf(vector.root1),
    newRoot: hashOf(vector.root2),
    path: (vector.proof ?? []).map(hashOf),
  })
}

/** False where it throws our own refusal; anything else is a fault of ours and goes on. */
function holds(check: () => void): boolean {
  try {
    check()
    return true
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'ProofError') return false
    throw cause
  }
}
