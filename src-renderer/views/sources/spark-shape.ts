/** The small curve of a point: a path with its gaps left open, and where the silence at its end begins. */
import type { Spark } from '../../state/sparklines.svelte.ts'

export interface SparkShape {
  path: string
  /** Left edge of the hatched box, when nothing came in the newest part; null else. */
  silentFrom: number | null
}

const top = 4
const round = (value: number) => Math.round(value * 10) / 10

/**
 * @param values one a bucket, oldest first; null where nothing arrived
 * @param silent whether the point is stale: only then is an empty end a gap, and not a point that reports changes only
 */
export function sparkShape(values: Spark, width: number, height: number, silent: boolean): SparkShape {
  const figures = values.filter((value) => value !== null)
  if (figures.length === 0) return { path: '', silentFrom: silent ? 0 : null }
  const low = Math.min(...figures)
  const high = Math.max(...figures)
  const step = width / Math.max(1, values.length - 1)
  const y = (value: number) =>
    high > low ? height - top - ((value - low) / (high - low)) * (height - 2 * top) : height / 2
  let path = ''
  let before: number | null = null
  for (const [position, value] of values.entries()) {
    if (value !== null) {
      const x = position * step
      const alone = before === null && (values[position + 1] ?? null) === null
      // A reading with nothing beside it would be a path without length: it is drawn as a short dash.
      if (alone) path += `M${round(Math.max(0, x - 1))} ${round(y(value))}h2`
      else path += `${before === null ? 'M' : 'L'}${round(x)} ${round(y(value))}`
    }
    before = value
  }
  const last = values.findLastIndex((value) => value !== null)
  const end = last * step + 2
  return { path, silentFrom: silent && end < width - 4 ? round(end) : null }
}
