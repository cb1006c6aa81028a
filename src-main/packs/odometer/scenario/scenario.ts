/** A hundred vehicles over a year as evidence: a fleet reads them, a garage declares what it did to their instruments. */
import type { PackScenario, PlantedAsset, PlantedStream } from '../../scenario.ts'
import { FLEET, GARAGE, makeCars } from './cars.ts'
import type { Car, CarReading } from './cars.ts'

const ODOMETER_STREAM = '11'.repeat(16)
const SECOND_STREAM = '22'.repeat(16)
const IDENTITY_STREAM = '33'.repeat(16)
const WEEK_US = 7 * 86_400_000_000

/** A box in the vehicle that is read once a week. */
export const scenario: PackScenario = {
  people: [
    { ...FLEET, name: 'F. Fleet' },
    { ...GARAGE, name: 'G. Garage' },
  ],
  stepUs: WEEK_US,
  planted: (seed) => makeCars(seed).map(plantedCar),
}

function distances(stream: string, label: string, readings: readonly CarReading[]): PlantedStream {
  return {
    stream,
    label,
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

function identities({ named }: Car): PlantedStream {
  const stream = IDENTITY_STREAM
  return {
    stream,
    label: 'identity',
    quantity: 'vin',
    unit: '1',
    kind: 'text',
    withheld: 0,
    recorded: null,
    gaps: [],
    readings: named.map(({ sequence, timeUs, vin }) => ({
      stream,
      sequence,
      timeUs,
      value: { kind: 'text', value: vin },
      quality: 0,
      flags: 0,
    })),
  }
}

/** What `judge` reads of one vehicle over its whole year, and what it must find. */
function plantedCar(car: Car): PlantedAsset {
  const { name, planted, vin, readings, second } = car
  const streams = [distances(ODOMETER_STREAM, 'odometer', readings), identities(car)]
  if (second.length > 0) streams.push(distances(SECOND_STREAM, 'second odometer', second))
  return {
    name,
    ...planted,
    evidence: {
      asset: { id: vin, scheme: 'VIN', type: 'vehicle', name: vin },
      period: { fromUs: readings[0]!.timeUs, toUs: readings.at(-1)!.timeUs },
      streams,
      events: car.events.map((event, index) => ({ index, role: 'technician', ...event })),
    },
  }
}
