/** What modbus-serial does by itself, each beside what happens here: the reasons for the strict ports and the line. */
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import modbusSerial from 'modbus-serial'
import { openTcp } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { ModbusLine, type ReadOutcome } from '../../../src-main/acquisition/drivers/modbus/line.ts'
import type { ModbusRequest } from '../../../src-main/acquisition/drivers/modbus/link.ts'
import { openModbusLink } from '../../../src-main/acquisition/drivers/modbus/open-link.ts'
import { until } from './collecting-sink.ts'
import { registerOf, startDevice, type Behaviour, type TestDevice } from './modbus-devices.ts'

const ModbusRTU = modbusSerial as unknown as typeof modbusSerial.default
type RawClient = InstanceType<typeof ModbusRTU>
const PROMPT = { delayMs: 0 } as const

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function deviceWith(behaviour: Behaviour): Promise<TestDevice> {
  const device = await startDevice('tcp', behaviour)
  open.push(device.close)
  return device
}

async function rawClient(device: TestDevice): Promise<RawClient> {
  const client = new ModbusRTU()
  await client.connectTCP('127.0.0.1', { port: device.port })
  open.push(async () => client.destroy(() => undefined))
  return client
}

function lineTo(device: TestDevice, timeoutMs = 5000): ModbusLine {
  const connection = { transport: 'tcp', host: '127.0.0.1', port: device.port } as const
  const line = new ModbusLine(() => openModbusLink(connection), { timeoutMs, latenessMs: 60 })
  open.push(() => line.close())
  return line
}

const read = (address: number, unit = 1): ModbusRequest => ({ unit, table: 'holding', address, count: 1 })

function register(outcome: ReadOutcome): number | string {
  return outcome.kind === 'data' ? (outcome.bytes[0]! << 8) | outcome.bytes[1]! : outcome.kind
}

describe('a connection that is reset', () => {
  const resetting: Behaviour = () => 'reset'

  test('is no error to the raw library: the request hangs until a timeout, if there is one', async () => {
    const client = await rawClient(await deviceWith(resetting))
    const errors: unknown[] = []
    client.on('error', (error) => errors.push(error))
    let settled = false
    const settle = () => (settled = true)
    client.readHoldingRegisters(7, 1).then(settle, settle)
    await until(() => !client.isOpen, 'the reset')
    for (let turns = 0; turns < 20; turns++) await turn()
    expect([errors, settled]).toEqual([[], false])
  })

  test('breaks the request under way here, long before its timeout', async () => {
    const outcome = await lineTo(await deviceWith(resetting), 60_000).read(read(7))
    expect(outcome).toMatchObject({ kind: 'broken', reason: expect.stringContaining('ECONNRESET') })
  })
})

describe('a device that says nothing', () => {
  test('is waited for without end by the raw library, which has no timeout unless it is given one', () => {
    expect(new ModbusRTU().getTimeout() ?? null).toBeNull()
  })

  test('is silent after the timeout here, whoever opened the link', async () => {
    const device = await deviceWith(() => 'silent')
    expect(await lineTo(device, 60).read(read(7))).toMatchObject({ kind: 'silent', reason: 'no reply within 60 ms' })
  })
})

describe('two units asked at the same time', () => {
  test('are confused by the raw library, whose setID is shared', async () => {
    const client = await rawClient(await deviceWith(() => PROMPT))
    client.setTimeout(5000)
    const readUnit = async (unit: number): Promise<number | undefined> => {
      client.setID(unit)
      await turn()
      return (await client.readHoldingRegisters(7, 1)).data[0]
    }
    const [first, second] = await Promise.all([readUnit(1), readUnit(2)])
    expect([first, second]).toEqual([registerOf(2, 7), registerOf(2, 7)])
  })

  test('each answer for themselves here', async () => {
    const line = lineTo(await deviceWith(() => PROMPT))
    const outcomes = await Promise.all([1, 2, 3, 1].map((unit) => line.read(read(7, unit))))
    expect(outcomes.map(register)).toEqual([1, 2, 3, 1].map((unit) => registerOf(unit, 7)))
  })
})

describe('a header with an impossible length', () => {
  const firstIsBad: Behaviour = ({ number }) => (number === 0 ? 'bad-length' : PROMPT)

  test('ends all reading on that connection with the raw library', async () => {
    const client = await rawClient(await deviceWith(firstIsBad))
    client.setTimeout(100)
    for (let request = 0; request < 3; request++)
      await expect(client.readHoldingRegisters(7, 1)).rejects.toMatchObject({ errno: 'ETIMEDOUT' })
  })

  test('costs one connection here, and no timeout', async () => {
    const device = await deviceWith(firstIsBad)
    expect(register(await lineTo(device, 60_000).read(read(7)))).toBe(7)
    expect(device.connections).toBe(2)
  })
})

describe('RTU over TCP', () => {
  /** What a client sends first for a read of one holding register. */
  async function firstBytes(speak: (port: number) => Promise<void>): Promise<string> {
    let heard = Buffer.alloc(0)
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    open.push(async () => server.close())
    await speak((server.address() as AddressInfo).port)
    await until(() => heard.length >= 8, 'a request')
    return heard.toString('hex')
  }

  test('is plain Modbus TCP in the raw library, where it is called so', async () => {
    const hex = await firstBytes(async (port) => {
      const client = new ModbusRTU()
      await client.connectTcpRTUBuffered('127.0.0.1', { port })
      open.push(async () => client.close(() => undefined))
      client.readHoldingRegisters(7, 1).catch(() => undefined)
    })
    expect(hex).toMatch(/^....00000006010300070001$/)
  })

  test('is the serial frame with its checksum here', async () => {
    const hex = await firstBytes(async (port) => {
      const link = await openModbusLink({ transport: 'rtu-over-tcp', host: '127.0.0.1', port })
      open.push(() => link.destroy())
      link.read(read(7), 5000).catch(() => undefined)
    })
    expect(hex).toBe('01030007000135cb')
  })
})

test('a refused connection is told with its reason', async () => {
  const device = await startDevice('tcp', () => PROMPT)
  await device.close()
  await expect(openTcp('127.0.0.1', device.port, 1000)).rejects.toThrow('ECONNREFUSED')
})
