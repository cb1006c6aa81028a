import type { CoreEvents } from '../../record/kinds.ts'
import { WRITERS } from '../../record/person-fields.ts'
import { GatewayError } from '../error.ts'
import type { LedgerThread } from './ledger-thread.ts'
import { said, saidOf, type Signer } from './say-as.ts'
import { DECIDED_WITHIN_MS } from './sign-event.ts'

/**
 * Tells the ledger that somebody has seen an alarm about tampering: by the person's own key, or by the gateway where none of its people signs.
 *
 * @throws {GatewayError} `not_recorded` where the ledger does not have it
 */
export async function tellSeen(
  thread: Pick<LedgerThread, 'event' | 'say'>,
  seen: CoreEvents['alarm.acknowledged'],
  signer: Signer | null,
): Promise<void> {
  const { outcome, reason } =
    signer === null
      ? saidOf(await thread.event('alarm.acknowledged', seen, DECIDED_WITHIN_MS))
      : await said(thread, signer, 'alarm.acknowledged', seen, WRITERS)
  // What a person signed is kept until there is a majority, and cannot be said again until then.
  if (signer !== null && outcome === 'waiting') return
  if (outcome !== 'accepted' && outcome !== 'duplicate')
    throw new GatewayError(
      'not_recorded',
      `the acknowledgement was not recorded: ${reason ?? outcome}`,
      'Shorten a reason that is too long (1024 bytes), or see the alarms; then try again.',
    )
}
