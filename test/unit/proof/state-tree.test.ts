import { verifyMembership, verifyNonMembership } from '@confio/ics23'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProofError } from '../../../src-main/proof/errors.ts'
import { EMPTY_ROOT } from '../../../src-main/proof/merkle.ts'
import { ICS23_SPEC } from '../../../src-main/proof/state-proof.ts'
import type { StatePath, StateProof } from '../../../src-main/proof/state-proof.ts'
import {
  StateTree,
  stateProofFromJson,
  stateProofToJson,
  toIcs23,
  verifyAbsence,
  verifyExistence,
} from '../../../src-main/proof/state-tree.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'

const keyOf = (name: number | string): Uint8Array => sha256(utf8(`key ${name}`))
const valueOf = (name: number | string): Uint8Array => utf8(`value ${name}`)

function treeOf(names: Iterable<number>): StateTree {
  const tree = new StateTree()
  for (const name of names) tree.set(keyOf(name), valueOf(name))
  return tree
}

function foreignAccepts(proof: StateProof, root: Uint8Array, key: Uint8Array, value: Uint8Array | null): boolean {
  try {
    const foreign = toIcs23(proof) as never
    return value === null
      ? verifyNonMembership(foreign, ICS23_SPEC as never, root, key)
      : verifyMembership(foreign, ICS23_SPEC as never, root, key, sha256(value))
  } catch {
    return false
  }
}

describe('StateTree', () => {
  it('has the same root whatever the order of changes, deletions included', () => {
    const change = fc.tuple(fc.nat(40), fc.oneof(fc.constant(null), fc.nat(3)))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const tree = new StateTree()
        const model = new Map<number, number>()
        for (const [name, value] of changes) {
          if (value === null) expect(tree.delete(keyOf(name))).toBe(model.delete(name))
          else {
            tree.set(keyOf(name), valueOf(value))
            model.set(name, value)
          }
          // Asking in between fills caches that later changes must not leave stale.
          tree.root()
        }
        const fresh = StateTree.fromHashes(
          [...model].reverse().map(([name, value]) => [keyOf(name), sha256(valueOf(value))]),
        )
        expect(toHex(tree.root())).toBe(toHex(fresh.root()))
        expect(tree.count).toBe(model.size)
        for (const [name, value] of model) expect(tree.valueHash(keyOf(name))).toEqual(sha256(valueOf(value)))
      }),
    )
  })

  it('keeps a snapshot as it was', () => {
    const tree = treeOf([1, 2, 3])
    const before = tree.snapshot()
    const root = toHex(tree.root())
    tree.set(keyOf(9), valueOf(9))
    tree.delete(keyOf(1))
    expect(toHex(before.root())).toBe(root)
    expect(toHex(tree.root())).not.toBe(root)
    expect(before.count).toBe(3)
  })

  it('refuses keys and hashes that are not 32 bytes', () => {
    expect(() => new StateTree().set(new Uint8Array(31), utf8(''))).toThrow(ProofError)
    expect(() => new StateTree().setHash(keyOf(1), new Uint8Array(33))).toThrow(ProofError)
    expect(() => new StateTree().prove(new Uint8Array(0))).toThrow(ProofError)
  })
})

describe('state proofs', () => {
  it('of any key in any tree hold here and for @confio/ics23, and only as what they are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 40 }), fc.nat(200), (names, asked) => {
        const tree = treeOf(names)
        const root = tree.root()
        const treeKey = keyOf(asked)
        const proof = tree.prove(treeKey)
        if (names.includes(asked)) {
          verifyExistence({ root, treeKey, treeValue: valueOf(asked), proof })
          expect(foreignAccepts(proof, root, treeKey, valueOf(asked))).toBe(true)
          expect(() => verifyAbsence({ root, treeKey, proof })).toThrow(ProofError)
          expect(() => verifyExistence({ root, treeKey, treeValue: valueOf('x'), proof })).toThrow(ProofError)
        } else {
          verifyAbsence({ root, treeKey, proof })
          expect(foreignAccepts(proof, root, treeKey, null)).toBe(true)
          expect(() => verifyExistence({ root, treeKey, treeValue: valueOf(asked), proof })).toThrow(ProofError)
        }
      }),
    )
  })

  it('of absence in the empty tree hold only under its root', () => {
    const proof = new StateTree().prove(keyOf(1))
    verifyAbsence({ root: EMPTY_ROOT, treeKey: keyOf(1), proof })
    expect(() => verifyAbsence({ root: treeOf([1]).root(), treeKey: keyOf(1), proof })).toThrow(ProofError)
    expect(() => toIcs23(proof)).toThrow(expect.objectContaining({ code: 'not_provable' }))
  })

  it('of absence cannot hide a key that is there behind neighbours that are not next to each other', () => {
    const tree = treeOf(Array.from({ length: 30 }, (_, i) => i))
    const root = tree.root()
    const sorted = Array.from({ length: 30 }, (_, i) => i).toSorted((a, b) =>
      toHex(keyOf(a)) < toHex(keyOf(b)) ? -1 : 1,
    )
    for (let i = 1; i < 29; i++) {
      const hidden = keyOf(sorted[i]!)
      const left = pathOf(tree, sorted[i - 1]!)
      const right = pathOf(tree, sorted[i + 1]!)
      for (const forged of [
        { left, right },
        { left: null, right },
        { left, right: null },
        { left: right, right: left },
      ]) {
        const proof: StateProof = { kind: 'absence', key: hidden, ...forged }
        expect(() => verifyAbsence({ root, treeKey: hidden, proof })).toThrow(ProofError)
        expect(foreignAccepts(proof, root, hidden, null)).toBe(false)
      }
    }
  })

  it('are refused here and by @confio/ics23 after any change of a hash, side, key or step', () => {
    const tree = treeOf(Array.from({ length: 12 }, (_, i) => i))
    const root = tree.root()
    for (const treeKey of [keyOf(3), keyOf('absent')]) {
      const proof = tree.prove(treeKey)
      for (const tampered of tamperedCopies(proof)) {
        const check = (): void =>
          proof.kind === 'existence'
            ? verifyExistence({ root, treeKey, treeValue: valueOf(3), proof: tampered })
            : verifyAbsence({ root, treeKey, proof: tampered })
        expect(check).toThrow(ProofError)
        expect(foreignAccepts(tampered, root, treeKey, proof.kind === 'existence' ? valueOf(3) : null)).toBe(false)
      }
    }
  })

  it('come back from their JSON form, which holds nothing but base64url', () => {
    const tree = treeOf([1, 2, 3, 4, 5])
    for (const key of [keyOf(2), keyOf('absent')]) {
      const proof = tree.prove(key)
      const text = JSON.stringify(stateProofToJson(proof))
      expect(stateProofFromJson(JSON.parse(text))).toEqual(proof)
      expect(text).toMatch(/^[A-Za-z0-9_{}":,-]*$/)
    }
  })

  it.each([
    [null],
    [[]],
    ['x'],
    [{}],
    [{ key: 1, value: '', path: '' }],
    [{ key: 'AA', value: 'AA', path: '' }],
    [{ absent: 'AA', left: null, right: null }],
    [{ absent: 'A'.repeat(43), left: null, right: null, more: 1 }],
    [{ key: 'A'.repeat(43), value: 'A'.repeat(43), path: 'Ag' + 'A'.repeat(42) }],
    [{ key: 'A'.repeat(43), value: 'A'.repeat(43), path: 'AAAA' }],
  ])('are refused as JSON %j', (json) => {
    expect(() => stateProofFromJson(json)).toThrow(expect.objectContaining({ code: 'malformed_proof' }))
  })

  it('throw nothing but ProofError on arbitrary JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ key: fc.string(), value: fc.string(), path: fc.base64String() })),
        (json) => {
          try {
            stateProofFromJson(json)
          } catch (error) {
            expect(error).toBeInstanceOf(ProofError)
          }
        },
      ),
    )
  })
})

function pathOf(tree: StateTree, name: number): StatePath {
  const proof = tree.prove(keyOf(name))
  if (proof.kind !== 'existence') throw new Error('expected a key that is there')
  return proof.path
}

function* tamperedCopies(proof: StateProof): Generator<StateProof> {
  if (proof.kind === 'existence') {
    for (const path of tamperedPaths(proof.path)) yield { kind: 'existence', path }
    return
  }
  for (const side of ['left', 'right'] as const) {
    if (proof[side] !== null) for (const path of tamperedPaths(proof[side])) yield { ...proof, [side]: path }
  }
}

function* tamperedPaths(path: StatePath): Generator<StatePath> {
  const flipped = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte ^ 1 : byte))
  yield { ...path, valueHash: flipped(path.valueHash) }
  yield { ...path, key: flipped(path.key) }
  yield { ...path, steps: path.steps.slice(1) }
  yield { ...path, steps: path.steps.slice(0, -1) }
  for (let i = 0; i < path.steps.length; i++) {
    const step = path.steps[i]!
    yield { ...path, steps: path.steps.with(i, { ...step, hash: flipped(step.hash) }) }
    yield { ...path, steps: path.steps.with(i, { ...step, siblingOn: step.siblingOn === 'left' ? 'right' : 'left' }) }
  }
}
