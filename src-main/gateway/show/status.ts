/** What a gateway says about itself and its channel, in the shapes of the endpoint table. Pure: everything comes in as arguments. */
import type { Gateway as GatewayJson, Integrity, Point, Source, Status } from '../../endpoints/model.ts'
import type { Alarm } from '../../endpoints/alarm-model.ts'
import { byUrgency } from '../../endpoints/alarm-order.ts'
import type { Healing } from '../../endpoints/healing.ts'
import { isGood } from '../../endpoints/point-state.ts'
import { COMPARED_MS_MAX, reasonText, weigh, type Agreement } from '../../endpoints/agreement.ts'
import { nameOf } from '../../wire/languages.ts'
import type { Verdict } from '../../wire/verdict.ts'
import type { Finding } from '../check/integrity.ts'
import type { GatewayView, LedgerStatus } from '../channel/messages.ts'
import { consoleLink, type ChangedPlace, type SourceBrief } from '../agreement/peer-hello.ts'
import type { PeerPlace } from '../folder/config.ts'

export interface StatusInput {
  nowUs: number
  name: string
  version: string
  ledger: LedgerStatus
  ownVerdict: Verdict
  ownReason: { code: string; text: string } | null
  finding: Finding | null
  /** How the repair of a damaged record goes. */
  healing: Healing
  /** Where this gateway's own record differs. */
  changed: ChangedPlace | null
  checkedAtUs: number | null
  /** What the newest check covered; before the first one, what there is to check. */
  checked: { readings: number; entries: number; sinceUs: number | null }
  ownSources: SourceBrief[]
  points: Point[]
  disk: { freeBytes: number; daysLeft: number | null }
  alarms: Alarm[]
  consoleUrl: string | null
  /** Where the configuration says that each peer is: no link leads elsewhere. */
  peerPlaces: ReadonlyMap<string, PeerPlace>
}

export function statusOf(input: StatusInput): Status {
  const agreement = agreementOf(input)
  const standing = input.alarms.filter((alarm) => alarm.closedAtUs === null).toSorted(byUrgency)
  const over = input.alarms.filter((alarm) => alarm.closedAtUs !== null)
  return {
    atUs: input.nowUs,
    integrity: integrityOf(input, agreement),
    gateways: input.ledger.gateways.map((view) => gatewayOf(view, input, agreement)),
    sources: sourcesOf(input),
    queue: {
      entries: input.ledger.queue.entries,
      readings: input.ledger.queue.readings,
      bytes: input.ledger.queue.bytes,
    },
    disk: input.disk,
    alarms: standing,
    returned: over.filter(({ state }) => state !== 'normal').toSorted(byUrgency),
    conditions: standing.map(({ code, place, priority, raisedAtUs }) => ({
      code,
      place,
      priority,
      since: new Date(raisedAtUs / 1000).toISOString(),
    })),
    lastAlarm: over.toSorted((a, b) => (a.closedAtUs ?? 0) - (b.closedAtUs ?? 0)).at(-1) ?? null,
  }
}

/** What was compared, weighed. Where the ledger's thread has told nothing for long, nothing was. */
function agreementOf({ ledger, name, nowUs, ownVerdict }: StatusInput): Agreement {
  const isOld = Math.abs(nowUs - ledger.atUs) >= COMPARED_MS_MAX * 1_000
  return weigh({
    name,
    own: ownVerdict,
    doubts: ledger.doubts,
    led: ledger.leader !== null,
    others: ledger.gateways
      .filter((view) => !view.self)
      .map(({ name: other, compared, hello }) => ({
        name: other,
        head: isOld ? 'silent' : compared.state,
        sinceUs: compared.sinceUs,
        doubts: hello?.doubts ?? false,
        saysChanged: hello?.verdict === 'changed',
      })),
  })
}

function reasonOf(
  { reason, about }: Agreement,
  own: StatusInput['ownReason'],
): Pick<Integrity, 'reason' | 'reasonCode'> {
  if (reason === 'agree') return { reason: null }
  const isOwn = reason === 'own-changed' || reason === 'own-unknown'
  return {
    reason: reasonText({ reason, about }, own?.text ?? 'the record has not been checked'),
    reasonCode: isOwn ? (own?.code ?? reason) : reason,
  }
}

/** The sentence of the Overview. A peer that found a change in its own record does not change ours, but it does not agree. */
function integrityOf(input: StatusInput, agreement: Agreement): Integrity {
  const unauthenticated = input.points.filter((point) => trustOf(point, input) === 'unauthenticated').length
  const reachesAll = input.finding?.reachesAll === true
  return {
    verdict: agreement.verdict,
    ...reasonOf(agreement, input.ownReason),
    checkedAtUs: input.checkedAtUs,
    readings: input.checked.readings,
    entries: input.checked.entries,
    sinceUs: input.checked.sinceUs,
    gatewaysAgree: agreement.agree,
    gatewaysTotal: agreement.total,
    agreesWith: [...(agreement.agreesWith[input.name] ?? [])],
    about: { gateways: [...agreement.about.names], sinceUs: agreement.about.sinceUs },
    firstBad: firstBadOf(input),
    ...(input.changed === null || reachesAll ? {} : { barredReadings: input.changed.barredReadings }),
    acknowledged: input.finding?.acknowledged ?? null,
    healing: input.healing,
    unauthenticatedPoints: unauthenticated,
    points: input.points.length,
  }
}

function firstBadOf({ finding, changed }: StatusInput): Integrity['firstBad'] {
  if (finding === null) return null
  const { block, atUs } = changed ?? {}
  return {
    ...finding.firstBad,
    ...(block === undefined ? {} : { block }),
    ...(atUs === undefined ? {} : { atUs }),
  }
}

function verdictOf(view: GatewayView, input: StatusInput): Verdict {
  return view.self ? input.ownVerdict : (view.hello?.verdict ?? 'cannot-tell')
}

function gatewayOf(view: GatewayView, input: StatusInput, { agreesWith }: Agreement): GatewayJson {
  const { hello } = view
  return {
    name: view.name,
    actor: view.actor,
    self: view.self,
    reachable: view.reachable,
    role: view.role,
    term: input.ledger.term,
    leader: input.ledger.leader,
    treeSize: hello?.treeSize ?? 0,
    rootHash: hello?.rootHash ?? '',
    stateRoot: hello?.stateRoot ?? null,
    lagEntries: view.lagEntries,
    lastContactUs: view.lastContactUs,
    clockOffsetMs: view.clockOffsetMs,
    clock: clockOf(hello),
    version: hello?.version ?? '',
    verdict: verdictOf(view, input),
    compared: view.compared.state,
    comparedAtUs: view.compared.sinceUs,
    agreesWith: [...(agreesWith[view.name] ?? [])],
    doubts: view.self ? input.ledger.doubts : (hello?.doubts ?? false),
    cosigning: hello?.cosigning ?? false,
    queue: hello?.queueEntries ?? 0,
    disk: view.self ? input.disk : (hello?.disk ?? null),
    changed: view.self ? input.changed : (hello?.changed ?? null),
    consoleUrl: view.self
      ? input.consoleUrl
      : consoleLink(hello?.consoleUrl ?? null, input.peerPlaces.get(view.name) ?? null),
  }
}

function clockOf(hello: GatewayView['hello']): GatewayJson['clock'] {
  if (hello === null) return null
  const { state, errorUs, doubt } = hello.clock
  return { state, errorUs, doubt }
}

function sourcesOf(input: StatusInput): Source[] {
  const all = input.ledger.gateways.flatMap((view) => {
    const briefs = view.self ? input.ownSources : (view.hello?.sources ?? [])
    return briefs.map((brief) => ({ brief, gateway: view.name, reachable: view.reachable }))
  })
  return all.map(({ brief, gateway, reachable }) => {
    const points = input.points.filter((point) => point.gateway === gateway && point.source === brief.id)
    const state = reachable ? brief.state : 'stale'
    const newest = points.reduce((last, point) => Math.max(last, point.atUs ?? 0), 0)
    return {
      id: brief.id,
      ...nameOf(brief),
      protocol: brief.protocol,
      gateway,
      state,
      reason: reachable ? brief.reason || null : `gateway ${gateway} is not reachable`,
      trust: brief.trust,
      simulated: brief.simulated,
      address: brief.address,
      points: brief.points,
      goodPoints: points.filter((point) => isGood(point, state, input.nowUs)).length,
      lastReadingUs: newest === 0 ? null : newest,
      headline: headlineOf(points),
    }
  })
}

/** Reactive and apparent power are not in watts. */
const isActivePower = ({ quantity, unit }: Point): boolean =>
  quantity === 'active power' || (quantity === 'power' && /^[kMG]?W$/.test(unit))

/** The point that stands for a source: of a meter its active power, else the first one that is a measured number. */
export function headlineOf(points: readonly Point[]): Point | null {
  const measured = points.filter((point) => point.kind === 'float' && point.atUs !== null)
  return measured.find(isActivePower) ?? measured[0] ?? points.find((point) => point.atUs !== null) ?? points[0] ?? null
}

function trustOf(point: Point, input: StatusInput): string {
  const view = input.ledger.gateways.find((candidate) => candidate.name === point.gateway)
  const briefs = view?.self === true ? input.ownSources : (view?.hello?.sources ?? [])
  return briefs.find((brief) => brief.id === point.source)?.trust ?? 'unauthenticated'
}
