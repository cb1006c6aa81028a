/** The lines that a temperature logger and a vehicle's data box send by themselves. Pure functions of seed and time. */
import { crc16Modbus } from '../acquisition/drivers/checksums.ts'
import { dayShape, jitter, randomAt, resolve, wander } from './random.ts'
import { nmeaSentence } from './nmea-sentence.ts'
import type { PointFacts, SerialPoint } from './point.ts'
import { TEST_VEHICLE_VIN, type Odometer } from './vehicle-past.ts'

export interface LoggerPoint extends PointFacts {
  /** Key in the logger's line. */
  key: string
}

const PROBES = ['north wall', 'south wall', 'ceiling', 'door', 'evaporator', 'pallet 1', 'pallet 2']

/** A cold store between 2 and 8 degrees, its humidity and its door. */
export const loggerPoints: readonly LoggerPoint[] = [
  ...PROBES.map((place, index): LoggerPoint => ({
    id: `probe-${index + 1}`,
    label: `Probe, ${place}`,
    unit: 'Cel',
    kind: 'float',
    quantity: 'temperature',
    range: [-40, 85],
    normal: place === 'evaporator' ? [-8, 8] : [2, 8],
    rate: { suspect: 0.5, fail: 5 },
    key: `T${index + 1}`,
  })),
  {
    id: 'humidity',
    label: 'Humidity',
    unit: '%',
    kind: 'float',
    quantity: 'humidity',
    range: [0, 100],
    normal: [40, 90],
    key: 'RH',
  },
  { id: 'door-open', label: 'Door open', unit: '1', kind: 'boolean', quantity: 'state', key: 'DOOR' },
]

/** The door opens a few times an hour for a minute or two. */
function doorOpen(seed: number, timeS: number): boolean {
  const slot = Math.floor(timeS / 900)
  const from = 600 * randomAt(seed, 'door', slot)
  const into = timeS - slot * 900
  return randomAt(seed, 'door-used', slot) < 0.5 && into >= from && into < from + 90
}

/** Share of the door's warmth that is still there, 0 to 1: it comes in fast and goes slowly. */
function doorWarmth(seed: number, timeS: number): number {
  let warmth = 0
  for (let back = 0; back < 600; back += 15)
    if (doorOpen(seed, timeS - back)) warmth = Math.max(warmth, Math.exp(-back / 180))
  return warmth
}

/** One line of the logger without its end, for example `T1=4.02 ... DOOR=0*8F21` with a CRC-16/MODBUS. */
export function loggerLine(seed: number, timeMs: number): string {
  const timeS = timeMs / 1000
  const warmth = doorWarmth(seed, timeS)
  // The compressor switches: a saw-tooth of about a degree.
  const cycle = Math.abs(((timeS / 840) % 1) - 0.5) * 2 - 0.5
  const temperatures = PROBES.map((place, index) => {
    const base = place === 'evaporator' ? -1.5 + 2.2 * cycle : 4.1 + 0.3 * index - 0.8 + 0.8 * cycle
    const door = (place === 'door' ? 1.6 : 0.4) * warmth
    return resolve(
      base +
        door +
        0.5 * dayShape(timeS) +
        0.15 * wander(seed, place, timeS, 240) +
        0.02 * jitter(seed, place, timeS, 0.5),
      2,
    )
  })
  const humidity = resolve(71 + 8 * warmth + 2 * wander(seed, 'rh', timeS, 300), 1)
  const pairs = [
    ...temperatures.map((value, index) => `T${index + 1}=${value.toFixed(2)}`),
    `RH=${humidity.toFixed(1)}`,
    `DOOR=${doorOpen(seed, timeS) ? 1 : 0}`,
  ]
  const body = pairs.join(' ')
  return `${body}*${hex(crc16Modbus(Buffer.from(body, 'latin1')), 4)}`
}

/** The data box's sentences: its state every second, the odometer with the vehicle's number now and then. */
export const VEHICLE_STATE = 'PLVST'
export const VEHICLE_ODOMETER = 'PLVEH'

export const vehiclePoints: readonly SerialPoint[] = [
  {
    id: 'odometer',
    label: 'Odometer',
    unit: 'km',
    kind: 'float',
    quantity: 'odometer',
    range: [0, 2_000_000],
    sentence: VEHICLE_ODOMETER,
    field: 1,
  },
  {
    id: 'vin',
    label: 'Vehicle identification',
    unit: '1',
    kind: 'text',
    quantity: 'vin',
    sentence: VEHICLE_ODOMETER,
    field: 2,
  },
  {
    id: 'vehicle-speed',
    label: 'Speed',
    unit: 'km/h',
    kind: 'float',
    quantity: 'speed',
    range: [0, 300],
    normal: [0, 140],
    sentence: VEHICLE_STATE,
    field: 1,
  },
  {
    id: 'battery-voltage',
    label: 'Battery',
    unit: 'V',
    kind: 'float',
    quantity: 'voltage',
    range: [0, 36],
    normal: [11.5, 15],
    sentence: VEHICLE_STATE,
    field: 2,
  },
]

/** For example `$PLVEH,48217.6,WPLUMB42TEST00017*5C`. */
export function vehicleOdometerLine(odometer: Odometer, timeMs: number): string {
  return nmeaSentence(`${VEHICLE_ODOMETER},${odometer.kmAt(timeMs * 1000).toFixed(1)},${TEST_VEHICLE_VIN}`)
}

/** Speed and battery, for example `$PLVST,32.1,13.82*4F`. */
export function vehicleStateLine(odometer: Odometer, seed: number, timeMs: number): string {
  const speed = odometer.speedAt(timeMs * 1000)
  const battery = (speed > 0 ? 13.9 : 12.5) + 0.2 * wander(seed, 'battery', timeMs / 1000, 120)
  return nmeaSentence(`${VEHICLE_STATE},${speed.toFixed(1)},${battery.toFixed(2)}`)
}

/** A line with one digit changed on the way: its checksum no longer fits. */
export function damaged(line: string): string {
  const at = line.search(/\d\D*\*/)
  const digit = line.charCodeAt(at) === 0x39 ? '0' : String.fromCharCode(line.charCodeAt(at) + 1)
  return line.slice(0, at) + digit + line.slice(at + 1)
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}
