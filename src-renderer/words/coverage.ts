/** How much of a span is covered by segments that do not overlap, 0 to 100. */
export function coveredPercent(segments: readonly (readonly [number, number])[], fromUs: number, toUs: number): number {
  if (toUs <= fromUs) return 0
  const covered = segments.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, toUs) - Math.max(from, fromUs)), 0)
  return Math.min(100, (covered / (toUs - fromUs)) * 100)
}
