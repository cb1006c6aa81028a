/** People: a member's admin enrols them at its own gateway, which keeps the chain of each and the key, sealed under a passphrase. */
import { verifySignature } from '../../proof/signature.ts'
import { concatBytes, utf8 } from '../../wire/bytes.ts'
import { actorIdOf, idBytes, keyId } from '../../wire/ids.ts'
import type { ActorId, ChannelId, KeyAlgorithm, KeyId } from '../../wire/ids.ts'
import { ID_BYTES, MAX_PERSONS, MAX_TEXT_BYTES, SIGNATURE_BYTES } from '../../wire/limits.ts'
import { noAssets } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import { checkKey, isFitForNotes, keyFields } from '../member-key.ts'
import { ADMINS, personRoles } from '../person-fields.ts'
import type { PersonRole, PersonState } from '../person-fields.ts'
import { POLICY_ALONE } from '../policy-state.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { couldApprove } from '../requirement.ts'
import { bytes, checked, id, record, text } from '../schema.ts'
import { canSign, isSameOwner, isSuspended } from '../speaker.ts'
import type { Speaker } from '../speaker.ts'
import type { StateChange, StateView } from '../state-view.ts'

const DOMAIN = utf8('plumbline/person-key/v1')
const DAY_US = 86_400_000_000
const SOMEBODY = actorIdOf(new Uint8Array(ID_BYTES).fill(1))

/** Why a member cannot keep a person by a key. */
export const KEEPING_CODES = ['person-name-taken', 'persons-many', 'key-known', 'key-unfit', 'key-proof-wrong'] as const

export interface PersonEnrolled {
  /** 16 random bytes. */
  readonly person: ActorId
  readonly name: string
  readonly roles: readonly PersonRole[]
  readonly alg: KeyAlgorithm
  readonly public: Uint8Array
  /** By the person's key, over `personProof`: nobody can be enrolled under somebody else's key. */
  readonly proof: Uint8Array
}

/** What a person's key signs: "plumbline/person-key/v1" ‖ channel ‖ the member that keeps it ‖ person. */
export function personProof(channel: ChannelId, keeper: ActorId, person: ActorId): Uint8Array {
  return concatBytes(DOMAIN, idBytes(channel), idBytes(keeper), idBytes(person))
}

/** A member's first admin its gateway enrols by itself; everybody else an admin. */
export const personEnrolled: Kind<PersonEnrolled> = {
  form: checked(
    record({
      person: id(actorIdOf),
      name: text(),
      roles: personRoles,
      alg: keyFields.alg,
      public: keyFields.public,
      proof: bytes(SIGNATURE_BYTES),
    }),
    ({ alg, public: key }, where) => checkKey({ use: 'entry', alg, public: key }, where),
  ),
  by: 'admin',
  roles: ADMINS,
  contracts: 'note',
  // Whoever makes an admin makes somebody who agrees to what they propose.
  approvals: ({ roles }, view, { actor }) =>
    roles.some((role) => ADMINS.includes(role)) && hasAdmin(view, actor) ? { count: 1, roles: ADMINS } : null,
  assets: noAssets,
  codes: ['admin-must-sign', 'person-known', ...KEEPING_CODES],
  decide: decideEnrolled,
  example: {
    person: SOMEBODY,
    name: 'A. Example',
    roles: ['technician'],
    alg: 1,
    public: new Uint8Array(32),
    proof: new Uint8Array(SIGNATURE_BYTES),
  },
}

function decideEnrolled(view: StateView, { actor: keeper, signer }: Speaker, body: PersonEnrolled): Decision {
  // Whoever comes first has to be one who can enrol the others.
  if (signer === keeper && !body.roles.some((role) => ADMINS.includes(role))) return 'admin-must-sign'
  return enrolment(view, keeper, body)
}

/** A new person of a member, by a key that it has shown to have. */
export function enrolment(view: StateView, keeper: ActorId, body: PersonEnrolled): Decision {
  const { person, name, roles } = body
  const isKnown = [view.get('person', person), view.get('member', person), view.get('actor', person)].some(
    (known) => known !== undefined,
  )
  if (isKnown) return 'person-known'
  const kept = keptAt(view, keeper, name, body)
  if (typeof kept === 'string') return kept
  return [
    { kind: 'person', id: person, value: { name, roles, keeper, enrolledAt: view.index, endedAt: null } },
    ...kept,
  ]
}

/** That a member keeps a person by this key from now on; a code where it cannot. */
function keptAt(view: StateView, keeper: ActorId, name: string, body: PersonMoved): StateChange[] | CoreRefusalCode {
  const persons = view.get('persons', keeper)?.persons ?? []
  const isTaken = persons.some((other) => {
    const known = view.get('person', other)
    return known?.endedAt === null && known.name === name
  })
  if (isTaken) return 'person-name-taken'
  if (persons.length >= MAX_PERSONS) return 'persons-many'
  const key = ownKey(view, keeper, body)
  return typeof key === 'string'
    ? key
    : [{ kind: 'persons', id: keeper, value: { persons: [...persons, body.person] } }, key]
}

/** The key of a person that a member keeps, from now on; a code where it is none, or was not shown to be the person's. */
export function ownKey(
  view: StateView,
  keeper: ActorId,
  { person, alg, public: key, proof }: PersonMoved,
): StateChange | CoreRefusalCode {
  const named = keyId(alg, key)
  if (view.get('key', named) !== undefined) return 'key-known'
  if (!isFitForNotes({ alg, public: key })) return 'key-unfit'
  if (!verifySignature(alg, key, personProof(view.channel, keeper, person), proof)) return 'key-proof-wrong'
  const from = view.index + 1
  return { kind: 'key', id: named, value: { use: 'entry', alg, public: key, actor: person, from, to: null } }
}

/** Another gateway of the same owner keeps a person from now on. */
export interface PersonMoved {
  readonly person: ActorId
  readonly alg: KeyAlgorithm
  readonly public: Uint8Array
  /** By the key that the person has there, over `personProof`. */
  readonly proof: Uint8Array
}

/** Said where the person goes: by what it has there it signs, in another incarnation, and no more by what stays behind. */
export const personMoved: Kind<PersonMoved> = {
  form: checked(
    record({ person: id(actorIdOf), alg: keyFields.alg, public: keyFields.public, proof: bytes(SIGNATURE_BYTES) }),
    ({ alg, public: key }, where) => checkKey({ use: 'entry', alg, public: key }, where),
  ),
  by: 'admin',
  roles: ADMINS,
  contracts: 'note',
  approvals: () => ({ count: 1, roles: ADMINS }),
  assets: noAssets,
  codes: [
    'person-unknown',
    'person-foreign',
    'person-ended',
    'person-here',
    'last-admin',
    'acts-open',
    ...KEEPING_CODES,
  ],
  decide(view, speaker, body) {
    const { person } = body
    const { actor: keeper } = speaker
    const known = personOf(view, speaker, person)
    if (typeof known === 'string') return known
    if (known.keeper === keeper) return 'person-here'
    if (isLastAdmin(view, person, known)) return 'last-admin'
    // What it proposed is for the member that it spoke for then.
    if ((view.get('open-acts', person)?.acts ?? []).length > 0) return 'acts-open'
    const kept = keptAt(view, keeper, known.name, body)
    if (typeof kept === 'string') return kept
    const left = (view.get('persons', known.keeper)?.persons ?? []).filter((other) => other !== person)
    return [
      { kind: 'person', id: person, value: { ...known, keeper } },
      { kind: 'persons', id: known.keeper, value: { persons: left } },
      ...withoutKeys(view, person),
      ...kept,
    ]
  },
  example: {
    person: SOMEBODY,
    alg: 1,
    public: new Uint8Array(32),
    proof: new Uint8Array(SIGNATURE_BYTES),
  },
}

/** Every key of a person that is in force is so no more. */
export function withoutKeys(view: StateView, person: ActorId): StateChange[] {
  const to = view.index + 1
  return (view.get('keys', person)?.keys ?? []).flatMap((key): StateChange[] => {
    const value = view.get('key', key)
    return value === undefined || value.to !== null ? [] : [{ kind: 'key', id: key, value: { ...value, to } }]
  })
}

/** What is done to a person, and why. */
export interface AboutPerson {
  readonly person: ActorId
  readonly reason: string
}

const aboutPerson = {
  form: record({ person: id(actorIdOf), reason: text(MAX_TEXT_BYTES) }),
  by: 'admin',
  roles: ADMINS,
  contracts: 'note',
  assets: noAssets,
  example: { person: SOMEBODY, reason: 'Works elsewhere now.' },
} as const

/** A person signs nothing any more; what it signed stays. */
export const personEnded: Kind<AboutPerson> = {
  ...aboutPerson,
  approvals: () => ({ count: 1, roles: ADMINS }),
  codes: ['person-unknown', 'person-foreign', 'person-ended', 'last-admin', 'approvers-few'],
  decide(view, speaker, { person }) {
    const known = personOf(view, speaker, person)
    if (typeof known === 'string') return known
    const refused = goneRefusal(view, person, known)
    if (refused !== null) return refused
    const endedAt = view.index + 1
    return [{ kind: 'person', id: person, value: { ...known, endedAt } }, ...withoutKeys(view, person)]
  },
}

/** Protects: it takes effect at once, and is over by itself when the time of an act is, unless the person was ended by then. */
export const personSuspended: Kind<AboutPerson> = {
  ...aboutPerson,
  codes: ['person-unknown', 'person-foreign', 'person-ended', 'suspended-already', 'last-admin', 'approvers-few'],
  decide(view, speaker, { person }) {
    const known = personOf(view, speaker, person)
    if (typeof known === 'string') return known
    if (wasSuspended(view, known)) return 'suspended-already'
    const refused = goneRefusal(view, person, known)
    if (refused !== null) return refused
    return [{ kind: 'person', id: person, value: { ...known, suspendedUs: lapsesUs(view) } }]
  },
}

/** Loosens: a suspended person signs again before the suspension is over. */
export const personRestored: Kind<AboutPerson> = {
  ...aboutPerson,
  approvals: () => ({ count: 1, roles: ADMINS }),
  codes: ['person-unknown', 'person-foreign', 'person-ended', 'not-suspended'],
  decide(view, speaker, { person }) {
    const known = personOf(view, speaker, person)
    if (typeof known === 'string') return known
    const { suspendedUs, ...restored } = known
    return suspendedUs === undefined ? 'not-suspended' : [{ kind: 'person', id: person, value: restored }]
  },
}

/** When what one signature brought about is over by itself. */
export function lapsesUs(view: Pick<StateView, 'get' | 'ledgerTimeUs'>): number {
  return view.ledgerTimeUs + openUs(view)
}

function openUs(view: Pick<StateView, 'get'>): number {
  return (view.get('policy', '') ?? POLICY_ALONE).openDays * DAY_US
}

/**
 * Whether a suspension lasts, or was over less than its time ago: one signature does not lengthen it, else it would be for good.
 */
export function wasSuspended(
  view: Pick<StateView, 'get' | 'ledgerTimeUs'>,
  { suspendedUs }: { readonly suspendedUs?: number },
): boolean {
  return suspendedUs !== undefined && view.ledgerTimeUs < suspendedUs + openUs(view)
}

/** Why a person has to stay: the last admin of its member, or one of the last who could agree to acts. */
function goneRefusal(view: StateView, person: ActorId, known: PersonState): CoreRefusalCode | null {
  if (!isAdmin(known)) return null
  if (isLastAdmin(view, person, known)) return 'last-admin'
  const { approvals } = view.get('policy', '') ?? POLICY_ALONE
  const others = couldApprove(view, { count: approvals, roles: ADMINS }, person, [])
  // Somebody has to propose, too.
  return approvals > 0 && others < approvals + 1 ? 'approvers-few' : null
}

/** Whether a member has somebody who may enrol, end and replace: in force and not suspended. */
export function hasAdmin(view: StateView, member: ActorId): boolean {
  return adminsOf(view, member).length > 0
}

function adminsOf(view: StateView, member: ActorId): ActorId[] {
  return (view.get('persons', member)?.persons ?? []).filter((person) => {
    const known = view.get('person', person)
    return known !== undefined && known.endedAt === null && isAdmin(known) && !isSuspended(view, known)
  })
}

/** An admin whose key signs nothing cannot be the one who stays. */
function isLastAdmin(view: StateView, person: ActorId, known: PersonState): boolean {
  return isAdmin(known) && !adminsOf(view, known.keeper).some((other) => other !== person && canSign(view, other))
}

/** Whether a key is the last by which an admin of its actor's member signs: who takes it locks the member up for good. */
export function isLastAdminKey(view: StateView, key: KeyId, actor: ActorId): boolean {
  const known = view.get('person', actor)
  return (
    known?.endedAt === null &&
    isAdmin(known) &&
    !adminsOf(view, known.keeper).some((admin) => canSign(view, admin, key))
  )
}

export function isAdmin({ roles }: PersonState): boolean {
  return roles.some((role) => ADMINS.includes(role))
}

/** Whoever answers for a person decides about it. */
function personOf(view: StateView, { actor }: Speaker, person: ActorId): PersonState | CoreRefusalCode {
  const known = view.get('person', person)
  if (known === undefined) return 'person-unknown'
  if (!isSameOwner(view, actor, known.keeper)) return 'person-foreign'
  return known.endedAt === null ? known : 'person-ended'
}
