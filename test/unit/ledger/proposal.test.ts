import { array, assert, option, property, record, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PROPOSAL_STATEMENTS, decodeProposal, encodeProposal } from '../../../src-main/wire/proposal.ts'
import { MAX_ENTRY_BYTES } from '../../../src-main/wire/limits.ts'

const statement = record({
  entry: uint8Array({ minLength: 1, maxLength: 300 }),
  payload: option(uint8Array({ minLength: 1, maxLength: 300 })),
})

test('statements come back as they were proposed, from one encoding', () => {
  assert(
    property(array(statement, { maxLength: 8 }), (statements) => {
      const bytes = encodeProposal(statements)
      expect(decodeProposal(bytes)).toEqual(statements)
      expect(encodeProposal(decodeProposal(bytes))).toEqual(bytes)
    }),
  )
})

test('whatever bytes come, they are read back exactly or refused', () => {
  assert(
    property(uint8Array({ maxLength: 200 }), (noise) => {
      const bytes = Uint8Array.of(1, ...noise)
      let statements
      try {
        statements = decodeProposal(bytes)
      } catch (cause) {
        expect((cause as { code?: string }).code).toMatch(/malformed_bytes|too_large/)
        return
      }
      expect(encodeProposal(statements)).toEqual(bytes)
    }),
  )
})

test("no data is Raft's own empty entry, another version is refused", () => {
  expect(decodeProposal(new Uint8Array(0))).toEqual([])
  expect(() => decodeProposal(Uint8Array.of(2))).toThrow('proposal version 2')
})

test('an entry or a number of statements above the limits is refused in both directions', () => {
  const entry = new Uint8Array(MAX_ENTRY_BYTES + 1)
  expect(() => encodeProposal([{ entry, payload: null }])).toThrow('65536 bytes in a proposal')
  expect(() => encodeProposal([{ entry: new Uint8Array(0), payload: null }])).toThrow('an entry of 0 bytes')
  const one = { entry: Uint8Array.of(7), payload: null }
  const most = encodeProposal(Array.from({ length: MAX_PROPOSAL_STATEMENTS }, () => one))
  expect(decodeProposal(most).length).toBe(MAX_PROPOSAL_STATEMENTS)
  expect(() => encodeProposal(Array.from({ length: MAX_PROPOSAL_STATEMENTS + 1 }, () => one))).toThrow(
    'takes 1024 statements',
  )
  expect(() => decodeProposal(Uint8Array.of(...most, ...most.subarray(1)))).toThrow('more than 1024')
})
