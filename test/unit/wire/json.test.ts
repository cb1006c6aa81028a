import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CborFloat, decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import { cborOfJson, jsonOfCbor } from '../../../src-main/wire/json-cbor.ts'
import { canonicalJson, parseStrictJson } from '../../../src-main/wire/json.ts'

describe('canonicalJson', () => {
  it('writes the example of RFC 8785', () => {
    const input = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(input)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('sorts members by UTF-16 units, as RFC 8785 3.2.3 shows', () => {
    const input = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
    expect(canonicalJson(input)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}')
  })

  it.each([[NaN], [Infinity], ['\ud800'], [{ '\udc00': 1 }]])('refuses %o', (value) => {
    expect(() => canonicalJson(value)).toThrow(WireError)
  })

  it('leaves out members that are undefined and writes -0 as 0', () => {
    expect(canonicalJson({ a: undefined, b: -0 })).toBe('{"b":0}')
  })
})

describe('parseStrictJson', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value)
        expect(parseStrictJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ['{"a":1,"a":2}', 'duplicate_key'],
    ['{"a":1,"\\u0061":2}', 'duplicate_key'],
    ['1 2', 'malformed_json'],
    ['', 'malformed_json'],
    ['01', 'malformed_json'],
    ['+1', 'malformed_json'],
    ['1.', 'malformed_json'],
    ['.5', 'malformed_json'],
    ['1e999', 'malformed_json'],
    ['NaN', 'malformed_json'],
    ['[1,]', 'malformed_json'],
    ['{"a":1,}', 'malformed_json'],
    ["{'a':1}", 'malformed_json'],
    ['"\u0001"', 'malformed_json'],
    ['"\\x"', 'malformed_json'],
    ['"\\__proto__"', 'malformed_json'],
    ['"\\ud800"', 'malformed_json'],
    ['"open', 'malformed_json'],
    ['\ufeff1', 'malformed_json'],
    ['[[[[[[1]]]]]]', 'too_deep'],
    ['"' + 'x'.repeat(2_000) + '"', 'too_large'],
  ])('refuses %s', (text, code) => {
    const limits = { maxLength: 1_000, maxDepth: 5 }
    expect(() => parseStrictJson(text, limits)).toThrow(expect.objectContaining({ code }))
  })

  it('counts values, not member names, and refuses more than the limit at the call', () => {
    const text = '{"a":[1,"x",null],"b":{}}'
    expect(parseStrictJson(text, { maxLength: 100, maxValues: 6 })).toEqual({ a: [1, 'x', null], b: {} })
    expect(() => parseStrictJson(text, { maxLength: 100, maxValues: 5 })).toThrow(
      expect.objectContaining({ code: 'too_large', message: expect.stringContaining('more than 5 values') }),
    )
  })

  it('keeps a member named __proto__ as data', () => {
    const value = parseStrictJson('{"__proto__":{"x":1}}') as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('throws nothing but WireError on arbitrary text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123456789aeE.-+ tfn') })),
        (text) => {
          try {
            parseStrictJson(text)
          } catch (error) {
            expect(error).toBeInstanceOf(WireError)
          }
        },
      ),
    )
  })
})

describe('JSON inside CBOR', () => {
  it('comes back as it went in, with -0 as 0', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = encodeCbor(cborOfJson(value))
        const back = jsonOfCbor(decodeCbor(bytes, { maxBytes: 100_000, maxDepth: 32 }), 'value')
        expect(back).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each([[new CborFloat(20)], [new CborFloat(NaN)], [new Uint8Array(1)], [2n ** 60n], [new Map([[1, 2]])]])(
    'refuses %o, which JSON cannot have made',
    (value) => {
      expect(() => jsonOfCbor(value, 'value')).toThrow(WireError)
    },
  )
})
