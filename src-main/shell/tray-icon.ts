import type { ShownVerdict } from './surface.ts'

/** B, G, R, as bitmaps of the desktop want them: the console's integrity colour, and grey for everything normal. */
const INK = { changed: [0x7d, 0x00, 0xa1], other: [0x8c, 0x86, 0x80] } as const

/**
 * The plumb line: a thread from the top and the bob under it. Filled when the record is unchanged, hollow while that
 * can't be told, broken in two and magenta when it was changed: the shape says it without the colour.
 *
 * @returns `size` x `size` pixels, four bytes each (B, G, R, A)
 */
export function trayIcon(verdict: ShownVerdict, size: number): Buffer {
  const pixels = Buffer.alloc(size * size * 4)
  const ink = verdict === 'changed' ? INK.changed : INK.other
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (!isInk(verdict, (x + 0.5) / size, (y + 0.5) / size)) continue
      pixels.set([...ink, 0xff], (y * size + x) * 4)
    }
  }
  return pixels
}

/** @param x from 0 (left) to 1 (right) @param y from 0 (top) to 1 (bottom) */
function isInk(verdict: ShownVerdict, x: number, y: number): boolean {
  const aside = Math.abs(x - 0.5)
  if (y < 0.45) return aside < 0.05
  if (verdict === 'changed' && y > 0.66 && y < 0.74) return false
  const half = bobHalfWidth(y)
  const isInside = aside < half
  const isHollow = verdict === 'cannot-tell' || verdict === 'unknown'
  return isInside && !(isHollow && aside < half - 0.09 && y > 0.54)
}

/** A shoulder, then a point that hangs down. */
function bobHalfWidth(y: number): number {
  if (y < 0.55) return 0.28
  return y < 0.97 ? (0.28 * (0.97 - y)) / 0.42 : 0
}
