/** Entry of the desktop application: fills the shell's surface with Electron. Decisions are in `shell.ts`. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { app } from 'electron'
import { DaemonCalls } from './daemon-calls.ts'
import { DaemonHost } from './daemon-host.ts'
import { electronSurface, startDaemonProcess } from './electron-surface.ts'
import { dataFolder } from './running-daemon.ts'
import { Shell } from './shell.ts'

/** Beside `out/main/main.js`: what the build leaves for preload and daemon. */
const out = fileURLToPath(new URL('../', import.meta.url))

// Before anything is shown: no renderer of this program ever runs outside the sandbox.
app.enableSandbox()

const { values } = parseArgs({
  args: process.argv.slice(1),
  options: { data: { type: 'string' }, config: { type: 'string' } },
  strict: false,
  allowPositionals: true,
})
const data = typeof values.data === 'string' ? values.data : dataFolder(process.env, process.platform)
const config = typeof values.config === 'string' ? values.config : null

/** Not awaited at the top: Electron becomes ready only after this module has been evaluated. */
async function main(): Promise<void> {
  await app.whenReady()
  const host = new DaemonHost({
    data,
    config,
    hostName: hostname(),
    start: (args) => startDaemonProcess(join(out, 'daemon', 'src-main', 'shell', 'daemon-entry.js'), args),
    sleep: (ms) => sleep(ms),
  })
  // Closing the last window is no reason to end: the tray stays.
  app.on('window-all-closed', () => undefined)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => void host.stop().then(() => app.exit(0)))
  const shell = new Shell({
    surface: electronSurface({ preload: join(out, 'preload', 'preload.cjs') }),
    host,
    calls: new DaemonCalls(),
    nowMs: () => performance.now(),
    sleep: (ms) => sleep(ms),
  })
  await shell.run()
}

void main()
