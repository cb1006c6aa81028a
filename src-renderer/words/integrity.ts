/** The integrity sentence, its evidence, and what it does not prove: one place, so that every screen says the same. */
import type { FirstBad, Gateway, People, Status, Verdict } from './model.ts'
import { m } from '../paraglide/messages.js'
import { count } from './number.ts'
import { personName } from './roles.ts'
import { clockOrDay, day, offset } from './time.ts'

export type Brief = NonNullable<People['integrity']>
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

/** By this gateway's own check and its own comparisons; what another one claims of itself does not change it. */
export function overallVerdict(status: Status): Verdict {
  return status.integrity.verdict
}

/** This gateway, where its own check found other bytes than were agreed. */
export function changedGateways(status: Status): Gateway[] {
  if (status.integrity.verdict !== 'changed') return []
  const name = status.integrity.firstBad?.gateway
  return status.gateways.filter((gateway) => (name === undefined ? gateway.self : gateway.name === name))
}

/** Whose newest record was compared with this gateway's and found the one that was agreed. */
export function originalHolders(status: Status): Gateway[] {
  const changed = new Set(changedGateways(status).map((gateway) => gateway.name))
  return status.gateways.filter(
    (gateway) =>
      gateway.reachable &&
      gateway.verdict === 'unchanged' &&
      gateway.compared === 'equal' &&
      !gateway.doubts &&
      !changed.has(gateway.name),
  )
}

/** Where the record differs first, by this gateway's own check. */
export function firstPlace(status: Status): Place | null {
  return status.integrity.firstBad
}

export function placeOf(bad: Place | null): string {
  if (!bad) return m.place_unknown()
  if (bad.block !== undefined) return m.place_block({ block: count(bad.block) })
  if (bad.reading === null) return m.place_entry({ entry: count(bad.entry) })
  return m.place_reading({ entry: count(bad.entry), reading: count(bad.reading + 1) })
}

/** `14:02:11 UTC+01:00`, with the day when that was not today. */
function checkedAt(timeUs: number, nowUs: number): string {
  return `${clockOrDay(timeUs, nowUs)} ${offset(timeUs)}`
}

/** Whom the verdict is about, and since when, as sentences name them. */
function aboutOf({ about }: Brief, nowUs: number): { n: number; names: string; time: string } {
  const { gateways, sinceUs } = about
  return { n: gateways.length, names: nameList(gateways), time: sinceUs === null ? '' : clockOrDay(sinceUs, nowUs) }
}

/** What came of comparing, where it is not plain agreement; null for reasons of this gateway's own check. */
export function comparedLine(integrity: Brief, nowUs: number): string | null {
  const about = aboutOf(integrity, nowUs)
  const lines: Record<string, () => string> = {
    'no-majority': () => m.lead_missing({ reason: m.reason_no_quorum() }),
    'not-shown': () => (about.time === '' ? m.lead_not_shown(about) : m.lead_not_shown_since(about)),
    behind: () => m.lead_behind(about),
    differs: () => m.lead_differs(about),
    doubt: m.lead_doubt,
    'peer-doubts': () => m.lead_peer_doubts(about),
    'peer-changed': () => m.lead_peer_changed(about),
  }
  const line = integrity.reasonCode === undefined ? undefined : lines[integrity.reasonCode]
  return line?.() ?? null
}

function missing(integrity: Brief): string {
  return integrity.reasonCode === 'check_failed' ? m.reason_check_failed() : m.reason_never_checked()
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
    return { verdict, sentence: m.say_changed({ gateway: gatewayName }), lead: m.lead_changed_door() }
  if (readings === 0) return { verdict, sentence: m.say_nothing_yet(), lead: checkedLine(integrity, nowUs) }
  if (verdict === 'cannot-tell')
    return {
      verdict,
      sentence: m.say_unknown({ count: count(readings) }),
      lead: comparedLine(integrity, nowUs) ?? m.lead_missing({ reason: missing(integrity) }),
    }
  const since = integrity.sinceUs === null ? '' : day(integrity.sinceUs)
  return {
    verdict,
    sentence: m.say_unchanged({ n: readings, count: count(readings), day: since }),
    lead: checkedLine(integrity, nowUs),
  }
}

/** What no longer matches is the batch as a whole: how many of its readings were touched, nobody can tell. */
function changedSentence({ barredReadings: n, firstBad }: Status['integrity'], gateway: string): string {
  if (n === undefined || firstBad === null) return m.say_changed({ gateway })
  return n === 0 ? m.say_changed_entry({ gateway }) : m.say_changed_batch({ n, count: count(n), gateway })
}

/** For a person who is signed in: names the gateway and who still holds the original. */
export function tellStatus(status: Status, nowUs: number): Told {
  const { integrity } = status
  const verdict = overallVerdict(status)
  if (verdict !== 'changed') return tellBrief(integrity, nowUs, '')
  const gateway = nameList(changedGateways(status).map((one) => one.name))
  const sentence = changedSentence(integrity, gateway)
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
      return m.limits_acknowledged({ name: personName(name), time: checkedAt(atUs, nowUs), reason: sentenceOf(reason) })
    }
    return m.limits_stopped({ gateway: nameList(changedGateways(status).map((one) => one.name)) })
  }
  if (integrity.reasonCode === 'doubt') return m.limits_doubt()
  // Of no source nothing can be said, and least of all that each proves who it is.
  if (integrity.points === 0) return ''
  if (integrity.unauthenticatedPoints === 0) return m.limits_none()
  return m.limits_some({ n: count(integrity.unauthenticatedPoints), points: count(integrity.points) })
}

export function verdictSign(verdict: Verdict): 'in-unchanged' | 'in-unknown' | 'in-changed' {
  return verdict === 'unchanged' ? 'in-unchanged' : verdict === 'changed' ? 'in-changed' : 'in-unknown'
}

/** Does the banner stand: changed by this gateway's own check, and nobody has acknowledged it. */
export function bannerStands(status: Status): boolean {
  return status.integrity.verdict === 'changed' && status.integrity.acknowledged === null
}
