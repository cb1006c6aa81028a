/**
 * One gateway's ledger pipeline, without threads, sockets or timers: readings become signed batches, batches go through Raft into
 * the ledger, seals become cosigned checkpoints. The thread that owns it (`ledger-worker.ts`) brings time, randomness and the wire.
 *
 *     readings -> Signing -> durable queue -> Outbox -> Raft -> apply -> acknowledged
 */
import { FRAME, type HostFrameType } from '../consensus/frames.ts'
import { Replica, type ReplicaStatus } from '../consensus/replica.ts'
import type { Outcome } from '../ledger/ledger.ts'
import { encodeProposal } from '../wire/proposal.ts'
import type { CoreEvents, CoreEventType } from '../wire/events.ts'
import type { Rows } from '../wire/rows.ts'
import { Agreement } from './agreement.ts'
import { CheckpointBook } from './checkpoint-book.ts'
import type { AppliedEntry, PlacedGap, StreamPlace } from './messages.ts'
import { LeftBehind } from './left-behind.ts'
import { forwardParts, type Outbox } from './outbox.ts'
import type { SigningState } from './own-incarnation.ts'
import type { OwnStatements } from './own-statements.ts'
import { PeerFaults } from './peer-faults.ts'
import { Sealer } from './sealer.ts'
import { Signing, type SigningOptions } from './signing.ts'
import type { SignedStatement } from './statement-chain.ts'

export interface CoreOptions extends SigningOptions {
  name: string
  raftId: number
  /** False where an earlier run found this gateway's own record changed. True by default. */
  cosigning?: boolean
  send(to: number, type: HostFrameType, body: Uint8Array): void
  broadcast(type: HostFrameType, body: Uint8Array): void
  onApplied(entries: AppliedEntry[]): void
}

export class GatewayCore {
  readonly #o: CoreOptions
  readonly #replica: Replica<Outcome>
  readonly #signing: Signing
  readonly #outbox: Outbox
  readonly #own: OwnStatements
  readonly #sealer: Sealer
  readonly #checkpoints: CheckpointBook
  readonly #faults: PeerFaults
  readonly #agreement: Agreement
  readonly #leftBehind: LeftBehind
  #leader = 0
  #sound: boolean
  readonly elections: { term: number; leader: number; atUs: number }[] = []

  constructor(options: CoreOptions) {
    this.#o = options
    const { ledger, keys, nowUs, onAlarm } = options
    const actor = keys.actorId
    this.#sound = options.cosigning ?? true
    this.#signing = new Signing(options)
    this.#outbox = this.#signing.outbox
    this.#own = this.#signing.own
    this.#agreement = new Agreement({ ledger, actor, checkpoints: () => this.#checkpoints, onAlarm })
    this.#checkpoints = new CheckpointBook({
      ledger,
      keys,
      name: options.name,
      nowUs,
      mayCosign: () => this.cosigning,
      share: (frame) => options.broadcast(FRAME.cosignature, frame),
    })
    this.#replica = new Replica({
      id: options.raftId,
      addon: options.addon,
      store: {
        raft: ledger.raft,
        commitPass: (pass) => ledger.commitPass({ ...pass, enqueue: this.#takeStaged() }),
      },
      send: (to, message) => options.send(to, FRAME.raft, message),
      onDamaged: (message) => options.onAlarm('raft_log_damaged', message),
    })
    this.#faults = new PeerFaults(onAlarm)
    this.#sealer = new Sealer({
      ledger,
      chain: this.#signing.chain,
      actor,
      nowUs,
      propose: (entry) => void this.#replica.propose([{ entry, payload: null }]),
      handOver: (to) => this.handOver(to),
      onAlarm,
    })
    this.#leftBehind = new LeftBehind(ledger, onAlarm)
  }

  get status(): ReplicaStatus {
    return this.#replica.status()
  }

  /** Asks another voter to lead, where this gateway does. */
  handOver(to: number): void {
    this.#replica.transferLeader(to)
  }

  get paused(): boolean {
    return this.#signing.readings.paused
  }

  /** Whether this gateway signs, and in which incarnation. */
  get signing(): SigningState {
    return this.#signing.incarnation.state
  }

  /**
   * Begins another incarnation where memory was lost: signs the fence, and nothing behind it before the ledger holds it. To be called
   * when the ledger has caught up; does nothing else than once.
   */
  beginIncarnation(): void {
    this.#signing.incarnation.begin()
  }

  get notice(): string | null {
    return this.#own.stopped
  }

  get acknowledgedReadings(): number {
    return this.#own.acknowledgedReadings
  }

  /** False once this gateway's own record was found changed, or while it doubts its ledger: it then signs no checkpoint. */
  get cosigning(): boolean {
    return this.#sound && !this.#agreement.inDoubt
  }

  /** Whether the check of this gateway's own record found nothing. */
  set cosigning(sound: boolean) {
    this.#sound = sound
  }

  /** Assets whose registration waits in the queue since an earlier run. */
  get registering(): readonly string[] {
    return this.#signing.registering
  }

  /** Where each opened stream of this gateway stood at the start, its queue included. */
  streams(): [string, StreamPlace][] {
    return this.#signing.streams
  }

  /**
   * Readings from a source, without numbers, and what is known to be missing between them; of a `past` only what is not recorded
   * yet counts. While the queue on disk is full they are not kept, which the next batch signs as a gap.
   */
  readings(
    rows: Rows,
    { gaps = [], kind = 'live' }: { gaps?: readonly PlacedGap[]; kind?: 'live' | 'past' } = {},
  ): void {
    if (this.#own.stopped === null) this.#signing.readings.push(rows, gaps, kind)
  }

  /** Nothing was read since the newest reading of every stream, until its next one comes. */
  silence(reason: string): void {
    this.#signing.readings.silence(reason)
  }

  /**
   * Signs an event of this gateway; resolves when the ledger has decided on it. Where memory was lost it waits for the fence first.
   *
   * @throws (rejects) WireError for a body that no replica would take, Error while this gateway signs nothing
   */
  async event<T extends CoreEventType>(type: T, assets: string[], body: CoreEvents[T]): Promise<Outcome> {
    return await this.#signing.events.ask(type, assets, body)
  }

  /** Every 100 ms: Raft's clock, batches that are old enough, signs of life, seals, proposals that got lost. */
  tick(): void {
    this.#replica.tick()
    this.#signing.tick()
    const { role, leftBehind } = this.#replica.status()
    if (role === 'leader') this.#sealer.tick(this.#o.nowMs())
    this.#leftBehind.watch(leftBehind)
  }

  receive(from: number, type: HostFrameType, body: Uint8Array): void {
    if (type === FRAME.raft) this.#replica.receive(from, body)
    else if (type === FRAME.forward) this.#proposeForPeer(from, body)
    else if (type === FRAME.cosignature) this.#agreement.lines(this.#checkpoints.receive(from, body))
  }

  /** Everything that can be done now; true while there is more. */
  work(): boolean {
    if (this.#signing.sign()) return true
    this.#propose()
    const result = this.#replica.pass()
    if (result === null) {
      if (this.#signing.staged === 0) return this.#signing.readings.more
      this.#signing.store()
      return true
    }
    this.#settle(result.outcomes)
    this.#watchLeader()
    return true
  }

  /** Signs what is left, so that a clean stop loses no reading, and writes it to the durable queue. */
  close(): void {
    // What waits behind refused readings is signed too: it will be refused for their sake, and signed again after them.
    this.#signing.readings.sealAll()
    this.#signing.store()
  }

  #takeStaged(): SignedStatement[] {
    return this.#signing.takeStaged()
  }

  #propose(): void {
    const status = this.#replica.status()
    if (status.leader === 0 || this.#own.stopped !== null) return
    const pending = this.#outbox.take(this.#o.nowMs())
    if (pending.length === 0) return
    if (status.role === 'leader') this.#replica.propose(pending)
    else for (const part of forwardParts(pending)) this.#o.send(status.leader, FRAME.forward, encodeProposal(part))
  }

  #proposeForPeer(from: number, body: Uint8Array): void {
    if (this.#replica.status().role !== 'leader') return
    // The sender proposes again until it sees its entries applied, so that nothing needs an answer here.
    this.#replica.propose(this.#faults.forwarded(from, body.slice()))
  }

  #settle(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0) return
    const { keys, onApplied } = this.#o
    const applied: AppliedEntry[] = []
    for (const outcome of outcomes) {
      if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.kind !== null)
        applied.push({ index: outcome.index, kind: outcome.kind, readings: outcome.readings })
      if (outcome.kind === 'seal') {
        this.#sealer.settled(outcome)
        this.#agreement.sealed(outcome)
      } else if (outcome.actor === keys.actorId) this.#signing.settled(outcome, !this.#agreement.inDoubt)
    }
    this.#signing.follow()
    if (applied.length > 0) onApplied(applied)
  }

  #watchLeader(): void {
    const { leader, term } = this.#replica.status()
    if (leader === this.#leader) return
    this.#leader = leader
    this.#outbox.proposeAgain()
    this.#sealer.forget()
    if (leader === 0) return
    this.elections.push({ term, leader, atUs: this.#o.nowUs() })
    if (this.elections.length > 100) this.elections.shift()
  }
}
