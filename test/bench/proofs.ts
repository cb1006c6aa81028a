/** Proofs: made, and verified as a browser does it. */
import { createHash } from 'node:crypto'
import { inclusionPath, leavesSource, rootOf, verifyInclusion } from '../../src-main/proof/merkle.ts'
import { StateTree } from '../../src-main/proof/state-tree.ts'
import { verifyExistence } from '../../src-main/proof/state-proof.ts'
import { figure, secondsOf } from './figure.ts'

const LEAVES = 1 << 17
const KEYS = 10_000
const CALLS = 200
const ROUNDS = 11

const hash = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())

export function measureProofs(): void {
  const leaves = Array.from({ length: LEAVES }, (_, i) => hash(`leaf ${i}`))
  const source = leavesSource(leaves)
  const root = rootOf(LEAVES, source)
  const indices = Array.from({ length: CALLS }, (_, i) => (i * 7_919) % LEAVES)
  const making = secondsOf(ROUNDS, () => indices.forEach((index) => inclusionPath(index, LEAVES, source)))
  const paths = indices.map((index) => inclusionPath(index, LEAVES, source))
  const verifying = secondsOf(ROUNDS, () =>
    indices.forEach((index, i) =>
      verifyInclusion({
        index,
        size: LEAVES,
        leafHash: leaves[index] as Uint8Array,
        path: paths[i] as Uint8Array[],
        root,
      }),
    ),
  )
  figure('inclusion_proof_made', (making / CALLS) * 1e6, 'us', { entries: LEAVES })
  figure('inclusion_proof_verified', (verifying / CALLS) * 1e6, 'us', { entries: LEAVES })

  const tree = new StateTree()
  const keys = Array.from({ length: KEYS }, (_, i) => hash(`key ${i}`))
  keys.forEach((key, i) => tree.set(key, hash(`value ${i}`)))
  const stateRoot = tree.root()
  const some = keys.slice(0, CALLS)
  const proving = secondsOf(ROUNDS, () => some.forEach((key) => tree.prove(key)))
  const proofs = some.map((key) => tree.prove(key))
  const checking = secondsOf(ROUNDS, () =>
    some.forEach((treeKey, i) =>
      verifyExistence({
        root: stateRoot,
        treeKey,
        treeValue: hash(`value ${i}`),
        proof: proofs[i] as (typeof proofs)[number],
      }),
    ),
  )
  figure('state_proof_made', (proving / CALLS) * 1e6, 'us', { keys: KEYS })
  const changing = secondsOf(ROUNDS, () =>
    some.forEach((key, i) => {
      tree.set(key, hash(`value ${i}`))
      tree.root()
    }),
  )
  figure('state_changed_and_rehashed', (changing / CALLS) * 1e6, 'us', { keys: KEYS })
  figure('state_proof_verified', (checking / CALLS) * 1e6, 'us', { keys: KEYS })
}
