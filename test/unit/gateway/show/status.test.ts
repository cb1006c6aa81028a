import { expect, test } from 'vitest'
import type { Point } from '../../../../src-main/endpoints/model.ts'
import type { Finding } from '../../../../src-main/gateway/check/integrity.ts'
import type { GatewayView, LedgerStatus } from '../../../../src-main/gateway/channel/messages.ts'
import type { PeerHello, SourceBrief } from '../../../../src-main/gateway/agreement/peer-hello.ts'
import { gatewayViews } from '../../../../src-main/gateway/channel/peer-views.ts'
import { headlineOf, statusOf, type StatusInput } from '../../../../src-main/gateway/show/status.ts'
import { condition } from '../../../support/console-fixture-alarms.ts'

const NOW_US = 1_774_915_200_000_000

const meter: SourceBrief = {
  id: 'meter',
  name: 'Energy meter',
  protocol: 'modbus',
  state: 'live',
  reason: '',
  trust: 'unauthenticated',
  simulated: false,
  address: '10.0.0.7:502',
  points: 1,
}

const hello: PeerHello = {
  version: '1',
  clock: { state: 'synchronised', errorUs: 900, doubt: null, sure: true },
  verdict: 'unchanged',
  changed: null,
  cosigning: true,
  treeSize: 20,
  doubts: false,
  positions: [],
  rootHash: 'ab'.repeat(32),
  stateRoot: 'cd'.repeat(32),
  head: { height: 1, size: 19, root: 'ef'.repeat(32) },
  queueEntries: 0,
  sentAtUs: NOW_US,
  consoleUrl: null,
  disk: null,
  sources: [meter],
}

function view(name: string, change: Partial<GatewayView> = {}): GatewayView {
  return {
    name,
    actor: name,
    self: name === 'gw-1',
    reachable: true,
    role: 'follower',
    lagEntries: 0,
    lastContactUs: NOW_US,
    clockOffsetMs: 0,
    hello,
    compared: { state: 'equal', sinceUs: NOW_US - 1_000 },
    ...change,
  }
}

function input(gateways: GatewayView[], change: Partial<StatusInput> = {}): StatusInput {
  const ledger: LedgerStatus = {
    atUs: NOW_US,
    atMs: 0,
    size: 20,
    rootHash: '',
    stateRoot: '',
    term: 1,
    leader: 'gw-2',
    doubts: false,
    gateways,

    queue: { entries: 0, readings: 0, bytes: 0, paused: false, oldest: null },
    lastSealHeight: 1,
    checkpointSize: 19,
    acknowledgedReadings: 0,
    elections: [],
    notice: null,
  }
  return {
    nowUs: NOW_US,
    name: 'gw-1',
    version: '1',
    ledger,
    ownVerdict: 'unchanged',
    ownReason: null,
    finding: null,
    healing: { state: 'none', lost: 0, fetched: 0, from: [], reason: null, detail: null, nextAtUs: null },
    changed: null,
    checkedAtUs: NOW_US,
    checked: { readings: 5, entries: 20, sinceUs: 1 },
    ownSources: [meter],
    points: [],
    disk: { freeBytes: 1, daysLeft: null },
    alarms: [],
    consoleUrl: null,
    peerPlaces: new Map(),
    ...change,
  }
}

test('two gateways that both call a source "meter" have two sources', () => {
  const { sources } = statusOf(input([view('gw-1'), view('gw-2')]))
  expect(sources.map(({ gateway, id }) => `${gateway}/${id}`)).toEqual(['gw-1/meter', 'gw-2/meter'])
})

test('that all agree is said only where all heads were compared', () => {
  const all = statusOf(input([view('gw-1'), view('gw-2'), view('gw-3')]))
  expect(all.integrity).toMatchObject({
    verdict: 'unchanged',
    reason: null,
    gatewaysAgree: 3,
    gatewaysTotal: 3,
    agreesWith: ['gw-2', 'gw-3'],
  })
  const old = view('gw-3', { compared: { state: 'old', sinceUs: NOW_US - 12_000_000 } })
  const one = statusOf(input([view('gw-1'), view('gw-2'), old]))
  expect(one.integrity).toMatchObject({
    verdict: 'cannot-tell',
    reasonCode: 'not-shown',
    gatewaysAgree: 2,
    agreesWith: ['gw-2'],
    reason: 'gw-3 has not shown its record since 2026-03-30T23:59:48.000Z',
    about: { gateways: ['gw-3'], sinceUs: NOW_US - 12_000_000 },
  })
  expect(one.gateways.map(({ agreesWith }) => agreesWith)).toEqual([['gw-2'], ['gw-1'], []])
})

test('a peer that claims that its record was changed does not change the verdict on this one', () => {
  const claims = view('gw-3', { hello: { ...hello, verdict: 'changed', cosigning: false } })
  const { integrity, gateways } = statusOf(input([view('gw-1'), view('gw-2'), claims]))
  expect([integrity.verdict, integrity.reasonCode, integrity.gatewaysAgree]).toEqual(['unchanged', 'peer-changed', 2])
  expect(gateways.map(({ verdict }) => verdict)).toEqual(['unchanged', 'unchanged', 'changed'])
})

test('where the ledger has told nothing for ten seconds, nothing was compared', () => {
  const { integrity } = statusOf(input([view('gw-1'), view('gw-2')], { nowUs: NOW_US + 10_000_000 }))
  expect([integrity.verdict, integrity.gatewaysAgree]).toEqual(['cannot-tell', 1])
})

test('an own check that has not ended says so in its own words, and a gateway alone is judged by it', () => {
  const ownReason = { code: 'not_checked_yet', text: 'the record has not been read back since the start' }
  const early = statusOf(input([view('gw-1')], { ownVerdict: 'cannot-tell', ownReason }))
  expect(early.integrity).toMatchObject({ verdict: 'cannot-tell', reasonCode: ownReason.code, reason: ownReason.text })
  const alone = statusOf(input([view('gw-1')]))
  expect(alone.integrity).toMatchObject({ verdict: 'unchanged', reason: 'nobody to compare with', agreesWith: [] })
})

test.each([
  ['http://10.0.0.2:7080', '10.0.0.2', null, 'http://10.0.0.2:7080/'],
  ['http://evil.example/', '10.0.0.2', null, null],
  ['http://127.0.0.1:7080', '10.0.0.2', null, null],
  ['http://127.0.0.1:7080', '127.0.0.1', null, null],
  ['http://localhost:7080', 'localhost', null, null],
  ['http://[::1]:7080', '::1', null, null],
  ['http://127.0.0.1:7080', '127.0.0.1', 'gw-2.plant.example', 'http://gw-2.plant.example:7080/'],
  ['http://127.0.0.1:7081', '127.0.0.1', '127.0.0.1', 'http://127.0.0.1:7081/'],
  ['http://a:b@gw-2:7080', 'gw-2', 'gw-2', null],
])('a console at %s of a peer at %s, its console at %s, is linked as %s', (consoleUrl, host, consoleHost, link) => {
  const peerPlaces = new Map([['gw-2', { host, consoleHost }]])
  const views = [view('gw-1'), view('gw-2', { hello: { ...hello, consoleUrl } })]
  expect(statusOf(input(views, { peerPlaces })).gateways[1]?.consoleUrl).toBe(link)
})

test('conditions are told with code, place, priority and since when, and what is over is not among them', () => {
  const over = condition('doubt', 'gw-1', {}, NOW_US - 5_000_000, { closedAtUs: NOW_US })
  const alarms = [over, condition('doubt', 'gw-1', {}, NOW_US)]
  const { conditions, returned, lastAlarm } = statusOf(input([view('gw-1')], { alarms }))
  expect(conditions).toEqual([{ code: 'doubt', place: 'gw-1', priority: 1, since: '2026-03-31T00:00:00.000Z' }])
  expect(returned).toEqual([over])
  expect(lastAlarm).toEqual(over)
})

test('a peer whose process was stopped is not there, though its link still stands', () => {
  const members = [1, 2].map((raftId) => ({ actor: `a${raftId}`, raftId, name: `gw-${raftId}`, voter: true }))
  const link = { id: 2, name: 'gw-2', state: 'up' as const, clockOffset: null, queuedBytes: 0, droppedFrames: 0 }
  const seen = (silentUs: number): boolean | undefined =>
    gatewayViews({
      members,
      raftId: 1,
      raft: { role: 'leader', leader: 1, term: 1 },
      hello,
      hellos: new Map([[2, hello]]),
      compared: new Map(),
      links: [{ ...link, problem: null, refused: 0, lastContactUs: NOW_US - silentUs }],
      nowUs: NOW_US,
    })[1]?.reachable
  expect([seen(0), seen(2_900_000), seen(3_000_000), seen(9_000_000)]).toEqual([true, true, false, false])
})

test('of a meter the active power stands first, whatever its registers begin with', () => {
  const point = (tag: string, quantity: string, unit: string, atUs: number | null = NOW_US): Point => ({
    stream: tag,
    source: 'meter',
    tag,
    label: tag,
    quantity,
    unit,
    kind: 'float',
    value: null,
    text: '1',
    quality: 0,
    qualityClass: 'good',
    qualityText: 'Good',
    flags: 0,
    atUs,
    range: null,
    normal: null,
  })
  const voltage = point('u1', 'voltage', 'V')
  expect(headlineOf([voltage, point('q', 'power', 'kV.A{reactive}'), point('p', 'power', 'kW')])?.tag).toBe('p')
  expect(headlineOf([voltage, point('p', 'active power', 'kV.A')])?.tag).toBe('p')
  expect(headlineOf([voltage, point('p', 'power', 'W', null)])?.tag, 'before it has delivered').toBe('u1')
  expect(headlineOf([])).toBeNull()
})

test('where nobody knows how far a change reaches, no number of readings is told', () => {
  const firstBad = { gateway: 'gw-1', entry: 0, reading: null, what: '', expected: '', actual: '' }
  const finding: Finding = { foundAtUs: 0, firstBad, acknowledged: null }
  const changed = { entry: 0, reading: null, barredReadings: 22, acknowledged: false }
  const told = (change: Partial<StatusInput>): number | undefined =>
    statusOf(input([view('gw-1')], { ownVerdict: 'changed', changed, ...change })).integrity.barredReadings
  expect(told({ finding })).toBe(22)
  expect(told({ finding: { ...finding, reachesAll: true } })).toBeUndefined()
})
