/**
 * One gateway's ledger pipeline, without threads, sockets or timers: readings become signed batches, batches go through Raft into
 * the ledger, seals become cosigned checkpoints. The thread that owns it (`ledger-worker.ts`) brings time, randomness and the wire.
 *
 *     readings -> ReadingQueue -> StatementChain (signed) -> durable queue -> Outbox -> Raft -> apply -> acknowledged
 */
import type { Addon } from '../../native/addon.ts'
import { FRAME, type HostFrameType } from '../consensus/frames.ts'
import { Replica, type ReplicaStatus } from '../consensus/replica.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger, Outcome } from '../ledger/ledger.ts'
import { parseEntry } from '../wire/entry.ts'
import type { ActorId } from '../wire/ids.ts'
import { encodeProposal } from '../wire/proposal.ts'
import { decodeStatement } from '../wire/statements.ts'
import { decodeBody, type CoreEvents, type CoreEventType } from '../wire/events.ts'
import type { Rows } from '../wire/rows.ts'
import { CheckpointBook } from './checkpoint-book.ts'
import { GapBook } from './gap-book.ts'
import type { AppliedEntry, GapReport } from './messages.ts'
import { Outbox } from './outbox.ts'
import { PeerFaults } from './peer-faults.ts'
import { ReadingQueue } from './reading-queue.ts'
import { StatementChain, type SignedStatement } from './statement-chain.ts'

/** A gateway writes at least this often, so that silence shows. */
const SIGN_OF_LIFE_MS = 8_000
const SEAL_EVERY_MS = 1_000
/** A seal that was proposed and not seen applied by then is proposed anew. */
const SEAL_PATIENCE_MS = 3_000
const STAGED_BATCHES_PER_PASS = 16
const FORWARD_BYTES = 1024 * 1024

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
  nowMs(): number
  nowUs(): number
  random(bytes: number): Uint8Array
  send(to: number, type: HostFrameType, body: Uint8Array): void
  broadcast(type: HostFrameType, body: Uint8Array): void
  onApplied(entries: AppliedEntry[]): void
  onAcknowledged(sequence: number, index: number, readings: number, latencyMs: number): void
  onAlarm(code: string, message: string): void
}

interface Waiting {
  resolve(outcome: Outcome): void
}

export class GatewayCore {
  readonly #o: CoreOptions
  readonly #replica: Replica<Outcome>
  readonly #chain: StatementChain
  readonly #readings = new ReadingQueue()
  readonly #gaps: GapBook
  readonly #outbox: Outbox
  readonly #checkpoints: CheckpointBook
  readonly #faults: PeerFaults
  readonly #signedAtMs = new Map<number, number>()
  readonly #waiting = new Map<number, Waiting>()
  #staged: SignedStatement[] = []
  #leader = 0
  #lastWriteMs: number
  #sealAskedMs = 0
  #sealNextMs = 0
  #paused = false
  #stopped: string | null = null
  /** Assets whose registration waits in the queue since an earlier run. */
  readonly registering: readonly string[]
  /** False once this gateway's own record was found changed: it signs no checkpoint any more. */
  cosigning = true
  acknowledgedReadings = 0
  readonly elections: { term: number; leader: number; atUs: number }[] = []

  constructor(options: CoreOptions) {
    this.#o = options
    const { ledger, keys } = options
    const actor = keys.actorId
    const last = ledger.queue.last()
    this.#chain = new StatementChain(
      {
        addon: options.addon,
        actor,
        channel: ledger.channel,
        keyId: keys.keyId('entry'),
        sign: (bytes) => keys.sign('entry', bytes),
        random: options.random,
        nowUs: options.nowUs,
        clock: () => ({ state: 'unknown', errorUs: null }),
      },
      last === null ? ledger.nextSequence(actor) : last.sequence + 1,
      last === null ? ledger.previousHash(actor) : last.statementHash,
    )
    const signed = signedSoFar(ledger, actor)
    this.#gaps = new GapBook(signed.next)
    this.registering = signed.assets
    this.#outbox = new Outbox(
      { pending: (limit, after) => ledger.queue.pending(limit, after) },
      ledger.nextSequence(actor),
    )
    this.#checkpoints = new CheckpointBook({
      ledger,
      keys,
      name: options.name,
      nowUs: options.nowUs,
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
    this.#faults = new PeerFaults(options.onAlarm)
    this.#lastWriteMs = options.nowMs()
  }

  get status(): ReplicaStatus {
    return this.#replica.status()
  }

  /** Asks another voter to lead, where this gateway does. */
  handOver(to: number): void {
    this.#replica.transferLeader(to)
  }

  get paused(): boolean {
    return this.#paused
  }

  get notice(): string | null {
    return this.#stopped
  }

  sequences(): [string, number][] {
    return this.#gaps.sequences()
  }

  /** Readings from a source. While the queue on disk is full they are not kept, which the next batch signs as a gap. */
  readings(rows: Rows): void {
    if (this.#paused || this.#stopped !== null) return
    this.#readings.push(rows, this.#o.nowMs())
  }

  gap(gap: GapReport): void {
    this.#gaps.add(gap)
  }

  /** Signs an event of this gateway; resolves when the ledger has decided on it. */
  event<T extends CoreEventType>(type: T, assets: string[], body: CoreEvents[T]): Promise<Outcome> {
    this.#sealReadings(true)
    const signed = this.#chain.event(type, assets, body)
    this.#stage(signed)
    return new Promise((resolve) => this.#waiting.set(signed.sequence, { resolve }))
  }

  /** Every 100 ms: Raft's clock, batches that are old enough, signs of life, seals, proposals that got lost. */
  tick(): void {
    this.#replica.tick()
    const now = this.#o.nowMs()
    this.#sealReadings(false)
    if (this.#staged.length === 0 && now - this.#lastWriteMs > SIGN_OF_LIFE_MS && this.#stopped === null)
      this.#stage(this.#chain.event('gateway.alive', [], {}))
    if (now >= this.#sealNextMs) {
      this.#sealNextMs = now + SEAL_EVERY_MS
      this.#seal(now)
    }
  }

  receive(from: number, type: HostFrameType, body: Uint8Array): void {
    if (type === FRAME.raft) this.#replica.receive(from, body)
    else if (type === FRAME.forward) this.#proposeForPeer(from, body)
    else if (type === FRAME.cosignature && this.#checkpoints.receive(body) === 'other-root')
      this.#o.onAlarm('roots_differ', `gateway ${from} signed another root for a size that this gateway knows`)
  }

  /** Everything that can be done now; true while there is more. */
  work(): boolean {
    this.#sealReadings(false)
    this.#propose()
    const result = this.#replica.pass()
    if (result === null) {
      if (this.#staged.length > 0) {
        this.#o.ledger.commitPass({
          truncateFrom: null,
          append: [],
          hardState: null,
          apply: [],
          enqueue: this.#takeStaged(),
        })
        return true
      }
      return this.#readings.count >= this.#o.limits.batchReadingsMax
    }
    this.#settle(result.outcomes)
    this.#watchLeader()
    return true
  }

  /** Signs what is left, so that a clean stop loses no reading, and writes it to the durable queue. */
  close(): void {
    this.#sealReadings(true)
    if (this.#staged.length > 0)
      this.#o.ledger.commitPass({
        truncateFrom: null,
        append: [],
        hardState: null,
        apply: [],
        enqueue: this.#takeStaged(),
      })
  }

  #takeStaged(): SignedStatement[] {
    const staged = this.#staged
    this.#staged = []
    return staged
  }

  #stage(signed: SignedStatement): void {
    const now = this.#o.nowMs()
    this.#staged.push(signed)
    this.#signedAtMs.set(signed.sequence, now)
    this.#lastWriteMs = now
  }

  #sealReadings(all: boolean): void {
    const { limits, nowMs } = this.#o
    this.#minding()
    while (this.#staged.length < STAGED_BATCHES_PER_PASS || all) {
      const now = nowMs()
      const full = this.#readings.count >= limits.batchReadingsMax
      const due = this.#readings.count > 0 && (all || now - this.#readings.oldestMs >= limits.sealAfterMs)
      if (!full && !due) return
      const rows = this.#readings.take(limits.batchReadingsMax, now)
      this.#stage(this.#chain.batch(rows, (runs) => this.#gaps.sign(runs, this.#o.nowUs())))
    }
  }

  #minding(): void {
    const { ledger, limits, onAlarm } = this.#o
    const bytes = ledger.queue.bytes()
    if (!this.#paused && bytes > limits.queueBytesMax) {
      this.#paused = true
      onAlarm(
        'queue_full',
        `the queue on disk holds ${bytes} bytes, its limit: readings are not kept until the gateways agree again`,
      )
    } else if (this.#paused && bytes < limits.queueBytesMax * 0.8) this.#paused = false
  }

  #propose(): void {
    const status = this.#replica.status()
    if (status.leader === 0 || this.#stopped !== null) return
    const pending = this.#outbox.take(this.#o.nowMs())
    if (pending.length === 0) return
    if (status.role === 'leader') this.#replica.propose(pending)
    else for (const part of parts(pending)) this.#o.send(status.leader, FRAME.forward, encodeProposal(part))
  }

  #proposeForPeer(from: number, body: Uint8Array): void {
    if (this.#replica.status().role !== 'leader') return
    // The sender proposes again until it sees its entries applied, so that nothing needs an answer here.
    this.#replica.propose(this.#faults.forwarded(from, body.slice()))
  }

  #seal(now: number): void {
    const { ledger } = this.#o
    if (this.#replica.status().role !== 'leader' || !ledger.sealDue()) return
    if (now - this.#sealAskedMs < SEAL_PATIENCE_MS && this.#sealAskedMs > 0) return
    const draft = ledger.sealDraft()
    const timeUs = Math.max(this.#o.nowUs(), draft.minTimeUs)
    const entry = this.#chain.seal(
      { height: draft.height, size: draft.size, stateRoot: draft.stateRoot, packsHash: draft.packsHash },
      timeUs,
    )
    this.#sealAskedMs = now
    this.#replica.propose([{ entry, payload: null }])
  }

  #settle(outcomes: readonly Outcome[]): void {
    if (outcomes.length === 0) return
    const { keys, ledger, onApplied } = this.#o
    const applied: AppliedEntry[] = []
    for (const outcome of outcomes) {
      if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.kind !== null)
        applied.push({ index: outcome.index, kind: outcome.kind, readings: outcome.readings })
      if (outcome.kind === 'seal') this.#settleSeal(outcome)
      else if (outcome.actor === keys.actorId && outcome.sequence !== null) this.#settleOwn(outcome, outcome.sequence)
    }
    this.#outbox.applied(ledger.nextSequence(keys.actorId) - 1, this.#o.nowMs())
    if (applied.length > 0) onApplied(applied)
  }

  #settleSeal(outcome: Outcome): void {
    if (outcome.outcome === 'accepted' && outcome.index !== null && outcome.root !== null) {
      this.#sealAskedMs = 0
      this.#checkpoints.sealed(outcome.index + 1, outcome.root, outcome.actor === this.#o.keys.actorId)
    } else if (outcome.outcome === 'refused-seal') this.#sealAskedMs = 0
  }

  #settleOwn(outcome: Outcome, sequence: number): void {
    const { onAcknowledged, onAlarm, nowMs } = this.#o
    if (outcome.outcome === 'early') return this.#outbox.proposeAgain()
    if (outcome.outcome === 'invalid' || outcome.outcome === 'equivocation') {
      this.#stopped = `statement ${sequence} of this gateway was refused: ${outcome.reason ?? outcome.outcome}`
      onAlarm(`own_${outcome.outcome}`, this.#stopped)
    }
    const signedAt = this.#signedAtMs.get(sequence)
    this.#signedAtMs.delete(sequence)
    if (outcome.outcome === 'accepted' && outcome.index !== null) {
      this.acknowledgedReadings += outcome.readings
      onAcknowledged(sequence, outcome.index, outcome.readings, signedAt === undefined ? 0 : nowMs() - signedAt)
    }
    this.#waiting.get(sequence)?.resolve(outcome)
    this.#waiting.delete(sequence)
  }

  #watchLeader(): void {
    const { leader, term } = this.#replica.status()
    if (leader === this.#leader) return
    this.#leader = leader
    this.#outbox.proposeAgain()
    this.#sealAskedMs = 0
    if (leader === 0) return
    this.elections.push({ term, leader, atUs: this.#o.nowUs() })
    if (this.elections.length > 100) this.elections.shift()
  }
}

interface Signed {
  next: Map<string, number>
  assets: string[]
}

/** What this gateway has signed so far: the next sequence of each of its streams, and assets that wait in the queue to be registered. */
function signedSoFar(ledger: Ledger, actor: ActorId): Signed {
  const next = new Map<string, number>(ledger.streamsOf(actor).map((stream) => [stream, ledger.streamCursor(stream)]))
  const assets: string[] = []
  let after = ledger.nextSequence(actor) - 1
  for (;;) {
    const pending = ledger.queue.pending(256, after)
    if (pending.length === 0) return { next, assets }
    for (const { sequence, entry } of pending) {
      after = sequence
      const statement = decodeStatement(parseEntry(entry))
      if (statement.kind === 'event') {
        if (statement.type === 'stream.opened') {
          const { stream, fromSequence } = decodeBody('stream.opened', statement.body)
          next.set(stream, Math.max(next.get(stream) ?? 0, fromSequence))
        } else if (statement.type === 'asset.registered') assets.push(...statement.assets)
      } else if (statement.kind === 'batch') {
        for (const gap of statement.gaps) next.set(gap.stream, Math.max(next.get(gap.stream) ?? 0, gap.toSequence + 1))
        for (const run of statement.runs) next.set(run.stream, run.firstSequence + run.count)
      }
    }
  }
}

function parts<T extends { entry: Uint8Array; payload: Uint8Array | null }>(pending: readonly T[]): T[][] {
  const all: T[][] = [[]]
  let bytes = 0
  for (const item of pending) {
    const size = item.entry.length + (item.payload?.length ?? 0)
    if (bytes + size > FORWARD_BYTES && bytes > 0) {
      all.push([])
      bytes = 0
    }
    ;(all.at(-1) as T[]).push(item)
    bytes += size
  }
  return all
}
