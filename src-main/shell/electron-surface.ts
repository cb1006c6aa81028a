import {
  app,
  BrowserWindow,
  dialog,
  Menu,
  nativeImage,
  Notification,
  session,
  shell as desktop,
  Tray,
  utilityProcess,
} from 'electron'
import { z } from 'zod'
import { lockContents, lockSession, webPreferences } from './hardening.ts'
import type {
  DaemonProcess,
  OpenedFile,
  ShellTray,
  ShellWindow,
  ShownVerdict,
  Surface,
  TrayActions,
} from './surface.ts'
import { trayIcon } from './tray-icon.ts'

const sessionSchema = z.object({ user: z.object({ role: z.string() }) })
const ICON_PIXELS = 32

/** The shell's surface, filled with Electron. `app` must be ready. */
export function electronSurface(options: { preload: string }): Surface {
  return {
    arguments: process.argv.slice(1),
    workingDirectory: process.cwd(),
    isFirstInstance: () => app.requestSingleInstanceLock(),
    onSecondInstance: (listener) => {
      app.on('second-instance', (_event, args, workingDirectory) => listener(args.slice(1), workingDirectory))
      // macOS hands files over by this event instead of by argument.
      app.on('open-file', (event, path) => {
        event.preventDefault()
        listener([path], '/')
      })
    },
    createWindow: (allowedOrigin) => createWindow(allowedOrigin, options.preload),
    createTray,
    confirm: async (question, detail, goOn) => {
      const { response } = await dialog.showMessageBox({
        type: 'warning',
        message: question,
        detail,
        buttons: ['Cancel', goOn],
        defaultId: 0,
        cancelId: 0,
      })
      return response === 1
    },
    tell: async (title, detail) => {
      await dialog.showMessageBox({ type: 'info', message: title, detail, buttons: ['OK'] })
    },
    notify: (title, body) => {
      if (Notification.isSupported()) new Notification({ title, body }).show()
    },
    quit: (status) => app.exit(status),
  }
}

/** Runs the command line as a utility process, with the arguments given. */
export function startDaemonProcess(entry: string, args: readonly string[]): DaemonProcess {
  const child = utilityProcess.fork(entry, [...args], { serviceName: 'Plumbline gateway', stdio: 'inherit' })
  return {
    stop: () => child.postMessage('stop'),
    onExit: (listener) => void child.once('exit', listener),
  }
}

function createWindow(allowedOrigin: string, preload: string): ShellWindow {
  lockSession(session.defaultSession, allowedOrigin)
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 800,
    minHeight: 600,
    show: false,
    title: 'Plumbline',
    backgroundColor: '#DFE2E5',
    icon: nativeImage.createFromBitmap(trayIcon('unchanged', ICON_PIXELS), { width: ICON_PIXELS, height: ICON_PIXELS }),
    webPreferences: { ...webPreferences, preload },
  })
  window.setMenu(null)
  lockContents(window.webContents, allowedOrigin, (url) => void desktop.openExternal(url))
  return {
    load: (url) => window.loadURL(url),
    show: () => {
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
    hide: () => window.hide(),
    reload: () => window.reload(),
    destroy: () => window.destroy(),
    sendFile: (file: OpenedFile) => window.webContents.send('plumb-opened', file),
    sessionRole: () => sessionRole(window, allowedOrigin),
    onClose: (listener) => {
      window.on('close', (event) => {
        event.preventDefault()
        listener()
      })
    },
    onRendererGone: (listener) => {
      window.webContents.on('render-process-gone', (_event, { reason }) => listener(reason))
    },
  }
}

/** Asked with the window's own cookie, which its page can't read. */
async function sessionRole(window: BrowserWindow, origin: string): Promise<string | null> {
  try {
    const response = await window.webContents.session.fetch(`${origin}/api/session`, { credentials: 'include' })
    return response.ok ? sessionSchema.parse(await response.json()).user.role : null
  } catch {
    return null
  }
}

function createTray(actions: TrayActions): ShellTray {
  const imageOf = (verdict: ShownVerdict): Electron.NativeImage =>
    nativeImage.createFromBitmap(trayIcon(verdict, ICON_PIXELS), { width: ICON_PIXELS, height: ICON_PIXELS })
  const tray = new Tray(imageOf('unknown'))
  tray.on('click', actions.open)
  const update = (verdict: ShownVerdict, text: string): void => {
    tray.setImage(imageOf(verdict))
    tray.setToolTip(`Plumbline: ${text}`)
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: text, enabled: false },
        { type: 'separator' },
        { label: 'Open console', click: actions.open },
        { label: 'Quit ...', click: actions.quit },
      ]),
    )
  }
  update('unknown', 'starting')
  return { update }
}
