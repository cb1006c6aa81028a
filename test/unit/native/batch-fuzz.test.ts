import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import type { Reading, Value } from '../../../src-main/wire/reading.ts'
import { SECRET, STREAM_A, STREAM_B, decodeReadings, openReadings, rowsOf } from './batch-fixture.ts'

const addon = loadAddon()

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ kind: 'null' }),
  fc.boolean().map((value): Value => ({ kind: 'boolean', value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((value): Value => ({ kind: 'integer', value })),
  fc.double().map((value): Value => ({ kind: 'float', value })),
  fc.tuple(fc.integer(), fc.nat(9)).map(([m, e]): Value => ({ kind: 'float', value: m / 10 ** e })),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((value): Value => ({ kind: 'text', value })),
  fc.uint8Array({ maxLength: 20 }).map((value): Value => ({ kind: 'bytes', value })),
)
const u32 = fc.nat(0xffffffff)
const reading: fc.Arbitrary<Reading> = fc.record(
  {
    stream: fc.constantFrom(STREAM_A, STREAM_B),
    sequence: fc.oneof(fc.nat(50), fc.maxSafeNat()),
    sourceTimeUs: fc.maxSafeInteger(),
    value,
    quality: fc.oneof(fc.constant(0), u32),
    flags: fc.oneof(fc.constant(0), u32),
    evidence: fc.uint8Array({ maxLength: 8 }),
  },
  { requiredKeys: ['stream', 'sequence', 'sourceTimeUs', 'value', 'quality', 'flags'] },
)
const batch = fc.uniqueArray(reading, {
  maxLength: 30,
  selector: ({ stream, sequence }) => `${stream} ${sequence}`,
})
const sorted = (readings: readonly Reading[]) =>
  readings.toSorted((a, b) => (a.stream === b.stream ? a.sequence - b.sequence : a.stream < b.stream ? -1 : 1))

function seal(readings: readonly Reading[]) {
  const { streams, rows, heap } = rowsOf(readings)
  return addon.closeBatch(streams, rows, heap, SECRET)
}

/** Whether `run` gives an answer; fails where it throws anything but a refusal with its code. */
function accepts(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'malformed_payload' })
    return false
  }
}

describe('any batch', () => {
  test('comes back from its payload, here and in the portable decoder', () => {
    fc.assert(
      fc.property(batch, (readings) => {
        const { payload } = seal(readings)
        const expected = sorted(readings)
        expect(openReadings(payload, 30)).toEqual(expected)
        expect(decodeReadings(payload, 30)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})

describe('any bytes', () => {
  test('are refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(accepts(() => addon.openBatch(bytes, 1000))).toBe(false)
        const headed = Buffer.concat([Buffer.from('PLP1'), Buffer.alloc(32), bytes])
        const isAccepted = accepts(() => addon.openBatch(headed, 1000))
        // One without readings is a payload, and has no first leaf.
        if (isAccepted && openReadings(headed, 1000).length === 0) return
        accepts(() => addon.leafCbor(headed, 0) && addon.checkBatch(headed, 1000))
      }),
      { numRuns: 1000, examples: [[new Uint8Array()], [Uint8Array.of(0, 0)]] },
    )
  })

  test('made from a payload are judged as the portable decoder judges them', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.nat(2) })
    let accepted = 0
    fc.assert(
      fc.property(batch, fc.array(edit, { minLength: 1, maxLength: 3 }), (readings, edits) => {
        let bytes = Buffer.from(seal(readings).payload)
        for (const { at, byte, cut } of edits) {
          const place = 36 + (at % (bytes.length - 36))
          bytes = Buffer.concat([bytes.subarray(0, place), Buffer.of(byte), bytes.subarray(place + cut)])
        }
        const isAccepted = accepts(() => addon.openBatch(bytes, 60))
        expect(accepts(() => decodeReadings(bytes, 60))).toBe(isAccepted)
        if (!isAccepted) return
        accepted++
        expect(openReadings(bytes, 60)).toEqual(decodeReadings(bytes, 60))
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(50)
  })
})
