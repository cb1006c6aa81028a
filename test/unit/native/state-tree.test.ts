import { verifyMembership, verifyNonMembership } from '@confio/ics23'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import type { NativeStateTree } from '../../../native/addon.ts'
import { emptyTree, loadedTree, packedPairs, proofIn } from '../../../src-main/ledger/state-tree.ts'
import { ICS23_SPEC } from '../../../src-main/proof/state-proof.ts'
import { StateTree, toIcs23, verifyAbsence, verifyExistence } from '../../../src-main/proof/state-tree.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { codeOf } from './batch-fixture.ts'

const addon = loadAddon()
const nameOf = (name: number): Uint8Array => utf8(`key ${name}`)
const keyOf = (name: number): Uint8Array => sha256(nameOf(name))
const valueOf = (name: number): Uint8Array => utf8(`value ${name}`)

function loaded(names: readonly number[]): NativeStateTree {
  return loadedTree(
    addon,
    names.length,
    names.map((name) => [nameOf(name), valueOf(name)]),
  )
}

function portable(names: readonly number[]): StateTree {
  const tree = new StateTree()
  for (const name of names) tree.set(keyOf(name), valueOf(name))
  return tree
}

describe('the addon’s state tree', () => {
  it('gives the roots that are written down', () => {
    const roots = [0, 1, 2, 3, 100].map((count) => toHex(loaded(Array.from({ length: count }, (_, i) => i)).root()))
    expect(roots).toMatchInlineSnapshot(`
      [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "263f3134568bd91568a048cb99c08729973fd146db930b054d91a3f79e7a346a",
        "ada78514e479d0fe9fba6695bbd00829b4cd426245d239e9b50ade30dc8c55d1",
        "3d5665e0216b5ee9f0ad86bebac602d4f1369751dd715a448e31d954dd597bad",
        "7a585a376900105af4ead4a7a32757eb87be6d704c61817c4992b846dd884dd6",
      ]
    `)
  })

  it('has the root, values and count of the portable one after any changes', () => {
    const change = fc.tuple(fc.nat(40), fc.oneof(fc.constant(null), fc.nat(3)))
    const block = fc.array(change, { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), (blocks) => {
        const native = emptyTree(addon)
        const tree = new StateTree()
        for (const changes of blocks) {
          for (const [name] of changes.filter(([, value]) => value === null))
            expect(native.remove(keyOf(name))).toBe(tree.delete(keyOf(name)))
          const set = changes.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
          for (const [name, value] of set) tree.set(keyOf(name), valueOf(value))
          native.set(packedPairs(set.map(([name, value]) => [keyOf(name), sha256(valueOf(value))])))
          expect(toHex(native.root())).toBe(toHex(tree.root()))
          expect(native.count).toBe(tree.count)
        }
        for (let name = 0; name <= 41; name++) {
          const hash = native.valueHash(keyOf(name))
          expect(hash === null ? null : toHex(hash)).toBe(hexOrNull(tree.valueHash(keyOf(name))))
        }
      }),
    )
  })

  it('proves what the portable one proves, and @confio/ics23 accepts it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 40 }), fc.nat(200), (names, asked) => {
        const native = loaded(names)
        const root = new Uint8Array(native.root())
        const treeKey = keyOf(asked)
        const proof = proofIn(native, treeKey)
        expect(proof).toEqual(portable(names).prove(treeKey))
        const foreign = toIcs23(proof) as never
        if (names.includes(asked)) {
          verifyExistence({ root, treeKey, treeValue: valueOf(asked), proof })
          expect(verifyMembership(foreign, ICS23_SPEC as never, root, treeKey, sha256(valueOf(asked)))).toBe(true)
          expect(verifyMembership(foreign, ICS23_SPEC as never, root, treeKey, sha256(valueOf(999)))).toBe(false)
        } else {
          verifyAbsence({ root, treeKey, proof })
          expect(verifyNonMembership(foreign, ICS23_SPEC as never, root, treeKey)).toBe(true)
        }
      }),
    )
  })

  it('proves absence in the empty tree without neighbours', () => {
    expect(proofIn(emptyTree(addon), keyOf(1))).toEqual({ kind: 'absence', key: keyOf(1), left: null, right: null })
  })

  it('refuses what is no key, no pairs, or a key that is loaded twice', () => {
    const tree = loaded([1])
    expect(codeOf(() => tree.set(new Uint8Array(63)))).toBe('invalid_argument')
    expect(codeOf(() => tree.prove(new Uint8Array(31)))).toBe('invalid_argument')
    expect(codeOf(() => tree.remove(new Uint8Array(0)))).toBe('invalid_argument')
    expect(codeOf(() => tree.valueHash(new Uint8Array(33)))).toBe('invalid_argument')
    expect(codeOf(() => loaded([1, 2, 1]))).toBe('invalid_argument')
    expect(codeOf(() => new addon.StateTreeLoader(1).add(Uint8Array.of(1, 0, 7, 1, 0, 0, 0)))).toBe('invalid_argument')
    expect(tree.count).toBe(1)
  })

  it('takes more values than were expected, in pieces of any size', () => {
    const tree = loadedTree(
      addon,
      1,
      Array.from({ length: 40 }, (_, i) => [nameOf(i), new Uint8Array(20_000).fill(i)]),
    )
    expect(tree.count).toBe(40)
    expect(toHex(tree.valueHash(keyOf(39))!)).toBe(toHex(sha256(new Uint8Array(20_000).fill(39))))
  })

  it('takes at most 110 bytes a key', () => {
    const tree = loaded(Array.from({ length: 20_000 }, (_, i) => i))
    expect(tree.bytes / tree.count).toBeLessThanOrEqual(110)
  })
})

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : toHex(bytes)
}
