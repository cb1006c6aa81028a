/**
 * One gateway's replica of the channel: drives the consensus core, the store and the messages between them.
 *
 * It does no I/O of its own and keeps no time: the host ticks it every 100 ms, hands it messages and calls `pass` whenever
 * there is input, until `pass` returns null. One pass is
 *
 *     collect    what the core wants; a leader's messages go out now, in parallel with its own disk, unless term or vote are new
 *     commit     one transaction: log, hard state, ledger (storage.ts)
 *     persisted  votes and append responses go out, never before the commit
 *
 * so nothing is promised to a peer that a crash could take back.
 */
import type { Collected, ConfChange, HardState, LogEntry, Membership, RaftNode } from '../../native/addon.ts'
import type { Proposed } from '../wire/proposal.ts'
import { takeChunk } from './apply-chunk.ts'
import { asFailure, codeOf, ConsensusError, snapshotOffered, textOf } from './consensus-error.ts'
import { decodeReport, encodeReport, LogRetention, type RetentionLimits } from './log-retention.ts'
import { membershipOf, membersOf } from './membership.ts'
import { ProposalBacklog, type Taken } from './proposal-backlog.ts'
import type { PassResult, ReplicaStatus } from './replica-status.ts'
import { startNode, type StartOptions } from './start-node.ts'
import { LOG_DAMAGED, type RaftStore, type StoredPass } from './storage.ts'

const MIB = 1024 * 1024
const SUPPLIED_BYTES_MAX = MIB
const REPORT_EVERY_TICKS = 20

export interface ReplicaOptions<Outcome> extends StartOptions {
  store: RaftStore<Outcome>
  /** Queues a message for a peer; it may be lost. */
  send(to: number, message: Uint8Array): void
  /** Called when queued messages should leave at once, because the caller is about to wait for its disk. */
  flush?(): void
  /** A message that the core would not take; the sender is faulty or of another version. */
  onRejected?(from: number, error: unknown): void
  /** An entry that a follower needs is not what was appended: it is withheld, and another member is asked to lead. */
  onDamaged?(message: string): void
  /** Whether the committed change of configuration names an approved event of the ledger. Without it none does. */
  mayChangeMembers?(entry: LogEntry): boolean
  retention?: RetentionLimits
  /** It votes again by itself: it has applied all that was committed before it came back. */
  onVoting?(): void
}

export class Replica<Outcome> {
  readonly #options: ReplicaOptions<Outcome>
  readonly #node: RaftNode
  readonly #backlog = new ProposalBacklog()
  readonly #retention: LogRetention
  #hardState: HardState
  #hardStateStored = true
  #membership: Membership
  #lastStored: number
  #lastApplied: number
  #toApply: LogEntry[] = []
  #ticks = 0
  #reported = 0
  readonly #rejected = new Map<number, number>()
  /** Index of the damaged entry that was told last. */
  #withheld = 0
  /** Terms up to this one are spent: a vote in them may have been given and forgotten. Null for a replica that remembers all. */
  #spentTerm: number | null
  #appliedTerm = 0
  #failure: ConsensusError | null = null

  /** Builds the core from the store. Throws ConsensusError `store_inconsistent` where that is impossible. */
  constructor(options: ReplicaOptions<Outcome>) {
    this.#options = options
    const initial = options.store.raft.initial()
    this.#spentTerm = options.spentTerm ?? null
    this.#hardState = { term: initial.term, vote: initial.vote, commit: initial.commit }
    this.#membership = membershipOf(initial)
    this.#lastStored = initial.lastIndex
    this.#lastApplied = initial.applied
    const { node, knownFrom } = startNode(initial, options)
    this.#node = node
    this.#retention = new LogRetention(initial.snapshotIndex + 1, options.retention, knownFrom)
  }

  /** One step of time: 100 ms. */
  tick(): void {
    this.#guard(() => {
      this.#node.tick()
      this.#ticks += 1
      if (this.#ticks % REPORT_EVERY_TICKS === 0) this.#report()
    })
  }

  /** A message from an authenticated peer. Malformed ones are counted and reported, never thrown. */
  receive(from: number, message: Uint8Array): void {
    this.#guard(() => {
      const applied = decodeReport(message)
      if (applied !== null) {
        this.#retention.heard(from, applied)
        return
      }
      try {
        this.#node.step(from, message)
      } catch (error) {
        if (codeOf(error) === 'raft_poisoned') throw error
        this.#rejected.set(from, (this.#rejected.get(from) ?? 0) + 1)
        this.#options.onRejected?.(from, error)
      }
    })
  }

  /** A member has started again, and its log ends at `lastIndex` now: what it acknowledged before counts no more. */
  memberRestarted(member: number, lastIndex: number): void {
    this.#guard(() => {
      this.#retention.restarted(member, lastIndex)
      this.#node.restarted(member, lastIndex)
    })
  }

  /** Whether what a member says counts: its votes, what it acknowledges, and that it leads. */
  hear(member: number, heard: boolean): void {
    this.#guard(() => this.#node.hear(member, heard))
  }

  /**
   * Hands statements over for proposing in the next pass, all or none. They may still be lost with the leadership: whoever
   * owns them proposes them again until they are seen applied. `member`: who brought them, this one where none is named.
   */
  propose(statements: readonly Proposed[], member: number = this.#options.id): Taken | 'not_leader' {
    const leads = this.#guard(() => this.#node.status().role === 'leader')
    return leads ? this.#backlog.push(member, statements) : 'not_leader'
  }

  /** Stands for election without waiting for its timeout. False where that is not possible now. */
  campaign(): boolean {
    return this.#guard(() => this.#asked(() => this.#node.campaign()))
  }

  /** Asks a peer to take over, as before a planned stop. False where this replica does not lead or `to` is no voter. */
  transferLeader(to: number): boolean {
    return this.#guard(() => this.#asked(() => this.#node.transferLeader(to)))
  }

  /** Proposes a change of members whose context names the event that approves it. False where that is not possible now. */
  changeMembers(change: ConfChange): boolean {
    return this.#guard(() => this.#asked(() => this.#node.proposeConfChange(change)))
  }

  /**
   * Does what can be done now, with at most one transaction, and returns null where there was nothing to do.
   *
   * @throws ConsensusError `commit_failed`, `apply_stopped`, `raft_poisoned`: end the process (or, for the last, build a new
   * replica from the store); every later call throws `replica_stopped`
   */
  pass(): PassResult<Outcome> | null {
    return this.#guard(() => {
      const abandoned = this.#proposeBacklog()
      const outcomes: Outcome[] = []
      let worked = abandoned > 0
      for (;;) {
        const collected = this.#node.collect()
        if (collected === null && this.#toApply.length === 0) break
        worked = true
        if (this.#round(collected, outcomes)) break
      }
      return worked ? { outcomes, abandoned } : null
    })
  }

  status(): ReplicaStatus {
    return {
      ...this.#node.status(),
      backlog: { count: this.#backlog.count, bytes: this.#backlog.bytes },
      rejectedMessages: this.#rejected,
      firstIndex: this.#retention.firstIndex,
      leftBehind: this.#retention.leftBehind(),
      voting: this.#spentTerm === null,
    }
  }

  #proposeBacklog(): number {
    if (this.#backlog.count === 0) return 0
    if (this.#node.status().role !== 'leader') return this.#backlog.clear()
    this.#backlog.drain((data) => {
      try {
        return this.#node.propose(data).index
      } catch (error) {
        // Too much is uncommitted, or leadership is being handed over: it waits for a later pass.
        if (['dropped', 'not_leader'].includes(codeOf(error))) return null
        throw error
      }
    })
    return 0
  }

  /** One collect; returns true where it needed a transaction. */
  #round(collected: Collected | null, outcomes: Outcome[]): boolean {
    let held = false
    if (collected !== null) {
      if (collected.snapshot !== null) throw snapshotOffered(collected.snapshot.index)
      held = this.#isNewTerm(collected)
      if (!held) this.#sendNow(collected)
      if (collected.hardState !== null) this.#setHardState(collected.hardState)
      for (const entry of collected.committed) this.#toApply.push(entry)
    }
    const apply = takeChunk(this.#toApply)
    const durable =
      collected !== null && (collected.mustSync || collected.entries.length > 0 || collected.truncateFrom !== null)
    const transaction = durable || apply.length > 0
    if (transaction) this.#commit(collected, apply, outcomes)
    if (collected !== null && held) this.#sendNow(collected)
    if (collected !== null) this.#afterCommit(collected)
    return transaction
  }

  /** A single voter counts its own vote at once, so that its first messages are ready before its term is on disk. */
  #isNewTerm({ hardState }: Collected): boolean {
    return hardState !== null && (hardState.term !== this.#hardState.term || hardState.vote !== this.#hardState.vote)
  }

  #sendNow({ messages }: Collected): void {
    this.#sendAll(messages)
    if (messages.length > 0) this.#options.flush?.()
  }

  #commit(collected: Collected | null, apply: LogEntry[], outcomes: Outcome[]): void {
    const pass: StoredPass = {
      truncateFrom: collected?.truncateFrom ?? null,
      append: collected?.entries ?? [],
      hardState: null,
      apply,
    }
    this.#changeMembers(apply, pass)
    if (pass.truncateFrom !== null) this.#lastStored = Math.min(this.#lastStored, pass.truncateFrom - 1)
    this.#lastStored = pass.append.at(-1)?.index ?? this.#lastStored
    this.#lastApplied = apply.at(-1)?.index ?? this.#lastApplied
    pass.hardState = this.#hardStateToStore()
    const compactTo = this.#retention.compactTo(this.#options.id, membersOf(this.#membership), this.#lastApplied)
    if (compactTo !== null) pass.compactTo = compactTo
    for (const outcome of this.#store(pass)) outcomes.push(outcome)
    this.#hardStateStored = true
    if (apply.length > 0) this.#node.applied(this.#lastApplied)
    this.#appliedTerm = apply.at(-1)?.term ?? this.#appliedTerm
    this.#voteAgain()
    this.#backlog.applied(this.#lastApplied)
    if (compactTo === null) return
    this.#node.compact(compactTo)
    this.#retention.compacted(compactTo)
  }

  /**
   * What was committed before this replica came back is known again once it has applied all that a leader of the spent term or a
   * later one named as committed, an entry of that leader's own term included: before it has one, a leader may not know.
   */
  #voteAgain(): void {
    if (this.#spentTerm === null || this.#appliedTerm < this.#spentTerm) return
    const { namedTerm, namedCommit, role, term } = this.#node.status()
    const leads = role === 'leader' && this.#appliedTerm === term
    const isTold = namedTerm >= this.#spentTerm && this.#appliedTerm >= namedTerm && this.#lastApplied >= namedCommit
    if (!leads && !isTold) return
    this.#spentTerm = null
    this.#node.setVoting(true)
    this.#options.onVoting?.()
  }

  #store(pass: StoredPass): Outcome[] {
    try {
      return this.#options.store.commitPass(pass)
    } catch (error) {
      // The core's memory is ahead of the disk now. A failed fsync says nothing about what reached it, so nothing is retried.
      const code = codeOf(error) === 'commit_failed' ? 'commit_failed' : 'apply_stopped'
      const what = code === 'commit_failed' ? 'could not be written' : 'could not be applied'
      const range = `log entries up to ${this.#lastStored}, applied up to ${this.#lastApplied}`
      const message = `A pass of the replica (${range}) ${what}: ${textOf(error)} The process must end.`
      throw new ConsensusError(code, message, error)
    }
  }

  #changeMembers(apply: readonly LogEntry[], pass: StoredPass): void {
    for (const entry of apply) {
      if (entry.kind !== 1) continue
      this.#membership = this.#applyConfChange(entry)
      pass.confState = this.#membership
    }
  }

  /** What is not approved, or does not suit the members at this point of the log, counts as an empty entry on every replica. */
  #applyConfChange(entry: LogEntry): Membership {
    const approved = this.#options.mayChangeMembers?.(entry) ?? false
    if (!approved) return this.#node.applyConfChange(null)
    try {
      return this.#node.applyConfChange(entry.data)
    } catch (error) {
      if (codeOf(error) !== 'refused_change') throw error
      return this.#node.applyConfChange(null)
    }
  }

  /** The commit index is only a hint, but one that must lie between what is applied and what is stored. */
  #hardStateToStore(): HardState | null {
    const { term, vote, commit } = this.#hardState
    const bounded = Math.min(Math.max(commit, this.#lastApplied), this.#lastStored)
    if (bounded !== commit) this.#setHardState({ term, vote, commit: bounded })
    return this.#hardStateStored ? null : this.#hardState
  }

  #setHardState(hardState: HardState): void {
    this.#hardState = hardState
    this.#hardStateStored = false
  }

  #afterCommit(collected: Collected): void {
    const { messages, committed } = this.#node.persisted(collected.number)
    this.#sendAll(messages)
    for (const entry of committed) this.#toApply.push(entry)
    for (const { low, high } of collected.wanted) this.#supply(low, high)
  }

  #supply(low: number, high: number): void {
    // A follower that lacks compacted entries is left behind (log-retention.ts); there is nothing to send it.
    if (low < this.#retention.firstIndex) return
    try {
      this.#node.supply(low, this.#options.store.raft.entries(low, high, SUPPLIED_BYTES_MAX))
    } catch (error) {
      if (codeOf(error) !== LOG_DAMAGED) throw error
      this.#withhold(low, error)
    }
  }

  /** A follower that applied other bytes than the rest would decide otherwise, in silence. Somebody who has the entry leads instead. */
  #withhold(low: number, error: unknown): void {
    if (this.#withheld !== low) this.#options.onDamaged?.(textOf(error))
    this.#withheld = low
    const { id: self } = this.#options
    const others = this.#node
      .status()
      .progress.filter(
        ({ id, match, active }) => id !== self && active && match >= low && this.#membership.voters.includes(id),
      )
    const [next] = others.toSorted((a, b) => b.match - a.match)
    if (next !== undefined) this.#asked(() => this.#node.transferLeader(next.id))
  }

  #sendAll(messages: readonly { to: number; data: Uint8Array }[]): void {
    for (const { to, data } of messages) this.#options.send(to, data)
  }

  /** Tells the others what is applied here, so that they keep no more of the log than somebody needs. */
  #report(): void {
    // A leader knows more: what a member has stored of the entries that are applied here can never be taken back either.
    for (const { id, match } of this.#node.status().progress)
      this.#retention.heard(id, Math.min(match, this.#lastApplied))
    if (this.#reported === this.#lastApplied && this.#ticks % (REPORT_EVERY_TICKS * 10) !== 0) return
    this.#reported = this.#lastApplied
    const report = encodeReport(this.#lastApplied)
    for (const member of membersOf(this.#membership))
      if (member !== this.#options.id) this.#options.send(member, report)
  }

  /** A wish that the core may decline. */
  #asked(run: () => unknown): boolean {
    try {
      run()
      return true
    } catch (error) {
      if (codeOf(error) === 'raft_poisoned') throw error
      return false
    }
  }

  #guard<T>(run: () => T): T {
    if (this.#failure !== null)
      throw new ConsensusError(
        'replica_stopped',
        `The replica stopped earlier: ${this.#failure.message}`,
        this.#failure,
      )
    try {
      return run()
    } catch (error) {
      this.#failure = asFailure(error)
      throw this.#failure
    }
  }
}
