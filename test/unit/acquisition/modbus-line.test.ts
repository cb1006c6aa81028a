import { afterEach, describe, expect, test } from 'vitest'
import modbusSerial from 'modbus-serial'
import { openTcp } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { ModbusLine, type ReadOutcome } from '../../../src-main/acquisition/drivers/modbus/line.ts'
import { ModbusLink, type ModbusRequest } from '../../../src-main/acquisition/drivers/modbus/link.ts'
import { memoryRtuLine, startDevice, type Behaviour, type TestDevice } from './modbus-devices.ts'

const ModbusRTU = modbusSerial as unknown as typeof modbusSerial.default
const PROMPT = { delayMs: 0 } as const
/** Wraps the raw library's transaction ids, which it counts modulo 256. */
const WRAP = 256

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function deviceWith(framing: 'tcp' | 'rtu', behaviour: Behaviour): Promise<TestDevice> {
  const device = await startDevice(framing, behaviour)
  open.push(device.close)
  return device
}

function lineTo(device: TestDevice, framing: 'tcp' | 'rtu', timing = { timeoutMs: 60, latenessMs: 150 }): ModbusLine {
  const line = new ModbusLine(
    async () => new ModbusLink(await openTcp('127.0.0.1', device.port, 1000), framing),
    timing,
  )
  open.push(() => line.close())
  return line
}

const read = (address: number, count = 1): ModbusRequest => ({ unit: 1, table: 'holding', address, count })

/** The register a reading says it is, or what else came. */
function register(outcome: ReadOutcome): number | string {
  return outcome.kind === 'data' ? (outcome.bytes[0]! << 8) | outcome.bytes[1]! : outcome.kind
}

describe('a late reply on Modbus TCP', () => {
  const lateByOneWrap: Behaviour = ({ number }) => (number === 0 ? { withRequest: WRAP } : PROMPT)

  test("becomes another register's value with the raw library", async () => {
    const device = await deviceWith('tcp', lateByOneWrap)
    const client = new ModbusRTU()
    await client.connectTCP('127.0.0.1', { port: device.port })
    open.push(async () => client.destroy(() => undefined))
    client.setTimeout(60)
    await expect(client.readHoldingRegisters(7, 1)).rejects.toThrow()
    for (let index = 1; index < WRAP; index++) await client.readHoldingRegisters(100, 1)
    const { data } = await client.readHoldingRegisters(2000, 1)
    expect(data[0]).toBe(7)
  })

  test("never becomes another register's value here", async () => {
    const device = await deviceWith('tcp', lateByOneWrap)
    const line = lineTo(device, 'tcp')
    expect(register(await line.read(read(7)))).toBe(7)
    expect(device.connections).toBe(2)
    for (let index = 2; index < WRAP + 2; index++)
      expect(register(await line.read(read(1000 + index)))).toBe(1000 + index)
  })
})

describe('a late reply on Modbus RTU', () => {
  const firstIsLate: Behaviour = ({ number }) => ({ delayMs: number === 0 ? 100 : 40 })

  test("becomes the next register's value with the raw library", async () => {
    const device = await deviceWith('rtu', firstIsLate)
    const client = new ModbusRTU()
    await client.connectTelnet('127.0.0.1', { port: device.port })
    open.push(async () => client.close(() => undefined))
    client.setID(1)
    client.setTimeout(70)
    await expect(client.readHoldingRegisters(7, 1)).rejects.toThrow()
    const { data } = await client.readHoldingRegisters(2000, 1)
    expect(data[0]).toBe(7)
  })

  test("never becomes the next register's value here", async () => {
    const device = await deviceWith('rtu', firstIsLate)
    const line = lineTo(device, 'rtu', { timeoutMs: 70, latenessMs: 150 })
    expect(register(await line.read(read(7)))).toBe(7)
    for (let address = 2000; address < 2005; address++) expect(register(await line.read(read(address)))).toBe(address)
    // One line all the time: it was drained, not reopened.
    expect(device.connections).toBe(1)
  })

  test('is never taken for another, whatever the delays', async () => {
    // Delays up to twice the timeout, in an order that a fixed generator gives.
    let seed = 1
    const delay = () => (seed = (seed * 48_271) % 0x7fff_ffff) % 40
    const line = new ModbusLine(async () => new ModbusLink(memoryRtuLine(delay), 'rtu'), {
      timeoutMs: 20,
      latenessMs: 60,
    })
    open.push(() => line.close())
    const outcomes: (number | string)[] = []
    for (let address = 0; address < 24; address++) outcomes.push(register(await line.read(read(address))))
    outcomes.forEach((outcome, address) => expect([address, 'silent']).toContain(outcome))
    expect(outcomes.filter((outcome) => outcome !== 'silent').length).toBeGreaterThan(8)
  })
})

describe('a line', () => {
  test('reads strictly one after the other, each with its own unit', async () => {
    const device = await deviceWith('tcp', ({ unit }) => ({ delayMs: unit === 1 ? 20 : 0 }))
    const line = lineTo(device, 'tcp')
    const outcomes = await Promise.all([line.read(read(1)), line.read({ ...read(2), unit: 2 }), line.read(read(3))])
    expect(outcomes.map(register)).toEqual([1, 2, 3])
  })

  test("passes a device's exception on with its code", async () => {
    const line = lineTo(await deviceWith('tcp', () => ({ exception: 2 })), 'tcp')
    expect(await line.read(read(5))).toMatchObject({ kind: 'exception', code: 2 })
  })

  test('notices a reset, which the raw library does not tell, and works again after it', async () => {
    const line = lineTo(await deviceWith('tcp', ({ number }) => (number === 1 ? 'reset' : PROMPT)), 'tcp')
    expect(register(await line.read(read(1)))).toBe(1)
    expect(await line.read(read(2))).toMatchObject({ kind: 'broken' })
    await line.open()
    expect(register(await line.read(read(3)))).toBe(3)
  })

  test('gives a connection up at once when a header claims an impossible length', async () => {
    const device = await deviceWith('tcp', ({ number }) => (number === 0 ? 'bad-length' : PROMPT))
    const line = lineTo(device, 'tcp', { timeoutMs: 5000, latenessMs: 100 })
    expect(register(await line.read(read(9)))).toBe(9)
    expect(device.connections).toBe(2)
  })

  test('answers silent after one retry when nothing comes', async () => {
    const device = await deviceWith('tcp', () => 'silent')
    const line = lineTo(device, 'tcp')
    expect(await line.read(read(1))).toMatchObject({ kind: 'silent', reason: 'no reply within 60 ms' })
    expect(device.requests).toBe(2)
  })

  test('is broken when nobody listens, and says so', async () => {
    const device = await deviceWith('tcp', () => PROMPT)
    await device.close()
    const outcome = await lineTo(device, 'tcp').read(read(1))
    expect(outcome).toMatchObject({ kind: 'broken', reason: expect.stringContaining('ECONNREFUSED') })
  })
})
