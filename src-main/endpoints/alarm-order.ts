/** In which order alarms stand, and which of them are one flood: the same on screens and for scripts. */
import type { Alarm } from './alarm-model.ts'

type Ordered = Pick<Alarm, 'tamper' | 'state' | 'priority' | 'raisedAtUs'>

/** What stands by itself: a flood, which is one row, must not hide it. */
const standsAlone = ({ tamper, priority, state }: Ordered): boolean =>
  tamper || priority === 1 || state === 'shelved' || state === 'normal'

const RANK: Readonly<Record<Alarm['state'], number>> = {
  'unacknowledged-active': 0,
  'acknowledged-active': 1,
  'returned-unacknowledged': 2,
  shelved: 3,
  normal: 4,
}

/** Tampering above all, what is shelved below all; between them by priority, then what nobody has seen yet, then the newest. */
export function byUrgency(a: Ordered, b: Ordered): number {
  return (
    Number(b.tamper) - Number(a.tamper) ||
    Number(a.state === 'shelved') - Number(b.state === 'shelved') ||
    a.priority - b.priority ||
    RANK[a.state] - RANK[b.state] ||
    b.raisedAtUs - a.raisedAtUs
  )
}

/** ISA-18.2: ten alarms within ten minutes are more than a person can answer. */
export const FLOOD_ALARMS = 10
export const FLOOD_US = 600_000_000

/**
 * The floods among alarms, each in the order in which its alarms came: the first is where to begin. Tampering, priority 1 and what
 * is shelved are part of none.
 */
export function floodsAmong<T extends Ordered>(alarms: readonly T[]): T[][] {
  const came = alarms.filter((alarm) => !standsAlone(alarm)).toSorted((a, b) => a.raisedAtUs - b.raisedAtUs)
  const flooded = new Set<T>()
  for (const [at, first] of came.entries()) {
    const window = came.slice(at, at + FLOOD_ALARMS)
    const last = window.at(-1)
    if (window.length === FLOOD_ALARMS && last !== undefined && last.raisedAtUs - first.raisedAtUs <= FLOOD_US)
      for (const one of window) flooded.add(one)
  }
  const floods: T[][] = []
  let before: T | undefined
  for (const one of came) {
    if (!flooded.has(one)) continue
    const goesOn = before !== undefined && one.raisedAtUs - before.raisedAtUs <= FLOOD_US
    if (goesOn) floods.at(-1)?.push(one)
    else floods.push([one])
    before = one
  }
  return floods
}
