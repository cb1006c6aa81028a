/**
 * Rows that a rule gives under `figures.tables`, and pairs under `figures.about`: how a page prints them. A rule whose result is a
 * single number has none.
 */
import { refuse } from '../record/schema.ts'
import { choice, listOf, object, textLike, whole } from './strict-json.ts'
import type { Read } from './strict-json.ts'

/**
 * What stands under a column's name in a row: a text · a time in microseconds · a count · one of the pack's codes, told by its last
 * sentence · a number in the row's own `decimals` · `[lower, upper]`, either of them null · `{value, low, high}`, with its interval.
 */
const SHOWN = ['text', 'time', 'count', 'code', 'measure', 'limits', 'index'] as const

export interface TableColumn {
  readonly name: string
  readonly show: (typeof SHOWN)[number]
  /** Of the page's width. */
  readonly percent: number
  /** Members of the row that stand below, smaller. */
  readonly small?: readonly string[]
  /** Decimals more than the row has: a mean is finer than what it is of. */
  readonly finer?: number
  /** Member with the code that says why there is no value. */
  readonly instead?: string
}

/** In the order of the page: a certificate's members have one of their own. */
export type PackTables = readonly { readonly name: string; readonly columns: readonly TableColumn[] }[]
export type PackAbout = readonly { readonly name: string; readonly show: 'text' | 'time' | 'count' }[]

const MEMBER = /^[a-z][A-Za-z0-9]{0,63}$/
const TABLES_MAX = 8
const COLUMNS_MAX = 12
const PAIRS_MAX = 16
const member = textLike(MEMBER, 64)

const column: Read<TableColumn> = object(
  { name: member, show: choice(SHOWN), percent: whole(1, 100) },
  { small: listOf(4, member), finer: whole(0, 4), instead: member },
)

export const readTables: Read<PackTables> = unique(
  listOf(TABLES_MAX, object({ name: member, columns: unique(listOf(COLUMNS_MAX, column)) })),
)

export const readAbout: Read<PackAbout> = unique(
  listOf(PAIRS_MAX, object({ name: member, show: choice(['text', 'time', 'count']) })),
)

/** No name twice. */
function unique<T extends { readonly name: string }>(read: Read<readonly T[]>): Read<readonly T[]> {
  return (item, where) => {
    const items = read(item, where)
    const twice = items.find(({ name }, at) => items.findIndex((one) => one.name === name) !== at)
    return twice === undefined ? items : refuse(where, `has "${twice.name}" twice`)
  }
}
