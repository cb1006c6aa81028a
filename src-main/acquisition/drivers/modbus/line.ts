import { messageOf } from '../../../wire/plumbline-error.ts'
import { ModbusFault, type ModbusLink, type ModbusRequest } from './link.ts'
import { UnitTrust, type Answered } from './unit-trust.ts'

/** Opens a fresh connection; rejects with a reason. Tests swap it. */
export type OpenLink = () => Promise<ModbusLink>

export interface LineTiming {
  timeoutMs: number
  /** Lines without request numbers: silence that must pass before a reply is believed again. */
  latenessMs: number
}

/**
 * silent: no believable answer, asked once more where that was safe · broken: the connection is gone and could not be opened
 * again · wait: nothing to tell yet, the unit may be asked again from `untilMs` (monotonic clock) on.
 */
export type ReadOutcome =
  | { kind: 'data'; bytes: Uint8Array }
  | { kind: 'exception'; code: number; reason: string }
  | { kind: 'silent'; reason: string }
  | { kind: 'broken'; reason: string }
  | { kind: 'wait'; untilMs: number }

/**
 * The one owner of a connection. Reads run strictly one after the other. Nothing that was sent before a timeout, or before
 * this connection was opened, can become the value of something asked later:
 * - TCP: the connection is destroyed after a timeout and opened anew;
 * - serial lines: a fresh line is drained until it was silent for longer than a reply can be late, and each unit has to
 *   earn its trust (`UnitTrust`), at first and after every unanswered request.
 */
export class ModbusLine {
  readonly #openLink: OpenLink
  readonly #timing: LineTiming
  #link: ModbusLink | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false
  /** Units of a serial line; empty for a fresh one. */
  readonly #units = new Map<number, UnitTrust>()

  constructor(openLink: OpenLink, timing: LineTiming) {
    this.#openLink = openLink
    this.#timing = timing
  }

  get connected(): boolean {
    return this.#link !== null && !this.#link.closed
  }

  /** When this unit may be asked next, on the monotonic clock; asking earlier gives `wait`. */
  askableAtMs(unit: number): number {
    const trust = this.#units.get(unit)
    return trust === undefined || trust.trusted ? 0 : trust.askableAtMs
  }

  /** Rejects with the reason when the connection cannot be made. */
  async open(): Promise<void> {
    await this.#link?.destroy()
    this.#link = null
    this.#units.clear()
    const link = await this.#openLink()
    if (this.#closed) {
      await link.destroy()
      throw new ModbusFault('closed', 'closed by us')
    }
    this.#link = link
    if (link.numbered) return
    link.onLate = (unit) => this.#trustOf(unit).doubt(performance.now())
    // A serial server may still hold, and a slow device still send, what somebody asked for earlier.
    await this.#drain(link)
  }

  /** Reads one block; never rejects. Calls made at the same time wait for each other in order. */
  read(request: ModbusRequest): Promise<ReadOutcome> {
    const turn = this.#queue.then(() => this.#read(request))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#link?.destroy()
    await this.#queue
  }

  async #read(request: ModbusRequest): Promise<ReadOutcome> {
    try {
      const link = await this.#calmLink()
      return link.numbered ? await this.#readNumbered(request) : await this.#readUnnumbered(link, request)
    } catch (error) {
      return { kind: 'broken', reason: messageOf(error) }
    }
  }

  /** An open connection without bytes on it that nobody asked for. */
  async #calmLink(): Promise<ModbusLink> {
    if (this.#closed) throw new ModbusFault('closed', 'closed by us')
    await this.#link?.settled()
    if (this.#link === null || (this.#link.tainted && this.#link.numbered)) await this.open()
    const link = this.#link as ModbusLink
    if (link.tainted) {
      await this.#drain(link)
      for (const trust of this.#units.values()) trust.disturbed(performance.now())
    }
    return link
  }

  async #drain(link: ModbusLink): Promise<void> {
    const { latenessMs } = this.#timing
    if (await link.silence(latenessMs, latenessMs * 10)) return
    if (link.closed) throw new ModbusFault('closed', link.closedReason)
    await link.destroy()
    throw new ModbusFault(
      'closed',
      `the line was not silent for ${latenessMs} ms at a stretch: another master may be talking on it`,
    )
  }

  async #readNumbered(request: ModbusRequest): Promise<ReadOutcome> {
    const first = await this.#askNumbered(request)
    return first.kind === 'silent' && !this.#closed ? await this.#askNumbered(request) : first
  }

  async #askNumbered(request: ModbusRequest): Promise<ReadOutcome> {
    const outcome = await ask(await this.#calmLink(), request, this.#timing.timeoutMs)
    if (outcome.kind === 'silent') {
      await this.#link?.destroy()
      this.#link = null
    }
    return outcome
  }

  async #readUnnumbered(link: ModbusLink, request: ModbusRequest): Promise<ReadOutcome> {
    const trust = this.#trustOf(request.unit)
    const untilMs = this.askableAtMs(request.unit)
    if (performance.now() < untilMs) return { kind: 'wait', untilMs }
    if (!trust.believes(request)) return await this.#readSentinel(link, trust, request)
    const { trusted } = trust
    const outcome = await ask(link, request, this.#timing.timeoutMs)
    const answered = answeredBy(outcome)
    if (answered !== null) trust.answered(request, answered, performance.now())
    else if (outcome.kind === 'silent') {
      trust.doubt(performance.now())
      // One lost frame is no silence yet: the request is made once more when the unit has earned its trust again.
      if (trusted) return { kind: 'wait', untilMs: trust.askableAtMs }
    }
    return outcome
  }

  async #readSentinel(link: ModbusLink, trust: UnitTrust, request: ModbusRequest): Promise<ReadOutcome> {
    const sentinel = trust.sentinelFor(request)
    const outcome = await ask(link, sentinel, this.#timing.timeoutMs)
    const answered = answeredBy(outcome)
    if (answered !== null) {
      trust.sentinelAnswered(sentinel, answered, performance.now())
      return { kind: 'wait', untilMs: trust.askableAtMs }
    }
    if (outcome.kind === 'silent') trust.sentinelFailed(performance.now())
    return outcome
  }

  #trustOf(unit: number): UnitTrust {
    let trust = this.#units.get(unit)
    if (trust === undefined) this.#units.set(unit, (trust = new UnitTrust(this.#timing.latenessMs)))
    return trust
  }
}

async function ask(link: ModbusLink, request: ModbusRequest, timeoutMs: number): Promise<ReadOutcome> {
  try {
    return { kind: 'data', bytes: await link.read(request, timeoutMs) }
  } catch (error) {
    const fault = error instanceof ModbusFault ? error : new ModbusFault('closed', messageOf(error))
    if (fault.code === 'exception') return { kind: 'exception', code: fault.exception, reason: fault.message }
    return { kind: fault.code === 'closed' ? 'broken' : 'silent', reason: fault.message }
  }
}

function answeredBy(outcome: ReadOutcome): Answered | null {
  return outcome.kind === 'data' || outcome.kind === 'exception' ? outcome.kind : null
}
