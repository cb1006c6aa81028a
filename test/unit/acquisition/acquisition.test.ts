import { afterEach, expect, test } from 'vitest'
import { startAcquisition, type Acquisition } from '../../../src-main/acquisition/acquisition.ts'
import { checkSources, type SourceConfig } from '../../../src-main/acquisition/config.ts'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { QUALITY } from '../../../src-main/acquisition/drivers/driver.ts'
import { systemBindings } from '../../../src-main/acquisition/drivers/create-driver.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import { readRows } from '../../../src-main/wire/rows.ts'
import type { Reading } from '../../../src-main/wire/reading.ts'
import { until } from './collecting-sink.ts'
import { FakeOpcuaServer } from './fake-opcua-server.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const STREAMS = [parseStreamId('0a'.repeat(16)), parseStreamId('0b'.repeat(16))]

/** An OPC UA source and a serial one behind it, on bindings in memory. */
function record(opcua: FakeOpcuaServer): { acquisition: Acquisition; readings: Reading[]; lines: ByteStream[] } {
  const tag = { id: 't', label: 'T', unit: '1', kind: 'float' }
  const checked = checkSources([
    {
      id: 'machine',
      name: 'M',
      driver: 'opcua',
      endpoint: 'opc.tcp://h:1',
      tags: [{ ...tag, address: { node: 'i=1' } }],
    },
    {
      id: 'scale',
      name: 'S',
      driver: 'serial',
      format: 'csv',
      connection: { path: '/dev/t' },
      tags: [{ ...tag, address: { field: 1 } }],
    },
  ]) as { sources: SourceConfig[] }
  const readings: Reading[] = []
  const lines: ByteStream[] = []
  const acquisition = startAcquisition({
    sources: checked.sources,
    streams: checked.sources.map(({ id }, index) => ({
      source: id,
      tag: 't',
      stream: STREAMS[index]!,
      isRecorded: false,
    })),
    certificatesDir: '/nowhere',
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
