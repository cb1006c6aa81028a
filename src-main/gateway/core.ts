/**
 * One gateway's ledger pipeline, without threads, sockets or timers: readings become signed batches, batches go through Raft into
 * the ledger, seals become cosigned checkpoints. The thread that owns it (`ledger-worker.ts`) brings time, randomness and the wire.
 *
 *     readings -> ReadingQueue -> StatementChain (signed) -> durable queue -> Outbox -> Raft -> apply -> acknowledged
 */
import type { Addon } from '../../native/addon.ts'
import { ForwardPace } from '../consensus/conduct.ts'
import { FRAME, type HostFrameType } from '../consensus/frames.ts'
import type { ReplicaStatus } from '../consensus/replica.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger, Outcome } from '../ledger/ledger.ts'
import { MAX_BATCH_READINGS } from '../wire/limits.ts'
import { KEY_ALGORITHM } from '../wire/ids.ts'
import { encodeProposal } from '../wire/proposal.ts'
import type { CoreEvents, CoreEventType } from '../wire/events.ts'
import type { Rows } from '../wire/rows.ts'
import { Agreement } from './agreement.ts'
import { BatchMaker } from './batch-maker.ts'
import { CheckpointBook } from './checkpoint-book.ts'
import { GatewayClock, type ClockSources } from './clock/gateway-clock.ts'
import type { OnCondition } from './conditions.ts'
import { Elections } from './elections.ts'
import { GapBook } from './gap-book.ts'
import type { AppliedEntry, GapReport, StreamPlace } from './messages.ts'
import { LeftBehind } from './left-behind.ts'
import type { MarkStore } from './memory/mark.ts'
import type { LossReason } from './memory/start-gate.ts'
import { ProvenReplica } from './memory/proven-replica.ts'
import { forwardParts, Outbox, sizeOf } from './outbox.ts'
import { OwnStatements } from './own-statements.ts'
import { PeerFaults } from './peer-faults.ts'
import { ReadingQueue } from './reading-queue.ts'
import { RefusedMessages } from './refused-messages.ts'
import { RefusedReadings } from './refused-readings.ts'
import { Sealer } from './sealer.ts'
import { signedSoFar, signedUpTo } from './signed-so-far.ts'
import { StatementChain, type ChainOptions, type SignedStatement } from './statement-chain.ts'

/** A gateway writes at least this often, so that silence shows. */
const SIGN_OF_LIFE_MS = 8_000
const STAGED_BATCHES_PER_PASS = 16
/** Share of the queue's limit below which readings are kept again. */
const QUEUE_RESUMES_AT = 0.8

export interface CoreLimits {
  batchReadingsMax: number
  sealAfterMs: number
  queueBytesMax: number
}

export interface CoreOptions {
  addon: Addon
  ledger: Ledger
  keys: KeyStore
  name: string
  raftId: number
  limits: CoreLimits
  marks: MarkStore
  nowMs(): number
  /** The wall clock. */
  nowUs(): number
  clock: ClockSources
  random(bytes: number): Uint8Array
  /** False where an earlier run found this gateway's own record changed. True by default. */
  cosigning?: boolean
  send(to: number, type: HostFrameType, body: Uint8Array): void
  broadcast(type: HostFrameType, body: Uint8Array): void
  onApplied(entries: AppliedEntry[]): void
  onAcknowledged(sequence: number, index: number, readings: number, latencyMs: number): void
  onCondition: OnCondition
  /** A member sent what no correct gateway sends; `what` follows its name. */
  onFault?(member: number, code: string, what: string): void
}

export class GatewayCore {
  readonly #o: CoreOptions
  readonly #replica: ProvenReplica
  readonly #chain: StatementChain
  readonly #readings = new ReadingQueue()
  readonly #gaps: GapBook
  readonly #batches: BatchMaker
  readonly #refused: RefusedReadings
  readonly #faults: PeerFaults
  readonly #refusals: RefusedMessages
  readonly #outbox: Outbox
  readonly #sealer: Sealer
  readonly clock: GatewayClock
  readonly checkpoints: CheckpointBook
  readonly agreement: Agreement
  readonly #own: OwnStatements
  readonly #leftBehind: LeftBehind
  readonly #places: [string, StreamPlace][]
  #staged: SignedStatement[] = []
  readonly #pace = new ForwardPace()
  #lastWriteMs: number
  #paused = false
  #sound: boolean
  /** Assets whose registration waits in the queue since an earlier run. */
  readonly registering: readonly string[]
  readonly elections: Elections

  constructor(options: CoreOptions) {
    this.#o = options
    const { ledger, keys, name, nowMs, onCondition } = options
    const actor = keys.actorId
    const cursor = ledger.signingCursor(actor)
    const conditions = { name, onCondition }
    this.#sound = options.cosigning ?? true
    const sources = options.clock
    this.clock = new GatewayClock({ ledger, actor, sources, wallUs: options.nowUs, ...conditions })
    const nowUs = (): number => this.clock.nowUs()
    this.#chain = new StatementChain(chainOptions(options, this.clock), cursor.sequence, cursor.previous)
    const signed = signedSoFar(ledger, options.addon, actor)
    this.#places = [...signed.streams]
    this.registering = signed.assets
    this.#gaps = new GapBook(signedUpTo(signed, ledger))
    this.#batches = new BatchMaker({ chain: this.#chain, gaps: this.#gaps, nowMs, nowUs, ...conditions })
    this.#refused = new RefusedReadings({
      addon: options.addon,
      ledger,
      actor,
      gaps: this.#gaps,
      batches: this.#batches,
      batchReadingsMax: options.limits.batchReadingsMax,
      nowMs,
      store: (statements) => this.#store(statements),
      ...conditions,
    })
    this.#outbox = new Outbox(
      { pending: (limit, after) => ledger.queue.pending(limit, after) },
      ledger.nextSequence(actor),
    )
    this.#own = new OwnStatements({
      ledger,
      actor,
      nowMs,
      signAgain: (sequence) => this.#refused.add(sequence),
      openStream: (opening) => void this.#signEvent('stream.opened', [], opening),
      onAcknowledged: options.onAcknowledged,
      ...conditions,
    })
    this.agreement = new Agreement({ ledger, actor, checkpoints: () => this.checkpoints, ...conditions })
    this.checkpoints = new CheckpointBook({
      ledger,
      keys,
      name,
      nowUs,
      mayCosign: () => this.cosigning,
      share: (frame) => options.broadcast(FRAME.cosignature, frame),
    })
    this.#refusals = new RefusedMessages({ nowMs, nameOf: (id) => this.#nameOf(id), onCondition })
    this.#faults = new PeerFaults({ ledger, onFault: (...fault) => this.fault(...fault) })
    this.#replica = this.#prove()
    this.#sealer = new Sealer({
      ledger,
      chain: this.#chain,
      actor,
      clock: this.clock,
      propose: (entry) => void this.#replica.propose([{ entry, payload: null }]),
      handOver: (to) => this.handOver(to),
      ...conditions,
    })
    this.#leftBehind = new LeftBehind(ledger, onCondition)
    this.elections = new Elections(nowUs)
    this.#lastWriteMs = nowMs()
    this.#refused.takeUp()
  }

  get status(): ReplicaStatus {
    return this.#replica.status()
  }

  /** Why what this gateway remembers does not count, and how many voters must be heard before it takes part. */
  get memory(): { loss: LossReason | null; missing: number } {
    const { loss, missing } = this.#replica
    return { loss, missing }
  }

  /** A member sent what no correct gateway sends; `what` follows its name. */
  fault(member: number, code: string, what: string): void {
    this.#refusals.refused(member, what)
    this.#o.onFault?.(member, code, what)
  }

  /** Asks another voter to lead, where this gateway does. */
  handOver(to: number): void {
    this.#replica.transferLeader(to)
  }

  get paused(): boolean {
    return this.#paused
  }

  get notice(): string | null {
    return this.#own.stopped
  }

  get acknowledgedReadings(): number {
    return this.#own.acknowledgedReadings
  }

  /** False once this gateway's own record was found changed, or while it doubts its ledger: it then signs no checkpoint. */
  get cosigning(): boolean {
    return this.#sound && !this.agreement.inDoubt && this.#replica.remembers
  }

  /** Whether the check of this gateway's own record found nothing. */
  set cosigning(sound: boolean) {
    this.#sound = sound
  }

  /** Where each stream of this gateway stood at the start, its queue included. */
  sequences(): [string, StreamPlace][] {
    return this.#places
  }

  /** Readings from a source. While the queue on disk is full they are not kept, which the next batch signs as a gap. */
  readings(rows: Rows): void {
    if (this.#paused || this.#own.stopped !== null) return
    this.#readings.push(this.clock.flagged(rows), this.#o.nowMs())
  }

  gap(gap: GapReport): void {
    this.#gaps.add(this.clock.bounded(gap))
  }

  /**
   * Signs an event of this gateway; resolves when the ledger has decided on it.
   *
   * @throws (rejects) WireError for a body that no replica would take, Error while this gateway signs nothing
   */
  async event<T extends CoreEventType>(type: T, assets: string[], body: CoreEvents[T]): Promise<Outcome> {
    if (this.#own.stopped !== null) throw new Error(`this gateway signs nothing: ${this.#own.stopped}`)
    this.#sealReadings(true)
    return await this.#own.outcomeOf(this.#signEvent(type, assets, body))
  }

  /** Every 100 ms: Raft's clock, batches that are old enough, signs of life, seals, proposals that got lost. */
  tick(): void {
    this.clock.tick()
    this.#replica.tick()
    const now = this.#o.nowMs()
    this.#refusals.tick()
    this.#sealReadings(false)
    if (this.#staged.length === 0 && now - this.#lastWriteMs > SIGN_OF_LIFE_MS && this.#own.stopped === null)
      this.#signEvent('gateway.alive', [], {})
    const { role, leftBehind } = this.#replica.status()
    if (role === 'leader') this.#sealer.tick(now)
    this.#leftBehind.watch(leftBehind)
  }

  receive(from: number, type: HostFrameType, body: Uint8Array): void {
    if (type === FRAME.raft) this.#replica.receive(from, body)
    else if (type === FRAME.memory) this.#replica.memory(from, body)
    else if (type === FRAME.forward) this.#proposeForPeer(from, body)
    else if (type === FRAME.cosignature) this.agreement.lines(this.checkpoints.receive(from, body))
  }

  /** Everything that can be done now; true while there is more. */
  work(): boolean {
    this.#sealReadings(false)
    if (this.#own.stopped === null && this.#staged.length === 0 && this.#refused.signAgain()) return true
    this.#propose()
    const result = this.#replica.pass()
    if (result === null) {
      if (this.#staged.length === 0) return !this.#holding && this.#readings.count >= this.#o.limits.batchReadingsMax
      this.#store(this.#takeStaged())
      return true
    }
    this.#settle(result.outcomes)
    this.#watchLeader()
    return true
  }

  /** Signs what is left, so that a clean stop loses no reading, and writes it to the durable queue. */
  close(): void {
    // What waits behind refused readings is signed too: it will be refused for their sake, and signed again after them.
    this.#sealAll()
    if (this.#staged.length > 0) this.#store(this.#takeStaged())
    this.#replica.close()
  }

  #prove(): ProvenReplica {
    const { addon, keys, ledger, marks, name, nowMs, onCondition, raftId, random, send } = this.#o
    return new ProvenReplica({
      id: raftId,
      addon,
      ledger,
      actor: keys.actorId,
      name,
      marks,
      nowMs,
      random,
      sign: (bytes) => keys.sign('entry', bytes),
      verify: (key, bytes, signature) => addon.verify(KEY_ALGORITHM.ed25519, key, bytes, signature),
      commitPass: (pass) => ledger.commitPass({ ...pass, enqueue: this.#takeStaged() }),
      send: (to, what, body) => send(to, FRAME[what], body),
      onRejected: (member, error) => this.#faults.rejected(member, error),
      onDamaged: (reason) => onCondition('log-damaged', name, true, { reason }),
      onLost: () => undefined,
      onRemembered: () => undefined,
      onCondition,
    })
  }

  #store(enqueue: SignedStatement[]): void {
    this.#o.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue })
  }

  #takeStaged(): SignedStatement[] {
    const staged = this.#staged
    this.#staged = []
    return staged
  }

  #stage(signed: SignedStatement): void {
    this.#staged.push(signed)
    this.#own.signed(signed.sequence)
    this.#lastWriteMs = this.#o.nowMs()
  }

  /** Gives the sequence of the signed event. */
  #signEvent<T extends CoreEventType>(type: T, assets: string[], body: CoreEvents[T]): number {
    let signed: SignedStatement
    try {
      signed = this.#chain.event(type, assets, body)
    } catch (error) {
      const facts = { event: type, reason: (error as Error).message }
      this.#o.onCondition('event-not-signed', this.#o.name, true, facts)
      throw error
    }
    if (type === 'stream.opened') this.#open(body as CoreEvents['stream.opened'])
    this.#stage(signed)
    return signed.sequence
  }

  /** Readings of an opening that was refused may wait already: others must not take their sequences. */
  #open({ stream, fromSequence }: CoreEvents['stream.opened']): void {
    this.#gaps.open(stream, Math.max(fromSequence, this.#o.ledger.signingStreamCursor(stream)))
  }

  /** True while newer readings wait for refused ones that are signed again first. Only so many are held in memory. */
  get #holding(): boolean {
    return this.#refused.due && this.#readings.count < MAX_BATCH_READINGS
  }

  #sealReadings(all: boolean): void {
    const { limits, nowMs } = this.#o
    this.#minding()
    if (this.#holding) return
    if (all) return this.#sealAll()
    while (this.#staged.length < STAGED_BATCHES_PER_PASS) {
      const full = this.#readings.count >= limits.batchReadingsMax
      const due = this.#readings.count > 0 && nowMs() - this.#readings.oldestMs >= limits.sealAfterMs
      if (!full && !due) return
      this.#makeBatch()
    }
  }

  #sealAll(): void {
    while (this.#readings.count > 0) this.#makeBatch()
  }

  #makeBatch(): void {
    const batch = this.#batches.make(this.#readings, this.#o.limits.batchReadingsMax)
    if (batch !== null) this.#stage(batch)
  }

  #minding(): void {
    const { ledger, limits, name, onCondition } = this.#o
    const bytes = ledger.queue.bytes()
    const paused = bytes > limits.queueBytesMax * (this.#paused ? QUEUE_RESUMES_AT : 1)
    if (paused === this.#paused) return
    this.#paused = paused
    onCondition('queue-full', name, paused)
  }

  #propose(): void {
    const status = this.#replica.status()
    if (status.leader === 0 || this.#own.stopped !== null) return
    const nowMs = this.#o.nowMs()
    const leads = status.role === 'leader'
    const pending = this.#outbox.take(nowMs, leads ? undefined : this.#pace.room(nowMs))
    if (pending.length === 0) return
    if (leads) this.#replica.propose(pending)
    else for (const part of forwardParts(pending)) this.#o.send(status.leader, FRAME.forward, encodeProposal(part))
    if (!leads) this.#pace.spend(sizeOf(pending))
  }

  #proposeForPeer(from: number, body: Uint8Array): void {
    if (this.#replica.status().role !== 'leader') return
    // The sender proposes again until it sees its entries applied, so that nothing needs an answer here.
    this.#replica.propose(this.#faults.forwarded(from, body.slice()), from)
  }

  #settle(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0) return
    const { keys, ledger, onApplied } = this.#o
    const { leader, role } = this.#replica.status()
    const applied: AppliedEntry[] = []
    for (const outcome of outcomes) {
      if (outcome.outcome === 'bad' && role !== 'leader') this.#faults.bad(leader, outcome.reason ?? '')
      if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.kind !== null)
        applied.push({ index: outcome.index, kind: outcome.kind, readings: outcome.readings })
      if (outcome.kind === 'seal') {
        this.#sealer.settled(outcome)
        this.agreement.sealed(outcome)
      } else if (outcome.actor !== keys.actorId) continue
      else if (outcome.outcome === 'early') this.#outbox.early(this.#o.nowMs())
      else this.#own.settled(outcome, !this.agreement.inDoubt)
    }
    const next = ledger.nextSequence(keys.actorId)
    if (next > this.#chain.nextSequence) {
      const cursor = ledger.signingCursor(keys.actorId)
      this.#chain.follow(cursor.sequence, cursor.previous)
    }
    this.#outbox.applied(next - 1, this.#o.nowMs())
    if (applied.length > 0) onApplied(applied)
  }

  #nameOf(raftId: number): string {
    return this.#o.ledger.members().find((member) => member.raftId === raftId)?.name ?? `member ${raftId}`
  }

  #watchLeader(): void {
    if (!this.elections.watch(this.#replica.status())) return
    this.#outbox.proposeAgain()
    this.#sealer.forget()
  }
}

function chainOptions({ addon, ledger, keys, random }: CoreOptions, clock: GatewayClock): ChainOptions {
  return {
    addon,
    actor: keys.actorId,
    channel: ledger.channel,
    keyId: keys.keyId('entry'),
    sign: (bytes) => keys.sign('entry', bytes),
    random,
    nowUs: () => clock.nowUs(),
    clock: () => clock.state,
  }
}
