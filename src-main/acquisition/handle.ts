/** The gateway's side of the acquiring process. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { toHex } from '../wire/bytes.ts'
import { ROW_BYTES, type Rows } from '../wire/rows.ts'
import { FLUSH_MS_DEFAULT } from './acquisition.ts'
import type { SourceConfig } from './config.ts'
import { mainText } from './config-naming.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import type { TrustDecision } from '../wire/stream-words.ts'
import { AcquisitionError, type AcquisitionErrorCode } from './errors.ts'
import type { Gap, ServerCertificate, SourceState } from './source-state.ts'
import { protocolOf } from './protocol.ts'
import { trustOf } from './stream-description.ts'
import type { StreamAssignment } from './stream-recorder.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

const STREAM_BYTES = 16
const RESTART_MS = 1000
/** A process that ends and says nothing for this long hangs. */
const SILENT_LIMIT_MS = 8000
const EXIT_LIMIT_MS = 2000

export interface AcquisitionHandleOptions {
  sources: SourceConfig[]
  streams: StreamAssignment[]
  serverCertificatesDir: string
  flushMs?: number
  /** `taken` is to be called once somebody has the rows: while too many wait, what is read is given up. */
  onRows: (rows: Rows, gaps: readonly Gap[], taken: () => void) => void
  /** The process ended and is begun anew: until then nothing is read. */
  onDied: () => void
  onSourceState: (state: SourceState) => void
}

export interface AcquisitionHandle {
  /** Ends all sources and the process; rows collected so far have been passed on when this resolves. */
  stop(): Promise<void>
  /** As last told, at most a second old. */
  states(): SourceState[]
  certificate(source: string): ServerCertificate | null
  /** Rejects with AcquisitionError, see `Acquisition.trust`. */
  trust(source: string, fingerprint: string, decision: TrustDecision): Promise<void>
  reload(sources: SourceConfig[], streams: StreamAssignment[]): Promise<void>
}

/** Starts the acquiring process. If it dies it is started again. */
export function startAcquisitionWorker(options: AcquisitionHandleOptions): AcquisitionHandle {
  const handle = new WorkerHandle(options)
  handle.start()
  return handle
}

type Pending = { resolve: () => void; reject: (error: Error) => void }

class WorkerHandle implements AcquisitionHandle {
  readonly #options: AcquisitionHandleOptions
  readonly #states = new Map<string, SourceState>()
  readonly #pending = new Map<number, Pending>()
  #sources: SourceConfig[]
  #streams: Map<string, StreamAssignment>
  #worker: ChildProcess | null = null
  #restart: NodeJS.Timeout | null = null
  #nextRequest = 1
  #stopping = false
  #silent: NodeJS.Timeout | undefined

  constructor(options: AcquisitionHandleOptions) {
    this.#options = options
    this.#sources = options.sources
    this.#streams = byId(options.streams)
  }

  start(): void {
    const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#worker = worker
    worker.on('message', (message: FromWorker) => this.#take(worker, message))
    worker.on('error', (error) => this.#crashed(worker, messageOf(error)))
    worker.on('exit', () => this.#crashed(worker, 'The acquiring process ended.'))
    const { serverCertificatesDir, flushMs = FLUSH_MS_DEFAULT } = this.#options
    this.#send({
      type: 'start',
      sources: this.#sources,
      streams: [...this.#streams.values()],
      serverCertificatesDir,
      flushMs,
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#restart !== null) clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === null) return
    // As long as it sends what it holds it may take its time.
    this.#silent = setTimeout(() => this.#failPending('The acquiring process did not end in time.'), SILENT_LIMIT_MS)
    await this.#ask({ type: 'stop', request: 0 }).catch(() => undefined)
    clearTimeout(this.#silent)
    this.#worker = null
    await ended(worker)
  }

  states(): SourceState[] {
    return this.#sources.map((source) => this.#states.get(source.id) ?? unknownState(source))
  }

  certificate(source: string): ServerCertificate | null {
    return this.#states.get(source)?.certificate ?? null
  }

  async trust(source: string, fingerprint: string, decision: TrustDecision): Promise<void> {
    await this.#ask({ type: 'trust', request: 0, source, fingerprint, decision })
  }

  async reload(sources: SourceConfig[], streams: StreamAssignment[]): Promise<void> {
    await this.#ask({ type: 'reload', request: 0, sources, streams })
    this.#sources = sources
    const known = this.#streams
    this.#streams = byId(
      streams.map((assignment) => ({
        ...assignment,
        isRecorded: assignment.isRecorded || known.get(assignment.stream)?.isRecorded === true,
      })),
    )
  }

  #ask(message: Extract<ToWorker, { request: number }>): Promise<void> {
    if (this.#worker === null)
      return Promise.reject(
        new AcquisitionError(
          'worker_failed',
          'The acquiring process is not running at the moment.',
          'Try again in a few seconds.',
        ),
      )
    const request = this.#nextRequest++
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject })
      this.#send({ ...message, request })
    })
  }

  #send(message: ToWorker): void {
    if (this.#worker?.connected === true) this.#worker.send(message)
  }

  #take(worker: ChildProcess, message: FromWorker): void {
    this.#silent?.refresh()
    switch (message.type) {
      case 'rows':
        this.#remember(message.rows)
        return this.#options.onRows(message.rows, message.gaps, () => {
          if (worker === this.#worker) this.#send({ type: 'taken' })
        })
      case 'state':
        this.#states.set(message.state.source, message.state)
        return this.#options.onSourceState(message.state)
      case 'failed':
        return worker === this.#worker ? this.#crashed(worker, message.reason) : undefined
      case 'done':
        return this.#settle(message)
    }
  }

  #settle(message: Extract<FromWorker, { type: 'done' }>): void {
    const pending = this.#pending.get(message.request)
    this.#pending.delete(message.request)
    if (message.error === null) pending?.resolve()
    else {
      const { code, message: text, next } = message.error
      pending?.reject(new AcquisitionError(code as AcquisitionErrorCode, text, next))
    }
  }

  /** Which streams have readings, for a process that is begun anew. */
  #remember({ rows, streams }: Rows): void {
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
    const seen = new Uint8Array(streams.length / STREAM_BYTES)
    for (let at = 0; at < rows.length; at += ROW_BYTES) seen[view.getUint32(at, true)] = 1
    for (const [index, isSeen] of seen.entries()) {
      if (isSeen === 0) continue
      const assignment = this.#streams.get(toHex(streams.subarray(index * STREAM_BYTES, (index + 1) * STREAM_BYTES)))
      if (assignment !== undefined) assignment.isRecorded = true
    }
  }

  #crashed(worker: ChildProcess, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#failPending(reason)
    if (this.#stopping) return
    for (const state of this.states()) {
      const stopped: SourceState = { ...state, state: 'stopped', reason: `${reason} It is started again.` }
      this.#states.set(state.source, stopped)
      this.#options.onSourceState(stopped)
    }
    this.#options.onDied()
    this.#restart = setTimeout(() => this.start(), RESTART_MS)
  }

  #failPending(reason: string): void {
    for (const { reject } of this.#pending.values())
      reject(new AcquisitionError('worker_failed', reason, 'Try again in a few seconds.'))
    this.#pending.clear()
  }
}

/** Waits for the process's end; one that hangs is killed by its own id. */
async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const late = setTimeout(() => worker.kill('SIGKILL'), EXIT_LIMIT_MS)
  await gone
  clearTimeout(late)
}

function byId(streams: StreamAssignment[]): Map<string, StreamAssignment> {
  return new Map(streams.map((assignment) => [assignment.stream, { ...assignment }]))
}

function unknownState(source: SourceConfig): SourceState {
  return {
    source: source.id,
    name: mainText(source.name),
    protocol: protocolOf(source),
    trust: trustOf(source),
    state: 'connecting',
    reason: 'starting',
    sinceUs: 0,
    lastReadingAtUs: null,
    points: source.tags.length,
    certificate: null,
  }
}
