import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyConsistency, verifyInclusion } from '../../src-main/proof/merkle.ts'
import { vectorsDir, warnNoVectors } from '../support/vectors.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('RFC 6962 proofs')

interface InclusionVector {
  leafIdx: number
  treeSize: number
  root: string | null
  leafHash: string | null
  proof: string[] | null
  wantErr: boolean
}
interface ConsistencyVector {
  size1: number
  size2: number
  root1: string | null
  root2: string | null
  proof: string[] | null
  wantErr: boolean
}

function load<T>(kind: string): { name: string; vector: T }[] {
  const root = join(dir ?? '', 'merkle', kind)
  if (dir === null || !existsSync(root)) return []
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
  // The leaf index of one vector is 2^64 - 1, which JSON.parse rounds; it stays out of range either way.
  return names.map((name) => ({ name, vector: JSON.parse(readFileSync(join(root, name), 'utf8')) as T }))
}

const bytes = (text: string | null): Uint8Array => Uint8Array.from(Buffer.from(text ?? '', 'base64'))

describe.skipIf(dir === null)('inclusion proofs of transparency-dev/merkle', () => {
  const vectors = load<InclusionVector>('inclusion')
  it('are there, valid and invalid', () => {
    expect(vectors.filter(({ vector }) => !vector.wantErr).length).toBeGreaterThan(4)
    expect(vectors.filter(({ vector }) => vector.wantErr).length).toBeGreaterThan(60)
  })

  it.each(vectors)('$name', ({ vector }) => {
    const check = (): void =>
      verifyInclusion({
        index: vector.leafIdx,
        size: vector.treeSize,
        leafHash: bytes(vector.leafHash),
        path: (vector.proof ?? []).map(bytes),
        root: bytes(vector.root),
      })
    if (vector.wantErr) expect(check).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else expect(check).not.toThrow()
  })
})

describe.skipIf(dir === null)('consistency proofs of transparency-dev/merkle', () => {
  const vectors = load<ConsistencyVector>('consistency')
  it('are there, valid and invalid', () => {
    expect(vectors.filter(({ vector }) => !vector.wantErr).length).toBeGreaterThan(4)
    expect(vectors.filter(({ vector }) => vector.wantErr).length).toBeGreaterThan(60)
  })

  it.each(vectors)('$name', ({ vector }) => {
    const check = (): void =>
      verifyConsistency({
        oldSize: vector.size1,
        newSize: vector.size2,
        oldRoot: bytes(vector.root1),
        newRoot: bytes(vector.root2),
        path: (vector.proof ?? []).map(bytes),
      })
    if (vector.wantErr) expect(check).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else expect(check).not.toThrow()
  })
})
