/**
 * What the shell uses of Electron, and nothing more. `main.ts` fills it with Electron; tests fill it with a fake, so that
 * everything but the thin filling runs in plain Node.
 */

/** The verdict as tray and notifications tell it; `unknown` while the daemon does not answer. */
export type ShownVerdict = 'unchanged' | 'changed' | 'cannot-tell' | 'unknown'

export interface OpenedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface ShellWindow {
  /** Shows an address; resolves when the page has loaded. */
  load(url: string): Promise<void>
  show(): void
  hide(): void
  reload(): void
  /** Closes it for good, without asking `onClose`. */
  destroy(): void
  /** Gives a file to the page, which checks it in the browser. */
  sendFile(file: OpenedFile): void
  /** Who is signed in in this window; null when nobody is. */
  sessionRole(): Promise<string | null>
  /** The user closed the window. */
  onClose(listener: () => void): void
  onRendererGone(listener: (reason: string) => void): void
}

export interface ShellTray {
  /** @param text what the tray's tip and first line say */
  update(verdict: ShownVerdict, text: string): void
}

export interface TrayActions {
  open(): void
  quit(): void
}

/** A daemon that this shell started. */
export interface DaemonProcess {
  /** Asks it to end in order. */
  stop(): void
  onExit(listener: (code: number) => void): void
}

export interface Surface {
  /** Argument list of this start, without the program itself. */
  readonly arguments: readonly string[]
  readonly workingDirectory: string
  /** False when another instance runs; it then receives our arguments. */
  isFirstInstance(): boolean
  onSecondInstance(listener: (args: readonly string[], workingDirectory: string) => void): void
  createWindow(allowedOrigin: string): ShellWindow
  createTray(actions: TrayActions): ShellTray
  /** @returns true when the user chose to go on */
  confirm(question: string, detail: string, goOn: string): Promise<boolean>
  tell(title: string, detail: string): Promise<void>
  notify(title: string, body: string): void
  quit(status: number): void
}
