import { expect, test } from 'vitest'
import { byUrgency, floodsAmong } from '../../../src-main/endpoints/alarm-order.ts'
import type { Alarm } from '../../../src-main/endpoints/alarm-model.ts'
import { condition } from '../../support/console-fixture-alarms.ts'

const SECOND_US = 1_000_000
const seen = { name: 'A', reason: '', atUs: 1 }
const shelved = { ...seen, untilUs: 9 }
const stale = (at: number, change: Partial<Alarm> = {}) => condition('source-stale', `gw/${at}`, {}, at, change)

test('tampering stands above all, whatever its priority and state; what is shelved below all', () => {
  const alarms = [
    condition('queue-full', 'gw-1', {}, 90, { shelved }),
    stale(95),
    condition('peer-silent', 'gw-2', {}, 80, { closedAtUs: 81 }),
    condition('no-leader', 'gw-1', {}, 70, { acknowledged: seen }),
    condition('disk-low', 'gw-1', {}, 60),
    condition('disk-full', 'gw-1', {}, 50),
    condition('peer-changed', 'gw-3', {}, 10, { acknowledged: seen }),
  ]
  expect(alarms.toSorted(byUrgency).map(({ code }) => code)).toEqual([
    'peer-changed',
    'disk-full',
    'disk-low',
    'no-leader',
    'peer-silent',
    'source-stale',
    'queue-full',
  ])
})

test('ten within ten minutes are a flood, the first of them first; nine are none', () => {
  const came = Array.from({ length: 10 }, (_, at) => stale(at * 60 * SECOND_US))
  expect(floodsAmong(came.slice(0, 9))).toEqual([])
  expect(floodsAmong(came.toReversed())).toEqual([came])
  const slow = Array.from({ length: 10 }, (_, at) => stale(at * 67 * SECOND_US))
  expect(floodsAmong(slow)).toEqual([])
})

test('two floods apart are two; tampering, priority 1 and what is shelved are part of none', () => {
  const early = Array.from({ length: 11 }, (_, at) => stale(at * SECOND_US))
  const late = Array.from({ length: 10 }, (_, at) => stale((at + 7_200) * SECOND_US))
  const apart = [
    condition('record-changed', 'gw-1', {}, 3 * SECOND_US),
    stale(4, { shelved }),
    condition('disk-full', 'gw-1', {}, 5),
  ]
  expect(floodsAmong([...late, ...apart, ...early])).toEqual([early, late])
})
