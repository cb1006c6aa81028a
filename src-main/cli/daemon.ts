/** One gateway as a process: the gateway and its API, until a signal, its supervisor's end, or an error that ends it. */
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { serveGateway, type GatewayServer } from '../api/gateway-server.ts'
import { holderWords } from '../api/listen.ts'
import { AT_THIS_MACHINE } from '../endpoints/at-this-machine.ts'
import type { GatewayConfig } from '../gateway/folder/config.ts'
import { finishLeaving } from '../gateway/continue/kept-ledger.ts'
import { gatewayFolder, gatewayRoot, makeFolder, type GatewayFolder } from '../gateway/folder/data-folder.ts'
import { DiskReserve } from '../gateway/folder/disk-reserve.ts'
import { GatewayError } from '../gateway/error.ts'
import { guardFolder, guardParent } from '../gateway/folder/folder-guard.ts'
import { Gateway } from '../gateway/gateway.ts'
import { lockFolder } from '../gateway/folder/folder-lock.ts'
import { isDiskFull } from '../gateway/channel/ledger-thread.ts'
import { removeRuntime, writeRuntime } from '../gateway/folder/runtime-file.ts'
import { prepareAlone } from '../gateway/folder/setup.ts'
import { VERSION } from '../gateway/version.ts'
import { nowUs } from '../gateway/wall-clock.ts'
import { printableLines } from '../wire/printable.ts'
import { printedError } from '../wire/plumbline-error.ts'
import { openLog } from './daemon-log.ts'
import { doorLines } from './door-lines.ts'
import { EXIT } from './exit-status.ts'
import { StopWish } from './stop-wish.ts'

const TOKEN_BYTES = 32
/** The files of a start: the log, where the console is, the index of the ledger's write-ahead log. */
const START_NEEDS_BYTES = 1024 * 1024
/** How often a start that waits for room on the disk looks again. */
const ROOM_EVERY_MS = 1_000
/** A stop that lasts says so this often. */
const STOPPING_TOLD_MS = 2_000
const SIGN_IN_PERSON = { name: AT_THIS_MACHINE['site-manager'], role: 'site-manager' } as const

export interface DaemonOptions {
  config: GatewayConfig
  data: string
  /** Whether `say` writes to a terminal, where only the person at it reads along. */
  isTerminal: boolean
  say(line: string): void
}

/** What a supervised daemon tells its supervisor over the process channel. */
export type FromDaemon =
  | {
      type: 'ready'
      name: string
      url: string
      signInUrl: string
      /** What a person should know, such as that a port was in use. */
      notes: string[]
    }
  /** It ends as soon as these readings are written down. */
  | { type: 'stopping'; unwritten: number }
export interface ToDaemon {
  type: 'stop'
}

/** Runs until it is told to stop. Returns the exit status. */
export async function runDaemon({ config, data, isTerminal, say }: DaemonOptions): Promise<number> {
  const root = gatewayRoot(data, config.name)
  const folder = gatewayFolder(root)
  makeFolder(root)
  if (root !== data) guardParent(data)
  for (const line of guardFolder(folder)) say(line)
  const unlock = lockFolder(folder, config.name)
  try {
    prepareAlone(root, config, nowUs())
    finishLeaving(folder)
    return await run(new Daemon(config, folder, openLog(config.name, folder.log), say), {
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
  for (const note of daemon.notes) say(note)
  for (const line of consoleLines(daemon, isTerminal)) say(line)
  if (daemon.hasNoPeople)
    say('Nobody is on the list of people: plumbline person enrol NAME --role member-admin puts the first one there.')
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
  readonly #say: (line: string) => void
  readonly #token = randomBytes(TOKEN_BYTES).toString('hex')
  #end: (status: number) => void = () => {}
  #gateway: Gateway | null = null
  #server: GatewayServer | null = null
  #starting: Promise<void> | null = null
  #stopping = false

  constructor(config: GatewayConfig, folder: GatewayFolder, log: Logger, say: (line: string) => void) {
    this.#config = config
    this.#folder = folder
    this.#log = log
    this.#say = say
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** True from the first wish to stop on, which may come before it has started. */
  get isStopping(): boolean {
    return this.#stopping
  }

  async start(): Promise<void> {
    const wish = new StopWish(
      () => void this.stop(EXIT.ok),
      () => this.#sayWhatLasts(),
    )
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => wish.again(performance.now()))
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
    this.#gateway = await this.#gatewayOnceThereIsRoom(served)
    served.server = await serveGateway(this.#gateway, {
      token: this.#token,
      log: this.#log,
      isChecked: process.env['NODE_ENV'] === 'test',
    })
    this.#server = served.server
  }

  /** A start needs some room; where there is none the reserve gives it, and where there is no reserve either it is waited for. */
  async #gatewayOnceThereIsRoom(served: { server: GatewayServer | null }): Promise<Gateway> {
    const reserve = new DiskReserve(this.#folder.reserve)
    for (;;) {
      if (reserve.freeBytes < START_NEEDS_BYTES) reserve.giveBack()
      try {
        if (reserve.freeBytes >= START_NEEDS_BYTES) return await this.#startGateway(served)
      } catch (error) {
        if (!isDiskFull(error)) throw error
      }
      await this.#untilThereIsRoom(reserve)
    }
  }

  async #untilThereIsRoom(reserve: DiskReserve): Promise<void> {
    const { root } = this.#folder
    const next = 'Free space on its volume: the start goes on by itself when there is room. Nothing recorded is lost.'
    const error = new GatewayError('disk_full', `the disk of ${root} is full: ${this.#config.name} cannot start`, next)
    this.#log.error({ code: 'disk-full', err: error }, error.message)
    process.stderr.write(`plumbline: ${printableLines(printedError(error))}\n`)
    while (!reserve.hasRoom) {
      if (this.#stopping) throw error
      await new Promise((resolve) => setTimeout(resolve, ROOM_EVERY_MS))
    }
  }

  async #startGateway(served: { server: GatewayServer | null }): Promise<Gateway> {
    return await Gateway.start({
      config: this.#config,
      folder: this.#folder,
      log: this.#log,
      nowUs,
      events: {
        onStatus: (channel, status) => served.server?.feed(channel)?.status(status),
        onPoints: (channel, points) => served.server?.feed(channel)?.points({ atUs: nowUs(), points }),
        onSealed: (channel, position) => served.server?.feed(channel)?.advance(position),
        onEvents: () => served.server?.lookForEnded(),
        onAudit: (channel, progress) => served.server?.feed(channel)?.audit(progress),
        onOpened: (handle, channel) =>
          void served.server
            ?.opened(handle, channel)
            .catch((error: unknown) =>
              this.#log.error({ err: error, channel: handle }, 'a channel is not answered for'),
            ),
        onFatal: (error) => this.#fatal(error),
      },
    })
  }

  /** What a person should know of where the console is. */
  get notes(): string[] {
    const { taken, port, hasNoPeople } = this.#served
    const elsewhere = this.#served.elsewhere()
    return [
      ...(taken === null
        ? []
        : [
            `Port ${taken.port} is held by ${holderWords(taken.holder)}; this console is on port ${port}. Enter no passphrase at the old one.`,
          ]),
      ...(elsewhere === null ? [] : doorLines(elsewhere, hasNoPeople)),
    ]
  }

  get hasNoPeople(): boolean {
    return this.#served.hasNoPeople
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
    this.#gateway?.announce(server.publicUrl())
    process.send?.({
      type: 'ready',
      name: this.#config.name,
      url: server.url,
      signInUrl: this.signInUrl(),
      notes: this.notes,
    } satisfies FromDaemon)
  }

  get #served(): GatewayServer {
    if (this.#server === null) throw new Error('asked where it listens before it does')
    return this.#server
  }

  /** Has no deadline: what was read and is not written down yet would be lost by one. */
  async stop(status: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    const timer = setInterval(() => this.#tellWhatLasts(), STOPPING_TOLD_MS)
    // What is half open cannot be closed; whether it opens is told by start().
    await this.#starting?.catch(() => {})
    await this.#server?.close()
    await this.#gateway?.stop()
    removeRuntime(this.#folder.runtime)
    clearInterval(timer)
    if (process.connected) process.disconnect()
    this.#end(status)
  }

  #tellWhatLasts(): void {
    const unwritten = this.#gateway?.unwritten ?? 0
    this.#log.info({ unwritten }, 'stopping: what was read is being written down')
    if (process.send === undefined) return this.#sayWhatLasts()
    if (process.connected) process.send({ type: 'stopping', unwritten } satisfies FromDaemon)
  }

  #sayWhatLasts(): void {
    const unwritten = this.#gateway?.unwritten ?? 0
    this.#say(
      `Stopping: ${unwritten} readings are still to be written down; nothing is lost if you wait. kill -9 ${process.pid} ends it at once and loses them.`,
    )
  }

  #told(message: ToDaemon): void {
    if (message.type === 'stop') void this.stop(EXIT.ok)
  }

  /** After a failed write nothing in memory can be trusted: the process ends and starts again from the disk. */
  #fatal(error: GatewayError): void {
    this.#log.fatal({ err: error }, error.message)
    this.#log.flush()
    process.stderr.write(`plumbline: ${printableLines(`${this.#config.name}: ${printedError(error)}`)}\n`)
    removeRuntime(this.#folder.runtime)
    setTimeout(() => process.exit(EXIT.failed), 100)
  }
}
