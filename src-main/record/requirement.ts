/** Who else has to agree to an act, and whose word counts. */
import type { ActorId } from '../wire/ids.ts'
import { ADMINS } from './person-fields.ts'
import type { PersonRole } from './person-fields.ts'
import { POLICY_ALONE } from './policy-state.ts'
import { hasSeveralOwners, isSameOwner, isSuspended } from './speaker.ts'
import type { StateView } from './state-view.ts'

type Values = Pick<StateView, 'get' | 'ledgerTimeUs'>

export interface Requirement {
  /** How many; a policy may ask for more, or for nobody. */
  readonly count: number
  /** Each has one of these roles. */
  readonly roles: readonly PersonRole[]
  /** None answers to the owner of the proposer: as many as the kind asks for, whatever a policy says of others. */
  readonly otherOwner?: true
  /** Each speaks for the owner of this member; likewise. */
  readonly party?: ActorId
  /** No policy does without. */
  readonly always?: true
}

const BY_ANOTHER_OWNER: Requirement = { count: 1, roles: ADMINS, otherOwner: true, always: true }

/** For what all have agreed to: nobody takes it back by itself, whatever a policy asks for otherwise. */
export function byAllOwners(view: Pick<StateView, 'get'>): Requirement {
  return hasSeveralOwners(view) ? BY_ANOTHER_OWNER : { count: 1, roles: ADMINS }
}

/** Whether enough people are there who could agree to what all have to. */
export function couldAgree(view: Values, proposer: ActorId): boolean {
  const { count, ...asked } = requirementNow(view, byAllOwners(view))
  return couldApprove(view, { count, ...asked }, proposer, []) >= count
}

/** As the policy in force has it. */
export function requirementNow(view: Pick<StateView, 'get'>, requirement: Requirement): Requirement {
  const { approvals } = view.get('policy', '') ?? POLICY_ALONE
  const { count, party, otherOwner, always } = requirement
  if (approvals === 0) return { ...requirement, count: always === true ? count : 0 }
  const isRaised = party === undefined && otherOwner !== true
  return { ...requirement, count: isRaised ? Math.max(approvals, count) : count }
}

/** Who proposes never approves, and only who is in force does. */
export function isEntitled(view: Values, requirement: Requirement, proposer: ActorId, person: ActorId): boolean {
  const { roles, otherOwner, party } = requirement
  const known = view.get('person', person)
  if (known === undefined || known.endedAt !== null || isSuspended(view, known) || person === proposer) return false
  if (!known.roles.some((role) => roles.includes(role))) return false
  if (otherOwner === true && isSameOwner(view, person, proposer)) return false
  return party === undefined || isSameOwner(view, person, party)
}

/** Everybody of the channel whose word would count, without those who said no. */
export function couldApprove(
  view: Values,
  requirement: Requirement,
  proposer: ActorId,
  declined: readonly ActorId[],
): number {
  const members = view.get('members', '')?.actors ?? []
  const persons = members.flatMap((member) => view.get('persons', member)?.persons ?? [])
  return persons.filter((person) => !declined.includes(person) && isEntitled(view, requirement, proposer, person))
    .length
}
