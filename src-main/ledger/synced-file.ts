/**
 * What a killed process wrote lies in the page cache and looks as if it were on disk. Before anything that is read at start counts, it
 * is made durable; and where a sync has failed, what the cache shows is copied, because the system takes pages whose writing failed
 * for clean and never writes them again.
 */
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { renameDurably, syncFile } from '../disk/durable-file.ts'

const FAILED_SUFFIX = '.sync-failed'

/** Makes the stored file and its write-ahead log durable. Throws the system's error. */
export function syncBeforeUse(file: string): void {
  const log = `${file}-wal`
  if (existsSync(`${file}${FAILED_SUFFIX}`)) renewLog(log)
  for (const path of [file, log]) if (existsSync(path)) syncFile(path)
  rmSync(`${file}${FAILED_SUFFIX}`, { force: true })
}

/** A sync failed: the next start must not trust what the cache says of the log. */
export function noteFailedSync(file: string): void {
  try {
    writeFileSync(`${file}${FAILED_SUFFIX}`, '', { mode: 0o600 })
  } catch {
    // The disk takes nothing more. What was promised is bounded by the mark, which lies in another file.
  }
}

/** The main file needs no copy: what a failed move from the log left there is moved again from the new log. */
function renewLog(log: string): void {
  if (!existsSync(log)) return
  const copy = `${log}.new`
  copyFileSync(log, copy)
  renameDurably(copy, log)
}
