/**
 * The key that signs what a gateway says. What stands in the chain behind its own `key.rotated` comes behind it in the ledger, too, and is
 * signed by the new key before the ledger has decided on the old one's end: nothing waits. A seal stands in no chain.
 */
import type { OwnKey } from '../../keys/key-store.ts'
import type { ContentType } from '../../wire/entry.ts'
import type { ChannelKeys } from '../keys/channel-keys.ts'

/** An own rotation that waits in the queue. */
export interface WaitingRotation {
  sequence: number
  /** The new key. */
  public: Uint8Array
}

export class EntryKey {
  readonly #keys: ChannelKeys
  #waiting: { sequence: number; key: OwnKey } | null = null

  constructor(keys: ChannelKeys, waiting: WaitingRotation | null) {
    this.#keys = keys
    if (waiting !== null) this.rotated(waiting)
  }

  of(kind: ContentType): OwnKey {
    return kind === 'seal' || this.#waiting === null ? this.#keys.now('entry') : this.#waiting.key
  }

  get waits(): number | null {
    return this.#waiting?.sequence ?? null
  }

  /** The next statement of the chain is signed by that key. Throws KeyError `key_mismatch` where it is none of this gateway. */
  rotated({ sequence, public: key }: WaitingRotation): void {
    this.#waiting = { sequence, key: this.#keys.own(key) }
  }

  /** The ledger has decided on what stands before that sequence: if a rotation was refused, what came behind it is, too. */
  decided(next: number): void {
    if (this.#waiting !== null && this.#waiting.sequence < next) this.#waiting = null
  }

  forget(): void {
    this.#waiting = null
  }
}
