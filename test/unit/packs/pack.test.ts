/** The strict reader of a pack's folder: what it takes, and where it says that something is wrong. */
import { describe, expect, test } from 'vitest'
import { shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { decimal, readSchema } from '../../../src-main/packs/body-schema.ts'
import { PackError } from '../../../src-main/packs/errors.ts'
import { readPack } from '../../../src-main/packs/pack.ts'
import type { PackFiles } from '../../../src-main/packs/pack.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'

type Members = { [name: string]: JsonValue }

const table = (...columns: string[]): JsonValue => ({
  name: 't',
  columns: columns.map((name) => ({ name, show: 'text', percent: 9 })),
})

const whole = shippedPacks()[0]!
const copy = (): { rule: string; pack: Members; words: { en: Members; de: Members } } =>
  structuredClone(whole.files) as never
const changed = (change: (files: ReturnType<typeof copy>) => void): PackFiles => {
  const files = copy()
  change(files)
  return files
}
const hashes = (files: PackFiles): [rule: boolean, pack: boolean] => {
  const { ruleHash, hash } = readPack(files, 'p')
  return [toHex(ruleHash) === toHex(whole.ruleHash), toHex(hash) === toHex(whole.hash)]
}

test('all that is wrong with it is told at once, each with its place', () => {
  const told = (files: PackFiles): string[] => {
    try {
      readPack(files, 'p')
    } catch (error) {
      return (error as Error).message.split('\n')
    }
    return []
  }
  const manifest = changed(({ pack }) => {
    delete pack['version']
    pack['colour'] = 'red'
    pack['ancestry'] = 99
    pack['codes'] = ['GOOD', '9', '8']
  })
  expect(told(manifest)).toEqual([
    'p/pack.json holds the unknown member "colour"',
    'p/pack.json lacks "version"',
    expect.stringContaining('p/pack.json.ancestry is'),
    expect.stringContaining('p/pack.json.codes[1] is "9"'),
    expect.stringContaining('p/pack.json.codes[2] is "8"'),
  ])
  // The words of both languages, too.
  const words = changed((files) => {
    files.words.en['figures'] = {}
    files.words.de['title'] = 7
  })
  const both = told(words)
  expect(both.length).toBeGreaterThan(2)
  expect(both.at(0)).toMatch(/^p\/words\/en\.json\.figures lacks /)
  expect(both.at(-1)).toMatch(/^p\/words\/de\.json\.title /)
  // However many there are, and whoever made them.
  const many = changed(({ pack }) => void (pack['codes'] = Array.from({ length: 200 }, () => '9')))
  expect(told(many)).toHaveLength(20)
})

describe('the two hashes of a pack', () => {
  test('are the same however its files are laid out', () => {
    const turned = changed((files) => {
      files.pack = Object.fromEntries(Object.entries(files.pack).toReversed())
    })
    expect(hashes(turned)).toEqual([true, true])
  })

  test.each<[string, (files: ReturnType<typeof copy>) => void, [rule: boolean, pack: boolean]]>([
    ['a word', ({ words }) => void (words.de['title'] = 'Anders'), [true, false]],
    ['the order of its languages', ({ pack }) => void (pack['words'] = ['de', 'en']), [true, false]],
    ['the rule', (files) => void (files.rule += ' '), [false, false]],
    ['the version', ({ pack }) => void (pack['version'] = '9.9'), [false, false]],
    ['the precision of a figure', ({ pack }) => void ((pack['headline'] as Members)['decimals'] = 2), [false, false]],
  ])('tell a change of %s', (_, change, same) => {
    expect(hashes(changed(change))).toEqual(same)
  })
})

test.each<[string, (files: ReturnType<typeof copy>) => void]>([
  ['p/pack.json lacks "id"', ({ pack }) => delete pack['id']],
  ['p/pack.json holds the unknown member "colour"', ({ pack }) => void (pack['colour'] = 'red')],
  ['p/pack.json.id is "Core", which is none', ({ pack }) => void (pack['id'] = 'Core')],
  [
    'p/pack.json.events has "other.x", which does not begin with',
    ({ pack }) => void (pack['events'] = { 'other.x': { body: 'boolean' } }),
  ],
  [
    'p/pack.json.parameters.x.default is not an integer from 1 to 2',
    ({ pack }) => void (pack['parameters'] = { x: { unit: '', schema: { integer: [1, 2] }, default: 3 } }),
  ],
  ['p/pack.json.codes holds "trap", which every pack has', ({ pack }) => (pack['codes'] as JsonValue[]).push('trap')],
  ['p/pack.json.codes holds "WRAP" twice', ({ pack }) => (pack['codes'] as JsonValue[]).push('WRAP')],
  [
    'p/pack.json.tables has "t" twice',
    ({ pack }) => {
      pack['tables'] = [table('a'), table('b')]
    },
  ],
  [
    'p/pack.json.tables[0].columns has "a" twice',
    ({ pack }) => {
      pack['tables'] = [table('a', 'a')]
    },
  ],
  [
    'p/pack.json.tables[0].columns[0].show is none of text',
    ({ pack }) => {
      pack['tables'] = [{ name: 't', columns: [{ name: 'a', show: 'picture', percent: 9 }] }]
    },
  ],
  [
    'p/words/en.json.tables lacks "t"',
    ({ pack }) => {
      pack['tables'] = [table('a')]
    },
  ],
  [
    'p/words/en.json.tables.t.columns lacks "b"',
    ({ pack, words }) => {
      pack['tables'] = [table('a', 'b')]
      for (const one of Object.values(words)) one['tables'] = { t: { title: 'T', columns: { a: 'A' } } }
    },
  ],
  [
    'p/words/en.json.about lacks "a"',
    ({ pack }) => {
      pack['about'] = [{ name: 'a', show: 'text' }]
    },
  ],
  ['p/pack.json.words lacks "de"', ({ pack }) => void (pack['words'] = ['en'])],
  ['p/pack.json.uses names the pack itself', ({ pack }) => void (pack['uses'] = ['odometer'])],
  ['p/words/de.json.codes lacks "JUMP"', ({ words }) => delete (words.de['codes'] as Members)['JUMP']],
  [
    'p/words/en.json.figures has "speed", which pack.json does not',
    ({ words }) => void ((words.en['figures'] as Members)['speed'] = 'Speed'),
  ],
  [
    'p/words/de.json.codes.MORE does not use the same values as en.json',
    ({ words }) => void ((words.de['codes'] as Members)['MORE'] = ['Mehr.', 'Mehr.']),
  ],
  ['p/words/en.json.title holds U+202E', ({ words }) => void (words.en['title'] = 'Certi\u202eficate')],
  [
    'p/words/en.json.codes.UNIT ends with a sentence that needs a value',
    ({ words }) => void ((words.en['codes'] as Members)['UNIT'] = ['{count}']),
  ],
  [
    'p/words/en.json.codes.UNIT uses {speed}',
    ({ words }) => void ((words.en['codes'] as Members)['UNIT'] = ['{speed}', 'x']),
  ],
])('says "%s"', (message, change) => {
  const files = changed(change)
  expect(() => readPack(files, 'p')).toThrow(PackError)
  expect(() => readPack(files, 'p')).toThrow(message)
})

describe('a schema', () => {
  test.each<[JsonValue, JsonValue[], JsonValue[]]>([
    ['boolean', [true], [0, null]],
    ['time', [-5, 1_700_000_000_000_000], [1.5, '5']],
    [{ text: 3 }, ['', 'abc'], ['abcd', 'ääa', '\u202e', 3]],
    [{ integer: [-1, 5] }, [-1, 0, 5], [-2, 6, 0.5, '1']],
    [{ decimal: 2 }, ['0.00', '-12.50'], ['1.5', '01.50', '-0.00', '+1.00', '.50', 1.5]],
    [{ bytes: 2 }, ['', 'ff00'], ['ff0011', 'f', 'FF']],
    [{ enum: ['a', 'b'] }, ['a'], ['c', null]],
    [{ ref: 'asset' }, ['VIN:1'], [1]],
    [{ ref: 'document' }, ['00'.repeat(32)], ['00'.repeat(16)]],
    [{ ref: 'actor' }, ['00'.repeat(16)], ['00'.repeat(32)]],
    [{ list: { of: 'boolean', max: 2 } }, [[], [true, false]], [[1], [true, true, true], {}]],
    [
      { record: { required: { a: 'time' }, optional: { b: 'boolean' } } },
      [{ a: 1 }, { a: 1, b: true }],
      [{}, { b: true }, { a: 1, c: 1 }, { a: 1, b: 0 }, []],
    ],
  ])('%j takes and refuses the same in JSON and in CBOR', (schema, taken, refused) => {
    const form = readSchema(schema, 's')
    for (const value of taken) {
      const read = form.fromJson(value, 'v')
      expect(form.toJson(read)).toEqual(value)
      expect(form.encode(read)).toBeDefined()
    }
    for (const value of refused) expect(() => form.fromJson(value, 'v')).toThrow(/^v/)
  })

  test.each<[JsonValue, string]>([
    ['float', 's is "float", which is no schema'],
    [{ pattern: 'a*' }, 's says "pattern", which is no schema'],
    [{ text: 3, integer: [0, 1] }, 's is not one word, or one member'],
    [{}, 's is not one word, or one member'],
    [{ text: 0 }, 's.text is not an integer from 1'],
    [{ integer: [2, 1] }, 's.integer goes from 2 to 1'],
    [{ integer: [2] }, 's.integer is not [least, most]'],
    [{ ref: 'key' }, 's.ref is none of'],
    [{ record: { required: { a: 'time' }, optional: { a: 'time' } } }, 's.record requires "a" and lets it be left out'],
    [{ record: { required: { constructor_: 'time' } } }, 's.record.required has the member "constructor_"'],
    [
      {
        list: {
          of: {
            list: { of: { list: { of: { list: { of: { list: { of: 'time', max: 1 } }, max: 1 } }, max: 1 } }, max: 1 },
          },
          max: 1,
        },
      },
      'lies deeper than 4',
    ],
  ])('%j is refused: %s', (schema, message) => {
    expect(() => readSchema(schema, 's')).toThrow(message)
  })

  test('of a decimal number has one spelling, up to what a ledger of integers holds', () => {
    expect(() => decimal(3).fromJson(`${'9'.repeat(15)}.999`, 'v')).not.toThrow()
    expect(() => decimal(3).fromJson(`${'9'.repeat(16)}.999`, 'v')).toThrow(/^v/)
  })
})
