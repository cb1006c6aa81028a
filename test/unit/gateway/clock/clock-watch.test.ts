import { expect, test } from 'vitest'
import {
  ClockWatch,
  LEAP_US,
  SETTLED_US,
  START_AFTER_US_MAX,
  START_BEFORE_US_MAX,
  type Evidence,
} from '../../../../src-main/gateway/clock/clock-watch.ts'

const S = 1_000_000
const DAY = 86_400 * S
const TEN_YEARS = 3_653 * DAY
const START_US = 1_767_225_600 * S

/** A watch, its wall clock and the count beside it. */
class Scene {
  elapsedUs = 77 * S
  skewUs = 0
  evidence: Evidence = { sealedUs: START_US, sure: false }
  readonly watch: ClockWatch

  constructor(skewUs = 0, believedUs: number | null = null) {
    this.skewUs = skewUs
    this.watch = new ClockWatch(this.now, START_US, believedUs)
  }

  /** By a clock that is right. */
  get trueUs(): number {
    return START_US + this.elapsedUs - 77 * S
  }

  get now(): { wallUs: number; elapsedUs: number } {
    return { wallUs: this.trueUs + this.skewUs, elapsedUs: this.elapsedUs }
  }

  get time(): number {
    return this.watch.time(this.now)
  }

  run(us: number): void {
    for (const end = this.elapsedUs + us; this.elapsedUs < end;) {
      this.elapsedUs += S
      this.watch.judge(this.now, this.evidence)
    }
  }
}

test('a clock that is set by up to a minute is followed, either way', () => {
  for (const stepUs of [LEAP_US, -LEAP_US]) {
    const scene = new Scene()
    scene.skewUs = stepUs
    expect([scene.time - scene.trueUs, scene.watch.doubt]).toEqual([stepUs, null])
  }
})

test.each([LEAP_US + 1, -LEAP_US - 1, TEN_YEARS, -TEN_YEARS])(
  'a leap by %d us is noticed by the first that asks for the time, and is not in its answer',
  (leapUs) => {
    const scene = new Scene()
    scene.elapsedUs += 5 * S
    scene.skewUs = leapUs
    expect([scene.time, scene.watch.doubt]).toEqual([scene.trueUs, { kind: 'leapt', byUs: leapUs }])
    scene.run(3_600 * S)
    expect([scene.time, scene.watch.doubt]).toEqual([scene.trueUs, { kind: 'leapt', byUs: leapUs }])
  },
)

test('a clock that is back where it would be is believed at once', () => {
  const scene = new Scene()
  scene.skewUs = TEN_YEARS
  scene.run(10 * S)
  scene.skewUs = 2 * S
  expect([scene.time - scene.trueUs, scene.watch.doubt]).toEqual([2 * S, null])
})

test('small steps that come to more than a minute within an hour are a leap, and in a day they are not', () => {
  const creep = (everyUs: number): Scene => {
    const scene = new Scene()
    for (let step = 0; step < 24; step++) {
      scene.skewUs += 3 * S
      scene.run(everyUs)
    }
    return scene
  }
  expect(creep(10 * S).watch.doubt?.kind).toBe('leapt')
  expect(creep(3_600 * S).watch.doubt).toBeNull()
})

test('a leapt clock is believed a minute after it became surely right, and no sooner', () => {
  const scene = new Scene()
  scene.skewUs = DAY
  scene.evidence.sure = true
  scene.run(SETTLED_US)
  expect(scene.watch.doubt?.kind).toBe('leapt')
  scene.run(2 * S)
  expect([scene.watch.doubt, scene.time]).toEqual([null, scene.trueUs + DAY])
})

test('the minute begins anew where the clock was not sure in between, and where it leapt again', () => {
  const scene = new Scene()
  scene.skewUs = DAY
  scene.evidence.sure = true
  scene.run(50 * S)
  scene.evidence.sure = false
  scene.run(S)
  scene.evidence.sure = true
  scene.run(50 * S)
  scene.skewUs = -DAY
  scene.run(50 * S)
  expect(scene.watch.doubt).toEqual({ kind: 'leapt', byUs: -DAY })
  scene.run(12 * S)
  expect([scene.watch.doubt, scene.time]).toEqual([null, scene.trueUs - DAY])
})

test('a person ends a doubt at once; the next leap is doubted again', () => {
  const scene = new Scene()
  scene.skewUs = DAY
  scene.run(S)
  expect(scene.watch.confirmed).toBe(false)
  scene.watch.confirm(scene.now)
  expect([scene.watch.doubt, scene.watch.confirmed, scene.time]).toEqual([null, true, scene.trueUs + DAY])
  scene.skewUs = 2 * DAY
  scene.run(S)
  expect([scene.watch.doubt?.kind, scene.watch.confirmed, scene.time]).toEqual(['leapt', false, scene.trueUs + DAY])
})

test('a start is believed from a minute and a half before the newest seal to 30 days after it', () => {
  const kinds = [-START_BEFORE_US_MAX - 1, -START_BEFORE_US_MAX, START_AFTER_US_MAX, START_AFTER_US_MAX + 1].map(
    (skewUs) => new Scene(skewUs).watch.doubt?.kind ?? null,
  )
  expect(kinds).toEqual(['before-seal', null, null, 'after-seal'])
})

test('after a start before the newest seal time goes on from that seal; after a late one by the clock', () => {
  const early = new Scene(-TEN_YEARS)
  early.run(10 * S)
  expect(early.time).toBe(START_US + 10 * S)
  const late = new Scene(31 * DAY)
  late.run(10 * S)
  expect(late.time).toBe(START_US + 31 * DAY + 10 * S)
})

test('the doubt of a start ends once the clock is set to where a start would be believed, or a seal comes that fits it', () => {
  const set = new Scene(-TEN_YEARS)
  set.run(3_600 * S)
  expect(set.watch.doubt?.kind).toBe('before-seal')
  set.skewUs = 0
  set.run(S)
  expect([set.watch.doubt, set.time]).toEqual([null, set.trueUs])
  const late = new Scene(31 * DAY)
  late.run(3_600 * S)
  expect(late.watch.doubt?.kind).toBe('after-seal')
  late.evidence.sealedUs = START_US + 30 * DAY
  late.run(S)
  expect(late.watch.doubt).toBeNull()
})

test('a run goes on with what the one before believed: a leap stays in doubt, and one between the two is seen', () => {
  const before = new Scene()
  const { believedUs } = before.watch
  expect(believedUs).toBe(START_US - 77 * S)
  before.skewUs = 20 * DAY
  before.run(S)
  expect(before.watch.believedUs).toBeNull()
  const after = new Scene(20 * DAY, believedUs)
  expect([after.watch.doubt, after.time]).toEqual([{ kind: 'leapt', byUs: 20 * DAY }, after.trueUs])
  after.skewUs = S
  expect([after.time - after.trueUs, after.watch.doubt]).toEqual([S, null])
})

test('a clock that goes on as it was believed is plausible, however long nothing was sealed', () => {
  const scene = new Scene(40 * DAY, START_US + 40 * DAY - 77 * S)
  expect(scene.watch.doubt).toBeNull()
})
