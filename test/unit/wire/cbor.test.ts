import { cdeDecodeOptions, cdeEncodeOptions, decode, encode } from 'cbor2'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src-main/wire/bytes.ts'
import { CborFloat, CborTag, decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborInput, CborValue } from '../../../src-main/wire/cbor.ts'
import { WireError } from '../../../src-main/wire/errors.ts'

const LIMITS = { maxBytes: 1_000_000, maxDepth: 16 }
const hexOf = (value: CborInput): string => toHex(encodeCbor(value))
const read = (hex: string): CborValue => decodeCbor(fromHex(hex), LIMITS)

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof WireError) return error.code
    throw error
  }
  return 'accepted'
}

describe('encodeCbor', () => {
  it.each<[CborInput, string]>([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [65536, '1a00010000'],
    [4294967296, '1b0000000100000000'],
    [-1, '20'],
    [-257, '390100'],
    [9007199254740991, '1b001fffffffffffff'],
    [18446744073709551615n, '1bffffffffffffffff'],
    [-18446744073709551616n, '3bffffffffffffffff'],
    [5n, '05'],
    [-4294967297n, '3b0000000100000000'],
    [new CborFloat(20), 'f94d00'],
    [new CborFloat(-0), 'f98000'],
    [new CborFloat(NaN), 'f97e00'],
    [new CborFloat(Infinity), 'f97c00'],
    [new CborFloat(100000), 'fa47c35000'],
    [new CborFloat(1.1), 'fb3ff199999999999a'],
    [new CborFloat(2 ** -24), 'f90001'],
    [new CborFloat(2 ** -25), 'fa33000000'],
    [new CborFloat(2 ** -149), 'fa00000001'],
    [new CborFloat(5e-324), 'fb0000000000000001'],
    ['läuft', '666cc3a4756674'],
    [[true, false, null], '83f5f4f6'],
    [{ b: 1, a: 2, aa: undefined }, 'a2616102616201'],
    [
      new Map<CborInput, CborInput>([
        [10, 1],
        [-1, 2],
        ['z', 3],
      ]),
      'a30a012002617a03',
    ],
    [new CborTag(18, [new Uint8Array([1])]), 'd2814101'],
  ])('writes %o as %s', (value, expected) => {
    expect(hexOf(value)).toBe(expected)
  })

  it.each([[1.5], [-0], [NaN], [2 ** 53], [2n ** 64n], [undefined], [new Date(0)], ['\ud800']])(
    'refuses %o, which has no one form here',
    (value) => {
      expect(codeOf(() => encodeCbor(value as CborInput))).toBe('unencodable')
    },
  )

  it('agrees with cbor2 under its CDE options on every value both can carry', () => {
    fc.assert(
      fc.property(cborArbitrary, (value) => {
        expect(hexOf(value)).toBe(toHex(encode(forCbor2(value), cdeEncodeOptions)))
      }),
    )
  })
})

describe('decodeCbor', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(cborArbitrary, (value) => {
        const bytes = encodeCbor(value)
        expect(toHex(encodeCbor(decodeCbor(bytes, LIMITS)))).toBe(toHex(bytes))
      }),
    )
  })

  it.each([
    ['an integer in a longer head', '1817', 'not_deterministic'],
    ['a 16-bit head for 255', '1900ff', 'not_deterministic'],
    ['a 64-bit head for 32 bits', '1b00000000ffffffff', 'not_deterministic'],
    ['a float that fits half', 'fa3fc00000', 'not_deterministic'],
    ['a double that fits single', 'fb40f86a0000000000', 'not_deterministic'],
    ['a NaN with a payload', 'f97e01', 'not_deterministic'],
    ['a double NaN', 'fb7ff8000000000000', 'not_deterministic'],
    ['map keys out of order', 'a2616201616102', 'not_deterministic'],
    ['a longer key before a shorter head', 'a218180101 02'.replace(' ', ''), 'not_deterministic'],
    ['a repeated key', 'a2616101616102', 'duplicate_key'],
    ['an indefinite array', '9fff', 'malformed_cbor'],
    ['an indefinite text', '7f6161ff', 'malformed_cbor'],
    ['a break alone', 'ff', 'malformed_cbor'],
    ['undefined', 'f7', 'malformed_cbor'],
    ['a simple value', 'f820', 'malformed_cbor'],
    ['a bignum', 'c249010000000000000000', 'malformed_cbor'],
    ['text that is not UTF-8', '61ff', 'malformed_cbor'],
    ['an overlong UTF-8 form', '62c080', 'malformed_cbor'],
    ['a string longer than the input', '5a7fffffff00', 'malformed_cbor'],
    ['an array longer than the input', '9a7fffffff00', 'malformed_cbor'],
    ['an array of 2^64 - 1', '9bffffffffffffffff', 'malformed_cbor'],
    ['an empty input', '', 'malformed_cbor'],
    ['a head cut short', '19', 'malformed_cbor'],
    ['bytes after the item', '0000', 'trailing_bytes'],
    ['nesting beyond the limit', '81'.repeat(17) + '00', 'too_deep'],
    ['tags beyond the limit', 'c6'.repeat(17) + '00', 'too_deep'],
  ])('refuses %s', (_, hex, code) => {
    expect(codeOf(() => read(hex))).toBe(code)
  })

  it('refuses more bytes than the caller named', () => {
    expect(codeOf(() => decodeCbor(new Uint8Array(11), { maxBytes: 10, maxDepth: 1 }))).toBe('too_large')
  })

  it('keeps a byte order mark, so that texts stay byte-exact', () => {
    expect(read('63efbbbf')).toBe('\ufeff')
    expect(read('781defbbbf' + '61'.repeat(26))).toBe('\ufeff' + 'a'.repeat(26))
  })

  it('copies byte strings, out of a Buffer too, and gives plain arrays', () => {
    const input = Buffer.from('4401020304', 'hex')
    const value = decodeCbor(input, LIMITS) as Uint8Array
    input.fill(0)
    expect(value).toEqual(Uint8Array.of(1, 2, 3, 4))
    expect(Buffer.isBuffer(value)).toBe(false)
  })

  it('gives bigints only beyond the safe range', () => {
    expect(read('1b001fffffffffffff')).toBe(9007199254740991)
    expect(read('1b0020000000000000')).toBe(9007199254740992n)
    expect(read('3b001ffffffffffffe')).toBe(-9007199254740991)
    expect(read('3b001fffffffffffff')).toBe(-9007199254740992n)
  })

  it('throws nothing but WireError on arbitrary bytes, and what it accepts is canonical', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        let value: CborValue
        try {
          value = decodeCbor(bytes, LIMITS)
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
          return
        }
        expect(toHex(encodeCbor(value))).toBe(toHex(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  it('accepts nothing that cbor2 refuses under CDE', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
        if (codeOf(() => decodeCbor(bytes, LIMITS)) !== 'accepted') return
        // What tags 0, 1, 21 and others must hold is no question of deterministic encoding.
        expect(() => decode(bytes, { ...cdeDecodeOptions, ignoreGlobalTags: true })).not.toThrow()
      }),
      { numRuns: 2_000 },
    )
  })
})

const scalarArbitrary: fc.Arbitrary<CborInput> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
  fc.double().map((value) => new CborFloat(value)),
  fc.float().map((value) => new CborFloat(value)),
  fc.integer({ min: -4000, max: 4000 }).map((value) => new CborFloat(value / 16)),
)
const cborArbitrary: fc.Arbitrary<CborInput> = fc.letrec<{ value: CborInput }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    scalarArbitrary,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie('value')), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => new Map<CborInput, CborInput>(entries)),
  ),
})).value

/** cbor2 tells floats from integers by a tagged number class of its own; -0 and fractions it keeps as floats. */
function forCbor2(value: CborInput): unknown {
  if (value instanceof CborFloat) return new Cbor2Float(value.value)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, forCbor2(item as CborInput)]))
  if (Array.isArray(value)) return value.map((item) => forCbor2(item as CborInput))
  return value
}

class Cbor2Float {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
  toCBOR(writer: { write(bytes: Uint8Array): void }): undefined {
    writer.write(encode(this.value, { ...cdeEncodeOptions, avoidInts: true }))
    return undefined
  }
}
