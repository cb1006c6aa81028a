import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { SerialSource } from '../../../src-main/acquisition/config.ts'
import { FRAME_BYTES_MAX } from '../../../src-main/acquisition/config-drivers.ts'
import type { ByteStream } from '../../../src-main/acquisition/drivers/byte-stream.ts'
import { crc16Ccitt, crc16Modbus, sum8, xor8 } from '../../../src-main/acquisition/drivers/checksums.ts'
import { checkFrame } from '../../../src-main/acquisition/drivers/serial/checksum.ts'
import { SerialDriver } from '../../../src-main/acquisition/drivers/serial/driver.ts'
import { decodeCbor } from '../../../src-main/wire/cbor.ts'
import { MAX_EVIDENCE_BYTES } from '../../../src-main/wire/limits.ts'
import { QUALITY } from '../../../src-main/wire/quality.ts'
import { CollectingSink, sourceOf, testEnvironment, until } from './collecting-sink.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const texts = (frames: Uint8Array[]) => frames.map((frame) => Buffer.from(frame).toString('latin1'))
/** Longer than the time after opening in which nothing is believed. */
const SETTLED_MS = 300

describe('checksums', () => {
  test('give the check values of the catalogue of parametrised CRC algorithms for "123456789"', () => {
    const check = bytes('123456789')
    expect(crc16Modbus(check)).toBe(0x4b37)
    expect(crc16Ccitt(check)).toBe(0x29b1)
    expect(xor8(check)).toBe(0x31)
    expect(sum8(check)).toBe(0xdd)
  })

  test('a sentence of NMEA 0183 holds, and with one digit changed does not', () => {
    const sentence = '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47'
    const checked = checkFrame(bytes(sentence), 'nmea')
    expect('body' in checked && texts([checked.body])[0]).toMatch(/^GPGGA,123519/)
    expect(checkFrame(bytes(sentence.replace('545.4', '545.5')), 'nmea')).toEqual({
      fault: 'the checksum is 47 and should be 46',
    })
    expect(checkFrame(bytes(sentence.slice(0, -3)), 'nmea')).toHaveProperty('fault')
  })

  test('a checksum is found as digits behind a star and as raw bytes at the end', () => {
    expect(checkFrame(bytes('123456789*4B37'), 'crc16-modbus')).toHaveProperty('body')
    expect(checkFrame(Uint8Array.of(...bytes('123456789'), 0x37, 0x4b), 'crc16-modbus')).toHaveProperty('body')
    expect(checkFrame(Uint8Array.of(...bytes('123456789'), 0x29, 0xb1), 'crc16-ccitt')).toHaveProperty('body')
    expect(checkFrame(Uint8Array.of(...bytes('123456789'), 0xdd), 'sum8')).toHaveProperty('body')
    expect(checkFrame(Uint8Array.of(...bytes('123456789'), 0xdc), 'sum8')).toHaveProperty('fault')
    expect(checkFrame(Uint8Array.of(0x31), 'crc16-modbus')).toHaveProperty('fault')
  })
})

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A driver on ports in memory; `lines` are those that were opened, `refuse` makes opening fail. */
function run(config: object, tags: object[]) {
  const source = sourceOf<SerialSource>({
    id: 'scale',
    name: 'Scale',
    driver: 'serial',
    connection: { path: '/dev/test' },
    ...config,
    tags: tags.map((tag, index) => ({ id: `t${index}`, label: `T${index}`, unit: '1', kind: 'float', ...tag })),
  })
  const sink = new CollectingSink()
  const lines: ByteStream[] = []
  const port = { refuse: false }
  const driver = new SerialDriver(source, sink, testEnvironment, async () => {
    if (port.refuse) throw new Error('No such file or directory, cannot open /dev/test')
    const stream: ByteStream = { write: () => undefined, onData: null, onClosed: null, destroy: async () => undefined }
    lines.push(stream)
    return stream
  })
  open.push(() => driver.stop())
  driver.start()
  const say = async (line: string): Promise<void> => {
    lines.at(-1)?.onData?.(bytes(line))
  }
  const ready = async (count = 1): Promise<void> => {
    await until(() => lines.length === count, 'the port to open')
    await sleep(SETTLED_MS)
    await say('the tail of a line\r\n')
  }
  return { sink, driver, lines, port, say, ready }
}

describe('a serial source', () => {
  test('takes NMEA sentences with or without their talker, and leaves others alone', async () => {
    const { sink, say, ready } = run({ format: 'nmea', checksum: 'nmea' }, [
      { address: { sentence: 'GGA', field: 9 } },
      { kind: 'integer', address: { sentence: 'GPGGA', field: 7 } },
      { address: { sentence: 'VTG', field: 1 } },
    ])
    await ready()
    await say('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')
    expect(sink.samples.map(({ tag, value, quality }) => [tag, value, quality])).toEqual([
      [0, { kind: 'float', value: 545.4 }, 0],
      [1, { kind: 'integer', value: 8n }, 0],
    ])
    const evidence = decodeCbor(sink.samples[0]!.evidence!, { maxBytes: 200, maxDepth: 2 }) as [string, Uint8Array]
    expect([evidence[0], texts([evidence[1]])[0]]).toEqual([
      'serial',
      '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
    ])
    expect(sink.now).toMatchObject({ state: 'live', reason: '' })
  })

  test.each([
    [{ format: 'key-value', separator: ';' }, 'T1=4.20;ST=on;N=7', ['T1', 'ST', 'N']],
    [{ format: 'csv' }, 'x,4.20, on ,7', [2, 3, 4]],
    [{ format: 'json' }, '{"T1":4.20,"s":{"on":true,"n":7}}', ['T1', 's.on', 's.n']],
    [{ format: 'pattern', pattern: '^(\\S+) kg (\\w+) #(\\d+)$' }, '4.20 kg on #7', [1, 2, 3]],
  ])('takes %o', async (config, line, fields) => {
    const kinds = ['float', 'boolean', 'integer']
    const { sink, say, ready } = run(
      config,
      fields.map((field, index) => ({ kind: kinds[index], address: { field } })),
    )
    await ready()
    await say(`${line}\r\n`)
    expect(sink.samples.map(({ value }) => value)).toEqual([
      { kind: 'float', value: 4.2 },
      { kind: 'boolean', value: true },
      { kind: 'integer', value: 7n },
    ])
  })

  test('an integer of 64 bits in JSON keeps every digit', async () => {
    const { sink, say, ready } = run({ format: 'json' }, [{ kind: 'integer', address: { field: 'n' } }])
    await ready()
    await say('{"n":9007199254740993}\r\n')
    expect(sink.samples[0]?.value).toEqual({ kind: 'integer', value: 9_007_199_254_740_993n })
  })

  test('a damaged frame gives missing, bad values with the frame as evidence, never a wrong one', async () => {
    const { sink, say, ready } = run({ format: 'nmea', checksum: 'nmea' }, [{ address: { sentence: 'GGA', field: 9 } }])
    await ready()
    await say('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')
    await say('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,945.4,M,46.9,M,,*47\r\n')
    expect(sink.samples.map(({ value, quality }) => [value.kind, quality])).toEqual([
      ['float', 0],
      ['null', QUALITY.badCommunicationError],
    ])
    expect(Buffer.from(sink.samples[1]!.evidence!).toString('latin1')).toContain('945.4')
  })

  test('half a line after opening is nothing, although it reads like a value', async () => {
    const { sink, lines, say } = run({ format: 'csv' }, [{ address: { field: 1 } }])
    await until(() => lines.length === 1, 'the port to open')
    await say('1')
    await sleep(SETTLED_MS)
    await say('25.40\r\n')
    expect(sink.samples).toEqual([])
    await say('125.41\r\n')
    expect(sink.samples.map(({ value }) => value)).toEqual([{ kind: 'float', value: 125.41 }])
  })

  test('a line too long for evidence gives missing, bad values, and neither it nor its tail stops or misleads anybody', async () => {
    const { sink, say, ready } = run({ format: 'csv' }, [{ address: { field: 1 } }])
    await ready()
    await say('1.0\r\n')
    await say('x'.repeat(FRAME_BYTES_MAX - 10))
    await say(`${'y'.repeat(200)}\r\n`)
    await say('x'.repeat(FRAME_BYTES_MAX + 1))
    await say('7.5\r\n2.0\r\n')
    expect(sink.samples.map(({ value, quality }) => ['value' in value ? value.value : null, quality])).toEqual([
      [1, QUALITY.good],
      [null, QUALITY.badDecodingError],
      [null, QUALITY.badDecodingError],
      [2, QUALITY.good],
    ])
  })

  test('the evidence of the longest frame fits its limit', async () => {
    const { sink, say, ready } = run({ format: 'csv' }, [{ kind: 'text', address: { field: 1 } }])
    await ready()
    await say(`${'x'.repeat(FRAME_BYTES_MAX)}\r\n`)
    expect(sink.samples[0]?.evidence?.length).toBeGreaterThan(FRAME_BYTES_MAX)
    expect(sink.samples[0]?.evidence?.length).toBeLessThanOrEqual(MAX_EVIDENCE_BYTES)
  })

  test('a number that no double holds is a missing, bad value and not infinity', async () => {
    const { sink, say, ready } = run({ format: 'csv' }, [
      { address: { field: 1 } },
      { address: { field: 2, scale: 1e300 } },
    ])
    await ready()
    await say('1e999,99999999999\r\n-1e308,-1.5e9\r\n')
    expect(sink.samples.map(({ value, quality }) => ['value' in value ? value.value : null, quality])).toEqual([
      [null, QUALITY.badDecodingError],
      [null, QUALITY.badDecodingError],
      [-1e308, QUALITY.good],
      [null, QUALITY.badDecodingError],
    ])
  })

  test('a key that stops coming is bad and named, while the line stays live', async () => {
    const { sink, say, ready } = run({ format: 'key-value', staleAfterMs: 300 }, [
      { address: { field: 'a' } },
      { address: { field: 'b' } },
      { address: { field: 'c', staleAfterMs: 60_000 } },
    ])
    await ready()
    await say('a=1 b=2 c=3\r\n')
    const talking = setInterval(() => void say('a=1\r\n'), 20)
    open.push(async () => clearInterval(talking))
    await until(() => sink.interruptions.length > 0, 'the interruption of b')
    await until(() => sink.now?.reason === 'no value of "t1" for 300 ms', 'the tag by name')
    expect(sink.interruptions).toEqual([
      { reason: 'no value of "t1" for 300 ms', quality: QUALITY.badDataUnavailable, tags: [1] },
    ])
    await say('a=1 b=3\r\n')
    expect(sink.now).toMatchObject({ state: 'live', reason: '' })
    expect(sink.states.some(({ state }) => state === 'stale')).toBe(false)
  })

  test('what is no number is a missing value', async () => {
    const { sink, say, ready } = run({ format: 'key-value', checksum: 'sum8' }, [{ address: { field: 'T1' } }])
    await ready()
    const body = 'T1=12.3x'
    await say(`${body}*${sum8(bytes(body)).toString(16)}\r\n`)
    expect(sink.samples.map(({ value, quality }) => [value.kind, quality])).toEqual([
      ['null', QUALITY.badDecodingError],
    ])
  })

  test('what waited in a buffer before the port was opened is not taken for now', async () => {
    const { sink, lines, say } = run({ format: 'key-value' }, [{ address: { field: 'T1' } }])
    await until(() => lines.length === 1, 'the port to open')
    await say('T1=1\r\nT1=2\r\nT1=3\r\n')
    expect(sink.samples).toEqual([])
    await sleep(SETTLED_MS)
    await say('T1=3.5\r\nT1=4\r\n')
    expect(sink.samples.map(({ value }) => value)).toEqual([{ kind: 'float', value: 4 }])
  })

  test('silence makes it stale, a frame live again', async () => {
    const { sink, say, ready } = run({ format: 'key-value', staleAfterMs: 400 }, [{ address: { field: 'T1' } }])
    await ready()
    await say('T1=1\r\n')
    await until(() => sink.now?.state === 'stale', 'stale')
    expect(sink.interruptions).toMatchObject([{ quality: QUALITY.badNoCommunication }])
    await say('T1=2\r\n')
    expect(sink.now?.state).toBe('live')
  })

  test('an unplugged device is named and taken up again when it is back', async () => {
    const { sink, lines, port, say, ready } = run({ format: 'key-value' }, [{ address: { field: 'T1' } }])
    await ready()
    port.refuse = true
    lines[0]?.onClosed?.('/dev/test: the device was unplugged')
    await until(() => sink.now?.reason.includes('unplugged') === true, 'the reason')
    await until(() => sink.now?.reason.includes('No such file or directory') === true, 'a try that fails')
    expect(sink.now?.reason).toContain('Check that the device is plugged in')
    port.refuse = false
    await ready(2)
    await say('T1=5\r\n')
    expect(sink.samples.at(-1)?.value).toEqual({ kind: 'float', value: 5 })
  })
})
