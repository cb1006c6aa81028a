/**
 * Turns spans with readings into alternating boxes of a line `width` pixels long. Both ends and the spans share a unit, whichever
 * that is. A gap never gets thinner than it can be seen.
 */
export interface CoverageBox {
  x: number
  width: number
  covered: boolean
}

const thinnestGap = 4
/** Pixels; below it two segments touch, above it lies a real gap, however short. */
const roundingError = 1e-6

export function coverageBoxes(
  width: number,
  fromUs: number,
  toUs: number,
  segments: readonly (readonly [number, number])[],
): CoverageBox[] {
  const length = toUs - fromUs
  const at = (timeUs: number) => (length > 0 ? Math.min(1, Math.max(0, (timeUs - fromUs) / length)) * width : 0)
  const boxes: CoverageBox[] = []
  let end = 0
  const gapTo = (x: number) => {
    if (x - end < roundingError) return
    const wide = Math.max(thinnestGap, x - end)
    boxes.push({ x: Math.max(0, Math.min(end, width - wide)), width: wide, covered: false })
  }
  for (const [segmentFrom, segmentTo] of segments) {
    const from = at(segmentFrom)
    const to = at(segmentTo)
    if (to <= end) continue
    gapTo(from)
    const x = Math.max(
      from,
      boxes.at(-1)?.covered === false ? (boxes.at(-1)?.x ?? 0) + (boxes.at(-1)?.width ?? 0) : end,
    )
    if (to > x) boxes.push({ x, width: to - x, covered: true })
    end = to
  }
  gapTo(width)
  return boxes.map((box) => ({ ...box, x: Math.round(box.x * 10) / 10, width: Math.round(box.width * 10) / 10 }))
}
