import { bodyFromJson, encodeBody, isCoreEvent, signable } from '../../record/events.ts'
import type { RefusalCode } from '../../record/refusals.ts'
import { WireError } from '../../wire/errors.ts'
import type { JsonValue } from '../../wire/json.ts'
import { nearest } from '../../wire/near-match.ts'
import { printable } from '../../wire/printable.ts'
import { GatewayError } from '../error.ts'
import type { EventOutcome, LedgerThread } from './ledger-thread.ts'

/** Without a majority an event waits in the queue of its gateway; whoever asked need not wait longer than this. */
export const DECIDED_WITHIN_MS = 15_000

export interface SignedEvent {
  /** `accepted`, `invalid`, or `waiting` for a majority: then it is signed, queued, and gets its place later. */
  outcome: string
  entry: number | null
  /** Code of the refusal. */
  refused: RefusalCode | null
  /** In words, why it has no place. */
  reason: string | null
}

/** Has this gateway sign what a person says. Throws GatewayError `event_malformed` for what no gateway would take; nothing is signed then. */
export async function signEvent(
  thread: Pick<LedgerThread, 'event'>,
  type: string,
  body: JsonValue,
): Promise<SignedEvent> {
  if (!isCoreEvent(type) || !signable.includes(type))
    throw new GatewayError(
      'event_malformed',
      isCoreEvent(type)
        ? `a gateway signs ${type} itself, about what it did; nobody can have it signed`
        : `there is no event type "${printable(type)}".${nearest(type, signable)}`,
      `Types: ${signable.join(', ')}.`,
    )
  try {
    const read = bodyFromJson(type, body)
    // What an entry cannot hold is found here, not by the thread that signs.
    encodeBody(type, read)
    return signedEventOf(await thread.event(type, read, DECIDED_WITHIN_MS))
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause
    const next = `plumbline event sign --type ${type} --example prints one that is well-formed.`
    throw new GatewayError('event_malformed', cause.message, next, cause)
  }
}

/** Throws GatewayError `not_recorded` where nothing was signed. */
export function signedEventOf({ outcome, index, refused, reason }: EventOutcome): SignedEvent {
  if (outcome === 'not-signed') throw new GatewayError('not_recorded', reason ?? outcome, 'See plumbline status.')
  return { outcome, entry: index, refused, reason }
}
