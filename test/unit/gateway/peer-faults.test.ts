import { expect, test } from 'vitest'
import { PeerFaults } from '../../../src-main/gateway/peer-faults.ts'
import { encodeProposal } from '../../../src-main/wire/proposal.ts'

test('what a member sends for proposing and is no proposal is told once and proposes nothing', () => {
  const told: string[] = []
  const faults = new PeerFaults((code, message) => told.push(`${code}: ${message}`))
  for (let i = 0; i < 100; i++) expect(faults.forwarded(2, Uint8Array.of(9, 9, 9))).toEqual([])
  expect(faults.forwarded(3, Uint8Array.of(1, 7))).toEqual([])
  expect(told).toHaveLength(2)
  expect(told[0]).toMatch(/^forward_malformed: gateway 2 sent for proposing what are no statements/)
})

test('what is a proposal is passed on as it was sent', () => {
  const faults = new PeerFaults((code) => expect(code).toBe('none'))
  const statements = [{ entry: Uint8Array.of(1), payload: Uint8Array.of(2, 3) }]
  expect(faults.forwarded(2, encodeProposal(statements))).toEqual(statements)
})
