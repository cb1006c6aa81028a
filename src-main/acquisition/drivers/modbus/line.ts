import { reasonOf } from '../../errors.ts'
import { ModbusFault, type ModbusLink, type ModbusRequest } from './link.ts'

/** Opens a fresh connection; rejects with a reason. Tests swap it. */
export type OpenLink = () => Promise<ModbusLink>

export interface LineTiming {
  timeoutMs: number
  /** Lines without request numbers: silence that must pass before a reply is believed again. */
  latenessMs: number
}

/** silent: no believable answer after one retry · broken: the connection is gone and could not be opened again. */
export type ReadOutcome =
  | { kind: 'data'; bytes: Uint8Array }
  | { kind: 'exception'; code: number; reason: string }
  | { kind: 'silent'; reason: string }
  | { kind: 'broken'; reason: string }

const SENTINEL_TRIES = 3

/**
 * The one owner of a connection. Reads run strictly one after the other. After a timeout nothing that was sent before
 * it can become the value of something asked later:
 * - TCP: the connection is destroyed and opened anew;
 * - serial lines: the line is drained until it was silent for longer than a reply can be late, then a sentinel block
 *   of another length is read, and the line must be silent again, before values of that unit are believed.
 */
export class ModbusLine {
  readonly #openLink: OpenLink
  readonly #timing: LineTiming
  #link: ModbusLink | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  /** Units of a serial line whose last request was not answered, with that request. */
  readonly #distrusted = new Map<number, ModbusRequest>()

  constructor(openLink: OpenLink, timing: LineTiming) {
    this.#openLink = openLink
    this.#timing = timing
  }

  get connected(): boolean {
    return this.#link !== null && !this.#link.closed
  }

  /** Rejects with the reason when the connection cannot be made. */
  async open(): Promise<void> {
    await this.#link?.destroy()
    this.#link = null
    const link = await this.#openLink()
    if (this.#closed) {
      await link.destroy()
      throw new ModbusFault('closed', 'closed by us')
    }
    this.#link = link
  }

  /** Reads one block; never rejects. Calls made at the same time wait for each other in order. */
  read(request: ModbusRequest): Promise<ReadOutcome> {
    const turn = this.#queue.then(() => this.#readWithRetry(request))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#link?.destroy()
    await this.#queue
  }

  async #readWithRetry(request: ModbusRequest): Promise<ReadOutcome> {
    const alreadyInDoubt = this.#distrusted.has(request.unit)
    const first = await this.#readOnce(request)
    if (first.kind !== 'silent' || alreadyInDoubt || this.#closed) return first
    return await this.#readOnce(request)
  }

  async #readOnce(request: ModbusRequest): Promise<ReadOutcome> {
    try {
      const link = await this.#trustedLink(request.unit)
      return { kind: 'data', bytes: await link.read(request, this.#timing.timeoutMs) }
    } catch (error) {
      return await this.#afterFault(request, error)
    }
  }

  async #afterFault(request: ModbusRequest, error: unknown): Promise<ReadOutcome> {
    const fault = error instanceof ModbusFault ? error : new ModbusFault('closed', reasonOf(error))
    if (fault.kind === 'exception') return { kind: 'exception', code: fault.code, reason: fault.message }
    if (fault.kind === 'closed' || this.#link === null) return { kind: 'broken', reason: fault.message }
    if (this.#link.numbered) {
      await this.#link.destroy()
      this.#link = null
    } else this.#distrusted.set(request.unit, request)
    return { kind: 'silent', reason: fault.message }
  }

  /** A connection on which the next reply of this unit can be believed. */
  async #trustedLink(unit: number): Promise<ModbusLink> {
    if (this.#closed) throw new ModbusFault('closed', 'closed by us')
    if (this.#link === null) await this.open()
    const link = this.#link as ModbusLink
    if (link.tainted && link.numbered) {
      await this.open()
      return this.#link as ModbusLink
    }
    if (link.tainted) await this.#drain(link)
    const unanswered = this.#distrusted.get(unit)
    if (unanswered !== undefined) await this.#regainTrust(link, unanswered)
    return link
  }

  async #regainTrust(link: ModbusLink, unanswered: ModbusRequest): Promise<void> {
    const sentinel = sentinelFor(unanswered)
    for (let attempt = 0; attempt < SENTINEL_TRIES; attempt++) {
      await this.#drain(link)
      const answered = await answers(link, sentinel, this.#timing.timeoutMs)
      // A late reply would follow the sentinel's own; silence shows that there is none.
      if (answered && (await link.silence(this.#timing.latenessMs, this.#timing.latenessMs * 2)) && !link.tainted) {
        this.#distrusted.delete(unanswered.unit)
        return
      }
      if (!answered && !link.tainted) break
    }
    throw new ModbusFault('timeout', `unit ${unanswered.unit} has not answered believably since a timeout`)
  }

  async #drain(link: ModbusLink): Promise<void> {
    const { latenessMs } = this.#timing
    if (await link.silence(latenessMs, latenessMs * 10)) return
    await link.destroy()
    throw new ModbusFault(
      'closed',
      `the line was not silent for ${latenessMs} ms at a stretch: another master may be talking on it`,
    )
  }
}

async function answers(link: ModbusLink, sentinel: ModbusRequest, timeoutMs: number): Promise<boolean> {
  try {
    await link.read(sentinel, timeoutMs)
    return true
  } catch (error) {
    return error instanceof ModbusFault && error.kind === 'exception'
  }
}

/** A read of the same place with another length, so that the late reply of the first does not fit it. */
function sentinelFor(unanswered: ModbusRequest): ModbusRequest {
  const bits = unanswered.table === 'coil' || unanswered.table === 'discrete'
  const other = bits ? (unanswered.count > 8 ? 1 : 9) : unanswered.count > 1 ? 1 : 2
  return { ...unanswered, count: other }
}
