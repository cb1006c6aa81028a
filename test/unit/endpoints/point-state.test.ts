import { describe, expect, test } from 'vitest'
import { isGood, isStale } from '../../../src-main/endpoints/point-state.ts'
import { FLAG } from '../../../src-main/wire/quality.ts'

const nowUs = 1_774_915_200_000_000
const point = { text: '4.2', qualityClass: 'good' as const, flags: 0, atUs: nowUs - 1_000_000, cadenceMs: 1000 }

describe('a good point', () => {
  test('is there, new enough, of good quality, from a source that delivers', () => {
    expect(isGood(point, 'live', nowUs)).toBe(true)
    expect(isGood({ ...point, text: null, atUs: null }, 'live', nowUs)).toBe(false)
    expect(isGood({ ...point, qualityClass: 'uncertain' }, 'live', nowUs)).toBe(false)
    expect(isGood({ ...point, flags: FLAG.calibrationOverdue }, 'live', nowUs)).toBe(false)
    expect(isGood({ ...point, flags: FLAG.simulated | FLAG.spike }, 'live', nowUs)).toBe(true)
  })

  test.each(['stale', 'stopped', 'refused', 'untrusted'] as const)(
    'is none while its source is %s, however new',
    (state) => {
      for (const cadenceMs of [1000, null]) expect(isGood({ ...point, cadenceMs }, state, nowUs)).toBe(false)
    },
  )

  test('goes stale after three cadences, but not before ten seconds; one that reports changes only by its source', () => {
    const aged = (seconds: number, cadenceMs: number | null) => ({ atUs: nowUs - seconds * 1_000_000, cadenceMs })
    expect([isStale(aged(10, 1000), 'live', nowUs), isStale(aged(11, 1000), 'live', nowUs)]).toEqual([false, true])
    expect([isStale(aged(60, 20_000), 'live', nowUs), isStale(aged(61, 20_000), 'live', nowUs)]).toEqual([false, true])
    expect(isStale(aged(86_400, null), 'live', nowUs)).toBe(false)
    expect(isStale({ atUs: null, cadenceMs: 1000 }, 'stopped', nowUs)).toBe(false)
  })
})
