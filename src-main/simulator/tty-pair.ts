import { spawn, type ChildProcess } from 'node:child_process'
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A pair of ttys: the device holds one end, a gateway opens the other by its path. */
export interface TtyPair {
  /** What a gateway opens as its serial port. */
  gatewayPath: string
  /** Writes without waiting; bytes are dropped while nobody listens and the line is full. */
  write(bytes: Uint8Array): void
  /** What the gateway writes. */
  onData: ((bytes: Uint8Array) => void) | null
  /** Process id of the socat that makes the pair. */
  pid: number
  close(): Promise<void>
}

const APPEAR_LIMIT_MS = 3000
const END_LIMIT_MS = 2000
/** More than this waiting to be written means that nobody reads. */
const WAITING_BYTES_MAX = 4096

/** Where a gateway finds the tty of a device, whether there is one or not. */
export function gatewayPathOf(folder: string, name: string): string {
  return join(folder, `${name}-tty`)
}

/**
 * Makes a pair with `socat`, the gateway's end linked in `folder`. The device's end is socat's standard input and output, so
 * that socat ends with us, however we end. Rejects with one line that says what to install when socat is missing.
 */
export async function openTtyPair(folder: string, name: string): Promise<TtyPair> {
  const gatewayPath = gatewayPathOf(folder, name)
  await rm(gatewayPath, { force: true })
  const child = spawn('socat', ['-', `pty,raw,echo=0,link=${gatewayPath}`], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const failed = failureOf(child)
  failed.catch(() => undefined)
  await Promise.race([appears(gatewayPath), failed])
  const pair: TtyPair = {
    gatewayPath,
    pid: child.pid ?? 0,
    onData: null,
    write: (bytes) => {
      if (child.stdin.writable && child.stdin.writableLength < WAITING_BYTES_MAX) child.stdin.write(bytes)
    },
    close: () => end(child, ended),
  }
  child.stdout.on('data', (bytes: Buffer) => pair.onData?.(bytes))
  return pair
}

function failureOf(child: ChildProcess): Promise<never> {
  return new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          error.code === 'ENOENT'
            ? 'socat is not installed, so there are no simulated serial devices: install the package "socat"'
            : `socat: ${error.message}`,
        ),
      ),
    )
    child.once('exit', (code) => reject(new Error(`socat ended with status ${code} before its tty was there`)))
  })
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
  await ended
  clearTimeout(late)
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
