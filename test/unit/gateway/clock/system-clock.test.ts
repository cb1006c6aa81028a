import { expect, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { clockStateOf } from '../../../../src-main/gateway/clock/system-clock.ts'

const NOW_US = 1_767_225_600_000_000

test('a clock whose error the kernel bounds is synchronised, with that bound', () => {
  const system = { wallUs: NOW_US, maxErrorUs: 21_500 }
  expect(clockStateOf(system, NOW_US + 900_000)).toEqual({ state: 'synchronised', errorUs: 21_500 })
})

test('a clock that nobody has corrected since it was set is unsynchronised, and nobody knows its error', () => {
  const system = { wallUs: NOW_US, maxErrorUs: 16_000_000 }
  expect(clockStateOf(system, NOW_US)).toEqual({ state: 'unsynchronised', errorUs: null })
})

test('nothing is known where the system says nothing, or speaks of another clock than this process sees', () => {
  const unknown = { state: 'unknown', errorUs: null }
  expect(clockStateOf(null, NOW_US)).toEqual(unknown)
  expect(clockStateOf({ wallUs: NOW_US, maxErrorUs: 100 }, NOW_US + 86_400_000_000)).toEqual(unknown)
})

test.runIf(process.platform === 'linux')('this system tells its clock, and counts what has passed', () => {
  const addon = loadAddon()
  const before = addon.sinceBootUs() as number
  const system = addon.systemClock()
  // A sandbox may forbid the question; where it answers, it speaks of the clock that is read here.
  if (system !== null) expect(Math.abs(system.wallUs - Date.now() * 1_000)).toBeLessThan(1_000_000)
  expect(clockStateOf(system, Date.now() * 1_000).state === 'unknown').toBe(system === null)
  const passed = (addon.sinceBootUs() as number) - before
  expect(passed).toBeGreaterThanOrEqual(0)
  expect(passed).toBeLessThan(60_000_000)
  expect(before).toBeGreaterThanOrEqual(performance.now() * 1_000)
})

test.runIf(process.platform !== 'linux')('other systems tell nothing of their clocks', () => {
  expect([loadAddon().systemClock(), loadAddon().sinceBootUs()]).toEqual([null, null])
})
