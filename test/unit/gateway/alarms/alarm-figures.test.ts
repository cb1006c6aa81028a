import { expect, test } from 'vitest'
import { AlarmFigures, keptFigures } from '../../../../src-main/gateway/alarms/alarm-figures.ts'

const SECOND_US = 1_000_000
const MINUTE_US = 60 * SECOND_US
const HOUR_US = 60 * MINUTE_US
const DAY_US = 24 * HOUR_US
const start = 20_000 * DAY_US

test('alarms are counted over ten minutes, an hour and a day, and in each of the last 24 hours', () => {
  const figures = new AlarmFigures(start)
  const now = start + DAY_US
  for (const agoUs of [1, 9 * MINUTE_US, 30 * MINUTE_US, 5 * HOUR_US, 25 * HOUR_US].toReversed())
    figures.raised({ code: 'peer-silent', place: 'gw-2', facts: {} }, now - agoUs)
  const told = figures.now(now, [now - 25 * HOUR_US, now - 1])
  expect(told).toMatchObject({ sinceUs: start, tenMinutes: 2, hour: 3, day: 4, stale: 1, week: 5 })
  expect(told.hours).toHaveLength(24)
  expect(told.hours.at(-1)).toBe(3)
  expect(told.hours.reduce((sum, one) => sum + one, 0)).toBe(4)
})

test('a flood is ten in ten minutes, and over when less than five come in ten', () => {
  const figures = new AlarmFigures(start)
  for (let i = 0; i < 12; i++)
    figures.raised({ code: 'source-stale', place: `gw-1/${i}`, facts: {} }, start + HOUR_US + i * SECOND_US)
  const { floods, floodShare, peakTenMinutes } = figures.now(start + 2 * HOUR_US - 1, [])
  expect({ floods, peakTenMinutes }).toEqual({ floods: 1, peakTenMinutes: 12 })
  expect(floodShare).toBeCloseTo(10 / 120, 5)
})

test('what comes three times within a minute chatters, for an hour', () => {
  const figures = new AlarmFigures(start)
  for (const at of [0, 20, 61, 70])
    figures.raised({ code: 'peer-silent', place: 'gw-2', facts: {} }, start + at * SECOND_US)
  expect(figures.now(start + 2 * MINUTE_US, []).chattering).toMatchObject([
    { code: 'peer-silent', place: 'gw-2', text: 'Nothing is heard of gw-2' },
  ])
  expect(figures.now(start + 2 * HOUR_US, []).chattering).toEqual([])
})

test('the most frequent of seven days are told with how long they usually lasted', () => {
  const figures = new AlarmFigures(start)
  figures.raised({ code: 'doubt', place: 'gw-1', facts: {} }, start)
  for (const day of [0, 3, 6]) {
    figures.raised({ code: 'peer-silent', place: 'gw-2', facts: {} }, start + day * DAY_US)
    figures.ended('peer-silent', 'gw-2', (day + 1) * MINUTE_US)
  }
  const { frequent, week } = figures.now(start + 7 * DAY_US, [])
  expect(frequent).toMatchObject([
    { code: 'peer-silent', place: 'gw-2', times: 2, meanUs: 4 * MINUTE_US, lastUs: start + 6 * DAY_US },
  ])
  expect(week).toBe(2)
})

test('acknowledgements within three minutes are counted', () => {
  const figures = new AlarmFigures(start)
  figures.answered(start, 3 * MINUTE_US)
  figures.answered(start, 3 * MINUTE_US + 1)
  expect(figures.now(start + DAY_US, []).answered).toEqual({ total: 2, inTime: 1 })
  expect(figures.now(start + 8 * DAY_US, []).answered).toEqual({ total: 0, inTime: 0 })
})

test('what is kept does not grow with how many there were', () => {
  const figures = new AlarmFigures(start)
  for (let i = 0; i < 20_000; i++)
    figures.raised({ code: 'source-stale', place: `gw-1/${i}`, facts: {} }, start + i * MINUTE_US)
  const { frequent, day } = figures.now(start + 20_000 * MINUTE_US, [])
  expect(frequent).toHaveLength(10)
  expect(day).toBe(1_439)
  // Every condition that is kept was raised once; older ones gave way.
  expect(figures.now(start + 20_000 * MINUTE_US, []).week).toBe(500)
})

test('what was counted outlives a restart, also through a file', () => {
  const figures = new AlarmFigures(start)
  for (let i = 0; i < 12; i++)
    figures.raised({ code: 'source-stale', place: 'gw-1/press', facts: { source: 'Press' } }, start + i * SECOND_US)
  figures.ended('source-stale', 'gw-1/press', MINUTE_US)
  figures.answered(start + MINUTE_US, SECOND_US)
  const kept = keptFigures.parse(JSON.parse(JSON.stringify(figures.kept())))
  const again = new AlarmFigures(start + HOUR_US, kept)
  expect(again.now(start + HOUR_US, [])).toEqual(figures.now(start + HOUR_US, []))
  again.raised({ code: 'source-stale', place: 'gw-1/press', facts: {} }, start + HOUR_US)
  expect(again.now(start + HOUR_US, [])).toMatchObject({ sinceUs: start, week: 13, frequent: [{ times: 13 }] })
})
