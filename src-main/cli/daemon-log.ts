import { chmodSync, renameSync, rmSync, statSync } from 'node:fs'
import pino, { type Logger } from 'pino'

/** A log that grew to this size is put aside; with four old ones a gateway's log never takes more than 80 MiB and what is in flight. */
const LOG_BYTES_MAX = 16 * 1024 * 1024
const OLD_LOGS_KEPT = 4
/** It names people, addresses and sources. */
const MODE = 0o600

/**
 * A daemon's log, bounded: `file`, and `file.1` (newest) to `file.4` before it. That it cannot be written, as on a full disk, is said
 * once on standard error and ends nothing.
 */
export function openLog(name: string, file: string, bytesMax: number = LOG_BYTES_MAX): Logger {
  const before = statSync(file, { throwIfNoEntry: false })
  if (before?.isFile() === true && (before.mode & 0o077) !== 0) chmodSync(file, MODE)
  const destination = pino.destination({ dest: file, mkdir: true, sync: false, mode: MODE })
  let said = false
  const failed = (error: Error): void => {
    if (said) return
    said = true
    process.stderr.write(
      `plumbline: ${name}: the log ${file} cannot be written: ${error.message}. The gateway goes on.\n`,
    )
  }
  destination.on('error', failed)
  let bytes = before?.size ?? 0
  destination.on('write', (written: number) => {
    bytes += written
    if (bytes < bytesMax) return
    bytes = 0
    try {
      putAside(file)
      // What is being written still goes into the old file; whatever comes after it into the new one.
      destination.reopen()
    } catch (error) {
      failed(error as Error)
    }
  })
  return pino({ name, level: process.env['PLUMBLINE_LOG_LEVEL'] ?? 'info' }, destination)
}

/** Where the log cannot be renamed it begins anew: what is lost is a log, what is kept is the disk. */
function putAside(file: string): void {
  try {
    for (let age = OLD_LOGS_KEPT - 1; age >= 1; age -= 1) moveIfThere(`${file}.${age}`, `${file}.${age + 1}`)
    moveIfThere(file, `${file}.1`)
  } catch {
    rmSync(file, { force: true })
  }
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })?.isFile() === true) renameSync(from, to)
}
