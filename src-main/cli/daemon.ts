/** One gateway as a process: the gateway and its API, until a signal, its supervisor's end, or an error that ends it. */
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Logger } from 'pino'
import { serveGateway, type GatewayServer } from '../api/gateway-server.ts'
import type { GatewayConfig } from '../gateway/config.ts'
import { gatewayFolder, type GatewayFolder } from '../gateway/data-folder.ts'
import type { GatewayError } from '../gateway/error.ts'
import { Gateway } from '../gateway/gateway.ts'
import { lockFolder } from '../gateway/folder-lock.ts'
import { removeRuntime, writeRuntime } from '../gateway/runtime-file.ts'
import { prepareAlone } from '../gateway/setup.ts'
import { VERSION } from '../gateway/version.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { printed } from '../wire/printable.ts'
import { openLog } from './daemon-log.ts'
import { EXIT } from './exit-status.ts'

const TOKEN_BYTES = 32
const STOP_MS = 15_000
const SAY_STORING_MS = 3_000
const SIGN_IN_PERSON = { name: 'Site manager', role: 'site-manager' } as const

export interface DaemonOptions {
  config: GatewayConfig
  data: string
  /** Whether `say` writes to a terminal, where only the person at it reads along. */
  isTerminal: boolean
  say(line: string): void
}

/** What a supervised daemon tells its supervisor over the process channel. */
export type FromDaemon = DaemonReady | DaemonStoring

/** It is stopping, and still writes down what was read. */
interface DaemonStoring {
  type: 'storing'
}

export interface DaemonReady {
  type: 'ready'
  name: string
  url: string
  signInUrl: string
  /** Something a person should know, such as a port that was in use. */
  note: string | null
}
export interface ToDaemon {
  type: 'stop'
}

/** Runs until it is told to stop. Returns the exit status. */
export async function runDaemon({ config, data, isTerminal, say }: DaemonOptions): Promise<number> {
  const root = basename(data) === config.name ? data : join(data, config.name)
  const folder = gatewayFolder(root)
  const unlock = lockFolder(folder, config.name)
  try {
    prepareAlone(root, config, nowUs())
    return await run(new Daemon(config, folder, openLog(config.name, folder.log)), {
      config,
      data: root,
      isTerminal,
      say,
    })
  } finally {
    unlock()
  }
}

async function run(daemon: Daemon, { config, data, isTerminal, say }: DaemonOptions): Promise<number> {
  try {
    await daemon.start()
  } catch (error) {
    await daemon.stop(EXIT.failed)
    throw error
  }
  if (daemon.isStopping) return await daemon.ended
  daemon.announce()
  say(`Gateway ${config.name}. Data: ${data}`)
  if (daemon.portNote !== null) say(daemon.portNote)
  for (const line of consoleLines(daemon, isTerminal)) say(line)
  if (config.sources.length === 0)
    say('No source is configured: nothing is recorded until one is added under "sources".')
  return await daemon.ended
}

/** Where the console is. A sign-in link is as good as a passphrase, so none goes into a journal or a log file. */
export function consoleLines(console: { url: string; signInUrl(): string }, isTerminal: boolean): string[] {
  if (!isTerminal) return [`Console: ${console.url}`, 'plumbline console prints a sign-in link.']
  return [
    `Console: ${console.signInUrl()}`,
    'The link signs you in once, within ten minutes; plumbline console prints a new one. Ctrl+C stops the gateway.',
  ]
}

class Daemon {
  readonly ended: Promise<number>
  readonly #config: GatewayConfig
  readonly #folder: GatewayFolder
  readonly #log: Logger
  readonly #token = randomBytes(TOKEN_BYTES).toString('hex')
  #end: (status: number) => void = () => {}
  #gateway: Gateway | null = null
  #server: GatewayServer | null = null
  #starting: Promise<void> | null = null
  #stopping = false

  constructor(config: GatewayConfig, folder: GatewayFolder, log: Logger) {
    this.#config = config
    this.#folder = folder
    this.#log = log
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** True from the first wish to stop on, which may come before it has started. */
  get isStopping(): boolean {
    return this.#stopping
  }

  async start(): Promise<void> {
    // A repeated signal is harmless: npm and a terminal both send one.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.stop(EXIT.ok))
    process.on('disconnect', () => void this.stop(EXIT.ok))
    process.on('message', (message: ToDaemon) => this.#told(message))
    // The supervisor may have ended while this process was loading: nobody hears of that twice.
    if (process.send !== undefined && !process.connected) void this.stop(EXIT.ok)
    if (this.#stopping) return
    this.#starting = this.#open()
    await this.#starting
  }

  async #open(): Promise<void> {
    const served: { server: GatewayServer | null } = { server: null }
    this.#gateway = await Gateway.start({
      config: this.#config,
      folder: this.#folder,
      log: this.#log,
      nowUs,
      events: {
        onStatus: (status) => served.server?.feed.status(status),
        onPoints: (points) => served.server?.feed.points({ atUs: nowUs(), points }),
        onSealed: (position) => served.server?.feed.advance(position),
        onAudit: (progress) => served.server?.feed.audit(progress),
        onFatal: (error) => this.#fatal(error),
      },
    })
    served.server = await serveGateway(this.#gateway, {
      token: this.#token,
      log: this.#log,
      isChecked: process.env['NODE_ENV'] === 'test',
    })
    this.#server = served.server
  }

  /** Says so when the configured port belongs to another program. */
  get portNote(): string | null {
    const wanted = this.#config.console.port
    const used = this.#server?.port ?? wanted
    return wanted === 0 || used === wanted
      ? null
      : `port ${wanted} is in use by another program; this console is on port ${used}.`
  }

  get url(): string {
    return this.#served.url
  }

  /** A new link that signs a site manager in once. */
  signInUrl(): string {
    return this.#served.signInUrl(SIGN_IN_PERSON)
  }

  /** Writes runtime.json, tells supervisor and peers. */
  announce(): void {
    const server = this.#served
    writeRuntime(this.#folder.runtime, {
      pid: process.pid,
      name: this.#config.name,
      host: this.#config.console.host,
      port: server.port,
      token: this.#token,
      startedAtUs: nowUs(),
      version: VERSION,
    })
    this.#gateway?.announce(server.url)
    process.send?.({
      type: 'ready',
      name: this.#config.name,
      url: server.url,
      signInUrl: this.signInUrl(),
      note: this.portNote,
    } satisfies FromDaemon)
  }

  get #served(): GatewayServer {
    if (this.#server === null) throw new Error('asked where it listens before it does')
    return this.#server
  }

  async stop(status: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    const timer = setTimeout(() => process.exit(EXIT.failed), STOP_MS)
    // What is half open cannot be closed; whether it opens is told by start().
    await this.#starting?.catch(() => {})
    await this.#server?.close()
    clearTimeout(timer)
    await this.#stored()
    removeRuntime(this.#folder.runtime)
    if (process.connected) process.disconnect()
    this.#end(status)
  }

  /** What was read is written down, however long that takes: whoever waits is told. */
  async #stored(): Promise<void> {
    const saying = setInterval(() => {
      this.#log.info('still writing down what was read')
      if (process.connected) process.send?.({ type: 'storing' } satisfies FromDaemon)
    }, SAY_STORING_MS)
    await this.#gateway?.stop()
    clearInterval(saying)
  }

  #told(message: ToDaemon): void {
    if (message.type === 'stop') void this.stop(EXIT.ok)
  }

  /** After a failed write nothing in memory can be trusted: the process ends and starts again from the disk. */
  #fatal(error: GatewayError): void {
    this.#log.fatal({ err: error }, error.message)
    this.#log.flush()
    process.stderr.write(printed`plumbline: ${this.#config.name}: ${error.message}\n${error.next}\n`)
    removeRuntime(this.#folder.runtime)
    setTimeout(() => process.exit(EXIT.failed), 100)
  }
}
