/** The end of the certificate: who released it, what it does not prove, how to check it. */
import type { Sheet, SheetCheck } from '../certificates/sheet-model.ts'
import { heading, pairs, pairsHeight, paragraph } from './pdf-blocks.ts'
import { drawCode } from './pdf-marks.ts'
import { CONTENT_WIDTH, INK, lineHeight, NOTE, PAGE } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'

const COLUMN = { gap: 24, width: (CONTENT_WIDTH - 24) / 2, label: 62 }
const TITLE = { face: 'strong', size: 10.5 } as const
const LEFT = { x: PAGE.left, width: COLUMN.width }
const RIGHT = { x: PAGE.left + COLUMN.width + COLUMN.gap, width: COLUMN.width }
const HALVES_HEIGHT_MAX = 600

/** Released by and Not proven side by side; below each other where they would not fit a page. */
export function drawReleased(paper: Paper, { released, notProven }: Sheet): void {
  const height = Math.max(
    pairsHeight(paper, released.pairs, COLUMN.width, COLUMN.label),
    notProven.lines.reduce((sum, line) => sum + paper.wrap(line, COLUMN.width).length * lineHeight() + 5.4, 0),
  )
  if (height > HALVES_HEIGHT_MAX) {
    heading(paper, released.title, '', 120)
    paper.y = pairs(paper, released.pairs, { x: PAGE.left, width: CONTENT_WIDTH }, 120)
    heading(paper, notProven.title, '')
    for (const line of notProven.lines) paragraph(paper, line)
    return
  }
  paper.reserve(height + 34)
  paper.y += 11
  for (const box of [LEFT, RIGHT]) paper.rule(paper.y, INK.rule, 0.6, box.x, box.x + box.width)
  paper.knots.at(-1)!.push(paper.y)
  paper.y += 5
  const top = paper.y
  paper.within(paper.element('H2'), () => paper.put(released.title, LEFT.x, top, TITLE))
  paper.y = top + 15
  const end = pairs(paper, released.pairs, LEFT, COLUMN.label)
  paper.within(paper.element('H2'), () => paper.put(notProven.title, RIGHT.x, top, TITLE))
  paper.y = top + 15
  for (const [at, text] of notProven.lines.entries()) {
    const element = paper.element('P')
    for (const line of paper.wrap(text, RIGHT.width)) {
      const y = paper.y + 2.6
      paper.within(element, () => paper.put(line, RIGHT.x, y))
      paper.y += lineHeight()
    }
    paper.y += 5.4
    if (at < notProven.lines.length - 1) paper.rule(paper.y, INK.line, 0.5, RIGHT.x, RIGHT.x + RIGHT.width)
  }
  paper.y = Math.max(paper.y, end)
}

const CODE = 84
const BYTES = { face: 'mono', size: 7.4 } as const

export function drawCheck(paper: Paper, check: SheetCheck): void {
  const x = PAGE.left + CODE + 14
  const box = { x, width: PAGE.width - PAGE.right - x }
  const height = Math.max(CODE, checkHeight(paper, check, box.width))
  heading(paper, check.title, '', height)
  const top = paper.y + 2
  const figure = paper.element('Figure', paper.root, {
    alt: check.codeAlt,
    placement: 'Block',
    bbox: [PAGE.left, top, PAGE.left + CODE, top + CODE],
  })
  paper.within(figure, () => drawCode(paper, check.code, PAGE.left, top, CODE))
  paper.y = top - 1
  for (const { label, value } of check.bytes) paragraph(paper, `${label} ${value}`.trim(), BYTES, box)
  paper.y += 3
  for (const line of check.lines) paragraph(paper, line, {}, box)
  paper.y = Math.max(paper.y, top + CODE)
}

function checkHeight(paper: Paper, { bytes, lines }: SheetCheck, width: number): number {
  const mono = bytes.map(
    ({ label, value }) => paper.wrap(`${label} ${value}`.trim(), width, BYTES).length * lineHeight(BYTES),
  )
  const text = lines.map((line) => paper.wrap(line, width).length * lineHeight())
  return [...mono, ...text].reduce((a, b) => a + b, 8)
}

const FOOT_WIDTH = 120

/** Number, what paper is worth, and which page this is; a simulated one says so on each. */
export function drawFoot(paper: Paper, sheet: Sheet, page: string): void {
  const y = 799.5
  paper.doc
    .moveTo(PAGE.left, y)
    .lineTo(PAGE.width - PAGE.right, y)
    .lineWidth(0.5)
    .stroke(INK.line)
  const right = sheet.simulated === null ? page : `${sheet.simulated.short} · ${page}`
  paper.put(paper.wrap(sheet.foot.left, FOOT_WIDTH, NOTE)[0]!, PAGE.left, y + 6, NOTE)
  paper.put(sheet.foot.middle, PAGE.left + CONTENT_WIDTH / 2, y + 6, NOTE, 'centre')
  paper.put(right, PAGE.width - PAGE.right, y + 6, NOTE, 'right')
}

/** Head of every page but the first. Returns where the page's own text begins. */
export function drawRunningHead(paper: Paper, { running, simulated }: Sheet): number {
  const strong = { face: 'strong', size: 9 } as const
  const half = Math.min(CONTENT_WIDTH * 0.42, Math.max(CONTENT_WIDTH * 0.3, paper.width(running.left, strong) + 1))
  const left = paper.wrap(running.left, half, strong).slice(0, 2)
  const right = paper.wrap(running.right, CONTENT_WIDTH - half - 12, NOTE).slice(0, 2)
  for (const [at, line] of left.entries()) paper.put(line, PAGE.left, PAGE.top + at * 12, strong)
  for (const [at, line] of right.entries()) paper.put(line, PAGE.width - PAGE.right, PAGE.top + at * 12, NOTE, 'right')
  let y = PAGE.top + Math.max(left.length, right.length) * 12 + 6
  paper.doc
    .moveTo(PAGE.left, y)
    .lineTo(PAGE.width - PAGE.right, y)
    .lineWidth(0.6)
    .stroke(INK.rule)
  if (simulated === null) return y + 4
  paper.doc
    .rect(PAGE.left, (y += 7), CONTENT_WIDTH, 20)
    .lineWidth(1.5)
    .stroke(INK.text)
  paper.put(simulated.long, PAGE.left + 8, y + 4, { face: 'strong', size: 9 })
  return y + 26
}
