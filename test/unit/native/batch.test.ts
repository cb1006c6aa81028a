import { createCipheriv, createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import { decodePayload } from '../../../src-main/wire/payload.ts'
import { encodeLeaf, leafHash } from '../../../src-main/wire/reading.ts'
import type { Reading, Value } from '../../../src-main/wire/reading.ts'
import { SECRET, STREAM_A, STREAM_B, codeOf, decodeReadings, openReadings, rowsOf } from './batch-fixture.ts'

const addon = loadAddon()

const reading = (sequence: number, value: Value, more: Partial<Reading> = {}): Reading => ({
  stream: STREAM_A,
  sequence,
  sourceTimeUs: 1_774_915_200_000_000 + sequence * 1000,
  value,
  quality: 0,
  flags: 0,
  ...more,
})
const float = (value: number): Value => ({ kind: 'float', value })
const integer = (value: bigint): Value => ({ kind: 'integer', value })

/** Every kind of value at its edges, in payload order. */
const READINGS: Reading[] = [
  reading(0, { kind: 'null' }),
  reading(1, { kind: 'boolean', value: true }),
  reading(2, { kind: 'boolean', value: false }),
  reading(3, integer(0n)),
  reading(4, integer(-(2n ** 63n))),
  reading(5, integer(2n ** 63n - 1n)),
  reading(6, integer(2n ** 64n - 1n)),
  reading(7, integer(2n ** 63n)),
  reading(8, float(Number.NaN)),
  reading(9, float(-0)),
  reading(10, float(Number.NEGATIVE_INFINITY)),
  reading(11, float(20)),
  reading(12, float(5e-324)),
  reading(13, float(21.37)),
  reading(14, { kind: 'text', value: '' }),
  reading(15, { kind: 'text', value: 'läuft 𝔸' }),
  reading(16, { kind: 'text', value: 'x'.repeat(300) }),
  reading(17, { kind: 'bytes', value: new Uint8Array() }),
  reading(18, { kind: 'bytes', value: new Uint8Array([0, 255]) }),
  reading(40, integer(7n), { evidence: new Uint8Array([1, 2, 3]) }),
  reading(41, integer(8n), { evidence: new Uint8Array() }),
  reading(42, integer(9n), { quality: 0x80310000, flags: 21 }),
  reading(Number.MAX_SAFE_INTEGER, integer(1n), { sourceTimeUs: -Number.MAX_SAFE_INTEGER }),
  reading(3, float(1.25), { stream: STREAM_B }),
  reading(4, float(1.5), { stream: STREAM_B, sourceTimeUs: Number.MAX_SAFE_INTEGER }),
]

const seal = (readings: readonly Reading[]) => {
  const { streams, rows, heap } = rowsOf(readings)
  return addon.closeBatch(streams, rows, heap, SECRET)
}

/** The leaf hashes by Node's own AES and the portable encoder. */
function leafHashesApart(readings: readonly Reading[]): Buffer {
  const cipher = createCipheriv('aes-256-ctr', SECRET, new Uint8Array(16))
  const leaves = readings.map(({ evidence, ...fields }) => {
    const salt = new Uint8Array(cipher.update(new Uint8Array(16)))
    const evidenceHash = evidence && new Uint8Array(createHash('sha256').update(evidence).digest())
    return leafHash(encodeLeaf({ ...fields, salt, ...(evidenceHash && { evidenceHash }) }))
  })
  return Buffer.concat(leaves)
}

describe('a sealed batch', () => {
  test('opens to the readings that went in, bit for bit', () => {
    const sealed = seal(READINGS)
    const opened = addon.openBatch(sealed.payload, READINGS.length)
    expect(openReadings(sealed.payload, READINGS.length)).toEqual(READINGS)
    expect(opened.secret.equals(SECRET)).toBe(true)
    expect(opened.root.equals(sealed.root)).toBe(true)
  })

  test('reads the same in the portable decoder', () => {
    const { payload } = seal(READINGS)
    expect(decodeReadings(payload, 100)).toEqual(READINGS)
    expect(new Uint8Array(decodePayload(payload, { maxReadings: 100 }).secret)).toEqual(SECRET)
  })

  test('has the leaves that the portable encoder makes', () => {
    const sealed = seal(READINGS)
    expect(sealed.leafHashes.equals(leafHashesApart(READINGS))).toBe(true)
    const leaf = addon.leafCbor(sealed.payload, 19)
    expect(leafHash(leaf)).toEqual(new Uint8Array(sealed.leafHashes.subarray(19 * 32, 20 * 32)))
  })

  test('does not depend on the order of its rows', () => {
    const shuffled = READINGS.toReversed()
    ;[shuffled[2], shuffled[9]] = [shuffled[9]!, shuffled[2]!]
    expect(seal(shuffled).payload.equals(seal(READINGS).payload)).toBe(true)
  })

  test('states its runs, times and qualities', () => {
    const sealed = seal(READINGS)
    const runs = Buffer.alloc(56)
    runs.fill(0x11, 0, 16)
    runs.writeUInt32LE(23, 24)
    runs.fill(0x22, 28, 44)
    runs.writeUInt32LE(3, 44)
    runs.writeUInt32LE(2, 52)
    expect(sealed.runs.equals(runs)).toBe(true)
    expect([sealed.firstTimeUs, sealed.lastTimeUs]).toEqual([-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
    expect([...new Uint32Array(new Uint8Array(sealed.qualities).buffer)]).toEqual([0, 24, 0x80310000, 1])
  })

  test('is checked to the same digest without opening it', () => {
    const { payload, ...digest } = seal(READINGS)
    expect(addon.checkBatch(payload, 100)).toEqual(digest)
  })

  test('may be empty and has the empty root then', () => {
    const sealed = addon.closeBatch(new Uint8Array(), new Uint8Array(), new Uint8Array(), SECRET)
    expect(sealed.root.toString('hex')).toBe(createHash('sha256').digest('hex'))
    expect(addon.openBatch(sealed.payload, 0).rows.length).toBe(0)
    expect([sealed.firstTimeUs, sealed.lastTimeUs]).toEqual([0, 0])
  })

  test('takes two bytes a reading or little more for a slow value with two decimals', () => {
    const slow = Array.from({ length: 5000 }, (_, i) =>
      reading(i, float(Math.round(2000 + 100 * Math.sin(i / 50)) / 100)),
    )
    expect(seal(slow).payload.length).toBeLessThan(5000 * 2.1)
    expect(openReadings(seal(slow).payload, 5000)).toEqual(slow)
  })
})

describe('what is refused', () => {
  const sealed = () => seal(READINGS.slice(0, 5)).payload
  const tampered = (at: number, byte: number) => {
    const rows = rowsOf(READINGS)
    rows.rows[at] = byte
    return () => addon.closeBatch(rows.streams, rows.rows, rows.heap, SECRET)
  }

  test.each([
    ['a stream index without a stream', 0, 9],
    ['an unknown kind', 4, 7],
    ['a reserved byte that is not zero', 6, 1],
    ['a sequence above 2^53 - 1', 15, 1],
    ['a boolean that is 2', 48 + 32, 2],
    ['text outside the heap', 15 * 48 + 35, 1],
    ['evidence outside the heap', 19 * 48 + 46, 1],
  ])('rows with %s', (_, at, byte) => {
    expect(codeOf(tampered(at, byte))).toBe('invalid_rows')
  })

  test('rows whose text is not UTF-8', () => {
    const rows = rowsOf(READINGS)
    rows.heap[0] = 0xff
    expect(codeOf(() => addon.closeBatch(rows.streams, rows.rows, rows.heap, SECRET))).toBe('invalid_rows')
  })

  test('buffers that are no whole rows, and a short secret', () => {
    const { streams, rows, heap } = rowsOf(READINGS)
    expect(codeOf(() => addon.closeBatch(streams, rows.subarray(1), heap, SECRET))).toBe('invalid_rows')
    expect(codeOf(() => addon.closeBatch(streams.subarray(1), rows, heap, SECRET))).toBe('invalid_rows')
    expect(codeOf(() => addon.closeBatch(streams, rows, heap, SECRET.subarray(1)))).toBe('invalid_argument')
  })

  test('one sequence twice in a stream, under two indices of it as well', () => {
    expect(codeOf(() => seal([READINGS[1]!, READINGS[1]!]))).toBe('duplicate_sequence')
    const { streams, rows, heap } = rowsOf([READINGS[3]!, { ...READINGS[3]!, stream: STREAM_B }])
    streams.fill(0x33)
    expect(codeOf(() => addon.closeBatch(streams, rows, heap, SECRET))).toBe('duplicate_sequence')
  })

  test('a payload with more readings than allowed', () => {
    expect(codeOf(() => addon.checkBatch(sealed(), 4))).toBe('malformed_payload')
  })

  test('a payload that ends early or goes on', () => {
    const payload = sealed()
    expect(codeOf(() => addon.openBatch(payload.subarray(0, -1), 100))).toBe('malformed_payload')
    expect(codeOf(() => addon.openBatch(Buffer.concat([payload, Buffer.of(0)]), 100))).toBe('malformed_payload')
  })

  test('a payload with a varint that is longer than needed', () => {
    const payload = sealed()
    expect(payload[36]).toBe(5)
    const padded = Buffer.concat([payload.subarray(0, 36), Buffer.of(0x85, 0), payload.subarray(37)])
    expect(codeOf(() => addon.openBatch(padded, 100))).toBe('malformed_payload')
  })

  test('a payload whose streams are not in ascending order', () => {
    const payload = seal([reading(0, integer(1n)), reading(0, integer(2n), { stream: STREAM_B })]).payload
    const at = payload.indexOf(Buffer.alloc(16, 0x22))
    payload.fill(0x11, at, at + 16)
    expect(codeOf(() => addon.openBatch(payload, 100))).toBe('malformed_payload')
    payload.fill(0x10, at, at + 16)
    expect(codeOf(() => addon.openBatch(payload, 100))).toBe('malformed_payload')
  })

  test('a position and an index outside', () => {
    expect(codeOf(() => addon.leafCbor(sealed(), 5))).toBe('invalid_argument')
    expect(codeOf(() => addon.merklePath(new Uint8Array(64), 2))).toBe('invalid_argument')
    expect(codeOf(() => addon.merkleRoot(new Uint8Array(33)))).toBe('invalid_argument')
  })

  test('an argument that is no byte array', () => {
    expect(codeOf(() => addon.sha256('text' as unknown as Uint8Array))).toBe('InvalidArg')
  })
})

describe('hashes', () => {
  test('of entries carry the leaf prefix', () => {
    const entries = [new Uint8Array([1, 2]), new Uint8Array()]
    const expected = entries.map((entry) => createHash('sha256').update(Buffer.of(0)).update(entry).digest())
    expect(addon.leafHashesOf(entries).equals(Buffer.concat(expected))).toBe(true)
    expect(addon.sha256(entries[0]!).equals(createHash('sha256').update(entries[0]!).digest())).toBe(true)
  })

  test('of a stream id sort by its bytes, not by the order of the list', () => {
    const first = parseStreamId('00'.repeat(16))
    const sealed = seal([reading(0, integer(1n)), reading(0, integer(2n), { stream: first })])
    expect(sealed.runs.subarray(0, 16).equals(Buffer.alloc(16))).toBe(true)
  })
})
