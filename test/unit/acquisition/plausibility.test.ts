import { describe, expect, test } from 'vitest'
import {
  assess,
  CLOCK_AHEAD_US,
  newPlausibilityState,
  type PlausibilityLimits,
} from '../../../src-main/acquisition/plausibility.ts'
import { FLAG } from '../../../src-main/wire/quality.ts'

const START_US = 1_790_000_000_000_000
const SECOND_US = 1_000_000

/** Flags of values that come one a second, on time. */
function flagsOf(limits: PlausibilityLimits, values: (number | null)[]): number[] {
  const state = newPlausibilityState()
  return values.map((value, index) =>
    assess(limits, state, value, START_US + index * SECOND_US, START_US + index * SECOND_US),
  )
}

describe('plausibility', () => {
  test('outside the instrument fails, outside the process is suspect, and both bounds belong inside', () => {
    const limits = { range: [-40, 85], normal: [2, 8] } as const
    expect(flagsOf(limits, [2, 8, 1.99, 8.01, -40, 85, 85.01])).toEqual([
      0,
      0,
      FLAG.grossRangeSuspect,
      FLAG.grossRangeSuspect,
      FLAG.grossRangeSuspect,
      FLAG.grossRangeSuspect,
      FLAG.grossRangeFail,
    ])
  })

  test('NaN is inside nothing', () => {
    expect(flagsOf({ range: [0, 1] }, [Number.NaN])).toEqual([FLAG.grossRangeFail])
  })

  test('a change is judged per second, against the last good value', () => {
    const limits = { range: [0, 100], rate: { suspect: 2, fail: 10 } } as const
    expect(flagsOf(limits, [50, 52, 54.5, 70])).toEqual([0, 0, FLAG.rateSuspect, FLAG.rateFail])
    // 500 fails its range, so 51 is compared with 50, two seconds before.
    expect(flagsOf(limits, [50, 500, 51])).toEqual([0, FLAG.grossRangeFail | FLAG.rateFail, 0])
  })

  test('readings that arrive in a bunch may differ by what a second allows', () => {
    const state = newPlausibilityState()
    const limits = { rate: { fail: 0.2 } }
    const flags = [45_000, 45_000.1, 45_000.4].map((km, index) =>
      assess(limits, state, km, START_US + index * 10_000, START_US),
    )
    expect(flags).toEqual([0, 0, FLAG.rateFail])
  })

  test('a value far from the median of the last five is a spike, and the next is judged without prejudice', () => {
    expect(flagsOf({ spike: 5 }, [20, 21, 20, 22, 21, 40, 21])).toEqual([0, 0, 0, 0, 0, FLAG.spike, 0])
  })

  test('a line is flat only after the time set, and one move ends it', () => {
    const limits = { flatLine: { afterS: 3, tolerance: 0.1 } }
    expect(flagsOf(limits, [5, 5.05, 5, 5.1, 5, 6, 6])).toEqual([0, 0, 0, FLAG.flatLine, FLAG.flatLine, 0, 0])
  })

  test('missing values are not judged and leave what came before', () => {
    expect(flagsOf({ rate: { fail: 1 } }, [10, null, 11.5])).toEqual([0, 0, 0])
  })

  test('a source clock that runs ahead or back is flagged', () => {
    const state = newPlausibilityState()
    expect(assess({}, state, 1, START_US + CLOCK_AHEAD_US, START_US)).toBe(0)
    expect(assess({}, state, 1, START_US + CLOCK_AHEAD_US + 1, START_US)).toBe(FLAG.clockAhead)
    expect(assess({}, state, 1, START_US, START_US)).toBe(FLAG.clockBack)
  })

  test('after the clock of the gateway leapt ahead and came back, one reading went back, and all checks go on', () => {
    const state = newPlausibilityState()
    const limits = { flatLine: { afterS: 3, tolerance: 0 } }
    const leapUs = 3_653 * 86_400 * SECOND_US
    const flags = [leapUs, leapUs, 0, 0, 0, 0, 0, 0].map((aheadUs, i) => {
      const nowUs = START_US + i * SECOND_US + aheadUs
      return assess(limits, state, 7, nowUs, nowUs)
    })
    expect(flags).toEqual([0, 0, FLAG.clockBack, 0, 0, FLAG.flatLine, FLAG.flatLine, FLAG.flatLine])
  })
})
