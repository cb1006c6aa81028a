import { ics23 as codec, verifyMembership, verifyNonMembership } from '@confio/ics23'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rootOfLeaves } from '../../src-main/proof/merkle.ts'
import { ICS23_SPEC } from '../../src-main/proof/state-proof.ts'
import {
  stateProofFromJson,
  stateProofToJson,
  toIcs23,
  verifyAbsence,
  verifyExistence,
} from '../../src-main/proof/state-tree.ts'
import { fromHex, toHex, utf8 } from '../../src-main/wire/bytes.ts'
import { keyId } from '../../src-main/wire/ids.ts'
import { decodeLeaf, encodeLeaf, leafHash } from '../../src-main/wire/reading.ts'
import { readingOf, treeOf, valuesOf } from './answers.ts'
import type { KeyVector, LeafVector, PathVector, TreeVector } from './answers.ts'
import { vectorsDir, warnNoVectors } from '../support/vectors.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('own formats')

function load<T>(name: string): T {
  return JSON.parse(readFileSync(join(dir!, 'plumbline', name), 'utf8')) as T
}

describe.skipIf(dir === null)('vectors of an independent implementation', () => {
  it('key ids', () => {
    const vectors = load<KeyVector[]>('key-id.json')
    expect(vectors.length).toBeGreaterThan(2)
    for (const vector of vectors) expect(keyId(vector.alg, fromHex(vector.publicKey))).toBe(vector.keyId)
  })

  it('reading leaves of every kind of value', () => {
    const vectors = load<LeafVector[]>('reading-leaf.json')
    expect(vectors.length).toBeGreaterThan(40)
    for (const vector of vectors) {
      const bytes = encodeLeaf(readingOf(vector))
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
    const values = valuesOf(vector)
    const tree = treeOf(vector)
    expect(tree.count).toBe(vector.n)
    expect(toHex(tree.root())).toBe(vector.root)
    for (const path of vector.exist ?? []) checkExistence(tree, path, values.get(path.key)!)
    for (const absence of vector.absent ?? []) checkAbsence(tree, absence)
  })

  function checkExistence(tree: ReturnType<typeof treeOf>, path: PathVector, treeValue: Uint8Array): void {
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

  function checkAbsence(tree: ReturnType<typeof treeOf>, absence: NonNullable<TreeVector['absent']>[number]): void {
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
