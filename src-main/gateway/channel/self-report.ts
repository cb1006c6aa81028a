/** What a channel's loop tells of itself: its status to the main thread, and what this gateway says of itself to its peers. */
import { FRAME, type HostFrameType } from '../../consensus/frames.ts'
import type { ChannelLinks } from '../agreement/member-links.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { toHex } from '../../wire/bytes.ts'
import type { ActorId } from '../../wire/ids.ts'
import type { Verdict } from '../../wire/verdict.ts'
import { encodeHello, type ChangedPlace, type PeerHello } from '../agreement/peer-hello.ts'
import { StalledLeader } from '../agreement/stalled-leader.ts'
import type { OnCondition } from '../conditions.ts'
import { nowUs } from '../wall-clock.ts'
import type { GatewayCore } from './core.ts'
import type { FromLedger, LedgerStatus } from './messages.ts'
import type { PeerHellos } from './peer-hellos.ts'
import { gatewayViews } from './peer-views.ts'

/** How often it is told that nothing is new. */
const NOTHING_NEW_MS = 2_000

export interface SelfReportOptions {
  name: string
  version: string
  self: { raftId: number; actor: ActorId }
  ledger: Ledger
  core: GatewayCore
  hellos: PeerHellos
  peers(): ChannelLinks | null
  broadcast(type: HostFrameType, body: Uint8Array): void
  tell(message: FromLedger): void
  onCondition: OnCondition
  nowMs(): number
  /** Another one was asked to lead. */
  onHandOver(): void
}

export class SelfReport {
  readonly #o: SelfReportOptions
  readonly #stalledLeader = new StalledLeader()
  about: Pick<PeerHello, 'consoleUrl' | 'sources' | 'disk'> = { consoleUrl: null, sources: [], disk: null }
  #verdict: Verdict = 'cannot-tell'
  #changed: ChangedPlace | null = null
  #sourcesTold = true
  #toldHeight = 0
  /** What was told last, and when. */
  #told = ''
  #toldMs = 0

  constructor(options: SelfReportOptions) {
    this.#o = options
  }

  /** What the check of this gateway's own record has found. */
  integrity({ verdict, changed }: { verdict: Verdict; changed: ChangedPlace | null }): void {
    this.#verdict = verdict
    this.#changed = changed
    this.#o.core.cosigning = verdict !== 'changed'
  }

  /** At each change, so that nobody sees two seals of a leader before its position at the first. */
  sealed(): void {
    const { core, ledger } = this.#o
    if (core.status.role === 'leader' && ledger.lastSeal().height !== this.#toldHeight) this.#tellPeers(this.#hello())
  }

  /** Called twice a second. Where nothing is new it tells so every two seconds: a gateway may be in many channels that rest. */
  status(): void {
    const { core, ledger, peers, nowMs, tell } = this.#o
    const now = this.#newsOf()
    if (now === this.#told && nowMs() - this.#toldMs < NOTHING_NEW_MS) return
    this.#told = now
    this.#toldMs = nowMs()
    const hello = this.#hello()
    this.#tellPeers(hello)
    const raft = core.status
    const status = this.#statusOf(hello)
    tell({ type: 'status', status })
    const stalled = this.#stalledLeader.watch(raft, ledger.queue.count() > 0, nowMs())
    if (stalled !== null) peers()?.rest(stalled, 'leads and commits nothing')
    if (this.#verdict === 'changed' && raft.role === 'leader') this.#handOver()
  }

  /** All that a status may be new by, and costs nothing to ask. */
  #newsOf(): string {
    const { core, ledger, peers } = this.#o
    const { role, leader, term } = core.status
    const up =
      peers()
        ?.status()
        .filter(({ state }) => state === 'up').length ?? 0
    const waiting = ledger.queue.count()
    return [ledger.size, role, leader, term, up, waiting, core.paused, core.cosigning, this.#verdict].join(' ')
  }

  #statusOf(hello: PeerHello): LedgerStatus {
    const { core, ledger, hellos, peers, self, nowMs } = this.#o
    const { raftId, actor } = self
    const raft = core.status
    const members = ledger.members()
    const compared = new Map(members.map((member) => [member.raftId, core.agreement.compared(member)]))
    const nameOf = (id: number): string | null => members.find((member) => member.raftId === id)?.name ?? null
    return {
      atUs: nowUs(),
      atMs: nowMs(),
      size: ledger.size,
      rootHash: hello.rootHash,
      stateRoot: hello.stateRoot,
      term: raft.term,
      leader: nameOf(raft.leader),
      doubts: hello.doubts,
      gateways: gatewayViews({
        members,
        raftId,
        raft,
        hello,
        hellos: hellos.all,
        compared,
        links: peers()?.status() ?? [],
        nowUs: nowUs(),
      }),
      queue: {
        entries: ledger.queue.count(),
        readings: ledger.queue.readings(),
        bytes: ledger.queue.bytes(),
        paused: core.paused,
        oldest: ledger.queue.count() > 0 ? ledger.nextSequence(actor) : null,
      },
      lastSealHeight: ledger.lastSeal().height,
      checkpointSize: core.agreement.checkpointSize,
      acknowledgedReadings: core.acknowledgedReadings,
      elections: core.elections.all().map(({ term, leader, atUs }) => ({ term, leader: nameOf(leader) ?? '', atUs })),
      notice: core.notice,
      strayFrames: peers()?.strayFrames ?? 0,
    }
  }

  #tellPeers(hello: PeerHello): void {
    const { broadcast, onCondition, name } = this.#o
    this.#toldHeight = hello.head.height
    const { body, whole } = encodeHello(hello)
    broadcast(FRAME.status, body)
    if (whole !== this.#sourcesTold) onCondition('sources-not-told', name, !whole, { sources: hello.sources.length })
    this.#sourcesTold = whole
  }

  /**
   * A gateway whose own record was changed signs nothing: as long as it leads, no checkpoint would have the log's signature. Those
   * come first whose record was compared and is the same; how far another one says it has come is its claim.
   */
  #handOver(): void {
    const { core, ledger, hellos, peers, onHandOver } = this.#o
    const up = new Set(
      peers()
        ?.status()
        .flatMap((peer) => (peer.state === 'up' ? [peer.id] : [])),
    )
    const sound = [...hellos.all].filter(([id, hello]) => up.has(id) && hello.verdict !== 'changed')
    const equal = new Set(
      ledger.members().flatMap((one) => (core.agreement.compared(one).state === 'equal' ? [one.raftId] : [])),
    )
    const [next] = sound.toSorted(
      ([a, one], [b, other]) => Number(equal.has(b)) - Number(equal.has(a)) || other.treeSize - one.treeSize,
    )
    if (next === undefined) return
    core.handOver(next[0])
    onHandOver()
  }

  #hello(): PeerHello {
    const { core, ledger, version } = this.#o
    const { role, term } = core.status
    return {
      ...core.agreement.told(role === 'leader' ? term : null),
      version,
      verdict: this.#verdict,
      changed: this.#changed,
      cosigning: core.cosigning,
      clock: core.clock.brief,
      treeSize: ledger.size,
      rootHash: toHex(ledger.root()),
      stateRoot: toHex(ledger.closedStateRoot()),
      queueEntries: ledger.queue.count(),
      sentAtUs: nowUs(),
      ...this.about,
    }
  }
}
