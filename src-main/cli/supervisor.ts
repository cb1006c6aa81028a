/**
 * Keeps the daemons of a demo running, each by itself: one that ends is started again, for ever, after a pause that grows while it
 * does not come to run. The others are left as they are.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FromDaemon, ToDaemon } from './daemon.ts'

const PAUSE_MS_FIRST = 3_000
const PAUSE_MS_LONGEST = 300_000
/** Who ran this long after it was ready is healthy: its next end is a first one again. */
const HEALTHY_MS = 30_000
const ERROR_LINES_KEPT = 20
/** How long what a daemon wrote before it ended is waited for. */
const WORDS_WITHIN_MS = 1_000
/** A stop that lasts says so this often. */
const STOPPING_TOLD_MS = 5_000

export interface Supervised {
  name: string
  configFile: string
  data: string
}

export interface SupervisorEvents {
  onReady(name: string, message: Extract<FromDaemon, { type: 'ready' }>): void
  onLine(line: string): void
  /** A daemon ended before it was ready. It is started again all the same. */
  onBroken(name: string): void
}

/** What a test sets otherwise. */
export interface SupervisorOptions {
  program?: string
  pauseMsFirst?: number
}

/** How long to wait after the `failures`-th end in a row. */
export function pauseMs(failures: number, firstMs: number = PAUSE_MS_FIRST): number {
  return Math.min(PAUSE_MS_LONGEST, firstMs * 2 ** Math.min(failures - 1, 20))
}

interface Running {
  spec: Supervised
  child: ChildProcess | null
  words: string[]
  /** Its last words, as they were shown. */
  shown: string
  failures: number
  /** When it was ready; null before. */
  readyMs: number | null
  /** Readings that it still has to write down while it stops; null where it has not said. */
  unwritten: number | null
  timer: NodeJS.Timeout | null
}

export class Supervisor {
  readonly #events: SupervisorEvents
  readonly #running: Running[]
  readonly #program: string
  readonly #pauseMsFirst: number
  #stopping = false

  constructor(specs: readonly Supervised[], events: SupervisorEvents, options: SupervisorOptions = {}) {
    this.#events = events
    this.#program = options.program ?? fileURLToPath(new URL('./main.ts', import.meta.url))
    this.#pauseMsFirst = options.pauseMsFirst ?? PAUSE_MS_FIRST
    this.#running = specs.map((spec) => ({
      spec,
      child: null,
      words: [],
      shown: '',
      failures: 0,
      readyMs: null,
      unwritten: null,
      timer: null,
    }))
  }

  start(): void {
    for (const running of this.#running) this.#spawn(running)
  }

  /** Ends all daemons cleanly, however long it takes them to write down what they hold; that is said while it lasts. */
  async stop(): Promise<void> {
    this.#stopping = true
    const told = setInterval(() => this.sayWhatLasts(), STOPPING_TOLD_MS)
    await Promise.all(
      this.#running.map(async (running) => {
        const { child, timer } = running
        if (timer !== null) clearTimeout(timer)
        // One that could not be started has no id, and never tells that it ended.
        if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
        if (child.connected) child.send({ type: 'stop' } satisfies ToDaemon)
        else child.kill('SIGTERM')
        await gone
      }),
    )
    clearInterval(told)
  }

  /** Says which daemons still run, and how to end them all the same. */
  sayWhatLasts(): void {
    for (const { spec, child, unwritten } of this.#running) {
      if (child?.pid === undefined) continue
      const what = unwritten === null ? 'is still stopping' : `is still writing down ${unwritten} readings`
      this.#events.onLine(
        `${spec.name} ${what}; nothing is lost if you wait. kill -9 ${child.pid} ends it at once and loses what it has not written.`,
      )
    }
  }

  #spawn(running: Running): void {
    const { spec } = running
    const child = fork(this.#program, ['start', '--config', spec.configFile, '--data', spec.data], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Its own process group: a terminal's Ctrl+C goes to the supervisor, which ends the daemons in order.
      detached: true,
      env: { ...process.env, PLUMBLINE_LIFELINE_FD: '' },
      execArgv: [],
    })
    running.child = child
    running.readyMs = null
    running.unwritten = null
    running.words = []
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      running.words = [...running.words, ...text.trimEnd().split('\n')].slice(-ERROR_LINES_KEPT)
    })
    child.on('message', (message: FromDaemon) => this.#told(running, message))
    child.on('error', (error) => {
      if (child.pid !== undefined) return this.#events.onLine(`${spec.name}: ${error.message}`)
      running.words = [error.message]
      this.#ended(running, null, null)
    })
    child.once('exit', (code, signal) => {
      running.child = null
      const ended = (): void => {
        clearTimeout(running.timer ?? undefined)
        child.off('close', ended)
        this.#ended(running, code, signal)
      }
      // Its last words may be on their way still; whatever else holds its pipe open is not waited for.
      running.timer = setTimeout(ended, WORDS_WITHIN_MS)
      child.once('close', ended)
    })
  }

  #told(running: Running, message: FromDaemon): void {
    if (message.type === 'stopping') {
      running.unwritten = message.unwritten
      return
    }
    running.readyMs = performance.now()
    this.#events.onReady(running.spec.name, message)
  }

  #ended(running: Running, code: number | null, signal: NodeJS.Signals | null): void {
    const { name, data } = running.spec
    running.child = null
    if (this.#stopping) return
    const isHealthy = running.readyMs !== null && performance.now() - running.readyMs > HEALTHY_MS
    running.failures = isHealthy ? 1 : running.failures + 1
    const pause = pauseMs(running.failures, this.#pauseMsFirst)
    const words = running.words.join('\n')
    const isNew = words !== '' && words !== running.shown
    running.shown = words
    const what = `${name} ${howEnded(code, signal)}; starting it again in ${Math.ceil(pause / 1000)} s. The other gateways go on.`
    this.#events.onLine(isNew ? `${what}\n${words}\nMore in ${join(data, 'gateway.log')}` : what)
    running.timer = setTimeout(() => this.#spawn(running), pause)
    if (running.readyMs === null) this.#events.onBroken(name)
  }
}

function howEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `was ended by ${signal}`
  return code === null ? 'cannot be started' : `ended with status ${code}`
}
