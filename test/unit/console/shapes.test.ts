import { describe, expect, it } from 'vitest'
import { coverageBoxes } from '../../../src-renderer/parts/coverage-boxes.ts'
import { indicatorGeometry } from '../../../src-renderer/parts/indicator-geometry.ts'
import { dayShape, labelWidth } from '../../../src-renderer/views/overview/day-shape.ts'
import { limitFeet } from '../../../src-renderer/views/trends/limit-feet.ts'
import { coveredPercent, filledRuns } from '../../../src-renderer/words/coverage.ts'

describe('coverage', () => {
  it('is one line when every moment is covered', () => {
    expect(coverageBoxes(100, 0, 10, [[0, 10]])).toEqual([{ x: 0, width: 100, covered: true }])
  })

  it('a part of an hour, in shares of it, has no gap that is not there', () => {
    expect(coverageBoxes(10, 0.8, 1, [[0.75, 1]])).toEqual([{ x: 0, width: 10, covered: true }])
    expect(coverageBoxes(10, 0.8, 1, [[0.9, 1]]).map(({ covered }) => covered)).toEqual([false, true])
  })

  it('is one box when nothing arrived', () => {
    expect(coverageBoxes(100, 0, 10, [])).toEqual([{ x: 0, width: 100, covered: false }])
  })

  it('draws a gap where it was, and silence until now', () => {
    const boxes = coverageBoxes(100, 0, 10, [
      [0, 4],
      [6, 9],
    ])
    expect(boxes.map(({ x, covered }) => [x, covered])).toEqual([
      [0, true],
      [40, false],
      [60, true],
      [90, false],
    ])
  })

  it('never draws a gap too thin to be seen', () => {
    const gap = coverageBoxes(336, 0, 86_400, [
      [0, 40_000],
      [40_010, 86_400],
    ]).find((box) => !box.covered)
    expect(gap?.width).toBeGreaterThanOrEqual(4)
  })

  it('counts only what lies inside the span', () => {
    expect(coveredPercent([[-5, 5]], 0, 10)).toBe(50)
    expect(coveredPercent([[0, 20]], 0, 10)).toBe(100)
    expect(coveredPercent([], 0, 0)).toBe(0)
  })

  it('joins neighbouring buckets and parts at an empty one', () => {
    expect(filledRuns([1, 2, null, 0])).toEqual([
      [0, 0.5],
      [0.75, 1],
    ])
    expect(filledRuns([null, null])).toEqual([])
  })
})

describe('an indicator', () => {
  it('puts the pointer where the value stands in the range', () => {
    expect(indicatorGeometry(88, [0, 100], [40, 60], 50)).toEqual({ band: { x: 35.5, width: 17 }, pointer: 42.5 })
  })

  it('stops at the ends, and has no pointer for a value that is no number', () => {
    expect(indicatorGeometry(88, [0, 100], null, 250).pointer).toBe(85)
    expect(indicatorGeometry(88, [0, 100], null, -3).pointer).toBe(0)
    expect(indicatorGeometry(88, [0, 100], null, Number.NaN).pointer).toBeNull()
  })
})

describe('the lanes of a day', () => {
  const hourUs = 3_600_000_000
  const day = {
    fromUs: 0,
    toUs: 24 * hourUs,
    readings: Array.from({ length: 144 }, () => 10),
    seals: [],
    checks: [],
    alarms: [],
  }

  it('draws one tick for a bucket, however many seals fell into it', () => {
    const seals = [1, 2, 3].map((second) => second * 1_000_000)
    expect(dayShape({ ...day, seals }, 1032, 40).seals.match(/M/g)).toHaveLength(1)
  })

  it('ends the area on the floor and leaves a day without readings flat', () => {
    expect(dayShape(day, 1032, 40).area).toMatch(/V40Z$/)
    const flat = dayShape({ ...day, readings: day.readings.map(() => 0) }, 1032, 40).areaTop
    expect(new Set(flat.match(/(?<=V)[\d.]+/g)).size).toBe(1)
  })

  it('lets an alarm that is still open run to the present', () => {
    const [alarm] = dayShape({ ...day, alarms: [[12 * hourUs, null]] }, 1032, 40).alarms
    expect(alarm?.open).toBe(true)
    expect(alarm?.x).toBe((1032 - labelWidth) / 2 + labelWidth + 0.5)
    expect(alarm?.width).toBe((1032 - labelWidth) / 2)
  })

  it('keeps the axis free where the present stands', () => {
    for (const tick of dayShape(day, 1032, 40).ticks) expect(tick.x).toBeLessThan(1032 - 56)
  })
})

describe('the words of limits', () => {
  it('stand beside their lines where nothing else is', () => {
    expect(limitFeet([20, 100], [60], 128, 14)).toEqual([20, 100])
  })

  it('give way to the names at the ends of curves, and to each other', () => {
    const feet = [60, ...limitFeet([60, 62, 61], [60], 128, 14)].toSorted((a, b) => a - b)
    for (const [at, foot] of feet.entries()) if (at > 0) expect(foot - (feet[at - 1] ?? 0)).toBeGreaterThanOrEqual(14)
  })

  it('stay inside of the lane', () => {
    for (const foot of limitFeet([0, 1, 127, 128], [], 128, 14)) {
      expect(foot).toBeGreaterThanOrEqual(7)
      expect(foot).toBeLessThanOrEqual(126)
    }
  })
})

describe('the marks of a day', () => {
  it('are fewer where there is less room for their times', () => {
    const marks = (width: number) =>
      dayShape(
        {
          fromUs: Date.UTC(2026, 2, 10, 12) * 1000,
          toUs: Date.UTC(2026, 2, 11, 12) * 1000,
          readings: [],
          seals: [],
          checks: [],
          alarms: [],
        },
        width,
        20,
      ).ticks.map(({ x }) => x)
    expect(marks(1032).length).toBeGreaterThan(marks(358).length)
    for (const width of [280, 358, 640, 1032]) {
      const places = marks(width)
      for (const [at, x] of places.entries())
        if (at > 0)
          expect(x - (places[at - 1] ?? 0), `${width}`).toBeGreaterThanOrEqual(Math.min(50, width - labelWidth))
    }
  })
})
