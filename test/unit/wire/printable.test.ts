import { describe, expect, test } from 'vitest'
import { printable, printableJson, printableLines, printed } from '../../../src-main/wire/printable.ts'

const HIDING = [
  ['ESC', '\x1b', '\\u{1B}'],
  ['a line break', '\n', '\\u{A}'],
  ['a carriage return', '\r', '\\u{D}'],
  ['DEL', '\x7f', '\\u{7F}'],
  ['CSI, one code in C1', '\x9b', '\\u{9B}'],
  ['a line separator', '\u2028', '\\u{2028}'],
  ['a paragraph separator', '\u2029', '\\u{2029}'],
  ['the Arabic letter mark', '\u061c', '\\u{61C}'],
  ['a left-to-right mark', '\u200e', '\\u{200E}'],
  ['a right-to-left mark', '\u200f', '\\u{200F}'],
  ['a right-to-left override', '\u202e', '\\u{202E}'],
  ['the end of a direction', '\u202c', '\\u{202C}'],
  ['an isolate', '\u2066', '\\u{2066}'],
  ['the end of an isolate', '\u2069', '\\u{2069}'],
  ['a zero-width space', '\u200b', '\\u{200B}'],
  ['a byte order mark', '\ufeff', '\\u{FEFF}'],
  ['a soft hyphen', '\u00ad', '\\u{AD}'],
  ['a lone surrogate', '\ud800', '\\u{D800}'],
  ['a tag character', '\u{e0041}', '\\u{E0041}'],
  ['a Hangul filler', '\u3164', '\\u{3164}'],
  ['a character that nobody has assigned', '\u0378', '\\u{378}'],
] as const

describe('text out of a file', () => {
  test.each(HIDING)('shows %s as what it is', (_name, character, shown) => {
    expect(printable(`a${character}b`)).toBe(`a${shown}b`)
    expect(printed`<${`a${character}b`}>`).toBe(`<a${shown}b>`)
  })

  test('keeps names of any script, with joiners and emoji', () => {
    for (const name of ['Müller & Söhne', '車輛', 'مركبة', 'क्‍ष', '👩‍🔧 ❤️', 'a\u200cb'])
      expect(printable(name)).toBe(name)
  })
})

test('lines keep their breaks and nothing else', () => {
  expect(printableLines('a\nb\r\x1b[2J')).toBe('a\nb\\u{D}\\u{1B}[2J')
})

test('JSON says in escapes of its own what was there', () => {
  const document = { name: HIDING.map(([, character]) => character).join('x'), list: [1] }
  const json = printableJson(JSON.stringify(document, null, 2))
  expect(JSON.parse(json)).toEqual(document)
  expect(json.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]*$/)
})
