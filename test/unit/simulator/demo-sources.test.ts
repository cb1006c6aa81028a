import { expect, test } from 'vitest'
import { translationsOf } from '../../../src-main/acquisition/config-naming.ts'
import { checkSources } from '../../../src-main/acquisition/config.ts'
import { describeStreams } from '../../../src-main/acquisition/stream-description.ts'
import { demoSources } from '../../../src-main/simulator/demo-sources.ts'
import { TEST_VEHICLE_VIN } from '../../../src-main/simulator/vehicle-past.ts'

const SOURCES = demoSources({
  opcua: { endpoint: 'opc.tcp://127.0.0.1:4840/filler', fingerprint: 'ab'.repeat(32) },
  modbus: { host: '127.0.0.1', port: 5020, unit: 1 },
  logger: { path: '/dev/logger-tty', present: false },
  vehicle: { path: '/dev/vehicle-tty', present: false },
  checkweigher: { path: '/dev/checkweigher-tty', present: false },
})

test("the demo's sources are a valid configuration of about 60 points at three gateways", () => {
  expect(Object.keys(SOURCES)).toEqual(['gw-fill-1', 'gw-energy-2', 'gw-store-3'])
  for (const sources of Object.values(SOURCES)) expect(checkSources(structuredClone(sources))).toEqual({ sources })
  expect(Object.values(SOURCES).flat().flatMap(describeStreams)).toHaveLength(61)
})

test('every source and every point has a name in English and another in German', () => {
  for (const source of Object.values(SOURCES).flat()) {
    expect(translationsOf(source.name), source.id).toHaveProperty('de')
    const streams = describeStreams(source)
    for (const { tag, labels } of streams) expect(labels, tag).toHaveProperty('de')
    // Within a source, each has its own.
    expect(new Set(streams.map(({ labels }) => labels?.de)).size).toBe(streams.length)
  }
})

test("every stream says that it is simulated, and the vehicle's odometer is bound to the vehicle", () => {
  const streams = Object.values(SOURCES).flat().flatMap(describeStreams)
  expect(streams.every(({ simulated }) => simulated)).toBe(true)
  expect(
    streams.filter(({ asset }) => asset !== null).map(({ tag, asset, quantity, unit }) => [tag, asset, quantity, unit]),
  ).toEqual([
    ['odometer', TEST_VEHICLE_VIN, 'odometer', 'km'],
    ['vin', TEST_VEHICLE_VIN, 'vin', '1'],
  ])
})
