/** Who says something, and who answers for it. */
import type { ActorId, KeyId } from '../wire/ids.ts'
import type { CoreRefusalCode } from './refusals.ts'
import type { StateView } from './state-view.ts'
import type { EventStatement } from './statements.ts'

type Values = Pick<StateView, 'get'>

export interface Speaker {
  /** The member: what is said is said for it, and what it owns or holds is its. */
  readonly actor: ActorId
  /** The gateway or the person that signed. */
  readonly signer: ActorId
}

/** A person speaks for the member that keeps its chain. */
export function speakerOf(view: Values, signer: ActorId): Speaker {
  return { signer, actor: memberOf(view, signer) }
}

export function memberOf(view: Values, actor: ActorId): ActorId {
  return view.get('person', actor)?.keeper ?? actor
}

/** Who answers for an actor; members are compared by it. */
export function ownerOf(view: Values, actor: ActorId): string | undefined {
  return view.get('member', memberOf(view, actor))?.legalName
}

/** Whether both answer to one owner; an actor that is no member answers to nobody but itself. */
export function isSameOwner(view: Values, one: ActorId, other: ActorId | undefined): boolean {
  if (other === undefined) return false
  if (one === other) return true
  const owner = ownerOf(view, one)
  return owner !== undefined && owner === ownerOf(view, other)
}

/** Whether more than one owner answers for the members of the channel. */
export function hasSeveralOwners(view: Values): boolean {
  const members = view.get('members', '')?.actors ?? []
  return new Set(members.map((member) => view.get('member', member)?.legalName)).size > 1
}

/** Why the signer may not act as it says; null where it may. */
export function signerRefusal(
  view: Pick<StateView, 'get' | 'ledgerTimeUs'>,
  { actor, role }: Pick<EventStatement, 'actor' | 'role'>,
): CoreRefusalCode | null {
  const person = view.get('person', actor)
  const signer = person ?? view.get('member', actor)
  if (signer === undefined) return 'signer-no-member'
  if (person !== undefined) {
    if (person.endedAt !== null) return 'signer-ended'
    if (isSuspended(view, person)) return 'signer-suspended'
  }
  const roles: readonly string[] = signer.roles
  return roles.includes(role) ? null : 'role-not-held'
}

/** Whether an actor has a key that signs now, but for one. */
export function canSign(
  view: Pick<StateView, 'get' | 'ledgerTimeUs'>,
  actor: ActorId,
  without: KeyId | null = null,
): boolean {
  return (view.get('keys', actor)?.keys ?? []).some((key) => {
    const known = view.get('key', key)
    return key !== without && known?.use === 'entry' && known.to === null && !isSuspended(view, known)
  })
}

/** Suspended until a ledger time that has not come: nobody has to say that it is over. */
export function isSuspended(
  { ledgerTimeUs }: Pick<StateView, 'ledgerTimeUs'>,
  { suspendedUs }: { readonly suspendedUs?: number },
): boolean {
  return suspendedUs !== undefined && ledgerTimeUs < suspendedUs
}
