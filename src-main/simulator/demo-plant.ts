/** The demo: a plant that runs, and what its three gateways have to be told about it. */
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../disk/durable-file.ts'
import type { SourceConfig } from '../acquisition/config.ts'
import type { Naming } from '../acquisition/config-naming.ts'
import { demoSources } from './demo-sources.ts'
import { startPlant, type Plant } from './plant.ts'
import { TEST_VEHICLE_VIN, vehiclePast } from './vehicle-past.ts'

/** Every demo shows the same plant; another number gives another one. */
const SEED = 2026

export interface DemoPlantOptions {
  dir: string
  nowUs: () => number
  log: (line: string) => void
  seed?: number
}

/** An asset as a gateway's configuration names it. */
export interface DemoAsset {
  id: string
  scheme: 'VIN'
  type: string
  name: Naming
  attributes: Record<string, string>
  packs: string[]
  simulated: true
}

export interface DemoGateway {
  name: 'gw-fill-1' | 'gw-energy-2' | 'gw-store-3'
  sources: SourceConfig[]
  assets: DemoAsset[]
  /** Recorded pasts to take over once: CSV files `time,value` with microseconds since 1970. */
  imports: { source: string; tag: string; file: string }[]
}

export interface DemoPlant {
  gateways: DemoGateway[]
  /** Lines for the person who starts it. */
  notices: string[]
  plant: Plant
  stop(): Promise<void>
}

/** Starts the plant and writes the test vehicle's past down, the first time. */
export async function demoPlant(options: DemoPlantOptions): Promise<DemoPlant> {
  const seed = options.seed ?? SEED
  await mkdir(options.dir, { recursive: true })
  const past = join(options.dir, 'test-vehicle-odometer.csv')
  await writePast(past, seed, options.nowUs())
  const plant = await startPlant({ dir: options.dir, seed, nowUs: options.nowUs, log: options.log })
  const sources = demoSources(plant.endpoints)
  return {
    gateways: [
      { name: 'gw-fill-1', sources: sources['gw-fill-1'], assets: [], imports: [] },
      { name: 'gw-energy-2', sources: sources['gw-energy-2'], assets: [], imports: [] },
      {
        name: 'gw-store-3',
        sources: sources['gw-store-3'],
        assets: [testVehicle()],
        imports: [{ source: 'test-vehicle', tag: 'odometer', file: past }],
      },
    ],
    notices: notices(plant),
    plant,
    stop: plant.stop,
  }
}

function testVehicle(): DemoAsset {
  return {
    id: TEST_VEHICLE_VIN,
    scheme: 'VIN',
    type: 'vehicle',
    name: { en: 'Test vehicle', de: 'Testfahrzeug' },
    attributes: { make: 'made up for the demo', model: 'Van, 2025' },
    packs: ['odometer'],
    simulated: true,
  }
}

function notices({ endpoints }: Plant): string[] {
  const lines = [
    `Filling machine: ${endpoints.opcua.endpoint} (OPC UA, signed and encrypted)`,
    `Energy meter: ${endpoints.modbus.host}:${endpoints.modbus.port} (Modbus TCP)`,
  ]
  if (endpoints.logger.present) lines.push(`Temperature logger: ${endpoints.logger.path} (serial)`)
  if (endpoints.vehicle.present) lines.push(`Test vehicle: ${endpoints.vehicle.path} (serial)`)
  if (endpoints.checkweigher.present) lines.push(`Checkweigher: ${endpoints.checkweigher.path} (serial)`)
  return lines
}

/** Written once: a past does not change because the demo is started on another day. */
async function writePast(file: string, seed: number, nowUs: number): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  )
  if (there) return
  const lines = vehiclePast(seed, nowUs).map(({ timeUs, km }) => `${timeUs},${km}`)
  // A half-written file is never taken for a past.
  writeWhole(file, `time,value\n${lines.join('\n')}\n`)
}
