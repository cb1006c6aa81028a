/** Times under a line: both ends, and three between them where they have room. */
import { clockMinutes, day } from '../../words/time.ts'

export interface AxisTick {
  x: number
  anchor: 'start' | 'middle' | 'end'
  text: string
}

const dayUs = 86_400_000_000

/** Clock times for up to two days, days beyond that. */
export function axisTicks(fromUs: number, toUs: number, width: number): AxisTick[] {
  if (toUs <= fromUs) return []
  const long = toUs - fromUs > 2 * dayUs
  const word = (timeUs: number): string => (long ? day(timeUs) : clockMinutes(timeUs))
  const parts = long ? 3 : 4
  const ticks = Array.from({ length: parts + 1 }, (_, part): AxisTick => ({
    x: Math.round((width * part) / parts),
    anchor: part === 0 ? 'start' : part === parts ? 'end' : 'middle',
    text: word(fromUs + ((toUs - fromUs) * part) / parts),
  }))
  const [first, last] = [ticks[0], ticks.at(-1)]
  return ticks.filter(
    (tick) => tick.anchor !== 'middle' || !first || !last || (apart(first, tick) && apart(tick, last)),
  )
}

/** Pixels of a digit or letter of the axis, on the wide side. */
const letterWidth = 6.8
const between = 8

function apart(left: AxisTick, right: AxisTick): boolean {
  const share = { start: 0, middle: 0.5, end: 1 }
  const edge = (tick: AxisTick, side: 0 | 1) => tick.x + (side - share[tick.anchor]) * tick.text.length * letterWidth
  return edge(left, 1) + between <= edge(right, 0)
}
