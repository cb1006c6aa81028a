import type { OpcuaSource } from '../../config.ts'
import { messageOf } from '../../../wire/plumbline-error.ts'
import { AcquisitionError } from '../../errors.ts'
import type { ServerCertificate } from '../../source-state.ts'
import type { Value } from '../../../wire/reading.ts'
import type { TrustDecision } from '../../../wire/stream-words.ts'
import { QUALITY } from '../../../wire/quality.ts'
import { Backoff, Pause, within } from '../backoff.ts'
import type { Driver, DriverEnvironment, DriverSink } from '../driver.ts'
import {
  OpcuaFault,
  type OpcuaBinding,
  type OpcuaCertificateStore,
  type OpcuaEvents,
  type OpcuaSession,
  type RejectedItem,
} from './binding.ts'
import { groupedFingerprint, parseOffer, type ShownCertificate } from './certificate.ts'
import { checkDecision, objectionTo } from './trust.ts'

const RECONNECT_MS_MIN = 1000
const RECONNECT_MS_MAX = 30_000
/** An unknown certificate is looked at again this often, in case the server gets another. */
const UNTRUSTED_RECHECK_MS = 30_000
const STALE_INTERVALS = 3
/** Where a healthy server may be silent for longer than that: by how much a sign of life may be late. */
const LATE_FACTOR = 1.5
const STOP_LIMIT_MS = 4000
/** A frozen server may thaw; after this long a new connection is tried instead. */
const FROZEN_MS_MIN = 10_000
const BAD_NODE_RETRY_MS_MIN = 60_000
const BAD_NODE_RETRY_MS_MAX = 1_800_000

/** What a driver of OPC UA gets besides. */
export interface OpcuaEnvironment extends DriverEnvironment {
  /** The one store of all OPC UA sources of a gateway. */
  certificateStore: () => Promise<OpcuaCertificateStore>
}

/** One server: certificate decision, session, one subscription, watchdog. */
export class OpcuaDriver implements Driver {
  readonly #source: OpcuaSource
  readonly #sink: DriverSink
  readonly #environment: OpcuaEnvironment
  readonly #binding: OpcuaBinding
  readonly #pause = new Pause()
  #running: Promise<void> = Promise.resolve()
  #stopping = false
  #store: OpcuaCertificateStore | null = null
  #shown: ShownCertificate | null = null
  #trusted = false
  #lastAliveMs = 0
  #stale = false
  #ended: string | null = null
  #rejected: RejectedItem[] = []

  constructor(source: OpcuaSource, sink: DriverSink, environment: OpcuaEnvironment, binding: OpcuaBinding) {
    this.#source = source
    this.#sink = sink
    this.#environment = environment
    this.#binding = binding
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#pause.close()
    // A server that never answers may hold a request for longer; what comes of it is dropped.
    await within(this.#running, STOP_LIMIT_MS, 'still connecting').catch(() => undefined)
  }

  certificate(): ServerCertificate | null {
    return this.#shown === null ? null : { ...this.#shown.description, trusted: this.#trusted }
  }

  async trust(fingerprint: string, decision: TrustDecision): Promise<void> {
    const given = fingerprint.replaceAll(/[\s:]/g, '').toLowerCase()
    if (this.#shown === null || this.#store === null)
      throw new AcquisitionError(
        'no_certificate',
        `Source "${this.#source.id}" has not shown a certificate yet.`,
        'Wait until it is reachable, then decide.',
      )
    checkDecision(this.#source, this.#shown, given, decision)
    await this.#store.decide(this.#shown.der, this.#source.id, decision === 'trust' ? 'trusted' : 'refused')
    if (decision === 'refuse' && this.#trusted) this.#end('its certificate was refused by a person')
    this.#pause.wake()
  }

  resync(reason: string): void {
    this.#end(reason)
  }

  async #run(): Promise<void> {
    const backoff = new Backoff(RECONNECT_MS_MIN, RECONNECT_MS_MAX, this.#environment.random)
    this.#sink.state('connecting', `connecting to ${this.#source.endpoint}`)
    while (!this.#stopping) {
      const waitMs = await this.#attempt(backoff)
      if (!this.#stopping) await this.#pause.wait(waitMs)
    }
  }

  /** One connection from discovery to its end; answers how long to wait before the next. */
  async #attempt(backoff: Backoff): Promise<number> {
    try {
      this.#store ??= await this.#environment.certificateStore()
      const offer = await this.#binding.discover(this.#source, this.#store)
      const shown = parseOffer(offer, this.#source.endpoint)
      if (!(await this.#checkTrust(this.#store, shown))) return UNTRUSTED_RECHECK_MS
      if (this.#stopping) return 0
      this.#ended = null
      const session = await this.#binding.connect(this.#source, offer, this.#store, this.#events())
      const reason = await this.#live(session, backoff)
      if (this.#stopping) return 0
      return this.#announceRetry(reason, backoff)
    } catch (error) {
      if (this.#stopping) return 0
      this.#sink.interrupt(messageOf(error), QUALITY.badNotConnected)
      return this.#explain(error, backoff)
    }
  }

  async #checkTrust(store: OpcuaCertificateStore, shown: ShownCertificate): Promise<boolean> {
    const objection = await objectionTo(this.#source, shown, store)
    this.#shown = shown
    this.#trusted = objection === null
    if (objection === null) return true
    this.#sink.interrupt("the server's certificate is not trusted", QUALITY.badNotConnected)
    this.#sink.state('untrusted', objection)
    return false
  }

  /** Runs a session until it ends, marks that, and returns why. */
  async #live(session: OpcuaSession, backoff: Backoff): Promise<string> {
    const reason = await this.#monitorAndWatch(session, backoff).catch(messageOf)
    // Before closing, which takes seconds when nobody answers: its values are out of date from now on.
    if (!this.#stopping) this.#sink.interrupt(reason, QUALITY.badNotConnected)
    await session.close()
    return reason
  }

  async #monitorAndWatch(session: OpcuaSession, backoff: Backoff): Promise<string> {
    this.#lastAliveMs = performance.now()
    this.#stale = false
    await this.#monitor(
      session,
      this.#source.tags.map((_, tag) => tag),
    )
    backoff.reset()
    return await this.#watch(session)
  }

  async #watch(session: OpcuaSession): Promise<string> {
    const staleMs = Math.max(STALE_INTERVALS * session.publishingIntervalMs, LATE_FACTOR * session.signOfLifeMs)
    const frozenMs = Math.max(FROZEN_MS_MIN, staleMs * STALE_INTERVALS)
    const badNodes = new Backoff(BAD_NODE_RETRY_MS_MIN, BAD_NODE_RETRY_MS_MAX, this.#environment.random)
    let retryAtMs = performance.now() + badNodes.next()
    while (!this.#stopping && this.#ended === null) {
      const silentMs = performance.now() - this.#lastAliveMs
      if (silentMs >= frozenMs) return `the server has been silent for ${Math.round(silentMs / 1000)} s`
      if (silentMs >= staleMs && !this.#stale) this.#markStale(staleMs)
      if (this.#rejected.length > 0 && performance.now() >= retryAtMs) {
        retryAtMs = performance.now() + badNodes.next()
        await this.#monitor(
          session,
          this.#rejected.map((item) => item.tag),
        )
      }
      await this.#pause.wait(Math.max(10, Math.min(staleMs - silentMs, 1000, session.publishingIntervalMs)))
    }
    return this.#ended ?? 'stopped'
  }

  async #monitor(session: OpcuaSession, tags: number[]): Promise<void> {
    const items = tags.map((tag) => ({ tag, config: this.#source.tags[tag] as OpcuaSource['tags'][number] }))
    this.#rejected = await session.monitor(items)
    if (this.#stopping || this.#ended !== null) return
    const nowUs = this.#environment.nowUs()
    for (const item of this.#rejected) this.#sink.sample(item.tag, nowUs, { kind: 'null' }, item.statusCode)
    this.#reportLive()
  }

  #markStale(staleMs: number): void {
    this.#stale = true
    const reason = `no notification for ${staleMs} ms although the connection stands`
    this.#sink.interrupt(reason, QUALITY.badNoCommunication)
    this.#sink.state('stale', `${reason}: the server may be frozen. Check the machine's controller.`)
  }

  #events(): OpcuaEvents {
    return {
      alive: () => {
        this.#lastAliveMs = performance.now()
        // Values that have not changed would not be told again, and stay bad: a new subscription tells all of them.
        if (this.#stale) this.#end('the server answers again after a silence')
      },
      value: (tag, timeUs, value, statusCode, overflow) => this.#take(tag, timeUs, value, statusCode, overflow),
      // A value that changed in a lost notification, and not since, would go on as good with what it was before.
      missed: (count) => this.#end(`${count} notifications were lost on the way`),
      ended: (reason) => this.#end(reason),
    }
  }

  #take(tag: number, timeUs: number | null, value: Value, statusCode: number, overflow: boolean): void {
    if (this.#stopping) return
    if (overflow) this.#sink.lost(tag, "the server's queue overflowed")
    this.#sink.sample(tag, timeUs ?? this.#environment.nowUs(), value, statusCode)
  }

  #end(reason: string): void {
    this.#ended ??= reason
    this.#pause.wake()
  }

  #reportLive(): void {
    const [first] = this.#rejected
    if (first === undefined) return this.#sink.state('live', '')
    const id = this.#source.tags[first.tag]?.id ?? ''
    this.#sink.state(
      'live',
      `${this.#rejected.length} of ${this.#source.tags.length} nodes cannot be read, first "${id}": ${first.reason}. Check their addresses.`,
    )
  }

  /** Turns a failed attempt into a state that says which side refuses and what to do. */
  #explain(error: unknown, backoff: Backoff): number {
    const fault = error instanceof OpcuaFault ? error : new OpcuaFault('other', messageOf(error))
    const { code, message, next } = fault
    const waitMs = backoff.next()
    const own = this.#store?.own
    if (code === 'certificate-refused')
      this.#sink.state(
        'refused',
        `The server refuses this gateway's certificate (${message}). ${next} Its SHA-256: ${groupedFingerprint(own?.fingerprint ?? '')}; its file: ${own?.file ?? ''}.`,
      )
    else if (code === 'login-refused')
      this.#sink.state('refused', `The server refuses the log-in (${message}). ${next}`)
    else if (code === 'no-secure-endpoint')
      this.#sink.state('refused', `This gateway refuses the server: ${message}. ${next}`)
    else this.#announce(message, waitMs)
    return waitMs
  }

  #announceRetry(reason: string, backoff: Backoff): number {
    const waitMs = backoff.next()
    this.#announce(reason, waitMs)
    return waitMs
  }

  #announce(reason: string, waitMs: number): void {
    this.#sink.state(
      'connecting',
      `${reason}; next try in ${Math.ceil(waitMs / 1000)} s. Check that ${this.#source.endpoint} is switched on and reachable.`,
    )
  }
}
