/**
 * Whether this gateway doubts its ledger because a voter signed another tree, state or set of packs than it computed
 * (a seal or a checkpoint). One of the two is wrong, and which one is unknown until a majority has signed what this gateway
 * computed too.
 */
import type { Ledger } from '../ledger/ledger.ts'
import type { ActorId } from '../wire/ids.ts'

export class Doubt {
  readonly #ledger: Pick<Ledger, 'members'>
  readonly #self: ActorId
  #size: number | null = null
  #agreeing = new Set<ActorId>()

  constructor(ledger: Pick<Ledger, 'members'>, self: ActorId) {
    this.#ledger = ledger
    this.#self = self
  }

  get standing(): boolean {
    return this.#size !== null
  }

  /** `size`: entries in this gateway's ledger when it saw the difference. */
  raise(size: number): void {
    this.#size = size
    this.#agreeing = new Set([this.#self])
  }

  /** Members signed what this gateway computed for a size; true where that ends the doubt. */
  agreed(size: number, signers: readonly ActorId[]): boolean {
    if (this.#size === null || size <= this.#size) return false
    const voters = this.#ledger.members().flatMap(({ voter, actor }) => (voter ? [actor] : []))
    for (const signer of signers) if (voters.includes(signer)) this.#agreeing.add(signer)
    if (this.#agreeing.size <= voters.length / 2) return false
    this.#size = null
    return true
  }
}
