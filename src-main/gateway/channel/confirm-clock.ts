import type { ConditionCode } from '../../endpoints/conditions.ts'
import type { GatewayClock } from '../../endpoints/model.ts'
import type { Conditions } from '../conditions.ts'
import { GatewayError } from '../error.ts'
import type { LedgerThread } from './ledger-thread.ts'
import type { LedgerStatus } from './messages.ts'

/** How long ago a person may have looked at the clock that they confirm. */
const SHOWN_AGO_US_MAX = 60_000_000

/** What stands while a clock is in doubt. */
const CONDITIONS = {
  leapt: 'clock-leapt',
  'before-seal': 'clock-before-ledger',
  'after-seal': 'clock-after-pause',
} as const satisfies Record<NonNullable<GatewayClock['doubt']>, ConditionCode>

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
  gateway: {
    readonly name: string
    readonly ledger: LedgerStatus | null
    readonly thread: Pick<LedgerThread, 'send' | 'record'>
    readonly conditions: Pick<Conditions, 'sinceUs' | 'wasAcknowledged'>
    nowUs(): number
  },
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
  const code = CONDITIONS[own.hello.clock.doubt]
  const sinceUs = gateway.conditions.sinceUs(code, gateway.name)
  const which = sinceUs === null ? {} : { code, sinceUs }
  gateway.thread.record('alarm.acknowledged', { place: gateway.name, name, reason, ...which })
  // Whoever confirms it has seen the alarm, too.
  gateway.conditions.wasAcknowledged(code, gateway.name, { name, reason })
  return { confirmed: true, atUs }
}

/** A clock in doubt may show any time, also one that no date can name. */
function iso(us: number): string {
  const date = new Date(us / 1000)
  return Number.isNaN(date.getTime()) ? `${us} us` : date.toISOString()
}
