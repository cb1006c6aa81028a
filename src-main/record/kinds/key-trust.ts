/** Whether a key is still its owner's alone. What protects takes effect at once; what loosens, and what cannot be taken back, needs another. */
import { verifySignature } from '../../proof/signature.ts'
import { concatBytes, utf8 } from '../../wire/bytes.ts'
import { actorIdOf, idBytes, keyId, keyIdOf } from '../../wire/ids.ts'
import type { ActorId, ChannelId, KeyId, LeafIndex } from '../../wire/ids.ts'
import { ID_BYTES, MAX_TEXT_BYTES, SIGNATURE_BYTES } from '../../wire/limits.ts'
import type { KeyState } from '../core-state.ts'
import { noAssets } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import { checkKey, isFitForNotes, keyFields } from '../member-key.ts'
import type { MemberKey } from '../member-key.ts'
import { ADMINS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { bytes, checked, count, id, nullable, record, text } from '../schema.ts'
import { canSign, isSameOwner } from '../speaker.ts'
import type { Speaker } from '../speaker.ts'
import type { StateView } from '../state-view.ts'
import { isLastAdminKey, lapsesUs, wasSuspended } from './person.ts'

const DOMAIN = utf8('plumbline/key-replacement/v1')
const SOME_KEY = keyIdOf(new Uint8Array(ID_BYTES))

export interface AboutKey {
  readonly key: KeyId
  readonly reason: string
}

const fields = { key: id(keyIdOf), reason: text(MAX_TEXT_BYTES) }
const aboutKey = { by: 'admin', roles: ADMINS, contracts: 'note', assets: noAssets } as const
const approvals = () => ({ count: 1, roles: ADMINS })

/** It signs nothing until the suspension is over by itself, or it is revoked by then. */
export const keySuspended: Kind<AboutKey> = {
  ...aboutKey,
  form: record(fields),
  codes: [
    'key-not-registered',
    'key-foreign',
    'key-use-other',
    'key-retired',
    'suspended-already',
    'last-admin',
    'last-sealer',
  ],
  decide(view, speaker, { key }) {
    const known = keyOf(view, speaker, key)
    if (typeof known === 'string') return known
    if (known.to !== null) return 'key-retired'
    if (wasSuspended(view, known)) return 'suspended-already'
    const refused = lastRefusal(view, key, known)
    if (refused !== null) return refused
    return [{ kind: 'key', id: key, value: { ...known, suspendedUs: lapsesUs(view) } }]
  },
  example: { key: SOME_KEY, reason: 'The panel PC was stolen.' },
}

/** It signs again before the suspension is over. */
export const keyRestored: Kind<AboutKey> = {
  ...aboutKey,
  form: record(fields),
  approvals,
  codes: ['key-not-registered', 'key-foreign', 'key-use-other', 'not-suspended'],
  decide(view, speaker, { key }) {
    const known = keyOf(view, speaker, key)
    if (typeof known === 'string') return known
    const { suspendedUs, ...restored } = known
    return suspendedUs === undefined ? 'not-suspended' : [{ kind: 'key', id: key, value: restored }]
  },
  example: { key: SOME_KEY, reason: 'The panel PC was found in the next hall.' },
}

export interface KeyRevoked extends AboutKey {
  /** What it signed from this entry on may be somebody else's word; null: nothing that it signed is in doubt. */
  readonly suspectFrom: LeafIndex | null
}

/** It signs nothing any more. A key that was replaced before can be revoked too: for what it signed. */
export const keyRevoked: Kind<KeyRevoked> = {
  ...aboutKey,
  form: record({ ...fields, suspectFrom: nullable(count) }),
  approvals,
  codes: [
    'key-not-registered',
    'key-foreign',
    'key-use-other',
    'key-retired',
    'suspect-ahead',
    'last-admin',
    'last-sealer',
  ],
  decide(view, speaker, { key, suspectFrom }) {
    const known = keyOf(view, speaker, key)
    if (typeof known === 'string') return known
    if (suspectFrom !== null && suspectFrom > view.index) return 'suspect-ahead'
    const { suspectFrom: before = null } = known
    const isMore = suspectFrom !== null && (before === null || suspectFrom < before)
    // Who was believed less once is not believed more by another word.
    if (known.to !== null && !isMore) return 'key-retired'
    const refused = known.to === null ? lastRefusal(view, key, known) : null
    if (refused !== null) return refused
    const suspect = isMore ? suspectFrom : before
    const value = { ...known, to: known.to ?? view.index + 1, ...(suspect === null ? {} : { suspectFrom: suspect }) }
    return [{ kind: 'key', id: key, value }]
  },
  example: { key: SOME_KEY, reason: 'A copy of the key was found elsewhere.', suspectFrom: 4711 },
}

/** Another key for an actor that has lost its own, or the word that opens it. */
export interface KeyReplaced extends MemberKey {
  readonly actor: ActorId
  /** By the new key, over `replacementProof`. */
  readonly proof: Uint8Array
}

/** What the new key signs: "plumbline/key-replacement/v1" ‖ channel ‖ actor. */
export function replacementProof(channel: ChannelId, actor: ActorId): Uint8Array {
  return concatBytes(DOMAIN, idBytes(channel), idBytes(actor))
}

/** Every key of that use and actor that is in force makes room for it. */
export const keyReplaced: Kind<KeyReplaced> = {
  ...aboutKey,
  form: checked(record({ actor: id(actorIdOf), ...keyFields, proof: bytes(SIGNATURE_BYTES) }), checkKey),
  approvals,
  codes: ['actor-unknown', 'actor-foreign', 'key-use-other', 'key-known', 'key-unfit', 'key-proof-wrong'],
  decide: decideReplaced,
  example: {
    actor: actorIdOf(new Uint8Array(ID_BYTES).fill(1)),
    use: 'entry',
    alg: 1,
    public: new Uint8Array(32),
    proof: new Uint8Array(SIGNATURE_BYTES),
  },
}

function decideReplaced(view: StateView, speaker: Speaker, body: KeyReplaced): Decision {
  const { actor, use, alg, public: key, proof } = body
  const person = view.get('person', actor)
  const isThere = person === undefined ? view.get('member', actor) !== undefined : person.endedAt === null
  if (!isThere) return 'actor-unknown'
  if (!isSameOwner(view, speaker.actor, actor)) return 'actor-foreign'
  if (!isTrustable(use)) return 'key-use-other'
  const named = keyId(alg, key)
  if (view.get('key', named) !== undefined) return 'key-known'
  if (!isFitForNotes(body)) return 'key-unfit'
  if (!verifySignature(alg, key, replacementProof(view.channel, actor), proof)) return 'key-proof-wrong'
  const from = view.index + 1
  const retired = (view.get('keys', actor)?.keys ?? []).flatMap((one) => {
    const value = view.get('key', one)
    const isIn = value !== undefined && value.use === use && value.to === null
    return isIn ? [{ kind: 'key' as const, id: one, value: { ...value, to: from } }] : []
  })
  return [...retired, { kind: 'key', id: named, value: { use, alg, public: key, actor, from, to: null } }]
}

/** Whoever answers for the key's actor decides about it. */
function keyOf(view: StateView, { actor }: Speaker, key: KeyId): KeyState | CoreRefusalCode {
  const known = view.get('key', key)
  if (known === undefined) return 'key-not-registered'
  if (!isSameOwner(view, actor, known.actor)) return 'key-foreign'
  return isTrustable(known.use) ? known : 'key-use-other'
}

/**
 * Without a voter that seals, ledger time stands still, and no suspension is ever over; without an admin nobody of the member can mend
 * anything. Such a key is replaced first, and revoked then.
 */
function lastRefusal(view: StateView, key: KeyId, { use, actor }: KeyState): CoreRefusalCode | null {
  if (use !== 'entry') return null
  if (isLastAdminKey(view, key, actor)) return 'last-admin'
  if (view.get('member', actor)?.voter !== true) return null
  const members = view.get('members', '')?.actors ?? []
  const seals = members.some((member) => view.get('member', member)?.voter === true && canSign(view, member, key))
  return seals ? null : 'last-sealer'
}

/** By its other keys the gateways know each other and agree on heads: those end by rotation alone. */
function isTrustable(use: MemberKey['use']): boolean {
  return use === 'entry' || use === 'credential'
}
