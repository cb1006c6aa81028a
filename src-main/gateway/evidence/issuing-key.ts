/** By which of its keys a gateway may sign a certificate: its own at the state that is enclosed, and nobody took it back since. */
import { keysAt } from '../../ledger/members.ts'
import type { LedgerReader } from '../../ledger/reader.ts'
import { isSuspended } from '../../record/speaker.ts'
import type { ActorId, KeyId, LeafIndex, TreeSize } from '../../wire/ids.ts'

export interface IssuingKeys<Key> {
  readonly actor: ActorId
  /** The key in the state after the first `size` entries; null where there was none then that may sign now. */
  at(size: TreeSize): Key | null
  /** The entry from which on the newest of those that may sign is in the state; null where there is none. */
  readonly since: LeafIndex | null
}

/**
 * What a key may not sign any more shows in the newest state alone. One that was rotated goes on signing for the states that had it: nobody
 * said anything against it.
 *
 * @param own one of this gateway by its id; null where it has none of that id
 */
export function issuingKeys<Key>(
  reader: LedgerReader,
  actor: ActorId,
  own: (id: KeyId) => Key | null,
): IssuingKeys<Key> {
  const keys = (reader.members().find((member) => member.actor === actor)?.keys ?? []).filter(
    ({ use }) => use === 'credential',
  )
  const { timeUs: ledgerTimeUs } = reader.blocks.newestSeal()
  const mayStillSign = ({ keyId, to }: (typeof keys)[number]): boolean => {
    const now = reader.state.key(keyId)
    if (now === null || now.suspectFrom !== undefined || isSuspended({ ledgerTimeUs }, now)) return false
    // A key that is revoked ends alone; with one that is rotated the next begins.
    return to === null || keys.some(({ from }) => from === to)
  }
  const usable = keys.filter((key) => own(key.keyId) !== null && mayStillSign(key))
  return {
    actor,
    at(size) {
      const [named] = keysAt(usable, 'credential', size as number)
      return named === undefined ? null : own(named.keyId)
    },
    since: usable.findLast(({ to }) => to === null)?.from ?? null,
  }
}
