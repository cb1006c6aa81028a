/** The main thread's end of the thread that keeps the ledgers of all channels: begins it with the first channel, ends it with the last. */
import { EventEmitter } from 'node:events'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { LedgerWorkerData } from './ledger-loop.ts'
import type { FromLedger, ToLedger } from './messages.ts'

export type ToHost = { type: 'open'; data: LedgerWorkerData; port: MessagePort } | { type: 'end' }

/** A channel's loop as the main thread sees it. `exit` is told once, `error` where the whole thread ended for a mistake. */
export class HostedLoop extends EventEmitter<{ message: [FromLedger]; error: [Error]; exit: [] }> {
  readonly #port: MessagePort
  /** Resolves when it has ended. */
  readonly gone: Promise<void>

  constructor(port: MessagePort) {
    super()
    this.#port = port
    port.on('message', (message: FromLedger) => this.emit('message', message))
    this.gone = new Promise((resolve) => {
      port.once('close', () => {
        this.emit('exit')
        resolve()
      })
    })
  }

  postMessage(message: ToLedger): void {
    this.#port.postMessage(message)
  }

  /** What it still has to say is not heard any more. */
  abandon(): void {
    this.#port.close()
  }
}

export class LedgerHost {
  #worker: Worker | null = null
  readonly #loops = new Set<HostedLoop>()

  /** Begins a channel's loop, in the thread of the others where there is one. */
  begin(data: LedgerWorkerData): HostedLoop {
    const worker = this.#worker ?? this.#start()
    const { port1, port2 } = new MessageChannel()
    const loop = new HostedLoop(port1)
    this.#loops.add(loop)
    loop.once('exit', () => this.#ended(loop))
    worker.postMessage({ type: 'open', data, port: port2 } satisfies ToHost, [port2])
    return loop
  }

  #start(): Worker {
    const worker = new Worker(new URL('./ledger-worker.ts', import.meta.url))
    this.#worker = worker
    // Ports that lead to it close by themselves.
    worker.on('error', (error) => {
      for (const loop of this.#loops) if (loop.listenerCount('error') > 0) loop.emit('error', error as Error)
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
    })
    return worker
  }

  #ended(loop: HostedLoop): void {
    this.#loops.delete(loop)
    if (this.#loops.size > 0) return
    this.#worker?.postMessage({ type: 'end' } satisfies ToHost)
    this.#worker = null
  }
}
