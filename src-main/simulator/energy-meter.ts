/** A three-phase energy meter as its Modbus registers show it. Pure functions of seed and time. */
import type { ModbusType } from '../acquisition/config-drivers.ts'
import { dayShape, jitter, wander } from './random.ts'
import type { PointFacts } from './point.ts'

export interface MeterPoint extends PointFacts {
  table: 'holding' | 'input'
  /** From 0. */
  address: number
  type: Extract<ModbusType, 'float32' | 'uint64' | 'uint16' | 'int16' | 'uint32'>
  order?: 'ABCD' | 'CDAB'
  /** Value = raw x scale; the raw integer is what the meter holds. */
  scale?: number
  /** What stands in the registers: a double for float32, else an integer. */
  raw: (seed: number, timeS: number) => number | bigint
}

/** Seconds from the epoch to 2025-06-01, when the meter was installed. */
const INSTALLED_S = 1_748_736_000
const BASE_KW = 96
const DAY_KW = 148

const lineWander = (seed: number, line: number, timeS: number) => wander(seed, `line-${line}`, timeS, 12)

function activePowerKw(seed: number, timeS: number): number {
  return (
    BASE_KW + DAY_KW * dayShape(timeS) + 9 * wander(seed, 'power', timeS, 15) + 1.5 * jitter(seed, 'power', timeS, 0.5)
  )
}

function voltage(line: number) {
  return (seed: number, timeS: number) =>
    231.2 + 1.8 * lineWander(seed, line, timeS) - 2.2 * dayShape(timeS) + 0.1 * jitter(seed, `u${line}`, timeS, 0.5)
}

function current(line: number) {
  return (seed: number, timeS: number) =>
    (activePowerKw(seed, timeS) * 1000) / 3 / 231 / 0.95 + 4 * lineWander(seed, line + 3, timeS)
}

/**
 * Energy in Wh: the integral of the power's base and day shape, which has a closed form. The wander has no drift, so
 * leaving it out of the integral keeps the counter rising and true to a per mille.
 */
function energyWh(timeS: number): bigint {
  const hours = Math.max(0, timeS - INSTALLED_S) / 3600
  const phase = (seconds: number) =>
    (Math.sin((2 * Math.PI * (seconds - 7200)) / 86_400) * 86_400) / (2 * Math.PI) / 3600
  const dayHours = (hours - (phase(timeS) - phase(INSTALLED_S))) / 2
  return BigInt(Math.max(0, Math.floor((BASE_KW * hours + DAY_KW * dayHours) * 1000)))
}

const volts = (line: number, address: number): MeterPoint => ({
  id: `voltage-l${line}`,
  label: `Voltage L${line}`,
  unit: 'V',
  kind: 'float',
  quantity: 'voltage',
  range: [0, 480],
  normal: [207, 253],
  table: 'input',
  address,
  type: 'float32',
  order: 'ABCD',
  raw: voltage(line),
})

const amperes = (line: number, address: number): MeterPoint => ({
  id: `current-l${line}`,
  label: `Current L${line}`,
  unit: 'A',
  kind: 'float',
  quantity: 'current',
  range: [0, 1000],
  normal: [0, 630],
  table: 'input',
  address,
  type: 'float32',
  order: 'ABCD',
  raw: current(line),
})

const kilo = (
  id: string,
  label: string,
  unit: string,
  quantity: string,
  address: number,
  raw: MeterPoint['raw'],
): MeterPoint => ({
  id,
  label,
  unit,
  kind: 'float',
  quantity,
  range: [-1000, 1000],
  normal: [0, 400],
  table: 'input',
  address,
  type: 'float32',
  order: 'CDAB',
  raw,
})

const energy = (id: string, label: string, unit: string, address: number, share: number): MeterPoint => ({
  id,
  label,
  unit,
  kind: 'integer',
  quantity: 'energy',
  table: 'holding',
  address,
  type: 'uint64',
  raw: (_seed, timeS) => (energyWh(timeS) * BigInt(Math.round(share * 1000))) / 1000n,
})

export const meterPoints: readonly MeterPoint[] = [
  volts(1, 0),
  volts(2, 2),
  volts(3, 4),
  amperes(1, 6),
  amperes(2, 8),
  amperes(3, 10),
  kilo('active-power', 'Active power', 'kW', 'power', 20, activePowerKw),
  kilo(
    'reactive-power',
    'Reactive power',
    'kV.A{reactive}',
    'power',
    22,
    (seed, timeS) => activePowerKw(seed, timeS) * 0.31 + 2 * wander(seed, 'reactive', timeS, 20),
  ),
  kilo('apparent-power', 'Apparent power', 'kV.A', 'power', 24, (seed, timeS) => activePowerKw(seed, timeS) * 1.047),
  {
    id: 'frequency',
    label: 'Frequency',
    unit: 'Hz',
    kind: 'float',
    quantity: 'frequency',
    range: [40, 70],
    normal: [49.8, 50.2],
    table: 'input',
    address: 30,
    type: 'uint16',
    scale: 0.001,
    raw: (seed, timeS) => Math.round(50_000 + 22 * wander(seed, 'frequency', timeS, 8)),
  },
  {
    id: 'power-factor',
    label: 'Power factor',
    unit: '1',
    kind: 'float',
    quantity: 'power factor',
    range: [-1, 1],
    normal: [0.85, 1],
    table: 'input',
    address: 31,
    type: 'int16',
    scale: 0.001,
    raw: (seed, timeS) => Math.round(952 + 14 * wander(seed, 'factor', timeS, 40)),
  },
  {
    id: 'meter-temperature',
    label: 'Meter temperature',
    unit: 'Cel',
    kind: 'float',
    quantity: 'temperature',
    range: [-40, 100],
    normal: [0, 60],
    table: 'input',
    address: 32,
    type: 'int16',
    scale: 0.1,
    raw: (seed, timeS) => Math.round(10 * (24 + 7 * dayShape(timeS) + wander(seed, 'meter', timeS, 300))),
  },
  energy('active-energy', 'Active energy', 'W.h', 0, 1),
  energy('active-energy-high', 'Active energy, high tariff', 'W.h', 4, 0.643),
  energy('active-energy-low', 'Active energy, low tariff', 'W.h', 8, 0.357),
  {
    id: 'operating-time',
    label: 'Operating time',
    unit: 's',
    kind: 'integer',
    quantity: 'total',
    table: 'holding',
    address: 12,
    type: 'uint32',
    order: 'CDAB',
    raw: (_seed, timeS) => BigInt(Math.max(0, Math.floor(timeS - INSTALLED_S))),
  },
]

/** All registers of a table at an instant, by address; what lies between the points reads as 0. */
export function meterRegisters(table: MeterPoint['table'], seed: number, timeMs: number): Uint16Array {
  const registers = new Uint16Array(128)
  for (const point of meterPoints) {
    if (point.table !== table) continue
    const bytes = bytesOf(point, point.raw(seed, timeMs / 1000))
    const swapped = point.order === 'CDAB' ? Uint8Array.of(bytes[2]!, bytes[3]!, bytes[0]!, bytes[1]!) : bytes
    for (let index = 0; index < swapped.length; index += 2)
      registers[point.address + index / 2] = (swapped[index]! << 8) | swapped[index + 1]!
  }
  return registers
}

function bytesOf(point: MeterPoint, raw: number | bigint): Uint8Array {
  const view = new DataView(
    new ArrayBuffer(point.type === 'uint64' ? 8 : point.type === 'float32' || point.type === 'uint32' ? 4 : 2),
  )
  if (point.type === 'float32') view.setFloat32(0, Number(raw))
  else if (point.type === 'uint64') view.setBigUint64(0, BigInt(raw))
  else if (point.type === 'uint32') view.setUint32(0, Number(raw))
  else view.setUint16(0, Number(raw) & 0xffff)
  return new Uint8Array(view.buffer)
}
