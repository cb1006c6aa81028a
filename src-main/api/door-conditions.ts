/** What stands about the doors of the console, said to everybody who looks at the gateway. */
import type { OnCondition } from '../gateway/conditions.ts'
import type { DoorState } from './door-state.ts'
import type { Listening } from './listen.ts'

/** The console is at another port than the configured one. */
export function noteMoved(onCondition: OnCondition, gateway: string, { port, taken }: Listening): void {
  if (taken === null) return
  // As texts: a port is no figure that is grouped.
  const facts = { port: String(taken.port), used: String(port), holder: taken.holder ?? '?' }
  onCondition('console-moved', gateway, true, facts)
}

/** The console for others is shut, or the site's certificate ends soon. This gateway's own is made anew before. */
export function noteDoor(onCondition: OnCondition, gateway: string, { shut, certificate, endsSoon }: DoorState): void {
  onCondition(
    'console-shut',
    gateway,
    shut !== null,
    shut === null ? {} : { reason: shut.message, why: shut.code, detail: shut.detail },
  )
  const day = certificate === null ? '' : new Date(certificate.notAfterMs).toISOString().slice(0, 10)
  onCondition('console-certificate-ends', gateway, endsSoon, { day })
}
