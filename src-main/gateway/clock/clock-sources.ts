/** Where a real gateway has its clocks from: the system, its peers, and what it believed before. */
import { dirname, join } from 'node:path'
import type { Addon } from '../../../native/addon.ts'
import type { PeerStatus } from '../../consensus/peers.ts'
import type { PeerHello } from '../agreement/peer-hello.ts'
import { BelievedFile, bootId } from './believed-file.ts'
import type { ClockSources, PeerClock } from './gateway-clock.ts'
import { clockStateOf } from './system-clock.ts'

const BELIEVED_FILE = 'clock.json'

export interface ClockSourcesInput {
  addon: Addon
  ledgerFile: string
  wallUs(): number
  links(): readonly PeerStatus[]
  hellos(): ReadonlyMap<number, PeerHello>
}

export function clockSources({ addon, ledgerFile, wallUs, links, hellos }: ClockSourcesInput): ClockSources {
  // Elsewhere the count is this process's own, and a next one has another.
  const boot = addon.sinceBootUs() === null ? null : bootId()
  return {
    elapsedUs: () => addon.sinceBootUs() ?? Math.round(performance.now() * 1000),
    system: () => clockStateOf(addon.systemClock(), wallUs()),
    peers: () => peerClocks(links(), hellos()),
    believed: new BelievedFile(join(dirname(ledgerFile), BELIEVED_FILE), boot),
  }
}

/** The clocks of the members that can be reached: how they were measured, and what they say of themselves. */
function peerClocks(links: readonly PeerStatus[], hellos: ReadonlyMap<number, PeerHello>): PeerClock[] {
  return links.flatMap(({ id, state, clockOffset }) => {
    const hello = hellos.get(id)
    if (state !== 'up' || hello === undefined) return []
    const { doubt, sure } = hello.clock
    return [{ raftId: id, offsetUs: clockOffset?.offsetUs ?? null, doubted: doubt !== null, sure }]
  })
}
