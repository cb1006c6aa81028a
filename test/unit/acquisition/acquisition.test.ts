import { afterEach, expect, test } from 'vitest'
import { startAcquisition, type Acquisition } from '../../../src-main/acquisition/acquisition.ts'
import { checkSources, type SourceConfig } from '../../../src-main/acquisition/config.ts'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { systemBindings } from '../../../src-main/acquisition/drivers/create-driver.ts'
import type { StreamAssignment } from '../../../src-main/acquisition/stream-recorder.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { readRows } from '../../../src-main/wire/rows.ts'
import type { Reading } from '../../../src-main/wire/reading.ts'
import { QUALITY } from '../../../src-main/wire/quality.ts'
import { until } from './collecting-sink.ts'
import { FakeOpcuaServer } from './fake-opcua-server.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const STREAMS = { machine: parseStreamId('0a'.repeat(16)), scale: parseStreamId('0b'.repeat(16)) }
const ADDED = parseStreamId('0c'.repeat(16))
const TAG = { id: 't', label: 'T', unit: '1', kind: 'float' }
const MACHINE = {
  id: 'machine',
  name: 'M',
  driver: 'opcua',
  endpoint: 'opc.tcp://h:1',
  tags: [{ ...TAG, address: { node: 'i=1' } }],
}
const SCALE = {
  id: 'scale',
  name: 'S',
  driver: 'serial',
  format: 'csv',
  connection: { path: '/dev/t' },
  tags: [{ ...TAG, address: { field: 1 } }],
}

function sourcesOf(...given: object[]): SourceConfig[] {
  return (checkSources(given) as { sources: SourceConfig[] }).sources
}

function assigned(source: string, stream: StreamId): StreamAssignment {
  return { source, tag: 't', stream, isRecorded: false }
}

/** An OPC UA source and a serial one behind it, on bindings in memory. */
function record(opcua: FakeOpcuaServer): { acquisition: Acquisition; readings: Reading[]; lines: ByteStream[] } {
  const readings: Reading[] = []
  const lines: ByteStream[] = []
  const acquisition = startAcquisition({
    sources: sourcesOf(MACHINE, SCALE),
    streams: [assigned('machine', STREAMS.machine), assigned('scale', STREAMS.scale)],
    serverCertificatesDir: '/nowhere',
    nowUs: () => Date.now() * 1000,
    flushMs: 5,
    onRows: (rows) => readings.push(...readRows(rows)),
    onSourceState: () => undefined,
    bindings: {
      ...systemBindings,
      opcua,
      openSerial: async () => {
        const line: ByteStream = {
          write: () => undefined,
          onData: null,
          onClosed: null,
          destroy: async () => undefined,
        }
        lines.push(line)
        return line
      },
    },
  })
  open.push(() => acquisition.stop())
  return { acquisition, readings, lines }
}

/** Takes the place of the process's handler, as worker.ts does. */
function rescueWith(acquisition: Acquisition): boolean[] {
  const had = process.listeners('uncaughtException')
  const rescued: boolean[] = []
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => rescued.push(acquisition.rescue(error)))
  open.push(async () => {
    process.removeAllListeners('uncaughtException')
    for (const listener of had) process.on('uncaughtException', listener)
  })
  return rescued
}

test("a certificate that is none stops its own source only, and every source's state can still be told", async () => {
  const server = new FakeOpcuaServer()
  server.certificate = Uint8Array.of(1, 2, 3)
  const { acquisition, readings, lines } = record(server)
  await until(
    () => acquisition.states()[0]?.reason.includes('no certificate that can be read') === true,
    "the machine's reason",
  )
  expect(acquisition.certificate('machine')).toBeNull()
  await until(() => lines.length > 0, 'the line')
  await until(() => {
    lines[0]?.onData?.(Buffer.from('1.5\r\n'))
    return readings.length > 0
  }, 'readings of the scale')
})

test('an exception that nobody caught begins its own source anew, and is not taken for that of another', async () => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  const connect = server.connect
  server.connect = (...given) => {
    if (server.connections > 0) return connect(...given)
    setTimeout(() => {
      throw new Error('a mistake')
    }, 20)
    return connect(...given)
  }
  const { acquisition, lines } = record(server)
  const rescued = rescueWith(acquisition)
  await until(() => rescued.length > 0, 'the exception')
  expect(rescued).toEqual([true])
  const [machine, scale] = acquisition.states()
  expect(machine).toMatchObject({ state: 'connecting', reason: expect.stringContaining('failed (a mistake)') })
  expect(scale?.reason).not.toContain('a mistake')
  expect(lines.length).toBeLessThanOrEqual(1)
  await until(() => acquisition.states()[0]?.state === 'live', 'the machine live again', 15_000)
  expect(server.connections).toBe(2)
  expect(acquisition.rescue(new Error('from elsewhere'))).toBe(false)
})

test('a source that tells only changes is read anew when rows are taken again', async () => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  const { acquisition, readings } = record(server)
  await until(() => acquisition.states()[0]?.state === 'live', 'live')
  server.events?.value(0, Date.now() * 1000, { kind: 'float', value: 1 }, 0, false)
  acquisition.hold(true)
  server.events?.value(0, Date.now() * 1000, { kind: 'float', value: 2 }, 0, false)
  acquisition.hold(false)
  acquisition.hold(false)
  await until(() => server.connections === 2 && acquisition.states()[0]?.state === 'live', 'a new subscription')
  acquisition.flush()
  expect(readings.map(({ value, quality }) => [value.kind, quality])).toEqual([
    ['float', 0],
    ['null', QUALITY.badDataUnavailable],
  ])
})

/** The good values of a stream, in the order in which they were passed on. */
function goodOf(readings: readonly Reading[], stream: StreamId): number[] {
  return readings.flatMap((reading) =>
    reading.stream === stream && reading.value.kind === 'float' && reading.quality === 0 ? [reading.value.value] : [],
  )
}

test('another configuration leaves what stays the same running and loses no reading, whatever the order of the streams', async () => {
  const server = new FakeOpcuaServer()
  server.accepted.add(server.fingerprint)
  const { acquisition, readings, lines } = record(server)
  await until(() => acquisition.states()[0]?.state === 'live' && lines.length === 1, 'both sources')
  const says = (value: number): void =>
    server.events?.value(0, Date.now() * 1000, { kind: 'float', value }, QUALITY.good, false)
  const weighs = (line: number, value: number): void => lines[line]?.onData?.(Buffer.from(`${value}\r\n`))
  await until(() => {
    weighs(0, 10)
    return goodOf(readings, STREAMS.scale).length > 0
  }, 'a line in step')
  acquisition.flush()
  readings.length = 0
  says(1)
  weighs(0, 11)

  const sources = sourcesOf({ ...SCALE, name: 'Scale 2' }, MACHINE, {
    ...SCALE,
    id: 'added',
    connection: { path: '/dev/u' },
  })
  const streams = [assigned('added', ADDED), assigned('scale', STREAMS.scale), assigned('machine', STREAMS.machine)]
  const reloaded = acquisition.reload(sources, streams)
  says(2)
  await reloaded
  says(3)
  await until(() => lines.length === 3, 'the lines of the changed source and of the added one')
  await until(() => {
    for (const line of [1, 2]) weighs(line, 10 * line)
    return [STREAMS.scale, ADDED].every((stream) => goodOf(readings, stream).at(-1)! >= 10)
  }, 'readings of both')
  acquisition.flush()

  expect(server.connections).toBe(1)
  expect(server.closed).toBe(0)
  expect(goodOf(readings, STREAMS.machine)).toEqual([1, 2, 3])
  const weighed = goodOf(readings, STREAMS.scale)
  expect(weighed[0]).toBe(11)
  expect(new Set([...weighed.slice(1), ...goodOf(readings, ADDED)])).toEqual(new Set([10, 20]))
  expect(
    acquisition
      .states()
      .map(({ source }) => source)
      .toSorted(),
  ).toEqual(['added', 'machine', 'scale'])
})
