/**
 * What one gateway signs: readings become batches, events wait their turn, and what the ledger refused is signed again. It knows
 * nothing of Raft: whoever owns it stores what is staged, proposes what the outbox gives, and says what became of it.
 *
 *     readings -> UnsignedReadings -> BatchMaker (numbered) -> StatementChain (signed) -> staged -> durable queue -> Outbox
 */
import type { Addon } from '../../../native/addon.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import type { ActorId } from '../../wire/ids.ts'
import { BatchMaker } from './batch-maker.ts'
import type { ChannelKeys } from '../keys/channel-keys.ts'
import { EntryKey } from './entry-key.ts'
import type { OnCondition } from '../conditions.ts'
import type { StreamPlace } from './rows-handed.ts'
import { Outbox } from './outbox.ts'
import { OwnBindings } from './own-bindings.ts'
import { OwnEvents } from './own-events.ts'
import { OwnIncarnation } from './own-incarnation.ts'
import { OwnStatements } from './own-statements.ts'
import { RefusedReadings } from './refused-readings.ts'
import { positionsOf, signedSoFar } from './signed-so-far.ts'
import { SourceLots, type LotSource } from './source-lots.ts'
import { StatementChain, type ChainOptions, type SignedStatement } from './statement-chain.ts'
import { StreamNumbers } from './stream-numbers.ts'
import { UnsignedReadings, type UnsignedLimits } from './unsigned-readings.ts'

/** A gateway writes at least this often, so that silence shows. */
const SIGN_OF_LIFE_MS = 8_000
/**
 * Once a minute where it has bound no stream to the channel: a gateway may be in many of them. Less than what ledger time may be ahead of
 * what most voters said last (ledger/apply-seal.ts), so that the seals of others are not held back.
 */
const QUIET_SIGN_OF_LIFE_MS = 55_000

export interface SigningOptions {
  addon: Addon
  ledger: Ledger
  keys: ChannelKeys
  limits: UnsignedLimits
  /** Sources that tell to which lot their readings belong. */
  lots?: readonly LotSource[]
  /**
   * `lost`: what this gateway signed last may be forgotten. It signs nothing until `beginIncarnation`, which is to be called once
   * the ledger holds all that the others have. `kept` by default.
   */
  memory?: 'kept' | 'lost'
  /** Recording only paused in this process, which has kept what was read. False by default: a start was away. */
  isGoingOn?: boolean
  nowMs(): number
  nowUs(): number
  /** What headers say of the clock. */
  clockState: ChainOptions['clock']
  random(bytes: number): Uint8Array
  onAcknowledged(sequence: number, index: number, readings: number, latencyMs: number): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class Signing {
  readonly chain: StatementChain
  readonly outbox: Outbox
  readonly readings: UnsignedReadings
  readonly incarnation: OwnIncarnation
  readonly own: OwnStatements
  readonly events: OwnEvents
  /** Where each opened stream of this gateway stood at the start, its queue included. */
  readonly streams: [string, StreamPlace][]
  /** Assets whose registration waits in the queue since an earlier run. */
  readonly registering: readonly string[]
  readonly #o: SigningOptions
  readonly #actor: ActorId
  readonly #entryKey: EntryKey
  readonly #numbers: StreamNumbers
  readonly #bindings: OwnBindings
  readonly #lots: SourceLots
  readonly #refused: RefusedReadings
  #staged: SignedStatement[] = []
  /** Readings in the transaction that is being made durable. */
  #writing = 0
  #lastWriteMs: number
  /** Sequence for which the key was looked at last: only a statement of this gateway's actor changes it. */
  #checkedAt = -1
  /** Since the start. */
  #hasSpoken = false

  constructor(options: SigningOptions) {
    this.#o = options
    const { addon, ledger, keys, name, nowMs, onCondition, memory = 'kept' } = options
    this.#actor = keys.actorId
    this.#lastWriteMs = nowMs()
    const cursor = ledger.signingCursor(keys.actorId)
    const unknown = { incarnation: null, sequence: 0, previous: null }
    const signed = signedSoFar(ledger, addon, keys.actorId)
    this.#entryKey = new EntryKey(keys, memory === 'kept' ? signed.rotation : null)
    this.chain = new StatementChain(chainOptions(options, this.#entryKey), memory === 'kept' ? cursor : unknown)
    this.streams = [...signed.streams].map(([stream, { next, lastTimeUs }]) => [stream, { next, lastTimeUs }])
    this.registering = signed.undecided.flatMap(({ stream, asset }) => (stream === null ? [asset] : []))
    this.#numbers = new StreamNumbers(memory === 'kept' ? signed.streams : [], options.isGoingOn)
    this.#bindings = new OwnBindings(ledger, this.#actor, memory === 'kept' ? signed.undecided : [])
    this.incarnation = this.#newIncarnation(memory)
    this.#lots = this.#newLots()
    const batches = new BatchMaker({ chain: this.chain, numbers: this.#numbers, lots: this.#lots, name, onCondition })
    this.#refused = this.#newRefused(batches)
    this.readings = this.#newReadings(batches)
    this.outbox = new Outbox(
      // What another incarnation left in the queue is never proposed.
      { pending: (limit, after) => (this.#isQueueOwn ? ledger.queue.pending(limit, after) : []) },
      cursor.incarnation === ledger.incarnation(keys.actorId) ? ledger.nextSequence(keys.actorId) : 0,
    )
    this.own = this.#newOwn()
    this.events = this.#newEvents()
    this.incarnation.check()
    this.#checkKey()
    if (this.incarnation.isOpen) this.#refused.takeUp()
  }

  /** False while nothing may be signed. */
  get maySign(): boolean {
    return this.incarnation.isOpen && this.own.stopped === null
  }

  get #isQueueOwn(): boolean {
    return this.#o.ledger.queue.incarnation === this.chain.incarnation
  }

  /** Sequence of an own rotation that the ledger has not decided on; null where there is none. */
  get rotationWaits(): number | null {
    return this.#entryKey.waits
  }

  /** Statements that are signed and not on disk yet. */
  get staged(): number {
    return this.#staged.length
  }

  /** For a transaction; after it, `written` is to be called. */
  takeStaged(): SignedStatement[] {
    const staged = this.#staged
    this.#staged = []
    this.#writing = readingsOf(staged)
    return staged
  }

  /** The transaction is durable. */
  written(): void {
    this.#writing = 0
  }

  /** Readings that are not durable yet, signed or not. */
  get undurableReadings(): number {
    return this.readings.count + readingsOf(this.#staged) + this.#writing
  }

  /** Writes down what is staged, apart from any pass. */
  store(): void {
    if (this.#staged.length === 0) return
    this.#store(this.takeStaged())
    this.written()
  }

  /** Batches that are old enough, and a sign of life when there is nothing else to say. */
  tick(): void {
    this.readings.closeDue(this.staged)
    // The first one soon: whoever waits for a gateway that has just started sees that it takes part.
    const everyMs = this.#numbers.count > 0 || !this.#hasSpoken ? SIGN_OF_LIFE_MS : QUIET_SIGN_OF_LIFE_MS
    const isQuiet = this.staged === 0 && this.#o.nowMs() - this.#lastWriteMs > everyMs
    if (!isQuiet || !this.maySign) return
    this.events.sign('gateway.alive', {})
    this.#hasSpoken = true
  }

  /** Signs what is due; true where readings that were refused were signed again and stored: there may be more. */
  sign(): boolean {
    this.readings.closeDue(this.staged)
    return this.staged === 0 && this.#refused.signAgain()
  }

  /**
   * Memory was lost while this gateway runs: what it signed since its start may clash with what it signed before and forgot. It stays
   * in the queue, from where its readings are signed again.
   */
  lose(): void {
    this.store()
    this.chain.forget()
    this.#entryKey.forget()
    this.own.forget()
    this.#numbers.begin([])
    this.#bindings.forget()
    this.#lots.forget()
    this.incarnation.lose()
  }

  /** What became of a statement of this gateway's actor. */
  settled(outcome: Outcome, mayAcknowledge: boolean): void {
    this.incarnation.settled(outcome)
    // What another incarnation signed is no word of this process.
    if (outcome.outcome !== 'bad' && outcome.incarnation !== this.chain.incarnation) return
    if (outcome.outcome === 'early') this.outbox.early(this.#o.nowMs())
    else this.own.settled(outcome, mayAcknowledge)
  }

  /** After a pass: the ledger may hold more of this gateway than this process signed. */
  follow(): void {
    const { ledger, nowMs } = this.#o
    if (ledger.incarnation(this.#actor) !== this.chain.incarnation) return
    const next = ledger.nextSequence(this.#actor)
    if (next > this.chain.nextSequence) {
      const { sequence, previous } = ledger.signingCursor(this.#actor)
      this.chain.follow(sequence, previous)
      this.#numbers.follow(positionsOf(ledger, this.#actor))
    }
    this.#entryKey.decided(next)
    this.#bindings.decided(next)
    if (next !== this.#checkedAt) this.#checkKey()
    this.#checkedAt = next
    this.outbox.applied(next - 1, nowMs())
  }

  /** Somebody who had the key put another in its place: what this gateway signs is taken no more, and must be said. */
  #checkKey(): void {
    const { lack } = this.#o.keys
    if (lack !== null && this.own.stopped === null) this.own.doubled(lack)
  }

  #store(enqueue: SignedStatement[]): void {
    this.#o.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue })
  }

  /** Gives how many are staged then. */
  #stage(signed: SignedStatement): number {
    this.own.signed(signed.sequence)
    this.#lastWriteMs = this.#o.nowMs()
    return this.#staged.push(signed)
  }

  /** The fence is in the ledger: numbers, gaps and what is there twice go by the state that it stands on. */
  #goOn(): void {
    this.#o.ledger.memory.set(false)
    this.#numbers.begin(positionsOf(this.#o.ledger, this.#actor))
    this.events.signAgain()
    this.store()
    this.#refused.takeUp()
  }

  #newIncarnation(memory: 'kept' | 'lost'): OwnIncarnation {
    return new OwnIncarnation({
      ledger: this.#o.ledger,
      actor: this.#actor,
      chain: this.chain,
      memory,
      stage: (fence) => {
        this.outbox.begin()
        this.#stage(fence)
      },
      onOpen: () => this.#goOn(),
      onDoubled: (reason) => this.own.doubled(reason),
    })
  }

  #newLots(): SourceLots {
    const { ledger, lots = [], name, onCondition } = this.#o
    const options = {
      ledger,
      actor: this.#actor,
      numbers: this.#numbers,
      bindings: this.#bindings,
      sign: (...event: Parameters<OwnEvents['sign']>) => this.events.sign(...event),
      outcomeOf: (sequence: number) => this.own.outcomeOf(sequence, true),
      name,
      onCondition,
    }
    return new SourceLots(options, lots)
  }

  #newRefused(batches: BatchMaker): RefusedReadings {
    const { addon, ledger, limits, name, nowMs, onCondition } = this.#o
    return new RefusedReadings({
      addon,
      ledger,
      actor: this.#actor,
      numbers: this.#numbers,
      batches,
      batchReadingsMax: limits.batchReadingsMax,
      nowMs,
      maySign: () => this.maySign,
      store: (statements) => this.#store(statements),
      name,
      onCondition,
    })
  }

  #newReadings(batches: BatchMaker): UnsignedReadings {
    const { ledger, limits, name, nowMs, nowUs, onCondition } = this.#o
    return new UnsignedReadings({
      limits,
      batches,
      lots: this.#lots,
      nowMs,
      nowUs,
      queueBytes: () => ledger.queue.bytes(),
      // One that was stopped takes no more readings; those that it has are signed at its end, for the next start.
      maySign: () => this.incarnation.isOpen,
      isHeld: () => this.#refused.due,
      stage: (batch) => this.#stage(batch),
      store: () => this.store(),
      name,
      onCondition,
    })
  }

  #newOwn(): OwnStatements {
    const { ledger, name, nowMs, onAcknowledged, onCondition } = this.#o
    return new OwnStatements({
      ledger,
      actor: this.#actor,
      nowMs,
      signAgain: (sequence) => this.#refused.add(sequence),
      onAcknowledged,
      name,
      onCondition,
    })
  }

  #newEvents(): OwnEvents {
    return new OwnEvents({
      ledger: this.#o.ledger,
      actor: this.#actor,
      chain: this.chain,
      numbers: this.#numbers,
      bindings: this.#bindings,
      incarnation: this.incarnation,
      own: this.own,
      closeReadings: () => this.readings.closeReady(),
      stage: (signed) => void this.#stage(signed),
      onRotated: (rotation) => this.#entryKey.rotated(rotation),
      name: this.#o.name,
      onCondition: this.#o.onCondition,
    })
  }
}

function readingsOf(statements: readonly SignedStatement[]): number {
  return statements.reduce((sum, { readings }) => sum + readings, 0)
}

function chainOptions({ addon, ledger, keys, clockState, random, nowUs }: SigningOptions, key: EntryKey): ChainOptions {
  return {
    addon,
    actor: keys.actorId,
    channel: ledger.channel,
    key: (kind) => key.of(kind),
    random,
    nowUs,
    clock: clockState,
  }
}
