import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { ModbusSource } from '../../../src-main/acquisition/config.ts'
import { ModbusDriver } from '../../../src-main/acquisition/drivers/modbus/driver.ts'
import { openModbusLink } from '../../../src-main/acquisition/drivers/modbus/open-link.ts'
import { decodeCbor } from '../../../src-main/wire/cbor.ts'
import { QUALITY } from '../../../src-main/wire/quality.ts'
import { CollectingSink, sourceOf, testEnvironment, until } from './collecting-sink.ts'
import { startDevice, type Behaviour, type TestDevice } from './modbus-devices.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function run(
  behaviour: Behaviour,
  tags: object[],
  more: object = {},
): Promise<{ sink: CollectingSink; device: TestDevice; driver: ModbusDriver }> {
  const device = await startDevice('tcp', behaviour)
  const source = sourceOf<ModbusSource>({
    id: 'meter',
    name: 'Meter',
    driver: 'modbus',
    connection: { transport: 'tcp', host: '127.0.0.1', port: device.port },
    pollIntervalMs: 50,
    timeoutMs: 60,
    ...more,
    tags: tags.map((address, index) => ({
      id: `t${index}`,
      label: `T${index}`,
      unit: '1',
      kind: 'integer',
      address: { table: 'holding', ...address },
    })),
  })
  const sink = new CollectingSink()
  const driver = new ModbusDriver(source, sink, testEnvironment, () => openModbusLink(source.connection))
  open.push(device.close, () => driver.stop())
  driver.start()
  return { sink, device, driver }
}

test('reads its tags in one block, with the raw registers beside each value', async () => {
  const { sink, device } = await run(() => ({ delayMs: 0 }), [{ address: 10 }, { address: 12, type: 'uint32' }])
  await until(() => sink.samples.length >= 4, 'two polls')
  expect(device.requests).toBeLessThanOrEqual(sink.samples.length / 2 + 1)
  expect(sink.samples.slice(0, 2).map(({ tag, value, quality }) => [tag, value, quality])).toEqual([
    [0, { kind: 'integer', value: 10n }, 0],
    [1, { kind: 'integer', value: (12n << 16n) | 13n }, 0],
  ])
  const evidence = decodeCbor(sink.samples[1]!.evidence!, { maxBytes: 100, maxDepth: 2 })
  expect(evidence).toEqual(['modbus', 1, 'holding', 12, Uint8Array.of(0, 12, 0, 13)])
  expect(sink.now).toMatchObject({ state: 'live', reason: '' })
})

test('keeps its pace', async () => {
  const { sink } = await run(() => ({ delayMs: 20 }), [{ address: 1 }])
  await until(() => sink.samples.length > 0, 'a first poll')
  const before = sink.samples.length
  await sleep(500)
  expect(sink.samples.length - before).toBeGreaterThanOrEqual(5)
  expect(sink.samples.length - before).toBeLessThanOrEqual(11)
})

test('an exception becomes a missing value with the status that says why', async () => {
  const { sink } = await run(() => ({ exception: 4 }), [{ address: 1 }])
  await until(() => sink.samples.length > 0, 'the exception')
  expect(sink.samples[0]).toMatchObject({ value: { kind: 'null' }, quality: QUALITY.badDeviceFailure })
})

test('a device that refuses only what lies between gets smaller requests', async () => {
  const { sink } = await run(
    ({ count }) => (count > 1 ? { exception: 2 } : { delayMs: 0 }),
    [{ address: 1 }, { address: 9 }],
  )
  await until(() => sink.samples.some(({ tag }) => tag === 0) && sink.samples.some(({ tag }) => tag === 1), 'both tags')
  expect(new Set(sink.samples.map(({ value }) => (value.kind === 'integer' ? value.value : null)))).toEqual(
    new Set([1n, 9n]),
  )
})

test('a dead unit never stalls the others, and is asked ever more rarely', async () => {
  let askedInVain = 0
  const { sink } = await run(
    ({ unit }) => {
      if (unit !== 2) return { delayMs: 0 }
      askedInVain++
      return 'silent'
    },
    [{ address: 1 }, { address: 2, unit: 2 }],
  )
  await until(() => sink.interruptions.length >= 3, 'the quarantine of unit 2')
  expect(sink.interruptions[0]).toMatchObject({ quality: QUALITY.badTimeout, tags: [1] })
  const [asked, samples] = [askedInVain, sink.samples.length]
  await sleep(500)
  expect(sink.samples.length - samples).toBeGreaterThanOrEqual(5)
  expect(askedInVain).toBe(asked)
  expect(sink.now).toMatchObject({ state: 'live', reason: expect.stringContaining('unit 2 does not answer') })
})

test('one block that a device ignores is bad and asked ever more rarely, while the rest of the unit is read', async () => {
  let askedInVain = 0
  const { sink } = await run(
    ({ address }) => {
      if (address < 2000) return { delayMs: 0 }
      askedInVain++
      return 'silent'
    },
    [{ address: 7 }, { address: 2000 }],
  )
  await until(() => sink.interruptions.length >= 3, 'the quarantine of the block')
  const [asked, samples] = [askedInVain, sink.samples.length]
  await until(() => sink.samples.length > samples + 8, 'the other block')
  expect(askedInVain).toBe(asked)
  expect(sink.interruptions.map(({ tags }) => tags)).toEqual([[1], [1], [1]])
  expect(sink.samples.every(({ tag, value }) => tag === 0 && value.kind === 'integer' && value.value === 7n)).toBe(true)
  expect(sink.now).toEqual({
    state: 'live',
    reason: 'unit 1 does not answer for holding 2000: no reply within 60 ms',
    atMs: expect.any(Number),
  })
})

test('a unit that answers none of its blocks is asked through all of them, so that it is found again by any', async () => {
  const asked: number[] = []
  const { sink } = await run(
    ({ unit, address }) => {
      if (unit === 1) return { delayMs: 0 }
      asked.push(address)
      return 'silent'
    },
    [{ address: 1 }, { address: 100, unit: 2 }, { address: 200, unit: 2 }, { address: 300, unit: 2 }],
  )
  await until(() => sink.interruptions.length >= 3, 'the quarantine of unit 2')
  expect(new Set(asked)).toEqual(new Set([100, 200, 300]))
  expect(sink.now?.reason).toMatch(/^unit 2 does not answer: /)
})

test('is stale when no unit answers, and live again when one does', async () => {
  let silent = false
  const { sink } = await run(() => (silent ? 'silent' : { delayMs: 0 }), [{ address: 1 }])
  await until(() => sink.now?.state === 'live', 'live')
  silent = true
  await until(() => sink.now?.state === 'stale', 'stale')
  silent = false
  await until(() => sink.now?.state === 'live', 'live again')
})

test('a lost connection is told with its reason and made again', async () => {
  let reset = false
  const { sink, device } = await run(() => {
    if (!reset) return { delayMs: 0 }
    reset = false
    return 'reset'
  }, [{ address: 1 }])
  await until(() => sink.samples.length > 0, 'a first poll')
  reset = true
  await until(() => sink.interruptions.length > 0, 'the interruption')
  expect(sink.interruptions[0]).toMatchObject({
    quality: QUALITY.badNotConnected,
    reason: expect.stringContaining('ECONNRESET'),
  })
  expect(sink.now).toMatchObject({
    state: 'connecting',
    reason: expect.stringContaining('next try in 1 s. Check cable, power and address'),
  })
  const samples = sink.samples.length
  await until(() => sink.samples.length > samples, 'samples again')
  expect(device.connections).toBe(2)
})

test('stops at once while the device is silent, and says nothing afterwards', async () => {
  const { sink, driver } = await run(() => 'silent', [{ address: 1 }], { timeoutMs: 5000 })
  await sleep(50)
  const startMs = performance.now()
  await driver.stop()
  expect(performance.now() - startMs).toBeLessThan(500)
  const said = sink.states.length + sink.samples.length + sink.interruptions.length
  await sleep(100)
  expect(sink.states.length + sink.samples.length + sink.interruptions.length).toBe(said)
})
