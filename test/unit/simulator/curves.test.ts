import { describe, expect, test } from 'vitest'
import { crc16Modbus } from '../../../src-main/acquisition/drivers/checksums.ts'
import { checkFrame } from '../../../src-main/acquisition/drivers/serial/checksum.ts'
import { meterPoints, meterRegisters } from '../../../src-main/simulator/energy-meter.ts'
import { machineVariables, momentOf, RUN_S } from '../../../src-main/simulator/filling-machine.ts'
import { randomAt, wander } from '../../../src-main/simulator/random.ts'
import {
  damaged,
  loggerLine,
  loggerPoints,
  vehicleOdometerLine,
  vehicleStateLine,
} from '../../../src-main/simulator/serial-devices.ts'
import { Odometer } from '../../../src-main/simulator/vehicle-past.ts'

const SEED = 3
const START_MS = Date.UTC(2026, 10, 23)
/** A whole day, every 97 seconds: odd, so that it meets every part of the cycles. */
const DAY_MS = Array.from({ length: Math.floor(86_400 / 97) }, (_, index) => START_MS + index * 97_000)

function variable(id: string) {
  const found = machineVariables.find((candidate) => candidate.id === id)
  if (found === undefined) throw new Error(`no variable ${id}`)
  return (timeMs: number) => found.at(momentOf(SEED, timeMs))
}

const rises = (values: (number | bigint)[]): boolean =>
  values.every((value, index) => index === 0 || value >= values[index - 1]!)

describe('seeded randomness', () => {
  test('spreads evenly and depends on every argument', () => {
    const draws = Array.from({ length: 4000 }, (_, index) => randomAt(SEED, 'x', index))
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1)
    expect(draws.filter((draw) => draw < 0.1).length).toBeGreaterThan(300)
    expect(new Set([randomAt(1, 'a', 1), randomAt(2, 'a', 1), randomAt(1, 'b', 1), randomAt(1, 'a', 2)]).size).toBe(4)
  })

  test('wandering has no jumps', () => {
    for (let second = 0; second < 500; second++)
      expect(Math.abs(wander(SEED, 'w', second + 1, 60) - wander(SEED, 'w', second, 60))).toBeLessThan(0.06)
  })
})

describe('the filling machine', () => {
  test('has 30 variables of several types, 64-bit integers among them', () => {
    expect(machineVariables).toHaveLength(30)
    expect(new Set(machineVariables.map(({ type }) => type))).toEqual(
      new Set(['Boolean', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double', 'String']),
    )
    expect(new Set(machineVariables.map(({ id }) => id)).size).toBe(30)
  })

  test('only counts up, and counts what it fills', () => {
    const bottles = DAY_MS.map((timeMs) => variable('bottles-total')(timeMs) as bigint)
    expect(rises(bottles)).toBe(true)
    const filled = Number(bottles.at(-1)! - bottles[0]!)
    expect(filled).toBeGreaterThan(0.8 * 24 * 36_000)
    expect(filled).toBeLessThan(24 * 36_000)
    expect(rises(DAY_MS.map((timeMs) => variable('rejects-total')(timeMs) as bigint))).toBe(true)
  })

  test('runs and stands, and its speed and pressure follow', () => {
    const standing = DAY_MS.filter((timeMs) => variable('running')(timeMs) === false)
    expect(standing.length / DAY_MS.length).toBeGreaterThan(0.02)
    expect(standing.length / DAY_MS.length).toBeLessThan(0.1)
    for (const timeMs of standing)
      expect([variable('speed')(timeMs), variable('capping-torque')(timeMs)]).toEqual([0, 0])
    expect(Math.max(...DAY_MS.map((timeMs) => variable('speed')(timeMs) as number))).toBeGreaterThan(36_000)
  })

  test('reports 60 to 100 changes a second while it runs and 35 or more while it stands', () => {
    const changesPerS = (intoRunS: number) => {
      const startS = Math.ceil(START_MS / 1000 / RUN_S) * RUN_S + intoRunS
      const moments = Array.from({ length: 80 }, (_, index) => momentOf(SEED, (startS + index / 4) * 1000))
      const changes = machineVariables.map(
        ({ at }) => moments.filter((moment, index) => index > 0 && at(moment) !== at(moments[index - 1]!)).length,
      )
      return changes.reduce((sum, count) => sum + count, 0) / 20
    }
    expect(changesPerS(2000)).toBeGreaterThan(60)
    expect(changesPerS(2000)).toBeLessThan(100)
    expect(changesPerS(RUN_S - 100)).toBeGreaterThan(35)
  })

  test('cools and warms without a jump', () => {
    const temperature = variable('drive-temperature')
    const startMs = Math.ceil(START_MS / 1000 / RUN_S) * RUN_S * 1000
    for (let second = -400; second < 100; second++) {
      const step =
        (temperature(startMs + second * 1000 + 1000) as number) - (temperature(startMs + second * 1000) as number)
      expect(Math.abs(step)).toBeLessThan(0.4)
    }
  })

  test('stays inside what its instruments can show', () => {
    for (const { id, range, at } of machineVariables) {
      if (range === undefined) continue
      for (const timeMs of DAY_MS) {
        const value = at(momentOf(SEED, timeMs)) as number
        expect(value >= range[0] && value <= range[1], `${id} ${value}`).toBe(true)
      }
    }
  })
})

describe('the energy meter', () => {
  const registersOf = (timeMs: number) => ({
    input: meterRegisters('input', SEED, timeMs),
    holding: meterRegisters('holding', SEED, timeMs),
  })

  test('holds each point in its own registers', () => {
    const taken = new Set<string>()
    for (const { table, address, type } of meterPoints) {
      const width = type === 'uint64' ? 4 : type === 'float32' || type === 'uint32' ? 2 : 1
      for (let register = address; register < address + width; register++) {
        expect(taken.has(`${table}${register}`)).toBe(false)
        taken.add(`${table}${register}`)
      }
    }
    expect(meterPoints).toHaveLength(16)
  })

  test('counts energy up by what the power says', () => {
    const energyWh = (timeMs: number) =>
      new DataView(
        new Uint8Array([...registersOf(timeMs).holding.subarray(0, 4)].flatMap((word) => [word >> 8, word & 255]))
          .buffer,
      ).getBigUint64(0)
    const energies = DAY_MS.map(energyWh)
    expect(rises(energies)).toBe(true)
    const power = meterPoints.find(({ id }) => id === 'active-power')!
    const meanKw = DAY_MS.reduce((sum, timeMs) => sum + Number(power.raw(SEED, timeMs / 1000)), 0) / DAY_MS.length
    const hours = (DAY_MS.at(-1)! - DAY_MS[0]!) / 3_600_000
    expect(Number(energies.at(-1)! - energies[0]!) / 1000 / hours / meanKw).toBeCloseTo(1, 1)
  })

  test('shows a float with its words swapped where the point says so', () => {
    const { input } = registersOf(START_MS)
    const view = new DataView(new ArrayBuffer(4))
    view.setUint16(0, input[21]!)
    view.setUint16(2, input[20]!)
    const power = meterPoints.find(({ id }) => id === 'active-power')!
    expect(view.getFloat32(0)).toBe(Math.fround(power.raw(SEED, START_MS / 1000) as number))
  })
})

describe('the serial devices', () => {
  test("send lines whose checksums hold, and a damaged line's does not", () => {
    const odometer = new Odometer(SEED)
    for (const timeMs of DAY_MS.slice(0, 200)) {
      const logger = loggerLine(SEED, timeMs)
      expect(checkFrame(Buffer.from(logger), 'crc16-modbus')).toHaveProperty('body')
      expect(checkFrame(Buffer.from(damaged(logger)), 'crc16-modbus')).toHaveProperty('fault')
      for (const line of [vehicleOdometerLine(odometer, timeMs), vehicleStateLine(odometer, SEED, timeMs)]) {
        expect(checkFrame(Buffer.from(line), 'nmea')).toHaveProperty('body')
        expect(checkFrame(Buffer.from(damaged(line)), 'nmea')).toHaveProperty('fault')
      }
    }
    const line = loggerLine(SEED, START_MS)
    expect(
      line.endsWith(
        crc16Modbus(Buffer.from(line.slice(0, -5)))
          .toString(16)
          .toUpperCase()
          .padStart(4, '0'),
      ),
    ).toBe(true)
  })

  test('the cold store stays near its band, and its door opens now and then', () => {
    const lines = DAY_MS.map((timeMs) => loggerLine(SEED, timeMs))
    expect(lines.some((line) => line.includes('DOOR=1'))).toBe(true)
    expect(lines.filter((line) => line.includes('DOOR=1')).length).toBeLessThan(DAY_MS.length / 5)
    const north = lines.map((line) => Number(/T1=(\S+)/.exec(line)?.[1]))
    expect(Math.min(...north)).toBeGreaterThan(1.5)
    expect(Math.max(...north)).toBeLessThan(8)
    for (const { key } of loggerPoints) expect(lines[0]).toContain(`${key}=`)
  })
})
