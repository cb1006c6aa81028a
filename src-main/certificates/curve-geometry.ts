/** Where the points of a curve lie in a box: shared by PDF and HTML, so that both draw the same line. */
import type { SheetCurve } from './sheet.ts'

export interface CurveBox {
  width: number
  height: number
}

export interface CurveShape {
  /** Polylines, broken where a signed gap lies. */
  lines: [x: number, y: number][][]
  gaps: { x: number; width: number }[]
  low: number
  high: number
  fromUs: number
  toUs: number
}

export function shapeOf(curve: SheetCurve, box: CurveBox): CurveShape {
  const times = curve.points.map(([time]) => time)
  const values = curve.points.map(([, value]) => value)
  const [fromUs, toUs] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))]
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
  const x = (time: number): number => ((time - fromUs) / Math.max(1, toUs - fromUs)) * box.width
  const y = (value: number): number =>
    high === low ? box.height / 2 : box.height - ((value - low) / (high - low)) * box.height
  const lines: [number, number][][] = []
  let previous: number | null = null
  for (const [time, value] of curve.points) {
    const broken = previous === null || curve.gaps.some(([from, to]) => from < time && to > previous! && to - from > 0)
    if (broken) lines.push([])
    lines.at(-1)!.push([x(time), y(value)])
    previous = time
  }
  const inside = curve.gaps.filter(([from, to]) => to > fromUs && from < toUs)
  const gaps = inside.map(([from, to]) => {
    const left = x(Math.max(from, fromUs))
    return { x: left, width: Math.max(1, x(Math.min(to, toUs)) - left) }
  })
  return { lines, gaps, low, high, fromUs, toUs }
}
