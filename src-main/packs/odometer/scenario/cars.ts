/**
 * A hundred vehicles with a reading a day for a year, made from one seed. Three are tampered with; some honest ones look
 * odd in the ways that honest vehicles do. Each says what must be found of it.
 */
import { seeded } from '../../scenario.ts'
import type { Planted, PlantedFinding } from '../../scenario.ts'

const DAY_US = 86_400_000_000
/** 2025-01-01T06:00:00Z */
export const FIRST_READING_US = 1_735_711_200_000_000
export const CARS = 100
export const READINGS = 365

export const FLEET = { actor: 'fleet', legalName: 'Fleet AG' }
export const GARAGE = { actor: 'garage', legalName: 'Garage GmbH' }

export interface CarReading {
  sequence: number
  timeUs: number
  /** Kilometres with one decimal, as instrument clusters send them. */
  km: number
}

export interface Car {
  vin: string
  /** What is done to it, in a few words. */
  name: string
  planted: Planted
  readings: CarReading[]
  /** What the identity stream says once a month. */
  named: { sequence: number; timeUs: number; vin: string }[]
  events: {
    type: string
    actor: string
    legalName: string
    hash: string
    atUs: number
    body: Record<string, string | number>
  }[]
  /** A second source of the same distance, where the vehicle has one. */
  second: CarReading[]
}

export function vinOf(number: number): string {
  return `PLBZZZ1KZ${String(number).padStart(8, '0')}`
}

export function makeCars(seed: number): Car[] {
  const random = seeded(seed)
  const cars = Array.from({ length: CARS }, (_, number) => honestCar(number, random))
  rollBack(cars[17]!)
  jump(cars[42]!)
  swapIdentity(cars[88]!)
  replaceInstrument(cars[5]!)
  glitch(cars[23]!)
  wrap(cars[61]!)
  return cars
}

function honestCar(number: number, random: () => number): Car {
  const vin = vinOf(number)
  const dailyKm = 10 + random() * 90
  let km = Math.round(random() * 150_000)
  const readings: CarReading[] = []
  for (let day = 0; day < READINGS; day++) {
    const trip = random() < 0.02 ? 400 + random() * 700 : random() < 0.25 ? 0 : dailyKm * 2 * random()
    km = Math.round((km + trip) * 10) / 10
    readings.push({ sequence: day, timeUs: FIRST_READING_US + day * DAY_US + Math.floor(random() * 3_600_000_000), km })
  }
  const named = Array.from({ length: 12 }, (_, month) => ({
    sequence: month,
    timeUs: FIRST_READING_US + month * 30 * DAY_US,
    vin,
  }))
  const second = number % 10 === 0 ? readings.map((reading) => ({ ...reading, km: Math.floor(reading.km) })) : []
  return { vin, name: 'nothing', planted: { verdict: 'logical', findings: [] }, readings, named, events: [], second }
}

/** To the metre, as the rule counts. */
const shown = (km: number): number => Math.round(km * 1000) / 1000

/** A finding at a reading; `more`: what it says besides. */
function finding(
  code: string,
  severity: string,
  { sequence, timeUs }: { sequence: number; timeUs: number },
  more: Omit<PlantedFinding, 'code'> = {},
): PlantedFinding {
  return { code, severity, sequence, timeUs, ...more }
}

/** From the reading before to this one. */
function step({ readings }: Car, at: number): { fromKm: number; toKm: number } {
  return { fromKm: shown(readings[at - 1]!.km), toKm: shown(readings[at]!.km) }
}

/** Sold in autumn with 30,000 km less. */
function rollBack(car: Car): void {
  for (const reading of car.readings.slice(280)) reading.km = Math.round((reading.km - 30_000) * 10) / 10
  if (car.readings[0]!.km < 35_000) for (const reading of car.readings) reading.km += 40_000
  car.name = 'turned back by 30,000 km'
  car.planted = { verdict: 'illogical', findings: [finding('ROLLBACK', 'fraud', car.readings[280]!, step(car, 280))] }
}

/** 5,200 km appear over night. */
function jump(car: Car): void {
  for (const reading of car.readings.slice(150)) reading.km += 5_200
  car.name = '5,200 km over night'
  const found = finding('JUMP', 'fraud', car.readings[150]!, { ...step(car, 150), window: 'day' })
  car.planted = { verdict: 'illogical', findings: [found] }
}

/** The box was carried to another vehicle in July. */
function swapIdentity(car: Car): void {
  for (const one of car.named.slice(6)) one.vin = vinOf(9_999)
  car.name = 'its box carried to another vehicle'
  const found = finding('WRONG_ASSET', 'fraud', car.named[6]!, { named: vinOf(9_999) })
  car.planted = { verdict: 'illogical', findings: [found] }
}

/** A new cluster starts at 12 km; the garage declares it, the fleet confirms it. */
function replaceInstrument(car: Car): void {
  const before = car.readings[199]!
  const shiftKm = before.km - 12
  for (const reading of car.readings.slice(200)) reading.km = Math.round((reading.km - shiftKm) * 10) / 10
  car.name = 'instrument replaced, by two parties'
  car.planted = { verdict: 'logical', findings: [finding('REPLACEMENT', 'note', car.readings[200]!)] }
  const hash = 'a5'.repeat(32)
  const atUs = before.timeUs + 3_600_000_000
  car.events.push(
    {
      type: 'odometer.replaced',
      ...GARAGE,
      hash,
      atUs,
      body: { beforeKm: Math.round(before.km), afterKm: 12, atUs },
    },
    {
      type: 'odometer.confirmed',
      ...FLEET,
      hash: 'c5'.repeat(32),
      atUs: atUs + 1,
      body: { declares: hash },
    },
  )
}

/** One garbled frame. */
function glitch(car: Car): void {
  car.readings[100]!.km = 3.2
  car.name = 'one garbled frame'
  car.planted = { verdict: 'logical', findings: [finding('OUTLIER', 'note', car.readings[100]!)] }
}

/** A five-digit counter passes 99,999 km. */
function wrap(car: Car): void {
  const start = car.readings[0]!.km
  for (const reading of car.readings) reading.km = Math.round((reading.km - start + 99_000) * 10) / 10
  const first = car.readings.findIndex((reading) => reading.km >= 100_000)
  for (const reading of car.readings.slice(first)) reading.km = Math.round((reading.km - 100_000) * 10) / 10
  car.name = 'counter wrapped, by two parties'
  car.planted = { verdict: 'logical', findings: [finding('WRAP', 'note', car.readings[first]!)] }
  const hash = 'a6'.repeat(32)
  const atUs = car.readings[first]!.timeUs
  car.events.push(
    {
      type: 'odometer.wrapped',
      ...GARAGE,
      hash,
      atUs,
      body: { modulusKm: 100_000, atUs },
    },
    {
      type: 'odometer.confirmed',
      ...FLEET,
      hash: 'c6'.repeat(32),
      atUs: atUs + 1,
      body: { declares: hash },
    },
  )
}
