/**
 * The ledger of one gateway and one channel: Raft log, entries, payloads, state and queue in one SQLite file, and the live state
 * in memory. One thread owns it. Whatever a pass of Raft wants durable and applied goes into one transaction.
 */
import type { Database } from 'better-sqlite3'
import type { Addon, HardState, LogEntry, Membership } from '../../native/addon.ts'
import type { ActorId, ChannelId, IncarnationId, LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { Proposed } from '../wire/proposal.ts'
import type { CoreEvents, CoreEventType } from '../record/kinds.ts'
import type { Consumed } from '../record/statements.ts'
import { consumedBy, rules1 } from '../record/rules.ts'
import type { Rules } from '../record/rules.ts'
import { applyFounding, applyStatement, type ApplyContext } from './apply.ts'
import type { PackApplier } from './apply-batch.ts'
import { sealDraft, sealDue, type SealDraft } from './apply-seal.ts'
import { Checkpoints, type StoredCheckpoint } from './checkpoints.ts'
import { LedgerError, ledgerErrorOf, sqliteCode } from './errors.ts'
import { judgeForwarded, type Forwarded } from './forwarded.ts'
import { foundingOf, type Genesis } from './genesis.ts'
import type { PartName } from './healing/parts.ts'
import { storedPart } from './healing/stored-part.ts'
import type { Hash } from './log-tree.ts'
import { lookups } from './lookups.ts'
import { newestReadings } from './newest-readings.ts'
import type { NewestReading } from './newest-readings.ts'
import { openWriter } from './open-database.ts'
import { membersOf, type Member } from './members.ts'
import type { Outcome } from './outcome.ts'
import { PayloadStore } from './payload-store.ts'
import { StatementQueue, type QueuedEntry } from './queue.ts'
import { RaftLog } from './raft-log.ts'
import { Remembered } from './remembered.ts'
import { restoreState } from './restore.ts'
import { signingCursorOf } from './signing-cursor.ts'
import type { SigningCursor } from './signing-cursor.ts'
import { LedgerState } from './state.ts'
import { StoredMemory } from './stored-memory.ts'
import { noteFailedSync } from './synced-file.ts'
import { Tables } from './tables.ts'
import { originOf } from '../wire/origin.ts'

export type { Member } from './members.ts'
export type { Outcome, OutcomeKind } from './outcome.ts'
export type { QueuedEntry, RefusedEntry } from './queue.ts'
export type { SealDraft } from './apply-seal.ts'
export type { StoredCheckpoint } from './checkpoints.ts'

/** Named places at which a test or the simulator may throw, as if the process ended there. */
export type FaultPoint = 'before-commit' | 'after-commit'

export interface LedgerOptions {
  /** Path of ledger.db; not used with `memory`. */
  file?: string
  addon: Addon
  /** Entry bytes of the channel's genesis: founds a new store; an existing one must begin with the same. */
  genesis?: Uint8Array
  /** By which it decides; the newest that this release has where none are given. */
  rules?: Rules
  /** Runs packs. Without it a batch that needs one stops the replica. */
  applyPack?: PackApplier
  /** Keeps everything in memory; `image` is what `image()` of a former one gave. */
  memory?: boolean
  image?: Uint8Array
  /** The gateway whose ledger this is: a new store is bound to it, and another's is refused. */
  actor?: ActorId
  /** 16 random bytes: id of a store that is made now. */
  ledgerId?: Uint8Array
  faults?: (point: FaultPoint) => void
}

/** What Raft wants durable before it may go on, and what it wants applied. Everything happens, or nothing. */
export interface Pass {
  /** First index to drop from the log, before appending. */
  truncateFrom: number | null
  append: readonly LogEntry[]
  hardState: HardState | null
  /** Committed entries, contiguous after what is applied. */
  apply: readonly LogEntry[]
  /** Members after a change of configuration among `apply`. */
  confState?: Membership
  /** Forget the Raft log up to this index; never above what is applied. */
  compactTo?: number
  /** Statements of this gateway to keep until they are applied. */
  enqueue?: readonly QueuedEntry[]
}

const KIND_NORMAL = 0

/** Opens or founds a ledger. Throws LedgerError. */
export function openLedger(options: LedgerOptions): Ledger {
  const { file, memory, image } = options
  const place =
    memory || file === undefined ? ({ memory: true, ...(image === undefined ? {} : { image }) } as const) : { file }
  const database = openWriter(place)
  try {
    return new Ledger(database, options)
  } catch (cause) {
    database.close()
    throw ledgerErrorOf(cause, 'opening', file ?? ':memory:')
  }
}

export class Ledger {
  readonly channel: ChannelId
  /** First line of checkpoints, and name of the log's key. */
  readonly origin: string
  readonly raft: RaftLog
  readonly queue: StatementQueue
  /** Which file this is, and whether it is all that this gateway ever promised. */
  readonly memory: StoredMemory
  readonly #database: Database
  readonly #file: string
  readonly #onDisk: boolean
  readonly #faults: (point: FaultPoint) => void
  readonly #payloads: PayloadStore
  readonly #remembered: Remembered
  readonly #context: ApplyContext
  readonly #rules: Rules
  readonly #state: LedgerState
  readonly #checkpoints: Checkpoints
  #stopped: LedgerError | null = null

  /** Use `openLedger`. */
  constructor(database: Database, options: LedgerOptions) {
    const { addon, genesis } = options
    const hash: Hash = (bytes) => addon.sha256(bytes)
    this.#database = database
    this.#file = options.file ?? ':memory:'
    this.#onDisk = options.file !== undefined && options.memory !== true
    this.#faults = options.faults ?? (() => {})
    this.#rules = options.rules ?? rules1
    this.#payloads = new PayloadStore(database)
    this.#payloads.load()
    const { actor, ledgerId } = options
    this.#remembered = new Remembered(database, {
      hash,
      file: this.#file,
      ...(actor === undefined ? {} : { actor }),
      ...(ledgerId === undefined ? {} : { ledgerId }),
    })
    this.raft = new RaftLog(database, this.#remembered, this.#payloads, hash)
    this.queue = new StatementQueue(database, this.#payloads, hash)
    this.#payloads.sweep()
    const tables = new Tables(database, this.#payloads)
    const { decided, ...known } = lookups(database, tables, hash)
    this.#context = { addon, applyPack: options.applyPack ?? null, sink: tables, ...known }
    const stored = database.prepare('SELECT bytes FROM entry WHERE idx = 0').pluck().get() as Uint8Array | undefined
    const founding = foundingOf(addon, stored, genesis, this.#file)
    this.channel = founding.entry.channel
    this.origin = originOf(this.channel)
    this.#checkpoints = new Checkpoints(database, this.origin, hash)
    this.memory = new StoredMemory(database, this.#remembered, (work) =>
      this.#transaction('noting what is remembered', work),
    )
    this.#state =
      stored === undefined
        ? this.#found(founding, hash)
        : restoreState(database, this.channel, this.#rules, this.#payloads, this.#context)
    this.queue.retire(decided)
  }

  /** Entries in the ledger tree. */
  get size(): TreeSize {
    return this.#state.tree.size
  }

  /** Readings in accepted batches. */
  get readings(): number {
    return this.#state.totalReadings
  }

  root(): Uint8Array {
    return this.#state.tree.root()
  }

  /** Root of the state right after the newest seal: what the next seal commits to. */
  closedStateRoot(): Uint8Array {
    return this.lastSeal().stateRootAfter
  }

  /** How many gateways must cosign a checkpoint. */
  get quorum(): number {
    const opened = this.#state.get('channel', '')
    if (opened === undefined) throw new LedgerError('genesis_missing', `${this.#file} has no genesis`)
    return opened.quorum
  }

  /** Ascending by raftId. */
  members(): Member[] {
    return membersOf(this.#state.values)
  }

  /** The actor's current incarnation, by what is applied; null before its first statement. */
  incarnation(actor: ActorId): IncarnationId | null {
    return this.#state.get('actor', actor)?.incarnation ?? null
  }

  /** The next sequence of the actor's current incarnation, by what is applied. */
  nextSequence(actor: ActorId): number {
    return this.#state.get('actor', actor)?.next ?? 0
  }

  /** Where this gateway's next statement follows. */
  signingCursor(actor: ActorId): SigningCursor {
    return signingCursorOf(this.queue, this.#state.get('actor', actor))
  }

  /** Next sequence of a stream, by what is applied; 0 for one never opened. */
  streamCursor(stream: StreamId): number {
    return this.#state.nextOf(stream)
  }
  /** Time of its newest reading whose time can be. */
  streamTimeUs(stream: StreamId): number | null {
    return this.#state.streams.get(stream)?.lastTimeUs ?? null
  }

  streamsOf(actor: ActorId): StreamId[] {
    return [...this.#state.values.of('stream')].filter(([, state]) => state.actor === actor).map(([id]) => id)
  }

  /** The newest reading of each stream of an actor that can be read. */
  newestReadings(actor: ActorId): Map<StreamId, NewestReading> {
    return newestReadings(this.#database, this.#context.addon, this.streamsOf(actor))
  }

  /** Whether a stream was opened, and to which assets it is bound now. */
  stream(stream: StreamId): { actor: ActorId; assets: string[] } | null {
    const opened = this.#state.get('stream', stream)
    return opened === undefined ? null : { actor: opened.actor, assets: this.#state.boundTo(stream) }
  }

  /** What an event of this gateway consumes, as things stand. */
  consumed<T extends CoreEventType>(type: T, body: CoreEvents[T]): Consumed[] {
    return consumedBy(this.#state, type, body)
  }

  hasAsset(asset: string): boolean {
    return this.#state.get('asset', asset) !== undefined
  }

  lastSeal(): { height: number; index: LeafIndex; timeUs: number; size: TreeSize; stateRootAfter: Uint8Array } {
    const seal = this.#state.lastSeal
    if (seal === null) throw new LedgerError('genesis_missing', `${this.#file} has no genesis`)
    const { height, index, timeUs, treeSize, stateRootAfter } = seal
    return { height, index, timeUs, size: treeSize, stateRootAfter }
  }

  sealDue(): boolean {
    return sealDue(this.#state)
  }

  sealDraft(): SealDraft {
    return sealDraft(this.#state)
  }

  /**
   * One transaction: truncate, append, hard state, queue, apply. Gives an outcome for every statement of every applied
   * proposal. Whatever it throws, the transaction had no effect and this ledger takes no more calls: the process must end.
   */
  commitPass(pass: Pass): Outcome[] {
    return this.#transaction('committing a pass', () => {
      if (pass.truncateFrom !== null) this.raft.truncateFrom(pass.truncateFrom)
      this.raft.append(pass.append)
      if (pass.enqueue !== undefined) this.queue.enqueue(pass.enqueue)
      const outcomes: Outcome[] = []
      for (const entry of pass.apply) this.#apply(entry, outcomes)
      const applied = pass.apply.at(-1)?.index ?? this.raft.applied
      if (pass.hardState !== null || pass.apply.length > 0 || pass.confState !== undefined) {
        this.raft.save({ ...pass.hardState, ...pass.confState, applied })
      }
      if (pass.compactTo !== undefined) this.raft.compact(pass.compactTo)
      return outcomes
    })
  }

  /** What to do with a statement that `member` sent for proposing. */
  judgeForwarded(member: ActorId, statement: Proposed): Forwarded {
    return judgeForwarded(this.#state, this.#context.addon, member, statement)
  }

  /** A part as it is stored here, for another gateway that lost it; null where it is not there, or damaged here too. */
  part(name: PartName): Uint8Array | null {
    return storedPart({ database: this.#database, payloads: this.#payloads, raft: this.raft }, name)
  }

  /** Keeps a checkpoint of this ledger, joining its signature lines to those at hand. Throws LedgerError `checkpoint_refused`. */
  saveCheckpoint(text: string): StoredCheckpoint {
    return this.#small(() => this.#checkpoints.save(text))
  }

  /** The same from its three lines and signature lines whose signers the caller verified. */
  addCheckpointLines(size: TreeSize, body: string, lines: readonly string[]): void {
    // Told again and again, they must not cost a transaction each time.
    if (this.#checkpoints.holds(size, lines)) return
    const saved = this.saveCheckpoint(`${body}\n${lines.map((line) => `${line}\n`).join('')}`)
    if (saved.size !== size)
      throw new LedgerError('checkpoint_refused', `a checkpoint of size ${saved.size} was given as one of ${size}`)
  }

  /** Note text of the newest checkpoint, or of the one of a size. */
  checkpoint(size?: TreeSize): string | null {
    return (size === undefined ? this.#checkpoints.newest(1)[0] : this.#checkpoints.get(size))?.text ?? null
  }

  /** Root of the ledger tree of a size right after a seal; null for any other size. */
  checkpointRoot(size: TreeSize): Uint8Array | null {
    return this.#checkpoints.root(size)
  }

  /** May this gateway cosign that tree head? Check and store are one transaction. */
  mayCosign(size: TreeSize, root: Uint8Array): boolean {
    return this.#small(() => this.#checkpoints.mayCosign(size, root))
  }

  /** Forgets a refused statement of the queue whose readings were signed again. */
  discardRefused(id: number): void {
    this.#transaction('discarding a refused statement', () => this.queue.discardRefused(id))
  }

  /** The database as bytes, as after the last commit; for the simulator. */
  image(): Uint8Array {
    return this.#database.serialize()
  }

  close(): void {
    this.#stopped ??= new LedgerError('ledger_closed', `${this.#file} is closed`)
    this.#database.close()
  }

  #apply(entry: LogEntry, outcomes: Outcome[]): void {
    const expected = this.raft.applied + 1
    if (entry.index !== expected) {
      throw new LedgerError('out_of_order', `Raft asks to apply entry ${entry.index}, but ${expected} is next`)
    }
    if (entry.kind === KIND_NORMAL) {
      const statements = this.raft.statements(entry)
      // What is no proposal is one statement that nobody can read: seen, and without effect.
      if (statements.length === 0 && entry.data.length > 0)
        statements.push({ entry: entry.data, payload: null, payloadHash: null })
      for (const statement of statements) {
        const outcome = applyStatement(this.#state, this.#context, statement)
        this.queue.settle(outcome)
        outcomes.push(outcome)
      }
    }
    this.raft.markApplied(entry.index)
  }

  #found(genesis: Genesis, hash: Hash): LedgerState {
    const state = new LedgerState(genesis.entry.channel, hash, this.#rules)
    return this.#transaction('founding', () => {
      applyFounding(state, this.#context, genesis)
      const voters = genesis.body.members.filter((member) => member.voter).map((member) => member.raftId)
      this.raft.begin(voters.sort((a, b) => a - b))
      return state
    })
  }

  /** A transaction that changes nothing but tables: a refusal leaves the ledger usable. */
  #small<T>(work: () => T): T {
    if (this.#stopped !== null) throw this.#stopped
    try {
      return this.#database.transaction(() => this.#remembering(work)).immediate()
    } catch (cause) {
      if (cause instanceof LedgerError && cause.code === 'checkpoint_refused') throw cause
      throw this.#stop(ledgerErrorOf(cause, 'storing a checkpoint', this.#file))
    }
  }

  #transaction<T>(what: string, work: () => T): T {
    if (this.#stopped !== null) throw this.#stopped
    try {
      const result = this.#database
        .transaction(() => {
          const done = this.#remembering(work)
          this.#faults('before-commit')
          return done
        })
        .immediate()
      this.#faults('after-commit')
      return result
    } catch (cause) {
      if (sqliteCode(cause)?.startsWith('SQLITE_IOERR') === true && this.#onDisk) noteFailedSync(this.#file)
      throw this.#stop(ledgerErrorOf(cause, what, this.#file))
    }
  }

  /** Whatever a transaction makes durable, the counter tells of it. */
  #remembering<T>(work: () => T): T {
    const done = work()
    this.#remembered.persist()
    return done
  }

  /** Memory may be ahead of the disk now: nothing more may be decided with it. A failed fsync is never retried. */
  #stop(error: LedgerError): LedgerError {
    this.#stopped = error
    return error
  }
}
