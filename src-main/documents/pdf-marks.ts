/** The two marks on a printed certificate: the plumb bob and the QR code. */
import { encodeQR } from 'qr'
import { INK } from './pdf-page.ts'
import type { Paper } from './pdf-page.ts'

/** Ring, cord and bob, `height` points high, in the drawing's own 20 x 28 grid. */
export function drawBob(paper: Paper, x: number, y: number, height: number): void {
  const { doc } = paper
  doc.save()
  doc.translate(x, y).scale(height / 28)
  doc.roundedRect(6.9, 1, 6.2, 9, 3.1).lineWidth(1.8).stroke(INK.text)
  doc.moveTo(10, 7).lineTo(10, 14).lineWidth(1.8).stroke(INK.text)
  doc.path('M7.2 13.5h5.6L14.8 16 10 27 5.2 16Z').fill(INK.text)
  doc.restore()
}

/** Medium error correction, drawn as squares: sharp at any size. The paper around it is its quiet zone. */
export function drawQr(paper: Paper, text: string, x: number, y: number, size: number): void {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: 1 })
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
