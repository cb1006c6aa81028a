/**
 * One gateway's ledger pipeline, without threads, sockets or timers: readings become signed batches, batches go through Raft into
 * the ledger, seals become cosigned checkpoints. The thread that owns it (`ledger-loop.ts`) brings time, randomness and the wire.
 *
 *     readings -> Signing -> durable queue -> Outbox -> Raft -> apply -> acknowledged
 */
import { FRAME, type HostFrameType } from '../../consensus/frames.ts'
import type { ReplicaStatus } from '../../consensus/replica-status.ts'
import type { Outcome } from '../../ledger/ledger.ts'
import { KEY_ALGORITHM } from '../../wire/ids.ts'
import { encodeProposal } from '../../wire/proposal.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { Rows } from '../../wire/rows.ts'
import { Agreement } from '../agreement/agreement.ts'
import type { AgreementMemory } from '../agreement/agreement-memory.ts'
import { GatewayClock, type ClockSources } from '../clock/gateway-clock.ts'
import { Elections } from '../agreement/elections.ts'
import type { AppliedEntry } from './messages.ts'
import type { PlacedGap, StreamPlace } from '../signing/rows-handed.ts'
import { LeftBehind } from '../agreement/left-behind.ts'
import type { MarkStore } from '../memory/mark.ts'
import { ProvenReplica } from '../memory/proven-replica.ts'
import type { LossReason } from '../memory/start-gate.ts'
import type { KeyStore } from '../../keys/key-store.ts'
import { ChannelKeys } from '../keys/channel-keys.ts'
import { forwardParts, type Outbox } from '../signing/outbox.ts'
import type { SigningState } from '../signing/own-incarnation.ts'
import type { OwnStatements } from '../signing/own-statements.ts'
import { PersonStatements, type PersonOrder } from '../signing/person-statements.ts'
import { PeerFaults } from '../agreement/peer-faults.ts'
import { RefusedMessages } from '../agreement/refused-messages.ts'
import { Sealer } from './sealer.ts'
import { Signing, type SigningOptions } from '../signing/signing.ts'

export interface CoreOptions extends Omit<SigningOptions, 'memory' | 'clockState' | 'keys'> {
  keys: KeyStore
  raftId: number
  genesis: Uint8Array
  marks: MarkStore
  /** What this gateway remembers of agreement across restarts. */
  memory: AgreementMemory
  clock: ClockSources
  /** False where an earlier run found this gateway's own record changed. True by default. */
  cosigning?: boolean
  send(to: number, type: HostFrameType, body: Uint8Array): void
  broadcast(type: HostFrameType, body: Uint8Array): void
  onApplied(entries: AppliedEntry[]): void
  /** Whether another incarnation begins by itself, once all is known again, or when a test asks for it. */
  incarnates?: 'by itself' | 'when asked'
  /** A member sent what no correct gateway sends; `what` follows its name. */
  onFault?(member: number, code: string, what: string): void
}

export class GatewayCore {
  readonly #o: CoreOptions
  readonly #keys: ChannelKeys
  readonly #replica: ProvenReplica
  readonly #signing: Signing
  readonly #outbox: Outbox
  readonly #own: OwnStatements
  readonly #people: PersonStatements
  readonly #sealer: Sealer
  readonly #faults: PeerFaults
  readonly #refusals: RefusedMessages
  readonly clock: GatewayClock
  readonly agreement: Agreement
  readonly #leftBehind: LeftBehind
  #sound: boolean
  readonly elections: Elections

  constructor(options: CoreOptions) {
    this.#o = options
    const { ledger, name, nowMs, onCondition } = options
    const keys = new ChannelKeys(options.keys, ledger)
    this.#keys = keys
    this.#sound = options.cosigning ?? true
    const actor = keys.actorId
    const sources = options.clock
    this.clock = new GatewayClock({ ledger, actor, sources, wallUs: options.nowUs, name, onCondition })
    const nowUs = (): number => this.clock.nowUs()
    this.#refusals = new RefusedMessages({ nowMs, nameOf: (id) => this.#nameOf(id), onCondition })
    this.#faults = new PeerFaults({ ledger, onFault: (...fault) => this.fault(...fault) })
    // First: it finds out whether this gateway may go on where it signed last.
    this.#replica = this.#prove()
    const memory = ledger.memory.lost ? 'lost' : 'kept'
    this.#signing = new Signing({ ...options, keys, memory, nowUs, clockState: () => this.clock.state })
    this.#outbox = this.#signing.outbox
    this.#own = this.#signing.own
    this.#people = new PersonStatements({
      ...options,
      keeper: actor,
      nowUs,
      maySign: () => this.#signing.maySign && this.#replica.remembers,
    })
    this.agreement = new Agreement({
      ...options,
      keys,
      nowUs,
      mayCosign: () => this.cosigning,
    })
    this.#sealer = new Sealer({
      ledger,
      chain: this.#signing.chain,
      actor,
      clock: this.clock,
      propose: (entry) => void this.#replica.propose([{ entry, payload: null }]),
      handOver: (to) => this.handOver(to),
      name,
      onCondition,
    })
    this.#leftBehind = new LeftBehind(ledger, onCondition)
    this.elections = new Elections(nowUs)
  }

  get status(): ReplicaStatus {
    return this.#replica.status()
  }

  /** Why what this gateway remembers does not count, and how many voters must be heard before it takes part. */
  get memory(): { loss: LossReason | null; missing: number } {
    const { loss, missing } = this.#replica
    return { loss, missing }
  }

  /** A message of a member was passed over; `what` follows its name. Told where there are many. */
  passedOver(member: number, what: string): void {
    this.#refusals.refused(member, what)
  }

  /** A member sent what no correct gateway sends; `what` follows its name. */
  fault(member: number, code: string, what: string): void {
    this.passedOver(member, what)
    this.#o.onFault?.(member, code, what)
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

  /** Where memory was lost: ends the incarnation that the ledger knows, and signs in another once the ledger holds that. */
  beginIncarnation(): void {
    this.#signing.incarnation.begin()
  }

  /** Readings that are not durable yet, signed or not. */
  get undurableReadings(): number {
    return this.#signing.undurableReadings
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
    if (this.#own.stopped !== null) return
    const bounded = gaps.map((gap) => ({ ...this.clock.bounded(gap), row: gap.row }))
    this.#signing.readings.push(this.clock.flagged(rows), bounded, kind)
  }

  /** Nothing was read since the newest reading of every stream, until its next one comes. */
  silence(reason: string): void {
    this.#signing.readings.silence(reason)
  }

  /**
   * Signs an event of this gateway; resolves when the ledger has decided on it. `isTold`: somebody hears of a refusal, so that no condition
   * need say it. Where memory was lost it waits for the fence first.
   *
   * @throws (rejects) WireError for a body that no replica would take, Error while this gateway signs nothing
   */
  async event<T extends CoreEventType>(type: T, body: CoreEvents[T], isTold = false): Promise<Outcome> {
    return await this.#signing.events.ask(type, body, isTold)
  }

  /** A person signs an event here; resolves and rejects like `event`. */
  async say(order: PersonOrder): Promise<Outcome> {
    return await this.#people.say(order)
  }

  /** Every 100 ms: Raft's clock, batches that are old enough, signs of life, seals, proposals that got lost. */
  tick(): void {
    this.clock.tick()
    this.#replica.tick()
    this.#refusals.tick()
    this.agreement.tick()
    this.#goOn()
    this.#watchRules()
    this.#signing.tick()
    const { role, leftBehind } = this.#replica.status()
    if (role === 'leader') this.#sealer.tick(this.#o.nowMs())
    this.#leftBehind.watch(leftBehind)
  }

  /** A release that lacks the rules in force decides nothing: it replicates, votes, and says what to do about it. */
  #watchRules(): void {
    const { ledger, name, onCondition } = this.#o
    const version = ledger.lacksRules
    if (version !== null) onCondition('rules-missing', name, true, { version })
  }

  /** The link to a member is up. */
  linked(member: number): void {
    this.#replica.linked(member)
  }

  receive(from: number, type: HostFrameType, body: Uint8Array): void {
    if (type === FRAME.raft) this.#replica.receive(from, body)
    else if (type === FRAME.memory) this.#replica.memory(from, body)
    else if (type === FRAME.forward) this.#proposeForPeer(from, body)
    else if (type === FRAME.cosignature && !this.agreement.receive(from, body))
      this.fault(from, 'lines_false', 'sent a signature line that does not hold')
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
    this.#signing.readings.closeAll()
    this.#signing.store()
    this.#replica.close()
  }

  #prove(): ProvenReplica {
    const { addon, keys, ledger, name, onCondition, raftId, send } = this.#o
    return new ProvenReplica({
      ...this.#o,
      id: raftId,
      actor: keys.actorId,
      sign: (bytes) => this.#keys.now('entry').sign(bytes),
      newestKey: () => this.#o.keys.public('entry'),
      verify: (key, bytes, signature) => addon.verify(KEY_ALGORITHM.ed25519, key, bytes, signature),
      commitPass: (pass) => {
        const outcomes = ledger.commitPass({ ...pass, enqueue: this.#signing.takeStaged() })
        this.#signing.written()
        return outcomes
      },
      send: (to, what, body) => send(to, FRAME[what], body),
      onRejected: (member, error) => this.#faults.rejected(member, error),
      onDamaged: (reason) => onCondition('log-damaged', name, true, { reason }),
      // At the start it signs nothing before it is asked.
      onLost: () => (this.#signing as Signing | undefined)?.lose(),
    })
  }

  /** Once all that was committed is known again, another incarnation may begin. */
  #goOn(): void {
    const knowsAll = this.#replica.remembers && this.#replica.takesPart
    if (this.signing === 'lost' && knowsAll && this.#o.incarnates !== 'when asked') this.beginIncarnation()
  }

  #propose(): void {
    const status = this.#replica.status()
    if (status.leader === 0 || this.#own.stopped !== null) return
    const isForwarded = status.role !== 'leader'
    // Who leads checks what others send by the keys that it knows by now.
    const last = isForwarded ? (this.#signing.rotationWaits ?? undefined) : undefined
    const pending = [...this.#outbox.take(this.#o.nowMs(), isForwarded, last), ...this.#people.due()]
    if (pending.length === 0) return
    if (status.role === 'leader') this.#replica.propose(pending)
    else for (const part of forwardParts(pending)) this.#o.send(status.leader, FRAME.forward, encodeProposal(part))
  }

  #proposeForPeer(from: number, body: Uint8Array): void {
    if (this.#replica.status().role !== 'leader') return
    // The sender proposes again until it sees its entries applied, so that nothing needs an answer here.
    this.#replica.propose(this.#faults.forwarded(from, body.slice()), from)
  }

  #settle(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0) return
    const { keys, onApplied } = this.#o
    this.#faults.outcomes(outcomes, this.#replica.status())
    const applied: AppliedEntry[] = []
    for (const outcome of outcomes) {
      if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.kind !== null)
        applied.push({ index: outcome.index, kind: outcome.kind, readings: outcome.readings })
      if (outcome.kind === 'seal') {
        this.#sealer.settled(outcome)
        this.agreement.sealed(outcome)
      } else if (outcome.actor === keys.actorId) this.#signing.settled(outcome, !this.agreement.inDoubt)
      else this.#people.settled(outcome)
    }
    this.#signing.follow()
    if (applied.length > 0) onApplied(applied)
  }

  #nameOf(raftId: number): string {
    return this.#o.ledger.members().find((member) => member.raftId === raftId)?.name ?? `member ${raftId}`
  }

  #watchLeader(): void {
    if (!this.elections.watch(this.#replica.status())) return
    this.#outbox.proposeAgain()
    this.#people.proposeAgain()
    this.#sealer.forget()
  }
}
