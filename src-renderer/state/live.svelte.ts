/**
 * What moves: status, points, newest block, progress of a check, and the gateway's time. Fed by one EventSource.
 *
 * When the stream is lost the last values stay, and `lost` says since when: views hatch them.
 */
import { call, CallError } from '../client/call.ts'
import { EventStream } from '../client/event-stream.ts'
import { gatewayNowUs, setGatewayClock } from './gateway-clock.ts'
import { Loading } from './load.svelte.ts'
import type { AuditProgress, Block, CertificateRow, Point, PointUpdate, Status } from '../words/model.ts'

const tickMs = 500

class Live {
  status = $state.raw<Status | null>(null)
  points = $state.raw<ReadonlyMap<string, Point>>(new Map())
  pointsLoaded = $state(false)
  newestBlock = $state.raw<Block | null>(null)
  newestCertificate = $state.raw<CertificateRow | null>(null)
  audit = $state.raw<AuditProgress | null>(null)
  /** The gateway's clock now, in microseconds, carried on by this browser's between two messages. */
  nowUs = $state(Date.now() * 1000)
  /** Since when nothing arrives, by the gateway's clock; null while the stream is open. */
  lostSinceUs = $state<number | null>(null)
  /** Status and points, all at once: screens without them wait for it. */
  readonly arriving = new Loading<true>()

  #ticker: ReturnType<typeof setInterval> | undefined
  #stream: EventStream | null = null
  #onSignedOut: () => void = () => {}

  start(onSignedOut: () => void): void {
    this.stop()
    this.#onSignedOut = onSignedOut
    this.#ticker = setInterval(() => this.#tick(), tickMs)
    this.#stream = new EventStream(
      {
        status: (status) => this.takeStatus(status),
        points: ({ atUs, points }) => this.#takePoints(atUs, points),
        blocks: (block) => (this.newestBlock = block),
        audit: (progress) => (this.audit = progress),
        certificate: (row) => (this.newestCertificate = row),
      },
      {
        onOpen: () => {
          this.lostSinceUs = null
          void this.load()
        },
        onLost: () => {
          this.lostSinceUs ??= this.nowUs
          void this.#askWhetherSignedIn()
        },
        onMalformed: (name, reason) => {
          const message = `Event ${name} does not fit: ${reason}`
          this.arriving.error = new CallError(
            {
              code: 'malformed_answer',
              message,
              next: 'Load this page again: console and gateway may differ in version.',
            },
            200,
          )
        },
      },
    )
    this.#stream.open()
    void this.load()
  }

  stop(): void {
    clearInterval(this.#ticker)
    this.#stream?.close()
    this.#stream = null
    this.status = null
    this.points = new Map()
    this.pointsLoaded = false
    this.lostSinceUs = null
    this.audit = null
    this.arriving.clear()
  }

  /** Everything once, at start and after the stream was lost. */
  async load(): Promise<void> {
    await this.arriving.run(async (signal) => {
      const [status, { points }] = await Promise.all([call('status', {}, signal), call('points', {}, signal)])
      if (signal.aborted) return true
      this.takeStatus(status)
      this.points = new Map(points.map((point) => [point.stream, point]))
      this.pointsLoaded = true
      return true
    })
    if (this.arriving.error?.status === 401) this.#onSignedOut()
  }

  takeStatus(status: Status): void {
    this.status = status
    this.setClock(status.atUs)
  }

  /** The gateway's time without knowing its status (sign-in page). */
  followClock(): () => void {
    const ticker = setInterval(() => this.#tick(), tickMs)
    this.#tick()
    return () => clearInterval(ticker)
  }

  #takePoints(atUs: number, updates: readonly PointUpdate[]): void {
    this.setClock(atUs)
    const points = new Map(this.points)
    for (const update of updates) {
      const point = points.get(update.stream)
      if (point) points.set(update.stream, { ...point, ...update })
    }
    this.points = points
  }

  /** The gateway says what time it is. */
  setClock(atUs: number): void {
    setGatewayClock(atUs)
    this.nowUs = atUs
  }

  #tick(): void {
    this.nowUs = gatewayNowUs()
  }

  /** A lost stream may mean a lost session: an EventSource never tells the status of its answer. */
  async #askWhetherSignedIn(): Promise<void> {
    try {
      await call('session', {})
    } catch (error) {
      if (error instanceof CallError && error.status === 401) this.#onSignedOut()
    }
  }
}

export const live = new Live()
