import { expect, test, vi } from 'vitest'

const language = vi.hoisted(() => ({ current: 'en' as 'en' | 'de', intl: 'en-GB' }))
vi.mock('../../../src-renderer/words/language.svelte.ts', () => ({ language }))

const { agedUs, askingOf, shelvedOf } = await import('../../../src-renderer/words/alarm.ts')
const { limitsOf } = await import('../../../src-renderer/words/integrity.ts')
const { condition } = await import('../../support/console-fixture-alarms.ts')
const { plantStatus } = await import('../../support/console-fixture-plant.ts')

const plant = plantStatus('normal')
const HOUR_US = 3_600_000_000
const nowUs = plant.atUs

test('an alarm grows older as long as it stands, and no longer', () => {
  const raisedAtUs = nowUs - HOUR_US
  expect(agedUs({ raisedAtUs, closedAtUs: null }, nowUs)).toBe(HOUR_US)
  expect(agedUs({ raisedAtUs, closedAtUs: raisedAtUs + 5 }, nowUs)).toBe(5)
})

test('what is shelved asks for nobody, and is counted all the same', () => {
  const shelved = { name: 'K. Pohl', reason: 'fitter comes', atUs: nowUs, untilUs: nowUs + HOUR_US }
  const alarm = condition('peer-silent', 'gw-2', {}, nowUs, { shelved })
  const status = { ...plant, alarms: [alarm], returned: [] }
  expect([askingOf(status), shelvedOf(status)]).toEqual([[], [alarm]])
})

test('of no source at all it is not said that every one proves who it is', () => {
  const none = { ...plant, sources: [], integrity: { ...plant.integrity, points: 0, unauthenticatedPoints: 0 } }
  expect(limitsOf(none, nowUs)).toBe('')
  const proven = { ...plant, integrity: { ...plant.integrity, unauthenticatedPoints: 0 } }
  expect(limitsOf(proven, nowUs)).toMatch(/^Unchanged is not the same as true: every source here proves who it is/)
})
