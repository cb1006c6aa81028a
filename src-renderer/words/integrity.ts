/** The integrity sentence, its evidence, and what it does not prove: one place, so that every screen says the same. */
import type { FirstBad, Gateway, People, Status, Verdict } from './model.ts'
import { m } from '../paraglide/messages.js'
import { count } from './number.ts'
import { clock, day, dayClock, offset, sameDay } from './time.ts'

export type Brief = People['integrity']
export type Place = Pick<FirstBad, 'entry' | 'reading' | 'block' | 'atUs'>

export interface Told {
  verdict: Verdict
  /** With the deciding word between asterisks. */
  sentence: string
  lead: string
}

/** `gw-fill-1 and gw-past-2` */
export function nameList(names: readonly string[], join: (inputs: { a: string; b: string }) => string = m.and): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : join({ a: names.slice(0, -1).join(', '), b: last })
}

/** Worst of what this gateway says of itself and what it knows of the others. */
export function overallVerdict(status: Status): Verdict {
  const verdicts = [
    status.integrity.verdict,
    ...status.gateways.filter((gateway) => gateway.reachable).map((gateway) => gateway.verdict),
  ]
  return verdicts.includes('changed') ? 'changed' : status.integrity.verdict
}

/** Gateways that hold other bytes than were agreed; itself when only its own check says so. */
export function changedGateways(status: Status): Gateway[] {
  const changed = status.gateways.filter((gateway) => gateway.verdict === 'changed')
  if (changed.length > 0 || status.integrity.verdict !== 'changed') return changed
  const name = status.integrity.firstBad?.gateway
  return status.gateways.filter((gateway) => (name === undefined ? gateway.self : gateway.name === name))
}

export function originalHolders(status: Status): Gateway[] {
  const changed = new Set(changedGateways(status).map((gateway) => gateway.name))
  return status.gateways.filter(
    (gateway) => gateway.reachable && gateway.verdict === 'unchanged' && !changed.has(gateway.name),
  )
}

/** Where the record differs first: by this gateway's own check, else as the changed gateway says. */
export function firstPlace(status: Status): Place | null {
  if (status.integrity.firstBad !== null) return status.integrity.firstBad
  return changedGateways(status).find((gateway) => gateway.changed)?.changed ?? null
}

export function placeOf(bad: Place | null): string {
  if (!bad) return m.place_unknown()
  if (bad.block !== undefined) return m.place_block({ block: count(bad.block) })
  if (bad.reading === null) return m.place_entry({ entry: count(bad.entry) })
  return m.place_reading({ entry: count(bad.entry), reading: count(bad.reading + 1) })
}

/** `14:02:11 UTC+01:00`, with the day when that was not today. */
function checkedAt(timeUs: number, nowUs: number): string {
  return `${sameDay(timeUs, nowUs) ? clock(timeUs) : dayClock(timeUs)} ${offset(timeUs)}`
}

const reasons: Record<string, () => string> = {
  no_quorum: m.reason_no_quorum,
  never_checked: m.reason_never_checked,
  peers_unreachable: m.reason_peers_unreachable,
  check_overdue: m.reason_check_overdue,
}

function missing(integrity: Brief): string {
  const known = integrity.reasonCode === undefined ? undefined : reasons[integrity.reasonCode]
  return known?.() ?? integrity.reason ?? m.reason_never_checked()
}

function checkedLine(integrity: Brief, nowUs: number): string {
  if (integrity.checkedAtUs === null) return m.lead_not_checked()
  return m.lead_checked({
    time: checkedAt(integrity.checkedAtUs, nowUs),
    agree: integrity.gatewaysAgree,
    total: integrity.gatewaysTotal,
  })
}

/** For the sign-in page, where nothing more is known than the brief. */
export function tellBrief(integrity: Brief, nowUs: number, gatewayName: string): Told {
  const { verdict, readings } = integrity
  if (verdict === 'changed')
    return { verdict, sentence: m.say_changed({ gateway: gatewayName }), lead: integrity.reason ?? '' }
  if (readings === 0) return { verdict, sentence: m.say_nothing_yet(), lead: checkedLine(integrity, nowUs) }
  if (verdict === 'cannot-tell')
    return {
      verdict,
      sentence: m.say_unknown({ count: count(readings) }),
      lead: m.lead_missing({ reason: missing(integrity) }),
    }
  const since = integrity.sinceUs === null ? '' : day(integrity.sinceUs)
  return {
    verdict,
    sentence: m.say_unchanged({ n: readings, count: count(readings), day: since }),
    lead: checkedLine(integrity, nowUs),
  }
}

/** For a person who is signed in: names the gateway and who still holds the original. */
export function tellStatus(status: Status, nowUs: number): Told {
  const { integrity } = status
  const verdict = overallVerdict(status)
  if (verdict !== 'changed') return tellBrief(integrity, nowUs, '')
  const gateway = nameList(changedGateways(status).map((one) => one.name))
  const bad = integrity.barredReadings ?? changedGateways(status).find((one) => one.changed)?.changed?.barredReadings
  const sentence =
    bad === undefined
      ? m.say_changed({ gateway })
      : m.say_changed_count({ bad: count(bad), count: count(integrity.readings), gateway })
  const holders = originalHolders(status).map((one) => one.name)
  const original =
    holders.length === 0 ? m.lead_no_original() : m.lead_originals({ n: holders.length, names: nameList(holders) })
  const first = firstPlace(status)
  const place = first ? m.lead_at({ place: placeOf({ ...first, block: undefined }) }) : ''
  return { verdict, sentence, lead: `${original} ${place}`.trim() }
}

/** Ends in a full stop, whatever the gateway wrote. */
function sentenceOf(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** What the verdict does not prove. */
export function limitsOf(status: Status, nowUs: number): string {
  const { integrity } = status
  if (overallVerdict(status) === 'changed') {
    if (integrity.acknowledged) {
      const { name, atUs, reason } = integrity.acknowledged
      return m.limits_acknowledged({ name, time: checkedAt(atUs, nowUs), reason: sentenceOf(reason) })
    }
    return m.limits_stopped({ gateway: nameList(changedGateways(status).map((one) => one.name)) })
  }
  if (integrity.unauthenticatedPoints === 0) return m.limits_none()
  return m.limits_some({ n: count(integrity.unauthenticatedPoints), points: count(integrity.points) })
}

export function verdictSign(verdict: Verdict): 'in-unchanged' | 'in-unknown' | 'in-changed' {
  return verdict === 'unchanged' ? 'in-unchanged' : verdict === 'changed' ? 'in-changed' : 'in-unknown'
}

/** Does the banner stand: changed, and nobody has acknowledged it. */
export function bannerStands(status: Status): boolean {
  const open = changedGateways(status).filter((gateway) => !isAcknowledged(gateway, status))
  return overallVerdict(status) === 'changed' && open.length > 0
}

/** A change is acknowledged at the gateway that found it. */
function isAcknowledged(gateway: Gateway, status: Status): boolean {
  return gateway.self ? status.integrity.acknowledged !== null : gateway.changed?.acknowledged === true
}
