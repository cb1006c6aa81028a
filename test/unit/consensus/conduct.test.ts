import { describe, expect, it } from 'vitest'
import {
  Conduct,
  ForwardPace,
  FRAME_BOUNDS,
  MinuteSum,
  REFUSALS_PER_MINUTE_MAX,
  REST_MS,
} from '../../../src-main/consensus/conduct.ts'
import { FRAME } from '../../../src-main/consensus/frames.ts'
import { HalfOpen, Strangers } from '../../../src-main/consensus/half-open.ts'

const MIB = 1024 * 1024

describe('a sum over a minute', () => {
  it('forgets what is older, whether time went on in steps or at once', () => {
    const sum = new MinuteSum()
    for (let second = 0; second < 120; second++) sum.add(1, second * 1_000)
    expect(sum.add(0, 119_000)).toBe(60)
    expect(sum.add(0, 149_500)).toBe(30)
    expect(sum.add(5, 1e9)).toBe(5)
    expect(sum.add(0, 1e9 + 59_000)).toBe(5)
    expect(sum.add(0, 1e9 + 60_000)).toBe(0)
  })
})

describe('a member', () => {
  it('that forwards 4 MiB again and again rests after 256 MiB, for a minute, and then begins anew', () => {
    const conduct = new Conduct()
    for (let i = 0; i < 64; i++) expect(conduct.frame(FRAME.forward, 4 * MIB, i * 400)).toBeNull()
    expect(conduct.frame(FRAME.forward, 4 * MIB, 26_000)).toMatchObject({
      untilMs: 26_000 + REST_MS,
      reason: 'sent 65 frames of statements to propose with 260 MiB within a minute',
    })
    expect(conduct.resting(26_000 + REST_MS - 1)).not.toBeNull()
    expect(conduct.resting(26_000 + REST_MS)).toBeNull()
    expect(conduct.frame(FRAME.forward, 4 * MIB, 26_000 + REST_MS)).toBeNull()
  })

  it('that brings hours of a queue as fast as a correct gateway may never rests, whatever the size of its statements', () => {
    for (const bytes of [5_000, MIB, 8 * MIB]) {
      const conduct = new Conduct()
      const pace = new ForwardPace()
      let sent = 0
      for (let nowMs = 0; nowMs < 180_000; nowMs += 100)
        while (pace.room(nowMs) > 0) {
          pace.spend(bytes)
          sent += bytes
          expect(conduct.frame(FRAME.forward, bytes, nowMs)).toBeNull()
        }
      expect(sent).toBeGreaterThan(3 * 190 * MIB)
    }
  })

  it('rests at the eleventh refusal within a minute, and not while they come seldom', () => {
    const conduct = new Conduct()
    for (let i = 0; i < 30; i++) expect(conduct.refusal('lied', i * 6_001)).toBeNull()
    const from = 1e6
    for (let i = 0; i < REFUSALS_PER_MINUTE_MAX; i++) expect(conduct.refusal('lied', from + i)).toBeNull()
    expect(conduct.refusal('lied', from + 100)?.reason).toBe(
      'sent 11 messages within a minute that were refused, the last because it lied',
    )
    expect(conduct.refused).toBe(41)
  })

  it('has a bound in bytes and in frames for every type of frame', () => {
    for (const type of Object.values(FRAME)) {
      const conduct = new Conduct()
      const { bytesPerMinute, framesPerMinute } = FRAME_BOUNDS[type]
      expect(conduct.frame(type, bytesPerMinute, 0)).toBeNull()
      expect(conduct.frame(type, 1, 1)).not.toBeNull()
      const many = new Conduct()
      for (let i = 0; i < framesPerMinute; i++) many.frame(type, 0, 0)
      expect(many.frame(type, 0, 0)).not.toBeNull()
    }
  })
})

describe('half-open connections', () => {
  it('of one address push out their own oldest, not those of others', () => {
    const slots = new HalfOpen<string>()
    expect(slots.add('member', '10.0.0.2', true)).toBeNull()
    const dropped = Array.from({ length: 200 }, (_, i) => slots.add(`flood ${i}`, '10.0.0.9', false))
    expect(dropped.slice(0, 8).every((gone) => gone === null)).toBe(true)
    expect(dropped.slice(8, 10)).toEqual(['flood 0', 'flood 1'])
    expect(slots.count).toBe(9)
  })

  it('of many strangers give way to a member, and never the other way round', () => {
    const slots = new HalfOpen<string>()
    slots.add('first member', '10.0.0.2', true)
    for (let i = 0; i < 63; i++) slots.add(`stranger ${i}`, `10.1.0.${i}`, false)
    expect(slots.add('second member', '10.0.0.3', true)).toBe('stranger 0')
    for (let i = 0; i < 500; i++) expect(slots.add(`more ${i}`, `10.2.0.${i}`, false)).not.toMatch(/member/)
    expect(slots.count).toBe(64)
  })

  it('where all come from one machine, the newest is served', () => {
    const slots = new HalfOpen<string>()
    for (let i = 0; i < 64; i++) slots.add(`flood ${i}`, '127.0.0.1', true)
    expect(slots.add('member', '127.0.0.1', true)).toMatch(/^flood/)
  })
})

describe('strangers', () => {
  it('are told once a minute for each address, with their number', () => {
    const strangers = new Strangers()
    expect(strangers.note('10.0.0.9', 0)).toEqual({ address: '10.0.0.9', count: 1 })
    for (let i = 1; i < 1_000; i++) expect(strangers.note('10.0.0.9', i * 50)).toBeNull()
    expect(strangers.note('10.0.0.8', 50_000)).toEqual({ address: '10.0.0.8', count: 1 })
    expect(strangers.note('10.0.0.9', 60_000)).toEqual({ address: '10.0.0.9', count: 1_000 })
  })

  it('from very many addresses are counted together', () => {
    const strangers = new Strangers()
    for (let i = 0; i < 1_024; i++) expect(strangers.note(`10.0.${i >> 8}.${i & 255}`, 0)?.count).toBe(1)
    expect(strangers.note('10.9.0.1', 1)?.address).toBe('other addresses')
    expect(strangers.note('10.9.0.2', 2)).toBeNull()
  })
})
