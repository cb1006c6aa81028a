/** Keeps the daemons of a demo running: starts them, starts a killed one again after 3 s, ends them all. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DaemonReady, FromDaemon, ToDaemon } from './daemon.ts'

const RESTART_AFTER_MS = 3_000
/** A daemon that ends again and again is not started forever. */
const FAILURES_MAX = 5
const HEALTHY_MS = 30_000
const STOP_MS = 20_000
const ERROR_LINES_KEPT = 20

export interface Supervised {
  name: string
  configFile: string
  data: string
}

export interface SupervisorEvents {
  onReady(name: string, message: DaemonReady): void
  onLine(line: string): void
  /** A daemon can't be kept running; its last words. */
  onGivenUp(name: string, words: string): void
}

interface Running {
  spec: Supervised
  child: ChildProcess | null
  words: string[]
  failures: number
  startedMs: number
  timer: NodeJS.Timeout | null
}

export class Supervisor {
  readonly #events: SupervisorEvents
  readonly #running: Running[]
  #stopping = false

  constructor(specs: readonly Supervised[], events: SupervisorEvents) {
    this.#events = events
    this.#running = specs.map((spec) => ({ spec, child: null, words: [], failures: 0, startedMs: 0, timer: null }))
  }

  start(): void {
    for (const running of this.#running) this.#spawn(running)
  }

  /** Ends all daemons cleanly; one that neither ends nor says that it still writes for 20 s is killed by its own process id. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(
      this.#running.map(async ({ child, timer }) => {
        if (timer !== null) clearTimeout(timer)
        // One that could not be started has no id, and never tells that it ended.
        if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
        if (child.connected) child.send({ type: 'stop' } satisfies ToDaemon)
        else child.kill('SIGTERM')
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
        child.on('message', () => late.refresh())
        await gone
        clearTimeout(late)
      }),
    )
  }

  #spawn(running: Running): void {
    const { spec } = running
    const child = fork(
      fileURLToPath(new URL('./main.ts', import.meta.url)),
      ['start', '--config', spec.configFile, '--data', spec.data],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // Its own process group: a terminal's Ctrl+C goes to the supervisor, which ends the daemons in order.
        detached: true,
        env: { ...process.env, PLUMBLINE_LIFELINE_FD: '' },
        execArgv: [],
      },
    )
    running.child = child
    running.startedMs = performance.now()
    running.words = []
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      running.words = [...running.words, ...text.trimEnd().split('\n')].slice(-ERROR_LINES_KEPT)
    })
    child.on('message', (message: FromDaemon) => {
      if (message.type === 'ready') this.#events.onReady(spec.name, message)
    })
    child.on('error', (error) => {
      if (child.pid !== undefined) return this.#events.onLine(`${spec.name}: ${error.message}`)
      running.words = [error.message]
      this.#ended(running, null, null)
    })
    child.once('exit', (code, signal) => this.#ended(running, code, signal))
  }

  #ended(running: Running, code: number | null, signal: NodeJS.Signals | null): void {
    const { name } = running.spec
    running.child = null
    if (this.#stopping) return
    const how =
      signal !== null ? `was ended by ${signal}` : code === null ? 'cannot be started' : `ended with status ${code}`
    running.failures = performance.now() - running.startedMs > HEALTHY_MS || signal !== null ? 0 : running.failures + 1
    if (running.failures >= FAILURES_MAX) {
      this.#events.onGivenUp(name, running.words.join('\n'))
      return
    }
    this.#events.onLine(
      `${name} ${how}; starting it again in ${RESTART_AFTER_MS / 1000} s.${running.words.length > 0 ? `\n${running.words.join('\n')}` : ''}`,
    )
    running.timer = setTimeout(() => this.#spawn(running), RESTART_AFTER_MS)
  }
}
