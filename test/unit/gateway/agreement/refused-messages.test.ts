import { expect, test } from 'vitest'
import { RefusedMessages, REFUSED_A_MINUTE_MAX } from '../../../../src-main/gateway/agreement/refused-messages.ts'

function faultsAt(clock: { ms: number }): { faults: RefusedMessages; said: unknown[][] } {
  const said: unknown[][] = []
  const faults = new RefusedMessages({
    nowMs: () => clock.ms,
    nameOf: (member) => `gw-${member}`,
    onCondition: (...condition) => void said.push(condition),
  })
  return { faults, said }
}

test('the tenth refused message of a member within a minute is told, and none of the rest of that minute', () => {
  const { faults, said } = faultsAt({ ms: 0 })
  for (let i = 0; i < 100; i++) faults.refused(2, 'junk')
  for (let i = 1; i < REFUSED_A_MINUTE_MAX; i++) faults.refused(3, 'junk')
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
