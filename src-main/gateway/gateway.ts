/**
 * The composer: one gateway out of its channels and what is its own, whatever the channel. It lives in the daemon's main thread. A
 * channel that cannot go on ends alone and is begun anew from its disk, as a daemon would be, while the others go on; where none is left,
 * the gateway ends.
 */
import type { Logger } from 'pino'
import { toldOf } from '../wire/plumbline-error.ts'
import type { Point, Status } from '../endpoints/model.ts'
import { Channel } from './channel.ts'
import { LedgerHost } from './channel/ledger-host.ts'
import { AuditThread } from './check/audit-thread.ts'
import type { CheckProgress } from './check/record-check.ts'
import { SimulatedClock } from './clock/simulated-clock.ts'
import { alarmFile } from './alarms/alarm-file.ts'
import { Conditions } from './conditions.ts'
import { GatewayError } from './error.ts'
import type { GatewayConfig } from './folder/config.ts'
import { channelFolders, type GatewayFolder } from './folder/data-folder.ts'
import { DiskReserve } from './folder/disk-reserve.ts'
import { foundedIn, spread, type FoundedIn } from './sources/channel-choice.ts'

/** At the start there may have been too little room for it. */
const RESERVE_EVERY_MS = 10_000
/** A channel that ended is begun anew after this, and twice as long after each time that this failed. */
const AGAIN_MS_MIN = 1_000
const AGAIN_MS_MAX = 60_000

export interface GatewayEvents {
  onStatus(channel: string, status: Status): void
  onPoints(channel: string, points: Point[]): void
  /** The tree size right after a seal. */
  onSealed(channel: string, position: number): void
  /** Events were applied in some channel. */
  onEvents(): void
  onAudit(channel: string, progress: CheckProgress): void
  /** A channel that did not run runs. */
  onOpened(handle: string, channel: Channel): void
  /** Nothing is left that could go on. */
  onFatal(error: GatewayError): void
}

export interface GatewayOptions {
  config: GatewayConfig
  folder: GatewayFolder
  log: Logger
  nowUs(): number
  /** Whoever gives one moves it. A gateway that is configured for one and given none has one that stands. */
  clock?: SimulatedClock
  events: GatewayEvents
}

/** A channel of this gateway that does not run. */
export interface StoppedChannel {
  handle: string
  name: string
  reason: string
  next: string
}

interface Opening extends FoundedIn {
  config: GatewayConfig
  isFirst: boolean
}

export class Gateway {
  readonly config: GatewayConfig
  readonly folder: GatewayFolder
  readonly log: Logger
  /** Of this machine, by which sessions end and links grow old. */
  readonly nowUs: () => number
  readonly #clock: SimulatedClock | null
  /** What stands at this gateway, and in its first channel. */
  readonly conditions: Conditions
  readonly #o: GatewayOptions
  readonly #host = new LedgerHost()
  #audits: AuditThread | undefined
  readonly #reserve: DiskReserve
  readonly #channels = new Map<string, Channel>()
  readonly #stopped = new Map<string, { opening: Opening; reason: string; next: string }>()
  readonly #again = new Map<string, NodeJS.Timeout>()
  /** Those that are being begun anew. */
  readonly #opening = new Map<string, Promise<void>>()
  #stopping = false
  #order: string[] = []
  readonly #holding: NodeJS.Timeout
  #consoleUrl: string | null = null

  private constructor(options: GatewayOptions, clock: SimulatedClock | null) {
    const { config, folder, log, nowUs } = options
    this.#o = options
    this.#clock = clock
    this.config = config
    this.folder = folder
    this.log = log
    this.nowUs = nowUs
    this.conditions = this.#newConditions(log, folder, () => this.#channels.get(this.#order[0] ?? ''))
    this.#reserve = new DiskReserve(folder.reserve)
    void this.#reserve.hold()
    this.#holding = setInterval(() => void (this.#runs && this.#reserve.hold()), RESERVE_EVERY_MS)
  }

  /**
   * Starts every channel that lies in the gateway's folder.
   *
   * @throws {GatewayError} `unknown_channel` where a source names none of them, `clock_not_simulated`; LedgerError, KeyError and GatewayError of the
   *   first channel where none could be started
   */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const founded = foundedIn(channelFolders(options.folder))
    const configs = spread(options.config, founded)
    const gateway = new Gateway(options, clockOf(options, founded))
    if (founded.length > 1) gateway.#audits = new AuditThread()
    const openings = founded.map((one, i) => ({ ...one, config: configs[i] as GatewayConfig, isFirst: i === 0 }))
    gateway.#order = openings.map(({ handle }) => handle)
    // All at once: the members of each have their place before the port for them is open.
    const opened = await Promise.allSettled(openings.map(async (opening) => await gateway.#open(opening)))
    const failures = opened.flatMap((one, i) => {
      if (one.status === 'fulfilled') return []
      gateway.#note(openings[i] as Opening, one.reason as GatewayError)
      return [one.reason as unknown]
    })
    if (gateway.#channels.size === 0) {
      await gateway.stop()
      throw failures[0]
    }
    for (const one of gateway.#stopped.values()) gateway.#later(one.opening, AGAIN_MS_MIN)
    return gateway
  }

  get name(): string {
    return this.config.name
  }

  /** By the beginning of their ids, the gateway's first channel first. */
  get channels(): ReadonlyMap<string, Channel> {
    return this.#channels
  }

  /** Those that could not be started, or could not go on. */
  get stopped(): readonly StoppedChannel[] {
    return [...this.#stopped.values()].map(({ opening: { handle, name }, reason, next }) => ({
      handle,
      name,
      reason,
      next,
    }))
  }

  /** The one that is meant where none is named: the gateway's first, or the first that runs. */
  get first(): Channel {
    const [first] = this.#channels.values()
    if (first === undefined) throw new TypeError('gateway: no channel runs')
    return first
  }

  /** Readings that were handed over and are not durable yet. */
  get unwritten(): number {
    return [...this.#channels.values()].reduce((total, { thread }) => total + thread.unwritten, 0)
  }

  /** Tells the peers where this gateway's console is. */
  announce(consoleUrl: string): void {
    this.#consoleUrl = consoleUrl
    for (const channel of this.#channels.values()) channel.announce(consoleUrl)
  }

  /** Stops acquiring first, then records what is left, then ends. */
  async stop(): Promise<void> {
    clearInterval(this.#holding)
    this.#stopping = true
    for (const timer of this.#again.values()) clearTimeout(timer)
    await Promise.all(this.#opening.values())
    await Promise.all([...this.#channels.values()].map((channel) => channel.stop()))
    await this.#audits?.close()
  }

  /** By which the channels sign, and say when something was. */
  get #signedUs(): () => number {
    return this.#clock?.nowUs ?? this.#o.nowUs
  }

  get #runs(): boolean {
    return [...this.#channels.values()].every(({ thread }) => thread.runs)
  }

  async #open(opening: Opening): Promise<void> {
    const { handle, folder, config, isFirst } = opening
    const { events } = this.#o
    const log = isFirst ? this.log : this.log.child({ channel: handle })
    const conditions = isFirst ? this.conditions : this.#newConditions(log, folder, () => this.#channels.get(handle))
    const channel = await Channel.start({
      config,
      folder,
      log,
      nowUs: this.#signedUs,
      clock: this.#clock,
      conditions,
      around: isFirst ? null : this.conditions,
      host: this.#host,
      reserve: this.#reserve,
      audits: this.#audits,
      events: {
        onStatus: (status) => events.onStatus(handle, status),
        onPoints: (points) => events.onPoints(handle, points),
        onSealed: (position) => events.onSealed(handle, position),
        onEvents: () => events.onEvents(),
        onAudit: (progress) => events.onAudit(handle, progress),
        onFatal: (error) => this.#fatal(opening, error),
      },
    })
    this.#put(handle, channel)
    if (this.#consoleUrl !== null) channel.announce(this.#consoleUrl)
  }

  /** In the order of the folder, whenever each was opened. */
  #put(handle: string, channel: Channel): void {
    const running = new Map(this.#channels).set(handle, channel)
    this.#channels.clear()
    for (const one of this.#order) {
      const found = running.get(one)
      if (found !== undefined) this.#channels.set(one, found)
    }
  }

  /** What the channel was is not believed any more; what it recorded lies where it lay. */
  #fatal(opening: Opening, error: GatewayError): void {
    const channel = this.#channels.get(opening.handle)
    const others = [...this.#channels.values()].filter((one) => one !== channel)
    if (others.length === 0) return this.#o.events.onFatal(error)
    this.#note(opening, error)
    this.#channels.delete(opening.handle)
    const ended = channel?.stop() ?? Promise.resolve()
    void ended
      .catch((cause: unknown) => this.log.error({ err: cause }, 'a channel did not stop in order'))
      .finally(() => this.#later(opening, AGAIN_MS_MIN))
  }

  #later(opening: Opening, afterMs: number): void {
    if (this.#stopping) return
    const timer = setTimeout(() => {
      const work = this.#tryAgain(opening, afterMs).finally(() => this.#opening.delete(opening.handle))
      this.#opening.set(opening.handle, work)
    }, afterMs)
    this.#again.set(opening.handle, timer)
  }

  async #tryAgain(opening: Opening, afterMs: number): Promise<void> {
    const { handle, name } = opening
    try {
      await this.#open(opening)
    } catch (error) {
      this.#note(opening, error)
      return this.#later(opening, Math.min(2 * afterMs, AGAIN_MS_MAX))
    }
    this.#stopped.delete(handle)
    this.conditions.set('channel-stopped', name, false)
    const channel = this.#channels.get(handle)
    if (channel !== undefined) this.#o.events.onOpened(handle, channel)
  }

  #note(opening: Opening, error: unknown): void {
    const { handle, name } = opening
    const otherwise = { code: 'ledger_stopped', next: 'See the log, then start the gateway again.' }
    const { message: reason, next } = toldOf(error, otherwise)
    if (this.#stopped.get(handle)?.reason !== reason)
      this.log.error({ channel: handle, err: error }, 'a channel does not run')
    this.#stopped.set(handle, { opening, reason, next })
    this.conditions.set('channel-stopped', name, true, { reason: reason.replace(/\.$/, '') })
  }

  #newConditions(log: Logger, folder: GatewayFolder, channel: () => Channel | undefined): Conditions {
    return new Conditions({
      nowUs: this.#signedUs,
      onChange: (code, text, on) => (on ? log.warn({ code }, text) : log.info({ code }, `over: ${text}`)),
      store: alarmFile(folder.alarms, log),
      log,
      changeAcknowledged: () => channel()?.record.finding?.acknowledged,
    })
  }
}

/** The simulated clock of a gateway that is configured for one, as far as its channels have come. Throws GatewayError `clock_not_simulated`. */
function clockOf(
  { config, clock = new SimulatedClock() }: GatewayOptions,
  channels: readonly FoundedIn[],
): SimulatedClock | null {
  if (config.clock !== 'simulated') return null
  for (const { name, simulatedSinceUs } of channels) {
    if (simulatedSinceUs === null)
      throw new GatewayError(
        'clock_not_simulated',
        `${config.name} is configured with "clock: simulated", but the channel "${name}" was not founded as simulated`,
        'Remove "clock" from the configuration: what is really measured is signed with real time.',
      )
    clock.advance(simulatedSinceUs)
  }
  return clock
}
