import { describe, expect, test } from 'vitest'
import { FRAME_BYTES_MAX } from '../../../src-main/acquisition/config-drivers.ts'
import { crc16Modbus } from '../../../src-main/acquisition/drivers/checksums.ts'
import { checkFrame } from '../../../src-main/acquisition/drivers/serial/checksum.ts'
import { framerOf, type Frame } from '../../../src-main/acquisition/drivers/serial/framing.ts'
import { Freshness } from '../../../src-main/acquisition/drivers/serial/freshness.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const texts = (frames: Frame[]) => frames.map((frame) => frame && Buffer.from(frame).toString('latin1'))
const holds = (frame: Uint8Array) => 'body' in checkFrame(frame, 'crc16-modbus')

describe('frames that end with something', () => {
  const lines = () => framerOf({ kind: 'delimiter', delimiter: '0d0a' }, holds)

  test('are cut at a delimiter wherever the packets were cut', () => {
    const framer = lines()
    framer.push(bytes('\r\n'))
    expect(
      texts([...framer.push(bytes('a=1\r')), ...framer.push(bytes('\nb=2\r\nc')), ...framer.push(bytes('=3\r\n'))]),
    ).toEqual(['a=1', 'b=2', 'c=3'])
  })

  test('are cut at a regular expression', () => {
    expect(texts(framerOf({ kind: 'regex', end: '[;#]' }, holds).push(bytes('0;a;bc#d')))).toEqual(['a;', 'bc#'])
  })

  test.each(['125.40\r\n', '5.40\r\n', '\r\n', '\n126.10\r\n'])(
    'begin behind the first end, wherever listening began: %j',
    (tail) => {
      expect(texts(lines().push(bytes(`${tail}127.30\r\n`)))).toEqual(['127.30'])
      expect(texts(framerOf({ kind: 'regex', end: '\\r\\n' }, holds).push(bytes(`${tail}127.30\r\n`)))).toEqual([
        '127.30\r\n',
      ])
    },
  )

  test('are thrown away when too long, once and with their tails, whether the end has come or not', () => {
    const framer = lines()
    framer.push(bytes('\r\n'))
    expect(framer.push(new Uint8Array(FRAME_BYTES_MAX + 1).fill(65))).toEqual([null])
    expect(framer.push(new Uint8Array(FRAME_BYTES_MAX * 2).fill(65))).toEqual([])
    expect(texts(framer.push(bytes('7.5\r\nok\r\n')))).toEqual(['ok'])
    framer.push(bytes('x'.repeat(FRAME_BYTES_MAX)))
    expect(texts(framer.push(bytes('x\r\nok\r\n')))).toEqual([null, 'ok'])
  })
})

describe('frames of a fixed length', () => {
  const frame = (text: string): Buffer => {
    const crc = crc16Modbus(bytes(text))
    return Buffer.concat([bytes(text), Buffer.of(crc & 0xff, crc >> 8)])
  }
  const bodies = (frames: Frame[]) => frames.map((found) => Buffer.from(found ?? []).toString('latin1', 0, 5))
  const numbers = ['00125', '00126', '00127', '00128', '00129']

  test.each([0, 1, 2, 3, 4, 5, 6])('are found by their checksum when listening began %i bytes late', (late) => {
    const framer = framerOf({ kind: 'length', bytes: 7 }, holds)
    const found = [...Buffer.concat(numbers.map(frame)).subarray(late)].flatMap((byte) =>
      framer.push(Uint8Array.of(byte)),
    )
    // The first that holds might hold by chance.
    expect(bodies(found)).toEqual(numbers.slice(late === 0 ? 1 : 2))
  })

  test('are told once as damaged when a byte is lost, and found again', () => {
    const framer = framerOf({ kind: 'length', bytes: 7 }, holds)
    framer.push(Buffer.concat([frame('00001'), frame('00002')]))
    const found = framer.push(Buffer.concat([frame('00125').subarray(1), ...numbers.slice(1).map(frame)]))
    expect(found.map((each) => each !== null && holds(each))).toEqual([false, true, true, true])
    expect(bodies(found.slice(1))).toEqual(numbers.slice(2))
  })
})

describe('freshness', () => {
  test('a tag expires once, by its own limit, and is fresh again when it is heard', () => {
    const freshness = new Freshness([100, 1000])
    freshness.begin(5000)
    expect(freshness.expire(5099)).toEqual([])
    expect([freshness.expire(5100), freshness.expire(5101), freshness.missing]).toEqual([[0], [], [0]])
    freshness.heard(0, 5900)
    expect([freshness.expire(5950), freshness.missing]).toEqual([[], []])
    expect([freshness.expire(6000), freshness.missing]).toEqual([
      [0, 1],
      [0, 1],
    ])
  })
})
