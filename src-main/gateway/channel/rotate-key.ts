/** Another key of its own takes the place of one, in one channel: made on this disk, named by an event, in force from the next entry on. */
import { openKeyStore, type OwnKey } from '../../keys/key-store.ts'
import type { Member } from '../../ledger/members.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { keyProof } from '../../record/kinds/key.ts'
import { KEY_ALGORITHM, parseActorId, parseChannelId, type KeyId } from '../../wire/ids.ts'
import type { GatewayFolder } from '../folder/data-folder.ts'
import { GatewayError } from '../error.ts'
import type { RotatedUse } from '../keys/channel-keys.ts'
import type { LedgerThread } from './ledger-thread.ts'
import { DECIDED_WITHIN_MS, signedEventOf, type SignedEvent } from './sign-event.ts'

export interface Rotated extends SignedEvent {
  /** The new key, and the one whose place it takes. */
  key: KeyId
  replaces: KeyId
}

interface KeyPlace {
  reader: LedgerReader
  folder: Pick<GatewayFolder, 'keys'>
}

/**
 * Where an earlier rotation came to nothing, or another channel has one already, that key is taken: none is made.
 *
 * @throws {GatewayError} `not_recorded` where nothing could be signed; KeyError `key_not_created`
 */
export async function rotateKey(
  { thread, reader, folder }: KeyPlace & { thread: Pick<LedgerThread, 'event' | 'identity'> },
  use: RotatedUse,
): Promise<Rotated> {
  const keys = openKeyStore(folder.keys)
  const actor = parseActorId(thread.identity.actor)
  const current = reader
    .members()
    .find((member) => member.actor === actor)
    ?.keys.find((key) => key.use === use && key.to === null)
  if (current === undefined)
    throw new GatewayError(
      'not_recorded',
      `the ledger names no key of this gateway for "${use}"`,
      'See: plumbline key list.',
    )
  const key = unknownTo(reader, keys.newest(use)) ?? keys.add(use)
  const proof = key.sign(keyProof(parseChannelId(thread.identity.channel), actor, current.keyId))
  const body = { use, alg: KEY_ALGORITHM.ed25519, public: key.publicKey, replaces: current.keyId, proof }
  const signed = signedEventOf(await thread.event('key.rotated', body, DECIDED_WITHIN_MS))
  return { ...signed, key: key.keyId, replaces: current.keyId }
}

function unknownTo(reader: LedgerReader, key: OwnKey): OwnKey | null {
  return reader.state.key(key.keyId) === null ? key : null
}

export interface ListedKey {
  member: string
  use: Member['keys'][number]['use']
  id: KeyId
  /** Raw. */
  public: Uint8Array
  /** The entries for which it holds: from the first, up to the last exclusive; null while it is in force. */
  from: number
  to: number | null
  /** Whether its private half lies in this gateway's folder. */
  here: boolean
}

/** Keys of all members, as the ledger has them. */
export function listKeys({ reader, folder }: KeyPlace): ListedKey[] {
  const keys = openKeyStore(folder.keys)
  return reader.members().flatMap(({ name, actor, keys: named }) =>
    named.map(({ use, keyId: id, public: key, from, to }) => ({
      member: name,
      use,
      id,
      public: key,
      from,
      to,
      here: actor === keys.actorId && keys.find(id) !== null,
    })),
  )
}
