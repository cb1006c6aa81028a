/** Keys of actors. One key has one use, and holds for entries from one index to another. */
import { idBytes, keyId, keyIdOf } from '../../wire/ids.ts'
import type { ActorId, ChannelId, KeyId } from '../../wire/ids.ts'
import { concatBytes, utf8 } from '../../wire/bytes.ts'
import { verifySignature } from '../../proof/signature.ts'
import { noAssets } from '../kind.ts'
import type { Decision, Kind } from '../kind.ts'
import { SIGNATURE_BYTES } from '../../wire/limits.ts'
import { checkKey, isFitForNotes, keyFields } from '../member-key.ts'
import type { MemberKey } from '../member-key.ts'
import { PERSON_ROLES } from '../person-fields.ts'
import { bytes, checked, id, record } from '../schema.ts'
import type { Speaker } from '../speaker.ts'
import type { StateView } from '../state-view.ts'

const DOMAIN = utf8('plumbline/key-proof/v1')

/** An actor puts another key of its own in the place of one. */
export interface KeyRotated extends MemberKey {
  /** The key that it replaces, of the same use. */
  readonly replaces: KeyId
  /** By the new key, over `keyProof`: nobody can name somebody else's key as their own. */
  readonly proof: Uint8Array
}

/** What a new key signs: "plumbline/key-proof/v1" ‖ channel ‖ actor ‖ the id of the key that it replaces. */
export function keyProof(channel: ChannelId, actor: ActorId, replaces: KeyId): Uint8Array {
  return concatBytes(DOMAIN, idBytes(channel), idBytes(actor), idBytes(replaces))
}

/** The old one holds up to this event, the new one from the next entry on. */
export const keyRotated: Kind<KeyRotated> = {
  form: checked(record({ ...keyFields, replaces: id(keyIdOf), proof: bytes(SIGNATURE_BYTES) }), checkKey),
  roles: PERSON_ROLES,
  assets: noAssets,
  contracts: 'note',
  codes: ['key-not-own', 'key-known', 'key-unfit', 'key-proof-wrong'],
  decide: decideRotated,
  example: {
    use: 'entry',
    alg: 1,
    public: new Uint8Array(32),
    replaces: keyIdOf(new Uint8Array(16)),
    proof: new Uint8Array(SIGNATURE_BYTES),
  },
}

function decideRotated(view: StateView, { signer: actor }: Speaker, body: KeyRotated): Decision {
  const { use, alg, public: key, replaces, proof } = body
  const old = view.get('key', replaces)
  if (old === undefined || old.actor !== actor || old.use !== use || old.to !== null) return 'key-not-own'
  const name = keyId(alg, key)
  if (view.get('key', name) !== undefined) return 'key-known'
  if (!isFit(body)) return 'key-unfit'
  if (!verifySignature(alg, key, keyProof(view.channel, actor, replaces), proof)) return 'key-proof-wrong'
  const from = view.index + 1
  return [
    { kind: 'key', id: replaces, value: { ...old, to: from } },
    { kind: 'key', id: name, value: { use, alg, public: key, actor, from, to: null } },
  ]
}

/** By its link key the others know a gateway: one that they took from the ledger while it has another would keep it out. */
function isFit(key: MemberKey): boolean {
  return key.use !== 'tls' && isFitForNotes(key)
}
