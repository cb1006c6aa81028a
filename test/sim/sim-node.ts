/**
 * One gateway in a simulation: the real replica over the real ledger, with a disk that keeps exactly what was committed.
 * It does what the gateway's pipeline does (queue before it leaves, propose, acknowledge when applied), without threads or sockets.
 */
import type { Addon } from '../../native/addon.ts'
import { Replica } from '../../src-main/consensus/replica.ts'
import type { StoredPass } from '../../src-main/consensus/storage.ts'
import type { SignedStatement, StatementChain } from '../../src-main/gateway/statement-chain.ts'
import { sealTimeUs } from '../../src-main/ledger/apply-seal.ts'
import { openLedger, type FaultPoint, type Ledger, type Outcome } from '../../src-main/ledger/ledger.ts'
import { decodeProposal, encodeProposal } from '../../src-main/wire/proposal.ts'
import type { Packet } from './network.ts'
import type { Oracle } from './oracle.ts'
import { coreUnder, storedUnder, type PlantedBug } from './planted-bugs.ts'
import type { Prng } from './prng.ts'
import { EPOCH_US, type SimChannel, type SimGateway } from './sim-channel.ts'

const SEAL_EVERY_MS = 1_000
const REPEAT_AFTER_MS = 1_500
const PROPOSED_AT_ONCE = 16
const PASSES_MAX = 1_000

export interface NodeWorld {
  addon: Addon
  channel: SimChannel
  oracle: Oracle
  prng: Prng
  bug: PlantedBug | null
  electionTicksMax: number
  nowMs(): number
  send(packet: Packet): void
  trace(what: string): void
  /** Probability that a transaction is where the process ends. */
  crashAtCommit(): number
  /** Probability that a process ends right after it has sent a vote for another. */
  crashAtVote(): number
}

/** The process of a node ends here. */
class Crash extends Error {}

interface Running {
  ledger: Ledger
  replica: Replica<Outcome>
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
  #disk: Uint8Array | undefined
  #starts = 0
  /** Where the process ends: before, inside or after the next transaction, or right after what it then sends. */
  #crash: 'before' | 'inside' | 'after' | 'sent' | null = null
  #ending = false
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
    const { addon, channel, prng, oracle } = this.#world
    this.#starts += 1
    const ledger = openLedger({
      addon,
      genesis: channel.genesis,
      memory: true,
      faults: (point) => this.#fault(point),
      ...(this.#disk === undefined ? {} : { image: this.#disk }),
    })
    oracle.ledger(this.id, ledger)
    const timeout = prng.int(10, this.#world.electionTicksMax)
    const { bug } = this.#world
    const raft = {
      initial: () => {
        const initial = ledger.raft.initial()
        return bug === 'apply twice' && initial.applied > 0 ? { ...initial, applied: initial.applied - 1 } : initial
      },
      entries: (low: number, high: number, bytesMax: number) => ledger.raft.entries(low, high, bytesMax),
      term: (index: number) => ledger.raft.term(index),
    }
    const replica = new Replica<Outcome>({
      id: this.id,
      addon: coreUnder(bug, addon),
      store: { raft, commitPass: (pass) => this.#commit(ledger, pass) },
      send: (to, bytes) => this.#send({ from: this.id, to, kind: 'raft', bytes }),
      electionTicks: { min: timeout, max: timeout + 1 },
      retention: { keptEntries: 16 },
      tailBytesMax: 8 * 1024,
    })
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => prng.int(0, 255))
    const sealer = this.gateway.sealer(random, () => EPOCH_US + Math.round(this.#world.nowMs() * 1000))
    const now = this.#world.nowMs()
    this.#running = { ledger, replica, sealer, staged: [], proposedTo: -1, progressMs: now, leader: 0, sealedMs: now }
    this.#world.trace(`start ${this.id} #${this.#starts} size ${ledger.size} timeout ${timeout}`)
  }

  /** The process ends now, between two transactions. */
  stop(): void {
    if (this.#running !== null) this.#die()
  }

  demand(): void {
    this.#demand += 1
    this.#alive(() => undefined)
  }

  tick(): void {
    this.#alive(({ replica }) => {
      replica.tick()
      this.#seal()
    })
  }

  deliver(packet: Packet): void {
    this.#alive(({ replica }) => {
      if (packet.kind === 'raft') replica.receive(packet.from, packet.bytes)
      else replica.propose(decodeProposal(packet.bytes))
    })
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
      this.#send({ from: this.id, to: leader, kind: 'forward', bytes: encodeProposal(pending) })
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
    const { oracle, prng, trace, crashAtCommit, crashAtVote, bug } = this.#world
    const probability = crashAtCommit()
    if (prng.chance(probability)) this.#crash = prng.pick(['before', 'inside', 'after', 'sent'] as const)
    // Some processes end after the commit, in the middle of what they then send.
    else if (prng.chance(probability / 2)) this.#sendsLeft = prng.int(0, 2)
    if (this.#votesForAnother(pass) && prng.chance(crashAtVote())) this.#crash = 'sent'
    if (this.#crash === 'before') this.#end()
    const enqueue = this.#running?.staged.splice(0) ?? []
    const outcomes = ledger.commitPass({ ...storedUnder(bug, pass), enqueue })
    trace(`commit ${this.id} +${pass.append.length} =${pass.apply.length} q${enqueue.length}`)
    for (const { sequence } of enqueue) oracle.made(this.gateway.actor, sequence)
    oracle.stored(this.id, pass.truncateFrom, pass.append)
    oracle.applied(this.id, pass.apply)
    oracle.decided(this.id, outcomes)
    oracle.ledger(this.id, ledger)
    this.madeNext = Math.max(this.madeNext, (enqueue.at(-1)?.sequence ?? -1) + 1)
    if (this.#crash === 'after') this.#end()
    return outcomes
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

  #send(packet: Packet): void {
    if (this.#sendsLeft === 0) this.#end()
    if (this.#sendsLeft !== null) this.#sendsLeft -= 1
    this.#world.trace(`send ${packet.from}>${packet.to} ${packet.kind} ${packet.bytes.length}`)
    this.#world.send(packet)
  }

  #die(): void {
    const { ledger } = this.#running as Running
    this.#world.trace(`crash ${this.id} ${this.#crash ?? ''}`)
    this.#disk = ledger.image()
    ledger.close()
    this.#running = null
    this.#crash = null
    this.#ending = false
    this.#sendsLeft = null
    this.#demand = 0
  }
}
