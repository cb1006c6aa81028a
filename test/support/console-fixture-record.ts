/** The record of the fixture's plant: blocks, one batch, proofs that hold and that fail, curves, the last 24 hours. */
import type {
  Activity,
  Block,
  BlockDetail,
  Blocks,
  EntryDetail,
  ProofStep,
  ProofSteps,
  ReadingRow,
  Series,
  Sparkline,
} from '../../src-main/endpoints/ledger-model.ts'
import {
  at,
  hexOf,
  hourUs,
  minuteUs,
  nowUs,
  plantPoints,
  type Scenario,
  secondUs,
  streamOf,
} from './console-fixture-plant.ts'

export const total = 4211
const newestSealUs = at(14, 1, 58)
const betweenUs = 168 * secondUs
/** Irregular in the seconds, like a plant; block 4,204 and 4,108 stand where the pictures have them. */
const sealUs = (height: number) =>
  newestSealUs - (total - height) * betweenUs + ((height * 37) % 17) * secondUs - (height === total ? 6 : 0) * secondUs
const entriesAt: Record<number, number> = { 4204: 84_061, 4108: 82_141 }
const firstEntryOf = (height: number) => entriesAt[height] ?? 84_061 + (height - 4204) * 20

export function blockOf(height: number): Block {
  const first = firstEntryOf(height)
  const pinned: Record<number, number> = { 4204: at(13, 42, 26), 4108: at(9, 14, 31) }
  return {
    height,
    timeUs: pinned[height] ?? sealUs(height),
    sealEntry: first + 19,
    firstEntry: first,
    entries: 20,
    readings: height === 4108 ? 284 : 286,
    cosigners: ['gw-fill-1', 'gw-past-2', 'gw-cold-3'],
  }
}

export function blockPage(scenario: Scenario, before: number | undefined, limit: number): Blocks {
  if (scenario === 'empty') return { blocks: [], total: 0, sinceUs: null }
  const top = Math.min(total, (before ?? total + 1) - 1)
  const heights = Array.from({ length: Math.max(0, Math.min(limit, top)) }, (_, i) => top - i)
  return { blocks: heights.map(blockOf), total, sinceUs: Date.UTC(2026, 2, 3, 8) * 1000 }
}

const makers: [string, number][] = [
  ['gw-fill-1', 26],
  ['gw-cold-3', 7],
  ['gw-past-2', 21],
]

/** A kind of event that this release of the console has no word for. */
export const MADE_UP = 'tank.opened'

export function blockDetail(height: number, scenario: Scenario): BlockDetail {
  const block = blockOf(height)
  const entryList: BlockDetail['entryList'] = Array.from({ length: 20 }, (_, i) => {
    const index = block.firstEntry + i
    if (i === 3) return { index, kind: 'event', type: 'certificate.issued', gateway: 'gw-past-2', readings: 0 }
    if (i === 9) return { index, kind: 'event', type: MADE_UP, gateway: 'gw-fill-1', readings: 0 }
    if (i === 14) return { index, kind: 'event', type: 'gateway.resumed', gateway: 'gw-fill-1', readings: 0 }
    if (i === 19) return { index, kind: 'seal', gateway: 'gw-past-2', readings: 0 }
    const [gateway, readings] = i === 6 ? (['gw-past-2', 20] as const) : (makers[i % 3] ?? (['gw-fill-1', 25] as const))
    return { index, kind: 'batch', gateway, readings }
  })
  return { ...block, entryList, changed: scenario === 'changed' && height === 4108 }
}

const batchLines: [string, string, number, number][] = [
  ['holding', '72.39', 15, 204],
  ['hot-water', '74.02', 16, 543],
  ['power', '214.4', 17, 817],
  ['dp', '0.45', 19, 443],
  ['holding', '72.36', 20, 818],
  ['valve', '41.2', 22, 347],
  ['flow', '18.21', 23, 581],
  ['hot-water', '73.99', 25, 259],
  ['u1', '231.4', 26, 700],
  ['power', '214.1', 28, 244],
  ['holding', '72.41', 30, 412],
  ['hot-water', '74.04', 31, 757],
  ['dp', '0.42', 33, 137],
  ['valve', '40.9', 34, 688],
  ['holding', '72.38', 36, 8],
  ['power', '214.3', 37, 602],
  ['flow', '18.19', 38, 838],
  ['hot-water', '74.05', 40, 357],
  ['holding', '72.37', 41, 863],
  ['u1', '231.4', 43, 418],
]

const sourceOfTag = (tag: string) => (tag === 'power' || tag === 'u1' ? 'energy' : 'pasteuriser')

export function entryDetail(index: number, scenario: Scenario): EntryDetail {
  const height = [...Array(total + 1).keys()].toReversed().find((one) => index >= blockOf(one).firstEntry) ?? total
  const brief = blockDetail(height, scenario).entryList.find((entry) => entry.index === index)
  const base = {
    index,
    gateway: brief?.gateway ?? 'gw-past-2',
    keyId: hexOf('key', 16),
    hash: hexOf(`e${index}`, 32),
    bytes: 1184,
  }
  const statement = { v: 1, channel: hexOf('channel', 32), sequence: index - 12 }
  if (brief?.kind !== 'batch')
    return {
      ...base,
      kind: brief?.kind ?? 'event',
      ...(brief?.type !== undefined && { type: brief.type }),
      statement:
        brief?.type === MADE_UP ? { ...statement, body: { tank: 'urn:own:tank-1', by: 'A. Example' } } : statement,
    }
  const [hour, minute] = index < 83_000 ? [9, 13] : [13, 40]
  const changed = scenario === 'changed' && index === 82_147
  const points = plantPoints(scenario)
  const readings = batchLines.map(([tag, text, second, ms], position) => {
    const stream = streamOf(sourceOfTag(tag), tag)
    const point = points.find((one) => one.stream === stream)
    return {
      position,
      stream,
      sequence: 120_194 + position,
      label: point?.label ?? tag,
      labels: point?.labels,
      unit: point?.unit ?? '1',
      text: changed && position === 10 ? '72.91' : text,
      sourceTimeUs: at(hour, minute, second, ms),
      quality: 0,
      qualityText: 'Good',
    }
  })
  return {
    ...base,
    kind: 'batch',
    statement,
    sealedAtUs: at(hour, minute, 45),
    readings,
    readingsTotal: readings.length,
    payload: 'present',
  }
}

const path = [
  '5339 9cde dc19 26dc',
  '8beb 0396 68ca b6b6',
  'b326 04cf d495 4268',
  '3140 6d4a a300 0e75',
  'd6a4 efc7 ea9d 190d',
]

function stepsThatHold(entry: number, position: number | null): ProofStep[] {
  const sides = ['left', 'right', 'left', 'right', 'left'] as const
  return [
    { id: 'file-read', state: 'holds', title: 'File read', detail: '1184 bytes', figures: { bytes: 1184 } },
    {
      id: 'fingerprint',
      state: 'holds',
      title: 'Fingerprint',
      detail: 'equal',
      figures: { hash: `c457fd0b${hexOf('fp', 28)}` },
    },
    {
      id: 'signature',
      state: 'holds',
      title: 'Signature',
      detail: 'valid',
      figures: { gateway: 'gw-past-2', alg: 'Ed25519' },
    },
    {
      id: 'in-batch',
      state: 'holds',
      title: 'In batch',
      detail: 'reading 11 of 20',
      figures: { batch: entry, position: (position ?? 0) + 1, of: 20 },
      path: path.map((hash, level) => ({
        side: sides[level] ?? 'left',
        hash: hash.replaceAll(' ', '').padEnd(64, '0'),
      })),
      root: `bc3919b7e3cba074${hexOf('root', 24)}`,
    },
    {
      id: 'in-block',
      state: 'holds',
      title: 'In block',
      detail: 'entry 7 of 20',
      figures: { block: entry < 83_000 ? 4108 : 4204, position: 7, of: 20 },
    },
    {
      id: 'peers-agree',
      state: 'holds',
      title: 'Peers agree',
      detail: '3 of 3',
      figures: { cosigned: 3, total: 3, atUs: at(13, 42, 31) },
    },
    {
      id: 'key-valid',
      state: 'holds',
      title: 'Key valid then',
      detail: 'since 3 March',
      figures: { sinceUs: Date.UTC(2026, 2, 3, 8) * 1000, revoked: false },
    },
  ]
}

export function proofOf(entry: number, position: number | null, scenario: Scenario): ProofSteps {
  const stops = scenario === 'changed' && entry === 82_147
  const detail = entryDetail(entry, scenario)
  const row = detail.readings?.[position ?? -1]
  const steps = stepsThatHold(entry, position).map((step): ProofStep => {
    if (!stops || step.id === 'file-read') return step
    if (step.id !== 'fingerprint') return { ...step, state: 'not-run', detail: 'not run', path: undefined }
    return {
      ...step,
      state: 'stops',
      detail: 'The bytes stored here are not the bytes that gw-past-2 signed.',
      figures: { gateway: 'gw-past-2', signedAtUs: at(9, 13, 45), computedAtUs: at(14, 2, 31) },
      expected: 'bc3919b7e3cba074e4cb40c3417f31d5',
      actual: '4c8b0d016a515b437c748c6cf84f37b6',
    }
  })
  return {
    verdict: stops ? 'changed' : 'unchanged',
    tookMs: 38,
    entry,
    block: stops ? 4108 : 4204,
    reading: row
      ? {
          label: row.label,
          labels: row.labels,
          text: row.text,
          unit: row.unit,
          sourceTimeUs: row.sourceTimeUs,
          source: 'Pasteuriser',
          protocol: 'modbus',
          trust: 'unauthenticated',
          raw: '4290d1ec',
          simulated: false,
          calibration: { atUs: Date.UTC(2026, 0, 12, 9) * 1000, dueUs: Date.UTC(2026, 6, 12, 9) * 1000 },
        }
      : null,
    steps,
  }
}

/** Noise without a generator: the same figure for the same place every time. */
const noise = (i: number) => {
  const x = Math.sin(i * 12.9898) * 43758.5453
  return x - Math.floor(x) - 0.5
}

/** Curves as in the picture: a dip at 13:12:24 and, for the pasteuriser, silence from 13:21:40 to 13:27:05. */
function valueAt(tag: string, timeUs: number): number {
  const i = Math.round(timeUs / (6 * secondUs))
  const seconds = (timeUs - at(13, 12, 24)) / secondUs
  const dip = seconds > 0 && seconds < 90 ? Math.exp(-(((seconds - 30) / 18) ** 2)) : 0
  const swing = Math.sin(timeUs / (420 * secondUs)) * 0.25
  if (tag === 'holding') return 72.5 + swing + noise(i) * 0.5 - dip * 1.8
  if (tag === 'hot-water') return 74.3 + swing + noise(i + 7) * 0.35 - dip * 1.1
  if (tag === 'inflow') return 17.9 + swing * 0.6 + noise(i + 3) * 0.3 - (seconds > -20 && seconds < 110 ? 3 : 0)
  return 50 + swing * 8 + noise(i) * 4
}

const silent: [number, number] = [at(13, 21, 40), at(13, 27, 5)]
const isSilent = (tag: string, timeUs: number) =>
  (tag === 'holding' || tag === 'hot-water') && timeUs > silent[0] && timeUs < silent[1]
const tagOf = (stream: string) => plantPoints('normal').find((point) => point.stream === stream)?.tag ?? ''

export function seriesOf(streams: readonly string[], fromUs: number, toUs: number, buckets: number): Series {
  const wide = (toUs - fromUs) / buckets
  return {
    fromUs,
    toUs,
    series: streams.map((stream) => {
      const tag = tagOf(stream)
      const points: Series['series'][number]['buckets'] = []
      for (let i = 0; i < buckets; i += 1) {
        const timeUs = Math.round(fromUs + (i + 0.5) * wide)
        if (isSilent(tag, timeUs) || timeUs > nowUs) continue
        const value = Math.round(valueAt(tag, timeUs) * 100) / 100
        points.push([timeUs, value, Math.round((value + Math.abs(noise(i)) * 0.1) * 100) / 100, 1])
      }
      const gap = tag === 'holding' || tag === 'hot-water' ? [[...silent, 'no reply'] as [number, number, string]] : []
      return {
        stream,
        buckets: points,
        gaps: gap.filter(([from, to]) => to > fromUs && from < toUs),
        readings: points.length,
      }
    }),
  }
}

export function readingsOf(stream: string, fromUs: number, toUs: number, limit: number): ReadingRow[] {
  const tag = tagOf(stream)
  const stepUs = 6 * secondUs
  const first = at(13, 40, 30, 412) - Math.floor((at(13, 40, 30, 412) - fromUs) / stepUs) * stepUs
  const rows: ReadingRow[] = []
  for (let timeUs = first; timeUs <= Math.min(toUs, nowUs) && rows.length < limit; timeUs += stepUs) {
    if (timeUs < fromUs || isSilent(tag, timeUs)) continue
    const exact = timeUs === at(13, 40, 30, 412)
    const text = exact ? { holding: '72.41', 'hot-water': '73.98', inflow: '17.48' }[tag] : undefined
    const value = text ?? valueAt(tag, timeUs).toFixed(2)
    const base = { holding: 120_204, 'hot-water': 119_871, inflow: 88_016 }[tag] ?? 5000
    rows.push({
      stream,
      sequence: base + Math.round((timeUs - at(13, 40, 30, 412)) / stepUs),
      sourceTimeUs: timeUs,
      value: { kind: 'float', value: Number(value) },
      text: value,
      quality: 0,
      qualityClass: 'good',
      qualityText: 'Good',
      flags: 0,
      entry: 84_067,
      position: 10,
    })
  }
  return rows
}

export function sparklineOf(stream: string, spanS: number): Sparkline {
  const tag = tagOf(stream)
  const values = Array.from({ length: 60 }, (_, i) =>
    tag === 'net' && i > 50 ? null : Math.round((noise(i * 3 + tag.length) + Math.sin(i / 6)) * 100) / 100,
  )
  return { fromUs: nowUs - spanS * secondUs, toUs: nowUs, values }
}

export function activityOf(scenario: Scenario): Activity {
  const fromUs = nowUs - 24 * hourUs
  const day = (i: number) => (i < 48 || i >= 96 ? 1340 + Math.round(noise(i) * 160) : 420 + Math.round(noise(i) * 50))
  const readings = Array.from({ length: 144 }, (_, i) => (scenario === 'empty' ? 0 : day(i)))
  if (scenario !== 'empty') {
    // The picture's sum, spread thinly over the day.
    const missing = 146_902 - readings.reduce((a, b) => a + b, 0)
    for (const i of readings.keys())
      readings[i] = (readings[i] ?? 0) + Math.floor(missing / 144) + (i < ((missing % 144) + 144) % 144 ? 1 : 0)
  }
  return {
    fromUs,
    toUs: nowUs,
    readings,
    seals: scenario === 'empty' ? [] : Array.from({ length: 514 }, (_, i) => fromUs + i * betweenUs),
    checks: scenario === 'empty' ? [] : Array.from({ length: 24 }, (_, i) => fromUs + 9 * minuteUs + i * hourUs),
    alarms: scenario === 'empty' ? [] : [[at(-1, -46, 0), at(-1, -29, 0)]],
    gaps: scenario === 'changed' ? [[nowUs - 6 * minuteUs, nowUs]] : [],
    blocks: scenario === 'empty' ? 0 : 514,
  }
}
