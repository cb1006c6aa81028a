import { describe, expect, it } from 'vitest'
import { merkleVectors, vectorsDir, warnNoVectors } from '../support/vectors.ts'
import { checkConsistency, checkInclusion } from './answers.ts'
import type { ConsistencyVector, InclusionVector } from './answers.ts'

const dir = vectorsDir()
if (dir === null) warnNoVectors('RFC 6962 proofs')

describe.skipIf(dir === null)('inclusion proofs of transparency-dev/merkle', () => {
  const vectors = merkleVectors<InclusionVector>('inclusion')
  it('are there, valid and invalid', () => {
    expect(vectors.filter(({ vector }) => !vector.wantErr).length).toBeGreaterThan(4)
    expect(vectors.filter(({ vector }) => vector.wantErr).length).toBeGreaterThan(60)
  })

  it.each(vectors)('$name', ({ vector }) => {
    const check = (): void => checkInclusion(vector)
    if (vector.wantErr) expect(check).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else expect(check).not.toThrow()
  })
})

describe.skipIf(dir === null)('consistency proofs of transparency-dev/merkle', () => {
  const vectors = merkleVectors<ConsistencyVector>('consistency')
  it('are there, valid and invalid', () => {
    expect(vectors.filter(({ vector }) => !vector.wantErr).length).toBeGreaterThan(4)
    expect(vectors.filter(({ vector }) => vector.wantErr).length).toBeGreaterThan(60)
  })

  it.each(vectors)('$name', ({ vector }) => {
    const check = (): void => checkConsistency(vector)
    if (vector.wantErr) expect(check).toThrow(expect.objectContaining({ name: 'ProofError' }))
    else expect(check).not.toThrow()
  })
})
