/**
 * The ledger of one gateway and one channel: Raft log, entries, payloads, state and queue in one SQLite file, and the live state
 * in memory. One thread owns it. Whatever a pass of Raft wants durable and applied goes into one transaction.
 */
import type { Database } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import type { LogEntry } from '../../native/addon.ts'
import type { ActorId, ChannelId, IncarnationId, LeafIndex, StreamId, TreeSize, KeyId } from '../wire/ids.ts'
import type { Proposed } from '../wire/proposal.ts'
import type { CoreEvents, CoreEventType } from '../record/kinds.ts'
import type { Consumed } from '../record/statements.ts'
import { consumedBy, knownRules } from '../record/rules.ts'
import type { RulesChange } from '../record/gateway-state.ts'
import type { KnownRules } from '../record/rules.ts'
import { relationRefusal } from '../record/relation.ts'
import { boundTo } from '../record/standing.ts'
import type { StreamMeaning } from '../record/stream-fields.ts'
import { applyFounding, applyStatement, type ApplyContext } from './apply.ts'
import { sealDraft, sealDue, type SealDraft } from './apply-seal.ts'
import { Checkpoints, type StoredCheckpoint } from './checkpoints.ts'
import { LedgerError, ledgerErrorOf, sqliteCode } from './errors.ts'
import { judgeForwarded, type Forwarded } from './forwarded.ts'
import { foundingOf, type Genesis } from './genesis.ts'
import type { PartName } from './healing/parts.ts'
import { storedPart } from './healing/stored-part.ts'
import type { FaultPoint, LedgerOptions, Pass } from './ledger-options.ts'
import { lookups } from './lookups.ts'
import { newestReadings, type NewestReading } from './newest-readings.ts'
import { openWriter } from './open-database.ts'
import { keysAt, keysOf, membersOf, type Member } from './members.ts'
import type { KeyUse } from '../record/member-key.ts'
import type { Outcome } from './outcome.ts'
import { PayloadStore } from './payload-store.ts'
import { StatementQueue } from './queue.ts'
import { RaftLog } from './raft-log.ts'
import { Remembered } from './remembered.ts'
import { restoreState } from './restore.ts'
import { signingCursorOf, type SigningCursor } from './signing-cursor.ts'
import { LedgerState } from './state.ts'
import { PeopleChains } from './people-chains.ts'
import { StoredMemory } from './stored-memory.ts'
import { StoredValues } from './stored-values.ts'
import { noteFailedSync } from './synced-file.ts'
import { Tables } from './tables.ts'
import { originOf } from '../wire/origin.ts'

export type { Member } from './members.ts'
export type { Outcome, OutcomeKind } from './outcome.ts'
export type { QueuedEntry, RefusedEntry } from './queue.ts'
export type { SealDraft } from './apply-seal.ts'
export type { StoredCheckpoint } from './checkpoints.ts'
export type { FaultPoint, LedgerOptions, Pass } from './ledger-options.ts'

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
  /** What people signed here. */
  readonly people: PeopleChains
  /** Which file this is, and whether it is all that this gateway ever promised. */
  readonly memory: StoredMemory
  readonly #database: Database
  readonly #file: string
  readonly #onDisk: boolean
  readonly #faults: (point: FaultPoint) => void
  readonly #payloads: PayloadStore
  readonly #remembered: Remembered
  readonly #context: ApplyContext
  readonly #rules: KnownRules
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
    this.#rules = options.rules ?? knownRules
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
    this.#context = { addon, contracts: options.contracts ?? null, sink: tables, ...known }
    const stored = database.prepare('SELECT bytes FROM entry WHERE idx = 0').pluck().get() as Uint8Array | undefined
    const founding = foundingOf(addon, stored, genesis, this.#file, this.#rules)
    this.channel = founding.entry.channel
    this.origin = originOf(this.channel)
    this.#checkpoints = new Checkpoints(database, this.origin, hash)
    const noting = (work: () => void): void => this.#transaction('noting what is remembered', work)
    this.memory = new StoredMemory(database, this.#remembered, noting)
    this.people = new PeopleChains(database, () => this.#state, noting)
    this.#state =
      stored === undefined
        ? this.#found(founding)
        : restoreState(database, this.channel, this.#rules, this.#payloads, this.#context)
    this.queue.retire(decided)
  }

  /** The version of the rules that is in force now, where this release does not know it: nothing more is decided then. */
  get lacksRules(): number | null {
    return this.#state.lacksRules
  }

  /** Every version of the rules that there was, and from which height on. */
  rules(): readonly RulesChange[] {
    return this.#state.get('rules', '')?.changes ?? []
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
    return membersOf(this.#state)
  }

  /** Keys of a member with a use that hold for an entry of this index. */
  keysAt(actor: ActorId, use: KeyUse, index: LeafIndex): Member['keys'] {
    return keysAt(keysOf(this.#state, actor), use, index)
  }

  /** The entry from which on a key holds, or held; null where nobody registered it. */
  keyFrom(key: KeyId): LeafIndex | null {
    return this.#state.get('key', key)?.from ?? null
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
    return this.#state.get('cursor', stream)?.next ?? 0
  }
  /** Time of its newest reading whose time can be. */
  streamTimeUs(stream: StreamId): number | null {
    return this.#state.get('cursor', stream)?.lastTimeUs ?? null
  }

  streamsOf(actor: ActorId): StreamId[] {
    return this.#state.streamsOf(actor)
  }

  /** The newest reading of each stream of an actor that can be read. */
  newestReadings(actor: ActorId): Map<StreamId, NewestReading> {
    return newestReadings(this.#database, this.#context.addon, this.streamsOf(actor))
  }

  /** Whether a stream was opened, how it is read, and to which assets it is bound now. */
  stream(stream: StreamId): { actor: ActorId; meaning: StreamMeaning; assets: string[] } | null {
    const opened = this.#state.get('stream', stream)
    if (opened === undefined) return null
    return { actor: opened.actor, meaning: opened.meaning, assets: boundTo(this.#state, stream) }
  }

  /** What an event of this gateway consumes, as things stand. */
  consumed<T extends CoreEventType>(type: T, body: CoreEvents[T]): Consumed[] {
    return consumedBy(this.#state, type, body)
  }

  /** As it was registered, and why an actor may not speak about it, where it may not; null where nobody registered it. */
  asset(asset: string, actor: ActorId) {
    const registered = this.#state.get('asset', asset)
    return registered === undefined ? null : { registered, refusal: relationRefusal(this.#state, actor, asset) }
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
      for (const entry of pass.apply) if (!this.#apply(entry, outcomes)) break
      const { applied } = this.raft
      if (pass.hardState !== null || pass.apply.length > 0 || pass.confState !== undefined) {
        this.raft.save({ ...pass.hardState, ...pass.confState, applied })
      }
      if (pass.compactTo !== undefined) this.raft.compact(Math.min(pass.compactTo, applied))
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

  /**
   * False where the rules that are in force are not known here: nothing behind that place is decided, and the log is kept from this entry
   * on. Once a release that knows them opens the ledger, what was decided of the entry already is found to be a duplicate.
   */
  #apply(entry: LogEntry, outcomes: Outcome[]): boolean {
    if (this.lacksRules !== null) return false
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
        if (this.lacksRules !== null) return false
        const outcome = applyStatement(this.#state, this.#context, statement)
        this.queue.settle(outcome)
        outcomes.push(outcome)
      }
    }
    this.raft.markApplied(entry.index)
    return true
  }

  #found(genesis: Genesis): LedgerState {
    const origin = { rules: this.#rules, sealed: new StoredValues(this.#database) }
    const state = new LedgerState(genesis.entry.channel, this.#context.addon, origin)
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
