/** Where the marks of both axes stand. */
const minuteUs = 60_000_000
const timeSteps = [1 / 60, 1 / 12, 1 / 6, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200].map(
  (minutes) => minutes * minuteUs,
)

export interface TimeTick {
  timeUs: number
  midnight: boolean
}

/** Round local times, at most `most` of them. The zone's offset at `fromUs` is used for the whole span. */
export function timeTicks(fromUs: number, toUs: number, most: number): { ticks: TimeTick[]; seconds: boolean } {
  const step = timeSteps.find((one) => (toUs - fromUs) / one <= most) ?? 14_400 * minuteUs
  const zoneUs = -new Date(fromUs / 1000).getTimezoneOffset() * minuteUs
  const ticks: TimeTick[] = []
  for (let at = Math.ceil((fromUs + zoneUs) / step) * step - zoneUs; at <= toUs; at += step) {
    const local = new Date(at / 1000)
    ticks.push({ timeUs: at, midnight: local.getHours() === 0 && local.getMinutes() === 0 && local.getSeconds() === 0 })
  }
  return { ticks, seconds: step < minuteUs }
}

/** Round figures from `low` to `high`, about `wanted` of them, and how many decimals they need. */
export function figureTicks(low: number, high: number, wanted: number): { ticks: number[]; digits: number } {
  const raw = (high - low) / Math.max(1, wanted)
  if (!(raw > 0) || !Number.isFinite(raw)) return { ticks: [low], digits: 0 }
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const ticks: number[] = []
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1)
    ticks.push(index * step)
  return { ticks, digits: Math.min(12, digits) }
}
