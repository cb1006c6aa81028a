import * as fc from 'fast-check'
import type { Reading, Value } from '../../../src-main/wire/reading.ts'
import { streams } from './fixtures.ts'

const ownBytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength }).map((bytes) => Uint8Array.from(bytes))

/** Values of every kind, with the corners of each. */
export const valueArbitrary: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ kind: 'null' }),
  fc.boolean().map((value): Value => ({ kind: 'boolean', value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((value): Value => ({ kind: 'integer', value })),
  fc.double().map((value): Value => ({ kind: 'float', value })),
  fc.integer({ min: -100_000, max: 100_000 }).map((scaled): Value => ({ kind: 'float', value: scaled / 100 })),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((value): Value => ({ kind: 'text', value })),
  ownBytes(20).map((value): Value => ({ kind: 'bytes', value })),
)

export const readingArbitrary: fc.Arbitrary<Reading> = fc
  .record({
    stream: fc.constantFrom(...streams),
    sequence: fc.nat().map((n) => n * 4_194_301),
    sourceTimeUs: fc.maxSafeInteger(),
    value: valueArbitrary,
    quality: fc.nat(0xffff_ffff),
    flags: fc.nat(0xffff_ffff),
    evidence: fc.option(ownBytes(30), { nil: undefined }),
  })
  .map(({ evidence, ...reading }) => (evidence === undefined ? reading : { ...reading, evidence }))
