import { expect, test } from 'vitest'
import { PeerFaults, REFUSED_A_MINUTE_MAX } from '../../../src-main/gateway/peer-faults.ts'
import { encodeProposal } from '../../../src-main/wire/proposal.ts'

function faultsAt(clock: { ms: number }): { faults: PeerFaults; said: unknown[][] } {
  const said: unknown[][] = []
  const faults = new PeerFaults({
    nowMs: () => clock.ms,
    nameOf: (member) => `gw-${member}`,
    onCondition: (...condition) => void said.push(condition),
  })
  return { faults, said }
}

test('what a member sends for proposing and is no proposal proposes nothing, and is told of the one who sends ten a minute', () => {
  const { faults, said } = faultsAt({ ms: 0 })
  for (let i = 0; i < 100; i++) expect(faults.forwarded(2, Uint8Array.of(9, 9, 9))).toEqual([])
  for (let i = 1; i < REFUSED_A_MINUTE_MAX; i++) expect(faults.forwarded(3, Uint8Array.of(1, 7))).toEqual([])
  expect(said).toMatchObject([['messages-refused', 'gw-2', true, { count: 10 }]])
})

test('a member is told for as long as it goes on, and a minute longer; one a while is not told', () => {
  const clock = { ms: 0 }
  const { faults, said } = faultsAt(clock)
  for (; clock.ms < 600_000; clock.ms += 10_000) faults.refused(4, 'junk')
  expect(said).toEqual([])
  for (; clock.ms < 780_000; clock.ms += 1_000) faults.refused(2, 'junk')
  expect(said.every(([code, place, on]) => code === 'messages-refused' && place === 'gw-2' && on === true)).toBe(true)
  expect(said.at(-1)?.[3]).toEqual({ count: 60, what: 'junk' })
  for (const end = clock.ms + 60_000; clock.ms < end; clock.ms += 1_000) faults.tick()
  expect(said.at(-1)?.slice(0, 3)).toEqual(['messages-refused', 'gw-2', true])
  faults.tick()
  expect(said.at(-1)).toEqual(['messages-refused', 'gw-2', false])
})

test('what is a proposal is passed on as it was sent', () => {
  const { faults, said } = faultsAt({ ms: 0 })
  const statements = [{ entry: Uint8Array.of(1), payload: Uint8Array.of(2, 3) }]
  expect(faults.forwarded(2, encodeProposal(statements))).toEqual(statements)
  expect(said).toEqual([])
})
