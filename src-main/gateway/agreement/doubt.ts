/**
 * Whether this gateway doubts its ledger, because a voter signed or shows another tree, state or set of packs than it computed. One
 * of the two is wrong, and which one is unknown until a majority of the voters has signed what this gateway computed, at that size
 * or beyond: a root covers all that lies before it. A restart ends no doubt, and who is proven to have signed two histories counts
 * for none.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import type { ActorId } from '../../wire/ids.ts'

/** From where on the ledger is doubted, and up to where it must be proven. */
export interface Doubted {
  from: number
  size: number
  sinceUs: number
}

export interface DoubtOptions {
  ledger: Pick<Ledger, 'members'>
  self: ActorId
  nowUs(): number
  /** What an earlier run doubted. */
  doubted: Doubted | null
  /** Before anything rests on it. */
  onChange(doubted: Doubted | null): void
}

export class Doubt {
  readonly #o: DoubtOptions
  readonly #signedUpTo = new Map<ActorId, number>()
  readonly #liars = new Set<ActorId>()
  #doubted: Doubted | null

  constructor(options: DoubtOptions) {
    this.#o = options
    this.#doubted = options.doubted
    // It computed what it doubts itself.
    this.#signedUpTo.set(options.self, Infinity)
  }

  get doubted(): Doubted | null {
    return this.#doubted
  }

  /** The largest size for which most voters signed what this gateway computed, since the start. */
  get provenSize(): number {
    const sizes = this.#o.ledger
      .members()
      .flatMap(({ voter, actor }) => (voter ? [this.#liars.has(actor) ? 0 : (this.#signedUpTo.get(actor) ?? 0)] : []))
      .toSorted((a, b) => b - a)
    return sizes[Math.floor(sizes.length / 2)] ?? 0
  }

  /** Another record was seen at `size`. Nothing where most voters have signed this one already. */
  raise(size: number): void {
    if (size <= this.provenSize) return
    const before = this.#doubted
    if (before !== null && before.from <= size && before.size >= size) return
    this.#set({
      from: Math.min(size, before?.from ?? size),
      size: Math.max(size, before?.size ?? size),
      sinceUs: before?.sinceUs ?? this.#o.nowUs(),
    })
  }

  /** Members signed what this gateway computed for a size. */
  signed(size: number, signers: readonly ActorId[]): void {
    for (const signer of signers) this.#signedUpTo.set(signer, Math.max(size, this.#signedUpTo.get(signer) ?? 0))
    if (this.#doubted !== null && this.provenSize >= this.#doubted.size) this.#set(null)
  }

  /** It is proven that a member signed two histories: what it signed, or will sign, proves nothing. */
  distrust(member: ActorId): void {
    this.#liars.add(member)
  }

  isDistrusted(member: ActorId): boolean {
    return this.#liars.has(member)
  }

  #set(doubted: Doubted | null): void {
    this.#o.onChange(doubted)
    this.#doubted = doubted
  }
}
