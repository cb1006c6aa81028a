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
  return Array.from({ length: parts + 1 }, (_, part) => ({
    x: Math.round((width * part) / parts),
    anchor: part === 0 ? 'start' : part === parts ? 'end' : 'middle',
    text: word(fromUs + ((toUs - fromUs) * part) / parts),
  }))
}
