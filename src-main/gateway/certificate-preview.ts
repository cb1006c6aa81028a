/** What a certificate would say, for a screen: coverage, gaps, a curve. Everything follows from the examined material. */
import type { Findings } from '../certificates/subject.ts'
import type { JsonObject } from '../certificates/credential.ts'
import type { StatedZone } from '../certificates/stated.ts'
import type { Asset, CertificatePreview } from '../endpoints/certificate-model.ts'
import type { Value } from '../wire/reading.ts'

const CURVE_POINTS_MAX = 2_000

/** `findings` is null where a barred range makes any certificate impossible. */
export function previewOf(
  asset: Asset,
  subject: JsonObject | null,
  findings: Findings | null,
  barred: string | null,
  zone: StatedZone,
): CertificatePreview {
  if (findings === null || subject === null) return nothing(asset, barred ?? 'nothing can be said', zone)
  const { material, verdict, states, streams } = findings
  const { fromUs, toUs } = material.period
  const gaps = streams.flatMap(({ stream, state, gaps: found }) =>
    found
      .filter((gap) => gap.toTimeUs >= fromUs && gap.fromTimeUs <= toUs && gap.toTimeUs > gap.fromTimeUs)
      .map((gap) => ({
        id: `${stream}:${gap.fromTimeUs}`,
        stream,
        label: state.label,
        reason: gap.reason,
        fromUs: Math.max(gap.fromTimeUs, fromUs),
        toUs: Math.min(gap.toTimeUs, toUs),
      })),
  )
  return {
    asset,
    pack: { id: material.pack.id, version: states.pack.version },
    fromUs,
    toUs,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    figures: verdict.figures,
    coverage: streams.map(({ stream, state }) =>
      coverageOf(
        stream,
        state.label,
        gaps.filter((gap) => gap.stream === stream),
        fromUs,
        toUs,
      ),
    ),
    gaps,
    curve: curveOf(findings),
    readings: (subject['readings'] as { judged: number }).judged,
    simulated: subject['simulated'] === true,
    barred,
    trust: streams.map(({ state }) => ({ source: state.label, trust: state.trust })),
    zone,
    operator: states.issuer.member.legalName,
  }
}

function coverageOf(
  stream: string,
  label: string,
  gaps: { fromUs: number; toUs: number }[],
  fromUs: number,
  toUs: number,
): CertificatePreview['coverage'][number] {
  const segments: [number, number][] = []
  let at = fromUs
  for (const gap of gaps.toSorted((a, b) => a.fromUs - b.fromUs)) {
    if (gap.fromUs > at) segments.push([at, gap.fromUs])
    at = Math.max(at, gap.toUs)
  }
  if (at < toUs) segments.push([at, toUs])
  const covered = segments.reduce((sum, [from, to]) => sum + to - from, 0)
  return {
    stream,
    label,
    percent: toUs === fromUs ? 100 : Math.round((10_000 * covered) / (toUs - fromUs)) / 100,
    segments,
  }
}

function curveOf({ streams, material }: Findings): CertificatePreview['curve'] {
  const { fromUs, toUs } = material.period
  const shown = streams.find(({ readings }) => readings.some(({ leaf }) => numberOf(leaf.value) !== null))
  if (shown === undefined) return null
  const points = shown.readings.flatMap(({ leaf }): [number, number][] => {
    const value = numberOf(leaf.value)
    const at = leaf.sourceTimeUs
    return value === null || at < fromUs || at > toUs ? [] : [[at, value]]
  })
  const every = Math.ceil(points.length / CURVE_POINTS_MAX)
  const thinned = points.filter((_, i) => i % every === 0 || i === points.length - 1).slice(0, CURVE_POINTS_MAX)
  return { stream: shown.stream, label: shown.state.label, unit: shown.state.unit, points: thinned }
}

function numberOf(value: Value): number | null {
  if (value.kind === 'float') return Number.isFinite(value.value) ? value.value : null
  return value.kind === 'integer' ? Number(value.value) : null
}

function nothing(asset: Asset, barred: string, zone: StatedZone): CertificatePreview {
  return {
    asset,
    pack: { id: asset.packs[0] ?? '', version: '' },
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
    barred,
    trust: [],
    zone,
  }
}
