import { expect, test } from 'vitest'
import { LeftBehind } from '../../../src-main/gateway/left-behind.ts'
import { CoreNet } from './core-net.ts'

test('a member that the log no longer reaches is told once, by its name', () => {
  const net = new CoreNet(3)
  const alarms: string[][] = []
  const leftBehind = new LeftBehind(net.start(0).ledger, (...alarm) => void alarms.push(alarm))
  for (const ids of [[], [3], [3], [], [3, 2]]) leftBehind.watch(ids)
  expect(alarms.map(([code]) => code)).toEqual(['left_behind', 'left_behind'])
  expect(alarms[0]?.[1]).toMatch(/^gateway-3 was away/)
})
