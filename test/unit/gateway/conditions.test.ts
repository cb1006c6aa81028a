import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { byUrgency } from '../../../src-main/endpoints/alarm-order.ts'
import { alarmFile } from '../../../src-main/gateway/alarms/alarm-file.ts'
import { Conditions } from '../../../src-main/gateway/conditions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

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
  // What is over is bounded; one row a neighbour waits for somebody who says that they have seen it.
  expect(conditions.all()).toHaveLength(200 + 1 + 3)
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

const DOING = { name: 'A. Berger', reason: 'seen at the machine' }
const stateOf = (conditions: Conditions, code: string): string[] =>
  conditions.all().flatMap((alarm) => (alarm.code === code && alarm.state !== 'normal' ? [alarm.state] : []))
const idOf = (conditions: Conditions, code: string): string =>
  conditions.all().find((alarm) => alarm.code === code && alarm.state !== 'normal')?.id ?? ''
const refusal = (act: () => unknown): string => {
  try {
    act()
    return 'done'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('after 10,000 flaps of a source the standing tampering is first, cannot be shelved, and ends only with its condition', () => {
  const { clock, conditions } = at()
  conditions.set('record-changed', 'gw-1', true, { where: 'entry 7' })
  conditions.set('queue-full', 'gw-1', true)
  for (let i = 0; i < 10_000; i++) {
    clock.us += 1_000
    conditions.set('source-stale', 'gw-1/press', true, { source: 'Press' })
    conditions.set('source-stale', 'gw-1/press', i % 2 === 1)
  }
  conditions.set('disk-full', 'gw-1', true)
  const first = () =>
    conditions
      .all()
      .filter(({ state }) => state !== 'normal')
      .toSorted(byUrgency)[0]
  expect(first()).toMatchObject({ code: 'record-changed', tamper: true, state: 'unacknowledged-active' })
  expect(conditions.all().length).toBeLessThan(300)
  const id = idOf(conditions, 'record-changed')
  expect(refusal(() => conditions.shelve(id, { ...DOING, minutes: 5 }))).toBe('not_shelvable')
  expect(refusal(() => conditions.acknowledge([id], { ...DOING, reason: ' ' }))).toBe('reason_missing')
  expect(conditions.acknowledge([id], DOING)).toMatchObject([{ state: 'acknowledged-active', acknowledged: DOING }])
  expect(first()).toMatchObject({ code: 'record-changed' })
  conditions.set('record-changed', 'gw-1', false)
  expect(stateOf(conditions, 'record-changed')).toEqual([])
})

test('an alarm goes through the states of ISA-18.2', () => {
  const { clock, conditions } = at()
  conditions.set('peer-silent', 'gw-2', true)
  expect(stateOf(conditions, 'peer-silent')).toEqual(['unacknowledged-active'])
  conditions.acknowledge([idOf(conditions, 'peer-silent')], { ...DOING, reason: '' })
  expect(stateOf(conditions, 'peer-silent')).toEqual(['acknowledged-active'])
  conditions.set('peer-silent', 'gw-2', false)
  expect(stateOf(conditions, 'peer-silent')).toEqual([])
  clock.us += 1
  conditions.set('peer-silent', 'gw-2', true)
  conditions.set('peer-silent', 'gw-2', false)
  expect(stateOf(conditions, 'peer-silent')).toEqual(['returned-unacknowledged'])
  const gone = idOf(conditions, 'peer-silent')
  conditions.acknowledge([gone], DOING)
  expect(stateOf(conditions, 'peer-silent')).toEqual([])
  expect(refusal(() => conditions.acknowledge([gone], DOING))).toBe('unknown_alarm')
  // The lowest priority only wants to be known.
  conditions.set('source-stale', 'gw-1/press', true)
  conditions.set('source-stale', 'gw-1/press', false)
  expect(stateOf(conditions, 'source-stale')).toEqual([])
})

test('what is shelved comes back when its time is over, also where it began anew meanwhile', () => {
  const { clock, conditions } = at()
  conditions.set('peer-silent', 'gw-2', true)
  const id = idOf(conditions, 'peer-silent')
  expect(refusal(() => conditions.shelve(id, { ...DOING, minutes: 24 * 60 + 1 }))).toBe('shelved_too_long')
  expect(refusal(() => conditions.shelve(id, { ...DOING, reason: 'x', minutes: 30 }))).toBe('reason_missing')
  expect(refusal(() => conditions.unshelve(id, DOING))).toBe('not_shelved')
  conditions.shelve(id, { ...DOING, minutes: 30 })
  clock.us += 60_000_000
  conditions.set('peer-silent', 'gw-2', false)
  conditions.set('peer-silent', 'gw-2', true)
  expect(stateOf(conditions, 'peer-silent')).toEqual(['shelved'])
  clock.us += 29 * 60_000_000
  expect(stateOf(conditions, 'peer-silent')).toEqual(['unacknowledged-active'])
  conditions.shelve(idOf(conditions, 'peer-silent'), { ...DOING, minutes: 30 })
  conditions.unshelve(idOf(conditions, 'peer-silent'), DOING)
  expect(stateOf(conditions, 'peer-silent')).toEqual(['unacknowledged-active'])
})

test('all that are named are acknowledged, or none', () => {
  const { conditions } = at()
  conditions.set('peer-silent', 'gw-2', true)
  expect(refusal(() => conditions.acknowledge([idOf(conditions, 'peer-silent'), 'no such'], DOING))).toBe(
    'unknown_alarm',
  )
  expect(stateOf(conditions, 'peer-silent')).toEqual(['unacknowledged-active'])
})

test('a restart forgets neither who acknowledged nor what is shelved, and what is not seen again is over', () => {
  const folder = temporaryFolder(onTestFinished)
  const clock = { us: 1_000_000 }
  const start = (): Conditions =>
    new Conditions({ nowUs: () => clock.us, store: alarmFile(join(folder, 'alarms.json'), pino({ level: 'silent' })) })
  const before = start()
  before.set('queue-full', 'gw-1', true)
  before.set('peer-silent', 'gw-2', true)
  before.set('no-leader', 'gw-1', true)
  before.set('disk-low', 'gw-1', true, { percent: 4 })
  before.keep()
  before.set('tables-rebuilt', 'gw-1', true, { entries: 3, reason: 'page 9' })
  before.acknowledge([idOf(before, 'queue-full'), idOf(before, 'no-leader')], DOING)
  before.shelve(idOf(before, 'peer-silent'), { ...DOING, minutes: 60 })

  clock.us += 5_000_000
  const after = start()
  // What is told for a day is told on; the rest stands as soon as it is seen again.
  expect(after.all().map(({ code, raisedAtUs }) => [code, raisedAtUs])).toEqual([['tables-rebuilt', 1_000_000]])
  after.set('queue-full', 'gw-1', true)
  after.set('peer-silent', 'gw-2', true)
  expect(after.all()).toContainEqual(
    expect.objectContaining({ code: 'queue-full', raisedAtUs: 1_000_000, state: 'acknowledged-active' }),
  )
  expect(stateOf(after, 'peer-silent')).toEqual(['shelved'])
  // Who watches for it says that it is not so before it can have seen it.
  after.set('no-leader', 'gw-1', false)
  clock.us += 11_000_000
  after.set('no-leader', 'gw-1', true)
  expect(stateOf(after, 'no-leader')).toEqual(['acknowledged-active'])
  after.set('disk-low', 'gw-1', false)
  clock.us += 601_000_000
  expect(after.all().find(({ code }) => code === 'disk-low')).toMatchObject({ closedAtUs: 17_000_000 })
  clock.us += 3_600_000_000
  expect(stateOf(after, 'peer-silent')).toEqual(['unacknowledged-active'])
})

test('what is said to be over after a restart for longer than a look around has ended, and what comes then is a new one', () => {
  const folder = temporaryFolder(onTestFinished)
  const clock = { us: 1_000_000 }
  const told: string[] = []
  const start = (): Conditions =>
    new Conditions({
      nowUs: () => clock.us,
      store: alarmFile(join(folder, 'alarms.json'), pino({ level: 'silent' })),
      onChange: (code, _, on) => void told.push(`${on ? '+' : '-'} ${code}`),
    })
  const before = start()
  before.set('peer-silent', 'gw-2', true)
  before.acknowledge([idOf(before, 'peer-silent')], DOING)

  clock.us += 5_000_000
  const after = start()
  told.length = 0
  const saidUs = clock.us
  const counted = after.figures.day
  after.set('peer-silent', 'gw-2', false)
  clock.us += 61_000_000
  expect(after.all()).toMatchObject([{ code: 'peer-silent', raisedAtUs: 1_000_000, closedAtUs: saidUs }])
  clock.us += 180_000_000
  after.set('peer-silent', 'gw-2', true)
  expect(after.all().at(-1)).toMatchObject({
    code: 'peer-silent',
    raisedAtUs: clock.us,
    state: 'unacknowledged-active',
  })
  expect(after.figures.day).toBe(counted + 1)
  expect(told).toEqual(['- peer-silent', '+ peer-silent'])
})

test('what nobody has said to be over after a restart goes on when it is seen minutes later', () => {
  const folder = temporaryFolder(onTestFinished)
  const clock = { us: 1_000_000 }
  const start = (): Conditions =>
    new Conditions({ nowUs: () => clock.us, store: alarmFile(join(folder, 'alarms.json'), pino({ level: 'silent' })) })
  const before = start()
  before.set('peer-silent', 'gw-2', true)
  before.keep()
  const after = start()
  clock.us += 300_000_000
  after.set('peer-silent', 'gw-2', true)
  expect(after.all()).toMatchObject([{ raisedAtUs: 1_000_000, closedAtUs: null }])
})

test('the change in the record is acknowledged with its finding, and stays so after the finding is over', () => {
  let found: { name: string; reason: string; atUs: number } | null | undefined = null
  const conditions = new Conditions({ nowUs: () => 5, changeAcknowledged: () => found })
  conditions.set('record-changed', 'gw-1', true)
  expect(stateOf(conditions, 'record-changed')).toEqual(['unacknowledged-active'])
  found = { ...DOING, atUs: 5 }
  conditions.wasAcknowledged('record-changed', 'gw-1', DOING)
  expect(stateOf(conditions, 'record-changed')).toEqual(['acknowledged-active'])
  found = undefined
  conditions.set('record-changed', 'gw-1', false)
  expect(stateOf(conditions, 'record-changed')).toEqual([])
})
