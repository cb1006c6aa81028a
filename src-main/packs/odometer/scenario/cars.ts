/**
 * A hundred vehicles with a reading a day for a year, made from one seed. Three are tampered with; some honest ones look
 * odd in the ways that honest vehicles do. `expected.json` says what must be found.
 */
const DAY_US = 86_400_000_000
/** 2025-01-01T06:00:00Z */
export const FIRST_READING_US = 1_735_711_200_000_000
export const CARS = 100
export const READINGS = 365

export interface CarReading {
  sequence: number
  timeUs: number
  /** Kilometres with one decimal, as instrument clusters send them. */
  km: number
}

export interface Car {
  vin: string
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

/** mulberry32: 32-bit state, the same sequence everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
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
  return { vin, readings, named, events: [], second }
}

/** Sold in autumn with 30,000 km less. */
function rollBack(car: Car): void {
  for (const reading of car.readings.slice(280)) reading.km = Math.round((reading.km - 30_000) * 10) / 10
  if (car.readings[0]!.km < 35_000) for (const reading of car.readings) reading.km += 40_000
}

/** 5,200 km appear over night. */
function jump(car: Car): void {
  for (const reading of car.readings.slice(150)) reading.km += 5_200
}

/** The box was carried to another vehicle in July. */
function swapIdentity(car: Car): void {
  for (const one of car.named.slice(6)) one.vin = vinOf(9_999)
}

/** A new cluster starts at 12 km; the garage declares it, the fleet confirms it. */
function replaceInstrument(car: Car): void {
  const before = car.readings[199]!
  const shiftKm = before.km - 12
  for (const reading of car.readings.slice(200)) reading.km = Math.round((reading.km - shiftKm) * 10) / 10
  const hash = 'a5'.repeat(32)
  const atUs = before.timeUs + 3_600_000_000
  car.events.push(
    {
      type: 'odometer.replaced',
      actor: 'garage',
      legalName: 'Garage GmbH',
      hash,
      atUs,
      body: { beforeKm: before.km, afterKm: 12, atUs },
    },
    {
      type: 'odometer.confirmed',
      actor: 'fleet',
      legalName: 'Fleet AG',
      hash: 'c5'.repeat(32),
      atUs: atUs + 1,
      body: { declares: hash },
    },
  )
}

/** One garbled frame. */
function glitch(car: Car): void {
  car.readings[100]!.km = 3.2
}

/** A five-digit counter passes 99,999 km. */
function wrap(car: Car): void {
  const start = car.readings[0]!.km
  for (const reading of car.readings) reading.km = Math.round((reading.km - start + 99_000) * 10) / 10
  const first = car.readings.findIndex((reading) => reading.km >= 100_000)
  for (const reading of car.readings.slice(first)) reading.km = Math.round((reading.km - 100_000) * 10) / 10
  const hash = 'a6'.repeat(32)
  const atUs = car.readings[first]!.timeUs
  car.events.push(
    {
      type: 'odometer.wrapped',
      actor: 'garage',
      legalName: 'Garage GmbH',
      hash,
      atUs,
      body: { modulusKm: 100_000, atUs },
    },
    {
      type: 'odometer.confirmed',
      actor: 'fleet',
      legalName: 'Fleet AG',
      hash: 'c6'.repeat(32),
      atUs: atUs + 1,
      body: { declares: hash },
    },
  )
}
