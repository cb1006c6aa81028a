/** Where band and pointer of an indicator stand, in pixels. A value outside the range stands at its end. */
export interface IndicatorShape {
  band: { x: number; width: number } | null
  /** Left edge of the 3 px pointer. */
  pointer: number | null
}

export function indicatorGeometry(
  width: number,
  [low, high]: readonly [number, number],
  normal: readonly [number, number] | null,
  value: number | null,
): IndicatorShape {
  const span = high - low
  const at = (figure: number) => (span > 0 ? Math.min(1, Math.max(0, (figure - low) / span)) * (width - 1) : 0)
  const band = normal && {
    x: Math.round(at(normal[0])) + 0.5,
    width: Math.max(3, Math.round(at(normal[1])) - Math.round(at(normal[0]))),
  }
  const pointer =
    value === null || Number.isNaN(value) ? null : Math.round(Math.min(width - 3, Math.max(0, at(value) - 1)) * 10) / 10
  return { band, pointer }
}
