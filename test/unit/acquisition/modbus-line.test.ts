import { afterEach, describe, expect, test } from 'vitest'
import modbusSerial from 'modbus-serial'
import { openTcp } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { ModbusLine, type ReadOutcome } from '../../../src-main/acquisition/drivers/modbus/line.ts'
import { ModbusLink, type ModbusRequest } from '../../../src-main/acquisition/drivers/modbus/link.ts'
import { registerOf, startDevice, type Behaviour, type TestDevice } from './modbus-devices.ts'

const ModbusRTU = modbusSerial as unknown as typeof modbusSerial.default
const PROMPT = { delayMs: 0 } as const
/** Wraps the raw library's transaction ids, which it counts modulo 256. */
const WRAP = 256

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function deviceWith(behaviour: Behaviour): Promise<TestDevice> {
  const device = await startDevice('tcp', behaviour)
  open.push(device.close)
  return device
}

function lineTo(device: TestDevice, timing = { timeoutMs: 60, latenessMs: 150 }): ModbusLine {
  const line = new ModbusLine(async () => new ModbusLink(await openTcp('127.0.0.1', device.port, 1000), 'tcp'), timing)
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
    const device = await deviceWith(lateByOneWrap)
    const client = new ModbusRTU()
    await client.connectTCP('127.0.0.1', { port: device.port })
    open.push(async () => client.destroy(() => undefined))
    client.setTimeout(60)
    await expect(client.readHoldingRegisters(7, 1)).rejects.toThrow()
    client.setTimeout(5000)
    for (let index = 1; index < WRAP; index++) await client.readHoldingRegisters(100, 1)
    const { data } = await client.readHoldingRegisters(2000, 1)
    expect(data[0]).toBe(7)
  })

  test("never becomes another register's value here", async () => {
    const device = await deviceWith(lateByOneWrap)
    const line = lineTo(device)
    expect(register(await line.read(read(7)))).toBe(7)
    expect(device.connections).toBe(2)
    for (let index = 2; index < WRAP + 2; index++)
      expect(register(await line.read(read(1000 + index)))).toBe(1000 + index)
  })
})

describe('a line', () => {
  test('reads strictly one after the other, each with its own unit', async () => {
    const device = await deviceWith(({ unit }) => ({ delayMs: unit === 1 ? 20 : 0 }))
    const line = lineTo(device, { timeoutMs: 5000, latenessMs: 150 })
    const outcomes = await Promise.all([line.read(read(1)), line.read({ ...read(2), unit: 2 }), line.read(read(3))])
    expect(outcomes.map(register)).toEqual([1, registerOf(2, 2), 3])
  })

  test("passes a device's exception on with its code", async () => {
    const line = lineTo(await deviceWith(() => ({ exception: 2 })))
    expect(await line.read(read(5))).toMatchObject({ kind: 'exception', code: 2 })
  })

  test('notices a reset, which the raw library does not tell, and works again after it', async () => {
    const line = lineTo(await deviceWith(({ number }) => (number === 1 ? 'reset' : PROMPT)))
    expect(register(await line.read(read(1)))).toBe(1)
    expect(await line.read(read(2))).toMatchObject({ kind: 'broken' })
    await line.open()
    expect(register(await line.read(read(3)))).toBe(3)
  })

  test('gives a connection up at once when a header claims an impossible length', async () => {
    const device = await deviceWith(({ number }) => (number === 0 ? 'bad-length' : PROMPT))
    const line = lineTo(device, { timeoutMs: 5000, latenessMs: 100 })
    expect(register(await line.read(read(9)))).toBe(9)
    expect(device.connections).toBe(2)
  })

  test('answers silent after one retry when nothing comes', async () => {
    const device = await deviceWith(() => 'silent')
    const line = lineTo(device)
    expect(await line.read(read(1))).toMatchObject({ kind: 'silent', reason: 'no reply within 60 ms' })
    expect(device.requests).toBe(2)
  })

  test('is broken when nobody listens, and says so', async () => {
    const device = await deviceWith(() => PROMPT)
    await device.close()
    const outcome = await lineTo(device).read(read(1))
    expect(outcome).toMatchObject({ kind: 'broken', reason: expect.stringContaining('ECONNREFUSED') })
  })
})
