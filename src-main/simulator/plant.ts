/**
 * The demo plant: one hall with a filling machine (OPC UA), an energy meter (Modbus TCP), a checkweigher, a temperature
 * logger and a test vehicle's data box (serial lines). Real servers and real ttys on loopback; every value is made up, and says so.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Checkweigher } from './checkweigher.ts'
import { meterRegisters } from './energy-meter.ts'
import { startModbusServer } from './modbus-server.ts'
import type { MachineServer } from './opcua-server.ts'
import { openRelay, type Relay } from './relay.ts'
import { damaged, loggerLine, vehicleOdometerLine, vehicleStateLine } from './serial-devices.ts'
import { gatewayPathOf, openTtyPair, type TtyPair } from './tty-pair.ts'
import { Odometer } from './vehicle-past.ts'

export const METER_UNIT = 1
const LOGGER_EVERY_MS = 500
const VEHICLE_EVERY_MS = 1000
const CHECKWEIGHER_EVERY_MS = 1000
/** An odometer needs no fine trace, and whoever certifies it discloses every reading. */
const ODOMETER_EVERY_S = 30
/** Just after the start it comes more often, so that nobody waits for the first. */
const FIRST_SECONDS = 30
const ODOMETER_EVERY_S_FIRST = 5
const METER_REFRESH_MS = 200

export interface PlantOptions {
  /** Folder for certificates and tty links; made when missing. */
  dir: string
  /** Ports for the two servers; 0 or absent takes a free one. */
  ports?: { opcua?: number; modbus?: number }
  seed: number
  nowUs: () => number
  /** One line each, for people. */
  log: (line: string) => void
  /** Seconds between two readings of the vehicle's odometer; default 30, more often just after the start. */
  odometerEveryS?: number
  /** False: the machine refuses gateways it does not know. Default true. */
  acceptClients?: boolean
}

export interface PlantEndpoints {
  opcua: { endpoint: string; fingerprint: string }
  modbus: { host: string; port: number; unit: number }
  /** The paths stand even where the machine cannot make ttys (`present` false); their sources then say that they wait. */
  logger: { path: string; present: boolean }
  vehicle: { path: string; present: boolean }
  checkweigher: { path: string; present: boolean }
}

export type PlantDevice = 'machine' | 'meter' | 'logger' | 'vehicle'

/** Faults for training and tests; each lasts until it is taken back. */
export interface PlantFaults {
  /** The device goes on, nothing passes: connections stay open in silence. */
  freeze(device: PlantDevice, frozen: boolean): void
  /** Every connection is reset once; serial devices have none. */
  drop(device: 'machine' | 'meter'): void
  /** Answers come this much later. */
  delayReplies(device: 'machine' | 'meter', delayMs: number): void
  /** Frames arrive with a digit changed. */
  badChecksum(device: 'logger' | 'vehicle', bad: boolean): void
  /** Values no longer move. */
  stick(device: PlantDevice, stuck: boolean): void
}

export interface Plant {
  endpoints: PlantEndpoints
  faults: PlantFaults
  /** Its belt is empty until somebody begins a lot. */
  checkweigher: Checkweigher
  /** The machine's server, for tests of its own trust decision. */
  trustClient: (certificate: Uint8Array) => Promise<void>
  /** Process ids of the helpers it started. */
  children: number[]
  /** Ends everything within a few seconds. */
  stop(): Promise<void>
}

/** Starts all devices. Without socat it goes on without the serial ones and says so. Rejects when a wanted port is in use. */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  await mkdir(options.dir, { recursive: true })
  const closers: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> =>
    void (await Promise.allSettled(
      closers
        .splice(0)
        .toReversed()
        .map((close) => close()),
    ))
  try {
    const machine = await startMachine(options, closers)
    const meter = await startMeter(options, closers)
    const checkweigher = new Checkweigher(options.seed)
    const logger = await startSerial(options, closers, 'logger', LOGGER_EVERY_MS, (timeMs) => [
      loggerLine(options.seed, timeMs),
    ])
    const more = async (name: string, everyMs: number, linesAt: LinesAt): Promise<SerialDevice | null> =>
      logger === null ? null : await startSerial(options, closers, name, everyMs, linesAt)
    const vehicle = await more('vehicle', VEHICLE_EVERY_MS, vehicleLines(options))
    const scale = await more('checkweigher', CHECKWEIGHER_EVERY_MS, () => checkweigher.lines())
    return {
      endpoints: {
        opcua: {
          endpoint: `opc.tcp://127.0.0.1:${machine.relay.port}/filler`,
          fingerprint: machine.server.fingerprint,
        },
        modbus: { host: '127.0.0.1', port: meter.relay.port, unit: METER_UNIT },
        logger: { path: gatewayPathOf(options.dir, 'logger'), present: logger !== null },
        vehicle: { path: gatewayPathOf(options.dir, 'vehicle'), present: vehicle !== null },
        checkweigher: { path: gatewayPathOf(options.dir, 'checkweigher'), present: scale !== null },
      },
      checkweigher,
      faults: faultsOf(options.nowUs, machine, meter, { logger, vehicle }),
      trustClient: machine.server.trustClient,
      children: [logger, vehicle, scale].flatMap((device) => (device === null ? [] : [device.pair.pid])),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Closers = (() => Promise<void>)[]

async function startMachine(options: PlantOptions, closers: Closers): Promise<{ server: MachineServer; relay: Relay }> {
  // The OPC UA stack takes seconds to load: only who starts a plant pays for it.
  const { startMachineServer } = await import('./opcua-server.ts')
  const server = await startMachineServer({
    folder: join(options.dir, 'machine-certificates'),
    seed: options.seed,
    nowUs: options.nowUs,
    acceptClients: options.acceptClients ?? true,
  })
  closers.push(server.close)
  const relay = await openRelay(options.ports?.opcua ?? 0, server.port)
  closers.push(relay.close)
  return { server, relay }
}

async function startMeter(
  options: PlantOptions,
  closers: Closers,
): Promise<{ relay: Relay; stick: (stuck: boolean) => void }> {
  let stuckAtMs: number | null = null
  // All registers of a refresh belong to one instant, as in a real meter.
  const refreshedMs = () => Math.floor((stuckAtMs ?? options.nowUs() / 1000) / METER_REFRESH_MS) * METER_REFRESH_MS
  const server = await startModbusServer(METER_UNIT, (table) => meterRegisters(table, options.seed, refreshedMs()))
  closers.push(server.close)
  const relay = await openRelay(options.ports?.modbus ?? 0, server.port)
  closers.push(relay.close)
  return { relay, stick: (stuck) => (stuckAtMs = stuck ? options.nowUs() / 1000 : null) }
}

/** A device that sends a line by itself at its own pace. */
interface SerialDevice {
  pair: TtyPair
  silent: boolean
  bad: boolean
  stuckAtMs: number | null
}

/** What a device sends at a time, without the ends of lines. */
type LinesAt = (timeMs: number) => string[]

async function startSerial(
  options: PlantOptions,
  closers: Closers,
  name: string,
  everyMs: number,
  linesAt: LinesAt,
): Promise<SerialDevice | null> {
  const pair = await openTtyPair(options.dir, name).catch((error: unknown) => {
    options.log((error as Error).message)
    return null
  })
  if (pair === null) return null
  const device: SerialDevice = { pair, silent: false, bad: false, stuckAtMs: null }
  const send = (): void => {
    const lines = linesAt(device.stuckAtMs ?? options.nowUs() / 1000)
    if (device.silent) return
    for (const line of lines) pair.write(Buffer.from(`${device.bad ? damaged(line) : line}\r\n`, 'latin1'))
  }
  const timer = setInterval(send, everyMs)
  closers.push(async () => {
    clearInterval(timer)
    await pair.close()
  })
  return device
}

/** What the data box sends at each second: its state, and in some seconds the odometer. */
function vehicleLines(options: PlantOptions): LinesAt {
  const odometer = new Odometer(options.seed)
  let second = 0
  return (timeMs) => {
    const everyS = options.odometerEveryS ?? (second < FIRST_SECONDS ? ODOMETER_EVERY_S_FIRST : ODOMETER_EVERY_S)
    const state = vehicleStateLine(odometer, options.seed, timeMs)
    return second++ % everyS === 0 ? [vehicleOdometerLine(odometer, timeMs), state] : [state]
  }
}

function faultsOf(
  nowUs: () => number,
  machine: { server: MachineServer; relay: Relay },
  meter: { relay: Relay; stick: (stuck: boolean) => void },
  serial: { logger: SerialDevice | null; vehicle: SerialDevice | null },
): PlantFaults {
  const relays = { machine: machine.relay, meter: meter.relay }
  const stickSerial = (device: SerialDevice | null, stuck: boolean): void => {
    if (device !== null) device.stuckAtMs = stuck ? nowUs() / 1000 : null
  }
  return {
    freeze: (device, frozen) => {
      if (device === 'machine' || device === 'meter') relays[device].freeze(frozen)
      else if (serial[device] !== null) serial[device].silent = frozen
    },
    drop: (device) => relays[device].drop(),
    delayReplies: (device, delayMs) => relays[device].delayAnswers(delayMs),
    badChecksum: (device, bad) => {
      if (serial[device] !== null) serial[device].bad = bad
    },
    stick: (device, stuck) => {
      if (device === 'machine') machine.server.stick(stuck)
      else if (device === 'meter') meter.stick(stuck)
      else stickSerial(serial[device], stuck)
    },
  }
}
