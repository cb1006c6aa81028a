/**
 * What a certificate says, derived from what its evidence shows. Issuer and verifier run this same function, and the
 * file must say exactly what it gives; nothing in it is read and believed.
 */
import { toHex } from '../wire/bytes.ts'
import { FLAG } from '../wire/quality.ts'
import type { Gap } from '../wire/statements.ts'
import type { PackVerdict } from '../packs/verdict.ts'
import type { StreamFacts } from './check-histories.ts'
import type { LedgerFacts } from './check-seals.ts'
import type { SourceFacts } from './check-sources.ts'
import type { StateFacts } from './check-states.ts'
import type { JsonObject } from './credential.ts'
import { judged } from './judge.ts'
import type { CertificateMaterial } from './material.ts'

export const NOT_TRUE = 'Unchanged is not the same as true: a signature does not make a sensor honest.'
export const QUORUM_ONLY = 'attested by the quorum only'

/** Microseconds as ISO 8601 in UTC, milliseconds kept. */
export function isoOfUs(timeUs: number): string {
  return new Date(Math.floor(timeUs / 1000)).toISOString()
}

export interface Findings {
  material: CertificateMaterial
  ledger: LedgerFacts
  states: StateFacts
  streams: StreamFacts[]
  sources: SourceFacts
  verdict: PackVerdict
}

/** `credentialSubject` of the certificate. */
export function subjectOf(findings: Findings): JsonObject {
  const { material, ledger, states, streams, sources, verdict } = findings
  const { period } = material
  const members = [...sources.signers].map(([actor, member]) => [actor, member.name] as const)
  return {
    id: `urn:plumbline:asset:${encodeURIComponent(material.asset)}`,
    asset: { id: material.asset, scheme: states.asset.scheme, type: states.asset.type, name: states.asset.name },
    attributes: { ...states.asset.attributes },
    channel: { id: material.channel, name: states.channel.name, site: states.channel.site },
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
      id: material.pack.id,
      version: states.pack.version,
      hash: toHex(states.pack.hash),
      engine: toHex(states.pack.engineHash),
      parameters: states.pack.parameters,
    },
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    figures: verdict.figures,
    streams: streams.map((stream) => streamOf(stream, material, new Map(members))),
    readings: {
      judged: streams.reduce((sum, stream) => sum + judged(stream.readings, period).length, 0),
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

/** One simulated reading, source or asset, or a simulated channel, makes a simulated certificate. */
export function isSimulated({ states, streams }: Pick<Findings, 'states' | 'streams'>): boolean {
  if (states.channel.simulated || states.asset.simulated) return true
  return streams.some(
    ({ state, readings }) => state.simulated || readings.some(({ leaf }) => (leaf.flags & FLAG.simulated) !== 0),
  )
}

function streamOf(stream: StreamFacts, material: CertificateMaterial, names: Map<string, string>): JsonObject {
  const { state } = stream
  const inside = judged(stream.readings, material.period)
  const gaps = stream.gaps.filter(
    (gap) => gap.toTimeUs >= material.period.fromUs && gap.fromTimeUs <= material.period.toUs,
  )
  return {
    stream: stream.stream,
    label: state.label,
    quantity: state.quantity,
    unit: state.unit,
    source: state.source,
    protocol: state.protocol,
    trust: state.trust,
    simulated: state.simulated,
    gateway: names.get(state.actor) ?? state.actor,
    readings: inside.length,
    withheld: stream.withheld,
    firstUs: inside[0]?.leaf.sourceTimeUs ?? null,
    lastUs: inside.at(-1)?.leaf.sourceTimeUs ?? null,
    gaps: gaps.map(gapOf),
    coverage: coverageOf(gaps, material.period),
    intervals: stream.intervals.map((interval) => [interval.firstSequence, interval.lastSequence]),
    calibration: null,
  }
}

function gapOf(gap: Gap): JsonObject {
  return {
    fromUs: gap.fromTimeUs,
    toUs: gap.toTimeUs,
    readings: gap.toSequence - gap.fromSequence + 1,
    reason: gap.reason,
  }
}

/** Share of the period outside signed gaps, in thousandths of a percent, so that everybody rounds alike. */
function coverageOf(gaps: Gap[], period: CertificateMaterial['period']): number {
  const length = period.toUs - period.fromUs
  if (length <= 0) return 100_000
  let missing = 0
  let until = period.fromUs
  for (const gap of [...gaps].sort((a, b) => a.fromTimeUs - b.fromTimeUs)) {
    const from = Math.max(gap.fromTimeUs, until)
    const to = Math.min(gap.toTimeUs, period.toUs)
    if (to <= from) continue
    missing += to - from
    until = to
  }
  return Math.round(100_000 * (1 - missing / length))
}
