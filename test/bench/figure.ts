/** Prints one figure as one JSON line; further members say under which conditions it was taken. */
export function figure(name: string, value: number, unit: string, more: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ name, value: Number(value.toPrecision(5)), unit, ...more })}\n`)
}

/** The value below which a share of the sorted values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Seconds a call takes: the median of several rounds. */
export function secondsOf(rounds: number, work: () => void): number {
  work()
  const times = Array.from({ length: rounds }, () => {
    const from = performance.now()
    work()
    return (performance.now() - from) / 1000
  })
  return quantile(times, 0.5)
}
