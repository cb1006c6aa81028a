/**
 * The thread that owns Raft, the store and the addon. It alone writes the ledger. Everything reaches it as messages
 * (`messages.ts`) or as frames of its peers. A failure to write ends it, and with it the daemon: after a failed fsync
 * nobody knows what is on the disk.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { loadAddon, type Addon } from '../../native/addon.ts'
import { FRAME, type HostFrameType } from '../consensus/frames.ts'
import type { Peers } from '../consensus/peers.ts'
import { openKeyStore, type KeyStore } from '../keys/key-store.ts'
import { damageBehind } from '../ledger/errors.ts'
import type { LostPart } from '../ledger/healing/parts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { askForRebuild } from '../ledger/rebuilt-file.ts'
import { toHex } from '../wire/bytes.ts'
import type { ActorId } from '../wire/ids.ts'
import { refusalSentence } from '../record/refusals.ts'
import { agreementFiles } from './agreement-memory.ts'
import { clockSources } from './clock/clock-sources.ts'
import type { OnCondition } from './conditions.ts'
import { GatewayCore } from './core.ts'
import { GatewayError } from './error.ts'
import { PartDesk } from './healing/part-desk.ts'
import { FileWatch } from './memory/file-watch.ts'
import { MarkFile } from './memory/mark.ts'
import { openPeers, type LinkOptions } from './member-links.ts'
import type { FromLedger, LedgerStatus, ToLedger } from './messages.ts'
import { TakenSoFar } from './taken-so-far.ts'
import { encodeHello, type ChangedPlace, type PeerHello } from './peer-hello.ts'
import { PeerHellos } from './peer-hellos.ts'
import { openStore } from './open-store.ts'
import { gatewayViews } from './peer-views.ts'
import type { Verdict } from './integrity.ts'
import { isDiskFull } from './disk-full.ts'
import { StalledLeader } from './stalled-leader.ts'
import { nowUs } from './wall-clock.ts'

export interface LedgerWorkerData {
  name: string
  version: string
  keysDir: string
  genesisFile: string
  ledgerFile: string
  listen: { host: string; port: number } | null
  peers: { name: string; host: string; port: number }[]
  limits: { batchReadingsMax: number; sealAfterMs: number; queueBytesMax: number }
  /** File of what is remembered of agreement across restarts. */
  agreement: string
  /** Folder of fork proofs, and of what was damaged before it was repaired. */
  evidence: string
  /** File that notes a repair until the ledger says so. */
  repair: string
  /** False where a change of this gateway's own record is known from before. */
  cosigning: boolean
  /** Why what follows from the entries is to be made anew before anything else; null where nothing asks for it. */
  rebuild: string | null
  /** Recording only paused in this process, which hands over again what it has kept. */
  isGoingOn?: boolean
}

const TICK_MS = 100
const TELL_MS = 500
const WATCH_MS = 1_000
const PASSES_PER_TURN = 8
/** How long messages of the main thread are taken up in one turn. */
const RECEIVE_MS = 50

const data = workerData as LedgerWorkerData
const tell = (message: FromLedger): void => parentPort?.postMessage(message)
const nowMs = (): number => performance.now()
const onCondition: OnCondition = (code, place, on, facts = {}) => tell({ type: 'condition', code, place, on, facts })

let core: GatewayCore
let ledger: Ledger
let peers: Peers | null = null
let verdict: Verdict = 'cannot-tell'
let changed: ChangedPlace | null = null
let scheduled = false
const inbox: ToLedger[] = []
let stopping = false
let sourcesTold = true
let toldHeight = 0
let failed = false
let taken: TakenSoFar
let about: Pick<PeerHello, 'consoleUrl' | 'sources' | 'disk'> = { consoleUrl: null, sources: [], disk: null }
const timers: NodeJS.Timeout[] = []
const stalledLeader = new StalledLeader()
let hellos: PeerHellos
let desk: PartDesk

/** Ends the thread after anything that must not be continued from; the main thread begins anew when there is room, or ends the daemon. */
function fatal(error: unknown): void {
  const known = error as { code?: string; message?: string; next?: string }
  const isFull = isDiskFull(error, data.ledgerFile)
  stopping = true
  failed = true
  const damage = damageBehind(error)
  if (damage !== null) askForRebuild(data.ledgerFile, damage)
  tell({
    type: 'fatal',
    code: isFull ? 'disk_full' : (known.code ?? 'programmer_error'),
    message: known.message ?? String(error),
    next: known.next ?? 'Nothing recorded is lost. Look into the log, then start the gateway again.',
  })
  for (const timer of timers) clearInterval(timer)
  if (isFull) void end()
}

function guarded(work: () => void): void {
  if (stopping) return
  try {
    work()
  } catch (error) {
    fatal(error)
  }
}

/** Runs passes as long as there is work, leaving the event loop a turn between every few of them. */
function schedule(): void {
  if (scheduled || stopping) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    guarded(() => {
      receiveSome()
      let more = true
      for (let passes = 0; more && passes < PASSES_PER_TURN; passes++) more = core.work()
      // At each change, so that nobody sees two seals of a leader before its position at the first.
      if (core.status.role === 'leader' && ledger.lastSeal().height !== toldHeight) tellPeers(helloOf())
      peers?.flush()
      taken.told()
      if (more || inbox.length > 0) schedule()
    })
  })
}

async function start(): Promise<void> {
  const addon = loadAddon()
  const keys = openKeyStore(data.keysDir)
  const genesis = readFileSync(data.genesisFile)
  const links: LinkOptions = { ...data, keys, onCondition }
  const opened = await openStore({ ...data, ...links, addon, genesis })
  ledger = opened.ledger
  const self = ledger.members().find((member) => member.actor === keys.actorId)
  if (self === undefined)
    throw new GatewayError(
      'channel_mismatch',
      `the keys in ${data.keysDir} belong to no member of the channel in ${data.genesisFile}`,
      'Use the data folder as a whole: keys, genesis and ledger belong together.',
    )
  core = coreOf(addon, keys, genesis, self)
  hellos = new PeerHellos({ ledger, core, nowMs, nameOf, onCondition })
  taken = new TakenSoFar(core, tell)
  const members = ledger.members()
  desk = new PartDesk({ addon, members, give: (part) => ledger.part(part), peers: () => peers, nowMs })
  peers = await openPeers(members, self.raftId, links, {
    onUp: (id) => guarded(() => core.linked(id)),
    onFrame: (from, type, body) => guarded(() => receiveFrame(from, type, body)),
  })
  const files = new FileWatch(data.ledgerFile)
  parentPort?.on('message', (message: ToLedger) => {
    inbox.push(message)
    schedule()
  })
  timers.push(
    setInterval(() => guarded(() => (core.tick(), desk.tick(), schedule())), TICK_MS),
    setInterval(() => guarded(() => tellStatus(self)), TELL_MS),
    setInterval(() => guarded(() => files.require()), WATCH_MS),
  )
  tell({
    type: 'ready',
    channel: ledger.channel,
    origin: ledger.origin,
    actor: keys.actorId,
    streams: core.streams(),
    registering: [...core.registering],
    opened: { rebuilt: opened.rebuilt, failed: opened.failed },
  })
  schedule()
}

function coreOf(
  addon: Addon,
  keys: KeyStore,
  genesis: Uint8Array,
  self: { name: string; raftId: number },
): GatewayCore {
  return new GatewayCore({
    addon,
    ledger,
    keys,
    name: self.name,
    raftId: self.raftId,
    limits: data.limits,
    isGoingOn: data.isGoingOn ?? false,
    genesis,
    memory: agreementFiles(data.agreement, data.evidence),
    cosigning: data.cosigning,
    marks: new MarkFile(data.keysDir),
    nowMs,
    nowUs,
    clock: clockSources({
      addon,
      ledgerFile: data.ledgerFile,
      wallUs: nowUs,
      links: () => peers?.status() ?? [],
      hellos: () => (hellos as PeerHellos | undefined)?.all ?? new Map(),
    }),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    send: (to, type, body) => void peers?.send(to, type, body),
    broadcast: (type, body) => broadcast(type, body),
    onApplied: (entries) => tell({ type: 'applied', entries }),
    onAcknowledged: (sequence, index, readings, latencyMs) =>
      tell({ type: 'acknowledged', sequence, index, readings, latencyMs }),
    onCondition,
    onFault: (member, code, what) =>
      code === 'too_many_terms' ? peers?.rest(member, what) : peers?.refused(member, what),
  })
}

function nameOf(raftId: number): string {
  return ledger.members().find((member) => member.raftId === raftId)?.name ?? `gateway ${raftId}`
}

function receiveFrame(from: number, type: HostFrameType, body: Uint8Array): void {
  if (type === FRAME.status) return hellos.receive(from, body)
  if (type === FRAME.parts) return desk.receive(from, body)
  core.receive(from, type, body)
  schedule()
}

/** Not all at once: ten thousand events to sign must not keep Raft's messages and ticks waiting for seconds. */
function receiveSome(): void {
  const untilMs = nowMs() + RECEIVE_MS
  let received = 0
  while (received < inbox.length && nowMs() < untilMs && !stopping) receive(inbox[received++] as ToLedger)
  inbox.splice(0, received)
}

function receive(message: ToLedger): void {
  if (message.type === 'rows') taken.rows(message)
  else if (message.type === 'silence') core.silence(message.reason)
  else if (message.type === 'about') about = message.about
  else if (message.type === 'confirm-clock') core.clock.confirm()
  else if (message.type === 'fetch-parts') void fetchParts(message.lost)
  else if (message.type === 'integrity') {
    verdict = message.verdict
    changed = message.changed
    core.cosigning = message.verdict !== 'changed'
  } else if (message.type === 'event') {
    void core.event(message.event, message.body, message.isTold).then(
      (outcome) =>
        tell({
          type: 'event-done',
          id: message.id,
          outcome: outcome.outcome,
          index: outcome.index,
          refused: outcome.reason ?? null,
          reason: outcome.reason === undefined ? null : refusalSentence(outcome.reason),
        }),
      (error: Error) =>
        tell({
          type: 'event-done',
          id: message.id,
          outcome: 'not-signed',
          index: null,
          refused: null,
          reason: error.message,
        }),
    )
  } else void stop()
}

async function fetchParts(lost: readonly LostPart[]): Promise<void> {
  const { missing, from, error } = await desk.fetchAndKeep(lost, data.ledgerFile)
  const actors = ledger.members().flatMap(({ raftId, actor }) => (from.includes(raftId) ? [actor] : []))
  tell({ type: 'parts-fetched', missing, from: actors, error })
}

function broadcast(type: HostFrameType, body: Uint8Array): void {
  for (const peer of peers?.status() ?? []) peers?.send(peer.id, type, body)
}

function tellStatus({ raftId, actor }: { raftId: number; actor: ActorId }): void {
  const hello = helloOf()
  tellPeers(hello)
  const raft = core.status
  const members = ledger.members()
  const compared = new Map(members.map((member) => [member.raftId, core.agreement.compared(member)]))
  const nameOf = (id: number): string | null => members.find((member) => member.raftId === id)?.name ?? null
  const status: LedgerStatus = {
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
      links: peers?.status() ?? [],
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
  }

  tell({ type: 'status', status })
  const stalled = stalledLeader.watch(raft, status.queue.entries > 0, nowMs())
  if (stalled !== null) peers?.rest(stalled, 'leads and commits nothing')
  if (verdict === 'changed' && raft.role === 'leader') handOver()
}

function tellPeers(hello: PeerHello): void {
  toldHeight = hello.head.height
  const { body, whole } = encodeHello(hello)
  broadcast(FRAME.status, body)
  if (whole !== sourcesTold) onCondition('sources-not-told', data.name, !whole, { sources: hello.sources.length })
  sourcesTold = whole
}

/**
 * A gateway whose own record was changed signs nothing: as long as it leads, no checkpoint would have the log's signature. Those
 * come first whose record was compared and is the same; how far another one says it has come is its claim.
 */
function handOver(): void {
  const up = new Set(peers?.status().flatMap((peer) => (peer.state === 'up' ? [peer.id] : [])))
  const sound = [...hellos.all].filter(([id, hello]) => up.has(id) && hello.verdict !== 'changed')
  const equal = new Set(
    ledger.members().flatMap((one) => (core.agreement.compared(one).state === 'equal' ? [one.raftId] : [])),
  )
  const [next] = sound.toSorted(
    ([a, one], [b, other]) => Number(equal.has(b)) - Number(equal.has(a)) || other.treeSize - one.treeSize,
  )
  if (next === undefined) return
  core.handOver(next[0])
  schedule()
}

function helloOf(): PeerHello {
  const { role, term } = core.status
  return {
    ...core.agreement.told(role === 'leader' ? term : null),
    version: data.version,
    verdict,
    changed,
    cosigning: core.cosigning,
    clock: core.clock.brief,
    treeSize: ledger.size,
    rootHash: toHex(ledger.root()),
    stateRoot: toHex(ledger.closedStateRoot()),
    queueEntries: ledger.queue.count(),
    sentAtUs: nowUs(),
    ...about,
  }
}

async function stop(): Promise<void> {
  if (stopping) return
  guarded(() => core.close())
  // What could not be written is kept by the main thread, which waits for room.
  if (failed) return
  stopping = true
  taken.told()
  for (const timer of timers) clearInterval(timer)
  await end()
}

async function end(): Promise<void> {
  await peers?.close()
  ledger.close()
  tell({ type: 'stopped' })
  parentPort?.close()
}

start().catch(fatal)
