import { describe, expect, test } from 'vitest'
import { Odometer, TEST_VEHICLE_VIN, vehiclePast } from '../../../src-main/simulator/vehicle-past.ts'

const DAY_US = 86_400_000_000
const NOW_US = Date.UTC(2026, 10, 24, 9, 30) * 1000

describe("the test vehicle's past", () => {
  test('reaches about six months back and ends at least a day ago', () => {
    const past = vehiclePast(7, NOW_US)
    expect(past.length).toBeGreaterThan(165)
    expect(NOW_US - past[0]!.timeUs).toBeGreaterThan(180 * DAY_US)
    expect(NOW_US - past.at(-1)!.timeUs).toBeGreaterThanOrEqual(DAY_US)
  })

  test('rises or rests, by distances a van can drive, and in order of time', () => {
    const past = vehiclePast(7, NOW_US)
    for (let index = 1; index < past.length; index++) {
      const [before, after] = [past[index - 1]!, past[index]!]
      const days = (after.timeUs - before.timeUs) / DAY_US
      expect(days).toBeGreaterThan(0.9)
      expect(after.km).toBeGreaterThanOrEqual(before.km)
      expect((after.km - before.km) / Math.ceil(days)).toBeLessThan(500)
    }
  })

  test('knows weekends and holidays', () => {
    const odometer = new Odometer(7)
    const drivenOn = (weekday: number) => {
      const days = Array.from({ length: 365 }, (_, index) => NOW_US - index * DAY_US).filter(
        (timeUs) => new Date(timeUs / 1000).getUTCDay() === weekday,
      )
      const midnight = (timeUs: number) => Math.floor(timeUs / DAY_US) * DAY_US
      return days.reduce(
        (km, timeUs) => km + odometer.kmAt(midnight(timeUs) + DAY_US - 1) - odometer.kmAt(midnight(timeUs)),
        0,
      )
    }
    expect(drivenOn(0)).toBe(0)
    expect(drivenOn(6)).toBeLessThan(drivenOn(2) / 2)
    const summer = Array.from({ length: 60 }, (_, index) => Date.UTC(2026, 6, 25 + index) * 1000)
    expect(summer.some((timeUs) => odometer.kmAt(timeUs + 10 * DAY_US) === odometer.kmAt(timeUs))).toBe(true)
  })

  test('is the same for the same seed and hour, and another for another seed', () => {
    expect(vehiclePast(7, NOW_US)).toEqual(vehiclePast(7, NOW_US))
    expect(vehiclePast(8, NOW_US)).not.toEqual(vehiclePast(7, NOW_US))
  })

  test('is what the live odometer showed at those times, and the live one goes on from it', () => {
    const odometer = new Odometer(7)
    const past = vehiclePast(7, NOW_US)
    for (const { timeUs, km } of past) expect(odometer.kmAt(timeUs)).toBe(km)
    expect(odometer.kmAt(NOW_US)).toBeGreaterThanOrEqual(past.at(-1)!.km)
    expect(odometer.kmAt(NOW_US) - past.at(-1)!.km).toBeLessThan(1000)
  })

  test('belongs to a vehicle whose number has the form of a VIN (ISO 3779)', () => {
    expect(TEST_VEHICLE_VIN).toMatch(/^[A-HJ-NPR-Z0-9]{17}$/)
  })
})
