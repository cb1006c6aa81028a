import * as fc from 'fast-check'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import {
  consistencyPath,
  EMPTY_ROOT,
  Frontier,
  frontierAt,
  inclusionPath,
  leafHash,
  leavesSource,
  nodeHash,
  rangeRoot,
  rootOf,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from '../../../src-main/proof/merkle.ts'

const entries = Array.from({ length: 300 }, (_, i) => utf8(`entry ${i}`))
const leaves = entries.map((entry) => leafHash(entry))
const source = leavesSource(leaves)

/** RFC 6962 2.1 word for word, as a second opinion. */
function rootByDefinition(hashes: Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return EMPTY_ROOT
  if (hashes.length === 1) return hashes[0]!
  let k = 1
  while (k * 2 < hashes.length) k *= 2
  return nodeHash(rootByDefinition(hashes.slice(0, k)), rootByDefinition(hashes.slice(k)))
}

// The package's entry point has the check inside a bundle verifier; the tree check itself is this module.
interface ForeignMerkle {
  verifyMerkleInclusion(
    entry: { canonicalizedBody: Uint8Array; inclusionProof: { logIndex: string; hashes: Uint8Array[] } },
    checkpoint: { logSize: bigint; logHash: Uint8Array },
  ): void
}
const sigstore = createRequire(import.meta.url)('@sigstore/verify/dist/tlog/merkle.js') as ForeignMerkle

describe('roots', () => {
  it('agree with the definition for every size to 130, however they are computed', () => {
    const frontier = new Frontier()
    for (let size = 0; size <= 130; size++) {
      const expected = toHex(rootByDefinition(leaves.slice(0, size)))
      expect(toHex(rootOf(size, source))).toBe(expected)
      expect(toHex(rootOfLeaves(leaves.slice(0, size)))).toBe(expected)
      expect(toHex(frontier.root())).toBe(expected)
      expect(toHex(frontierAt(size, source).root())).toBe(expected)
      expect(toHex(Frontier.fromBytes(frontier.toBytes()).root())).toBe(expected)
      frontier.append(leaves[size]!)
    }
  })

  it('of a frontier with too few or too many hashes are refused', () => {
    expect(() => new Frontier(3, [leaves[0]!])).toThrow(/frontier of size 3/)
    expect(() => Frontier.fromBytes(new Uint8Array(9))).toThrow(/frontier/)
  })
})

describe('inclusion', () => {
  it('holds for every index of every size to 40, and @sigstore/verify agrees', () => {
    for (let size = 1; size <= 40; size++) {
      const root = rootOf(size, source)
      for (let index = 0; index < size; index++) {
        const path = inclusionPath(index, size, source)
        verifyInclusion({ index, size, leafHash: leaves[index]!, path, root })
        sigstore.verifyMerkleInclusion(
          { canonicalizedBody: entries[index]!, inclusionProof: { logIndex: String(index), hashes: path } },
          { logSize: BigInt(size), logHash: root },
        )
      }
    }
  })

  it('is refused for another index, size, leaf, root or path, here and by @sigstore/verify', () => {
    const [index, size] = [5, 11]
    const root = rootOf(size, source)
    const path = inclusionPath(index, size, source)
    const good = { index, size, leafHash: leaves[index]!, path, root }
    const tampered = path.map((hash, i) =>
      i === 1 ? Uint8Array.from(hash, (byte, at) => (at === 7 ? byte ^ 1 : byte)) : hash,
    )
    const wrong = [
      { index: 4 },
      { index: 11 },
      { index: -1 },
      { index: 0.5 },
      { size: 3 },
      { size: 2000 },
      { leafHash: leaves[6]! },
      { root: leaves[0]! },
      { path: path.slice(1) },
      { path: [...path, root] },
      { path: tampered },
    ]
    for (const change of wrong)
      expect(() => verifyInclusion({ ...good, ...change })).toThrow(expect.objectContaining({ name: 'ProofError' }))
    const foreign = (hashes: Uint8Array[]) => () =>
      sigstore.verifyMerkleInclusion(
        { canonicalizedBody: entries[index]!, inclusionProof: { logIndex: '5', hashes } },
        { logSize: 11n, logHash: root },
      )
    expect(foreign(path)).not.toThrow()
    expect(foreign(tampered)).toThrow()
  })

  it('works at indices beyond 2^32, where 32-bit operators would not', () => {
    const size = 2 ** 40 + 3
    const same = (level: number): Uint8Array => {
      let hash = leaves[0]!
      for (let i = 0; i < level; i++) hash = nodeHash(hash, hash)
      return hash
    }
    const uniform = { hash: (level: number) => same(level) }
    const root = rootOf(size, uniform)
    for (const index of [0, 2 ** 33 + 1, 2 ** 40 - 1, 2 ** 40, 2 ** 40 + 2]) {
      verifyInclusion({ index, size, leafHash: leaves[0]!, path: inclusionPath(index, size, uniform), root })
    }
    const oldSize = 2 ** 35 + 5
    verifyConsistency({
      oldSize,
      newSize: size,
      oldRoot: rootOf(oldSize, uniform),
      newRoot: root,
      path: consistencyPath(oldSize, size, uniform),
    })
  })
})

describe('consistency', () => {
  it('holds between all sizes to 40', () => {
    for (let newSize = 1; newSize <= 40; newSize++) {
      for (let oldSize = 1; oldSize <= newSize; oldSize++) {
        const path = consistencyPath(oldSize, newSize, source)
        verifyConsistency({
          oldSize,
          newSize,
          oldRoot: rootOf(oldSize, source),
          newRoot: rootOf(newSize, source),
          path,
        })
      }
    }
  })

  it('is refused when an old entry was rewritten, dropped or moved', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 100 }),
        fc.integer({ min: 1, max: 99 }),
        fc.nat(),
        (newSize, old, place) => {
          const oldSize = Math.min(old, newSize - 1)
          const forged = leaves.slice(0, newSize)
          forged[place % oldSize] = leafHash(utf8('forged'))
          const other = leavesSource(forged)
          const path = consistencyPath(oldSize, newSize, other)
          expect(() =>
            verifyConsistency({
              oldSize,
              newSize,
              oldRoot: rootOf(oldSize, source),
              newRoot: rootOf(newSize, other),
              path,
            }),
          ).toThrow(expect.objectContaining({ code: 'root_mismatch' }))
        },
      ),
    )
  })
})

describe('rangeRoot', () => {
  it('shows a range complete between two known roots', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (first, count) => {
        const range = rangeRoot({ before: frontierAt(first, source), leaves: leaves.slice(first, first + count) })
        expect(range.firstSize).toBe(first)
        expect(range.lastSize).toBe(first + count)
        expect(toHex(range.firstRoot)).toBe(toHex(rootOf(first, source)))
        expect(toHex(range.lastRoot)).toBe(toHex(rootOf(first + count, source)))
      }),
    )
  })

  it('gives another root when a leaf is left out, and leaves its frontier as it was', () => {
    const before = frontierAt(9, source)
    const some = rangeRoot({ before, leaves: [...leaves.slice(9, 12), ...leaves.slice(13, 20)] })
    expect(toHex(some.lastRoot)).not.toBe(toHex(rootOf(some.lastSize, source)))
    expect(before.size).toBe(9)
  })
})
