/**
 * The incarnation in which this gateway signs, and whether it may. A gateway that remembers goes on in the one that it signed in
 * last. One whose memory may be lost signs nothing until it is told to begin another: then first the fence, which ends the one that
 * the ledger has, and behind it nothing until the ledger holds that fence (docs/FORMATS.md, Incarnations).
 */
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { equalBytes } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { ActorId, IncarnationId } from '../../wire/ids.ts'
import { decodeEvent } from '../../record/statements.ts'
import type { SignedStatement, StatementChain } from './statement-chain.ts'

/**
 * - `open`: it signs
 * - `lost`: its memory may be lost: it signs nothing until it begins another incarnation
 * - `fenced`: the fence of its incarnation is signed and not in the ledger yet
 * - `doubled`: somebody else signs as this gateway: it signs nothing any more
 */
export type SigningState = 'open' | 'lost' | 'fenced' | 'doubled'

const WAITING_MAX = 65_536
const DOUBLED =
  'another gateway signs with the keys of this one, which signs nothing any more. Find the other (a copy of this data folder, or of its disk), stop it for good, then start this one.'

export interface OwnIncarnationOptions {
  ledger: Ledger
  actor: ActorId
  chain: StatementChain
  memory: 'kept' | 'lost'
  /** Takes the fence to be queued and proposed. */
  stage(fence: SignedStatement): void
  /** The fence is in the ledger: everything goes on from there. */
  onOpen(): void
  /** Called once, with the reason. */
  onDoubled(reason: string): void
}

export class OwnIncarnation {
  readonly #o: OwnIncarnationOptions
  readonly #waiting: { resolve(): void; reject(cause: Error): void }[] = []
  /** Incarnations whose fences this gateway signed and never saw decided: nothing else was signed in them. */
  readonly #fences = new Set<IncarnationId>()
  #state: SigningState

  constructor(options: OwnIncarnationOptions) {
    this.#o = options
    const { ledger, actor, chain, memory } = options
    const fence = fenceIn(ledger)
    const current = ledger.incarnation(actor)
    if (memory === 'lost') {
      if (fence !== null) this.#fences.add(fence)
      this.#state = 'lost'
    } else if (fence !== null) this.#state = 'fenced'
    else this.#state = current === null || current === chain.incarnation ? 'open' : 'doubled'
  }

  get state(): SigningState {
    return this.#state
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Resolves once this gateway signs. Rejects when it never will, or when too many wait already. */
  async opened(): Promise<void> {
    if (this.isOpen) return
    if (this.#state === 'doubled') throw new Error(DOUBLED)
    if (this.#waiting.length === WAITING_MAX)
      throw new Error(`${WAITING_MAX} events wait already for this gateway to sign again`)
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Ends the incarnation that the ledger has of this gateway, by the fence of another. Only where memory was lost. */
  begin(): void {
    if (this.#state !== 'lost') return
    const { ledger, actor, chain, stage } = this.#o
    this.#state = 'fenced'
    stage(chain.resume(ledger.incarnation(actor)))
  }

  /** Memory was lost: nothing is signed until another incarnation begins. */
  lose(): void {
    if (this.#state !== 'doubled') this.#state = 'lost'
  }

  /** After the start: tells of a double that is in the ledger already. */
  check(): void {
    if (this.#state === 'doubled') this.#double()
  }

  /** What became of a statement of this gateway's actor. */
  settled({ outcome, incarnation, sequence, reason, entryHash }: Outcome): void {
    const { ledger, actor, chain } = this.#o
    const current = ledger.incarnation(actor)
    if (this.#state === 'fenced' && outcome === 'bad') {
      // A rotation that was forgotten came before it after all: the fence is signed by the key that holds now.
      const isOwn = equalBytes(ledger.queue.hashOf(0) ?? new Uint8Array(), entryHash)
      if (!isOwn || reason !== 'key-not-in-force') return
      this.#state = 'lost'
      return this.begin()
    }
    if (this.#state === 'fenced' && incarnation === chain.incarnation && sequence === 0) {
      if (outcome === 'accepted') this.#open()
      else if (outcome === 'superseded') this.#late(current)
    } else if (this.#state === 'open' && current !== null && current !== chain.incarnation) this.#double()
  }

  #open(): void {
    this.#state = 'open'
    this.#o.onOpen()
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  /** A fence of an earlier start came before: nothing was signed behind it, so that another may end it. */
  #late(current: IncarnationId | null): void {
    if (current === null || !this.#fences.delete(current)) return this.#double()
    this.#state = 'lost'
    this.begin()
  }

  #double(): void {
    this.#state = 'doubled'
    this.#o.onDoubled(DOUBLED)
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(DOUBLED))
  }
}

/** The incarnation whose fence waits in the queue; null where none does. */
function fenceIn(ledger: Ledger): IncarnationId | null {
  const [first] = ledger.queue.pending(1)
  if (first === undefined || first.sequence !== 0 || first.payload !== null) return null
  return decodeEvent(parseEntry(first.entry).payload).type === 'gateway.resumed' ? first.incarnation : null
}
