/** A curve as polylines in pixels. Where readings are missing the line stays open: nothing is drawn across a gap. */
export interface Curve {
  label: string
  unit: string
  points: readonly (readonly [timeUs: number, value: number])[]
}

export interface CurveGap {
  fromUs: number
  toUs: number
}

export interface CurveShape {
  /** `points` of one polyline each. */
  lines: string[]
  gaps: { x: number; width: number }[]
  low: number
  high: number
  fromUs: number
  toUs: number
}

const thinnestGap = 3
const tenth = (pixels: number): number => Math.round(pixels * 10) / 10

/** `points` in order of time, at least one. */
export function curveShape(
  points: Curve['points'],
  gaps: readonly CurveGap[],
  plot: { left: number; top: number; width: number; height: number },
): CurveShape {
  let low = Infinity
  let high = -Infinity
  for (const [, value] of points) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const fromUs = points[0]?.[0] ?? 0
  const toUs = points.at(-1)?.[0] ?? 0
  const x = (timeUs: number): number => tenth(plot.left + ((timeUs - fromUs) / Math.max(1, toUs - fromUs)) * plot.width)
  const y = (value: number): number =>
    tenth(plot.top + (high === low ? plot.height / 2 : (1 - (value - low) / (high - low)) * plot.height))
  const lines: string[][] = []
  let previous: number | null = null
  for (const [timeUs, value] of points) {
    const since = previous
    const open = since === null || gaps.some((gap) => gap.fromUs < timeUs && gap.toUs > since)
    if (open) lines.push([])
    lines.at(-1)?.push(`${x(timeUs)},${y(value)}`)
    previous = timeUs
  }
  const shown = gaps.filter((gap) => gap.toUs > fromUs && gap.fromUs < toUs)
  return {
    lines: lines.filter((line) => line.length > 1).map((line) => line.join(' ')),
    gaps: shown.map((gap) => {
      const left = x(Math.max(gap.fromUs, fromUs))
      const wide = Math.max(thinnestGap, x(Math.min(gap.toUs, toUs)) - left)
      return { x: Math.min(left, plot.left + plot.width - wide), width: wide }
    }),
    low,
    high,
    fromUs,
    toUs,
  }
}
