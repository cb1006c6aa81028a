import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromUtf8, utf8 } from '../../../src-main/wire/bytes.ts'
import { canonicalJson, parseStrictJson } from '../../../src-main/wire/json.ts'
import { canonicalMembers } from '../../../src-main/wire/json-form.ts'

const LIMITS = { maxLength: 1_000_000, maxDepth: 40 }

/** What the other reader and the writer make of the same bytes. */
function isOwnForm(bytes: Uint8Array): boolean {
  try {
    const text = fromUtf8(bytes)
    const value = parseStrictJson(text, LIMITS)
    return typeof value === 'object' && value !== null && !Array.isArray(value) && canonicalJson(value) === text
  } catch {
    return false
  }
}

function isAccepted(bytes: Uint8Array): boolean {
  try {
    canonicalMembers(bytes, ['b'], LIMITS)
    return true
  } catch {
    return false
  }
}

const json = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }))

describe('the scan of canonical JSON', () => {
  test('accepts what the writer writes', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(isAccepted(utf8(canonicalJson(value)))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('accepts a text with a changed byte exactly where parsing and writing gives it back', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0x20, max: 0x7e }), insert: fc.boolean() })
    fc.assert(
      fc.property(json, edit, (value, { at, byte, insert }) => {
        const bytes = utf8(canonicalJson(value))
        const place = at % bytes.length
        const bent = insert
          ? new Uint8Array([...bytes.subarray(0, place), byte, ...bytes.subarray(place)])
          : bytes.with(place, byte)
        expect(isAccepted(bent)).toBe(isOwnForm(bent))
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":-0}',
    '{"a":01}',
    String.raw`{"a":"\u0041"}`,
    String.raw`{"a":"\u001F"}`,
    String.raw`{"a":"\/"}`,
    String.raw`{"a":"\ud800"}`,
    String.raw`{"\u0061":1}`,
    '{"b":1,"a":1}',
    '{"a":1,"a":1}',
    '{"a":1,}',
    '{"a":[1,]}',
    '{"a":tru}',
    '{"a" :1}',
    '{}x',
    '[]',
    '"a',
    '{"a":"\t"}',
  ])('refuses %s', (text) => {
    expect(isAccepted(utf8(text))).toBe(false)
    expect(isOwnForm(utf8(text))).toBe(false)
  })

  test('says where members stand, those inside one of them too', () => {
    const bytes = utf8('{"a":[1,{"x":2}],"b":{"c":"ü","d":{"e":1}},"f":null}')
    const members = canonicalMembers(bytes, ['b'], LIMITS)
    const read = (name: string): string => {
      const { from, to } = members.get(name)!
      return fromUtf8(bytes.subarray(from, to))
    }
    expect([...members.keys()].sort()).toEqual(['a', 'b', 'b/c', 'b/d', 'f'])
    expect([read('a'), read('b/c'), read('b/d'), read('f')]).toEqual(['[1,{"x":2}]', '"ü"', '{"e":1}', 'null'])
    expect(fromUtf8(bytes.subarray(members.get('b')!.nameAt)).startsWith('"b":')).toBe(true)
  })

  test('notes no more members than a certificate has, whatever else is inside', () => {
    const object = (count: number): string =>
      `{${Array.from({ length: count }, (_, at) => `"${String(at).padStart(3, '0')}":0`).join(',')}}`
    expect(isAccepted(utf8(object(64)))).toBe(true)
    expect(isAccepted(utf8(object(65)))).toBe(false)
    expect(isAccepted(utf8(`{"b":${object(65)}}`))).toBe(false)
    expect(isAccepted(utf8(`{"c":${object(65)}}`))).toBe(true)
  })

  test('ends at the limits of length, depth and number of values', () => {
    const scan = (text: string, limits: object): void =>
      void canonicalMembers(utf8(text), ['b'], { ...LIMITS, ...limits })
    expect(() => scan('{"a":1}', { maxLength: 3 })).toThrow(expect.objectContaining({ code: 'too_large' }))
    expect(() => scan(`{"a":${'['.repeat(50)}`, {})).toThrow(expect.objectContaining({ code: 'too_deep' }))
    expect(() => scan('{"a":[1,2,3]}', { maxValues: 3 })).toThrow(expect.objectContaining({ code: 'too_large' }))
  })
})
