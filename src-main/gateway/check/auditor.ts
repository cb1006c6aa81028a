/**
 * Checks the stored record again and again. SQLite does not notice a flipped byte, and an open connection may serve a page
 * from memory that is no longer what the disk holds, so each check runs on a fresh connection in a thread of its own.
 */
import { Worker } from 'node:worker_threads'
import { messageOf } from '../../wire/plumbline-error.ts'
import type { FsckReport } from '../../ledger/audit.ts'
import type { AuditThread, CheckEvents, RunningCheck } from './audit-thread.ts'
import type { AuditWorkerData, CheckKind, FromAudit } from './audit-worker.ts'

/** A check may take this share of one core's time: a record that takes long to check is checked less often. */
const SHARE: Record<CheckKind, number> = { hashes: 0.25, replay: 0.05 }
/** The check is long and makes garbage fast: without a bound its young heap alone grows beyond 100 MB. */
const YOUNG_HEAP_MB = 16

export interface AuditorOptions {
  kind: CheckKind
  file: string
  /** From the end of a check to the next one, at least. */
  everyMs: number
  onProgress(done: number, total: number): void
  onReport(report: FsckReport): void
  onFailed(message: string): void
  /** Where short records are checked; without it each check has a thread of its own. */
  shared?: AuditThread | undefined
}

export class Auditor {
  readonly #options: AuditorOptions
  #timer: NodeJS.Timeout | null = null
  #running: RunningCheck | null = null
  #again = false
  #round = 0
  #startedMs = 0
  #closed = false

  constructor(options: AuditorOptions) {
    this.#options = options
  }

  get kind(): CheckKind {
    return this.#options.kind
  }

  start(firstAfterMs: number): void {
    this.#timer = setTimeout(() => this.checkNow(), firstAfterMs)
  }

  /** Starts a check, or another one after the one that runs: what happened since then must be seen too. */
  checkNow(): void {
    if (this.#closed) return
    if (this.#running !== null) {
      this.#again = true
      return
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
    const { file, kind, shared } = this.#options
    const data: AuditWorkerData = { file, kind, round: this.#round++ }
    this.#startedMs = performance.now()
    const run = { isHeard: true }
    const events: CheckEvents = {
      onMessage: (message) => run.isHeard && this.#hear(message),
      onError: (error) => this.#options.onFailed(error.message),
      onExit: () => this.#ended(),
    }
    const check = shared?.check(data, events) ?? inOwnThread(data, events)
    this.#running = {
      terminate: async () => {
        run.isHeard = false
        await check.terminate()
      },
    }
  }

  #hear(message: FromAudit): void {
    if (this.#closed) return
    if (message.type === 'progress') this.#options.onProgress(message.done, message.total)
    else if (message.type === 'done') this.#report(message.report)
    else this.#options.onFailed(message.message)
  }

  /** Starts anew: what the check that runs has read is no longer what is there. */
  restart(): void {
    const running = this.#running
    if (running === null) return this.checkNow()
    this.#again = true
    void running.terminate()
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running?.terminate()
  }

  /** A report that cannot be kept, as on a full disk, must not end the gateway: it is made again by the next check. */
  #report(report: FsckReport): void {
    try {
      this.#options.onReport(report)
    } catch (error) {
      this.#options.onFailed(`its result could not be kept: ${messageOf(error)}`)
    }
  }

  #ended(): void {
    this.#running = null
    if (this.#closed) return
    const { everyMs, kind } = this.#options
    const restMs = (performance.now() - this.#startedMs) * (1 / SHARE[kind] - 1)
    const wait = this.#again ? 0 : Math.max(everyMs, restMs)
    this.#again = false
    this.#timer = setTimeout(() => this.checkNow(), wait)
  }
}

function inOwnThread(data: AuditWorkerData, { onMessage, onError, onExit }: CheckEvents): RunningCheck {
  const worker = new Worker(new URL('./audit-worker.ts', import.meta.url), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
  })
  worker.on('message', onMessage)
  worker.on('error', onError)
  worker.on('exit', onExit)
  return worker
}
