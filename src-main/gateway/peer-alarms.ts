import type { Alarms } from './alarms.ts'
import type { GatewayView } from './messages.ts'

/** A difference beyond this is a clock that nobody sets; seals only allow for 60 s (ledger/apply-seal.ts). */
export const CLOCK_OFFSET_MS_MAX = 30_000

/** Raises and closes the alarms about a peer. They need a person, whichever console that person looks at. */
export function notePeer(alarms: Alarms, { name, hello, clockOffsetMs }: GatewayView): void {
  if (hello?.verdict === 'changed' && hello.changed?.acknowledged !== true)
    alarms.raise('peer_changed', name, `${name} reports that its record was changed; open its console.`, 1)
  else if (hello !== null) alarms.close('peer_changed', name)
  if (clockOffsetMs === null) return
  if (Math.abs(clockOffsetMs) <= CLOCK_OFFSET_MS_MAX) return alarms.close('clock_differs', name)
  const seconds = Math.round(Math.abs(clockOffsetMs) / 1000)
  const way = clockOffsetMs > 0 ? 'ahead of' : 'behind'
  alarms.raise(
    'clock_differs',
    name,
    `The clock of ${name} is ${seconds} s ${way} this one: set both by a time server.`,
  )
}
