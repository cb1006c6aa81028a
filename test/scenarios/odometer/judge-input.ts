import type { JsonValue } from '../../../src-main/wire/json.ts'
import type { Car, CarReading } from './cars.ts'

export const ODOMETER_STREAM = '11'.repeat(16)
export const SECOND_STREAM = '22'.repeat(16)
export const IDENTITY_STREAM = '33'.repeat(16)

function distances(stream: string, readings: CarReading[]): { [name: string]: JsonValue } {
  return {
    stream,
    quantity: 'odometer',
    unit: 'km',
    kind: 'float',
    withheld: 0,
    recorded: { fromUs: readings[0]!.timeUs, toUs: readings.at(-1)!.timeUs },
    gaps: [],
    readings: readings.map(({ sequence, timeUs, km }) => ({
      stream,
      sequence,
      timeUs,
      value: { kind: 'float', value: km },
      quality: 0,
      flags: 0,
    })),
  }
}

function identities(car: Car): { [name: string]: JsonValue } {
  const readings = car.named.map(({ sequence, timeUs, vin }) => ({
    stream: IDENTITY_STREAM,
    sequence,
    timeUs,
    value: { kind: 'text', value: vin },
    quality: 0,
    flags: 0,
  }))
  return {
    stream: IDENTITY_STREAM,
    quantity: 'vin',
    unit: '1',
    kind: 'text',
    withheld: 0,
    recorded: null,
    gaps: [],
    readings,
  }
}

/** What the odometer pack's `judge` reads for one vehicle over its whole year. */
export function judgeInput(car: Car, parameters: { [name: string]: JsonValue }): { [name: string]: JsonValue } {
  const streams = [distances(ODOMETER_STREAM, car.readings), identities(car)]
  if (car.second.length > 0) streams.push(distances(SECOND_STREAM, car.second))
  return {
    asset: { id: car.vin, scheme: 'VIN' },
    parameters,
    period: { fromUs: car.readings[0]!.timeUs, toUs: car.readings.at(-1)!.timeUs },
    streams,
    events: car.events,
  }
}
