/** The curve of a certificate on paper: hatched where nothing was recorded, nothing drawn across it. */
import { firstLabelY, shapeOf } from '../certificates/curve-geometry.ts'
import type { CurveShape } from '../certificates/curve-geometry.ts'
import type { SheetCurve } from '../certificates/sheet-model.ts'
import { hatch, heading } from './pdf-blocks.ts'
import { CONTENT_WIDTH, INK, PAGE } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'

const BOX = { width: 446, height: 118 }
const LABEL = { size: 9, colour: INK.second } as const
/** Of the label's size: height of its letters, and from the top of its line to the baseline. */
const LETTERS = 7
const ASCENT = 9
const HEIGHT = BOX.height + 20

export function drawCurve(paper: Paper, curve: SheetCurve): void {
  heading(paper, curve.title, curve.aside, HEIGHT)
  const top = paper.y + 3
  const shape = shapeOf(curve, BOX)
  const figure = paper.element('Figure', paper.root, {
    alt: curve.alt,
    placement: 'Block',
    bbox: [PAGE.left, top, PAGE.left + CONTENT_WIDTH, top + HEIGHT],
  })
  paper.within(figure, () => {
    frame(paper, shape, top)
    line(paper, shape, top)
    labels(paper, shape, curve, top)
  })
  paper.y = top + HEIGHT
}

function frame(paper: Paper, shape: CurveShape, top: number): void {
  const { doc } = paper
  const bottom = top + BOX.height
  for (const { x } of shape.axis) doc.moveTo(PAGE.left + x, top).lineTo(PAGE.left + x, bottom)
  doc.lineWidth(0.5).stroke(INK.line)
  for (const { x, width } of shape.gaps) {
    doc.rect(PAGE.left + x, top, width, BOX.height).fill('#FFFFFF')
    hatch(paper, PAGE.left + x, top, width, BOX.height)
    doc
      .rect(PAGE.left + x, top, width, BOX.height)
      .lineWidth(0.5)
      .stroke(INK.rule)
  }
  for (const x of shape.ticks) doc.moveTo(PAGE.left + x, bottom - 3).lineTo(PAGE.left + x, bottom)
  doc
    .moveTo(PAGE.left, bottom)
    .lineTo(PAGE.left + BOX.width, bottom)
    .lineWidth(0.6)
    .stroke(INK.rule)
}

function line(paper: Paper, shape: CurveShape, top: number): void {
  const { doc } = paper
  for (const points of shape.lines) {
    const [first] = points
    if (points.length === 1) doc.circle(PAGE.left + first![0], top + first![1], 1.2).fill(INK.text)
    for (const [at, [x, y]] of points.entries()) {
      if (at === 0) doc.moveTo(PAGE.left + x, top + y)
      else doc.lineTo(PAGE.left + x, top + y)
    }
    doc.lineWidth(1.1).lineJoin('round').stroke(INK.text)
  }
  doc.circle(PAGE.left + shape.last[0], top + shape.last[1], 2.4).fill(INK.text)
}

function labels(paper: Paper, shape: CurveShape, curve: SheetCurve, top: number): void {
  const bottom = top + BOX.height
  const baseline = firstLabelY(shape, paper.width(curve.firstLabel, LABEL), LETTERS)
  paper.put(curve.firstLabel, PAGE.left + shape.first[0], top + baseline - ASCENT, LABEL)
  const right = PAGE.left + BOX.width + 6
  const lastY = Math.max(0, Math.min(BOX.height - 12, shape.last[1] - 6))
  for (const [at, part] of paper.wrap(curve.lastLabel, CONTENT_WIDTH - BOX.width - 6, LABEL).entries()) {
    paper.put(part, right, top + lastY + at * 12, { size: 9 })
  }
  let free = -Infinity
  for (const { x, width, label } of shape.gaps) {
    const at = x + width + 3
    if (label === '' || at < free) continue
    free = at + 10
    // Where the line rises, its lower right and its upper left are free.
    paper.put(label, PAGE.left + at, x < BOX.width / 2 ? top + 2 : bottom - 13, LABEL)
  }
  for (const { x, label } of shape.axis) {
    const half = paper.width(label, LABEL) / 2
    const centre = Math.min(Math.max(x, half), BOX.width - half)
    paper.put(label, PAGE.left + centre, bottom + 5, LABEL, 'centre')
  }
}
