/**
 * One gateway in a simulation: the real replica over the real ledger, with a disk that keeps exactly what was committed.
 * It does what the gateway's pipeline does (queue before it leaves, propose, acknowledge when applied), without threads or sockets.
 */
import type { Addon } from '../../native/addon.ts'
import type { StoredPass } from '../../src-main/consensus/storage.ts'
import {
  encodeMemoryFrame,
  parseMemoryFrame,
  signMark,
  type MemoryFrame,
} from '../../src-main/gateway/memory/memory-frame.ts'
import { ProvenReplica } from '../../src-main/gateway/memory/proven-replica.ts'
import type { FoundMark, Mark } from '../../src-main/gateway/memory/mark.ts'
import type { SignedStatement, StatementChain } from '../../src-main/gateway/signing/statement-chain.ts'
import { sealTimeUs } from '../../src-main/ledger/apply-seal.ts'
import { openLedger, type FaultPoint, type Ledger, type Outcome } from '../../src-main/ledger/ledger.ts'
import { equalBytes } from '../../src-main/wire/bytes.ts'
import { decodeProposal, encodeProposal } from '../../src-main/wire/proposal.ts'
import type { Packet } from './network.ts'
import type { Oracle } from './oracle.ts'
import { coreUnder, ledgerUnder, storedUnder, type PlantedBug } from './planted-bugs.ts'
import type { Prng } from './prng.ts'
import { EPOCH_US, type SimChannel, type SimGateway } from './sim-channel.ts'
import { SimDisk, type Before } from './sim-disk.ts'
import { fakeSignature } from './fake-signature.ts'

const SEAL_EVERY_MS = 1_000
const REPEAT_AFTER_MS = 1_500
const PROPOSED_AT_ONCE = 16
const PASSES_MAX = 1_000
const COPY_PROBABILITY = 0.02
const MARK_FOLLOWS_WITHIN_MS = 1_200
const NOTHING = { log: [], applied: 0, size: 0 }

export interface NodeWorld {
  addon: Addon
  channel: SimChannel
  oracle: Oracle
  prng: Prng
  bug: PlantedBug | null
  electionTicksMax: number
  /** Log entries that each keeps although all have them. */
  keptEntries: number
  nowMs(): number
  send(packet: Packet): void
  trace(what: string): void
  /** Probability that a transaction is where the process ends. */
  crashAtCommit(): number
  /** Probability that a process ends right after it has sent a vote for another. */
  crashAtVote(): number
  /** Probability that power is cut where a process ends. */
  powerCut(): number
  /** Probability that an older copy of a file is put back where a process ends; 0 while another node is without memory. */
  throwBack(): number
}

/** The process of a node ends here. */
class Crash extends Error {}

interface Running {
  ledger: Ledger
  replica: ProvenReplica
  sealer: StatementChain
  staged: SignedStatement[]
  /** Sequence up to which statements were handed to a leader. */
  proposedTo: number
  progressMs: number
  leader: number
  sealedMs: number
}

export class SimNode {
  readonly id: number
  readonly gateway: SimGateway
  readonly #world: NodeWorld
  #running: Running | null = null
  readonly #disk = new SimDisk()
  #starts = 0
  /** Where the process ends: before, inside or after the next transaction, or right after what it then sends. */
  #crash: 'before' | 'inside' | 'unsynced' | 'after' | 'sent' | null = null
  /** What was synced before a transaction that is written and not synced. */
  #unsynced: Before | null = null
  /** Tells the oracle of a transaction that was written and not synced: it counts once a process has synced what it reads. */
  #tellLater: (() => void) | null = null
  /** Newest start that was heard of each peer. */
  readonly #lives = new Map<number, number>()
  /** Newest start of each peer as its frames name it, for planted bugs. */
  readonly #boots = new Map<number, string>()
  /** A mark that is to be written later, by a planted bug. */
  #lateMark: Mark | null = null
  #ending = false
  #mustThrowBack = false
  /** Messages that may still leave before the process ends; null for all. */
  #sendsLeft: number | null = null
  /** Statements that the source asked for and that are not staged yet. */
  #demand = 0
  /** Term of the last vote for another. */
  #votedIn = 0
  /** Sequence after the last statement that is in the queue on disk, or was. */
  madeNext: number

  constructor(world: NodeWorld, gateway: SimGateway) {
    this.#world = world
    this.gateway = gateway
    this.id = gateway.id
    this.madeNext = this.firstSequence
  }

  /** The founder's statement 0 is the genesis. */
  get firstSequence(): number {
    return this.id === 1 ? 1 : 0
  }
  get up(): boolean {
    return this.#running !== null
  }
  get ledger(): Ledger | null {
    return this.#running?.ledger ?? null
  }
  get leads(): boolean {
    return this.#running?.replica.status().role === 'leader'
  }
  /** True while anything that this node made is not applied here. */
  get busy(): boolean {
    const running = this.#running
    return running === null || this.#demand > 0 || running.staged.length > 0 || running.ledger.queue.count() > 0
  }

  start(): void {
    const { addon, channel, prng, oracle, bug } = this.#world
    this.#starts += 1
    this.#lives.clear()
    this.#disk.opened(bug !== 'page cache counts')
    this.#tellLater?.()
    this.#tellLater = null
    const { image } = this.#disk
    const ledger = openLedger({
      addon,
      genesis: channel.genesis,
      memory: true,
      actor: this.gateway.actor,
      ledgerId: Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? this.id : this.#starts) & 0xff),
      faults: (point) => this.#fault(point),
      ...(image === undefined ? {} : { image }),
    })
    oracle.ledger(this.id, ledger)
    const timeout = prng.int(10, this.#world.electionTicksMax)
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.int(0, 255))
    const sealer = this.gateway.sealer(random, () => EPOCH_US + Math.round(this.#world.nowMs() * 1000))
    const replica = this.#prove(ledger, timeout, random)
    const now = this.#world.nowMs()
    this.#running = { ledger, replica, sealer, staged: [], proposedTo: -1, progressMs: now, leader: 0, sealedMs: now }
    if (replica.loss !== null) oracle.lost(this.id, replica.loss)
    this.#world.trace(`start ${this.id} #${this.#starts} size ${ledger.size} timeout ${timeout} ${replica.loss ?? ''}`)
  }

  #prove(ledger: Ledger, timeout: number, random: (length: number) => Uint8Array): ProvenReplica {
    const { addon, oracle, bug } = this.#world
    const { actor, publicKey } = this.gateway
    return new ProvenReplica({
      id: this.id,
      addon: coreUnder(bug, addon),
      ledger: ledgerUnder(bug, ledger),
      actor,
      name: `node-${this.id}`,
      marks: { read: () => this.#readMark(ledger), write: (mark) => this.#writeMark(mark) },
      nowMs: () => this.#world.nowMs(),
      random,
      sign: (bytes) => fakeSignature(addon, publicKey, bytes),
      newestKey: () => publicKey,
      verify: (key, bytes, signature) => equalBytes(fakeSignature(addon, key, bytes), signature),
      commitPass: (pass) => this.#commit(ledger, pass),
      send: (to, kind, bytes) => this.#send(to, kind, bytes),
      onLost: () => undefined,
      onRemembered: () => {
        this.#world.trace(`remembers ${this.id}`)
        oracle.remembers(this.id)
        // Its statements are the same in every life, so that it needs no new incarnation here.
        ledger.memory.set(false)
      },
      onCondition: () => undefined,
      electionTicks: { min: timeout, max: timeout + 1 },
      retention: { keptEntries: this.#world.keptEntries },
      tailBytesMax: 8 * 1024,
    })
  }

  #readMark(ledger: Ledger): FoundMark {
    if (this.#world.bug !== 'no mark') return this.#disk.mark
    const { ledger: id, counter } = ledger.memory.identity
    return { ledger: id, counter, term: 0, vote: 0, cosigned: 0 }
  }

  #writeMark(mark: Mark): void {
    const { bug, prng, crashAtCommit } = this.#world
    if (bug === 'vote before mark' && this.#isVote(mark)) {
      this.#lateMark = mark
      return
    }
    if (this.#running !== null && prng.chance(crashAtCommit() / 2)) this.#end()
    this.#disk.write(mark)
    if (this.#running !== null && prng.chance(crashAtCommit() / 2)) this.#end()
  }

  /** The process ends now, between two transactions; `thrownBack`: and its ledger is what it was at some earlier time. */
  stop(thrownBack = false): void {
    if (this.#running === null) return
    this.#mustThrowBack = thrownBack
    this.#die()
  }

  /** Somebody copies its disk. */
  copyDisk(): void {
    if (this.#running !== null) this.#copy(this.#running.ledger)
  }

  demand(): void {
    this.#demand += 1
    this.#alive(() => undefined)
  }

  tick(): void {
    this.#alive(({ replica, ledger }) => {
      if (this.#lateMark !== null) this.#disk.write(this.#lateMark)
      this.#lateMark = null
      replica.tick()
      this.#seal()
      if (this.#world.prng.chance(COPY_PROBABILITY)) this.#copy(ledger)
    })
  }

  deliver(packet: Packet): void {
    if (!this.#connected(packet)) return
    this.#alive(({ replica }) => {
      if (packet.kind === 'raft') replica.receive(packet.from, packet.bytes)
      else if (packet.kind === 'forward') replica.propose(decodeProposal(packet.bytes), packet.from)
      else this.#memory(replica, packet)
    })
  }

  /**
   * A connection is between two processes and keeps its order. What an ended process had sent is read until the new one is heard; and
   * without a memory (else Raft must bear it) what was sent before this start was known belongs to the connection before.
   */
  #connected({ from, kind, life, peerLife }: Packet): boolean {
    if (life < (this.#lives.get(from) ?? 0)) return false
    if (kind === 'memory') return true
    return this.#running?.replica.loss === null || peerLife === this.#starts
  }

  #memory(replica: ProvenReplica, { from, bytes, life }: Packet): void {
    const { bug, oracle } = this.#world
    if (bug === 'no mark') return
    this.#lives.set(from, Math.max(life, this.#lives.get(from) ?? 0))
    const before = replica.loss
    replica.memory(from, bytes)
    if (before === null && replica.loss !== null) oracle.lost(this.id, replica.loss)
    if (bug !== 'a majority that counts itself') return
    const { mark, heard, term } = parseMemoryFrame(bytes) as MemoryFrame
    this.#boots.set(from, mark.boot)
    if (heard !== null && term !== null) this.#answerFor(6 - this.id - from, heard, term)
  }

  #hearNobody(peer: number, bytes: Uint8Array): void {
    const { mark, asks } = parseMemoryFrame(bytes) as MemoryFrame
    if (asks) this.#answerFor(peer, mark.boot, 0)
  }

  /** A planted bug hears a peer that has said nothing. */
  #answerFor(peer: number, boot: string, term: number): void {
    const { addon, channel } = this.#world
    const { actor, publicKey } = channel.gateways.get(peer) as SimGateway
    const replica = this.#running?.replica
    if (replica === undefined || replica.loss === null || replica.missing === 0) return
    const mark = { ledger: '00'.repeat(16), counter: 0, cosigned: 0, boot: this.#boots.get(peer) ?? 'ff'.repeat(16) }
    const sign = (bytes: Uint8Array): Uint8Array => fakeSignature(addon, publicKey, bytes)
    const signed = signMark(channel.channel, actor, mark, sign)
    const nothing = { yours: null, asks: false, lastIndex: 0 }
    const frame = encodeMemoryFrame({ mark: signed, ...nothing, term, heard: boot })
    replica.memory(peer, frame)
  }

  #isVote(mark: Mark): boolean {
    const { mark: last } = this.#disk
    if (last === null || last === 'new') return false
    return mark.ledger === last.ledger && (mark.term !== last.term || mark.vote !== last.vote)
  }

  #copy(ledger: Ledger): void {
    this.#disk.copy(ledger.image(), this.#world.nowMs(), this.#world.oracle.diskOf(this.id))
  }

  /** Runs input and then all the work that follows from it; where a crash was planned, the node is down afterwards. */
  #alive(input: (running: Running) => void): void {
    if (this.#running === null) return
    try {
      input(this.#running)
      this.#work(this.#running)
      if (this.#crash === 'sent') this.#die()
    } catch (error) {
      if (this.#world.oracle.violation !== null) throw this.#world.oracle.violation
      if (!this.#ending) throw error
      this.#die()
    }
  }

  #work(running: Running): void {
    for (let passes = 0; ; passes++) {
      if (passes > PASSES_MAX) throw new Error(`node ${this.id} does not come to rest`)
      this.#stage(running)
      this.#propose(running)
      const result = running.replica.pass()
      if (result === null && running.staged.length === 0) break
      if (result === null) this.#commit(running.ledger, { truncateFrom: null, append: [], hardState: null, apply: [] })
      else this.#settle(running, result.outcomes)
    }
    const { role, term, leader } = running.replica.status()
    if (role === 'leader') this.#world.oracle.leads(this.id, term)
    if (leader === running.leader) return
    this.#world.trace(`leader of ${this.id} is ${leader} in term ${term}`)
    running.leader = leader
    running.proposedTo = -1
    if (leader !== 0) this.#work(running)
  }

  #stage(running: Running): void {
    // Under which sequence, it does not know yet.
    if (!running.replica.remembers) return
    for (; this.#demand > 0; this.#demand--) {
      const next = running.ledger.signingCursor(this.gateway.actor).sequence + running.staged.length
      running.staged.push(this.gateway.statement(next))
    }
  }

  #propose(running: Running): void {
    const { ledger, replica, leader } = running
    if (this.#world.nowMs() - running.progressMs > REPEAT_AFTER_MS) {
      running.proposedTo = -1
      running.progressMs = this.#world.nowMs()
    }
    if (leader === 0 || ledger.queue.count() === 0) return
    const pending = ledger.queue.pending(PROPOSED_AT_ONCE, running.proposedTo)
    const last = pending.at(-1)
    if (last === undefined) return
    running.proposedTo = last.sequence
    if (replica.status().role !== 'leader') {
      this.#send(leader, 'forward', encodeProposal(pending))
      return
    }
    replica.propose(pending)
    if (this.#world.bug !== 'acknowledge before commit') return
    for (const { sequence, statementHash } of pending)
      this.#world.oracle.acknowledge(this.gateway.actor, sequence, statementHash)
  }

  #settle(running: Running, outcomes: readonly Outcome[]): void {
    for (const { outcome, actor, sequence, entryHash } of outcomes) {
      if (actor !== this.gateway.actor || sequence === null) continue
      running.progressMs = this.#world.nowMs()
      if (outcome === 'early') running.proposedTo = -1
      else if (outcome === 'accepted' || outcome === 'duplicate')
        this.#world.oracle.acknowledge(actor, sequence, entryHash)
    }
  }

  #seal(): void {
    const { ledger, replica, sealer, sealedMs } = this.#running as Running
    const now = this.#world.nowMs()
    if (now - sealedMs < SEAL_EVERY_MS || replica.status().role !== 'leader' || !ledger.sealDue()) return
    ;(this.#running as Running).sealedMs = now
    const draft = ledger.sealDraft()
    const { height, size, stateRoot, packsHash } = draft
    const timeUs = sealTimeUs(draft, EPOCH_US + Math.round(now * 1000))
    replica.propose([{ entry: sealer.seal({ height, size, stateRoot, packsHash }, timeUs), payload: null }])
  }

  /** The store, with a disk on which the process may end before, inside or after each transaction. */
  #commit(ledger: Ledger, pass: StoredPass): Outcome[] {
    const { oracle, prng, trace, crashAtCommit, crashAtVote, throwBack, bug } = this.#world
    const probability = crashAtCommit()
    if (prng.chance(probability)) this.#crash = prng.pick(['before', 'inside', 'unsynced', 'after', 'sent'] as const)
    // Some processes end after the commit, in the middle of what they then send.
    else if (prng.chance(probability / 2)) this.#sendsLeft = prng.int(0, 2)
    if (this.#votesForAnother(pass) && prng.chance(crashAtVote())) {
      this.#crash = 'sent'
      // The edge at which an older copy must be known by its mark at once, and not within a second.
      if (throwBack() > 0) this.#disk.copy(ledger.image(), Number.NEGATIVE_INFINITY, oracle.diskOf(this.id))
    }
    if (this.#crash === 'before') this.#end()
    if (this.#crash === 'unsynced') this.#unsynced = { image: ledger.image(), known: oracle.diskOf(this.id) }
    this.#hastyMark(ledger)
    const enqueue = this.#running?.staged.splice(0) ?? []
    const outcomes = ledger.commitPass({ ...storedUnder(bug, pass), enqueue })
    const tell = (): void => {
      for (const { sequence } of enqueue) oracle.made(this.gateway.actor, sequence)
      oracle.stored(this.id, pass.truncateFrom, pass.append)
      oracle.applied(this.id, pass.apply)
      oracle.decided(this.id, outcomes)
      this.madeNext = Math.max(this.madeNext, (enqueue.at(-1)?.sequence ?? -1) + 1)
    }
    if (this.#unsynced !== null) {
      this.#tellLater = tell
      this.#end()
    }
    this.#disk.committed()
    trace(`commit ${this.id} +${pass.append.length} =${pass.apply.length} q${enqueue.length}`)
    tell()
    oracle.ledger(this.id, ledger)
    if (this.#crash === 'after') this.#end()
    return outcomes
  }

  #hastyMark(ledger: Ledger): void {
    if (this.#world.bug !== 'mark before log') return
    const { ledger: id, counter } = ledger.memory.identity
    this.#disk.write({ ledger: id, counter: counter + 1, term: 0, vote: 0, cosigned: 0 })
  }

  #votesForAnother({ hardState }: StoredPass): boolean {
    if (hardState === null || hardState.vote === 0 || hardState.vote === this.id) return false
    if (hardState.term === this.#votedIn) return false
    this.#votedIn = hardState.term
    return true
  }

  #fault(point: FaultPoint): void {
    if (point === 'before-commit' && this.#crash === 'inside') this.#end()
  }

  /** Whatever catches this on its way up cannot save the process. */
  #end(): never {
    this.#ending = true
    throw new Crash()
  }

  #send(to: number, kind: Packet['kind'], bytes: Uint8Array): void {
    if (this.#sendsLeft === 0) this.#end()
    if (this.#sendsLeft !== null) this.#sendsLeft -= 1
    this.#world.trace(`send ${this.id}>${to} ${kind} ${bytes.length}`)
    if (this.#world.bug === 'acknowledging while mute' && kind === 'memory') this.#hearNobody(to, bytes)
    const peerLife = this.#lives.get(to) ?? 0
    this.#world.send({ from: this.id, to, kind, bytes, life: this.#starts, peerLife })
  }

  #die(): void {
    const { ledger } = this.#running as Running
    const { trace, prng, powerCut, oracle } = this.#world
    trace(`crash ${this.id} ${this.#crash ?? ''}`)
    this.#disk.left(ledger, this.#unsynced)
    ledger.close()
    this.#running = null
    this.#crash = null
    this.#ending = false
    this.#sendsLeft = null
    this.#demand = 0
    this.#unsynced = null
    this.#lateMark = null
    const left = prng.chance(powerCut()) ? this.#disk.cutPower() : null
    if (left !== null) {
      trace(`power ${this.id}`)
      oracle.powerCut(this.id, left)
      this.#tellLater = null
    }
    this.#throwBack()
  }

  #throwBack(): void {
    const { prng, throwBack, nowMs, oracle, trace } = this.#world
    const copies = this.#disk.older(nowMs() - MARK_FOLLOWS_WITHIN_MS)
    const forced = this.#mustThrowBack
    this.#mustThrowBack = false
    if (copies.length === 0 || !(forced || prng.chance(throwBack()))) return
    const copy = prng.pick(copies)
    const what = prng.pick(
      forced ? (['ledger', 'unmarked'] as const) : (['ledger', 'ledger', 'unmarked', 'mark', 'missing'] as const),
    )
    const before = this.#disk.mark as Mark | null
    trace(`thrown back ${this.id} ${what}`)
    this.#disk.putBack(what, copy)
    if (what === 'mark') {
      // A copy that was made amid a comeback has the mark of the ledger before.
      if (copy.mark !== 'new' && copy.mark?.ledger !== before?.ledger)
        oracle.thrownBack(this.id, oracle.diskOf(this.id))
      return
    }
    this.#tellLater?.()
    this.#tellLater = null
    oracle.thrownBack(this.id, what === 'missing' ? NOTHING : copy.known)
    // What was only in the queue is gone; what was acknowledged, the oracle knows.
    this.madeNext = this.firstSequence
  }
}
