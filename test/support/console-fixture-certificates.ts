/** Assets, preview and register of the fixture's plant. */
import type { Asset, CertificatePreview, Certificates } from '../../src-main/endpoints/certificate-model.ts'
import type { Peers } from '../../src-main/endpoints/model.ts'
import { germanOf } from './console-fixture-german.ts'
import {
  at,
  hexOf,
  hourUs,
  minuteUs,
  nowUs,
  plantGateways,
  type Scenario,
  secondUs,
  streamOf,
} from './console-fixture-plant.ts'

const probe = (tag: string, label: string) => ({
  stream: streamOf('cold-store', tag),
  label,
  labels: germanOf(label),
  unit: 'Cel',
  gateway: 'gw-cold-3',
})

export const pallet: Asset = {
  id: 'urn:epc:id:sscc:4012345.3000000123',
  scheme: 'SSCC',
  type: 'pallet',
  name: 'Pallet SSCC 3 4012345 000000123 6',
  simulated: false,
  packs: ['cold-chain'],
  streams: [probe('north', 'Probe, north wall'), probe('south', 'Probe, south wall'), probe('door', 'Probe, door')],
  firstUs: at(6, 0, 0) - 24 * hourUs,
  lastUs: at(6, 0, 0),
}

const vehicle: Asset = {
  id: 'VIN:WVWZZZ1JZXW000001',
  scheme: 'VIN',
  type: 'vehicle',
  name: 'Test vehicle WVWZZZ1JZXW000001',
  names: { de: 'Testfahrzeug WVWZZZ1JZXW000001' },
  simulated: true,
  packs: ['odometer', 'service-log'],
  streams: [
    {
      stream: streamOf('vehicle', 'odometer'),
      label: 'Odometer',
      labels: germanOf('Odometer'),
      unit: 'km',
      gateway: 'gw-cold-3',
    },
  ],
  firstUs: Date.UTC(2025, 8, 1) * 1000,
  lastUs: nowUs - 38 * secondUs,
}

export const assetsOf = (scenario: Scenario): Asset[] => (scenario === 'empty' ? [] : [pallet, vehicle])

export function previewOf(id: string, pack: string | undefined, fromUs: number, toUs: number): CertificatePreview {
  const asset = [pallet, vehicle].find((one) => one.id === id) ?? pallet
  const gaps: [number, number, string][] = [
    [at(13, 21, 40) - 24 * hourUs, 325, 'No reply on the serial line'],
    [at(2, 10, 5), 130, 'gw-cold-3 restarted after an update'],
  ]
  const inside = gaps
    .map(([from, seconds, reason]) => ({ from, to: from + seconds * secondUs, reason }))
    .filter((gap) => gap.from >= fromUs && gap.to <= toUs)
  const segments: [number, number][] = []
  let end = fromUs
  for (const gap of inside) {
    segments.push([end, gap.from])
    end = gap.to
  }
  segments.push([end, toUs])
  const covered = segments.reduce((sum, [from, to]) => sum + to - from, 0) / (toUs - fromUs)
  return {
    asset,
    pack: { id: pack ?? '', version: asset === vehicle ? '1.0' : '2.1' },
    fromUs,
    toUs,
    verdict: asset === vehicle ? 'logical' : 'in range',
    reasons: [
      { code: 'IN_RANGE', text: 'In range at all 1146 readings, 2 to 8 °C. Warmest 6.8 °C, door, 10 March, 22:29:41.' },
    ],
    figures: { 'mean kinetic temperature': '4.31 °C', lowest: '3.1 °C', highest: '6.8 °C' },
    coverage: asset.streams.map((stream) => ({
      stream: stream.stream,
      label: stream.label,
      labels: stream.labels,
      percent: Math.round(covered * 10_000) / 100,
      segments,
    })),
    gaps: inside.map((gap, i) => ({
      id: `gap-${i}`,
      stream: asset.streams[0]?.stream ?? '',
      label: 'all probes',
      fromUs: gap.from,
      toUs: gap.to,
      reason: gap.reason,
    })),
    curve: {
      stream: asset.streams[0]?.stream ?? '',
      label: asset.streams[0]?.label ?? '',
      labels: asset.streams[0]?.labels,
      unit: asset.streams[0]?.unit ?? '1',
      points: Array.from(
        { length: 200 },
        (_, i) =>
          [fromUs + ((toUs - fromUs) * i) / 199, 4.4 + Math.sin(i / 11) * 0.9 + Math.sin(i * 7.3) * 0.2] as [
            number,
            number,
          ],
      ).map(([t, v]) => [Math.round(t), Math.round(v * 10) / 10] as [number, number]),
    },
    readings: 1146,
    simulated: asset.simulated,
    barred: null,
    trust: [{ source: 'Cold store', trust: 'unauthenticated' }],
    zone: {
      name: 'Europe/Berlin',
      offsets: [
        [0, 60],
        [Date.UTC(2025, 2, 30, 1) * 1000, 120],
        [Date.UTC(2025, 9, 26, 1) * 1000, 60],
      ],
    },
    operator: 'Quellhof Getränke GmbH, Kulmbach',
  }
}

export function registerOf(scenario: Scenario): Certificates {
  if (scenario === 'empty') return { certificates: [] }
  return {
    certificates: Array.from({ length: 214 }, (_, i) => ({
      id: `PL-2026-03${String(10 - (i % 8)).padStart(2, '0')}-${String(9 + i).padStart(4, '0')}`,
      hash: (i + 1).toString(16).padStart(64, '0'),
      status:
        i === 1
          ? {
              member: 'gw-fill-1',
              actor: '0'.repeat(32),
              entry: 84_002,
              by: null,
              reason: 'The pallet was another one.',
            }
          : i === 2
            ? { member: 'gw-fill-1', actor: '0'.repeat(32), entry: 83_120, by: '1'.padStart(64, '0'), reason: null }
            : null,
      asset: pallet.id,
      assetName: `Pallet SSCC 3 4012345 ${String(123 - (i % 100)).padStart(9, '0')} 6`,
      pack: 'cold-chain 2.1',
      verdict: i % 9 === 4 ? 'not in range' : 'in range',
      fromUs: at(6, 0, 0) - (i + 1) * hourUs * 24,
      toUs: at(6, 0, 0) - i * hourUs * 24,
      issuedAtUs: at(6, 4, 50) - i * hourUs * 24,
      issuedBy: 'M. Lindner',
      simulated: false,
    })),
  }
}

export function peersOf(scenario: Scenario): Peers {
  const gateways = plantGateways(scenario)
  return {
    gateways,
    elections: [
      { term: 7, leader: 'gw-past-2', atUs: at(2, 12, 8) - 24 * hourUs },
      { term: 6, leader: 'gw-fill-1', atUs: at(17, 40, 51) - 72 * hourUs },
    ],
    lagHistory: gateways.map((gateway, g) => ({
      gateway: gateway.name,
      points: Array.from(
        { length: 60 },
        (_, i) => [nowUs - (59 - i) * minuteUs, (i * 7 + g * 5) % 13 === 0 ? 5 : (i * 3 + g) % 3] as [number, number],
      ),
    })),
    tolerates: 1,
    committed: 84_221,
  }
}

export const channelId = hexOf('channel', 32)
