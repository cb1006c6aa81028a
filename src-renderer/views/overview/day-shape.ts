/** The lanes of the last 24 hours as shapes, in pixels. */
import type { Activity } from '../../words/model.ts'

/** Left of the first bucket stand the lanes' names. */
export const labelWidth = 136
const hourMs = 3_600_000
/** Between two marks, for the time under them. */
const markApart = 56

export interface DayShape {
  area: string
  areaTop: string
  seals: string
  checks: number[]
  alarms: { x: number; width: number; open: boolean }[]
  ticks: { x: number; timeUs: number; midnight: boolean; anchor: 'middle' | 'end' }[]
}

export function dayShape(activity: Activity, width: number, lane: number): DayShape {
  const { fromUs, toUs } = activity
  const plot = width - labelWidth
  const at = (timeUs: number) => labelWidth + ((timeUs - fromUs) / (toUs - fromUs)) * plot
  const steps = stepsOf(activity.readings, plot, lane)
  return {
    area: steps === '' ? '' : `M${labelWidth} ${lane}${steps.replace(/^M\S+ /, 'V')}V${lane}Z`,
    areaTop: steps,
    seals: sealTicks(activity, at, lane),
    checks: apart(activity.checks.map(at), 4).map((x) => Math.round(x - 1)),
    alarms: activity.alarms.map(([from, to]) => {
      const x = Math.max(labelWidth, at(from))
      return {
        x: Math.round(x) + 0.5,
        width: Math.max(3, Math.round((to === null ? width : at(to)) - x)),
        open: to === null,
      }
    }),
    ticks: ticksOf(fromUs, toUs, at, width),
  }
}

/** A staircase: one flat step a bucket, the fullest bucket 32 of 40 px high. */
function stepsOf(counts: readonly number[], plot: number, lane: number): string {
  const most = Math.max(1, ...counts)
  const wide = plot / counts.length
  let path = ''
  for (const [position, readings] of counts.entries()) {
    const y = Math.round(lane - 1 - (readings / most) * (lane * 0.8)) + 0.5
    const x = Math.round((labelWidth + (position + 1) * wide) * 10) / 10
    path += position === 0 ? `M${labelWidth} ${y}H${x}` : `V${y}H${x}`
  }
  return path
}

/** One tick a bucket in which something was sealed. */
function sealTicks(activity: Activity, at: (timeUs: number) => number, lane: number): string {
  const bucketUs = (activity.toUs - activity.fromUs) / Math.max(1, activity.readings.length)
  const filled = new Set(activity.seals.map((timeUs) => Math.floor((timeUs - activity.fromUs) / bucketUs)))
  const top = lane * 1.5 - 4
  return [...filled]
    .filter((bucket) => bucket >= 0 && bucket < activity.readings.length)
    .toSorted((a, b) => a - b)
    .map((bucket) => `M${Math.floor(at(activity.fromUs + (bucket + 0.5) * bucketUs)) + 0.5} ${top}v8`)
    .join('')
}

function apart(places: readonly number[], distance: number): number[] {
  const kept: number[] = []
  for (const x of places.toSorted((a, b) => a - b)) if (x - (kept.at(-1) ?? -Infinity) >= distance) kept.push(x)
  return kept
}

/** Every third hour of the local clock, every sixth where they would meet; the day's change is a rule. None so near the end that its text would meet "now". */
function ticksOf(fromUs: number, toUs: number, at: (timeUs: number) => number, width: number): DayShape['ticks'] {
  const ticks: DayShape['ticks'] = []
  const first = new Date(fromUs / 1000)
  const plot = width - labelWidth
  const everyHours = plot >= 8 * markApart ? 3 : plot >= 4 * markApart ? 6 : 12
  first.setMinutes(0, 0, 0)
  for (let ms = first.getTime(); ms * 1000 < toUs; ms += hourMs) {
    const hour = new Date(ms).getHours()
    const x = Math.floor(at(ms * 1000)) + 0.5
    if (hour % everyHours === 0 && x > labelWidth + 16 && x < width - 56)
      // The day's name is longer than an hour: near the end it stands before its rule.
      ticks.push({
        x,
        timeUs: ms * 1000,
        midnight: hour === 0,
        anchor: hour === 0 && x > width - 92 ? 'end' : 'middle',
      })
  }
  return ticks
}
