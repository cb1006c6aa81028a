/**
 * One thread for the checks of a gateway's short records, one after the other: beginning a thread costs more than such a check, and a
 * gateway may be in many channels. A long record is checked in a thread of its own, so that none waits for it.
 */
import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { AuditWorkerData, FromAudit, SharedAudit } from './audit-worker.ts'

/** Read in a fraction of a second. */
const SHORT_BYTES_MAX = 32 * 1024 * 1024

/** A check that runs, wherever. */
export interface RunningCheck {
  /** Nothing of it is told from now on. */
  terminate(): Promise<unknown>
}

export interface CheckEvents {
  onMessage(message: FromAudit): void
  onError(error: Error): void
  /** Told once, last. */
  onExit(): void
}

export class AuditThread {
  readonly #checks = new Map<number, CheckEvents>()
  #worker: Worker | null = null
  #next = 1

  /** Begins a check where the record is short; null where it is not. */
  check(data: AuditWorkerData, events: CheckEvents): RunningCheck | null {
    const bytes = statSync(data.file, { throwIfNoEntry: false })?.size ?? 0
    if (bytes > SHORT_BYTES_MAX) return null
    const worker = (this.#worker ??= this.#start())
    const id = this.#next++
    this.#checks.set(id, events)
    worker.postMessage({ id, data } satisfies SharedAudit)
    return {
      terminate: async () => {
        if (!this.#checks.delete(id)) return
        // It goes on to its end, which is near, and nobody hears of it.
        queueMicrotask(() => events.onExit())
      },
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./audit-worker.ts', import.meta.url), { workerData: null })
    worker.unref()
    worker.on('message', ({ id, message }: { id: number; message: FromAudit }) => {
      const events = this.#checks.get(id)
      events?.onMessage(message)
      if (message.type === 'progress') return
      this.#checks.delete(id)
      events?.onExit()
    })
    worker.on('error', (error) => {
      for (const events of this.#checks.values()) events.onError(error as Error)
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
      const left = [...this.#checks.values()]
      this.#checks.clear()
      for (const events of left) events.onExit()
    })
    return worker
  }
}
