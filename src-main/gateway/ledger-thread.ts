/** The API thread's end of the ledger thread: starts it, sends it readings and events, and passes on what it tells. */
import { Worker } from 'node:worker_threads'
import type { Opened } from '../ledger/open-or-rebuild.ts'
import type { CoreEvents, CoreEventType } from '../wire/events.ts'
import type { OnCondition } from './conditions.ts'
import { GatewayError } from './error.ts'
import type { LedgerWorkerData } from './ledger-worker.ts'
import type { AppliedEntry, FromLedger, LedgerStatus, StreamPlace, ToLedger } from './messages.ts'

const STOP_MS = 8_000

export interface LedgerThreadEvents {
  onApplied(entries: AppliedEntry[]): void
  onStatus(status: LedgerStatus): void
  onAcknowledged(message: { sequence: number; index: number; readings: number; latencyMs: number }): void
  onCondition: OnCondition
  /** An event that nobody waits for did not reach the ledger. */
  onUnrecorded(event: CoreEventType, reason: string): void
  /** The thread can't go on: the daemon must end, with this reason. */
  onFatal(error: GatewayError): void
}

export interface EventOutcome {
  outcome: string
  index: number | null
  reason: string | null
}

export interface LedgerIdentity {
  channel: string
  origin: string
  actor: string
  /** Each stream of this gateway whose opening is in the ledger or in the queue. */
  streams: Map<string, StreamPlace>
  /** Assets whose registration is signed and waits in the queue. */
  registering: string[]
  /** Whether the store had to be made anew before it could be used. */
  opened: Pick<Opened, 'rebuilt' | 'failed'>
}

const NO_MAJORITY = 'no majority of the gateways has agreed to it yet; it is queued'

export class LedgerThread {
  readonly identity: LedgerIdentity
  readonly #worker: Worker
  readonly #events: LedgerThreadEvents
  readonly #waiting = new Map<number, (outcome: EventOutcome) => void>()
  #nextEvent = 1
  #stopped: (() => void) | null = null
  #late: NodeJS.Timeout | undefined
  #ended = false
  #failed = false

  private constructor(worker: Worker, identity: LedgerIdentity, events: LedgerThreadEvents) {
    this.#worker = worker
    this.identity = identity
    this.#events = events
    worker.on('message', (message: FromLedger) => this.#receive(message))
    worker.on('error', (error) => this.#fatal('programmer_error', error.stack ?? error.message, 'Please report this.'))
    worker.on('exit', () => {
      this.#ended = true
      this.#stopped?.()
    })
  }

  /** Starts the thread and waits until the store is open. Throws GatewayError with the thread's own reason. */
  static async start(data: LedgerWorkerData, events: LedgerThreadEvents): Promise<LedgerThread> {
    const worker = new Worker(new URL('./ledger-worker.ts', import.meta.url), { workerData: data })
    // What it has to say of its start comes before it is ready.
    const early: FromLedger[] = []
    const opened = new Promise<Extract<FromLedger, { type: 'ready' }>>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error('the ledger thread ended before it was ready')))
      worker.on('message', (message: FromLedger) => {
        if (message.type === 'ready') resolve(message)
        else if (message.type === 'fatal') reject(new GatewayError('ledger_stopped', message.message, message.next))
        else early.push(message)
      })
    })
    const ready = await opened.catch(async (error: unknown) => {
      // It may hold the store and the port for peers.
      await worker.terminate()
      throw error
    })
    for (const event of ['error', 'exit', 'message']) worker.removeAllListeners(event)
    const { channel, origin, actor, streams, registering, opened: store } = ready
    const identity = { channel, origin, actor, streams: new Map(streams), registering, opened: store }
    const thread = new LedgerThread(worker, identity, events)
    for (const message of early) thread.#receive(message)
    return thread
  }

  send(message: ToLedger, transfer: ArrayBuffer[] = []): void {
    if (!this.#ended) this.#worker.postMessage(message, transfer)
  }

  /**
   * Signs an event of this gateway and resolves once the ledger has decided on it; after `withinMs` as `waiting`: it is queued,
   * and gets its place when a majority is there.
   */
  async event<T extends CoreEventType>(
    event: T,
    assets: string[],
    body: CoreEvents[T],
    withinMs?: number,
  ): Promise<EventOutcome> {
    const id = this.#nextEvent++
    const done = new Promise<EventOutcome>((resolve) => this.#waiting.set(id, resolve))
    this.send({ type: 'event', id, event, assets, body } as ToLedger)
    if (withinMs === undefined) return await done
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<EventOutcome>((resolve) => {
      timer = setTimeout(() => resolve({ outcome: 'waiting', index: null, reason: NO_MAJORITY }), withinMs)
    })
    const outcome = await Promise.race([done, late])
    clearTimeout(timer)
    this.#waiting.delete(id)
    return outcome
  }

  /**
   * Signs an event without waiting for the ledger: it is queued on disk at once and gets its place when a majority is
   * there. What comes of it is told by `onUnrecorded`, never by a rejection that nobody handles.
   */
  record<T extends CoreEventType>(event: T, assets: string[], body: CoreEvents[T]): void {
    void this.#record(event, assets, body)
  }

  /** Ends the thread after it has written everything down, however long that takes; then within `STOP_MS`. */
  async stop(): Promise<void> {
    if (this.#ended) return
    const gone = new Promise<void>((resolve) => {
      this.#stopped = resolve
    })
    if (this.#failed) void this.#worker.terminate()
    else this.send({ type: 'stop' })
    await gone
    clearTimeout(this.#late)
  }

  async #record<T extends CoreEventType>(event: T, assets: string[], body: CoreEvents[T]): Promise<void> {
    try {
      const { outcome, reason } = await this.event(event, assets, body)
      if (outcome !== 'accepted' && outcome !== 'duplicate') this.#events.onUnrecorded(event, reason ?? outcome)
    } catch (error) {
      this.#events.onUnrecorded(event, error instanceof Error ? error.message : String(error))
    }
  }

  #receive(message: FromLedger): void {
    const events = this.#events
    if (message.type === 'applied') events.onApplied(message.entries)
    else if (message.type === 'status') events.onStatus(message.status)
    else if (message.type === 'acknowledged') events.onAcknowledged(message)
    else if (message.type === 'condition') events.onCondition(message.code, message.place, message.on, message.facts)
    else if (message.type === 'stored') this.#late = setTimeout(() => void this.#worker.terminate(), STOP_MS)
    else if (message.type === 'fatal') this.#fatal(message.code, message.message, message.next)
    else if (message.type === 'event-done') {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    }
  }

  #fatal(code: string, message: string, next: string): void {
    this.#failed = true
    this.#events.onFatal(new GatewayError('ledger_stopped', `${code}: ${message}`, next))
  }
}
