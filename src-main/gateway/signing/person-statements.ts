/**
 * What people sign at this gateway, which keeps their chains. A person's statements go one behind the other, each once the ledger has decided on
 * the one before; a chain that is not remembered goes on in another incarnation, behind a fence of the person's own.
 */
import type { Addon } from '../../../native/addon.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { PersonRole } from '../../record/person-fields.ts'
import { equalBytes, toHex } from '../../wire/bytes.ts'
import { keyId, type ActorId } from '../../wire/ids.ts'
import type { Proposed } from '../../wire/proposal.ts'
import { PERSON_ALGORITHM, publicKeyOf, signBy } from './person-seed.ts'
import { StatementChain, type ChainPlace, type PackEventSaid, type SignedStatement } from './statement-chain.ts'

/** How long a proposal has to be decided before it is sent again: it may have got lost with a leader. */
const AGAIN_MS = 2_000

interface BySigner {
  person: ActorId
  role: PersonRole
  /** 32 bytes, for this statement alone. */
  seed: Uint8Array
}

interface CoreOrder<T extends CoreEventType = CoreEventType> extends BySigner {
  type: T
  body: CoreEvents[T]
}

/** What a person signs: an event of the core's, or one of a pack's own, which names its assets. */
export type PersonOrder = CoreOrder | (BySigner & PackEventSaid)

export interface PersonStatementsOptions {
  addon: Addon
  ledger: Ledger
  /** The gateway that keeps the chains. */
  keeper: ActorId
  /** Whether this gateway signs at all: it knows what was committed, and what it signed. */
  maySign(): boolean
  nowMs(): number
  nowUs(): number
  random(bytes: number): Uint8Array
}

export class PersonStatements {
  readonly #o: PersonStatementsOptions
  /** Who waits for the outcome of a statement, by its hash. */
  readonly #waiting = new Map<string, { decided(outcome: Outcome): void; failed(error: Error): void }>()
  /** By hash, when a statement was proposed last. */
  readonly #proposedMs = new Map<string, number>()
  /** When to look next for what waits: it is asked at every pass, and seldom anything does. */
  #lookMs = 0
  /** One at a time for each person. */
  readonly #lines = new Map<ActorId, Promise<unknown>>()

  constructor(options: PersonStatementsOptions) {
    this.#o = options
  }

  /**
   * Resolves when the ledger has decided.
   *
   * @throws (rejects) Error for what cannot be signed here now: nothing has left this gateway then
   */
  async say(order: PersonOrder): Promise<Outcome> {
    const before = this.#lines.get(order.person) ?? Promise.resolve()
    const said = before.then(
      () => this.#say(order),
      () => this.#say(order),
    )
    this.#lines.set(order.person, said)
    return await said
  }

  /** Statements to be proposed now: those that wait for a decision and were not sent, or long ago. */
  due(): Proposed[] {
    const { ledger, keeper, nowMs } = this.#o
    if (!this.#o.maySign()) return []
    const now = nowMs()
    if (now < this.#lookMs) return []
    const undecided = ledger.people.undecided()
    this.#lookMs = undecided.length === 0 ? Infinity : now + AGAIN_MS
    return undecided.flatMap(({ person, hash, entry }) => {
      const name = toHex(hash)
      if (now - (this.#proposedMs.get(name) ?? -Infinity) < AGAIN_MS) return []
      const proposed = { entry, payload: null }
      // Who leads takes it for a fault to be sent what could have no effect.
      const judged = ledger.judgeForwarded(keeper, proposed)
      if (judged !== 'propose') {
        this.#comesToNothing(person, hash, judged === 'done' ? 'came too late' : judged.refused)
        return []
      }
      this.#proposedMs.set(name, now)
      return [proposed]
    })
  }

  /**
   * It must not come to something later, when its signer has long been told otherwise (a key that was suspended signs again): it is not kept,
   * so that the chain goes on behind a fence, which ends whatever copies of it there are.
   */
  #comesToNothing(person: ActorId, hash: Uint8Array, why: string): void {
    const name = toHex(hash)
    this.#o.ledger.people.forget(person, hash)
    this.#proposedMs.delete(name)
    this.#waiting.get(name)?.failed(new Error(`what was signed ${why}`))
    this.#waiting.delete(name)
  }

  /** Another leads: what was sent to the one before may be lost. */
  proposeAgain(): void {
    this.#proposedMs.clear()
    this.#lookMs = 0
  }

  /** What became of a statement of somebody else than this gateway. */
  settled(outcome: Outcome): void {
    const name = toHex(outcome.entryHash)
    // One that came too early comes again. Under another's signature it was not this person's statement, which waits as before.
    if (outcome.outcome === 'early' || outcome.reason === 'signature-wrong') return
    this.#proposedMs.delete(name)
    this.#waiting.get(name)?.decided(outcome)
    this.#waiting.delete(name)
    const isWithout = outcome.outcome === 'bad' || outcome.outcome === 'superseded'
    if (isWithout && outcome.actor !== null) this.#comesToNothing(outcome.actor, outcome.entryHash, 'had no effect')
  }

  async #say(order: PersonOrder): Promise<Outcome> {
    const { ledger, keeper, maySign } = this.#o
    if (!maySign()) throw new Error('this gateway does not sign yet: it has to hear from the others first')
    const { people } = ledger
    if (people.person(order.person)?.keeper !== keeper)
      throw new Error('this gateway does not keep the chain of that person')
    const chain = people.chain(order.person)
    const newest = people.newest(order.person)
    const isUndecided = newest !== null && people.undecided().some(({ hash }) => equalBytes(hash, newest.hash))
    // One that can have no effect any more (its key was replaced) keeps nobody from signing.
    if (isUndecided && ledger.judgeForwarded(keeper, { entry: newest.entry, payload: null }) === 'propose')
      throw new Error('what this person signed before waits for a majority of the gateways; it is queued')
    const isRemembered =
      chain === null
        ? newest === null
        : newest !== null && newest.incarnation === chain.incarnation && newest.sequence === chain.next - 1
    if (isRemembered || chain === null) return await this.#sign(order, placeOf(chain))
    const { person, role, seed } = order
    const fence = { person, role, seed, type: 'gateway.resumed', body: { ends: chain.incarnation } } as const
    const fenced = await this.#sign(fence, BEGINNING)
    return fenced.outcome === 'accepted' ? await this.#sign(order, placeOf(people.chain(order.person))) : fenced
  }

  async #sign(order: PersonOrder, place: ChainPlace): Promise<Outcome> {
    const { person, role, seed } = order
    const { ledger, addon, keeper, nowUs, random } = this.#o
    const chain = new StatementChain(
      {
        addon,
        actor: person,
        channel: ledger.channel,
        role,
        key: () => ({
          keyId: keyId(PERSON_ALGORITHM, publicKeyOf(seed)),
          sign: (bytes) => signBy(seed, bytes),
        }),
        random,
        nowUs,
        clock: () => ({ state: 'unknown', errorUs: null }),
      },
      place,
    )
    const { entry, statementHash } = signedBy(chain, ledger, order)
    const judged = ledger.judgeForwarded(keeper, { entry, payload: null })
    if (judged !== 'propose')
      throw new Error(judged === 'done' ? 'this was said before' : `what was signed ${judged.refused}`)
    ledger.people.keep(person, entry)
    this.#lookMs = 0
    return await new Promise((decided, failed) => this.#waiting.set(toHex(statementHash), { decided, failed }))
  }
}

function signedBy(chain: StatementChain, ledger: Ledger, order: PersonOrder): SignedStatement {
  if ('assets' in order) return chain.packEvent({ type: order.type, assets: order.assets, body: order.body })
  return chain.event(order.type, order.body, ledger.consumed(order.type, order.body))
}

const BEGINNING: ChainPlace = { incarnation: null, sequence: 0, previous: null }

function placeOf(chain: ReturnType<Ledger['people']['chain']>): ChainPlace {
  return chain === null ? BEGINNING : { incarnation: chain.incarnation, sequence: chain.next, previous: chain.previous }
}
