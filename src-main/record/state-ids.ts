/** How the id of a state value stands in its key (docs/FORMATS.md, section 6). */
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import { itemBytes, tuple as items } from '../wire/fields.ts'
import { actorIdOf, idBytes, keyIdOf, streamIdOf } from '../wire/ids.ts'
import type { ActorId, KeyId, StreamId } from '../wire/ids.ts'
import { ID_BYTES } from '../wire/limits.ts'
import { documentHash } from './document-fields.ts'
import type { DocumentHash } from './document-fields.ts'

const CODE = 'malformed_state'

export interface IdCodec<T> {
  encodeId(id: T): CborInput
  decodeId(id: CborValue): T
}

/** Of what there is one of. */
export const single: IdCodec<''> = {
  encodeId: () => '',
  decodeId: (id) => (id === '' ? '' : wrongId()),
}
export const byText: IdCodec<string> = { encodeId: (id) => id, decodeId: textOf }
export const byActor: IdCodec<ActorId> = { encodeId: idBytes, decodeId: (id) => actorIdOf(idOf(id)) }
export const byDocument: IdCodec<DocumentHash> = {
  encodeId: (hash) => documentHash.encode(hash),
  decodeId: (item) => documentHash.decode(item, 'id of a state key'),
}
export const byStream: IdCodec<readonly [asset: string, stream: StreamId]> = {
  encodeId: ([asset, stream]) => [asset, idBytes(stream)],
  decodeId: (id) => {
    const [asset, stream] = items(id, 2, 'state key', CODE)
    return [textOf(asset), streamIdOf(idOf(stream))]
  },
}

export const byTwoTexts: IdCodec<readonly [string, string]> = {
  encodeId: ([first, second]) => [first, second],
  decodeId: (id) => {
    const [first, second] = items(id, 2, 'state key', CODE)
    return [textOf(first), textOf(second)]
  },
}
export const byDraft: IdCodec<readonly [proposer: ActorId, hash: DocumentHash]> = {
  encodeId: ([proposer, hash]) => [idBytes(proposer), documentHash.encode(hash)],
  decodeId: (id) => {
    const [proposer, hash] = items(id, 2, 'state key', CODE)
    return [actorIdOf(idOf(proposer)), documentHash.decode(hash as CborValue, 'id of a state key')]
  },
}
export const byStreamAlone: IdCodec<StreamId> = { encodeId: idBytes, decodeId: (id) => streamIdOf(idOf(id)) }

export const byKey: IdCodec<KeyId> = { encodeId: idBytes, decodeId: (id) => keyIdOf(idOf(id)) }

function textOf(id: CborValue | undefined): string {
  return typeof id === 'string' ? id : wrongId()
}

function wrongId(): never {
  throw new WireError(CODE, 'a state key has an id that is none of its kind')
}

function idOf(id: CborValue | undefined): Uint8Array {
  return itemBytes(id, ID_BYTES, 'id of a state key', CODE)
}
