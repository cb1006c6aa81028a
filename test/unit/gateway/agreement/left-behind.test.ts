import { expect, test } from 'vitest'
import { LeftBehind } from '../../../../src-main/gateway/agreement/left-behind.ts'
import { CoreNet } from '../channel/core-net.ts'

test('a member that the log no longer reaches is told by its name, until it is reached again', () => {
  const net = new CoreNet(3)
  const said: unknown[] = []
  const leftBehind = new LeftBehind(net.start(0).ledger, (code, place, on) => void said.push([code, place, on]))
  for (const ids of [[], [3], [3], [], [3, 2]]) leftBehind.watch(ids)
  expect(said).toEqual([
    ['left-behind', 'gateway-3', true],
    ['left-behind', 'gateway-3', false],
    ['left-behind', 'gateway-3', true],
    ['left-behind', 'gateway-2', true],
  ])
})
