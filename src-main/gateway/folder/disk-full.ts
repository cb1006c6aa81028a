import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

const FULL = new Set(['disk_full', 'ENOSPC', 'EDQUOT'])
/** Errors of a disk that SQLite does not call full: a lock file, or the index of its log, could not grow. */
const OF_THE_DISK = new Set(['commit_failed', 'apply_stopped', 'database_unreadable', 'not_durable'])
const NOTHING_FREE_BYTES = 256 * 1024

/** Whether something failed because there is no room on the volume of `file`. */
export function isDiskFull(error: unknown, file: string): boolean {
  let ofTheDisk = false
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code !== 'string') continue
    if (FULL.has(code)) return true
    ofTheDisk ||= OF_THE_DISK.has(code) || code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN')
  }
  if (!ofTheDisk) return false
  const { bavail, bsize } = statfsSync(dirname(file))
  return bavail * bsize < NOTHING_FREE_BYTES
}
