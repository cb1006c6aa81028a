import { sourcesSchema, type SourceConfig } from '../acquisition/config.ts'
import { checkweigherPoints } from './checkweigher.ts'
import { labelInBoth } from './demo-german.ts'
import { meterPoints } from './energy-meter.ts'
import { LOT_FROM } from './filling-lots.ts'
import { machineVariables } from './filling-machine.ts'
import { MACHINE_NAMESPACE } from './machine-namespace.ts'
import type { PlantEndpoints } from './plant.ts'
import type { PointFacts } from './point.ts'
import { loggerPoints, VEHICLE_ODOMETER, vehiclePoints } from './serial-devices.ts'
import { TEST_VEHICLE_VIN } from './vehicle-past.ts'

/** The data box tells its odometer every half minute only. */
const ODOMETER_STALE_MS = 90_000
/** Between two lots its belt is empty. */
const CHECKWEIGHER_STALE_MS = 60_000

/** Which source stands at which of the demo's gateways. */
export interface DemoSources {
  'gw-fill-1': SourceConfig[]
  'gw-energy-2': SourceConfig[]
  'gw-store-3': SourceConfig[]
}

/** The sources of the three demo gateways for a plant that runs; about 60 points, all marked as simulated. */
export function demoSources(endpoints: PlantEndpoints): DemoSources {
  return {
    'gw-fill-1': sourcesSchema.parse([machineSource(endpoints.opcua), checkweigherSource(endpoints.checkweigher.path)]),
    'gw-energy-2': sourcesSchema.parse([meterSource(endpoints.modbus)]),
    'gw-store-3': sourcesSchema.parse([loggerSource(endpoints.logger.path), vehicleSource(endpoints.vehicle.path)]),
  }
}

function machineSource({ endpoint, fingerprint }: PlantEndpoints['opcua']): unknown {
  return {
    id: 'filler-1',
    name: { en: 'Filler 1', de: 'Füller 1' },
    driver: 'opcua',
    simulated: true,
    endpoint,
    // The demo's operator wrote this decision down: the plant told its fingerprint when it made the certificate.
    trustedFingerprint: fingerprint,
    publishingIntervalMs: 250,
    samplingIntervalMs: 250,
    tags: machineVariables.map((variable) => ({
      ...facts(variable),
      address: { node: `nsu=${MACHINE_NAMESPACE};s=Filler.${variable.id}` },
    })),
  }
}

function meterSource({ host, port, unit }: PlantEndpoints['modbus']): unknown {
  return {
    id: 'energy-meter',
    name: { en: 'Energy meter', de: 'Energiezähler' },
    driver: 'modbus',
    simulated: true,
    connection: { transport: 'tcp', host, port },
    unit,
    pollIntervalMs: 400,
    tags: meterPoints.map((point) => ({
      ...facts(point),
      address: {
        table: point.table,
        address: point.address,
        type: point.type,
        ...(point.order === undefined ? {} : { order: point.order }),
        ...(point.scale === undefined ? {} : { scale: point.scale }),
      },
    })),
  }
}

function loggerSource(path: string): unknown {
  return {
    id: 'cold-store',
    name: { en: 'Cold store', de: 'Kühllager' },
    driver: 'serial',
    simulated: true,
    connection: { path, baudRate: 9600 },
    checksum: 'crc16-modbus',
    format: 'key-value',
    tags: loggerPoints.map((point) => ({ ...facts(point), address: { field: point.key } })),
  }
}

function vehicleSource(path: string): unknown {
  return {
    id: 'test-vehicle',
    name: { en: 'Test vehicle', de: 'Testfahrzeug' },
    driver: 'serial',
    simulated: true,
    connection: { path, baudRate: 9600 },
    checksum: 'nmea',
    format: 'nmea',
    tags: vehiclePoints.map((point) => ({
      ...facts(point),
      ...(point.quantity === 'odometer' || point.quantity === 'vin' ? { asset: TEST_VEHICLE_VIN } : {}),
      address: {
        sentence: point.sentence,
        field: point.field,
        ...(point.sentence === VEHICLE_ODOMETER ? { staleAfterMs: ODOMETER_STALE_MS } : {}),
      },
    })),
  }
}

function checkweigherSource(path: string): unknown {
  return {
    id: 'checkweigher',
    name: { en: 'Checkweigher', de: 'Kontrollwaage' },
    driver: 'serial',
    simulated: true,
    connection: { path, baudRate: 9600 },
    checksum: 'nmea',
    format: 'nmea',
    staleAfterMs: CHECKWEIGHER_STALE_MS,
    lotFrom: LOT_FROM,
    tags: checkweigherPoints.map((point) => ({
      ...facts(point),
      address: { sentence: point.sentence, field: point.field },
    })),
  }
}

/** Only what a tag's configuration takes. */
function facts({ id, label, unit, kind, quantity, range, normal, rate }: PointFacts): object {
  return {
    id,
    label: labelInBoth({ id, label }),
    unit,
    kind,
    quantity,
    ...(range === undefined ? {} : { range }),
    ...(normal === undefined ? {} : { normal }),
    ...(rate === undefined ? {} : { rate }),
  }
}
