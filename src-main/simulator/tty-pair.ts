import { spawn } from 'node:child_process'
import { close, constants, open, write } from 'node:fs'
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Two ttys that are joined: what the device writes comes out at `gatewayPath`. */
export interface TtyPair {
  /** What a gateway opens as its serial port. */
  gatewayPath: string
  /** Writes without waiting; bytes are dropped while nobody listens and the system's buffer is full. */
  write(bytes: Uint8Array): void
  /** Process id of the socat that makes the pair. */
  pid: number
  close(): Promise<void>
}

const APPEAR_LIMIT_MS = 3000
const END_LIMIT_MS = 2000

/** Where a gateway finds the tty of a device, whether there is one or not. */
export function gatewayPathOf(folder: string, name: string): string {
  return join(folder, `${name}-tty`)
}

/** Makes a pair with `socat`, its ends linked in `folder`. Rejects with one line that says what to install when socat is missing. */
export async function openTtyPair(folder: string, name: string): Promise<TtyPair> {
  const devicePath = join(folder, `${name}-device`)
  const gatewayPath = gatewayPathOf(folder, name)
  await Promise.all([devicePath, gatewayPath].map((path) => rm(path, { force: true })))
  const child = spawn('socat', [`pty,raw,echo=0,link=${devicePath}`, `pty,raw,echo=0,link=${gatewayPath}`], {
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'ENOENT'
            ? 'socat is not installed, so there are no simulated serial devices: install the package "socat"'
            : `socat: ${error.message}`,
        ),
      ),
    )
    child.once('exit', (code) => reject(new Error(`socat ended with status ${code} before its ttys were there`)))
  })
  failed.catch(() => undefined)
  await Promise.race([Promise.all([appears(devicePath), appears(gatewayPath)]), failed])
  const end = async (): Promise<void> => {
    child.kill('SIGTERM')
    const limit = sleep(END_LIMIT_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
    await Promise.race([ended, limit])
    await ended
  }
  try {
    const device = await promisify(open)(devicePath, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    return {
      gatewayPath,
      pid: child.pid ?? 0,
      write: (bytes) => write(device, bytes, () => undefined),
      close: async () => {
        await promisify(close)(device)
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

async function appears(path: string): Promise<void> {
  const untilMs = Date.now() + APPEAR_LIMIT_MS
  while (Date.now() < untilMs) {
    const there = await access(path).then(
      () => true,
      () => false,
    )
    if (there) return
    await sleep(20)
  }
  throw new Error(`socat made no tty at ${path} within ${APPEAR_LIMIT_MS} ms`)
}
