/** Marks on a printed certificate: the cord with its knots and the bob, and the code. */
import { INK, PAGE } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'

const CORD_X = 30
const BOB = { width: 15, height: 21 }
const BOB_TOP = 768

/** The cord at the left edge: from a beam on the first page to the bob on the last one. */
export function drawCord(paper: Paper, page: number, of: number): void {
  const { doc } = paper
  const isLast = page === of
  const from = page === 1 ? 34 : 0
  doc
    .moveTo(CORD_X, from)
    .lineTo(CORD_X, isLast ? BOB_TOP + 1 : PAGE.height)
    .lineWidth(1.5)
    .stroke(INK.text)
  if (page === 1) knot(paper, 34)
  for (const y of paper.knots[page - 1] ?? []) knot(paper, y)
  if (isLast) drawBob(paper, CORD_X - BOB.width / 2, BOB_TOP, BOB.height)
}

function knot(paper: Paper, y: number): void {
  paper.doc.rect(CORD_X - 6, y - 1.5, 12, 3).fill(INK.text)
}

/** Ring, cord and bob, `height` points high, in the drawing's own 20 x 28 grid. */
function drawBob(paper: Paper, x: number, y: number, height: number): void {
  const { doc } = paper
  doc.save()
  doc.translate(x, y).scale(height / 28)
  doc.roundedRect(6.9, 1, 6.2, 9, 3.1).lineWidth(1.8).stroke(INK.text)
  doc.moveTo(10, 7).lineTo(10, 14).lineWidth(1.8).stroke(INK.text)
  doc.path('M7.2 13.5h5.6L14.8 16 10 27 5.2 16Z').fill(INK.text)
  doc.restore()
}

/** Drawn as squares, sharp at any size. The paper around it is its quiet zone. */
export function drawCode(paper: Paper, modules: boolean[][], x: number, y: number, size: number): void {
  const module = size / modules.length
  const { doc } = paper
  for (const [row, cells] of modules.entries()) {
    for (const [column, dark] of cells.entries()) {
      // A hair of overlap: viewers would show seams between neighbours.
      if (dark) doc.rect(x + column * module, y + row * module, module + 0.05, module + 0.05)
    }
  }
  doc.fill(INK.text)
}
