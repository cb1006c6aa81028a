/** The curve of a certificate on paper: bounds dashed, signed gaps as boxes, nothing drawn across them. */
import { shapeOf } from '../certificates/curve-geometry.ts'
import { dayText, numberText } from '../certificates/numbers.ts'
import type { Language } from '../certificates/numbers.ts'
import type { SheetCurve } from '../certificates/sheet.ts'
import { CONTENT_WIDTH, INK, PAGE } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'

const LABEL_WIDTH = 76
const BOX = { width: CONTENT_WIDTH - LABEL_WIDTH, height: 84 }
const AXIS = { size: 8, colour: INK.second } as const

export function drawCurve(paper: Paper, curve: SheetCurve, language: Language): void {
  const { doc } = paper
  const unit = curve.unit === '1' ? '' : ` ${curve.unit}`
  paper.put(`${curve.label}${unit === '' ? '' : `,${unit}`}`, PAGE.left, paper.y, AXIS)
  paper.y += 18
  const top = paper.y
  const shape = shapeOf(curve, BOX)
  for (const y of [top, top + BOX.height]) {
    doc
      .moveTo(PAGE.left, y)
      .lineTo(PAGE.left + BOX.width, y)
      .dash(3, { space: 2 })
      .lineWidth(0.5)
      .stroke(INK.rule)
      .undash()
  }
  for (const gap of shape.gaps) {
    doc
      .rect(PAGE.left + gap.x, top, gap.width, BOX.height)
      .lineWidth(0.5)
      .fillAndStroke('#E4E6E9', INK.rule)
  }
  for (const line of shape.lines) {
    for (const [at, [x, y]] of line.entries()) {
      if (at === 0) doc.moveTo(PAGE.left + x, top + y)
      else doc.lineTo(PAGE.left + x, top + y)
    }
    doc.lineWidth(0.9).lineJoin('round').stroke(INK.text)
  }
  const right = PAGE.left + BOX.width + 8
  paper.put(numberText(shape.high, language) + unit, right, top - 5, AXIS)
  paper.put(numberText(shape.low, language) + unit, right, top + BOX.height - 5, AXIS)
  paper.y = top + BOX.height + 6
  paper.put(dayText(shape.fromUs, language), PAGE.left, paper.y, AXIS)
  paper.put(dayText(shape.toUs, language), PAGE.left + BOX.width, paper.y, AXIS, 'right')
  paper.y += 16
}
