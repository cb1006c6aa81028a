/**
 * A member whose last admin cannot sign any more (a passphrase is forgotten, a machine is gone) is locked, and no other member can let it in.
 * Codes that lie on paper with several people open one door alone: so many of them, together, name a new admin.
 */
import { checkPublicKey, verifySignature } from '../../proof/signature.ts'
import { concatBytes, utf8 } from '../../wire/bytes.ts'
import { KEY_ALGORITHM, actorIdOf, idBytes } from '../../wire/ids.ts'
import type { ActorId, ChannelId, KeyAlgorithm } from '../../wire/ids.ts'
import { MAX_RECOVERY_CODES, SIGNATURE_BYTES } from '../../wire/limits.ts'
import { noAssets } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import { checkKey, keyFields } from '../member-key.ts'
import { ADMINS } from '../person-fields.ts'
import { recoveryKeys } from '../recovery-fields.ts'
import type { RecoveryKeys } from '../recovery-fields.ts'
import { bytes, checked, id, integer, list, record, refuse, text } from '../schema.ts'
import type { Speaker } from '../speaker.ts'
import type { StateView } from '../state-view.ts'
import { enrolment, hasAdmin, isAdmin, KEEPING_CODES, ownKey, withoutKeys } from './person.ts'

const DOMAIN = utf8('plumbline/recovery/v1')
const { ed25519 } = KEY_ALGORITHM

/** The codes from now on; those of before hold no more. Whoever has enough of them can make somebody who agrees to acts. */
export const recoverySet: Kind<RecoveryKeys> = {
  form: recoveryKeys,
  by: 'admin',
  roles: ADMINS,
  contracts: 'note',
  approvals: (_, view, { actor }) => (hasAdmin(view, actor) ? { count: 1, roles: ADMINS } : null),
  assets: noAssets,
  codes: ['key-unfit'],
  decide(view, { actor }, body) {
    if (!body.keys.every((key) => checkPublicKey(ed25519, key))) return 'key-unfit'
    return [{ kind: 'recovery', id: actor, value: { ...body, setAt: view.index } }]
  },
  example: { need: 1, keys: [new Uint8Array(32), new Uint8Array(32).fill(1)] },
}

export interface PersonRecovered {
  /** The new admin: 16 random bytes, or who was an admin of the member before. */
  readonly person: ActorId
  readonly name: string
  readonly alg: KeyAlgorithm
  readonly public: Uint8Array
  /** By the person's key, over `personProof`. */
  readonly proof: Uint8Array
  /** By codes of the member, over `recoveryProof`, in the order of its list. */
  readonly codes: readonly { readonly code: number; readonly signature: Uint8Array }[]
}

/** What a code signs: "plumbline/recovery/v1" ‖ channel ‖ member ‖ person ‖ the person's public key. Nothing else is ever signed by one. */
export function recoveryProof(channel: ChannelId, member: ActorId, person: ActorId, key: Uint8Array): Uint8Array {
  return concatBytes(DOMAIN, idBytes(channel), idBytes(member), idBytes(person), key)
}

/** Said by the gateway: there is no admin left to say it. */
export const personRecovered: Kind<PersonRecovered> = {
  form: checked(
    record({
      person: id(actorIdOf),
      name: text(),
      alg: keyFields.alg,
      public: keyFields.public,
      proof: bytes(SIGNATURE_BYTES),
      codes: list(
        record({ code: integer(0, MAX_RECOVERY_CODES - 1), signature: bytes(SIGNATURE_BYTES) }),
        MAX_RECOVERY_CODES,
      ),
    }),
    ({ alg, public: key, codes }, where) => {
      checkKey({ use: 'entry', alg, public: key }, where)
      if (codes.some(({ code }, i) => i > 0 && code <= (codes[i - 1]?.code ?? 0)))
        refuse(where, 'names its codes in another order than that of the list, or one twice')
    },
  ),
  contracts: 'note',
  assets: noAssets,
  codes: ['recovery-not-set', 'recovery-few', 'recovery-wrong', 'person-known', ...KEEPING_CODES],
  decide: decideRecovered,
  example: {
    person: actorIdOf(new Uint8Array(16).fill(1)),
    name: 'A. Example',
    alg: 1,
    public: new Uint8Array(32),
    proof: new Uint8Array(SIGNATURE_BYTES),
    codes: [{ code: 0, signature: new Uint8Array(SIGNATURE_BYTES) }],
  },
}

function decideRecovered(view: StateView, { actor: member }: Speaker, body: PersonRecovered): Decision {
  const known = view.get('recovery', member)
  if (known === undefined) return 'recovery-not-set'
  if (body.codes.length < known.need) return 'recovery-few'
  const signed = recoveryProof(view.channel, member, body.person, body.public)
  const isRight = ({ code, signature }: PersonRecovered['codes'][number]): boolean => {
    const key = known.keys[code]
    return key !== undefined && verifySignature(ed25519, key, signed, signature)
  }
  if (!body.codes.every(isRight)) return 'recovery-wrong'
  return newAdmin(view, member, body)
}

/** Somebody new, or an admin of the member whose key is lost, who is in force again then. */
function newAdmin(view: StateView, member: ActorId, body: PersonRecovered): Decision {
  const known = view.get('person', body.person)
  if (known?.keeper !== member || known.endedAt !== null || known.name !== body.name || !isAdmin(known))
    return enrolment(view, member, { ...body, roles: ADMINS })
  const key = ownKey(view, member, body)
  if (typeof key === 'string') return key
  const { suspendedUs: _, ...restored } = known
  return [{ kind: 'person', id: body.person, value: restored }, ...withoutKeys(view, body.person), key]
}
