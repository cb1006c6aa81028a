/** What a repair of the record says. */
import type { Healing } from './model.ts'
import { m } from '../paraglide/messages.js'
import { nameList } from './integrity.ts'
import { count } from './number.ts'
import { clockOrDay } from './time.ts'

const reasons: Record<NonNullable<Healing['reason']>, () => string> = {
  alone: m.repair_alone,
  'nobody-reachable': m.repair_nobody_reachable,
  'nobody-has-it': m.repair_nobody_has_it,
  'they-differ': m.repair_they_differ,
  'too-much': m.repair_too_much,
  'no-room': m.repair_no_room,
  'damaged-otherwise': m.repair_damaged_otherwise,
  failed: m.repair_failed,
}

/** Why it could not be done: no full stop, so that it stands behind a colon too. */
export function notHealed({ reason }: Healing): string {
  return reasons[reason ?? 'failed']()
}

export function isRepairing({ state }: Healing): boolean {
  return state === 'looking' || state === 'fetching' || state === 'rebuilding'
}

/** How the repair goes, or why it failed; null where there is nothing to say. */
export function repairLine(healing: Healing, nowUs: number): string | null {
  const { state, lost, from, nextAtUs } = healing
  if (state === 'none' && nextAtUs !== null) return m.repair_planned({ time: clockOrDay(nextAtUs, nowUs) })
  if (state === 'looking') return m.repair_looking()
  if (state === 'fetching') return m.repair_fetching({ n: lost, count: count(lost) })
  if (state === 'rebuilding')
    return from.length === 0 ? m.repair_rebuilding() : m.repair_rebuilding_from({ names: nameList(from) })
  return state === 'not-healed' ? m.repair_not_done({ reason: notHealed(healing) }) : null
}
