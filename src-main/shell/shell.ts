import { messageOf } from '../wire/plumbline-error.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import type { DaemonHost } from './daemon-host.ts'
import { plumbArgument, readPlumb } from './opened-file.ts'
import { ReloadBudget } from './reload-budget.ts'
import type { RunningDaemon } from './running-daemon.ts'
import { StatusWatch } from './status-watch.ts'
import type { ShellTray, ShellWindow, Surface } from './surface.ts'

const WATCH_MS = 5_000
/** Quitting ends recording, so it is for those who answer for it. */
const MAY_QUIT: readonly string[] = ['installer', 'site-manager', 'member-admin']

export interface ShellOptions {
  readonly surface: Surface
  readonly host: DaemonHost
  readonly calls: DaemonCalls
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** The desktop application: one window on the daemon's console, a tray, and the daemon where nobody else runs it. */
export class Shell {
  readonly #options: ShellOptions
  readonly #reloads = new ReloadBudget()
  readonly #watch = new StatusWatch()
  #daemon: RunningDaemon | null = null
  #window: ShellWindow | null = null
  #tray: ShellTray | null = null
  #isQuitting = false
  #isLoaded = true

  constructor(options: ShellOptions) {
    this.#options = options
  }

  /** Runs until the user quits. Returns at once when another instance is there: that one shows itself instead. */
  async run(): Promise<void> {
    const { surface, host } = this.#options
    if (!surface.isFirstInstance()) {
      surface.quit(0)
      return
    }
    surface.onSecondInstance((args, workingDirectory) => void this.open(args, workingDirectory))
    this.#tray = surface.createTray({ open: () => this.#window?.show(), quit: () => void this.quit() })
    try {
      this.#daemon = await host.findOrStart(() =>
        surface.notify('The gateway is still starting', 'It checks its record first; the console opens after that.'),
      )
    } catch (error) {
      if (this.#isQuitting) return
      await surface.tell('The gateway could not be started', messageOf(error))
      surface.quit(1)
      return
    }
    this.#window = this.#makeWindow(this.#daemon.origin)
    await this.open(surface.arguments, surface.workingDirectory)
    await this.#watchStatus()
  }

  /** Shows the console, or a certificate when one was given: that needs no sign-in and changes nothing. */
  async open(args: readonly string[], workingDirectory: string): Promise<void> {
    const [window, daemon] = [this.#window, this.#daemon]
    if (window === null || daemon === null) return
    const path = plumbArgument(args, workingDirectory)
    if (path !== null) await this.#openPlumb(path, window, daemon)
    else await this.#load(window, await this.#options.calls.startAddress(daemon))
    window.show()
  }

  /** Asks first where recording would end; says no to those who may not. */
  async quit(): Promise<void> {
    const { surface, host } = this.#options
    if (this.#isQuitting) return
    // What has not come up yet records nothing, and nobody could sign in to answer for it.
    if (host.isOurs && this.#daemon !== null && !(await this.#mayStopRecording())) return
    this.#isQuitting = true
    await host.stop()
    surface.quit(0)
  }

  async #mayStopRecording(): Promise<boolean> {
    const { surface } = this.#options
    const role = (await this.#window?.sessionRole()) ?? null
    if (role === null || !MAY_QUIT.includes(role)) {
      const who = role === null ? 'Nobody is signed in here.' : `You are signed in as ${role}.`
      await surface.tell(
        'Quitting would stop the recording',
        `${who} Sign in as ${MAY_QUIT.join(' or ')} to quit. Closing the window leaves everything running.`,
      )
      return false
    }
    return surface.confirm(
      'Stop recording and quit?',
      'This application runs the gateway itself. Until it is started again nothing is recorded, and the gap stays in the record. (Installed as a service, the gateway would go on.)',
      'Stop recording and quit',
    )
  }

  async #openPlumb(path: string, window: ShellWindow, daemon: RunningDaemon): Promise<void> {
    try {
      const file = readPlumb(path)
      await this.#load(window, `${daemon.origin}/#/verify`)
      window.sendFile(file)
    } catch (error) {
      await this.#options.surface.tell("The certificate can't be opened", messageOf(error))
    }
  }

  /** A page that does not load, because the daemon just went, is loaded again when it answers. */
  async #load(window: ShellWindow, url: string): Promise<void> {
    try {
      await window.load(url)
      this.#isLoaded = true
    } catch {
      this.#isLoaded = false
    }
  }

  #makeWindow(origin: string): ShellWindow {
    const { surface, nowMs } = this.#options
    const window = surface.createWindow(origin)
    window.onClose(() => {
      if (!this.#isQuitting) window.hide()
    })
    window.onRendererGone((reason) => {
      if (this.#reloads.take(nowMs())) window.reload()
      else
        void surface.tell(
          'The console keeps failing',
          `It ended with "${reason}" more than three times in five minutes. The gateway records on; open the console in a browser: ${origin}/`,
        )
    })
    return window
  }

  async #watchStatus(): Promise<void> {
    const { surface, host, calls, sleep } = this.#options
    while (!this.#isQuitting) {
      // A daemon that was started again has another port and token.
      const daemon = host.find()
      if (daemon !== null && daemon.origin !== this.#daemon?.origin) await this.#moveTo(daemon)
      if (daemon !== null) this.#daemon = daemon
      const status = daemon === null ? null : await calls.status(daemon)
      if (status !== null && !this.#isLoaded) await this.open([], '')
      const { verdict, text, notices } = this.#watch.see(status)
      this.#tray?.update(verdict, text)
      for (const { title, body } of notices) surface.notify(title, body)
      await sleep(WATCH_MS)
    }
  }

  async #moveTo(daemon: RunningDaemon): Promise<void> {
    this.#daemon = daemon
    const old = this.#window
    this.#window = this.#makeWindow(daemon.origin)
    old?.destroy()
    await this.open([], '')
  }
}
