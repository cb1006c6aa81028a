import { afterEach, describe, expect, test } from 'vitest'
import modbusSerial from 'modbus-serial'
import type { ModbusSource } from '../../../src-main/acquisition/config.ts'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { ModbusDriver } from '../../../src-main/acquisition/drivers/modbus/driver.ts'
import { ModbusLine, type ReadOutcome } from '../../../src-main/acquisition/drivers/modbus/line.ts'
import { ModbusLink, type ModbusRequest } from '../../../src-main/acquisition/drivers/modbus/link.ts'
import { openModbusLink } from '../../../src-main/acquisition/drivers/modbus/open-link.ts'
import { UnitTrust } from '../../../src-main/acquisition/drivers/modbus/unit-trust.ts'
import { CollectingSink, sourceOf, testEnvironment, until } from './collecting-sink.ts'
import { ask, memoryRtuLine, registerOf, rtuFrame, startDevice, type Behaviour } from './modbus-devices.ts'

const ModbusRTU = modbusSerial as unknown as typeof modbusSerial.default

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const read = (address: number, count = 1, unit = 1): ModbusRequest => ({ unit, table: 'holding', address, count })

function lineOn(stream: ByteStream, timing = { timeoutMs: 40, latenessMs: 60 }): ModbusLine {
  const line = new ModbusLine(async () => new ModbusLink(stream, 'rtu'), timing)
  open.push(() => line.close())
  return line
}

/** The register a reading says it is, or what else came. */
function register(outcome: ReadOutcome): number | string {
  return outcome.kind === 'data' ? (outcome.bytes[0]! << 8) | outcome.bytes[1]! : outcome.kind
}

describe('a late reply', () => {
  const secondIsLate: Behaviour = ({ number }) => (number === 0 ? { withRequest: 1 } : 'silent')

  test("becomes the next register's value with the raw library", async () => {
    const device = await startDevice('rtu', secondIsLate)
    open.push(device.close)
    const client = new ModbusRTU()
    await client.connectTelnet('127.0.0.1', { port: device.port })
    open.push(async () => client.close(() => undefined))
    client.setID(1)
    client.setTimeout(60)
    await expect(client.readHoldingRegisters(7, 1)).rejects.toThrow()
    client.setTimeout(5000)
    const { data } = await client.readHoldingRegisters(2000, 1)
    expect(data[0]).toBe(7)
  })

  test("never becomes another register's value here, whatever the delays, and the line goes on", async () => {
    // Delays up to twice the timeout, in an order that a fixed generator gives.
    let seed = 1
    const delay = () => (seed = (seed * 48_271) % 0x7fff_ffff) % 80
    const line = lineOn(
      memoryRtuLine(({ reply }, say) => {
        setTimeout(() => say(reply), delay())
        return null
      }),
      { timeoutMs: 40, latenessMs: 100 },
    )
    const outcomes: (number | string)[] = []
    for (let address = 0; address < 16; address++) outcomes.push(register(await ask(line, read(address))))
    outcomes.forEach((outcome, address) => expect([address, 'silent']).toContain(outcome))
    expect(outcomes.filter((outcome) => outcome !== 'silent').length).toBeGreaterThan(0)
  })

  test('of one unit passes by the others, in one piece or two', async () => {
    let held: Buffer | null = null
    let pieces = 1
    const line = lineOn(
      memoryRtuLine(({ unit, count, reply }, say) => {
        if (unit === 2 && count === 1) held = reply
        if (unit === 2) return count === 1 ? null : reply
        if (held === null) return reply
        const both = Buffer.concat([held, reply])
        held = null
        if (pieces === 1) return both
        setImmediate(() => say(both.subarray(0, 3)))
        setImmediate(() => say(both.subarray(3)))
        return null
      }),
    )
    expect(register(await ask(line, read(3)))).toBe(3)
    for (pieces of [1, 2]) {
      expect(register(await ask(line, read(5, 1, 2)))).toBe('silent')
      // Without asking again: nothing happened to unit 1.
      expect(register(await line.read(read(4)))).toBe(4)
    }
    expect(register(await ask(line, read(5, 2, 2)))).toBe('silent')
  })
})

describe('the first reply on a fresh line', () => {
  const earlier = (count: number) => {
    const pdu = Buffer.alloc(2 + count * 2, 0x07)
    pdu[0] = 3
    pdu[1] = count * 2
    return rtuFrame(1, pdu)
  }

  test.each([1, 2])('is not believed when it is one that somebody asked for earlier, of length %i', async (count) => {
    const line = lineOn(
      memoryRtuLine(({ number, reply }) =>
        number === 0 ? Buffer.concat([earlier(count)]) : number < 3 ? null : reply,
      ),
    )
    const outcomes: (number | string)[] = []
    for (let turn = 0; turn < 6; turn++) outcomes.push(register(await ask(line, read(7))))
    expect(new Set(outcomes)).toEqual(new Set(['silent', 7]))
  })

  test('is asked for only when the line has been silent', async () => {
    let said = false
    let saidBefore = false
    const stream = memoryRtuLine(({ number, reply }) => {
      if (number === 0) saidBefore = said
      return reply
    })
    setTimeout(() => {
      said = true
      stream.onData?.(earlier(2))
    }, 30)
    expect(register(await ask(lineOn(stream, { timeoutMs: 40, latenessMs: 100 }), read(7)))).toBe(7)
    expect(saidBefore).toBe(true)
  })

  test('does not count when another follows it', async () => {
    const line = lineOn(
      memoryRtuLine(({ number, reply }, say) => {
        if (number > 0) return reply
        setImmediate(() => say(earlier(2)))
        setTimeout(() => say(reply), 5)
        return null
      }),
    )
    const outcomes: (number | string)[] = []
    for (let turn = 0; turn < 4; turn++) outcomes.push(register(await ask(line, read(7))))
    expect(outcomes.at(-1)).toBe(7)
    expect(outcomes.filter((outcome) => outcome !== 'silent' && outcome !== 7)).toEqual([])
  })

  test('is never a value when a server always answers with the reply before', async () => {
    let before: Buffer = earlier(2)
    const line = lineOn(
      memoryRtuLine(({ reply }) => {
        const answer = before
        before = reply
        return answer
      }),
    )
    for (const [address, count] of [
      [7, 1],
      [20, 2],
      [7, 1],
      [20, 2],
      [9, 1],
    ] as const)
      expect(register(await ask(line, read(address, count)))).toBe('silent')
  })
})

describe('a unit earns its trust', () => {
  const quiet = (trust: UnitTrust) => trust.askableAtMs

  test('by a sentinel of another length and a pause after it', () => {
    const trust = new UnitTrust(2000)
    expect([trust.believes(read(7)), trust.sentinelFor(read(7))]).toEqual([false, read(7, 2)])
    trust.sentinelAnswered(read(7, 2), 'data', 100)
    expect([quiet(trust), trust.trusted, trust.believes(read(7)), trust.believes(read(9, 2))]).toEqual([
      2100,
      false,
      true,
      false,
    ])
    trust.answered(read(7), 'data', 2200)
    expect([trust.trusted, trust.believes(read(9, 2))]).toEqual([true, true])
    trust.doubt(3000)
    expect([quiet(trust), trust.believes(read(7))]).toEqual([5000, false])
  })

  test('not by two exceptions, which look alike, but then by one of another table', () => {
    const trust = new UnitTrust(2000)
    trust.sentinelAnswered(trust.sentinelFor(read(7)), 'exception', 0)
    trust.answered(read(7), 'exception', 2000)
    expect(trust.trusted).toBe(false)
    const sentinel = trust.sentinelFor(read(7))
    expect(sentinel.table).toBe('input')
    trust.sentinelAnswered(sentinel, 'exception', 4000)
    trust.answered(read(7), 'exception', 6000)
    expect(trust.trusted).toBe(true)
  })

  test('anew when bytes came after the sentinel that nobody can explain', () => {
    const trust = new UnitTrust(2000)
    trust.sentinelAnswered(read(7, 2), 'data', 100)
    trust.disturbed(1000)
    expect([trust.believes(read(7)), quiet(trust)]).toEqual([false, 3000])
  })

  test('with a sentinel that stays within the table', () => {
    expect(new UnitTrust(1).sentinelFor(read(65_535))).toEqual(read(65_534, 2))
  })

  test.each(['length', 'table'])('although it ignores reads of another %s', async (ignored) => {
    const line = lineOn(
      memoryRtuLine(({ functionCode, count, reply }) =>
        (ignored === 'length' && count === 2) || (ignored === 'table' && functionCode === 4) ? null : reply,
      ),
    )
    const outcomes = [register(await ask(line, read(7))), register(await ask(line, read(7)))]
    expect(outcomes.at(-1)).toBe(7)
  })
})

describe('a dead unit on a bus', () => {
  test('is asked once, and the others are served while its late reply may still come', async () => {
    const asked: number[] = []
    const stream = memoryRtuLine(({ unit, reply }) => {
      asked.push(unit)
      return unit === 2 ? null : reply
    })
    const line = lineOn(stream, { timeoutMs: 40, latenessMs: 300 })
    expect(register(await ask(line, read(3)))).toBe(3)
    asked.length = 0
    expect(register(await line.read(read(3, 1, 2)))).toBe('silent')
    for (const address of [4, 5, 6]) expect(register(await line.read(read(address)))).toBe(address)
    expect(asked).toEqual([2, 1, 1, 1])
  })

  test('is given up after three requests, and its neighbour is read all the time', async () => {
    let askedInVain = 0
    const stream = memoryRtuLine(({ unit, reply }) => {
      if (unit !== 2) return reply
      askedInVain++
      return null
    })
    const tags = [1, 2].map((unit) => ({
      id: `u${unit}`,
      label: 'U',
      unit: '1',
      kind: 'integer',
      address: { table: 'holding', address: 7, unit },
    }))
    const source = sourceOf<ModbusSource>({
      id: 'bus',
      name: 'Bus',
      driver: 'modbus',
      connection: { transport: 'rtu', path: '/dev/test' },
      pollIntervalMs: 50,
      timeoutMs: 50,
      latenessMs: 100,
      tags,
    })
    const sink = new CollectingSink()
    const driver = new ModbusDriver(source, sink, testEnvironment, async () => new ModbusLink(stream, 'rtu'))
    open.push(() => driver.stop())
    driver.start()
    await until(() => sink.interruptions.length === 3, 'the quarantine of unit 2')
    const samples = sink.samples.length
    await until(() => sink.samples.length > samples + 5, 'unit 1 going on')
    expect(askedInVain).toBe(3)
    expect(sink.interruptions.every(({ tags: interrupted }) => interrupted?.join() === '1')).toBe(true)
    for (const { tag, value } of sink.samples) expect([tag, value]).toEqual([0, { kind: 'integer', value: 7n }])
  })
})

describe('RTU over TCP', () => {
  test('is the serial frame as it is, each answered by its own unit', async () => {
    const device = await startDevice('rtu', () => ({ delayMs: 0 }))
    open.push(device.close)
    const connection = { transport: 'rtu-over-tcp', host: '127.0.0.1', port: device.port } as const
    const line = new ModbusLine(() => openModbusLink(connection), { timeoutMs: 1000, latenessMs: 60 })
    open.push(() => line.close())
    const outcomes = [await ask(line, read(7)), await ask(line, read(7, 1, 3)), await ask(line, read(9, 3))]
    expect(outcomes.map(register)).toEqual([7, registerOf(3, 7), 9])
    expect(device.connections).toBe(1)
  })

  test('is believed anew after the connection was lost', async () => {
    const behaviour: Behaviour = ({ number }) => (number === 2 ? 'reset' : { delayMs: 0 })
    const device = await startDevice('rtu', behaviour)
    open.push(device.close)
    const connection = { transport: 'rtu-over-tcp', host: '127.0.0.1', port: device.port } as const
    const line = new ModbusLine(() => openModbusLink(connection), { timeoutMs: 1000, latenessMs: 60 })
    open.push(() => line.close())
    expect([register(await ask(line, read(7))), register(await ask(line, read(8)))]).toEqual([7, 'broken'])
    await line.open()
    expect((await line.read(read(9))).kind).toBe('wait')
    expect([register(await ask(line, read(9))), device.requests]).toEqual([9, 5])
  })
})
