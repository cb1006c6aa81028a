/** What a pack prints in rows and in pairs: rows and names are the pack's, how they look is the page's. */
import type { NamedRule, PackWords, TableWords, Told } from '../packs/words.ts'
import type { JsonValue } from '../wire/json.ts'
import type { JsonObject } from './credential.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import { fixedText, numberText } from './numbers.ts'
import { pageText } from './page-text.ts'
import type { Cell, Pair, SheetSection } from './sheet-model.ts'
import type { Stated } from './stated.ts'
import { zonedTimeShort } from './zoned-time.ts'

type Column = TableWords['columns'][number]

/** A pack gives some dozens; a stranger's file may hold any number. */
const ROWS_MAX = 200
const INDEX_DECIMALS = 2
const NONE = '–'
const BETWEEN: Told = { en: ' to ', de: ' bis ' }
const AT_LEAST: Told = { en: 'at least ', de: 'mindestens ' }
const AT_MOST: Told = { en: 'at most ', de: 'höchstens ' }

/** Tables with rows, in the order of the pack. */
export function tableSections(subject: JsonObject, { words }: NamedRule, stated: Stated): SheetSection[] {
  if (words === null) return []
  const given = objectAt(objectAt(subject, 'figures'), 'tables')
  const { language } = stated
  return words.tables.flatMap(({ name, title, columns }): SheetSection[] => {
    const rows = listAt(given, name).slice(0, ROWS_MAX)
    if (rows.length === 0) return []
    return [
      {
        title: title[language],
        aside: '',
        text: '',
        columns: columns.map(({ label, percent, show }) => ({
          label: label[language],
          share: percent / columns.reduce((sum, one) => sum + one.percent, 0),
          align: show === 'count' || show === 'measure' || show === 'index' ? 'right' : 'left',
        })),
        rows: rows.map((row) => ({ cells: columns.map((column) => cellOf(row, column, words, stated)) })),
      },
    ]
  })
}

/** What the pack says beside the asset's name, as far as it is known. */
export function aboutPack(subject: JsonObject, { words }: NamedRule, stated: Stated): Pair[] {
  const given = objectAt(objectAt(subject, 'figures'), 'about')
  return (words?.about ?? []).flatMap(({ name, label, show }) => {
    const value = plainText(given[name], show === 'time', stated)
    return value === '' ? [] : [{ label: label[stated.language], value }]
  })
}

function cellOf(row: JsonObject, column: Column, words: PackWords, stated: Stated): Cell {
  const { text, small } = shown(row, column, words, stated)
  const below = [small, ...(column.small ?? []).map((name) => plainText(row[name], false, stated))]
  const joined = below.filter((one) => one !== '').join(', ')
  return joined === '' ? { text } : { text, small: joined }
}

function shown(
  row: JsonObject,
  { name, show, finer, instead }: Column,
  words: PackWords,
  stated: Stated,
): { text: string; small: string } {
  const { language } = stated
  const value = row[name]
  const decimals = Math.min(12, Math.max(0, Math.floor(numberAt(row, 'decimals')))) + (finer ?? 0)
  if (value === null || value === undefined)
    return { text: NONE, small: instead === undefined ? '' : codeText(textAt(row, instead), words, stated) }
  switch (show) {
    case 'code':
      return { text: codeText(textAt(row, name), words, stated), small: '' }
    case 'measure':
      return { text: typeof value === 'number' ? fixedText(value, language, decimals) : '', small: '' }
    case 'limits':
      return { text: limitsText(value, decimals, stated), small: '' }
    case 'index': {
      const index = objectAt(row, name)
      const part = (of: string): string => fixedText(numberAt(index, of), language, INDEX_DECIMALS)
      return { text: part('value'), small: `${part('low')}${BETWEEN[language]}${part('high')}` }
    }
    default:
      return { text: plainText(value, show === 'time', stated), small: '' }
  }
}

function plainText(value: JsonValue | undefined, isTime: boolean, { language, zone }: Stated): string {
  if (typeof value === 'string') return pageText(value)
  if (typeof value !== 'number') return ''
  return isTime ? zonedTimeShort(zone, value, language) : numberText(value, language)
}

/** Nothing where the pack has no such code. */
function codeText(code: string, words: PackWords, { language }: Stated): string {
  return words.reasons[code]?.at(-1)?.[language] ?? ''
}

function limitsText(value: JsonValue, decimals: number, { language }: Stated): string {
  const [lower, upper] = Array.isArray(value) ? value : []
  const text = (one: number): string => fixedText(one, language, decimals)
  if (typeof lower === 'number' && typeof upper === 'number') return text(lower) + BETWEEN[language] + text(upper)
  if (typeof lower === 'number') return AT_LEAST[language] + text(lower)
  return typeof upper === 'number' ? AT_MOST[language] + text(upper) : ''
}
