import { expect, test } from 'vitest'
import { Conditions } from '../../../../src-main/gateway/conditions.ts'
import type { GatewayView, LedgerStatus } from '../../../../src-main/gateway/channel/messages.ts'
import type { PeerHello } from '../../../../src-main/gateway/agreement/peer-hello.ts'
import { CLOCK_OFFSET_MS_MAX, Watch, type DiskSeen } from '../../../../src-main/gateway/show/watch.ts'

const DISK: DiskSeen = { freeBytes: 500, totalBytes: 1_000, daysLeft: null }
const EVERY_MS = 500

function view(name: string, treeSize: number, change: Partial<GatewayView> = {}): GatewayView {
  const hello = { treeSize, verdict: 'unchanged', changed: null } as unknown as PeerHello
  return {
    name,
    actor: name,
    self: name === 'gw-1',
    reachable: true,
    role: 'follower',
    lagEntries: 0,
    lastContactUs: 1,
    clockOffsetMs: 0,
    hello,
    compared: { state: 'equal', sinceUs: 1 },
    ...change,
  }
}

/** One gateway's watch, and a clock that only moves when a test says so. */
class Scene {
  ms = 0
  /** What is different from a plant that is well; a function sees the time. */
  change: () => Partial<LedgerStatus> = () => ({})
  disk = DISK
  isQuiet = false
  readonly conditions = new Conditions({ nowUs: () => this.ms * 1_000 })
  readonly #watch = new Watch('gw-1', this.conditions.set)

  run(ms: number): void {
    for (const end = this.ms + ms; this.ms < end;) {
      this.ms += EVERY_MS
      const status = { ...this.#well(), ...this.change() }
      this.#watch.see(status, this.disk, this.isQuiet)
    }
  }

  /** Places of a code that stands now. */
  standing(code: string): string[] {
    return this.conditions.all().flatMap((one) => (one.code === code && one.closedAtUs === null ? [one.place] : []))
  }

  get all(): string[] {
    return this.conditions.all().flatMap(({ code, closedAtUs }) => (closedAtUs === null ? [code] : []))
  }

  #well(): LedgerStatus {
    return {
      atUs: 0,
      atMs: this.ms,
      size: this.ms,
      rootHash: '',
      stateRoot: '',
      term: 1,
      leader: 'gw-2',
      doubts: false,
      gateways: ['gw-1', 'gw-2', 'gw-3'].map((name) => view(name, this.ms / 10, { lastContactUs: this.ms })),
      queue: { entries: 0, readings: 0, bytes: 0, paused: false, oldest: null },
      lastSealHeight: 1,
      checkpointSize: this.ms,
      acknowledgedReadings: 0,
      elections: [],
      notice: null,
    }
  }
}

/** All well, then `change` for as long as it takes, then all well again: when the condition came and went, in milliseconds. */
function course(
  code: string,
  change: (ms: number) => Partial<LedgerStatus>,
  wellMs = 2_000,
): { places: string[]; afterMs: number; gone: boolean } {
  const scene = new Scene()
  scene.run(wellMs)
  expect(scene.all).toEqual([])
  scene.change = () => change(scene.ms)
  const from = scene.ms
  while (scene.standing(code).length === 0 && scene.ms - from < 200_000) scene.run(EVERY_MS)
  const places = scene.standing(code)
  const afterMs = scene.ms - from
  scene.change = () => ({})
  scene.run(2 * EVERY_MS)
  return { places, afterMs, gone: scene.all.length === 0 }
}

const three = (...changed: GatewayView[]) => ({
  gateways: ['gw-1', 'gw-2', 'gw-3'].map(
    (name) => changed.find((one) => one.name === name) ?? view(name, 1_000, { lastContactUs: Math.random() }),
  ),
})

test('a plant that is well has no condition, for an hour', () => {
  const scene = new Scene()
  scene.run(3_600_000)
  expect(scene.conditions.all()).toEqual([])
})

test.each<[string, string[], number, (ms: number) => Partial<LedgerStatus>]>([
  ['no-leader', ['gw-1'], 10_500, () => ({ leader: null })],
  ['no-checkpoint', ['gw-1'], 60_500, () => ({ checkpointSize: 7 })],
  ['queue-old', ['gw-1'], 60_500, () => ({ queue: { entries: 4, readings: 0, bytes: 0, paused: false, oldest: 17 } })],
])('%s of %s is told after %i ms, and ends by itself', (code, places, afterMs, change) => {
  expect(course(code, change)).toEqual({ places, afterMs, gone: true })
})

test('where this gateway has bound no stream a checkpoint a minute is enough, and none for three is told', () => {
  const scene = new Scene()
  scene.isQuiet = true
  scene.change = () => ({ checkpointSize: Math.floor(scene.ms / 70_000) })
  scene.run(600_000)
  expect(scene.standing('no-checkpoint')).toEqual([])
  scene.change = () => ({ checkpointSize: 7 })
  scene.run(179_000)
  expect(scene.standing('no-checkpoint')).toEqual([])
  scene.run(2_000)
  expect(scene.standing('no-checkpoint')).toEqual(['gw-1'])
})

test('a queue that moves on is not old, however long it is', () => {
  const scene = new Scene()
  scene.change = () => ({ queue: { entries: 900, readings: 0, bytes: 0, paused: false, oldest: scene.ms } })
  scene.run(600_000)
  expect(scene.conditions.all()).toEqual([])
})

test('a peer of whom no byte is heard is silent after ten seconds, whether its link stands or not, and one never heard too', () => {
  for (const reachable of [true, false]) {
    const silent = view('gw-3', 300, { reachable, lastContactUs: 77 })
    expect(course('peer-silent', () => three(silent))).toEqual({ places: ['gw-3'], afterMs: 10_500, gone: true })
  }
  const never = view('gw-2', 0, { reachable: false, lastContactUs: null, hello: null })
  const scene = new Scene()
  scene.change = () => three(never)
  scene.run(10_500)
  expect(scene.standing('peer-silent')).toEqual(['gw-2'])
})

test('a wall clock that leaps makes nobody silent', () => {
  const scene = new Scene()
  scene.run(5_000)
  scene.change = () => ({ atUs: 3e14 })
  scene.run(5_000)
  expect(scene.conditions.all()).toEqual([])
})

test('a gateway is late by a thousand entries at once, or by ten seconds', () => {
  const at = (ms: number) => view('gw-1', ms / 10)
  const far = (ms: number) =>
    three(at(ms + 20_000), view('gw-2', 3_000, { lastContactUs: ms }), view('gw-3', ms / 10, { lastContactUs: ms }))
  expect(course('gateway-lags', far).places).toEqual(['gw-3'])
  const stuck = (ms: number) =>
    three(at(ms), view('gw-2', ms / 10, { lastContactUs: ms }), view('gw-3', 200, { lastContactUs: ms }))
  const { places, afterMs } = course('gateway-lags', stuck)
  expect([places, afterMs]).toEqual([['gw-3'], 10_500])
})

test('this gateway is told of as late, too; a peer that claims a size that nobody has makes nobody late', () => {
  const self = (ms: number) => three(view('gw-1', 200), view('gw-2', ms), view('gw-3', ms))
  expect(course('gateway-lags', self).places).toEqual(['gw-1'])
  const scene = new Scene()
  scene.change = () => {
    const lastContactUs = scene.ms
    const honest = scene.ms / 10
    return three(
      view('gw-1', honest),
      view('gw-2', honest, { lastContactUs }),
      view('gw-3', 2 ** 48, { lastContactUs }),
    )
  }
  scene.run(60_000)
  expect(scene.conditions.all()).toEqual([])
})

test('a peer that says that its record was changed is told as saying so, until it says otherwise or a person has seen it', () => {
  const hello = { treeSize: 9, verdict: 'changed', changed: { acknowledged: false } } as unknown as PeerHello
  expect(course('peer-changed', (ms) => three(view('gw-2', 9, { hello, lastContactUs: ms })))).toMatchObject({
    places: ['gw-2'],
    gone: true,
  })
  const scene = new Scene()
  const seen = { ...hello, changed: { acknowledged: true } } as unknown as PeerHello
  scene.change = () => three(view('gw-2', 9, { hello: seen, lastContactUs: scene.ms }))
  scene.run(5_000)
  expect(scene.standing('peer-changed')).toEqual([])
})

test('a peer whose clock is far off is told, either way, until it was set', () => {
  const scene = new Scene()
  for (const clockOffsetMs of [CLOCK_OFFSET_MS_MAX + 1, -CLOCK_OFFSET_MS_MAX - 1]) {
    scene.change = () => three(view('gw-2', 1_000, { clockOffsetMs, lastContactUs: scene.ms }))
    scene.run(1_000)
    expect(scene.standing('clock-differs')).toEqual(['gw-2'])
    scene.change = () => three(view('gw-2', 1_000, { clockOffsetMs: null, lastContactUs: scene.ms }))
    scene.run(1_000)
    expect(scene.standing('clock-differs')).toEqual(['gw-2'])
    scene.change = () => three(view('gw-2', 1_000, { clockOffsetMs: 12.5, lastContactUs: scene.ms }))
    scene.run(1_000)
    expect(scene.standing('clock-differs')).toEqual([])
  }
})

test('a disk is low below a tenth, and soon full below three days', () => {
  const scene = new Scene()
  scene.disk = { freeBytes: 100, totalBytes: 1_000, daysLeft: 3 }
  scene.run(1_000)
  expect(scene.all).toEqual([])
  scene.disk = { freeBytes: 99, totalBytes: 1_000, daysLeft: 2.9 }
  scene.run(1_000)
  expect(scene.all).toEqual(['disk-low', 'disk-soon-full'])
  expect(scene.conditions.all().map(({ text }) => text)).toEqual([
    'Only 9 % of the disk of gw-1 is free',
    'The disk of gw-1 will be full in 2.9 days',
  ])
  scene.disk = DISK
  scene.run(1_000)
  expect(scene.all).toEqual([])
})
