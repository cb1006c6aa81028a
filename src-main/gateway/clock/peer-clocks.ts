import type { PeerStatus } from '../../consensus/peers.ts'
import type { PeerHello } from '../peer-hello.ts'
import type { PeerClock } from './gateway-clock.ts'

/** The clocks of the members that can be reached: how they were measured, and what they say of themselves. */
export function peerClocks(links: readonly PeerStatus[], hellos: ReadonlyMap<number, PeerHello>): PeerClock[] {
  return links.flatMap(({ id, state, clockOffset }) => {
    const hello = hellos.get(id)
    if (state !== 'up' || hello === undefined) return []
    const { doubt, sure } = hello.clock
    return [{ raftId: id, offsetUs: clockOffset?.offsetUs ?? null, doubted: doubt !== null, sure }]
  })
}
