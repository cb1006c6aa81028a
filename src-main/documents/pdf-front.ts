/** The upper part of the first page: who issues, about what, the verdict, the figures. */
import type { Sheet } from '../certificates/sheet-model.ts'
import { pairs } from './pdf-blocks.ts'
import { CONTENT_WIDTH, INK, lineHeight, NOTE, PAGE } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'
import type { Face } from './typefaces.ts'

const NAME = { face: 'strong', size: 10.5 } as const
const TITLE = { face: 'strong', size: 21 } as const
const VERDICT_SIZE = 15
const COLUMN = { gap: 24, width: (CONTENT_WIDTH - 24) / 2, label: 76, whenLabel: 60 }
const RIGHT = PAGE.width - PAGE.right
const NUMBER_WIDTH = 170

export function drawFront(paper: Paper, sheet: Sheet): void {
  issuer(paper, sheet)
  const title = paper.element('H1')
  for (const line of paper.wrap(sheet.title, CONTENT_WIDTH, TITLE)) {
    const { y } = paper
    paper.within(title, () => paper.put(line, PAGE.left, y, TITLE))
    paper.y += 27
  }
  paper.y += 5
  if (sheet.simulated !== null) simulatedMark(paper, sheet.simulated.long)
  const right = { x: PAGE.left + COLUMN.width + COLUMN.gap, width: COLUMN.width }
  const end = pairs(paper, sheet.about, { x: PAGE.left, width: COLUMN.width }, COLUMN.label)
  paper.y = Math.max(end, pairs(paper, sheet.when, right, COLUMN.whenLabel)) + 11
  verdict(paper, sheet)
  figures(paper, sheet.figures)
}

function issuer(paper: Paper, { issuer: from, number }: Sheet): void {
  const top = paper.y
  const width = CONTENT_WIDTH - NUMBER_WIDTH
  const left = paper.element('P')
  for (const line of paper.wrap(from.name, width, NAME)) {
    const { y } = paper
    paper.within(left, () => paper.put(line, PAGE.left, y, NAME))
    paper.y += 14
  }
  for (const line of from.lines.flatMap((text) => paper.wrap(text, width, NOTE))) {
    const { y } = paper
    paper.within(left, () => paper.put(line, PAGE.left, y, NOTE))
    paper.y += 12
  }
  const right = paper.element('P')
  const lines = paper.wrap(number.text, NUMBER_WIDTH - 12, NAME)
  paper.within(right, () => paper.put(number.label, RIGHT, top, NOTE, 'right'))
  for (const [at, line] of lines.entries())
    paper.within(right, () => paper.put(line, RIGHT, top + 12 + at * 14, NAME, 'right'))
  paper.within(right, () => paper.put(number.issued, RIGHT, top + 12 + lines.length * 14, NOTE, 'right'))
  paper.y = Math.max(paper.y, top + 24 + lines.length * 14) + 9
}

/** Nobody may take a simulated vehicle's page for a real one's, not even folded or photographed. */
function simulatedMark(paper: Paper, text: string): void {
  const { y } = paper
  paper.artifact(() => paper.doc.rect(PAGE.left, y, CONTENT_WIDTH, 28).lineWidth(2).stroke(INK.text))
  paper.within(paper.element('P'), () => paper.put(text, PAGE.left + 10, y + 6.5, { face: 'strong', size: 12 }))
  paper.y += 36
}

interface Word {
  text: string
  face: Face
}

function verdict(paper: Paper, { verdict: { before, strong, after } }: Sheet): void {
  const parts: Word[] = [
    { text: before, face: 'regular' },
    { text: strong, face: 'strong' },
    { text: after, face: 'regular' },
  ]
  const element = paper.element('P')
  for (const line of wrapWords(paper, parts)) {
    const { y } = paper
    let x: number = PAGE.left
    paper.within(element, () => {
      for (const { text, face } of line) {
        paper.put(text, x, y, { face, size: VERDICT_SIZE })
        x += paper.width(text, { face, size: VERDICT_SIZE })
      }
    })
    paper.y += 21
  }
  paper.y += 5
}

/** Lines of words of two weights; a blank goes with the word before it. */
function wrapWords(paper: Paper, parts: Word[]): Word[][] {
  const words = parts.flatMap(({ text, face }) =>
    (text.match(/\S+\s*|\s+/g) ?? []).map((word) => ({ text: word, face })),
  )
  const lines: Word[][] = [[]]
  let used = 0
  for (const word of words) {
    const style = { face: word.face, size: VERDICT_SIZE }
    if (used + paper.width(word.text.trimEnd(), style) > CONTENT_WIDTH && used > 0) {
      lines.push([])
      used = 0
    }
    lines.at(-1)!.push(word)
    used += paper.width(word.text, style)
  }
  return lines
}

const PER_ROW = 4

function figures(paper: Paper, list: Sheet['figures']): void {
  for (let at = 0; at < list.length; at += PER_ROW)
    figureRow(paper, list.slice(at, at + PER_ROW), Math.min(PER_ROW, list.length))
}

function figureRow(paper: Paper, list: Sheet['figures'], columns: number): void {
  const width = CONTENT_WIDTH / columns
  const top = paper.y
  const boxes = list.map((figure, at) => {
    const inset = at === 0 ? 0 : 9
    return { ...figure, x: PAGE.left + at * width + inset, lines: paper.wrap(figure.note, width - inset - 6, NOTE) }
  })
  const height = 40 + Math.max(...boxes.map(({ lines }) => lines.length)) * lineHeight(NOTE)
  paper.rule(top)
  for (const { label, value, lines, x } of boxes) {
    const element = paper.element('P')
    paper.within(element, () => paper.put(label, x, top + 6, NOTE))
    paper.within(element, () => paper.put(value, x, top + 17, { size: fitting(paper, value, width - 12) }))
    for (const [at, line] of lines.entries())
      paper.within(element, () => paper.put(line, x, top + 37 + at * lineHeight(NOTE), NOTE))
  }
  for (let at = 1; at < list.length; at++) {
    const x = PAGE.left + at * width
    paper.artifact(() =>
      paper.doc
        .moveTo(x, top)
        .lineTo(x, top + height)
        .lineWidth(0.5)
        .stroke(INK.line),
    )
  }
  paper.y = top + height
  paper.rule()
}

/** 15 points, or as much smaller as a long value needs. */
function fitting(paper: Paper, text: string, width: number): number {
  const wide = paper.width(text, { size: 15 })
  return wide <= width ? 15 : Math.max(6, (15 * width) / wide)
}
