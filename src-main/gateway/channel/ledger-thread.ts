/**
 * The API thread's end of the ledger thread: starts it, sends it readings and events, and passes on what it tells. Where the disk
 * is full the thread ends and begins anew when there is room; until then what is read is kept here.
 */
import { messageOf } from '../../wire/plumbline-error.ts'
import type { LostPart } from '../../ledger/healing/parts.ts'
import type { Opened } from '../../ledger/open-or-rebuild.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import type { OnCondition } from '../conditions.ts'
import type { DiskReserve } from '../folder/disk-reserve.ts'
import { GatewayError } from '../error.ts'
import { LedgerHost, type HostedLoop } from './ledger-host.ts'
import type { LedgerWorkerData } from './ledger-loop.ts'
import type { AppliedEntry, FromLedger, LedgerStatus, ToLedger } from './messages.ts'
import type { PersonOrder } from '../signing/person-statements.ts'
import type { RowsHanded, StreamPlace } from '../signing/rows-handed.ts'
import { Undurable } from './undurable.ts'

/** How often a thread that waits for room looks whether there is some. */
const ROOM_EVERY_MS = 1_000

export interface LedgerThreadEvents {
  onApplied(entries: AppliedEntry[]): void
  onStatus(status: LedgerStatus): void
  onAcknowledged(message: { sequence: number; index: number; readings: number; latencyMs: number }): void
  onCondition: OnCondition
  /** An event that nobody waits for did not reach the ledger. */
  onUnrecorded(event: CoreEventType, reason: string): void
  /** The thread can't go on: the daemon must end, with this reason. */
  onFatal(error: GatewayError): void
  /** Nothing can be written: recording waits until there is room, while what is read is kept in memory. */
  onFull?(message: string): void
  /** Recording goes on: what the thread was told before is to be told again. */
  onResumed?(): void
}

/** What came of fetching lost parts of the ledger. `error`: why nothing could come of it. */
export type PartsFetched = Omit<Extract<FromLedger, { type: 'parts-fetched' }>, 'type'>

export type EventOutcome = Omit<Extract<FromLedger, { type: 'event-done' }>, 'type' | 'id'>

export interface LedgerIdentity {
  channel: string
  origin: string
  actor: string
  /** What this gateway has of each of its opened streams, its queue included, as of the start. */
  streams: Map<string, StreamPlace>
  /** Assets whose registration is signed and waits in the queue. */
  registering: string[]
  /** Whether the store had to be made anew before it could be used. */
  opened: Pick<Opened, 'rebuilt' | 'failed'>
}

const ENDED = 'recording has ended'
const ANEW = 'recording begins anew: try again in a moment'
const BEGAN_ANEW = 'recording began anew; look whether it is recorded before you try again'
const DISK_FULL = 'the disk is full: nothing can be signed until there is room'
const DISK_WAS_FULL = 'the disk was full; look whether it is recorded before you try again'
const NO_MAJORITY = 'no majority of the gateways has agreed to it yet; it is queued'

export class LedgerThread {
  readonly #data: LedgerWorkerData
  readonly #events: LedgerThreadEvents
  readonly #reserve: DiskReserve | null
  readonly #waiting = new Map<number, (outcome: EventOutcome) => void>()
  readonly #undurable = new Undurable()
  readonly #host: LedgerHost
  #worker: HostedLoop
  #identity: LedgerIdentity
  #nextEvent = 1
  /** False while there is no thread that could be told anything. */
  #runs = true
  #failed = false
  #gone: Promise<void>
  #resumed: Promise<void> | null = null
  #renewing = false
  #fetched: ((fetched: PartsFetched) => void) | null = null

  private constructor(
    { worker, identity, early }: Begun,
    data: LedgerWorkerData,
    events: LedgerThreadEvents,
    { reserve, host }: { reserve: DiskReserve | null; host: LedgerHost },
  ) {
    this.#data = data
    this.#host = host
    this.#events = events
    this.#reserve = reserve
    this.#worker = worker
    this.#identity = identity
    this.#gone = this.#listen()
    for (const message of early) this.#receive(message)
  }

  /**
   * Begins the channel's loop and waits until the store is open. `reserve` is given back when the disk is full; without it that is the
   * end. `host`: the thread of all channels; without it one of its own. Throws GatewayError with the loop's own reason.
   */
  static async start(
    data: LedgerWorkerData,
    events: LedgerThreadEvents,
    reserve: DiskReserve | null = null,
    host: LedgerHost = new LedgerHost(),
  ): Promise<LedgerThread> {
    return new LedgerThread(await begin(host, data), data, events, { reserve, host })
  }

  get identity(): LedgerIdentity {
    return this.#identity
  }

  /** False while it waits for room on the disk, and after its end. */
  get runs(): boolean {
    return this.#runs
  }

  /** Readings that were handed over and are not durable yet. */
  get unwritten(): number {
    return this.#undurable.readings
  }

  send(message: Exclude<ToLedger, { type: 'rows' }>): void {
    if (this.#runs) this.#worker.postMessage(message)
  }

  /** Hands readings over; `taken` is called once the thread has them. They are kept here until they are signed and durable. */
  rows(rows: RowsHanded, taken?: () => void): void {
    this.#undurable.add(rows, taken)
    if (this.#runs) this.#worker.postMessage({ type: 'rows', ...rows } satisfies ToLedger)
  }

  /**
   * Signs an event of this gateway and resolves once the ledger has decided on it; after `withinMs` as `waiting`: it is queued,
   * and gets its place when a majority is there.
   */
  async event<T extends CoreEventType>(event: T, body: CoreEvents[T], withinMs?: number): Promise<EventOutcome> {
    const told = { type: 'event', event, body, isTold: withinMs !== undefined }
    return await this.#ask((id) => ({ ...told, id }) as Extract<ToLedger, { type: 'event' }>, withinMs)
  }

  /** The same of an event that a person signs. */
  async say(order: PersonOrder, withinMs: number): Promise<EventOutcome> {
    return await this.#ask((id) => ({ type: 'say', id, order }), withinMs)
  }

  /**
   * Signs an event without waiting for the ledger: it is queued on disk at once and gets its place when a majority is
   * there. What comes of it is told by `onUnrecorded`, never by a rejection that nobody handles.
   */
  record<T extends CoreEventType>(event: T, body: CoreEvents[T]): void {
    void this.#record(event, body)
  }

  /** Has lost parts of the ledger fetched from the others; what was had is kept beside the ledger. One at a time. */
  async fetchParts(lost: readonly LostPart[]): Promise<PartsFetched> {
    if (!this.#runs) return { missing: [], from: [], error: this.#pausedBecause }
    const fetched = new Promise<PartsFetched>((resolve) => {
      this.#fetched = resolve
    })
    this.send({ type: 'fetch-parts', lost: [...lost] })
    return await fetched
  }

  /**
   * Ends the thread once everything that was read is written down, and begins it anew on a ledger whose tables are made anew first, because
   * of `why`. What is read meanwhile is kept here. Throws (rejects) Error while there is no thread, and GatewayError
   * `disk_full` where there was no room for it: then recording goes on as soon as there is.
   */
  async renew(why: string): Promise<LedgerIdentity['opened']> {
    if (!this.#runs) throw new Error(this.#pausedBecause)
    this.#renewing = true
    this.send({ type: 'stop' })
    this.#pause(BEGAN_ANEW)
    const renewed = this.#renew(why)
    this.#resumed = renewed
      // Whoever asked hears of it.
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#resumed = null
        this.#renewing = false
      })
    const opened = await renewed
    await this.#resumed
    return opened
  }

  /** Ends the thread after it has written everything down, however long that takes. */
  async stop(): Promise<void> {
    do {
      // What was kept while there was no room is written before the end, too.
      await this.#resumed
      if (this.#failed) this.#worker.abandon()
      else this.send({ type: 'stop' })
      await this.#gone
    } while (this.#resumed !== null)
  }

  async #ask(
    message: (id: number) => Extract<ToLedger, { type: 'event' | 'say' }>,
    withinMs: number | undefined,
  ): Promise<EventOutcome> {
    const none = { index: null, cameTo: null, hash: null, refused: null }
    if (!this.#runs) return { outcome: 'not-signed', ...none, reason: this.#pausedBecause }
    const id = this.#nextEvent++
    const done = new Promise<EventOutcome>((resolve) => this.#waiting.set(id, resolve))
    this.send(message(id))
    if (withinMs === undefined) return await done
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<EventOutcome>((resolve) => {
      timer = setTimeout(() => resolve({ outcome: 'waiting', ...none, reason: NO_MAJORITY }), withinMs)
    })
    const outcome = await Promise.race([done, late])
    clearTimeout(timer)
    this.#waiting.delete(id)
    return outcome
  }

  async #record<T extends CoreEventType>(event: T, body: CoreEvents[T]): Promise<void> {
    try {
      const { outcome, reason } = await this.event(event, body)
      if (outcome !== 'accepted') this.#events.onUnrecorded(event, reason ?? outcome)
    } catch (error) {
      this.#events.onUnrecorded(event, messageOf(error))
    }
  }

  #receive(message: FromLedger): void {
    const events = this.#events
    if (message.type === 'applied') events.onApplied(message.entries)
    else if (message.type === 'status') events.onStatus(message.status)
    else if (message.type === 'acknowledged') events.onAcknowledged(message)
    else if (message.type === 'condition') events.onCondition(message.code, message.place, message.on, message.facts)
    else if (message.type === 'taken') this.#undurable.taken(message)
    else if (message.type === 'parts-fetched') this.#fetchedParts(message)
    else if (message.type === 'fatal') this.#ends(message)
    else if (message.type === 'event-done') {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
    }
  }

  /** Resolves when the thread has ended. */
  #listen(): Promise<void> {
    const worker = this.#worker
    worker.on('message', (message: FromLedger) => this.#receive(message))
    worker.on('error', (error) => this.#fatal('programmer_error', error.stack ?? error.message, 'Please report this.'))
    return new Promise((resolve) => {
      worker.on('exit', () => {
        this.#runs = false
        resolve()
      })
    })
  }

  #ends({ code, message, next }: Extract<FromLedger, { type: 'fatal' }>): void {
    if (code !== 'disk_full' || this.#reserve === null) return this.#fatal(code, message, next)
    this.#full(message, this.#reserve)
    this.#resumed ??= this.#resume(this.#reserve).finally(() => {
      this.#resumed = null
    })
  }

  #full(message: string, reserve: DiskReserve): void {
    reserve.giveBack()
    this.#pause(DISK_WAS_FULL)
    this.#events.onFull?.(message)
  }

  get #pausedBecause(): string {
    if (this.#renewing) return ANEW
    return this.#resumed === null ? ENDED : DISK_FULL
  }

  /** Nobody is answered any more by the thread that ends. */
  #pause(reason: string): void {
    this.#runs = false
    const waiting = { outcome: 'waiting', index: null, cameTo: null, hash: null, refused: null, reason }
    for (const settle of this.#waiting.values()) settle(waiting)
    this.#waiting.clear()
    this.#fetchedParts({ missing: [], from: [], error: reason })
  }

  #fetchedParts({ missing, from, error }: PartsFetched): void {
    this.#fetched?.({ missing, from, error })
    this.#fetched = null
  }

  async #renew(why: string): Promise<LedgerIdentity['opened']> {
    await this.#gone
    if (this.#failed) throw new Error(ENDED)
    try {
      const begun = await begin(this.#host, { ...this.#data, rebuild: why, isGoingOn: true })
      this.#goOnWith(begun)
      return begun.identity.opened
    } catch (error) {
      const { message } = error as Error
      if (!isDiskFull(error) || this.#reserve === null) {
        this.#fatal('ledger_stopped', message, 'See the log.')
        throw error
      }
      this.#full(message, this.#reserve)
      await this.#resume(this.#reserve)
      throw new GatewayError('disk_full', message, 'Free space on its volume.', error)
    }
  }

  /** Waits for room, then begins anew from what is on the disk, like a process that was started again. */
  async #resume(reserve: DiskReserve): Promise<void> {
    await this.#gone
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, ROOM_EVERY_MS))
      if (!(await reserve.hold())) continue
      try {
        // What was to be made anew at the first start is.
        return this.#goOnWith(await begin(this.#host, { ...this.#data, rebuild: null, isGoingOn: true }))
      } catch (error) {
        reserve.giveBack()
        if (!isDiskFull(error)) return this.#fatal('ledger_stopped', (error as Error).message, 'See the log.')
      }
    }
  }

  #goOnWith({ worker, identity, early }: Begun): void {
    this.#worker = worker
    this.#identity = identity
    for (const message of early) this.#receive(message)
    this.#gone = this.#listen()
    this.#runs = true
    this.#events.onResumed?.()
    for (const rows of this.#undurable.again()) this.#worker.postMessage({ type: 'rows', ...rows } satisfies ToLedger)
  }

  #fatal(code: string, message: string, next: string): void {
    this.#failed = true
    this.#runs = false
    this.#events.onFatal(new GatewayError('ledger_stopped', `${code}: ${message}`, next))
  }
}

interface Begun {
  worker: HostedLoop
  identity: LedgerIdentity
  /** What the thread had to say of its start before it was ready. */
  early: FromLedger[]
}

async function begin(host: LedgerHost, data: LedgerWorkerData): Promise<Begun> {
  const worker = host.begin(data)
  const early: FromLedger[] = []
  const opened = new Promise<Extract<FromLedger, { type: 'ready' }>>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the ledger thread ended before it was ready')))
    worker.on('message', (message: FromLedger) => {
      if (message.type === 'ready') resolve(message)
      else if (message.type === 'fatal')
        reject(
          new GatewayError(
            message.code === 'disk_full' ? 'disk_full' : 'ledger_stopped',
            message.message,
            message.next,
          ),
        )
      else early.push(message)
    })
  })
  const ready = await opened.catch(async (error: unknown) => {
    // Until then it may hold the store and the port for peers.
    await worker.gone
    throw error
  })
  for (const event of ['error', 'message'] as const) worker.removeAllListeners(event)
  const { channel, origin, actor, streams, registering, opened: store } = ready
  const identity = { channel, origin, actor, streams: new Map(streams), registering, opened: store }
  return { worker, identity, early }
}

/** Whether a start failed for want of room alone. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'disk_full'
}
