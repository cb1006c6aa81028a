/** The key that an event names, whatever became of the event: for who has the entries and not the state. */
import type { CborValue } from '../wire/cbor.ts'
import type { ActorId } from '../wire/ids.ts'
import { decodeBody } from './events.ts'
import type { MemberKey } from './member-key.ts'

/** null where it names none. Throws WireError `malformed_event`. */
export function keyNamed(signer: ActorId, type: string, body: CborValue): (MemberKey & { actor: ActorId }) | null {
  if (type === 'key.rotated') {
    const { use, alg, public: key } = decodeBody(type, body)
    return { use, alg, public: key, actor: signer }
  }
  if (type === 'key.replaced') {
    const { use, alg, public: key, actor } = decodeBody(type, body)
    return { use, alg, public: key, actor }
  }
  if (type === 'person.enrolled') {
    const { alg, public: key, person } = decodeBody(type, body)
    return { use: 'entry', alg, public: key, actor: person }
  }
  return null
}
