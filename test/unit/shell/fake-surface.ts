import type { DaemonCalls } from '../../../src-main/shell/daemon-calls.ts'
import { DaemonHost } from '../../../src-main/shell/daemon-host.ts'
import type { RunningDaemon } from '../../../src-main/shell/running-daemon.ts'
import { Shell } from '../../../src-main/shell/shell.ts'
import type { DaemonProcess, OpenedFile, ShellWindow, Surface, TrayActions } from '../../../src-main/shell/surface.ts'

/** A daemon process that does nothing until the test ends it. */
export class FakeDaemon implements DaemonProcess {
  stopped = false
  readonly #listeners: ((code: number) => void)[] = []

  stop(): void {
    this.stopped = true
    this.end(0)
  }

  onExit(listener: (code: number) => void): void {
    this.#listeners.push(listener)
  }

  end(code: number): void {
    for (const listener of this.#listeners.splice(0)) listener(code)
  }
}

/** A desktop that writes down what it is asked to do. */
export class FakeDesktop {
  isFirst = true
  args: string[] = []
  role: string | null = null
  answer = true
  running: RunningDaemon | null = null
  /** A daemon that is started checks its record for ever. */
  isSlow = false
  /** Whether an address can be loaded. */
  isReachable = true
  /** What comes up when a daemon is started; null: it ends with status 3. */
  startable: RunningDaemon | null = { name: 'hall', pid: 1, origin: 'http://127.0.0.1:8440', token: 't'.repeat(32) }
  readonly did: string[] = []
  readonly files: OpenedFile[] = []
  readonly started: { args: readonly string[]; daemon: FakeDaemon }[] = []
  second: (args: readonly string[], workingDirectory: string) => void = () => undefined
  close: () => void = () => undefined
  crash: (reason: string) => void = () => undefined
  tray: TrayActions = { open: () => undefined, quit: () => undefined }
  nowMs = 0
  #hold: (() => void) | null = null

  /** @param data folder of the daemon's files */
  constructor(given: { data: string; status?: DaemonCalls['status'] }) {
    const surface: Surface = {
      arguments: this.args,
      workingDirectory: given.data,
      isFirstInstance: () => this.isFirst,
      onSecondInstance: (listener) => {
        this.second = listener
      },
      createWindow: (origin) => this.#window(origin),
      createTray: (actions) => {
        this.tray = actions
        return { update: (verdict, text) => void this.did.push(`tray ${verdict}: ${text}`) }
      },
      confirm: async (question) => {
        this.did.push(`confirm ${question}`)
        return this.answer
      },
      tell: async (title, detail) => void this.did.push(`tell ${title}: ${detail}`),
      notify: (title, body) => void this.did.push(`notify ${title}: ${body}`),
      quit: (status) => void this.did.push(`quit ${status}`),
    }
    // The test decides when time passes between two looks at the daemon.
    const sleep = (ms: number): Promise<void> =>
      ms < 1000 ? Promise.resolve() : new Promise((resolve) => (this.#hold = resolve))
    this.host = new DaemonHost({
      data: given.data,
      config: null,
      hostName: 'Hall PC 7',
      sleep,
      find: () => this.running,
      start: (args) => this.#start(args),
    })
    const calls = {
      status: given.status ?? (async () => null),
      startAddress: async (daemon: RunningDaemon) => `${daemon.origin}/`,
    } as unknown as DaemonCalls
    this.shell = new Shell({ surface, host: this.host, calls, nowMs: () => this.nowMs, sleep })
  }

  readonly host: DaemonHost
  readonly shell: Shell

  /** Starts the shell and waits until it has looked at the daemon once. */
  async run(): Promise<void> {
    void this.shell.run()
    await settle()
  }

  /** Lets the time that something waits for pass. */
  async passTime(): Promise<void> {
    this.#hold?.()
    this.#hold = null
    await settle()
  }

  #start(args: readonly string[]): DaemonProcess {
    const daemon = new FakeDaemon()
    this.started.push({ args, daemon })
    if (this.startable === null) queueMicrotask(() => daemon.end(3))
    else if (!this.isSlow) this.running = this.startable
    return daemon
  }

  #window(origin: string): ShellWindow {
    this.did.push(`window ${origin}`)
    return {
      load: async (url) => {
        this.did.push(`load ${url}`)
        if (!this.isReachable) throw new Error('ERR_CONNECTION_REFUSED')
      },
      show: () => void this.did.push('show'),
      hide: () => void this.did.push('hide'),
      reload: () => void this.did.push('reload'),
      destroy: () => void this.did.push('destroy'),
      sendFile: (file) => void this.files.push(file),
      sessionRole: async () => this.role,
      onClose: (listener) => {
        this.close = listener
      },
      onRendererGone: (listener) => {
        this.crash = listener
      },
    }
  }
}

/** Lets everything that waits for nothing but promises happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await Promise.resolve()
}
