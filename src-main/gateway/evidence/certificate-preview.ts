/** What a certificate would say, for a screen: coverage, gaps, a curve. Everything follows from the examined material. */
import type { StreamFacts } from '../../certificates/check-histories.ts'
import { coverageOf } from '../../certificates/recorded.ts'
import type { Findings } from '../../certificates/subject.ts'
import type { JsonObject } from '../../certificates/credential.ts'
import type { StatedZone } from '../../certificates/stated.ts'
import type { Asset, CertificatePreview } from '../../endpoints/certificate-model.ts'
import { labelOf } from '../../wire/languages.ts'
import type { Value } from '../../wire/reading.ts'

const CURVE_POINTS_MAX = 2_000

type Barred = NonNullable<CertificatePreview['barred']>

/** `barred`: what is still missing before anybody could sign this. */
export function previewOf(
  asset: Asset,
  subject: JsonObject,
  findings: Findings,
  barred: Barred | null,
  zone: StatedZone,
): CertificatePreview {
  const { material, verdict, states, streams } = findings
  const { fromUs, toUs } = material.period
  const gaps = streams.flatMap((stream) => gapsOf(stream, material.period))
  return {
    asset,
    pack: { id: material.pack.manifest.id, version: states.pack.version },
    fromUs,
    toUs,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    // A list has room for numbers, not for a pack's tables.
    figures: Object.fromEntries(Object.entries(verdict.figures).filter(([, value]) => typeof value !== 'object')),
    coverage: streams.map((stream) => lineOf(stream, material.period)),
    gaps,
    curve: curveOf(findings),
    readings: (subject['readings'] as { judged: number }).judged,
    simulated: subject['simulated'] === true,
    barred,
    trust: streams.map(({ state }) => ({ source: state.label, sources: state.labels, trust: state.trust })),
    zone,
    operator: states.issuer.member.legalName,
  }
}

type Period = Findings['material']['period']

/** Gaps that a person has to acknowledge: those that leave time of the period open. */
function gapsOf({ stream, state, open }: StreamFacts, { fromUs, toUs }: Period): CertificatePreview['gaps'] {
  return open
    .filter((gap) => gap.toUs >= fromUs && gap.fromUs <= toUs && gap.toUs > gap.fromUs)
    .map((gap) => ({
      id: `${stream}:${gap.fromUs}`,
      stream,
      ...labelOf(state),
      reason: gap.reason,
      fromUs: Math.max(gap.fromUs, fromUs),
      toUs: Math.min(gap.toUs, toUs),
    }))
}

/** What is covered is drawn from the same figures that the certificate states. */
function lineOf(
  { stream, state, open, recorded }: StreamFacts,
  period: Period,
): CertificatePreview['coverage'][number] {
  const segments: [number, number][] = []
  let at = recorded?.fromUs ?? period.toUs
  for (const gap of open.toSorted((a, b) => a.fromUs - b.fromUs)) {
    if (recorded === null || gap.toUs <= at || gap.fromUs >= recorded.toUs) continue
    if (gap.fromUs > at) segments.push([at, gap.fromUs])
    at = gap.toUs
  }
  if (recorded !== null && at < recorded.toUs) segments.push([at, recorded.toUs])
  return { stream, ...labelOf(state), percent: coverageOf(period, recorded, open) / 1000, segments }
}

function curveOf({ streams }: Findings): CertificatePreview['curve'] {
  const shown = streams.find(({ judged }) => judged.some(({ leaf }) => numberOf(leaf.value) !== null))
  if (shown === undefined) return null
  const points = shown.judged.flatMap(({ leaf, place }): [number, number][] => {
    const value = numberOf(leaf.value)
    return value === null ? [] : [[place.timeUs, value]]
  })
  const every = Math.ceil(points.length / CURVE_POINTS_MAX)
  const thinned = points.filter((_, i) => i % every === 0 || i === points.length - 1).slice(0, CURVE_POINTS_MAX)
  return { stream: shown.stream, ...labelOf(shown.state), unit: shown.state.unit, points: thinned }
}

function numberOf(value: Value): number | null {
  if (value.kind === 'float') return Number.isFinite(value.value) ? value.value : null
  return value.kind === 'integer' ? Number(value.value) : null
}

/** Where a changed place makes any certificate impossible. */
export function barredPreview(
  asset: Asset,
  pack: string | undefined,
  { code, message, next }: Barred,
  zone: StatedZone,
): CertificatePreview {
  return {
    asset,
    pack: { id: pack ?? asset.packs[0] ?? '', version: '' },
    fromUs: asset.firstUs ?? 0,
    toUs: asset.lastUs ?? 0,
    verdict: 'no judgement',
    reasons: [],
    figures: {},
    coverage: [],
    gaps: [],
    curve: null,
    readings: 0,
    simulated: asset.simulated,
    barred: { code, message, next },
    trust: [],
    zone,
  }
}
