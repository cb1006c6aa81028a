import { ics23 as codec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rootOfLeaves } from '../../src-main/proof/merkle.ts'
import { ICS23_SPEC } from '../../src-main/proof/state-proof.ts'
import {
  StateTree,
  stateProofFromJson,
  stateProofToJson,
  toIcs23,
  verifyAbsence,
  verifyExistence,
} from '../../src-main/proof/state-tree.ts'
import { fromHex, sha256, toHex, utf8 } from '../../src-main/wire/bytes.ts'
import { keyId, parseStreamId } from '../../src-main/wire/ids.ts'
import type { KeyAlgorithm } from '../../src-main/wire/ids.ts'
import { decodeLeaf, encodeLeaf, leafHash } from '../../src-main/wire/reading.ts'
import type { Value } from '../../src-main/wire/reading.ts'
import { vectorsDir, warnNoVectors } from '../support/vectors.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('own formats')

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(dir!, 'plumbline', name), 'utf8')) as T
}

interface LeafVector {
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
      throw new Error(`the vectors hold a kind that this test does not know: ${kind}`)
  }
}

describe.skipIf(dir === null)('vectors of an independent implementation', () => {
  it('key ids', () => {
    const vectors = load<{ alg: KeyAlgorithm; publicKey: string; keyId: string }[]>('key-id.json')
    expect(vectors.length).toBeGreaterThan(2)
    for (const vector of vectors) expect(keyId(vector.alg, fromHex(vector.publicKey))).toBe(vector.keyId)
  })

  it('reading leaves of every kind of value', () => {
    const vectors = load<LeafVector[]>('reading-leaf.json')
    expect(vectors.length).toBeGreaterThan(40)
    for (const vector of vectors) {
      const bytes = encodeLeaf({
        salt: fromHex(vector.salt),
        stream: parseStreamId(vector.streamId),
        sequence: BigInt(vector.sequence),
        sourceTimeUs: BigInt(vector.sourceTimeUs),
        value: valueOf(vector.kind, vector.value),
        quality: vector.quality,
        flags: vector.flags,
        ...(vector.evidence === undefined ? {} : { evidenceHash: fromHex(vector.evidence) }),
      })
      expect(toHex(bytes)).toBe(vector.cbor)
      expect(toHex(leafHash(bytes))).toBe(vector.leafHash)
      if (BigInt(vector.sequence) <= BigInt(Number.MAX_SAFE_INTEGER)) {
        expect(toHex(encodeLeaf(decodeLeaf(bytes)))).toBe(vector.cbor)
      } else {
        expect(() => decodeLeaf(bytes)).toThrow(/53 bits/)
      }
    }
  })

  it('batch roots', () => {
    const leaves = load<LeafVector[]>('reading-leaf.json').map((vector) => fromHex(vector.leafHash))
    const { roots } = load<{ roots: { n: number; root: string }[] }>('batch-root.json')
    expect(roots.length).toBeGreaterThan(10)
    for (const { n, root } of roots) expect(toHex(rootOfLeaves(leaves.slice(0, n)))).toBe(root)
  })
})

interface PathVector {
  key: string
  value: string
  path: { prefix: string; suffix: string }[]
}
interface TreeVector {
  n: number
  /** Keys by name; without it key j is SHA-256("key j") with the value "value j", else every value is "v". */
  keys?: string[]
  root: string
  exist?: PathVector[]
  absent?: { key: string; left: PathVector | null; right: PathVector | null }[]
}

describe.skipIf(dir === null)('state tree vectors', () => {
  const { trees, spec } =
    dir === null ? { trees: [], spec: null } : load<{ trees: TreeVector[]; spec: unknown }>('state-tree.json')

  it('state the same ICS-23 spec', () => {
    expect(spec).toMatchObject({
      leafSpec: {
        hash: 'SHA256',
        prehashKey: 'NO_HASH',
        prehashValue: 'NO_HASH',
        length: 'NO_PREFIX',
        prefix: toHex(ICS23_SPEC.leafSpec.prefix),
      },
      innerSpec: {
        childOrder: ICS23_SPEC.innerSpec.childOrder,
        childSize: ICS23_SPEC.innerSpec.childSize,
        hash: 'SHA256',
      },
      maxDepth: ICS23_SPEC.maxDepth,
    })
    expect(codec.HashOp.SHA256).toBe(ICS23_SPEC.leafSpec.hash)
  })

  it.each(trees)('tree of $n keys: root, existence and absence, and @confio/ics23 agrees', (vector) => {
    const keys = vector.keys ?? Array.from({ length: vector.n }, (_, j) => toHex(sha256(utf8(`key ${j}`))))
    const values = new Map(keys.map((key, j) => [key, utf8(vector.keys === undefined ? `value ${j}` : 'v')]))
    const tree = new StateTree()
    for (const [key, value] of values) tree.set(fromHex(key), value)
    expect(tree.count).toBe(vector.n)
    expect(toHex(tree.root())).toBe(vector.root)
    for (const path of vector.exist ?? []) checkExistence(tree, path, values.get(path.key)!)
    for (const absence of vector.absent ?? []) checkAbsence(tree, absence)
  })

  function checkExistence(tree: StateTree, path: PathVector, treeValue: Uint8Array): void {
    const treeKey = fromHex(path.key)
    const proof = stateProofFromJson(JSON.parse(JSON.stringify(stateProofToJson(tree.prove(treeKey)))))
    const root = tree.root()
    verifyExistence({ root, treeKey, treeValue, proof })
    const foreign = toIcs23(proof)
    expect(shown('exist' in foreign ? foreign.exist : null)).toEqual(path)
    expect(verifyMembership(foreign as never, ICS23_SPEC as never, root, treeKey, fromHex(path.value))).toBe(true)
    expect(() => verifyAbsence({ root, treeKey, proof })).toThrow()
    expect(() => verifyExistence({ root, treeKey, treeValue: utf8('other'), proof })).toThrow()
  }

  function checkAbsence(tree: StateTree, absence: NonNullable<TreeVector['absent']>[number]): void {
    const treeKey = fromHex(absence.key)
    const proof = stateProofFromJson(JSON.parse(JSON.stringify(stateProofToJson(tree.prove(treeKey)))))
    const root = tree.root()
    verifyAbsence({ root, treeKey, proof })
    const foreign = toIcs23(proof)
    if (!('nonexist' in foreign)) throw new Error('expected a proof of absence')
    expect(shown(foreign.nonexist.left)).toEqual(absence.left)
    expect(shown(foreign.nonexist.right)).toEqual(absence.right)
    expect(verifyNonMembership(foreign as never, ICS23_SPEC as never, root, treeKey)).toBe(true)
  }
})

/** A path in the form of the vectors. */
function shown(
  path: { key: Uint8Array; value: Uint8Array; path: readonly { prefix: Uint8Array; suffix: Uint8Array }[] } | null,
): PathVector | null {
  if (path === null) return null
  return {
    key: toHex(path.key),
    value: toHex(path.value),
    path: path.path.map((step) => ({ prefix: toHex(step.prefix), suffix: toHex(step.suffix) })),
  }
}
