/**
 * A channel: one ledger with everything that it needs of this gateway. It lives in the daemon's main thread together with the API; its
 * loop runs in the thread of all channels, and it owns the processes and threads that acquire for it and check it. Screens and
 * scripts read the ledger through its own read-only connection.
 */
import type { Logger } from 'pino'
import { loadAddon } from '../../native/addon.ts'
import type { AcquisitionHandle } from '../acquisition/handle.ts'
import type { SourceState } from '../acquisition/source-state.ts'
import type { Asset } from '../endpoints/certificate-model.ts'
import type { Alarm } from '../endpoints/alarm-model.ts'
import type { Integrity, Status } from '../endpoints/model.ts'
import { openReader, type LedgerReader } from '../ledger/reader.ts'
import { channelHandle, parseActorId, parseChannelId } from '../wire/ids.ts'
import type { Verdict } from '../wire/verdict.ts'
import { alarmList } from './show/alarm-list.ts'
import { assetList } from './show/asset-list.ts'
import type { Conditions } from './conditions.ts'
import { peerPlaces, type GatewayConfig } from './folder/config.ts'
import type { GatewayFolder } from './folder/data-folder.ts'
import { diskSpace } from './folder/disk.ts'
import { GatewayError } from './error.ts'
import type { ChannelEvents, ChannelOptions } from './channel/channel-options.ts'
import { ChannelPacks } from './channel/channel-packs.ts'
import { Healing } from './channel/healing.ts'
import type { Signer } from './channel/say-as.ts'
import { tellSeen } from './channel/tell-seen.ts'
import { barredBy, barredFromExports } from './check/integrity.ts'
import { LagHistory } from './show/lag-history.ts'
import { LedgerThread } from './channel/ledger-thread.ts'
import { workerData } from './channel/worker-data.ts'
import { LivePoints } from './show/live-points.ts'
import type { AppliedEntry, LedgerStatus } from './channel/messages.ts'
import { changedPlace } from './agreement/changed-place.ts'
import type { SourceBrief } from './agreement/peer-hello.ts'
import { RecordCheck } from './check/record-check.ts'
import { noteRebuilt } from './check/rebuilt.ts'
import { BatchPayloads } from './show/batch-payloads.ts'
import { takePast } from './signing/recorded-past.ts'
import { noteSource, ofGateway } from './sources/source-conditions.ts'
import { RecordedPoints } from './show/recorded-points.ts'
import { assignmentsOf, briefOf, register, startSources, type SourcesOptions } from './sources/sources.ts'
import { statusOf, type StatusInput } from './show/status.ts'
import { unlessDamaged } from './show/unless-damaged.ts'
import { Watch } from './show/watch.ts'
import { VERSION } from './version.ts'
import { knownRules } from '../record/rules.ts'

const POINTS_EVERY_MS = 200
/** Peers are told at once when a source changes; this is for how full the disk is. */
const ABOUT_EVERY_MS = 10_000
/** How long a person waits for the gateways to agree. */

export class Channel {
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
  readonly packs: ChannelPacks
  readonly #events: ChannelEvents
  readonly #around: Conditions | null
  readonly #recorded: RecordedPoints
  readonly #lag = new LagHistory()
  readonly #watch: Watch
  readonly #states = new Map<string, SourceState>()
  readonly #timers: NodeJS.Timeout[] = []
  #acquisition: AcquisitionHandle | null = null
  #ledger: LedgerStatus | null = null
  #consoleUrl: string | null = null

  private constructor(options: ChannelOptions, thread: LedgerThread, reader: LedgerReader, points: LivePoints) {
    const { config, folder, log, nowUs, events, conditions } = options
    this.config = config
    this.folder = folder
    this.log = log
    this.nowUs = nowUs
    this.#events = events
    this.#around = options.around
    this.thread = thread
    this.reader = reader
    this.points = points
    const payloads = new BatchPayloads(reader, log)
    this.#recorded = new RecordedPoints({ config, actor: this.actor, reader, payloads, points })
    this.conditions = conditions
    this.packs = new ChannelPacks({ reader, thread, actor: this.actor, log })
    this.#watch = new Watch(config.name, conditions.set)
    const shared = { name: config.name, log, nowUs, onCondition: conditions.set }
    this.record = new RecordCheck({
      ...shared,
      ledgerFile: folder.ledger,
      findingFile: folder.integrity,
      shared: options.audits,
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
      onChange: () => this.tellStatus(),
    })
  }

  /** Opens store and peers, then starts to acquire and to check. Throws GatewayError, LedgerError, KeyError with what to do. */
  static async start(options: ChannelOptions): Promise<Channel> {
    const { config, folder, log, events, conditions, reserve, host } = options
    let channel: Channel | null = null
    const thread = await LedgerThread.start(
      workerData(config, folder, options.clock),
      {
        onApplied: (entries) => channel?.applied(entries),
        onStatus: (status) => channel?.ledgerStatus(status),
        onAcknowledged: () => {},
        onCondition: conditions.set,
        onUnrecorded: (event, reason) => log.warn({ event, reason }, 'an event was not recorded'),
        onFatal: events.onFatal,
        onFull: (message) => {
          log.error({ code: 'disk-full' }, message)
          conditions.set('disk-full', config.name, true)
        },
        onResumed: () => channel?.resumed(),
      },
      reserve,
      host,
    )
    let reader: LedgerReader | null = null
    try {
      noteRebuilt(thread.identity.opened, { folder, name: config.name, log, onCondition: conditions.set })
      reader = openReader(folder.ledger, { onDamaged: (error) => channel?.record.damaged(error) })
      channel = new Channel(options, thread, reader, new LivePoints(loadAddon()))
      channel.#begin()
      return channel
    } catch (error) {
      if (channel === null) await thread.stop()
      else await channel.stop()
      if (channel === null) reader?.close()
      throw error
    }
  }

  /** The beginning of its id, by which paths and commands name it. */
  get handle(): string {
    return channelHandle(this.reader.channel)
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
  async acknowledgeChange(name: string, reason: string, signer: Signer | null): Promise<Integrity> {
    if (this.record.finding !== null) {
      const sinceUs = this.conditions.sinceUs('record-changed', this.name)
      const since = sinceUs === null ? {} : { sinceUs }
      await tellSeen(this.thread, { place: this.name, name, reason, code: 'record-changed', ...since }, signer)
    }
    this.record.acknowledge(name, reason)
    this.conditions.wasAcknowledged('record-changed', this.name, { name, reason })
    this.#tellIntegrity()
    this.tellStatus()
    const status = this.status
    if (status === null) throw new GatewayError('starting', 'the gateway is still starting', 'Try again in a second.')
    return status.integrity
  }

  /** What is over, oldest first, and then what stands: in this channel, and at this gateway whatever the channel. */
  alarms(): Alarm[] {
    return alarmList(this.conditions.all(), this.#ofGateway())
  }

  /** Those in which an alarm of that id is. */
  conditionsWith(id: string): Conditions {
    return this.#around !== null && this.#ofGateway().some((alarm) => alarm.id === id) ? this.#around : this.conditions
  }

  #ofGateway(): Alarm[] {
    return this.#around?.all().filter(({ code }) => ofGateway(code)) ?? []
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
    await this.packs.rested()
    await this.#acquisition?.stop()
    await this.thread.stop()
    this.conditions.keep()
    this.reader.close()
  }

  applied(entries: AppliedEntry[]): void {
    const isEvent = entries.some(({ kind }) => kind === 'event')
    if (isEvent) this.packs.look()
    if (isEvent) this.#events.onEvents()
    for (const entry of entries) {
      if (entry.kind === 'seal') this.#events.onSealed(entry.index + 1)
      else this.#recorded.applied(entry.index, entry.kind)
    }
  }

  /** Recording goes on, by a thread that knows nothing of what the former one was told. */
  resumed(): void {
    this.conditions.set('disk-full', this.name, false)
    this.conditions.attach(this.thread)
    this.log.warn('recording goes on')
    // The ledger may have been made anew.
    this.reader.reopen()
    this.#tellIntegrity()
    this.#tellAbout()
    register(this.#sourcesOptions())
  }

  ledgerStatus(status: LedgerStatus): void {
    this.#ledger = status
    const isQuiet = !this.points.hasAnyOf(this.name)
    this.#watch.see(status, { ...this.#disk(), ...diskSpace(this.folder.root) }, isQuiet)
    this.#lag.note(status)
    this.conditions.tick()
    this.tellStatus()
  }

  tellStatus(): void {
    const input = this.#statusInput()
    if (input !== null) this.#events.onStatus(statusOf(input))
  }

  #begin(): void {
    this.#tellIntegrity()
    this.conditions.attach(this.thread)
    this.#recorded.begin()
    const sources = this.#sourcesOptions()
    const assignments = assignmentsOf(sources)
    this.thread.record('gateway.started', { version: VERSION, rules: [...knownRules.keys()] })
    register(sources)
    for (const past of this.config.imports) {
      const assignment = assignments.find(({ source, tag }) => source === past.source && tag === past.tag)
      if (assignment !== undefined)
        takePast(this.config.sources, past, assignment, (rows) => this.thread.rows({ rows, gaps: [], kind: 'past' }))
    }
    this.#acquisition = startSources(sources, assignments)
    this.record.start()
    this.healing.start()
    this.packs.look()
    this.#timers.push(
      setInterval(() => this.#showChanges(), POINTS_EVERY_MS),
      setInterval(() => this.#lookAround(), ABOUT_EVERY_MS),
    )
  }

  #sourcesOptions(): SourcesOptions {
    return {
      config: this.config,
      channel: parseChannelId(this.thread.identity.channel),
      actor: parseActorId(this.actor),
      thread: this.thread,
      serverCertificatesDir: this.folder.opcua,
      known: this.reader,
      onState: (state) => this.#sourceChanged(state),
    }
  }

  #lookAround(): void {
    for (const state of this.#states.values()) noteSource(this.conditions.set, this.name, state, this.nowUs())
    this.#tellAbout()
  }

  #sourceChanged(state: SourceState): void {
    this.#states.set(state.source, state)
    noteSource(this.conditions.set, this.name, state, this.nowUs())
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
      alarms: this.alarms(),
      consoleUrl: this.#consoleUrl,
    }
  }

  #disk(): { freeBytes: number; daysLeft: number | null } {
    const { freeBytes } = diskSpace(this.folder.root)
    return { freeBytes, daysLeft: unlessDamaged(() => this.reader.daysLeft(freeBytes, this.nowUs()), null) }
  }
}
