/**
 * What a certificate says, derived from what its evidence shows. Issuer and verifier run this same function, and the
 * file must say exactly what it gives; nothing in it is read and believed.
 */
import { toHex } from '../wire/bytes.ts'
import { continuesJson } from '../record/continues.ts'
import { labelOf, nameOf } from '../wire/languages.ts'
import { streamMeaning } from '../record/stream-fields.ts'
import { FLAG } from '../wire/quality.ts'
import type { PackVerdict } from '../packs/verdict.ts'
import type { EventFacts } from './check-events.ts'
import type { StreamFacts } from './check-histories.ts'
import type { LedgerFacts } from './check-seals.ts'
import type { SourceFacts } from './check-sources.ts'
import type { StateFacts } from './check-states.ts'
import type { JsonObject } from './credential.ts'
import type { CertificateMaterial } from './material.ts'
import { isoOfUs } from './numbers.ts'
import { coverageOf } from './recorded.ts'
import type { OpenGap } from './recorded.ts'

export const NOT_TRUE = 'Unchanged is not the same as true: a signature does not make a sensor honest.'
export const QUORUM_ONLY = 'attested by the quorum only'

export interface Findings {
  material: CertificateMaterial
  ledger: LedgerFacts
  states: StateFacts
  events: EventFacts
  streams: StreamFacts[]
  sources: SourceFacts
  verdict: PackVerdict
}

/** `credentialSubject` of the certificate. */
export function subjectOf(findings: Findings): JsonObject {
  const { material, ledger, states, streams, sources, verdict } = findings
  const { period } = material
  const { scheme, type } = states.asset
  return {
    id: `urn:plumbline:asset:${encodeURIComponent(material.asset)}`,
    asset: { id: material.asset, scheme, type, ...nameOf(states.asset) },
    attributes: { ...states.asset.attributes },
    channel: channelOf(findings),
    period: { fromUs: period.fromUs, toUs: period.toUs, from: isoOfUs(period.fromUs), to: isoOfUs(period.toUs) },
    asOf: {
      timeUs: ledger.newer.asOfUs,
      time: isoOfUs(ledger.newer.asOfUs),
      sinceUs: ledger.older?.asOfUs ?? null,
      entries: ledger.newer.seal.size,
      seal: ledger.newer.index,
      stateRoot: toHex(ledger.newer.seal.stateRoot),
    },
    pack: {
      id: material.pack.manifest.id,
      version: states.pack.version,
      hash: toHex(states.pack.hash),
      rule: toHex(states.pack.ruleHash),
      engine: toHex(states.pack.engineHash),
      parameters: states.pack.parameters,
    },
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    figures: verdict.figures,
    rules: states.rules,
    events: { shown: findings.events.shown.length, closed: findings.events.closed },
    streams: streams.map((stream) => streamOf(stream, findings)),
    readings: {
      judged: streams.reduce((sum, stream) => sum + stream.judged.length, 0),
      disclosed: streams.reduce((sum, stream) => sum + stream.readings.length, 0),
      withheld: streams.reduce((sum, stream) => sum + stream.withheld, 0),
    },
    source: sources.fromSources ? 'each reading is shown to come from its signed batch' : QUORUM_ONLY,
    simulated: isSimulated(findings),
    issuedBy: {
      name: states.issuer.member.name,
      legalName: states.issuer.member.legalName,
      keyId: states.issuer.keyId,
      keySinceEntry: states.issuer.key.from,
      actor: states.issuer.actor,
    },
    notProven: NOT_TRUE,
  }
}

function channelOf({ material, states }: Findings): JsonObject {
  const { name, site } = states.channel
  const continues = continuesJson(states.channel)
  return { id: material.channel, name, site, ...(continues !== null && { continues }) }
}

/** One simulated reading, source or asset, or a simulated channel, makes a simulated certificate. */
export function isSimulated({ states, streams }: Pick<Findings, 'states' | 'streams'>): boolean {
  if (states.channel.simulated || states.asset.simulated) return true
  return streams.some(
    ({ state, readings }) => state.simulated || readings.some(({ leaf }) => (leaf.flags & FLAG.simulated) !== 0),
  )
}

/** A reading that was signed later than this after it was taken came from a store, and its time is the store's word. */
const LATE_US = 86_400_000_000

function streamOf(stream: StreamFacts, { material, ledger }: Findings): JsonObject {
  const { state, judged, recorded } = stream
  const { period } = material
  const gaps = stream.open.filter((gap) => gap.toUs >= period.fromUs && gap.fromUs <= period.toUs)
  return {
    stream: stream.stream,
    ...labelOf(state),
    quantity: state.quantity,
    unit: state.unit,
    source: state.source,
    protocol: state.meaning.protocol,
    trust: state.trust,
    simulated: state.simulated,
    gateway: stream.gateway.name,
    readings: judged.length,
    withheld: stream.withheld,
    outOfOrder: judged.filter(({ place }) => !place.fits).length,
    late: lateOf(judged, ledger),
    firstUs: judged[0]?.leaf.sourceTimeUs ?? null,
    lastUs: judged.at(-1)?.leaf.sourceTimeUs ?? null,
    recorded: recorded === null ? null : [recorded.fromUs, recorded.toUs],
    gaps: gaps.map(gapOf),
    coverage: coverageOf(period, recorded, gaps),
    intervals: stream.intervals.map(({ first, last }) => [first, last]),
    meaning: streamMeaning.toJson(state.meaning),
    changes: stream.changes.map((change) => ({
      fromSequence: change.fromSequence,
      old: streamMeaning.toJson(change.old),
      new: streamMeaning.toJson(change.new),
    })),
    calibration: null,
  }
}

/** How many readings were signed more than a day after they stand, and when; null where there are none, or no batches to tell. */
export function lateOf(judged: StreamFacts['judged'], ledger: Pick<LedgerFacts, 'sealedAtUs'>): JsonObject | null {
  let [readings, fromUs, toUs] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { place, from } of judged) {
    const sealedUs = ledger.sealedAtUs(from.batch)
    if (sealedUs === null || sealedUs - place.timeUs <= LATE_US) continue
    readings++
    fromUs = Math.min(fromUs, sealedUs)
    toUs = Math.max(toUs, sealedUs)
  }
  return readings === 0 ? null : { readings, fromUs, toUs }
}

function gapOf({ fromUs, toUs, readings, reason }: OpenGap): JsonObject {
  return { fromUs, toUs, readings, reason }
}
