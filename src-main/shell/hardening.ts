/**
 * What the window may not do. The page is our own console from our own daemon; these rules hold even if something
 * hostile were shown in it.
 *
 * Fuses to set when the application is packaged (they are burnt into Electron's binary and read back by the packager):
 * RunAsNode off, EnableNodeOptionsEnvironmentVariable off, EnableNodeCliInspectArguments off,
 * EnableCookieEncryption on, EnableEmbeddedAsarIntegrityValidation on, OnlyLoadAppFromAsar on,
 * GrantFileProtocolExtraPrivileges off. RunAsNode off is why the daemon is a utility process.
 */
export const webPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const

/** Schemes that a page needs inside itself and that reach nobody. */
const INNER_SCHEMES = new Set(['blob:', 'data:', 'devtools:'])

/** Writing text to the clipboard after a click ("copy proof"), as any browser allows. Reading it stays denied. */
const COPY = 'clipboard-sanitized-write'

/** Whether the window may show this address: the daemon's own origin, nothing else. */
export function mayNavigate(url: string, allowedOrigin: string): boolean {
  return originOf(url) === allowedOrigin
}

/** Whether the page may fetch this address. */
export function mayRequest(url: string, allowedOrigin: string): boolean {
  return mayNavigate(url, allowedOrigin) || INNER_SCHEMES.has(schemeOf(url))
}

/**
 * Whether an address that a link asks a new window for goes to the user's browser: the console of another gateway on
 * this machine. A new window of ours never opens.
 */
export function mayOpenOutside(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
  return protocol === 'http:' && isLoopback && username === '' && password === ''
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null
}

function schemeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : ''
}

interface Preventable {
  preventDefault(): void
}

/** The part of Electron's `WebContents` that is locked here. */
export interface LockableContents {
  on(event: 'will-navigate' | 'will-redirect', listener: (details: Preventable & { url: string }) => void): unknown
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown
  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'deny' }): void
}

/** The part of Electron's `Session` that is locked here. */
export interface LockableSession {
  setPermissionRequestHandler(
    handler: (contents: unknown, permission: string, answer: (isGranted: boolean) => void) => void,
  ): void
  setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean): void
  setDevicePermissionHandler(handler: () => boolean): void
  readonly webRequest: {
    onBeforeRequest(listener: (details: { url: string }, answer: (verdict: { cancel: boolean }) => void) => void): void
  }
}

/** Denies navigation, windows, webviews. */
export function lockContents(
  contents: LockableContents,
  allowedOrigin: string,
  openOutside: (url: string) => void,
): void {
  const stay = (details: Preventable & { url: string }): void => {
    if (!mayNavigate(details.url, allowedOrigin)) details.preventDefault()
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (mayOpenOutside(url)) openOutside(url)
    return { action: 'deny' }
  })
}

/** Denies permissions, devices, and requests to anybody but the daemon. */
export function lockSession(session: LockableSession, allowedOrigin: string): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === COPY))
  session.setPermissionCheckHandler((_contents, permission) => permission === COPY)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !mayRequest(url, allowedOrigin) }))
}
