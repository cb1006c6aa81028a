/**
 * The bottling plant of the console's fixture: fixed sources, points, gateways and people at a fixed moment,
 * 11 March 2026, 14:02:37 in UTC+01:00.
 */
import { createHash } from 'node:crypto'
import { reasonText, weigh, type Agreement } from '../../src-main/endpoints/agreement.ts'
import type { Gateway, Integrity, People, Point, Source, Status } from '../../src-main/endpoints/model.ts'
import { condition, plantAlarms } from './console-fixture-alarms.ts'
import { germanOf } from './console-fixture-german.ts'

/** `changed`: the gateway whose console is open found its record changed; `peer-changed`: another one says so.
 * `alarms`: a flood of them, and one in each state; `unknown`: one has not been heard for 95 s; `doubt`: one shows another record, and this gateway doubts its own. */
export type Scenario =
  | 'normal'
  | 'changed'
  | 'peer-changed'
  | 'sources'
  | 'empty'
  | 'unknown'
  | 'doubt'
  | 'clock'
  | 'alarms'

export const nowUs = Date.UTC(2026, 2, 11, 13, 2, 37) * 1000
/** How many entries the ledger of the fixture holds. */
export const entriesTotal = 84_221
export const secondUs = 1_000_000
export const minuteUs = 60 * secondUs
export const hourUs = 60 * minuteUs
/** A time of 11 March in UTC+01:00. */
export const at = (hours: number, minutes: number, seconds: number, ms = 0) =>
  (Date.UTC(2026, 2, 11, hours - 1, minutes, seconds) + ms) * 1000

/** A repeatable hex string of up to 32 bytes, different for each name. */
export function hexOf(name: string, bytes: number): string {
  return createHash('sha256')
    .update(name)
    .digest('hex')
    .slice(0, bytes * 2)
}

export const streamOf = (source: string, tag: string) => hexOf(`${source}/${tag}`, 16)

interface PointDraft {
  tag: string
  label: string
  unit: string
  text: string
  range?: [number, number]
  normal?: [number, number]
  countsUp?: true
  quality?: [Point['qualityClass'], string]
  flags?: number
}

interface SourceDraft {
  id: string
  name: string
  protocol: string
  gateway: string
  trust: Source['trust']
  address: string
  ageS: number
  fillers: number
  points: PointDraft[]
}

const filler = (id: string, name: string, speed: string, ageS: number): SourceDraft => ({
  id,
  name,
  protocol: 'opcua',
  gateway: 'gw-fill-1',
  trust: 'authenticated channel',
  address: `opc.tcp://10.20.4.1${id.at(-1)}:4840`,
  ageS,
  fillers: 9,
  points: [
    { tag: 'speed', label: 'Speed', unit: '{bottles}/h', text: speed, range: [0, 42000], normal: [34000, 38000] },
    { tag: 'bowl', label: 'Bowl pressure', unit: 'bar', text: '1.84', range: [0, 4], normal: [1.6, 2] },
    { tag: 'product', label: 'Product temperature', unit: 'Cel', text: '12.4', range: [0, 40], normal: [8, 14] },
    { tag: 'torque', label: 'Capping torque', unit: 'N.m', text: '1.92', range: [0, 4], normal: [1.7, 2.2] },
    { tag: 'inflow', label: 'Inflow', unit: 'm3/h', text: '17.48', range: [0, 25], normal: [14, 20] },
  ],
})

const drafts: SourceDraft[] = [
  filler('filler-1', 'Filler 1', '36240', 0.4),
  filler('filler-2', 'Filler 2', '35910', 0.6),
  {
    id: 'pasteuriser',
    name: 'Pasteuriser',
    protocol: 'modbus',
    gateway: 'gw-past-2',
    trust: 'unauthenticated',
    address: '10.20.4.31:502',
    ageS: 0.9,
    fillers: 3,
    points: [
      { tag: 'holding', label: 'Holding temperature', unit: 'Cel', text: '72.41', range: [60, 86], normal: [71.5, 76] },
      { tag: 'hot-water', label: 'Hot water', unit: 'Cel', text: '73.98', range: [60, 86], normal: [72, 76] },
      { tag: 'flow', label: 'Product flow', unit: 'm3/h', text: '18.22', range: [0, 25], normal: [16, 20] },
      { tag: 'dp', label: 'Pressure difference', unit: 'bar', text: '0.45', range: [0, 2], normal: [0.3, 0.6] },
      { tag: 'valve', label: 'Steam valve', unit: '%', text: '41.2', range: [0, 100], normal: [20, 70] },
      { tag: 'alarm', label: 'Divert valve', unit: '1', text: 'closed' },
    ],
  },
  {
    id: 'cold-store',
    name: 'Cold store',
    protocol: 'modbus-rtu',
    gateway: 'gw-cold-3',
    trust: 'unauthenticated',
    address: '/dev/ttyS1 7',
    ageS: 3.2,
    fillers: 1,
    points: [
      { tag: 'warmest', label: 'Warmest probe', unit: 'Cel', text: '4.6', range: [-6, 15], normal: [2, 8] },
      { tag: 'north', label: 'Probe, north wall', unit: 'Cel', text: '3.8', range: [-10, 30], normal: [2, 8] },
      { tag: 'south', label: 'Probe, south wall', unit: 'Cel', text: '4.1', range: [-10, 30], normal: [2, 8] },
      { tag: 'door', label: 'Probe, door', unit: 'Cel', text: '4.6', range: [-10, 30], normal: [2, 8] },
      { tag: 'humidity', label: 'Humidity', unit: '%', text: '71', range: [0, 100], normal: [60, 80] },
    ],
  },
  {
    id: 'energy',
    name: 'Energy meter',
    protocol: 'modbus',
    gateway: 'gw-past-2',
    trust: 'unauthenticated',
    address: '10.20.4.40:502',
    ageS: 2,
    fillers: 5,
    points: [
      { tag: 'power', label: 'Active power', unit: 'kW', text: '214.6', range: [0, 400], normal: [80, 320] },
      { tag: 'energy', label: 'Active energy', unit: 'kW.h', text: '1482306.4', countsUp: true },
      { tag: 'u1', label: 'Voltage L1', unit: 'V', text: '231.4', range: [0, 300], normal: [218, 242] },
    ],
  },
  {
    id: 'checkweigher',
    name: 'Checkweigher',
    protocol: 'mt-sics',
    gateway: 'gw-fill-1',
    trust: 'unauthenticated',
    address: '/dev/ttyS2',
    ageS: 1.1,
    fillers: 1,
    points: [{ tag: 'net', label: 'Net weight', unit: 'g', text: '523.4', range: [500, 560], normal: [515, 540] }],
  },
  {
    id: 'vehicle',
    name: 'Test vehicle',
    protocol: 'Signed',
    gateway: 'gw-cold-3',
    trust: 'signed by device',
    address: '/dev/ttyS3',
    ageS: 38,
    fillers: 0,
    points: [{ tag: 'odometer', label: 'Odometer', unit: 'km', text: '48217.6', countsUp: true }],
  },
]

/** What the screen Sources shows of each quality. */
const unwell: Record<string, Pick<PointDraft, 'quality' | 'flags' | 'text'>> = {
  'Filler 1/torque': { text: '1.92', quality: ['uncertain', 'Uncertain, in test'] },
  'Pasteuriser/flow': { text: '18.22', quality: ['uncertain', 'Uncertain, over range'] },
  'Cold store/door': { text: '85.0', quality: ['bad', 'Bad, power-on value'] },
  'Cold store/humidity': { text: '71', flags: 1024 },
}

function pointOf(source: SourceDraft, draft: PointDraft, scenario: Scenario): Point {
  const silent = source.id === 'checkweigher' && (scenario === 'sources' || scenario === 'changed')
  const change = scenario === 'sources' ? unwell[`${source.name}/${draft.tag}`] : undefined
  const [qualityClass, qualityText] = change?.quality ?? ['good', 'Good']
  return {
    stream: streamOf(source.id, draft.tag),
    source: source.id,
    tag: draft.tag,
    label: draft.label,
    labels: germanOf(draft.label),
    quantity: draft.tag,
    unit: draft.unit,
    kind: Number.isNaN(Number(draft.text)) ? 'text' : 'float',
    value: { kind: 'float', value: Number(draft.text) || 0 },
    text: change?.text ?? draft.text,
    quality: qualityClass === 'good' ? 0 : qualityClass === 'uncertain' ? 0x40000000 : 0x80000000,
    qualityClass,
    qualityText,
    flags: change?.flags ?? 0,
    atUs: nowUs - (silent ? 235 * secondUs : Math.round(source.ageS * secondUs)),
    range: draft.range ?? null,
    normal: draft.normal ?? null,
    countsUp: draft.countsUp ?? false,
    gateway: source.gateway,
    simulated: false,
  }
}

const filling = (source: SourceDraft): PointDraft[] =>
  Array.from({ length: source.fillers }, (_, i) => ({
    tag: `aux-${i + 1}`,
    label: `Auxiliary ${i + 1}`,
    unit: '1',
    text: String(i),
  }))

export function plantPoints(scenario: Scenario): Point[] {
  if (scenario === 'empty') return []
  return drafts.flatMap((source) =>
    [...source.points, ...filling(source)].map((draft) => pointOf(source, draft, scenario)),
  )
}

function sourceOf(draft: SourceDraft, scenario: Scenario): Source {
  const points = plantPoints(scenario).filter((point) => point.source === draft.id)
  const silent = draft.id === 'checkweigher' && (scenario === 'sources' || scenario === 'changed')
  return {
    id: draft.id,
    name: draft.name,
    names: germanOf(draft.name),
    protocol: draft.protocol,
    gateway: draft.gateway,
    state: silent ? 'stale' : 'live',
    reason: silent ? 'port closed' : null,
    trust: draft.trust,
    simulated: false,
    address: draft.address,
    points: points.length,
    goodPoints: silent ? 0 : points.filter((point) => point.qualityClass === 'good' && point.flags === 0).length,
    lastReadingUs: points[0]?.atUs ?? null,
    headline: points[0] ?? null,
    coverage: [[nowUs - hourUs, silent ? nowUs - 6 * minuteUs : nowUs]],
  }
}

const untrusted: Source = {
  id: 'filler-3',
  name: 'Filler 3',
  names: germanOf('Filler 3'),
  protocol: 'opcua',
  gateway: 'gw-fill-1',
  state: 'untrusted',
  reason: 'its certificate has not been seen before',
  trust: 'authenticated channel',
  simulated: false,
  address: 'opc.tcp://10.20.4.13:4840',
  points: 0,
  goodPoints: 0,
  lastReadingUs: null,
  headline: null,
  coverage: null,
}

export function plantSources(scenario: Scenario): Source[] {
  if (scenario === 'empty') return []
  const sources = drafts.map((draft) => sourceOf(draft, scenario))
  if (scenario === 'sources') sources.splice(2, 0, untrusted)
  return sources
}

export const people: People['people'] = [
  { name: 'A. Berger', role: 'technician' },
  { name: 'M. Lindner', role: 'site-manager' },
  { name: 'K. Pohl', role: 'installer' },
]

const gateway = (
  name: string,
  role: Gateway['role'],
  clockOffsetMs: number,
  contactMs: number,
  daysLeft: number,
): Gateway => ({
  name,
  actor: hexOf(name, 16),
  self: name === 'gw-fill-1',
  reachable: true,
  role,
  term: 7,
  leader: 'gw-past-2',
  treeSize: entriesTotal,
  rootHash: hexOf('root', 32),
  stateRoot: `a07c51e9${hexOf('state', 28)}`,
  lagEntries: 0,
  lastContactUs: nowUs - contactMs * 1000,
  clockOffsetMs,
  clock: { state: 'synchronised', errorUs: 21_400, doubt: null },
  version: '1.4.2',
  verdict: 'unchanged',
  compared: 'equal',
  comparedAtUs: nowUs - contactMs * 1000,
  agreesWith: [],
  doubts: false,
  cosigning: true,
  queue: 0,
  disk: { freeBytes: 400e9, daysLeft },
  consoleUrl: null,
})

const changedPlace = {
  entry: 82_147,
  reading: 10,
  block: 4108,
  atUs: at(9, 12, 30),
  barredReadings: 284,
  acknowledged: false,
}

export function plantGateways(scenario: Scenario): Gateway[] {
  const gateways = [
    gateway('gw-fill-1', 'follower', 2, 0, 412),
    gateway('gw-past-2', 'leader', -4, 38, 1106),
    gateway('gw-cold-3', 'follower', 7, 52, 987),
  ]
  if (scenario === 'changed' || scenario === 'peer-changed') {
    Object.assign(gateways[2] ?? {}, {
      verdict: 'changed',
      cosigning: false,
      changed: changedPlace,
      consoleUrl: 'http://10.20.4.3:8420',
    })
    for (const one of gateways)
      one.self = (one.name === 'gw-cold-3') === (scenario === 'changed') && one.name !== 'gw-past-2'
  }
  if (scenario === 'clock')
    Object.assign(gateways[0]?.clock ?? {}, { state: 'unsynchronised', errorUs: null, doubt: 'leapt' })
  if (scenario === 'unknown')
    Object.assign(gateways[1] ?? {}, {
      reachable: false,
      role: 'unknown',
      lagEntries: 12,
      lastContactUs: nowUs - 95 * secondUs,
      compared: 'silent',
      comparedAtUs: nowUs - 95 * secondUs,
    })
  if (scenario === 'doubt') {
    Object.assign(gateways[0] ?? {}, { doubts: true, cosigning: false })
    Object.assign(gateways[2] ?? {}, { compared: 'differs', comparedAtUs: nowUs - 40 * secondUs })
  }
  const { agreesWith } = agreementOf(scenario, gateways)
  for (const one of gateways) one.agreesWith = [...(agreesWith[one.name] ?? [])]
  return gateways
}

/** By the function that the gateway uses. */
function agreementOf(scenario: Scenario, gateways: readonly Gateway[]): Agreement {
  const self = gateways.find((one) => one.self)
  return weigh({
    name: self?.name ?? '',
    own: scenario === 'changed' ? 'changed' : 'unchanged',
    doubts: self?.doubts ?? false,
    led: true,
    others: gateways
      .filter((one) => !one.self)
      .map(({ name, compared, comparedAtUs, doubts, verdict }) => ({
        name,
        head: compared,
        sinceUs: comparedAtUs,
        doubts,
        saysChanged: verdict === 'changed',
      })),
  })
}

export function plantIntegrity(scenario: Scenario): Integrity {
  const agreement = agreementOf(scenario, plantGateways(scenario))
  const self = plantGateways(scenario).find((one) => one.self)?.name ?? ''
  const base: Integrity = {
    verdict: agreement.verdict,
    reason: agreement.reason === 'agree' ? null : reasonText(agreement, 'changed'),
    ...(agreement.reason === 'agree' ? {} : { reasonCode: agreement.reason }),
    checkedAtUs: at(14, 2, 11),
    readings: scenario === 'empty' ? 0 : 1_204_311,
    entries: scenario === 'empty' ? 2 : 84_221,
    sinceUs: Date.UTC(2026, 2, 3, 8) * 1000,
    gatewaysAgree: agreement.agree,
    gatewaysTotal: agreement.total,
    agreesWith: [...(agreement.agreesWith[self] ?? [])],
    about: { gateways: [...agreement.about.names], sinceUs: agreement.about.sinceUs },
    firstBad: null,
    acknowledged: null,
    healing: { state: 'none', lost: 0, fetched: 0, from: [], reason: null, detail: null, nextAtUs: null },
    unauthenticatedPoints: scenario === 'empty' ? 0 : 25,
    points: scenario === 'empty' ? 0 : 54,
  }
  if (scenario !== 'changed') return base
  return {
    ...base,
    barredReadings: 284,
    firstBad: {
      gateway: 'gw-cold-3',
      entry: changedPlace.entry,
      reading: changedPlace.reading,
      block: changedPlace.block,
      atUs: changedPlace.atUs,
      what: 'the bytes stored there are not the bytes that gw-past-2 signed',
      expected: 'bc3919b7e3cba074e4cb40c3417f31d5',
      actual: '4c8b0d016a515b437c748c6cf84f37b6',
    },
  }
}

/** Behind the switch that fails in the scenario `alarms`. */
const floodedMachines = Array.from({ length: 23 }, (_, at) => `Filler 1, line ${at + 1}`)

export function plantStatus(scenario: Scenario): Status {
  const alarms: Status['alarms'] = []
  if (scenario === 'changed')
    alarms.push(condition('record-changed', 'gw-cold-3', { where: 'entry 82147' }, nowUs - 47 * secondUs))
  if (scenario === 'peer-changed') alarms.push(condition('peer-changed', 'gw-cold-3', {}, nowUs - 47 * secondUs))
  if (scenario === 'unknown') alarms.push(condition('peer-silent', 'gw-past-2', {}, nowUs - 85 * secondUs))
  if (scenario === 'doubt')
    alarms.push(
      condition('doubt', 'gw-fill-1', { size: 84_102 }, nowUs - 37 * secondUs),
      condition('record-differs', 'gw-cold-3', { size: 84_102 }, nowUs - 40 * secondUs),
    )
  if (scenario === 'changed' || scenario === 'sources')
    alarms.push({
      ...condition('source-stale', 'gw-fill-1/checkweigher', { source: 'Checkweigher' }, nowUs - 235 * secondUs),
      acknowledged: { name: 'A. Berger', reason: '', atUs: nowUs - 100 * secondUs },
      state: 'acknowledged-active',
    })
  if (scenario === 'clock')
    alarms.push(condition('clock-leapt', 'gw-fill-1', { seconds: 315_532_800 }, nowUs - secondUs))
  if (scenario === 'alarms') alarms.push(...plantAlarms(nowUs, floodedMachines))
  const standing = alarms.filter(({ closedAtUs }) => closedAtUs === null)
  return {
    atUs: nowUs,
    integrity: plantIntegrity(scenario),
    gateways: plantGateways(scenario),
    sources: plantSources(scenario),
    queue: { entries: 0, readings: 0, bytes: 0 },
    disk: { freeBytes: 400e9, daysLeft: 412 },
    alarms: standing,
    returned: alarms.filter(({ closedAtUs }) => closedAtUs !== null),
    conditions: standing.map(({ code, place, priority, raisedAtUs }) => ({
      code,
      place,
      priority,
      since: new Date(raisedAtUs / 1000).toISOString(),
    })),
    lastAlarm: {
      ...condition('gateway-lags', 'gw-cold-3', { entries: 1_204, seconds: 12 }, at(-1, -46, 0)),
      closedAtUs: at(-1, -29, 0),
      state: 'normal',
    },
  }
}
