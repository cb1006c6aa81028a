/**
 * Checks the stored record again and again. SQLite does not notice a flipped byte, and an open connection may serve a page
 * from memory that is no longer what the disk holds, so each check runs on a fresh connection in a thread of its own.
 */
import { Worker } from 'node:worker_threads'
import type { FsckReport } from '../ledger/audit.ts'
import type { FromAudit } from './audit-worker.ts'

const REST_PER_CHECK = 3

export interface AuditorOptions {
  file: string
  everyMs: number
  onProgress(done: number, total: number): void
  onReport(report: FsckReport): void
  onFailed(message: string): void
}

export class Auditor {
  readonly #options: AuditorOptions
  #timer: NodeJS.Timeout | null = null
  #running: Worker | null = null
  #again = false
  #startedMs = 0
  #closed = false

  constructor(options: AuditorOptions) {
    this.#options = options
  }

  start(firstAfterMs: number): void {
    this.#timer = setTimeout(() => this.checkNow(), firstAfterMs)
  }

  get running(): boolean {
    return this.#running !== null
  }

  /** Starts a check, or another one after the one that runs: what happened since then must be seen too. */
  checkNow(): void {
    if (this.#closed) return
    if (this.#running !== null) {
      this.#again = true
      return
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
    const worker = new Worker(new URL('./audit-worker.ts', import.meta.url), {
      workerData: { file: this.#options.file },
    })
    this.#running = worker
    this.#startedMs = performance.now()
    worker.on('message', (message: FromAudit) => {
      if (this.#closed) return
      if (message.type === 'progress') this.#options.onProgress(message.done, message.total)
      else if (message.type === 'done') this.#options.onReport(message.report)
      else this.#options.onFailed(message.message)
    })
    worker.on('error', (error) => this.#options.onFailed(error.message))
    worker.on('exit', () => this.#ended())
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#running?.terminate()
  }

  #ended(): void {
    this.#running = null
    if (this.#closed) return
    // A record that takes long to check is checked less often: a check may take a quarter of one core, not more.
    const tookMs = performance.now() - this.#startedMs
    const wait = this.#again ? 0 : Math.max(this.#options.everyMs, REST_PER_CHECK * tookMs)
    this.#again = false
    this.#timer = setTimeout(() => this.checkNow(), wait)
  }
}
