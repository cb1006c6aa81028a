import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findDaemon, type RunningDaemon } from './running-daemon.ts'
import type { DaemonProcess } from './surface.ts'

const POLL_MS = 200
/** A gateway with a long record checks it before it listens; after this long the user is told what is going on. */
const SLOW_START_MS = 120_000
export const RESTART_MS = 3_000

export interface DaemonHostOptions {
  readonly data: string
  /** A configuration the user named; without one, that of the data folder, made when missing. */
  readonly config: string | null
  readonly hostName: string
  readonly start: (args: readonly string[]) => DaemonProcess
  readonly sleep: (ms: number) => Promise<void>
  readonly find?: (data: string) => RunningDaemon | null
}

/**
 * Finds the daemon that runs already (started by hand, or as a service), or starts one of its own and keeps it running.
 * A daemon that was found is never stopped: it is not ours.
 */
export class DaemonHost {
  readonly #options: DaemonHostOptions
  #own: DaemonProcess | null = null
  #isStopping = false
  #lastExit: number | null = null

  constructor(options: DaemonHostOptions) {
    this.#options = options
  }

  /** Whether recording ends when this shell ends. */
  get isOurs(): boolean {
    return this.#own !== null
  }

  find(): RunningDaemon | null {
    return (this.#options.find ?? findDaemon)(this.#options.data)
  }

  /**
   * @param onSlow called once when the start takes long; how long a record takes to check has no limit
   * @returns the daemon, as soon as it answers to its name
   * @throws {Error} when it ends while starting
   */
  async findOrStart(onSlow: () => void): Promise<RunningDaemon> {
    const found = this.find()
    if (found !== null) return found
    this.#startOwn()
    for (let waitedMs = POLL_MS; ; waitedMs += POLL_MS) {
      await this.#options.sleep(POLL_MS)
      if (waitedMs === SLOW_START_MS) onSlow()
      const started = this.find()
      if (started !== null) return started
      if (this.#lastExit !== null) {
        this.#isStopping = true
        throw new Error(
          `the gateway ended with status ${this.#lastExit} while starting; gateway.log under ${this.#options.data} says why`,
        )
      }
    }
  }

  /** Ends our own daemon, if there is one, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const own = this.#own
    if (own === null) return
    const ended = new Promise<void>((resolve) => own.onExit(() => resolve()))
    own.stop()
    await ended
  }

  #startOwn(): void {
    this.#lastExit = null
    const args = ['start', '--config', this.#configFile(), '--data', this.#options.data]
    const own = this.#options.start(args)
    this.#own = own
    own.onExit((code) => {
      this.#own = null
      this.#lastExit = code
      if (!this.#isStopping) void this.#restart()
    })
  }

  async #restart(): Promise<void> {
    await this.#options.sleep(RESTART_MS)
    // Somebody may have started it by hand meanwhile.
    if (!this.#isStopping && this.#own === null && this.find() === null) this.#startOwn()
  }

  #configFile(): string {
    const { config, data, hostName } = this.#options
    if (config !== null) return config
    const file = join(data, 'desktop.yaml')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const name =
      hostName
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 32) || 'gateway'
    try {
      const text = `# Made by the desktop application. Sources are added under "sources" (plumbline config schema).\nname: ${name}\n`
      writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
    } catch (error) {
      // It is there already, perhaps with sources in it: that one counts.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    return file
  }
}
