/** How much of a span is covered by segments that do not overlap, 0 to 100. */
export function coveredPercent(segments: readonly (readonly [number, number])[], fromUs: number, toUs: number): number {
  if (toUs <= fromUs) return 0
  const covered = segments.reduce(
    (sum, [from, to]) => sum + Math.max(0, Math.min(to, toUs) - Math.max(from, fromUs)),
    0,
  )
  return Math.min(100, (covered / (toUs - fromUs)) * 100)
}

/** Runs of buckets that are not empty, as shares of the whole: 0 to 1. */
export function filledRuns(buckets: readonly (number | null)[]): [number, number][] {
  const runs: [number, number][] = []
  for (const [position, value] of buckets.entries()) {
    if (value === null) continue
    const from = position / buckets.length
    const to = (position + 1) / buckets.length
    const last = runs.at(-1)
    if (last && buckets[position - 1] !== null) last[1] = to
    else runs.push([from, to])
  }
  return runs
}
