/** What the gateways' states mean in words, and the drawing of how far each has come. */
import type { Gateway, Integrity, Peers, Status } from '../../words/model.ts'
import { m } from '../../paraglide/messages.js'
import { comparedLine, nameList } from '../../words/integrity.ts'
import { count, signed } from '../../words/number.ts'
import { sizeText } from '../../words/size.ts'
import { clockOrDay, duration } from '../../words/time.ts'

export interface Headline {
  verdict: 'agree' | 'changed' | 'waits' | 'alone'
  /** Its deciding word between asterisks. */
  sentence: string
  /** What is wrong and what to do; empty while all is well. */
  notes: string[]
}

/** The one sentence of the screen. `tolerates` is how many of all may fail. */
export function headlineOf(
  gateways: readonly Gateway[],
  tolerates: number,
  integrity: Integrity,
  changed: readonly Gateway[],
  nowUs: number,
): Headline {
  const total = gateways.length
  const away = gateways.filter((gateway) => !gateway.reachable)
  const notes = [
    ...(away.length > 0
      ? [
          `${away.map((gateway) => awayWords(gateway, nowUs)).join(' ')} ${m.peers_unreachable_next({ n: away.length })}`,
        ]
      : []),
    ...(total > 1 ? [comparedLine(integrity, nowUs) ?? ''].filter(Boolean) : []),
  ]
  if (changed.length > 0)
    return {
      verdict: 'changed',
      sentence: m.peers_changed({ n: changed.length, names: nameList(changed.map((one) => one.name)) }),
      notes,
    }
  if (total < 2) return { verdict: 'alone', sentence: m.peers_alone(), notes }
  if (integrity.reasonCode === 'no-majority' || away.length > tolerates)
    return { verdict: 'waits', sentence: m.peers_no_majority(), notes }
  const words = { agree: count(integrity.gatewaysAgree), total: count(total) }
  // Whether all agree is a matter of comparing: how far the check of this gateway's own disk has come is not.
  const known = integrity.verdict === 'unchanged' || integrity.gatewaysAgree === total
  if (!known) return { verdict: 'waits', sentence: m.peers_cannot_tell(words), notes }
  const spare = integrity.gatewaysAgree - (total - tolerates)
  const tail = spare <= 0 ? m.peers_spare_none() : m.peers_spare({ n: spare, count: count(spare) })
  return { verdict: 'agree', sentence: m.peers_agree_all({ ...words, tail }), notes }
}

function awayWords(gateway: Gateway, nowUs: number): string {
  if (gateway.lastContactUs === null) return m.peers_no_contact({ name: gateway.name })
  return m.peers_no_contact_for({ name: gateway.name, age: duration(nowUs - gateway.lastContactUs) })
}

export function roleWords(gateway: Gateway): string {
  const term = count(gateway.term)
  const words: Record<Gateway['role'], () => string> = {
    leader: () => m.peers_leader({ term }),
    follower: m.peers_follower,
    candidate: () => m.peers_candidate({ term }),
    learner: m.peers_learner,
    unknown: m.peers_role_unknown,
  }
  return words[gateway.role]()
}

export function contactWords(gateway: Gateway, nowUs: number): string {
  if (gateway.self) return m.gateway_self()
  if (gateway.lastContactUs === null) return m.peers_never()
  const age = duration(nowUs - gateway.lastContactUs)
  if (gateway.reachable) return m.peers_ago({ age })
  const at = gateway.lastContactUs
  return m.peers_none_since({ time: clockOrDay(at, nowUs), age })
}

export function lagWords(gateway: Gateway): string {
  const entries = m.peers_entries({ n: gateway.lagEntries, count: count(gateway.lagEntries) })
  return gateway.reachable ? entries : m.peers_last_known({ value: entries })
}

/** What came of comparing its newest sealed head with the ledger of this gateway. */
export function comparedWords({ self, compared, comparedAtUs }: Gateway, nowUs: number): string {
  if (self) return m.peers_reference()
  const time = comparedAtUs === null ? null : clockOrDay(comparedAtUs, nowUs)
  if (compared === 'equal') return m.peers_equal()
  if (compared === 'differs') return m.peers_other_record({ time: time ?? '' })
  if (compared === 'beyond') return m.peers_ahead()
  return time === null ? m.peers_never() : m.peers_shown_last({ time })
}

/** What it says of its own record: its claim, except for this gateway. */
export function recordWords(gateway: Gateway): string {
  if (gateway.verdict === 'changed') return m.peers_says_changed()
  if (!gateway.reachable) return m.peers_not_known()
  if (gateway.verdict === 'cannot-tell') return m.peers_unknown()
  return gateway.cosigning ? m.peers_unchanged() : m.peers_unchanged_silent()
}

/** Null where the gateway has not told. A newly started one cannot say days yet, only what is free. */
export function diskWords(gateway: Gateway): string | null {
  if (!gateway.disk) return null
  const { daysLeft, freeBytes } = gateway.disk
  return daysLeft === null
    ? m.disk_free({ size: sizeText(freeBytes) })
    : m.disk_days({ days: count(Math.floor(daysLeft)) })
}

/** Null where no clock was compared; this gateway's own is what the others are compared with. */
export function clockWords(gateway: Gateway): string | null {
  if (gateway.self || gateway.clockOffsetMs === null) return null
  return m.peers_offset({
    offset: signed(gateway.clockOffsetMs, Math.abs(gateway.clockOffsetMs) < 10 && gateway.clockOffsetMs !== 0 ? 1 : 0),
  })
}

/** Who keeps its clock right; null where that is not known. */
export function clockKeptWords({ clock }: Gateway): string | null {
  if (!clock) return null
  if (clock.doubt !== null) return m.peers_clock_doubted()
  if (clock.state === 'unknown') return null
  if (clock.state === 'unsynchronised') return m.peers_clock_unsynchronised()
  return m.peers_clock_synchronised({ error: count(Math.ceil((clock.errorUs ?? 0) / 1000)) })
}

export function electionWords(election: Peers['elections'][number]): string {
  return m.peers_took_over({ name: election.leader })
}

/** What happens when 1, 2, ... gateways fail. */
export function failRows(total: number, tolerates: number): { what: string; follows: string }[] {
  if (total < 2) return [{ what: m.peers_fail_this(), follows: m.peers_fail_alone() }]
  return Array.from({ length: total - 1 }, (_, position) => ({
    what: m.peers_fail_row({ n: count(position + 1), total: count(total) }),
    follows: position + 1 <= tolerates ? m.peers_fail_nothing() : m.peers_fail_waits(),
  }))
}

/* ---- the drawing ---- */

export const labelWidth = 160
export const beamY = 20
export const committedY = 132.5
const ticks = 16
const reach = committedY - 0.5 - beamY

export interface Hanging {
  name: string
  x: number
  /** Where the bob hangs; on the committed line when nothing is behind. */
  y: number
  ticks: string
  state: 'whole' | 'away' | 'changed'
}

export interface Drawing {
  fromEntry: number
  committed: number
  lines: Hanging[]
}

/** From the beam down to the last committed entry; a gateway that is behind hangs higher by as many entries. */
export function drawingOf(
  gateways: readonly Gateway[],
  size: number,
  width: number,
  changed: readonly Gateway[],
): Drawing {
  const behind = (gateway: Gateway) => Math.max(0, gateway.lagEntries)
  let span = ticks
  const most = Math.max(0, ...gateways.filter((gateway) => gateway.reachable).map(behind))
  while (span < most * 1.25) span *= 2
  const columnWidth = (width - labelWidth) / Math.max(1, gateways.length)
  const lines = gateways.map((gateway, position): Hanging => {
    const x = Math.round(labelWidth + (position + 0.5) * columnWidth)
    const y = committedY - Math.min(1, behind(gateway) / span) * (reach - 24)
    const marks = Array.from({ length: ticks - 1 }, (_, index) => beamY + ((index + 1) * reach) / ticks).filter(
      (at) => at < y - 14,
    )
    return {
      name: gateway.name,
      x,
      y,
      ticks: marks.map((at) => `M${x - 4} ${Math.floor(at) + 0.5}h8`).join(''),
      state: changed.includes(gateway) ? 'changed' : gateway.self || gateway.compared === 'equal' ? 'whole' : 'away',
    }
  })
  const committed = Math.max(0, size - 1)
  return { fromEntry: Math.max(0, committed - span), committed, lines }
}

export const lagWidth = 144
const lagHeight = 16
const hourUs = 3_600_000_000
const minutes = 60

/** A bar a minute over the last hour; a minute without a figure stays empty. `most` is the highest of them. */
export function lagBars(
  points: readonly (readonly [number, number])[],
  nowUs: number,
): { most: number; bars: { x: number; y: number; height: number }[] } {
  const slots = new Map<number, number>()
  for (const [atUs, lag] of points) {
    const slot = Math.floor(((atUs - (nowUs - hourUs)) / hourUs) * minutes)
    if (slot >= 0 && slot < minutes) slots.set(slot, Math.max(slots.get(slot) ?? 0, lag))
  }
  const most = Math.max(0, ...slots.values())
  const scale = (lagHeight - 2) / Math.max(ticks, most)
  const bars = [...slots].map(([slot, lag]) => {
    const height = Math.max(1, Math.round(lag * scale * 10) / 10)
    return { x: Math.round(slot * (lagWidth / minutes) * 10) / 10, y: lagHeight - height, height }
  })
  return { most, bars }
}

/** This gateway, where its own check found a change; a claim of another one is shown as its claim. */
export function changedOf(status: Status | null, gateways: readonly Gateway[]): Gateway[] {
  return status?.integrity.verdict === 'changed' ? gateways.filter((gateway) => gateway.self) : []
}
