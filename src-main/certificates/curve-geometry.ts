/** Where the points of a curve lie in a box: shared by PDF and HTML, so that both draw the same line. */
import type { SheetCurve } from './sheet-model.ts'

export interface CurveBox {
  width: number
  height: number
}

export interface CurveShape {
  /** Polylines, broken where a gap lies. */
  lines: [x: number, y: number][][]
  gaps: { x: number; width: number; label: string }[]
  ticks: number[]
  axis: { x: number; label: string }[]
  first: [x: number, y: number]
  last: [x: number, y: number]
}

/**
 * Where the text of the first value stands free of the line: its baseline, `height` being that of the letters. Over the line where
 * there is room, else under it.
 */
export function firstLabelY(shape: CurveShape, width: number, height: number): number {
  const [from] = shape.first
  const beside = shape.lines.flat().filter(([x]) => x <= from + width + 4)
  // What begins before the label's end may rise behind it until its next point.
  const after = shape.lines.flat().find(([x]) => x > from + width + 4)
  const last = beside.at(-1)!
  const edge =
    after === undefined
      ? last[1]
      : last[1] + ((after[1] - last[1]) * (from + width + 4 - last[0])) / (after[0] - last[0])
  const ys = [...beside.map(([, y]) => y), edge]
  const over = Math.min(...ys) - 5
  return over - height >= 0 ? over : Math.max(...ys) + height + 5
}

/** Over and under the curve, so that its ends are not on the frame. */
const MARGIN = 0.06
const GAP_WIDTH_MIN = 2

export function shapeOf(curve: SheetCurve, box: CurveBox): CurveShape {
  const values = curve.points.map(([, value]) => value)
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
  const x = (timeUs: number): number =>
    Math.min(1, Math.max(0, (timeUs - curve.fromUs) / Math.max(1, curve.toUs - curve.fromUs))) * box.width
  const y = (value: number): number => {
    const share = high === low ? 0.5 : (value - low) / (high - low)
    return box.height * (1 - MARGIN - share * (1 - 2 * MARGIN))
  }
  const lines: [number, number][][] = []
  let previous: number | null = null
  for (const [timeUs, value] of curve.points) {
    const isBroken = previous === null || curve.gaps.some((gap) => gap.fromUs < timeUs && gap.toUs > previous!)
    if (isBroken) lines.push([])
    lines.at(-1)!.push([x(timeUs), y(value)])
    previous = timeUs
  }
  const gaps = curve.gaps.map(({ fromUs, toUs, label }) => {
    const width = Math.max(GAP_WIDTH_MIN, x(toUs) - x(fromUs))
    return { x: Math.min(x(fromUs), box.width - width), width, label }
  })
  return {
    lines,
    gaps,
    ticks: curve.ticks.map(x),
    axis: curve.axis.map(({ timeUs, label }) => ({ x: x(timeUs), label })),
    first: lines[0]![0]!,
    last: lines.at(-1)!.at(-1)!,
  }
}
