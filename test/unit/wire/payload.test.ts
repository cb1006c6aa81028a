import * as fc from 'fast-check'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { concatBytes, fromHex, sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { idBytes } from '../../../src-main/wire/ids.ts'
import { decodePayload } from '../../../src-main/wire/payload.ts'
import { decodeLeaf, encodeLeaf } from '../../../src-main/wire/reading.ts'
import type { Reading } from '../../../src-main/wire/reading.ts'
import { RowWriter } from '../../../src-main/wire/rows.ts'
import { seed, streams } from './fixtures.ts'
import { readingArbitrary } from './readings.ts'

const hasAddon = existsSync(fileURLToPath(new URL('../../../native/plumbline.node', import.meta.url)))
if (!hasAddon) console.warn('skipped: payloads of the native addon: it is not built (npm run build:native)')
const LIMITS = { maxReadings: 1_000 }
const secret = seed('batch secret')

/** Two readings of one stream, written by hand: sequence 5 and 6, times 1000 and 1500, quality 0, values 20.5 and 21.5. */
const RUN = '02 0500 d00f e807 010200 010200 01 0203 0101 9a03 14 00'.replaceAll(' ', '')
const HAND = concatBytes(utf8('PLP1'), secret, fromHex('0201'), idBytes(streams[0]!), fromHex(RUN))

function withRun(run: string): Uint8Array {
  return concatBytes(utf8('PLP1'), secret, fromHex('0201'), idBytes(streams[0]!), fromHex(run))
}

describe('decodePayload', () => {
  it('reads a payload written by hand', () => {
    const payload = decodePayload(HAND, LIMITS)
    expect(payload).toMatchObject({ secret, count: 2, runs: [{ stream: streams[0], firstSequence: 5, count: 2 }] })
    expect([...payload.readings()]).toEqual([
      {
        stream: streams[0],
        sequence: 5,
        sourceTimeUs: 1000,
        value: { kind: 'float', value: 20.5 },
        quality: 0,
        flags: 0,
      },
      {
        stream: streams[0],
        sequence: 6,
        sourceTimeUs: 1500,
        value: { kind: 'float', value: 21.5 },
        quality: 0,
        flags: 0,
      },
    ])
  })

  it.each<[string, Uint8Array]>([
    ['another magic', concatBytes(utf8('PLP2'), HAND.slice(4))],
    ['its last byte missing', HAND.slice(0, -1)],
    ['a byte too many', concatBytes(HAND, new Uint8Array(1))],
    ['another count of readings', HAND.with(36, 3)],
    ['a second run announced', HAND.with(37, 2)],
    ['an empty run', withRun('00')],
    ['an unknown sequence mode', withRun(RUN.replace('020500', '020502'))],
    ['a varint that is not minimal', withRun(RUN.replace('020500', '02850000'))],
    ['a varint beyond 64 bits', withRun(RUN.replace('020500', '02' + 'ff'.repeat(9) + '02'))],
    ['a sequence beyond 2^53', withRun(RUN.replace('020500', '02ffffffffffffff0f00'))],
    ['a quality of 33 bits', withRun(RUN.replace('010200', '01028080808010'))],
    ['an empty run of qualities', withRun(RUN.replace('010200', '0202000000'))],
    ['qualities for too few readings', withRun(RUN.replace('010200', '010100'))],
    ['an unknown kind', withRun(RUN.replace('0203', '0207'))],
    ['an unknown float mode', withRun(RUN.replace('0101', '0201'))],
    ['a decimal exponent above 9', withRun(RUN.replace('0101', '010a'))],
    ['an unknown evidence mode', withRun(RUN.slice(0, -2) + '02')],
    ['a boolean of 2', withRun('010500000101000101000101010200')],
    ['text that is not UTF-8', withRun('0105000001010001010001010401ff00')],
    ['a small integer as a big one', withRun('010500000101000101000101060200')],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodePayload(bytes, LIMITS)).toThrow(expect.objectContaining({ code: 'malformed_payload' }))
  })

  it('refuses more readings than the caller allows', () => {
    expect(() => decodePayload(HAND, { maxReadings: 1 })).toThrow(
      expect.objectContaining({ code: 'malformed_payload' }),
    )
  })

  it('throws nothing but WireError on damaged bytes', () => {
    fc.assert(
      fc.property(fc.nat(HAND.length - 1), fc.nat(255), fc.nat(8), (at, byte, cut) => {
        try {
          decodePayload(HAND.with(at, byte).slice(0, HAND.length - cut), LIMITS)
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
    )
  })
})

describe.skipIf(!hasAddon)('payloads of the addon', () => {
  const byPlace = (a: Reading, b: Reading): number =>
    a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.sequence - b.sequence
  const batchArbitrary = fc
    .uniqueArray(readingArbitrary, { maxLength: 60, selector: (reading) => `${reading.stream} ${reading.sequence}` })
    .map((readings) => readings.toSorted(byPlace))

  function seal(readings: Reading[]) {
    const writer = new RowWriter(streams)
    for (const { stream, sequence, sourceTimeUs, value, quality, flags, evidence } of readings) {
      writer.push(streams.indexOf(stream), sequence, sourceTimeUs, value, quality, flags, evidence)
    }
    const rows = writer.take()
    return loadAddon().closeBatch(rows.streams, rows.rows, rows.heap, secret)
  }

  it('come back reading for reading, and their leaves are ours', () => {
    fc.assert(
      fc.property(batchArbitrary, (readings) => {
        const sealed = seal(readings)
        const payload = decodePayload(sealed.payload, LIMITS)
        expect([...payload.readings()]).toEqual(readings)
        expect(payload.count).toBe(readings.length)
        readings.forEach((reading, i) => {
          const cbor = loadAddon().leafCbor(sealed.payload, i)
          const { evidence, ...rest } = reading
          const evidenceHash = evidence === undefined ? {} : { evidenceHash: sha256(evidence) }
          const leaf = encodeLeaf({ ...rest, ...evidenceHash, salt: decodeLeaf(cbor).salt })
          expect(toHex(leaf)).toBe(toHex(cbor))
        })
      }),
    )
  })

  it('are refused alike by the addon and here when damaged, and read alike when not', () => {
    fc.assert(
      fc.property(batchArbitrary, fc.nat(), fc.nat(255), (readings, place, byte) => {
        const { payload } = seal(readings)
        const damaged = Uint8Array.from(payload).with(place % payload.length, byte)
        expect(verdictHere(damaged)).toEqual(verdictOfAddon(damaged))
      }),
      { numRuns: 400 },
    )
  })

  function verdictHere(payload: Uint8Array): unknown {
    try {
      return decodePayload(payload, LIMITS).runs.map((run) => [run.stream, run.firstSequence, run.count])
    } catch (error) {
      expect(error).toBeInstanceOf(WireError)
      return 'malformed_payload'
    }
  }

  function verdictOfAddon(payload: Uint8Array): unknown {
    try {
      const { runs } = loadAddon().checkBatch(payload, LIMITS.maxReadings)
      const view = new DataView(runs.buffer, runs.byteOffset, runs.byteLength)
      return Array.from({ length: runs.length / 28 }, (_, i) => [
        toHex(runs.subarray(28 * i, 28 * i + 16)),
        Number(view.getBigUint64(28 * i + 16, true)),
        view.getUint32(28 * i + 24, true),
      ])
    } catch (error) {
      return (error as { code: string }).code
    }
  }
})
