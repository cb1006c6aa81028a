/**
 * Runs exports in threads of their own and hands their bytes on as they are taken: never more than two pieces wait. A person may run one at
 * a time, and there are few at once, so that the machine keeps time for recording. Whoever takes nothing for a while gives its place up.
 */
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../error.ts'
import type { ExportContext, ExportHead, ExportRequest } from './export-model.ts'
import type { ExportWorkerData, FromExport } from './export-worker.ts'

/** At once, over all people and programs. */
export const EXPORTS_MAX = 2
const ESTIMATES_MAX = 4
/** One is asked for anew whenever the range is changed, while the one before ends. */
const ESTIMATES_PER_PERSON = 2
/** For one piece, of 256 KiB or, in Parquet, of a few MB: the slowest line of a site takes it in less. */
export const STALLED_MS = 2 * 60_000
/** Pieces asked for ahead of the client. */
const AHEAD = 2
/** A group of Parquet rows takes most; rows make garbage fast, which without a bound alone grows beyond 100 MB. */
export const HEAP_MB = { old: 256, young: 16 }

export interface ExportDeskOptions {
  ledgerFile: string
  /** What is so now of the gateway. Throws what keeps it from exporting. */
  context(): Omit<ExportContext, 'madeBy'>
}

export interface ExportCaller {
  name: string
  /** A program of this machine has no share: the machine is its own. */
  isPerson: boolean
}

export interface RunningExport {
  run: string
  rows: number
  /** Readings expected. */
  about: number
}

export interface StartedExport {
  head: Omit<ExportHead, 'points'>
  body: ReadableStream<Uint8Array>
}

/** How a worker is started; tests give their own. */
export type StartWorker = (data: ExportWorkerData) => Worker

const startWorker: StartWorker = (data) =>
  new Worker(new URL('./export-worker.ts', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB.old, maxYoungGenerationSizeMb: HEAP_MB.young },
  })

export class ExportDesk {
  readonly #options: ExportDeskOptions
  readonly #running = new Map<ExportRun, ExportCaller>()
  readonly #estimates = new Set<ExportCaller>()
  readonly #startWorker: StartWorker

  constructor(options: ExportDeskOptions, start: StartWorker = startWorker) {
    this.#options = options
    this.#startWorker = start
  }

  /** What an export would say of itself, and about how many readings it would have. Throws GatewayError, `busy` among others. */
  async estimate(
    request: ExportRequest,
    caller: ExportCaller,
    signal: AbortSignal,
  ): Promise<{ head: Omit<ExportHead, 'points'>; about: number }> {
    const own = caller.isPerson ? ofPerson(this.#estimates, caller) : 0
    if (own >= ESTIMATES_PER_PERSON || this.#estimates.size >= ESTIMATES_MAX)
      throw new GatewayError(
        'busy',
        `${own >= ESTIMATES_PER_PERSON ? `${own} exports of ${caller.name}` : `${ESTIMATES_MAX} exports`} are being estimated already`,
        'Try again in a moment.',
      )
    // A copy: one caller may ask twice.
    const asked = { ...caller }
    this.#estimates.add(asked)
    let run: ExportRun | null = null
    try {
      run = this.#begin(request, caller, signal)
      return await run.begun
    } finally {
      this.#estimates.delete(asked)
      run?.stop()
    }
  }

  /**
   * Begins an export; `run` is the name under which its progress is asked for. Throws GatewayError: `too_many_exports`, `busy`, and what
   * keeps the export from beginning. What goes wrong later breaks the body off.
   */
  async start(request: ExportRequest, caller: ExportCaller, run: string, signal: AbortSignal): Promise<StartedExport> {
    if (caller.isPerson && ofPerson(this.#running.values(), caller) > 0)
      throw new GatewayError(
        'too_many_exports',
        `an export of ${caller.name} is running already`,
        'Wait until it is done, or cancel it.',
      )
    if (this.#running.size >= EXPORTS_MAX)
      throw new GatewayError('busy', `${EXPORTS_MAX} exports are running already`, 'Try again when one is done.')
    const begun = this.#begin(request, caller, signal, run)
    this.#running.set(begun, caller)
    begun.onEnd = () => this.#running.delete(begun)
    const { head } = await begun.begun
    return { head, body: begun.body() }
  }

  /** Exports of this caller that run now. */
  running(caller: ExportCaller): RunningExport[] {
    return [...this.#running]
      .filter(([, { name, isPerson }]) => name === caller.name && isPerson === caller.isPerson)
      .map(([{ run, rows, about }]) => ({ run, rows, about }))
  }

  #begin(request: ExportRequest, caller: ExportCaller, signal: AbortSignal, run = ''): ExportRun {
    const context = { ...this.#options.context(), madeBy: caller.name }
    return new ExportRun(this.#startWorker({ file: this.#options.ledgerFile, request, context }), signal, run)
  }
}

function ofPerson(callers: Iterable<ExportCaller>, { name }: ExportCaller): number {
  return [...callers].filter((one) => one.isPerson && one.name === name).length
}

/** One worker from its start to its end. */
class ExportRun {
  readonly run: string
  readonly begun: Promise<{ head: Omit<ExportHead, 'points'>; about: number }>
  rows = 0
  about = 0
  onEnd: () => void = () => {}
  readonly #worker: Worker
  readonly #signal: AbortSignal
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  #asked = 0
  #stalled: NodeJS.Timeout | undefined
  #over = false
  #failure: Error | null = null
  #refuse: (error: Error) => void = () => {}

  constructor(worker: Worker, signal: AbortSignal, run: string) {
    this.#worker = worker
    this.#signal = signal
    this.run = run
    this.begun = new Promise((resolve, reject) => {
      this.#refuse = reject
      worker.on('message', (message: FromExport) => {
        if (message.type === 'head') {
          this.about = message.about
          resolve({ head: message.head, about: message.about })
        } else this.#receive(message)
      })
    })
    worker.on('error', (error) => this.#fail(failed(`its thread ended: ${error.message}`)))
    worker.on('exit', () => this.#fail(failed('its thread ended')))
    // Whoever began it first learns of the run, then of its end.
    if (signal.aborted) queueMicrotask(() => this.stop())
    else signal.addEventListener('abort', this.#aborted, { once: true })
  }

  /** The bytes, made as they are taken. */
  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          if (this.#failure !== null) controller.error(this.#failure)
        },
        pull: () => this.#ask(),
        cancel: () => this.stop(),
      },
      new CountQueuingStrategy({ highWaterMark: AHEAD }),
    )
  }

  stop(): void {
    this.#fail(failed('it was cancelled'))
  }

  /** Where the client hung up its stream is cancelled by then, and there is nobody to tell that it broke off. */
  readonly #aborted = (): void => void setImmediate(() => this.stop())

  #ask(): void {
    if (this.#over || this.#asked > 0) return
    clearTimeout(this.#stalled)
    this.#asked += 1
    this.#worker.postMessage('more')
  }

  #receive(message: Exclude<FromExport, { type: 'head' }>): void {
    if (this.#over) return
    if (message.type === 'failed')
      return this.#fail(new GatewayError(message.code as GatewayError['code'], message.message, message.next))
    if (message.type === 'done') {
      this.#end()
      this.#controller?.close()
      return
    }
    this.#asked -= 1
    this.rows = message.rows
    this.#controller?.enqueue(message.bytes)
    if ((this.#controller?.desiredSize ?? 0) > 0) this.#ask()
    else this.#stalled = setTimeout(() => this.#fail(failed('nobody took a piece for 2 min')), STALLED_MS)
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#failure = error
    this.#end()
    this.#refuse(error)
    // A body that breaks off tells its reader that it is not whole.
    this.#controller?.error(error)
  }

  #end(): void {
    this.#over = true
    clearTimeout(this.#stalled)
    this.#signal.removeEventListener('abort', this.#aborted)
    void this.#worker.terminate()
    this.onEnd()
  }
}

function failed(why: string): GatewayError {
  return new GatewayError('export_failed', `the export is not whole: ${why}`, 'Export again.')
}
