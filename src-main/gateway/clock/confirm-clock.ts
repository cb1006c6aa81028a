import { GatewayError } from '../error.ts'
import type { Gateway } from '../gateway.ts'

/** How long ago a person may have looked at the clock that they confirm. */
const SHOWN_AGO_US_MAX = 60_000_000

export interface Confirmation {
  /** What the clock showed when it was compared. */
  shownUs: number
  /** Who compared it. */
  name: string
}

/**
 * A person says that this gateway's clock is right; the ledger gets who said it. Does nothing where it is not in doubt.
 *
 * @throws GatewayError `clock_moved` where the clock shows another time by now than what was compared
 */
export function confirmClock(
  gateway: Pick<Gateway, 'name' | 'ledger' | 'nowUs' | 'thread'>,
  { shownUs, name }: Confirmation,
): { confirmed: boolean; atUs: number } {
  const atUs = gateway.nowUs()
  const own = gateway.ledger?.gateways.find(({ self }) => self)
  if (own === undefined || own.hello === null)
    throw new GatewayError('starting', 'the gateway is still starting', 'Try again in a second.')
  if (own.hello.clock.doubt === null) return { confirmed: false, atUs }
  if (Math.abs(atUs - shownUs) > SHOWN_AGO_US_MAX)
    throw new GatewayError(
      'clock_moved',
      `the clock of ${gateway.name} shows ${iso(atUs)} by now, and ${iso(shownUs)} was compared`,
      'Compare it again, then confirm what it shows now.',
    )
  gateway.thread.send({ type: 'confirm-clock' })
  const reason = `it showed ${iso(atUs)}, and that is right`
  gateway.thread.record('alarm.acknowledged', { place: `the clock of ${gateway.name}`, name, reason })
  return { confirmed: true, atUs }
}

/** A clock in doubt may show any time, also one that no date can name. */
function iso(us: number): string {
  const date = new Date(us / 1000)
  return Number.isNaN(date.getTime()) ? `${us} us` : date.toISOString()
}
