import { expect, test } from 'vitest'
import { Alarms } from '../../../src-main/gateway/alarms.ts'
import { CLOCK_OFFSET_MS_MAX, notePeer } from '../../../src-main/gateway/peer-alarms.ts'
import type { GatewayView } from '../../../src-main/gateway/messages.ts'

function peer(clockOffsetMs: number | null): GatewayView {
  return {
    name: 'gw-2',
    actor: 'b',
    self: false,
    reachable: true,
    role: 'follower',
    lagEntries: 0,
    lastContactUs: 1,
    clockOffsetMs,
    hello: null,
  }
}

test('a peer whose clock is far off raises an alarm, either way, and closes it when it was set', () => {
  for (const offset of [CLOCK_OFFSET_MS_MAX + 1, -CLOCK_OFFSET_MS_MAX - 1]) {
    const alarms = new Alarms(() => 7)
    notePeer(alarms, peer(offset))
    expect(alarms.all()).toMatchObject([{ code: 'clock_differs', place: 'gw-2', closedAtUs: null }])
    notePeer(alarms, peer(null))
    expect(alarms.all()[0]?.closedAtUs).toBeNull()
    notePeer(alarms, peer(12.5))
    expect(alarms.all()[0]?.closedAtUs).toBe(7)
  }
})

test('a difference within the limit is none', () => {
  const alarms = new Alarms(() => 7)
  notePeer(alarms, peer(CLOCK_OFFSET_MS_MAX))
  expect(alarms.all()).toEqual([])
})
