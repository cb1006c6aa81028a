/** The demo's plant, as three gateways see it: their sources, the test vehicle as an asset, and the vehicle's simulated past. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceConfig } from '../acquisition/config.ts'
import { demoSources } from '../simulator/demo-sources.ts'
import { startPlant } from '../simulator/plant.ts'
import { TEST_VEHICLE_VIN, vehiclePast } from '../simulator/vehicle-past.ts'

const SEED = 1

export interface DemoGateway {
  name: string
  sources: SourceConfig[]
  assets: Record<string, unknown>[]
  imports: { source: string; tag: string; file: string }[]
}

export interface DemoPlant {
  gateways: DemoGateway[]
  stop(): Promise<void>
}

export async function demoPlant(options: { dir: string; nowUs: () => number; log: (line: string) => void }): Promise<DemoPlant> {
  const plant = await startPlant({ ...options, seed: SEED })
  const sources = demoSources(plant.endpoints)
  const past = writePast(options.dir, options.nowUs())
  const vehicle = sources['gw-store-3'].some((source) => source.id === 'test-vehicle')
  const asset = {
    id: TEST_VEHICLE_VIN,
    scheme: 'VIN',
    type: 'vehicle',
    name: 'Test vehicle',
    attributes: { note: 'a simulated vehicle of the demo plant' },
    packs: ['odometer'],
    simulated: true,
  }
  return {
    gateways: Object.entries(sources).map(([name, list]) => ({
      name,
      sources: list,
      assets: name === 'gw-store-3' && vehicle ? [asset] : [],
      imports: name === 'gw-store-3' && vehicle ? [{ source: 'test-vehicle', tag: 'odometer', file: past }] : [],
    })),
    stop: () => plant.stop(),
  }
}

/** The vehicle's past, written once: the next start of the same demo finds the same one. */
function writePast(dir: string, nowUs: number): string {
  const file = join(dir, 'vehicle-past.csv')
  if (existsSync(file)) return file
  const lines = vehiclePast(SEED, nowUs).map(({ timeUs, km }) => `${timeUs},${km}`)
  writeFileSync(file, `time,value\n${lines.join('\n')}\n`)
  return file
}
