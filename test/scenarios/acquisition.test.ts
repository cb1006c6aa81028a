import { X509Certificate } from 'node:crypto'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sourcesSchema, type OpcuaSource, type SourceConfig } from '../../src-main/acquisition/config.ts'
import { startAcquisitionWorker } from '../../src-main/acquisition/handle.ts'
import type { SourceState } from '../../src-main/acquisition/source-state.ts'
import { machineVariables, momentOf } from '../../src-main/simulator/filling-machine.ts'
import type { Plant } from '../../src-main/simulator/plant.ts'
import { openTtyPair } from '../../src-main/simulator/tty-pair.ts'
import { FLAG, qualityClass } from '../../src-main/wire/quality.ts'
import { readRows } from '../../src-main/wire/rows.ts'
import { rtuFrame } from '../unit/acquisition/modbus-devices.ts'
import { Recording, SEED, streamsOf, temporaryFolder, testPlant, until } from './acquisition-plant.ts'

const hasSocat = spawnSync('socat', ['-V']).status === 0
if (!hasSocat) console.warn('socat is not installed: the scenarios of serial devices are skipped')

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function folder(): Promise<string> {
  const made = await temporaryFolder()
  open.push(made.remove)
  return made.folder
}

function record(sources: SourceConfig[], serverCertificatesDir: string): Recording {
  const recording = new Recording(sources, serverCertificatesDir)
  open.push(() => recording.acquisition.stop())
  return recording
}

function withoutPin(source: SourceConfig): OpcuaSource {
  const { trustedFingerprint: _, ...rest } = source as OpcuaSource
  return rest
}

let plant: Plant
let sources: Awaited<ReturnType<typeof testPlant>>['sources']
let plantLines: string[]
let removePlant: () => Promise<void>

beforeAll(async () => {
  const made = await temporaryFolder()
  removePlant = made.remove
  const started = await testPlant(made.folder)
  plant = started.plant
  sources = started.sources
  plantLines = started.lines
})

afterAll(async () => {
  await plant.stop()
  await removePlant()
})

describe('the plant', () => {
  test('has about 60 points, and every one of them is marked as simulated', async () => {
    const all = Object.values(sources).flat()
    expect(all.flatMap((source) => source.tags).length).toBeGreaterThanOrEqual(55)
    expect(all.every((source) => source.simulated)).toBe(true)
    if (!hasSocat) expect(plantLines[0]).toContain('install the package "socat"')
  })

  test.skipIf(!hasSocat)(
    'gives 100 to 200 values a second from all five devices, all good and flagged as simulated',
    async () => {
      const all = Object.values(sources).flat()
      // A checkweigher says nothing while the belt is empty.
      plant.checkweigher.begin({ lot: '0001', bottles: 900, fails: false })
      const recording = record(all, await folder())
      await until(() => all.every((source) => recording.state(source.id)?.state === 'live'), 'every source live')
      const before = recording.readings.length
      const fromMs = performance.now()
      await sleep(4000)
      const perSecond = (recording.readings.length - before) / ((performance.now() - fromMs) / 1000)
      expect(perSecond).toBeGreaterThan(90)
      expect(perSecond).toBeLessThan(220)
      for (const { stream, tag } of recording.streams)
        expect(
          recording.readings.some((reading) => reading.stream === stream),
          tag,
        ).toBe(true)
      expect(
        recording.readings.filter(
          (reading) => qualityClass(reading.quality) !== 'good' || (reading.flags & FLAG.simulated) === 0,
        ),
      ).toEqual([])
      expect(recording.gaps).toEqual([])
    },
  )
})

describe('OPC UA', () => {
  test('values and times arrive bit by bit as the machine had them, 64-bit integers and microseconds too', async () => {
    const recording = record(sources['gw-fill-1'], await folder())
    await until(() => recording.of('filler-1', 'bottles-total').length > 5, 'counts')
    await until(() => machineVariables.every(({ id }) => recording.of('filler-1', id).length > 0), 'every variable')
    for (const variable of machineVariables) {
      for (const { value, sourceTimeUs } of recording.of('filler-1', variable.id)) {
        const made = variable.at(momentOf(SEED, sourceTimeUs / 1000))
        const expected =
          variable.type === 'Float' ? Math.fround(made as number) : variable.kind === 'integer' ? BigInt(made) : made
        expect([variable.id, value.kind, 'value' in value ? value.value : null]).toEqual([
          variable.id,
          variable.kind,
          expected,
        ])
      }
    }
    expect(recording.readings.some(({ sourceTimeUs }) => sourceTimeUs % 1000 !== 0)).toBe(true)
  })

  test('an unknown server is not trusted until a person says so, and the decision outlives a restart', async () => {
    const certificates = await folder()
    const source = withoutPin(sources['gw-fill-1'][0]!)
    const recording = record([source], certificates)
    await until(() => recording.state('filler-1')?.state === 'untrusted', 'untrusted')
    expect(recording.acquisition.certificate('filler-1')).toMatchObject({
      fingerprint: plant.endpoints.opcua.fingerprint,
      trusted: false,
    })
    await sleep(300)
    expect(recording.readings).toEqual([])
    await expect(recording.acquisition.trust('filler-1', '00'.repeat(32), 'trust')).rejects.toMatchObject({
      code: 'fingerprint_differs',
    })
    await recording.acquisition.trust('filler-1', plant.endpoints.opcua.fingerprint, 'trust')
    await until(() => recording.readings.length > 0, 'readings')
    await recording.acquisition.stop()
    const again = record([source], certificates)
    await until(() => again.readings.length > 0, 'readings without being asked again')
    expect(again.states.some(({ state }) => state === 'untrusted')).toBe(false)
  })

  test('the raw library trusts the same server without a word', async () => {
    process.env['XDG_CONFIG_HOME'] = await folder()
    const { getDefaultCertificateManager, MessageSecurityMode, OPCUAClient, SecurityPolicy } =
      await import('node-opcua')
    const manager = getDefaultCertificateManager('PKI')
    const client = OPCUAClient.create({
      clientCertificateManager: manager,
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0 },
      securityMode: MessageSecurityMode.SignAndEncrypt,
      securityPolicy: SecurityPolicy.Aes256_Sha256_RsaPss,
    })
    open.push(async () => {
      await client.disconnect()
      await manager.dispose()
    })
    await expect(client.connect(plant.endpoints.opcua.endpoint)).resolves.toBeUndefined()
  })

  test('a frozen server is stale after three publishing intervals, and a gap tells of it when it thaws', async () => {
    const source = { ...(sources['gw-fill-1'][0] as OpcuaSource), publishingIntervalMs: 500, samplingIntervalMs: 500 }
    const recording = record([source], await folder())
    await until(() => recording.of('filler-1', 'speed').length > 2, 'readings')
    open.push(async () => plant.faults.freeze('machine', false))
    plant.faults.freeze('machine', true)
    const frozenAtMs = performance.now()
    await until(() => recording.state('filler-1')?.state === 'stale', 'stale')
    const stale = recording.states.findLast(({ state }) => state === 'stale')
    const tookMs = Math.round(stale!.atMs - frozenAtMs)
    // The newest notification may be one interval old when the server freezes.
    expect(tookMs).toBeGreaterThanOrEqual(2 * 500)
    process.stdout.write(`a frozen server was stale after ${tookMs} ms, publishing every 500 ms\n`)
    await until(() => recording.of('filler-1', 'speed').at(-1)?.value.kind === 'null', 'the mark of the interruption')
    plant.faults.freeze('machine', false)
    await until(
      () => recording.gaps.length > 0 && recording.state('filler-1')?.state === 'live',
      'live again with gaps',
    )
    expect(recording.gaps[0]?.reason).toContain('no notification for 1500 ms')
    await until(
      () => source.tags.every(({ id }) => recording.of('filler-1', id).at(-1)?.quality === 0),
      'good values of all tags, also of those that do not change',
    )
  })

  test('a lost connection is a gap with its reason, and reading goes on by itself', async () => {
    const recording = record(sources['gw-fill-1'], await folder())
    await until(() => recording.of('filler-1', 'speed').length > 2, 'readings')
    plant.faults.drop('machine')
    await until(() => recording.state('filler-1')?.state === 'connecting', 'the loss to be noticed')
    await until(() => recording.state('filler-1')?.state === 'live' && recording.gaps.length > 20, 'live again')
    expect(recording.gaps[0]?.reason).toBe('the connection was lost')
  })

  test('a server that refuses our certificate is named as the side that refuses, with what to do', async () => {
    const strict = await testPlant(await folder(), { acceptClients: false })
    open.push(strict.plant.stop)
    const certificates = await folder()
    const recording = record(strict.sources['gw-fill-1'], certificates)
    await until(() => recording.state('filler-1')?.state === 'refused', 'refused')
    const own = new X509Certificate(await readFile(join(certificates, 'own', 'certs', 'plumbline.pem')))
    expect(recording.state('filler-1')?.reason).toContain("The server refuses this gateway's certificate")
    expect(recording.state('filler-1')?.reason.replaceAll(' ', '')).toContain(own.fingerprint256.replaceAll(':', ''))
    await strict.plant.trustClient(own.raw)
    await until(() => recording.readings.length > 0, 'readings once the server trusts us', 40_000)
  })

  test('nothing is printed on standard output, whatever happens', async () => {
    const script = fileURLToPath(new URL('./acquisition-quiet.ts', import.meta.url))
    // Not spawnSync: the plant it talks to lives in this process.
    const child = await promisify(execFile)(process.execPath, [script, plant.endpoints.opcua.endpoint, await folder()])
    expect(child.stdout).toBe('')
  })
})

describe('Modbus', () => {
  test('answers that come late, and a frozen meter, never give a wrong value', async () => {
    const meter = { ...sources['gw-energy-2'][0]!, timeoutMs: 150 } as SourceConfig
    const recording = record([meter], await folder())
    await until(() => recording.of('energy-meter', 'frequency').length > 2, 'readings')
    open.push(
      async () => plant.faults.delayReplies('meter', 0),
      async () => plant.faults.freeze('meter', false),
    )
    for (const delayMs of [100, 200, 400, 0]) {
      plant.faults.delayReplies('meter', delayMs)
      await sleep(800)
    }
    plant.faults.freeze('meter', true)
    await until(() => recording.state('energy-meter')?.state === 'stale', 'stale')
    plant.faults.freeze('meter', false)
    const readings = recording.readings.length
    await until(() => recording.readings.length > readings + 16, 'readings again')
    expectPlausibleMeter(recording)
    expect(recording.gaps.length).toBeGreaterThan(0)
  })

  test('a reset connection is made again', async () => {
    const recording = record(sources['gw-energy-2'], await folder())
    await until(() => recording.readings.length > 20, 'readings')
    plant.faults.drop('meter')
    await until(() => recording.gaps.length > 0, 'a gap')
    expectPlausibleMeter(recording)
  })
})

describe.skipIf(!hasSocat)('serial lines', () => {
  test("Modbus RTU runs on a real tty, and late answers there never become another register's value", async () => {
    const dir = await folder()
    const pair = await openTtyPair(dir, 'rtu')
    let requests = 0
    pair.onData = (bytes) => {
      const request = Buffer.from(bytes)
      const count = request.readUInt16BE(4)
      const registers = Array.from({ length: count }, (_, index) => request.readUInt16BE(2) + index)
      const pdu = Buffer.of(3, count * 2, ...registers.flatMap((register) => [register >> 8, register & 255]))
      // Every fifth answer comes after its timeout.
      setTimeout(() => pair.write(rtuFrame(1, pdu)), requests++ % 5 === 4 ? 180 : 0)
    }
    open.push(pair.close)
    const tags = [3, 200, 400].map((address) => ({
      id: `r${address}`,
      label: 'R',
      unit: '1',
      kind: 'integer',
      address: { table: 'holding', address },
    }))
    const connection = { transport: 'rtu', path: pair.gatewayPath }
    const recording = record(
      sourcesSchema.parse([
        {
          id: 'rtu',
          name: 'RTU',
          driver: 'modbus',
          connection,
          pollIntervalMs: 100,
          timeoutMs: 100,
          latenessMs: 200,
          tags,
        },
      ]),
      dir,
    )
    await until(() => requests > 25, 'requests')
    for (const address of [3, 200, 400]) {
      const good = recording.of('rtu', `r${address}`).filter(({ quality }) => quality === 0)
      expect(good.length).toBeGreaterThan(2)
      for (const { value } of good) expect(value).toEqual({ kind: 'integer', value: BigInt(address) })
    }
  })

  test('damaged frames give bad values with the frame beside them, and never a wrong one', async () => {
    const recording = record(sources['gw-store-3'], await folder())
    await until(() => recording.of('cold-store', 'probe-1').length > 2, 'readings')
    open.push(async () => plant.faults.badChecksum('logger', false))
    plant.faults.badChecksum('logger', true)
    await until(() => recording.of('cold-store', 'probe-1').some(({ quality }) => quality !== 0), 'bad values')
    plant.faults.badChecksum('logger', false)
    const bad = recording.of('cold-store', 'probe-1').filter(({ quality }) => quality !== 0)
    expect(bad.every(({ value, evidence }) => value.kind === 'null' && evidence !== undefined)).toBe(true)
    await until(() => recording.of('cold-store', 'probe-1').at(-1)?.quality === 0, 'good values again')
  })

  test('a silent device is stale, and its odometer never runs back', async () => {
    const vehicle = { ...sources['gw-store-3'][1]!, staleAfterMs: 2000 } as SourceConfig
    const recording = record([vehicle], await folder())
    await until(() => recording.of('test-vehicle', 'odometer').length > 1, 'readings')
    open.push(async () => plant.faults.freeze('vehicle', false))
    plant.faults.freeze('vehicle', true)
    await until(() => recording.state('test-vehicle')?.state === 'stale', 'stale')
    plant.faults.freeze('vehicle', false)
    await until(() => recording.gaps.length > 0, 'the gap')
    const km = recording
      .of('test-vehicle', 'odometer')
      .flatMap(({ value }) => (value.kind === 'float' ? [value.value] : []))
    expect(km).toEqual(km.toSorted((a, b) => a - b))
    expect(recording.of('test-vehicle', 'vin')[0]?.value).toEqual({ kind: 'text', value: 'WPLUMB42TEST00017' })
  })

  test('socat ends with the plant even when the plant is killed', async () => {
    const module = new URL('../../src-main/simulator/tty-pair.ts', import.meta.url).href
    const code = `import { openTtyPair } from '${module}'; console.log((await openTtyPair(process.argv[1], 'x')).pid); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, await folder()])
    const pid = await new Promise<number>((resolve) => child.stdout.once('data', (line) => resolve(Number(line))))
    expect(pid).toBeGreaterThan(0)
    child.kill('SIGKILL')
    const isThere = (): boolean => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    }
    await until(() => !isThere(), 'the end of socat', 5000)
  })

  test('no socat is left behind', async () => {
    const other = await testPlant(await folder())
    expect(other.plant.children).toHaveLength(3)
    await other.plant.stop()
    for (const pid of other.plant.children) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})

describe('the acquiring process', () => {
  test('that cannot go on says why and is started again', async () => {
    const reasons: string[] = []
    let deaths = 0
    const handle = startAcquisitionWorker({
      sources: sources['gw-energy-2'],
      streams: [],
      serverCertificatesDir: await folder(),
      onRows: () => undefined,
      onDied: () => deaths++,
      onSourceState: ({ state, reason }) => reasons.push(`${state}: ${reason}`),
    })
    open.push(() => handle.stop())
    await until(() => reasons.length === 2, 'two starts')
    expect(deaths).toBe(2)
    expect(reasons[1]).toBe(
      'stopped: Tag "voltage-l1" of source "energy-meter" has no stream. Register one before starting it. It is started again.',
    )
  })

  test.skipIf(!hasSocat)('reads serial lines, which would abort a worker thread', async () => {
    const logger = sources['gw-store-3'][0]!
    let rows = 0
    const handle = startAcquisitionWorker({
      sources: [logger],
      streams: streamsOf([logger]),
      serverCertificatesDir: await folder(),
      onRows: () => rows++,
      onDied: () => undefined,
      onSourceState: () => undefined,
    })
    open.push(() => handle.stop())
    await until(() => rows > 2 && handle.states()[0]?.state === 'live', 'rows from a serial line')
  })

  test('passes rows, states and decisions, and goes on with another configuration', async () => {
    const states = new Map<string, SourceState>()
    const counts = new Map<string, number>()
    const machine = withoutPin(sources['gw-fill-1'][0]!)
    const meter = sources['gw-energy-2'][0]!
    const streams = streamsOf([machine, meter])
    const handle = startAcquisitionWorker({
      sources: [machine],
      streams: streams.filter(({ source }) => source === 'filler-1'),
      serverCertificatesDir: await folder(),
      onRows: (rows) => {
        for (const { stream } of readRows(rows)) counts.set(stream, (counts.get(stream) ?? 0) + 1)
      },
      onDied: () => undefined,
      onSourceState: (state) => states.set(state.source, state),
    })
    open.push(() => handle.stop())
    await until(() => states.get('filler-1')?.state === 'untrusted', 'untrusted')
    await expect(handle.trust('filler-1', '00'.repeat(32), 'trust')).rejects.toMatchObject({
      code: 'fingerprint_differs',
    })
    await expect(handle.trust('filer-1', '', 'trust')).rejects.toThrow(
      'There is no source "filer-1". Did you mean "filler-1"?',
    )
    expect(handle.certificate('filler-1')?.fingerprint).toBe(plant.endpoints.opcua.fingerprint)
    await handle.trust('filler-1', plant.endpoints.opcua.fingerprint, 'trust')
    await until(() => counts.size === machine.tags.length, 'every tag')
    await handle.reload([machine, meter], streams)
    await until(() => counts.size === machine.tags.length + meter.tags.length, 'every tag of both')
    await handle.stop()
    expect(states.get('filler-1')?.state).toBe('stopped')
  })
})

/** Every good value of the meter lies where only that point's values lie. */
function expectPlausibleMeter(recording: Recording): void {
  const limits: Record<string, [number, number]> = {
    'voltage-l1': [220, 240],
    frequency: [49.9, 50.1],
    'power-factor': [0.9, 1],
    'active-power': [80, 300],
  }
  for (const [tag, [low, high]] of Object.entries(limits)) {
    for (const { value, quality } of recording.of('energy-meter', tag)) {
      if (quality !== 0 || value.kind !== 'float') continue
      expect(value.value, tag).toBeGreaterThan(low)
      expect(value.value, tag).toBeLessThan(high)
    }
  }
}
