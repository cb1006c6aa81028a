import { expect, test } from 'vitest'
import { STALLED_MS, StalledLeader } from '../../../../src-main/gateway/agreement/stalled-leader.ts'

const raft = (commit: number, leader = 2): { id: number; leader: number; commit: number } => ({ id: 1, leader, commit })

test('a leader that commits nothing while something waits has stalled, whoever moves on has not', () => {
  const stalled = new StalledLeader()
  expect(stalled.watch(raft(7), true, 0)).toBeNull()
  expect(stalled.watch(raft(7), true, STALLED_MS)).toBeNull()
  expect(stalled.watch(raft(7), true, STALLED_MS + 1)).toBe(2)
  expect(stalled.watch(raft(8), true, STALLED_MS + 500)).toBeNull()
  expect(stalled.watch(raft(8), true, 2 * STALLED_MS)).toBeNull()
  expect(stalled.watch(raft(8, 3), true, 3 * STALLED_MS)).toBeNull()
})

test('nobody has stalled where nothing waits, nobody leads, or this gateway does', () => {
  for (const [leader, waiting] of [
    [2, false],
    [0, true],
    [1, true],
  ] as const) {
    const stalled = new StalledLeader()
    for (let i = 0; i < 10; i++) expect(stalled.watch(raft(7, leader), waiting, i * STALLED_MS)).toBeNull()
  }
})
