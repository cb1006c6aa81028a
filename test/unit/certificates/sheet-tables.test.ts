import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src-main/certificates/credential.ts'
import { reasonText } from '../../../src-main/certificates/reason-words.ts'
import { figureText, verdictParts } from '../../../src-main/certificates/sheet-words.ts'
import { aboutPack, tableSections } from '../../../src-main/certificates/sheet-tables.ts'
import { wordsOfPack } from '../../../src-main/packs/shipped-words.ts'
import type { Language } from '../../../src-main/wire/languages.ts'
import { STATED } from '../documents/samples.ts'

const rule = { id: 'quality', words: wordsOfPack('quality') }
const subject = (figures: JsonObject): JsonObject => ({ figures })
const stated = (language: Language) => ({ ...STATED, language })

/** Texts of the cells of one row of characteristics, with what stands below. */
function cells(row: JsonObject, language: Language = 'en'): string[] {
  const [section] = tableSections(subject({ tables: { characteristics: [row] } }), rule, stated(language))
  const [first] = section!.rows
  if (first === undefined || !('cells' in first)) throw new Error('no row')
  return first.cells.map(({ text, small }) => (small === undefined ? text : `${text} (${small})`))
}

const ROW: JsonObject = {
  number: 1,
  characteristic: 'net weight',
  unit: 'g',
  instrument: 'KW-3',
  decimals: 1,
  limits: [515, 535],
  n: 3580,
  mean: 523.42,
  s: 1.87,
  min: 516.9,
  max: 530.1,
  cpk: { value: 1.5, low: 1.466, high: 1.537 },
  unstated: null,
  result: 'result-within',
}

test('a row is printed with units, limits, intervals and words in the language of the page', () => {
  const en = ['1', 'net weight (g, KW-3)', '515.0 to 535.0', '3,580', '523.42', '1.87', '516.9', '530.1']
  const de = ['1', 'net weight (g, KW-3)', '515,0 bis 535,0', '3.580', '523,42', '1,87', '516,9', '530,1']
  expect(cells(ROW)).toEqual([...en, '1.50 (1.47 to 1.54)', 'within limits'])
  expect(cells(ROW, 'de')).toEqual([...de, '1,50 (1,47 bis 1,54)', 'innerhalb der Grenzen'])
})

test('one limit, no limit and no index are said in words', () => {
  expect(cells({ ...ROW, limits: [71.5, null] })[2]).toBe('at least 71.5')
  expect(cells({ ...ROW, limits: [null, 71.5] }, 'de')[2]).toBe('höchstens 71,5')
  expect(cells({ ...ROW, limits: null })[2]).toBe('–')
  expect(cells({ ...ROW, cpk: null, unstated: 'capability-too-few' })[8]).toBe(
    '– (No index is stated: too few values.)',
  )
})

test('whatever a stranger wrote into a row, only texts and numbers are printed', () => {
  const odd = Object.fromEntries(Object.keys(ROW).map((name) => [name, { toString: 'x', a: [1] }]))
  expect(cells(odd)).toEqual(['', '', '', '', '', '', '', '', '0.00 (0.00 to 0.00)', ''])
  expect(cells({ ...ROW, result: 'constructor', characteristic: 'a\u202eb', decimals: 1e9 })[1]).toBe(
    'a<U+202E>b (g, KW-3)',
  )
  expect(tableSections(subject({ tables: { characteristics: ['row', 7, null] } }), rule, stated('en'))).toEqual([])
  expect(tableSections(subject({ tables: 'many' }), rule, stated('en'))).toEqual([])
  expect(
    tableSections(subject({ tables: { characteristics: [ROW] } }), { id: 'x', words: null }, stated('en')),
  ).toEqual([])
})

test('pairs stand in the order of the pack, those that are known', () => {
  const about = {
    parts: 36_288,
    order: '4500087713',
    product: 'Apple spritzer',
    madeFromUs: 'soon',
    batch: null,
    other: 'x',
  }
  expect(aboutPack(subject({ about }), rule, stated('en'))).toEqual([
    { label: 'Product', value: 'Apple spritzer' },
    { label: 'Order', value: '4500087713' },
    { label: 'Quantity', value: '36,288' },
    { label: 'Made from', value: 'soon' },
  ])
})

test('a verdict, code or figure named like a member that every object has is told by its own name', () => {
  expect(verdictParts(rule, 'constructor', true, 'en').strong).toBe('constructor')
  expect(reasonText(rule, { code: 'constructor', text: 'made up' }, stated('en').language, stated('en').zone)).toBe(
    'made up',
  )
  expect(figureText(rule, 'toString', 1, 'en').text).toBe('1')
})
