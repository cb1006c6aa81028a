/**
 * A replica that takes part only once its gateway's memory is proven (MarkFile, StartGate), and whose marks and the peers' keep it
 * provable. Raft is only Raft while nobody forgets a vote or an acknowledgement.
 *
 *     start   mark, ledger and peers compared; the replica is built when the gate opens, without votes where memory was lost
 *     pass    log durable, then the mark where term or vote are new, then what was promised leaves
 *     hello   once a second the signed mark goes to the peers, and with it the newest one that was seen of each of them
 */
import { Replica, type ReplicaOptions } from '../../consensus/replica.ts'
import type { PassResult, ReplicaStatus } from '../../consensus/replica-status.ts'
import type { StoredPass } from '../../consensus/storage.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { toHex } from '../../wire/bytes.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { Proposed } from '../../wire/proposal.ts'
import type { OnCondition } from '../conditions.ts'
import type { FoundMark, Mark, MarkStore } from './mark.ts'
import { encodeMemoryFrame, holds, parseMemoryFrame, signMark, type MemoryFrame } from './memory-frame.ts'
import { PeerMarks } from './peer-marks.ts'
import { StartGate, type LossReason } from './start-gate.ts'

const SHOW_EVERY_MS = 1_000
const ASK_EVERY_MS = 200
const MARK_EVERY_MS = 1_000
const BOOT_BYTES = 16
/** Ten passes a second for three thousand years; a counter that was forged stays far from where numbers end. */
const COUNTER_LEAD_MAX = 2 ** 40

export interface ProvenReplicaOptions extends Omit<
  ReplicaOptions<Outcome>,
  'store' | 'spentTerm' | 'onVoting' | 'send'
> {
  ledger: Ledger
  actor: ActorId
  name: string
  marks: MarkStore
  random(bytes: number): Uint8Array
  nowMs(): number
  sign(bytes: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean
  /** The newest of this gateway's own keys of entries, which an older ledger does not know. */
  newestKey(): Uint8Array
  commitPass(pass: StoredPass): Outcome[]
  send(to: number, what: 'raft' | 'memory', body: Uint8Array): void
  /** Memory was lost: nothing more is signed under the incarnation that the ledger knows. */
  onLost(): void
  /** All that was committed is known again. */
  onRemembered?(): void
  onCondition: OnCondition
}

export class ProvenReplica {
  readonly #o: ProvenReplicaOptions
  readonly #gate: StartGate
  readonly #peers: PeerMarks
  /** This start. */
  #boot: string
  readonly #twins = new Set<ActorId>()
  /** Members that know of this start. */
  readonly #knowing = new Set<number>()
  readonly #bootOf = new Map<number, string>()
  #mark: Mark | null
  #replica: Replica<Outcome> | null = null
  #shownMs = Number.NEGATIVE_INFINITY
  #markedMs: number

  constructor(options: ProvenReplicaOptions) {
    this.#o = options
    const { ledger, marks, id, nowMs } = options
    const found = marks.read()
    this.#mark = found === 'new' ? null : found
    const initial = ledger.raft.initial()
    this.#boot = toHex(options.random(BOOT_BYTES))
    this.#markedMs = nowMs()
    const loss = lossOf(found, ledger)
    this.#gate = new StartGate({ self: id, voters: initial.voters, loss, nowMs: nowMs() })
    this.#peers = new PeerMarks(ledger.memory.peerMarks, nowMs())
    if (loss !== null) this.#lose(loss)
    else this.#begin()
    this.#open()
  }

  /** Why what this gateway remembers does not count; null where it does. */
  get loss(): LossReason | null {
    return this.#gate.loss
  }

  /** Whether all that this gateway ever promised is known here. */
  get remembers(): boolean {
    return this.#gate.loss === null || this.#replica?.status().voting === true
  }

  /** Whether it is a member of the group by now. */
  get takesPart(): boolean {
    return this.#replica !== null
  }

  /** Voters that must still be heard before this gateway takes part. */
  get missing(): number {
    return this.#replica === null ? this.#gate.missing(this.#o.nowMs()) : 0
  }

  status(): ReplicaStatus {
    return this.#replica?.status() ?? this.#waiting()
  }

  tick(): void {
    const now = this.#o.nowMs()
    this.#open()
    this.#replica?.tick()
    if (now - this.#shownMs >= (this.#replica === null ? ASK_EVERY_MS : SHOW_EVERY_MS)) this.#show(now)
    if (now - this.#markedMs >= MARK_EVERY_MS && this.remembers) this.#write()
    this.#watchTwins(now)
    this.#sayLoss()
    const text = this.#peers.text(now)
    if (text !== null) this.#o.ledger.memory.keepPeerMarks(text)
  }

  /**
   * A member that does not know of this start yet may still count what an earlier life acknowledged, and what it names as committed
   * then is less than it will be: without a memory, only what is sent after it knew counts.
   */
  receive(from: number, message: Uint8Array): void {
    if (this.#gate.loss === null || this.#knowing.has(from)) this.#replica?.receive(from, message)
  }

  /** The link to a member is up: what this gateway remembers comes before anything else. */
  linked(member: number): void {
    const actor = this.#actorOf(member)
    if (actor !== null) this.#tell(member, actor, this.#replica === null)
  }

  /** What a peer shows of its memory, and has seen of this one's. */
  memory(from: number, body: Uint8Array): void {
    const frame = parseMemoryFrame(body)
    const actor = this.#actorOf(from)
    if (frame === null || actor === null) {
      this.#o.onRejected?.(from, new Error('shows no mark'))
      return
    }
    const now = this.#o.nowMs()
    // What it says of itself is told over its own link; only what is passed on needs its signature.
    if (this.#signed(actor, frame.mark)) this.#peers.note(actor, frame.mark, now)
    this.#restarted(from, frame)
    this.#shown(frame)
    if (frame.heard === this.#boot) this.#heard(from, frame)
    if (frame.asks) this.#tell(from, actor, false)
    this.#watchTwins(now)
    this.#open()
  }

  propose(statements: readonly Proposed[], from?: number): ReturnType<Replica<Outcome>['propose']> {
    return this.#replica?.propose(statements, from) ?? 'not_leader'
  }

  transferLeader(to: number): boolean {
    return this.#replica?.transferLeader(to) ?? false
  }

  pass(): PassResult<Outcome> | null {
    return this.#replica?.pass() ?? null
  }

  /** A clean end: the mark knows all. */
  close(): void {
    if (this.remembers) this.#write()
  }

  /** Before anything is promised: a copy that was made before this start is older than its mark from now on. */
  #begin(): void {
    const { ledger, onLost } = this.#o
    ledger.memory.set(ledger.memory.lost)
    this.#write()
    if (ledger.memory.lost) onLost()
  }

  #open(): void {
    const { ledger, id, nowMs } = this.#o
    if (this.#replica !== null || this.#gate.missing(nowMs()) > 0) return
    const lost = this.#gate.loss !== null
    if (lost) this.#spend()
    const { term, voters } = ledger.raft.initial()
    // Of two the other one has all that was ever committed, and no leader comes about without both: it only has to be heard.
    const isPair = voters.length === 2
    this.#replica = new Replica<Outcome>({
      ...this.#o,
      id,
      store: { raft: ledger.raft, commitPass: (pass) => this.#commit(pass) },
      send: (to, message) => this.#o.send(to, 'raft', message),
      ...(lost ? { spentTerm: term, votesMeanwhile: isPair, onVoting: () => this.#remembered() } : {}),
    })
    for (const { actor, raftId } of ledger.members()) if (this.#twins.has(actor)) this.#replica.hear(raftId, false)
    this.#show(nowMs())
  }

  /** A vote in that term may have been given and forgotten: it is spent on this gateway itself, which does not ask for others. */
  #spend(): void {
    const { ledger, id } = this.#o
    const initial = ledger.raft.initial()
    const own = Math.max(this.#mark?.term ?? 0, initial.term)
    const spent = Math.max(own, this.#gate.term(own))
    // In term 0 nobody votes.
    const hardState = { term: spent, vote: spent === 0 ? 0 : id, commit: initial.commit }
    ledger.commitPass({ truncateFrom: null, append: [], hardState, apply: [] })
  }

  #commit(pass: StoredPass): Outcome[] {
    const before = this.#o.ledger.raft.initial()
    const outcomes = this.#o.commitPass(pass)
    const { hardState } = pass
    const promised = hardState !== null && (hardState.term !== before.term || hardState.vote !== before.vote)
    // While memory is lost the mark stays as it is, so that a start amid it is a broken one again.
    if (promised && this.remembers) this.#write()
    return outcomes
  }

  #write(): void {
    const { ledger, marks, nowMs } = this.#o
    this.#markedMs = nowMs()
    const { ledger: id, counter } = ledger.memory.identity
    if (this.#mark?.ledger === id && this.#mark.counter === counter) return
    const { term, vote } = ledger.raft.initial()
    this.#mark = { ledger: id, counter, term, vote, cosigned: ledger.memory.cosignedSize }
    marks.write(this.#mark)
  }

  #lose(reason: LossReason): void {
    const { ledger, onLost } = this.#o
    this.#gate.lose(reason)
    if (!ledger.memory.lost || !ledger.memory.broken) ledger.memory.lose()
    onLost()
  }

  #remembered(): void {
    const { ledger, actor, onRemembered } = this.#o
    const shown = this.#peers.of(actor).mark
    ledger.memory.remember(Math.max(this.#mark?.counter ?? 0, shown?.counter ?? 0))
    // All that it can ever have cosigned is applied now.
    ledger.memory.cosignAbove(Math.max(ledger.size, this.#mark?.cosigned ?? 0))
    this.#write()
    onRemembered?.()
  }

  /** A peer's word on this gateway counts only where this gateway signed it. */
  #shown({ yours }: MemoryFrame): void {
    const { actor, ledger } = this.#o
    const { counter } = ledger.memory.identity
    if (yours === null || yours.counter > counter + COUNTER_LEAD_MAX || !this.#signed(actor, yours)) return
    this.#peers.note(actor, yours, this.#o.nowMs())
    if (yours.counter <= counter || this.#gate.loss !== null) return
    // The next start must be a broken one, whoever can be reached then.
    this.#mark = {
      ledger: yours.ledger,
      counter: yours.counter,
      term: 0,
      vote: 0,
      // How far it cosigned its own mark says; a forged one would end its cosigning for good.
      cosigned: 0,
    }
    this.#o.marks.write(this.#mark)
    this.#beginAgain()
    this.#lose('peers-know-more')
  }

  /** As after a restart: nothing that this gateway answered since its start counts. */
  #beginAgain(): void {
    if (this.#replica === null) return
    this.#replica = null
    this.#knowing.clear()
    this.#boot = toHex(this.#o.random(BOOT_BYTES))
  }

  #heard(from: number, { term }: MemoryFrame): void {
    this.#knowing.add(from)
    this.#gate.heard(from, term)
  }

  #restarted(from: number, { mark, lastIndex }: MemoryFrame): void {
    if (this.#bootOf.get(from) === mark.boot) return
    this.#bootOf.set(from, mark.boot)
    this.#replica?.memberRestarted(from, lastIndex)
  }

  #sayLoss(): void {
    const { loss, missing } = this
    if (loss === null) return
    const waits =
      missing > 0
        ? `it waits to hear of ${missing} more gateway${missing === 1 ? '' : 's'}`
        : 'it has heard the others, and catches up with them'
    this.#o.onCondition(loss, this.#o.name, !this.remembers, { missing, waits })
  }

  #watchTwins(now: number): void {
    for (const { actor, raftId, name } of this.#o.ledger.members()) {
      if (actor === this.#o.actor) continue
      const on = this.#peers.twins(actor, now)
      if (on === this.#twins.has(actor)) continue
      if (on) this.#twins.add(actor)
      else this.#twins.delete(actor)
      this.#replica?.hear(raftId, !on)
      this.#o.onCondition('identity-doubled', name, on)
    }
  }

  #show(now: number): void {
    this.#shownMs = now
    for (const { raftId, actor } of this.#o.ledger.members())
      if (raftId !== this.#o.id) this.#tell(raftId, actor, this.#replica === null)
  }

  #tell(to: number, actor: ActorId, asks: boolean): void {
    const { ledger, sign } = this.#o
    const { ledger: id, counter } = ledger.memory.identity
    const mark = { ledger: id, counter, cosigned: ledger.memory.cosignedSize, boot: this.#boot }
    const seen = this.#peers.of(actor)
    const { term, lastIndex } = ledger.raft.initial()
    const frame: MemoryFrame = {
      mark: signMark(ledger.channel, this.#o.actor, mark, sign),
      yours: seen.mark,
      term: this.remembers ? term : null,
      lastIndex,
      heard: this.#bootOf.get(to) ?? null,
      asks,
    }
    this.#o.send(to, 'memory', encodeMemoryFrame(frame))
  }

  /**
   * By the member's key in force, as far as it is known here, and this gateway's own by any that it has: what was replaced says nothing of
   * it any more. A key that is not known here, or no more, proves nothing, and is nobody's fault: one of the two is behind.
   */
  #signed(actor: ActorId, mark: MemoryFrame['mark']): boolean {
    const { ledger, verify, newestKey } = this.#o
    const keys = ledger.members().find((member) => member.actor === actor)?.keys ?? []
    const inForce = keys.filter(({ use, to }) => use === 'entry' && to === null).map((key) => key.public)
    if (actor === this.#o.actor) inForce.push(newestKey())
    return inForce.some((key) =>
      holds(ledger.channel, actor, mark, (bytes, signature) => verify(key, bytes, signature)),
    )
  }

  #actorOf(raftId: number): ActorId | null {
    return this.#o.ledger.members().find((member) => member.raftId === raftId)?.actor ?? null
  }

  #waiting(): ReplicaStatus {
    const { ledger, id } = this.#o
    const { term, commit, applied, lastIndex, snapshotIndex } = ledger.raft.initial()
    return {
      id,
      term,
      commit,
      applied,
      lastIndex,
      leader: 0,
      role: 'follower',
      namedTerm: 0,
      namedCommit: 0,
      progress: [],
      backlog: { count: 0, bytes: 0 },
      rejectedMessages: new Map(),
      firstIndex: snapshotIndex + 1,
      leftBehind: [],
      voting: false,
    }
  }
}

/** What mark and ledger say of each other. */
function lossOf(mark: FoundMark, ledger: Ledger): LossReason | null {
  const { ledger: id, counter } = ledger.memory.identity
  // Keys that were never used have promised nothing; beside a log that holds something they are a copy from before it.
  if (ledger.memory.broken) return 'ledger-old'
  if (mark === 'new') return ledger.raft.initial().lastIndex === 0 ? null : 'mark-missing'
  if (mark === null) return 'mark-missing'
  if (mark.ledger !== id) return ledger.raft.initial().lastIndex === 0 ? 'ledger-missing' : 'ledger-replaced'
  return mark.counter > counter ? 'ledger-old' : null
}
