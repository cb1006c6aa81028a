/**
 * Which of its keys a gateway signs with in one channel. Its ledger says: a gateway may have put another key in the place of one here
 * and not yet, or never, in another channel (RECORD, keys).
 */
import { toHex } from '../../wire/bytes.ts'
import { KEY_ALGORITHM, keyId } from '../../wire/ids.ts'
import { KeyError } from '../../keys/key-error.ts'
import type { KeyStore, OwnKey } from '../../keys/key-store.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { KeyUse } from '../../record/member-key.ts'
import type { ActorId, LeafIndex } from '../../wire/ids.ts'

/** Uses whose key can take another's place while the gateway runs. By its link key the others know a gateway. */
export const ROTATED_USES = ['entry', 'checkpoint', 'cosignature', 'credential'] as const satisfies readonly KeyUse[]
export type RotatedUse = (typeof ROTATED_USES)[number]

export class ChannelKeys {
  readonly #keys: KeyStore
  readonly #ledger: Pick<Ledger, 'keysAt' | 'size'>

  constructor(keys: KeyStore, ledger: Pick<Ledger, 'keysAt' | 'size'>) {
    this.#keys = keys
    this.#ledger = ledger
  }

  /**
   * Why this gateway cannot sign as its ledger has it: that names another key than it has. An older copy of its folder was put back, or
   * somebody else changed its key. Null where all is well.
   */
  get lack(): string | null {
    const next = this.#ledger.size as number
    const [named] = this.#named('entry', next)
    if (named === undefined || this.#found('entry', next) !== null) return null
    return this.#lacking('entry', toHex(named.public)).message
  }

  get actorId(): ActorId {
    return this.#keys.actorId
  }

  /** The one that holds for entry `index`. */
  at(use: RotatedUse, index: LeafIndex): OwnKey {
    return this.#found(use, index) ?? this.#keys.newest(use)
  }

  /** The one that holds for the next entry. */
  now(use: RotatedUse): OwnKey {
    return this.at(use, this.#ledger.size as number)
  }

  /** The own key with that public half. Throws KeyError `key_mismatch`. */
  own(publicKey: Uint8Array): OwnKey {
    const found = this.#keys.find(keyId(KEY_ALGORITHM.ed25519, publicKey))
    if (found === null) throw this.#lacking('entry', toHex(publicKey))
    return found
  }

  #lacking(use: string, publicHex: string): KeyError {
    const { dir } = this.#keys
    return new KeyError(
      'key_mismatch',
      dir,
      `${dir} lacks the key that this gateway put in the place of its first one for "${use}": the channel knows ${publicHex}`,
      undefined,
      'Put back the newest copy of the whole key folder.',
    )
  }

  /** Which of them this gateway has; the newest first. */
  #found(use: RotatedUse, index: LeafIndex): OwnKey | null {
    for (const { keyId } of this.#named(use, index)) {
      const own = this.#keys.find(keyId)
      if (own !== null) return own
    }
    return null
  }

  #named(use: RotatedUse, index: LeafIndex): ReturnType<Ledger['keysAt']> {
    return this.#ledger.keysAt(this.#keys.actorId, use, index).toReversed()
  }
}
