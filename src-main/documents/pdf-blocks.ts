/** Parts that the page is made of: section heads, paragraphs, pairs of label and value, tables that flow over pages. */
import type { Cell, Column, Pair, Row, SheetSection } from '../certificates/sheet-model.ts'
import { CONTENT_WIDTH, INK, lineHeight, NOTE, PAGE, SMALL } from './pdf-page.ts'
import type { Element, Paper, TextStyle } from './pdf-page.ts'

const TITLE = { face: 'strong', size: 10.5 } as const
const STRONG = { face: 'strong' } as const
const COLUMN_GAP = 10
const ROW_PADDING = 2.4
/** A head alone at the foot of a page is worse than an empty stretch. */
const WITH_HEAD = 44

interface Box {
  x: number
  width: number
}

const FULL: Box = { x: PAGE.left, width: CONTENT_WIDTH }

/** A section's head: a rule, a knot on the cord, the word, and on the right what the section is about. */
export function heading(paper: Paper, title: string, aside: string, after = WITH_HEAD): void {
  paper.reserve(after + 34)
  paper.y += 11
  const asides = aside === '' ? [] : paper.wrap(aside, CONTENT_WIDTH - paper.width(title, TITLE) - 16, NOTE)
  paper.rule()
  paper.knots.at(-1)!.push(paper.y)
  paper.y += 5
  titleLine(paper, title, asides)
}

function titleLine(paper: Paper, title: string, asides: string[], box: Box = FULL): void {
  const top = paper.y
  paper.within(paper.element('H2'), () => paper.put(title, box.x, top, TITLE))
  if (asides.length > 0) {
    const note = paper.element('P')
    for (const [at, line] of asides.entries()) {
      const y = top + 1.5 + at * lineHeight(NOTE)
      paper.within(note, () => paper.put(line, box.x + box.width, y, NOTE, 'right'))
    }
  }
  paper.y = top + Math.max(lineHeight(TITLE) + 2, asides.length * lineHeight(NOTE) + 3)
}

/** A paragraph within a width; moves y, and goes on on the next page. */
export function paragraph(paper: Paper, text: string, style: TextStyle = {}, box: Box = FULL): void {
  const element = paper.element('P')
  for (const line of paper.wrap(text, box.width, style)) {
    paper.reserve(lineHeight(style))
    const { y } = paper
    paper.within(element, () => paper.put(line, box.x, y, style))
    paper.y += lineHeight(style)
  }
}

/** Label left, value beside it, a hairline under each. Returns where it ends. Stays on its page. */
export function pairs(paper: Paper, list: readonly Pair[], box: Box, labelWidth: number): number {
  const top = paper.y
  for (const { label, value, strong } of list) {
    const style = strong === true ? STRONG : {}
    const element = paper.element('P')
    const y = paper.y + 2.6
    paper.within(element, () => paper.put(label, box.x, y, NOTE))
    for (const line of paper.wrap(value, box.width - labelWidth, style)) {
      const at = paper.y + 2.6
      paper.within(element, () => paper.put(line, box.x + labelWidth, at, style))
      paper.y += lineHeight()
    }
    paper.y += 5.4
    paper.rule(paper.y, INK.line, 0.5, box.x, box.x + box.width)
  }
  const end = paper.y
  paper.y = top
  return end
}

/** How high `pairs` would be. */
export function pairsHeight(paper: Paper, list: readonly Pair[], width: number, labelWidth: number): number {
  const lines = list.map(
    ({ value, strong }) => paper.wrap(value, width - labelWidth, strong === true ? STRONG : {}).length,
  )
  return lines.reduce((sum, count) => sum + count * lineHeight() + 5.4, 0)
}

export function section(paper: Paper, one: SheetSection): void {
  const first = one.rows[0]
  heading(
    paper,
    one.title,
    one.aside,
    first === undefined ? WITH_HEAD : 24 + rowHeight(paper, first, placesOf(one.columns)),
  )
  if (one.text !== '') paragraph(paper, one.text)
  if (one.columns.length > 0) table(paper, one.columns, one.rows)
}

/** A table whose head is repeated on every page that it goes on. */
export function table(paper: Paper, columns: Column[], rows: Row[]): void {
  const element = paper.element('Table')
  tableHead(paper, columns, element)
  const places = placesOf(columns)
  for (const [at, row] of rows.entries()) {
    // A gap goes with the reading after it, and the last row does not stand alone on a page.
    const together = 'across' in row || at === rows.length - 2 ? rows.slice(at, at + 2) : [row]
    const height = together.reduce((sum, one) => sum + rowHeight(paper, one, places), 0)
    if (paper.reserve(height)) tableHead(paper, columns, null)
    if ('across' in row) acrossRow(paper, row.across, columns.length, element)
    else cellRow(paper, row.cells, places, element)
  }
  paper.rule(paper.y)
}

interface Place {
  x: number
  width: number
  align: 'left' | 'right'
}

function placesOf(columns: Column[]): Place[] {
  let x: number = PAGE.left
  return columns.map(({ share, align }, at) => {
    const place = { x, width: share * CONTENT_WIDTH - (at === columns.length - 1 ? 0 : COLUMN_GAP), align }
    // What follows a column of numbers keeps away from them.
    if (align === 'left' && columns[at - 1]?.align === 'right') {
      place.x += COLUMN_GAP
      place.width -= COLUMN_GAP
    }
    x += share * CONTENT_WIDTH
    return place
  })
}

function tableHead(paper: Paper, columns: Column[], table: Element | null): void {
  const row = table === null ? null : paper.element('TR', table)
  const { y } = paper
  const lines = placesOf(columns).map((place, at) => ({
    place,
    lines: paper.wrap(columns[at]!.label, place.width, NOTE),
  }))
  for (const { place, lines: words } of lines) {
    const draw = (): void => {
      for (const [at, word] of words.entries()) putIn(paper, word, place, y + at * lineHeight(NOTE), NOTE)
    }
    if (row === null) paper.artifact(draw)
    else paper.within(paper.element('TH', row, { scope: 'Column' }), draw)
  }
  paper.y += Math.max(...lines.map((one) => one.lines.length)) * lineHeight(NOTE) + 2.5
  paper.rule(paper.y)
}

function putIn(paper: Paper, text: string, { x, width, align }: Place, y: number, style: TextStyle): void {
  paper.put(text, align === 'right' ? x + width : x, y, style, align)
}

interface SetCell {
  style: TextStyle
  lines: string[]
  small: string[]
}

function setCells(paper: Paper, cells: Cell[], places: Place[]): SetCell[] {
  return cells.map((cell, at) => {
    const style = cell.strong === true ? STRONG : {}
    const small = cell.small === undefined ? [] : paper.wrap(cell.small, places[at]!.width, SMALL)
    return { style, lines: paper.wrap(cell.text, places[at]!.width, style), small }
  })
}

function rowHeight(paper: Paper, row: Row, places: Place[]): number {
  if ('across' in row) return acrossLines(paper, row.across).length * lineHeight(NOTE) + 2 * ROW_PADDING
  const heights = setCells(paper, row.cells, places).map(
    ({ lines, small }) => lines.length * lineHeight() + small.length * lineHeight(SMALL),
  )
  return Math.max(...heights) + 2 * ROW_PADDING
}

function cellRow(paper: Paper, cells: Cell[], places: Place[], table: Element): void {
  const row = paper.element('TR', table)
  const top = paper.y + ROW_PADDING
  for (const [at, { style, lines, small }] of setCells(paper, cells, places).entries()) {
    const cell = paper.element('TD', row)
    const set = [...lines.map((line) => ({ line, style })), ...small.map((line) => ({ line, style: SMALL }))]
    let y = top
    for (const { line, style: one } of set) {
      const lineY = y
      paper.within(cell, () => putIn(paper, line, places[at]!, lineY, one))
      y += lineHeight(one)
    }
  }
  paper.y += rowHeight(paper, { cells }, places)
  paper.rule(paper.y, INK.line, 0.5)
}

function acrossLines(paper: Paper, text: string): string[] {
  return paper.wrap(text, CONTENT_WIDTH - 24, NOTE)
}

function acrossRow(paper: Paper, text: string, columns: number, table: Element): void {
  const lines = acrossLines(paper, text)
  const height = lines.length * lineHeight(NOTE) + 2 * ROW_PADDING
  paper.artifact(() => hatch(paper, PAGE.left, paper.y, CONTENT_WIDTH, height))
  const cell = paper.element('TD', paper.element('TR', table), { columns })
  for (const [at, line] of lines.entries()) {
    const y = paper.y + ROW_PADDING + at * lineHeight(NOTE)
    paper.within(cell, () => paper.put(line, PAGE.left + 12, y, NOTE))
  }
  paper.y += height
  paper.rule(paper.y, INK.line, 0.5)
}

const HATCH_STEP = 4.5

/** Lines at 45 degrees, cut at the box: nothing was recorded here. */
export function hatch(paper: Paper, x: number, y: number, width: number, height: number): void {
  const { doc } = paper
  doc.save()
  doc.rect(x, y, width, height).clip()
  for (let at = x - height; at < x + width; at += HATCH_STEP) doc.moveTo(at, y + height).lineTo(at + height, y)
  doc.lineWidth(0.5).stroke(INK.line)
  doc.restore()
}
