/** The test vehicle's odometer, past and present: one pure function of seed and time, so that the past joins the present. */
import { randomAt } from './random.ts'

/** A made-up vehicle; the number has the form of a VIN and belongs to no maker. */
export const TEST_VEHICLE_VIN = 'WPLUMB42TEST00017'

const DAY_S = 86_400
/** Day number of 2025-01-01; the vehicle had its first kilometres by then. */
const FIRST_DAY = 20_089
const FIRST_KM = 11_840
/** Hours of the day (UTC) between which it drives. */
const DRIVE_FROM_S = 6 * 3600
const DRIVE_TO_S = 18 * 3600
const PAST_DAYS = 183

/** One reading of the odometer. */
export interface OdometerReading {
  timeUs: number
  /** To a tenth of a kilometre. */
  km: number
}

/** Distance of one day: working days with a route of their own, short Saturdays, Sundays and holidays at rest. */
function dayKm(seed: number, day: number): number {
  const weekday = (day + 4) % 7
  if (weekday === 0 || onHoliday(seed, day)) return 0
  const chance = randomAt(seed, 'day', day)
  if (weekday === 6) return chance < 0.6 ? 0 : 8 + 40 * randomAt(seed, 'saturday', day)
  const longTrip = chance > 0.93 ? 180 + 240 * randomAt(seed, 'trip', day) : 0
  return 34 + 26 * chance + longTrip
}

/** Two weeks in summer, the days around new year, and a single day now and then. */
function onHoliday(seed: number, day: number): boolean {
  const dayOfYear = Math.floor(day % 365.25)
  const summer = 212 + Math.floor(10 * randomAt(seed, 'summer', Math.floor(day / 365.25)))
  return (
    (dayOfYear >= summer && dayOfYear < summer + 15) ||
    dayOfYear >= 357 ||
    dayOfYear < 3 ||
    randomAt(seed, 'day-off', day) < 0.025
  )
}

/** Prefix sums of `dayKm`, grown as far as they were asked for. */
class DaySums {
  readonly #seed: number
  readonly #sums = [FIRST_KM]

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Kilometres at the start of a day. */
  at(day: number): number {
    const wanted = Math.max(0, day - FIRST_DAY)
    for (let index = this.#sums.length; index <= wanted; index++)
      this.#sums.push((this.#sums[index - 1] ?? 0) + dayKm(this.#seed, FIRST_DAY + index - 1))
    return this.#sums[wanted] ?? FIRST_KM
  }
}

/** The odometer of a seeded vehicle. Never runs back; before 2025 it stands still. */
export class Odometer {
  readonly #seed: number
  readonly #sums: DaySums

  constructor(seed: number) {
    this.#seed = seed
    this.#sums = new DaySums(seed)
  }

  /** Kilometres to a tenth, cut and not rounded, as a mechanism shows them. */
  kmAt(timeUs: number): number {
    const timeS = timeUs / 1e6
    const day = Math.floor(timeS / DAY_S)
    const share = Math.min(1, Math.max(0, (timeS - day * DAY_S - DRIVE_FROM_S) / (DRIVE_TO_S - DRIVE_FROM_S)))
    const km = this.#sums.at(day) + dayKm(this.#seed, Math.max(day, FIRST_DAY)) * share
    return Math.floor(km * 10) / 10
  }

  /** Kilometres per hour: the day's distance spread over the driving hours. */
  speedAt(timeUs: number): number {
    const timeS = timeUs / 1e6
    const day = Math.floor(timeS / DAY_S)
    const intoDayS = timeS - day * DAY_S
    if (intoDayS < DRIVE_FROM_S || intoDayS >= DRIVE_TO_S) return 0
    return Math.round((dayKm(this.#seed, day) / ((DRIVE_TO_S - DRIVE_FROM_S) / 3600)) * 10) / 10
  }
}

/**
 * Odometer readings of about the last six months, one a day at an hour that varies, up to a day before `nowUs`.
 * The live odometer of the same seed goes on from the last of them.
 */
export function vehiclePast(seed: number, nowUs: number): OdometerReading[] {
  const odometer = new Odometer(seed)
  const endUs = nowUs - DAY_S * 1e6
  const lastDay = Math.floor(endUs / 1e6 / DAY_S)
  const readings: OdometerReading[] = []
  for (let day = Math.max(FIRST_DAY, lastDay - PAST_DAYS); day <= lastDay; day++) {
    // Read when it comes home, between 18:00 and 20:00; a few days the reader was away.
    if (randomAt(seed, 'read', day) < 0.03) continue
    const timeUs = Math.floor((day * DAY_S + DRIVE_TO_S + 7200 * randomAt(seed, 'hour', day)) * 1e6)
    if (timeUs <= endUs) readings.push({ timeUs, km: odometer.kmAt(timeUs) })
  }
  return readings
}
