/**
 * The composer: one gateway out of its parts. It lives in the daemon's main thread together with the API and owns the
 * threads that acquire, record and audit. Screens and scripts read the ledger through its own read-only connection.
 */
import type { Logger } from 'pino'
import { loadAddon } from '../../native/addon.ts'
import type { AcquisitionHandle } from '../acquisition/handle.ts'
import type { SourceState } from '../acquisition/source-state.ts'
import type { Asset } from '../endpoints/certificate-model.ts'
import type { Integrity, Point, Status } from '../endpoints/model.ts'
import { openReader, type LedgerReader } from '../ledger/reader.ts'
import { parseActorId, parseChannelId, parseStreamId } from '../wire/ids.ts'
import { assetList } from './asset-list.ts'
import { Conditions } from './conditions.ts'
import { peerPlaces, type GatewayConfig } from './config.ts'
import type { GatewayFolder } from './data-folder.ts'
import { diskSpace } from './disk.ts'
import { DiskReserve } from './disk-reserve.ts'
import { GatewayError } from './error.ts'
import { Healing } from './healing/healing.ts'
import { barredBy, barredFromExports, type Verdict } from './integrity.ts'
import { LagHistory } from './lag-history.ts'
import { LedgerThread } from './ledger-thread.ts'
import { workerData } from './worker-data.ts'
import { LivePoints } from './live-points.ts'
import type { AppliedEntry, LedgerStatus } from './messages.ts'
import { changedPlace } from './changed-place.ts'
import type { SourceBrief } from './peer-hello.ts'
import { RecordCheck, type CheckProgress } from './record-check.ts'
import { noteRebuilt } from './rebuilt.ts'
import { BatchPayloads } from './batch-payloads.ts'
import { takePast } from './recorded-past.ts'
import { noteSource } from './source-conditions.ts'
import { RecordedPoints } from './recorded-points.ts'
import { assignmentsOf, briefOf, register, startSources, type SourcesOptions } from './sources.ts'
import { statusOf, type StatusInput } from './status.ts'
import { unlessDamaged } from './unless-damaged.ts'
import { Watch } from './watch.ts'
import { VERSION } from './version.ts'

const POINTS_EVERY_MS = 200
/** Peers are told at once when a source changes; this is for how full the disk is. */
const ABOUT_EVERY_MS = 10_000
/** How long a person waits for the gateways to agree. */
const DECIDED_WITHIN_MS = 10_000

export interface GatewayEvents {
  onStatus(status: Status): void
  onPoints(points: Point[]): void
  /** The tree size right after a seal. */
  onSealed(position: number): void
  onAudit(progress: CheckProgress): void
  onFatal(error: GatewayError): void
}

export interface GatewayOptions {
  config: GatewayConfig
  folder: GatewayFolder
  log: Logger
  nowUs(): number
  events: GatewayEvents
}

export class Gateway {
  readonly config: GatewayConfig
  readonly folder: GatewayFolder
  readonly log: Logger
  readonly nowUs: () => number
  readonly thread: LedgerThread
  readonly reader: LedgerReader
  readonly conditions: Conditions
  readonly points: LivePoints
  readonly record: RecordCheck
  readonly healing: Healing
  readonly #events: GatewayEvents
  readonly #recorded: RecordedPoints
  readonly #reserve: DiskReserve
  readonly #lag = new LagHistory()
  readonly #watch: Watch
  readonly #states = new Map<string, SourceState>()
  readonly #timers: NodeJS.Timeout[] = []
  #acquisition: AcquisitionHandle | null = null
  #ledger: LedgerStatus | null = null
  #consoleUrl: string | null = null

  private constructor(
    options: GatewayOptions,
    thread: LedgerThread,
    reader: LedgerReader,
    points: LivePoints,
    conditions: Conditions,
    reserve: DiskReserve,
  ) {
    const { config, folder, log, nowUs, events } = options
    this.config = config
    this.folder = folder
    this.log = log
    this.nowUs = nowUs
    this.#events = events
    this.thread = thread
    this.reader = reader
    this.points = points
    const payloads = new BatchPayloads(reader, log)
    this.#recorded = new RecordedPoints({ config, actor: this.actor, reader, payloads, points })
    this.conditions = conditions
    this.#watch = new Watch(config.name, conditions.set)
    this.#reserve = reserve
    const shared = { name: config.name, log, nowUs, onCondition: conditions.set }
    this.record = new RecordCheck({
      ...shared,
      ledgerFile: folder.ledger,
      findingFile: folder.integrity,
      everyMs: { hashes: config.audit.everyMs, replay: config.audit.replayEveryMs },
      onProgress: events.onAudit,
      onVerdict: () => {
        this.#tellIntegrity()
        this.healing.checked()
      },
    })
    this.healing = new Healing({
      ...shared,
      folder,
      thread,
      record: this.record,
      others: () => reader.members().filter(({ actor }) => actor !== this.actor),
      afterMs: config.audit.healAfterMs,
      onChange: () => this.#tellStatus(),
    })
  }

  /** Opens store and peers, then starts to acquire and to check. Throws GatewayError, LedgerError, KeyError with what to do. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { config, folder, log, events } = options
    let gateway: Gateway | null = null
    const conditions = new Conditions({
      nowUs: options.nowUs,
      onChange: (code, text, on) => (on ? log.warn({ code }, text) : log.info({ code }, `over: ${text}`)),
    })
    const reserve = new DiskReserve(folder.reserve)
    void reserve.hold()
    const thread = await LedgerThread.start(
      workerData(config, folder),
      {
        onApplied: (entries) => gateway?.applied(entries),
        onStatus: (status) => gateway?.ledgerStatus(status),
        onAcknowledged: () => {},
        onCondition: conditions.set,
        onUnrecorded: (event, reason) => log.warn({ event, reason }, 'an event was not recorded'),
        onFatal: events.onFatal,
        onFull: (message) => {
          log.error({ code: 'disk-full' }, message)
          conditions.set('disk-full', config.name, true)
        },
        onResumed: () => gateway?.resumed(),
      },
      reserve,
    )
    let reader: LedgerReader | null = null
    try {
      noteRebuilt(thread.identity.opened, { folder, name: config.name, log, onCondition: conditions.set })
      reader = openReader(folder.ledger, { onDamaged: (error) => gateway?.record.damaged(error) })
      gateway = new Gateway(options, thread, reader, new LivePoints(loadAddon()), conditions, reserve)
      gateway.#begin()
      return gateway
    } catch (error) {
      if (gateway === null) await thread.stop()
      else await gateway.stop()
      if (gateway === null) reader?.close()
      throw error
    }
  }

  get name(): string {
    return this.config.name
  }

  get actor(): string {
    return this.thread.identity.actor
  }

  /** Tells the peers where this gateway's console is. */
  announce(consoleUrl: string): void {
    this.#consoleUrl = consoleUrl
    this.#tellAbout()
  }

  get status(): Status | null {
    const input = this.#statusInput()
    return input === null ? null : statusOf(input)
  }

  get ledger(): LedgerStatus | null {
    return this.#ledger
  }

  get verdict(): Verdict {
    return this.record.verdict
  }

  /** Entries that are barred from certificates, because their content was found changed. */
  get barred(): { from: number; to: number } | null {
    return barredBy(this.record.finding)
  }

  /** Entries that its exports leave out. Throws LedgerError `database_damaged` while none can be made. */
  barredFromExports(): { from: number; to: number } | null {
    return barredFromExports(this.record.finding)
  }

  /** A person has seen the change. The range stays barred; the banner says who acknowledged it and why. */
  async acknowledgeChange(name: string, reason: string): Promise<Integrity> {
    const bad = this.record.finding?.firstBad
    if (bad !== undefined) {
      const place = `${bad.gateway}, entry ${bad.entry}`
      const { outcome, reason: why } = await this.thread.event(
        'alarm.acknowledged',
        { place, name, reason },
        DECIDED_WITHIN_MS,
      )
      const next = 'Shorten a reason that is too long (1024 bytes), or see the alarms; then try again.'
      if (outcome !== 'accepted' && outcome !== 'duplicate')
        throw new GatewayError('not_recorded', `the acknowledgement was not recorded: ${why ?? outcome}`, next)
    }
    this.record.acknowledge(name, reason)
    this.#tellIntegrity()
    const status = this.status
    if (status === null) throw new GatewayError('starting', 'the gateway is still starting', 'Try again in a second.')
    return status.integrity
  }

  /** Assets as screens list them. `firstUs` and `lastUs` bound what a certificate can cover now. */
  assets(): Asset[] {
    const members = new Map(this.reader.members().map((member) => [member.actor as string, member.name]))
    return assetList(this.reader, (actor) => members.get(actor) ?? actor)
  }

  /** How far each gateway was behind, over the last hour. */
  lagHistory(): { gateway: string; points: [number, number][] }[] {
    return this.#lag.history()
  }

  sourceState(id: string): SourceState | undefined {
    return this.#states.get(id)
  }

  get acquisition(): AcquisitionHandle {
    if (this.#acquisition === null)
      throw new GatewayError('starting', 'acquisition has not started yet', 'Try again in a moment.')
    return this.#acquisition
  }

  /** Stops acquiring first, then records what is left, then ends. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.record.close()
    await this.healing.close()
    await this.#acquisition?.stop()
    await this.thread.stop()
    this.reader.close()
  }

  applied(entries: AppliedEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'seal') this.#events.onSealed(entry.index + 1)
      else this.#recorded.applied(entry.index, entry.kind)
    }
  }

  /** Recording goes on, by a thread that knows nothing of what the former one was told. */
  resumed(): void {
    this.conditions.set('disk-full', this.name, false)
    this.log.warn('recording goes on')
    // The ledger may have been made anew.
    this.reader.reopen()
    this.#tellIntegrity()
    this.#tellAbout()
    register(this.#sourcesOptions())
  }

  ledgerStatus(status: LedgerStatus): void {
    this.#ledger = status
    this.#watch.see(status, { ...this.#disk(), ...diskSpace(this.folder.root) })
    this.#lag.note(status)
    this.#tellStatus()
  }

  #tellStatus(): void {
    const input = this.#statusInput()
    if (input !== null) this.#events.onStatus(statusOf(input))
  }

  #begin(): void {
    this.#tellIntegrity()
    this.#recorded.begin()
    const sources = this.#sourcesOptions()
    const assignments = assignmentsOf(sources)
    register(sources)
    for (const past of this.config.imports) {
      const assignment = assignments.find(({ source, tag }) => source === past.source && tag === past.tag)
      if (assignment !== undefined)
        takePast(this.config.sources, past, assignment, (rows) => this.thread.rows({ rows, gaps: [], kind: 'past' }))
    }
    this.#acquisition = startSources(sources, assignments)
    this.record.start()
    this.healing.start()
    this.#timers.push(
      setInterval(() => this.#showChanges(), POINTS_EVERY_MS),
      setInterval(() => this.#tellAbout(), ABOUT_EVERY_MS),
      // At the start there may have been too little room for it.
      setInterval(() => void (this.thread.runs && this.#reserve.hold()), ABOUT_EVERY_MS),
    )
  }

  #sourcesOptions(): SourcesOptions {
    return {
      config: this.config,
      channel: parseChannelId(this.thread.identity.channel),
      actor: parseActorId(this.actor),
      thread: this.thread,
      certificatesDir: this.folder.opcua,
      known: { stream: (id) => this.reader.stream(parseStreamId(id)), asset: (id) => this.reader.asset(id) },
      onState: (state) => this.#sourceChanged(state),
    }
  }

  #sourceChanged(state: SourceState): void {
    this.#states.set(state.source, state)
    noteSource(this.conditions.set, this.name, state)
    this.#tellAbout()
  }

  #briefs(): SourceBrief[] {
    return this.config.sources.map((source) => briefOf(source, this.#states.get(source.id)))
  }

  #tellAbout(): void {
    const about = { consoleUrl: this.#consoleUrl, sources: this.#briefs(), disk: this.#disk() }
    this.thread.send({ type: 'about', about })
  }

  #tellIntegrity(): void {
    this.thread.send({
      type: 'integrity',
      verdict: this.verdict,
      changed: changedPlace(this.record.finding, this.reader),
    })
  }

  #showChanges(): void {
    const changed = this.#recorded.changes()
    if (changed.length > 0) this.#events.onPoints(changed)
  }

  #statusInput(): StatusInput | null {
    if (this.#ledger === null) return null
    const { finding } = this.record
    // Where a change stands, the sentence is about the whole record, not about what was checked before.
    const checked = finding === null ? this.record.checked : null
    return {
      nowUs: this.nowUs(),
      name: this.name,
      version: VERSION,
      ledger: this.#ledger,
      peerPlaces: peerPlaces(this.config),
      ownVerdict: this.verdict,
      ownReason: this.record.reason,
      finding,
      healing: this.healing.state,
      changed: changedPlace(this.record.finding, this.reader),
      checkedAtUs: this.record.times.at(-1) ?? null,
      checked: {
        readings: checked?.readings ?? unlessDamaged(() => this.reader.totalReadings(), 0),
        entries: checked?.entries ?? unlessDamaged(() => this.reader.size(), 0),
        sinceUs: unlessDamaged(() => this.reader.firstTimeUs(), null),
      },
      ownSources: this.#briefs(),
      points: this.points.all(),
      disk: this.#disk(),
      alarms: this.conditions.all(),
      consoleUrl: this.#consoleUrl,
    }
  }

  #disk(): { freeBytes: number; daysLeft: number | null } {
    const { freeBytes } = diskSpace(this.folder.root)
    return { freeBytes, daysLeft: unlessDamaged(() => this.reader.daysLeft(freeBytes, this.nowUs()), null) }
  }
}
