/** What a person has signed by its own key, at the gateway that keeps its chain. */
import type { ActorId } from '../../wire/ids.ts'
import { bodyFromJson, encodeBody, isCoreEvent, sayable } from '../../record/events.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import { WireError } from '../../wire/errors.ts'
import type { JsonValue } from '../../wire/json.ts'
import { nearest } from '../../wire/near-match.ts'
import { printable } from '../../wire/printable.ts'
import { GatewayError } from '../error.ts'
import type { EventOutcome, LedgerThread } from './ledger-thread.ts'
import { DECIDED_WITHIN_MS, type SignedEvent } from './sign-event.ts'

export interface SaidByPerson extends SignedEvent {
  cameTo: string | null
  /** Where it is an act that waits. */
  act: string | null
}

/** Who signs: the seed opens with the person's passphrase, for this once. */
export interface Signer {
  actor: ActorId
  roles: readonly PersonRole[]
  seed: Uint8Array
}

/** Throws GatewayError `event_malformed` for what no replica would take, `not_recorded`; nothing is signed then. */
export async function sayAs(
  thread: Pick<LedgerThread, 'say'>,
  signer: Signer,
  type: string,
  body: JsonValue,
): Promise<SaidByPerson> {
  const roles = isCoreEvent(type) ? sayable.get(type) : undefined
  if (!isCoreEvent(type) || roles === undefined)
    throw new GatewayError(
      'event_malformed',
      isCoreEvent(type)
        ? `${type} is for gateways to say, about what they did; no person signs it`
        : `there is no event type "${printable(type)}".${nearest(type, [...sayable.keys()])}`,
      `Types: ${[...sayable.keys()].join(', ')}.`,
    )
  try {
    const read = bodyFromJson(type, body)
    encodeBody(type, read)
    return await said(thread, signer, type, read, roles)
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause
    const next = `plumbline event sign --type ${type} --example prints one that is well-formed.`
    throw new GatewayError('event_malformed', cause.message, next, cause)
  }
}

/** In the role that the type asks for, where the person has it; else in the first, and the ledger says what is wrong with that. */
export async function said<T extends CoreEventType>(
  thread: Pick<LedgerThread, 'say'>,
  { actor, roles, seed }: Signer,
  type: T,
  body: CoreEvents[T],
  wanted: readonly PersonRole[] = [],
): Promise<SaidByPerson> {
  const role = roles.find((one) => wanted.includes(one)) ?? roles[0]
  if (role === undefined) throw new GatewayError('not_recorded', 'the person has no role', 'See plumbline person list.')
  return saidOf(await thread.say({ person: actor, role, seed, type, body }, DECIDED_WITHIN_MS))
}

/** Throws GatewayError `not_recorded` where nothing was signed. */
export function saidOf({ outcome, index, cameTo, hash, refused, reason }: EventOutcome): SaidByPerson {
  if (outcome === 'not-signed') throw new GatewayError('not_recorded', reason ?? outcome, 'See plumbline status.')
  return { outcome, entry: index, cameTo, act: cameTo === 'pending' ? hash : null, refused, reason }
}
