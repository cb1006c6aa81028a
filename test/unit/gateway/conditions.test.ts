import { expect, test } from 'vitest'
import { Conditions } from '../../../src-main/gateway/conditions.ts'

function at(): { clock: { us: number }; conditions: Conditions; told: string[] } {
  const clock = { us: 1_000_000 }
  const told: string[] = []
  const conditions = new Conditions({
    nowUs: () => clock.us,
    onChange: (_, text, on) => void told.push(`${on ? '+' : '-'} ${text}`),
  })
  return { clock, conditions, told }
}

test('a condition stands once, with who, since when and its newest facts, until it is said to be over', () => {
  const { clock, conditions, told } = at()
  conditions.set('clock-differs', 'gw-2', true, { seconds: 40 })
  clock.us = 2_000_000
  conditions.set('clock-differs', 'gw-2', true, { seconds: 41 })
  conditions.set('clock-differs', 'gw-3', false)
  expect(conditions.all()).toMatchObject([
    {
      code: 'clock-differs',
      place: 'gw-2',
      priority: 2,
      raisedAtUs: 1_000_000,
      closedAtUs: null,
      facts: { seconds: 41 },
    },
  ])
  clock.us = 3_000_000
  conditions.set('clock-differs', 'gw-2', false)
  conditions.set('clock-differs', 'gw-2', false)
  expect(conditions.all()).toMatchObject([{ raisedAtUs: 1_000_000, closedAtUs: 3_000_000 }])
  expect(told).toEqual([
    '+ The clocks of gw-2 and of this gateway differ by 40 s',
    '- The clocks of gw-2 and of this gateway differ by 41 s',
  ])
})

test('what happened and is over at once is told for its time after it happened last', () => {
  const { clock, conditions } = at()
  const hourUs = 3_600_000_000
  conditions.set('stream-unopened', 'gw-1', true, { readings: 2 })
  clock.us += hourUs / 2
  conditions.set('stream-unopened', 'gw-1', true, { readings: 5 })
  clock.us += hourUs - 1
  expect(conditions.has('stream-unopened', 'gw-1')).toBe(true)
  clock.us += 1
  expect(conditions.all()).toMatchObject([{ raisedAtUs: 1_000_000, closedAtUs: clock.us, facts: { readings: 5 } }])
})

test('a standing condition is not pushed out, however many others come and go', () => {
  const { clock, conditions } = at()
  conditions.set('doubt', 'gw-1', true, { size: 7 })
  for (let i = 0; i < 5_000; i++) {
    clock.us += 1
    conditions.set('peer-silent', `gw-${i % 3}`, true)
    conditions.set('peer-silent', `gw-${i % 3}`, false)
  }
  expect(conditions.has('doubt', 'gw-1')).toBe(true)
  expect(conditions.all()).toHaveLength(201)
})

test('ten minutes of dials by strangers, each told anew, are one line and its end', () => {
  const { clock, conditions, told } = at()
  for (let i = 0; i < 10_000; i++) {
    clock.us += 60_000
    conditions.set('connection-refused', 'gw-1', true, { reason: `a connection from 10.0.${i >> 8}.${i & 255}` })
  }
  clock.us += 601_000_000
  conditions.all()
  expect(told.map((line) => line[0])).toEqual(['+', '-'])
})
