/**
 * One channel in the thread that owns Raft, the stores and the addon. It alone writes the channel's ledger. Everything reaches it as
 * messages (`messages.ts`) or as frames of its peers. A failure to write ends it: after a failed fsync nobody knows what is on the disk.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MessagePort } from 'node:worker_threads'
import { toHex } from '../../wire/bytes.ts'
import { toldOf } from '../../wire/plumbline-error.ts'
import { loadAddon, type Addon } from '../../../native/addon.ts'
import { FRAME, type HostFrameType } from '../../consensus/frames.ts'
import { openKeyStore, type KeyStore } from '../../keys/key-store.ts'
import { damageBehind } from '../../ledger/errors.ts'
import type { LostPart } from '../../ledger/healing/parts.ts'
import { parseGenesis } from '../../ledger/genesis.ts'
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { askForRebuild } from '../../ledger/rebuilt-file.ts'
import { packRefusalSentence } from '../../packs/shipped-words.ts'
import { refusalSentence } from '../../record/refusals.ts'
import { agreementFiles } from '../agreement/agreement-memory.ts'
import type { ChannelLinks, MemberLinks } from '../agreement/member-links.ts'
import { clockSources } from '../clock/clock-sources.ts'
import { SimulatedClock, simulatedSources } from '../clock/simulated-clock.ts'
import type { OnCondition } from '../conditions.ts'
import { GatewayError } from '../error.ts'
import { isDiskFull } from '../folder/disk-full.ts'
import { PartDesk } from '../healing/part-desk.ts'
import { FileWatch } from '../memory/file-watch.ts'
import { MarkFile } from '../memory/mark.ts'
import { nowUs } from '../wall-clock.ts'
import { GatewayCore } from './core.ts'
import { lotSources, type LotWords } from './lot-words.ts'
import type { FromLedger, ToLedger } from './messages.ts'
import { openStore } from './open-store.ts'
import { PeerHellos } from './peer-hellos.ts'
import { SelfReport } from './self-report.ts'
import { TakenSoFar } from './taken-so-far.ts'

export interface LedgerWorkerData {
  name: string
  version: string
  keysDir: string
  /** Folder of the channel's mark; that of the keys where there is no other. */
  markDir?: string
  genesisFile: string
  ledgerFile: string
  listen: { host: string; port: number } | null
  peers: { name: string; host: string; port: number }[]
  limits: { batchReadingsMax: number; closeAfterMs: number; queueBytesMax: number }
  /** Sources that tell to which lot their readings belong. */
  lots?: readonly LotWords[]
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
  /** Of a simulated clock; the system's where there is none. */
  clock?: SharedArrayBuffer
  /** Recording only paused in this process, which hands over again what it has kept. */
  isGoingOn?: boolean
}

const TICK_MS = 100
const TELL_MS = 500
const WATCH_MS = 1_000
const PASSES_PER_TURN = 8
/** How long messages of the main thread are taken up in one turn. */
const RECEIVE_MS = 50

const nowMs = (): number => performance.now()

/** What there is once the store is open. */
interface Open {
  ledger: Ledger
  core: GatewayCore
  taken: TakenSoFar
  hellos: PeerHellos
  desk: PartDesk
  report: SelfReport
}

export class LedgerLoop {
  readonly #data: LedgerWorkerData
  readonly #port: MessagePort
  readonly #inbox: ToLedger[] = []
  readonly #timers: NodeJS.Timeout[] = []
  #open: Open | null = null
  #peers: ChannelLinks | null = null
  readonly #links: (keys: KeyStore) => MemberLinks
  readonly #simulated: SimulatedClock | null
  #scheduled = false
  #stopping = false
  #failed = false

  /** `port`: to the main thread's end of this channel. `links`: of the gateway with these keys, for all its channels. */
  constructor(data: LedgerWorkerData, port: MessagePort, links: (keys: KeyStore) => MemberLinks) {
    this.#data = data
    this.#port = port
    this.#links = links
    this.#simulated = data.clock === undefined ? null : new SimulatedClock(data.clock)
  }

  /** Opens the store and goes on until it is told to stop. Never rejects: what goes wrong is told. */
  async run(): Promise<void> {
    this.#port.on('message', (message: ToLedger) => {
      this.#inbox.push(message)
      this.#schedule()
    })
    await this.#start().catch((error: unknown) => this.#fatal(error))
  }

  readonly #tell = (message: FromLedger): void => this.#port.postMessage(message)

  readonly #onCondition: OnCondition = (code, place, on, facts = {}) =>
    this.#tell({ type: 'condition', code, place, on, facts })

  /** Ends the loop after anything that must not be continued from; the main thread begins anew when there is room, or gives the channel up. */
  #fatal(error: unknown): void {
    const { ledgerFile } = this.#data
    const { code = 'programmer_error' } = error as { code?: string }
    const next = 'Nothing recorded is lost. Look into the log, then start the gateway again.'
    const told = toldOf(error, { code, next })
    const isFull = isDiskFull(error, ledgerFile)
    this.#stopping = true
    this.#failed = true
    const damage = damageBehind(error)
    if (damage !== null) askForRebuild(ledgerFile, damage)
    this.#tell({ type: 'fatal', ...told, code: isFull ? 'disk_full' : told.code })
    for (const timer of this.#timers) clearInterval(timer)
    void this.#endAnyhow()
  }

  #guarded(work: () => void): void {
    if (this.#stopping) return
    try {
      work()
    } catch (error) {
      this.#fatal(error)
    }
  }

  /** Runs passes as long as there is work, leaving the event loop a turn between every few of them. */
  #schedule(): void {
    const open = this.#open
    if (this.#scheduled || this.#stopping || open === null) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#guarded(() => {
        this.#receiveSome(open)
        let more = true
        for (let passes = 0; more && passes < PASSES_PER_TURN; passes++) more = open.core.work()
        open.report.sealed()
        this.#peers?.flush()
        open.taken.told()
        if (more || this.#inbox.length > 0) this.#schedule()
      })
    })
  }

  async #start(): Promise<void> {
    const data = this.#data
    const addon = loadAddon()
    const keys = openKeyStore(data.keysDir)
    const genesis = readFileSync(data.genesisFile)
    const links = this.#seat(addon, keys, genesis)
    this.#peers = links
    const opened = await openStore({ ...data, keys, links, addon, genesis })
    const { ledger } = opened
    const members = ledger.members()
    const self = members.find((member) => member.actor === keys.actorId)
    if (self === undefined)
      throw new GatewayError(
        'channel_mismatch',
        `the keys in ${data.keysDir} belong to no member of the channel in ${data.genesisFile}`,
        'Use the data folder as a whole: keys, genesis and ledger belong together.',
      )
    // Of a ledger that was kept the time goes on where it stood.
    this.#simulated?.advance(ledger.lastSeal().timeUs)
    const core = this.#coreOf(addon, ledger, { keys, genesis, self })
    const peers = (): ChannelLinks | null => this.#peers
    const nameOf = (id: number): string =>
      ledger.members().find((member) => member.raftId === id)?.name ?? `gateway ${id}`
    const hellos = new PeerHellos({ ledger, core, nowMs, nameOf, onCondition: this.#onCondition })
    const open: Open = {
      ledger,
      core,
      hellos,
      taken: new TakenSoFar(core, this.#tell),
      desk: new PartDesk({ addon, members, give: (part) => ledger.part(part), peers, nowMs }),
      report: new SelfReport({
        name: data.name,
        version: data.version,
        self,
        ledger,
        core,
        hellos,
        peers,
        broadcast: (type, body) => this.#broadcast(type, body),
        tell: this.#tell,
        onCondition: this.#onCondition,
        nowMs,
        onHandOver: () => this.#schedule(),
      }),
    }
    this.#open = open
    if (this.#simulated !== null) this.#onCondition('clock-simulated', self.name, true)
    await links?.open({
      onUp: (id) => this.#guarded(() => core.linked(id)),
      onFrame: (from, type, body) => this.#guarded(() => this.#receiveFrame(open, from, type, body)),
    })
    const files = new FileWatch(data.ledgerFile)
    this.#timers.push(
      setInterval(() => this.#guarded(() => (core.tick(), open.desk.tick(), this.#schedule())), TICK_MS),
      setInterval(() => this.#guarded(() => open.report.status()), TELL_MS),
      setInterval(() => this.#guarded(() => files.require()), WATCH_MS),
    )
    this.#tell({
      type: 'ready',
      channel: ledger.channel,
      origin: ledger.origin,
      actor: keys.actorId,
      streams: core.streams(),
      registering: [...core.registering],
      opened: { rebuilt: opened.rebuilt, failed: opened.failed },
    })
    this.#schedule()
  }

  /** Before the store is open, so that the others find their connections taken; they are heard once it is. */
  #seat(addon: Addon, keys: KeyStore, genesis: Uint8Array): ChannelLinks | null {
    const { entry, body } = parseGenesis(addon, genesis)
    const self = body.members.find(({ actor }) => actor === keys.actorId)
    if (self === undefined) return null
    const { members } = body
    return this.#links(keys).seat({
      channel: entry.channel,
      members,
      self: self.raftId,
      onCondition: this.#onCondition,
    })
  }

  #coreOf(
    addon: Addon,
    ledger: Ledger,
    { keys, genesis, self }: { keys: KeyStore; genesis: Uint8Array; self: { name: string; raftId: number } },
  ): GatewayCore {
    const data = this.#data
    const wallUs = this.#simulated?.nowUs ?? nowUs
    return new GatewayCore({
      addon,
      ledger,
      keys,
      name: self.name,
      raftId: self.raftId,
      limits: data.limits,
      lots: lotSources(data.lots ?? [], ledger.channel, keys.actorId),
      isGoingOn: data.isGoingOn ?? false,
      genesis,
      memory: agreementFiles(data.agreement, data.evidence),
      cosigning: data.cosigning,
      marks: new MarkFile(data.markDir ?? data.keysDir),
      nowMs,
      nowUs: wallUs,
      clock:
        this.#simulated === null
          ? clockSources({
              addon,
              ledgerFile: data.ledgerFile,
              wallUs,
              links: () => this.#peers?.status() ?? [],
              hellos: () => this.#open?.hellos.all ?? new Map(),
            })
          : simulatedSources(this.#simulated),
      random: (bytes) => new Uint8Array(randomBytes(bytes)),
      send: (to, type, body) => void this.#peers?.send(to, type, body),
      broadcast: (type, body) => this.#broadcast(type, body),
      onApplied: (entries) => this.#tell({ type: 'applied', entries }),
      onAcknowledged: (sequence, index, readings, latencyMs) =>
        this.#tell({ type: 'acknowledged', sequence, index, readings, latencyMs }),
      onCondition: this.#onCondition,
      onFault: (member, code, what) =>
        code === 'too_many_terms' ? this.#peers?.rest(member, what) : this.#peers?.refused(member, what),
    })
  }

  #receiveFrame({ hellos, desk, core }: Open, from: number, type: HostFrameType, body: Uint8Array): void {
    if (type === FRAME.status) return hellos.receive(from, body)
    if (type === FRAME.parts) return desk.receive(from, body)
    core.receive(from, type, body)
    this.#schedule()
  }

  /** Not all at once: ten thousand events to sign must not keep Raft's messages and ticks waiting for seconds. */
  #receiveSome(open: Open): void {
    const untilMs = nowMs() + RECEIVE_MS
    let received = 0
    while (received < this.#inbox.length && nowMs() < untilMs && !this.#stopping)
      this.#receive(open, this.#inbox[received++] as ToLedger)
    this.#inbox.splice(0, received)
  }

  #receive(open: Open, message: ToLedger): void {
    const { core, taken, report } = open
    if (message.type === 'rows') taken.rows(message)
    else if (message.type === 'silence') core.silence(message.reason)
    else if (message.type === 'about') report.about = message.about
    else if (message.type === 'confirm-clock') core.clock.confirm()
    else if (message.type === 'fetch-parts') void this.#fetchParts(open, message.lost)
    else if (message.type === 'integrity') report.integrity(message)
    else if (message.type === 'event') this.#told(message.id, core.event(message.event, message.body, message.isTold))
    else if (message.type === 'say') {
      this.#told(message.id, core.say(message.order))
      this.#schedule()
    } else void this.#stop(open)
  }

  #told(id: number, decided: Promise<Outcome>): void {
    const none = { index: null, cameTo: null, hash: null, refused: null }
    void decided.then(
      ({ outcome, index, cameTo = null, entryHash, reason }) =>
        this.#tell({
          type: 'event-done',
          id,
          outcome,
          index,
          cameTo,
          hash: toHex(entryHash),
          refused: reason ?? null,
          reason: reason === undefined ? null : (packRefusalSentence(reason) ?? refusalSentence(reason)),
        }),
      (error: Error) => this.#tell({ type: 'event-done', id, outcome: 'not-signed', ...none, reason: error.message }),
    )
  }

  async #fetchParts({ desk, ledger }: Open, lost: readonly LostPart[]): Promise<void> {
    const { missing, from, error } = await desk.fetchAndKeep(lost, this.#data.ledgerFile)
    const actors = ledger.members().flatMap(({ raftId, actor }) => (from.includes(raftId) ? [actor] : []))
    this.#tell({ type: 'parts-fetched', missing, from: actors, error })
  }

  #broadcast(type: HostFrameType, body: Uint8Array): void {
    for (const peer of this.#peers?.status() ?? []) this.#peers?.send(peer.id, type, body)
  }

  async #stop({ core, taken }: Open): Promise<void> {
    if (this.#stopping) return
    this.#guarded(() => core.close())
    // What could not be written is kept by the main thread, which waits for room.
    if (this.#failed) return
    this.#stopping = true
    taken.told()
    for (const timer of this.#timers) clearInterval(timer)
    await this.#end()
  }

  /** Whether the file can be closed in good order is not asked any more. */
  async #endAnyhow(): Promise<void> {
    try {
      await this.#end()
    } catch {
      this.#port.close()
    }
  }

  async #end(): Promise<void> {
    await this.#peers?.close()
    this.#open?.ledger.close()
    this.#tell({ type: 'stopped' })
    this.#port.close()
  }
}
