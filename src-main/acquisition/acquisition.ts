/**
 * Reads all sources of a gateway. Readings leave as packed rows, collected for at most `flushMs`; what is missing
 * leaves as gaps. Meant to run in a worker of its own (worker.ts), so that nothing else can make it lose a sample.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { StreamId } from '../wire/ids.ts'
import { RowWriter, type Rows } from '../wire/rows.ts'
import type { SourceConfig } from './config.ts'
import { mainText } from './config-naming.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { AcquisitionError } from './errors.ts'
import { Drivers, systemBindings, type Bindings } from './drivers/create-driver.ts'
import type { Driver } from './drivers/driver.ts'
import { didYouMean } from '../wire/near-match.ts'
import type { TrustDecision } from '../wire/stream-words.ts'
import { QUALITY } from '../wire/quality.ts'
import type { Gap, ServerCertificate, SourceState } from './source-state.ts'
import { protocolOf } from './protocol.ts'
import { trustOf } from './stream-description.ts'
import { SourceRecorder, type RecorderOutlet, type StreamAssignment } from './stream-recorder.ts'

/** Rows that leave at once, without waiting for the interval. */
const ROWS_PER_FLUSH_MAX = 5000
export const FLUSH_MS_DEFAULT = 100
/** A driver that threw where nobody caught it is begun anew after this. */
const FAILED_RESTART_MS = 5000

export interface AcquisitionOptions {
  sources: SourceConfig[]
  /** One for every tag of every source. */
  streams: StreamAssignment[]
  /** Folder for the certificates of the other sides, and what was decided about them; made when missing. */
  serverCertificatesDir: string
  nowUs: () => number
  random?: () => number
  flushMs?: number
  /** Rows without numbers, and the gaps that lie before some of them. */
  onRows: (rows: Rows, gaps: Gap[]) => void
  onSourceState: (state: SourceState) => void
  bindings?: Bindings
}

interface RunningSource {
  config: SourceConfig
  recorder: SourceRecorder
  driver: Driver
  state: SourceState
  restart: NodeJS.Timeout | null
  ending: boolean
}

/** Starts all sources. Throws AcquisitionError `unknown_stream` when a tag has no stream. */
export function startAcquisition(options: AcquisitionOptions): Acquisition {
  const acquisition = new Acquisition(options)
  acquisition.start()
  return acquisition
}

export class Acquisition {
  readonly #options: AcquisitionOptions
  readonly #sources = new Map<string, RunningSource>()
  #streamIndex = new Map<StreamId, number>()
  #writer = new RowWriter([])
  #gaps: Gap[] = []
  /** Whose driver is at work, so that an exception is laid at the right door. */
  readonly #atWork = new AsyncLocalStorage<RunningSource>()
  #timer: NodeJS.Timeout | null = null
  readonly #drivers: Drivers
  #open = true

  constructor(options: AcquisitionOptions) {
    this.#options = options
    const { nowUs, random = Math.random, bindings = systemBindings, serverCertificatesDir } = options
    this.#drivers = new Drivers({ nowUs, random }, bindings, serverCertificatesDir)
    this.#number(options.streams.map((assignment) => assignment.stream))
    for (const source of options.sources) this.#add(source, options.streams)
  }

  start(): void {
    for (const source of this.#sources.values()) this.#begin(source)
    this.#timer = setInterval(() => this.flush(), this.#options.flushMs ?? FLUSH_MS_DEFAULT)
  }

  /** Ends all drivers and passes on what was still collected. Takes a few seconds at most. */
  async stop(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => this.#end(source)))
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.flush()
    await this.#drivers.close()
  }

  states(): SourceState[] {
    return [...this.#sources.values()].map((source) => this.#stateOf(source))
  }

  /** The certificate of a source's server, when it has one. */
  certificate(sourceId: string): ServerCertificate | null {
    return this.#source(sourceId).driver.certificate?.() ?? null
  }

  /**
   * A person's decision about a server's certificate, by the fingerprint they compared.
   * Throws AcquisitionError `fingerprint_differs` when the server shows another, `not_supported` for other drivers.
   */
  async trust(sourceId: string, fingerprint: string, decision: TrustDecision): Promise<void> {
    const { driver, config } = this.#source(sourceId)
    if (driver.trust === undefined)
      throw new AcquisitionError(
        'not_supported',
        `Source "${sourceId}" speaks ${protocolOf(config)}, which has no certificates.`,
        'Nothing needs to be trusted here.',
      )
    await driver.trust(fingerprint, decision)
  }

  /** Goes over to other sources and tags; sources that stay the same are not touched. `streams` names every tag of the new set. */
  async reload(sources: SourceConfig[], streams: StreamAssignment[]): Promise<void> {
    const wanted = new Map(sources.map((source) => [source.id, source]))
    const leaving = [...this.#sources.values()].filter(
      (running) => !isDeepStrictEqual(running.config, wanted.get(running.config.id)),
    )
    await Promise.all(leaving.map((running) => this.#end(running)))
    const sinceUs = new Map(leaving.flatMap((running) => running.recorder.newest()))
    for (const running of leaving) this.#sources.delete(running.config.id)
    this.flush()
    this.#number(streams.map((assignment) => assignment.stream))
    for (const running of this.#sources.values()) running.recorder.renumber((stream) => this.#indexOf(stream))
    for (const source of sources) {
      if (this.#sources.has(source.id)) continue
      this.#add(source, streams, sinceUs)
      const added = this.#sources.get(source.id)
      if (added !== undefined) this.#begin(added)
    }
  }

  /** While held, nothing is recorded: readings are given up and a gap tells of it. For when nobody takes the rows. */
  hold(held: boolean): void {
    const resumed = !held && !this.#open
    this.#open = !held
    if (!resumed) return
    for (const { recorder, driver } of this.#sources.values()) {
      recorder.resume()
      driver.resync?.('readings came faster than they could be recorded')
    }
  }

  /**
   * To be told of an exception that nobody caught: when it came from a source, that source alone is begun anew.
   * False when it came from elsewhere.
   */
  rescue(error: unknown): boolean {
    const running = this.#atWork.getStore()
    if (running === undefined) return false
    this.#fail(running, messageOf(error))
    return true
  }

  /** Passes on what is collected, now. */
  flush(): void {
    if (this.#writer.count === 0 && this.#gaps.length === 0) return
    const gaps = this.#gaps
    this.#gaps = []
    this.#options.onRows(this.#writer.take(), gaps)
  }

  /** `sinceUs`: newest readings of streams that an ended source fed. */
  #add(config: SourceConfig, streams: StreamAssignment[], sinceUs: ReadonlyMap<StreamId, number> = new Map()): void {
    const assignments = config.tags.map((tag) => {
      const found = streams.find((stream) => stream.source === config.id && stream.tag === tag.id)
      if (found === undefined)
        throw new AcquisitionError(
          'unknown_stream',
          `Tag "${tag.id}" of source "${config.id}" has no stream.`,
          'Register one before starting it.',
        )
      const since = sinceUs.get(found.stream) ?? null
      return { assignment: found, streamIndex: this.#indexOf(found.stream), sinceUs: since }
    })
    const state = this.#newState(config)
    const running = { config, state, restart: null, ending: false } as RunningSource
    running.recorder = new SourceRecorder(config, assignments, this.#outlet(running))
    running.driver = this.#drivers.create(config, running.recorder)
    this.#sources.set(config.id, running)
  }

  #begin(running: RunningSource): void {
    running.restart = null
    this.#atWork.run(running, () => {
      try {
        running.driver.start()
      } catch (error) {
        this.#fail(running, messageOf(error))
      }
    })
  }

  /** A mistake in one driver must not end the readings of all others. */
  #fail(running: RunningSource, reason: string): void {
    if (running.ending || running.restart !== null) return
    const { driver } = running
    running.restart = setTimeout(() => {
      running.driver = this.#drivers.create(running.config, running.recorder)
      this.#begin(running)
    }, FAILED_RESTART_MS)
    void driver.stop().catch(() => undefined)
    running.recorder.interrupt(`its driver failed: ${reason}`, QUALITY.badNotConnected)
    this.#changeState(
      running,
      'connecting',
      `The driver of this source failed (${reason}) and is begun anew in ${FAILED_RESTART_MS / 1000} s. This is a mistake in Plumbline: please report it with this message.`,
    )
  }

  #outlet(running: RunningSource): RecorderOutlet {
    return {
      writer: () => this.#writer,
      nowUs: this.#options.nowUs,
      open: () => this.#open,
      onRow: () => {
        if (this.#writer.count >= ROWS_PER_FLUSH_MAX) this.flush()
      },
      onGap: (gap) => void this.#gaps.push({ ...gap, row: this.#writer.count }),
      onState: (state, reason) => this.#changeState(running, state, reason),
    }
  }

  #changeState(running: RunningSource, state: SourceState['state'], reason: string): void {
    if (running.state.state === state && running.state.reason === reason) return
    const sinceUs = running.state.state === state ? running.state.sinceUs : this.#options.nowUs()
    running.state = { ...running.state, state, reason, sinceUs }
    this.#options.onSourceState(this.#stateOf(running))
  }

  #stateOf(running: RunningSource): SourceState {
    return {
      ...running.state,
      lastReadingAtUs: running.recorder.lastReadingAtUs,
      certificate: running.driver.certificate?.() ?? null,
    }
  }

  #newState(config: SourceConfig): SourceState {
    return {
      source: config.id,
      name: mainText(config.name),
      protocol: protocolOf(config),
      trust: trustOf(config),
      state: 'connecting',
      reason: '',
      sinceUs: this.#options.nowUs(),
      lastReadingAtUs: null,
      points: config.tags.length,
      certificate: null,
    }
  }

  async #end(running: RunningSource): Promise<void> {
    running.ending = true
    if (running.restart !== null) clearTimeout(running.restart)
    await running.driver.stop()
    this.#changeState(running, 'stopped', 'stopped by the gateway')
  }

  #number(streams: StreamId[]): void {
    this.#streamIndex = new Map(streams.map((stream, index) => [stream, index]))
    this.#writer = new RowWriter(streams)
  }

  #indexOf(stream: StreamId): number {
    const index = this.#streamIndex.get(stream)
    if (index === undefined)
      throw new AcquisitionError(
        'unknown_stream',
        `Stream ${stream} is not among those given.`,
        'Give every tag of every source its stream.',
      )
    return index
  }

  #source(id: string): RunningSource {
    const source = this.#sources.get(id)
    if (source === undefined)
      throw new AcquisitionError(
        'unknown_source',
        `There is no source "${id}".${didYouMean(id, this.#sources.keys())}`,
        `Name one of the sources here: ${[...this.#sources.keys()].join(', ') || 'none is configured'}.`,
      )
    return source
  }
}
