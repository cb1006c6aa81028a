import { loadAddon } from '../../native/addon.ts'

/** Why the store could not do what was asked. Stable: callers and scripts switch on it. */
export type LedgerErrorCode =
  | 'commit_failed'
  | 'disk_full'
  | 'database_damaged'
  | 'database_unreadable'
  | 'database_busy'
  | 'newer_schema'
  | 'older_schema'
  | 'not_a_ledger'
  | 'not_durable'
  | 'genesis_missing'
  | 'genesis_refused'
  | 'genesis_differs'
  | 'payload_missing'
  | 'payload_malformed'
  | 'payload_damaged'
  | 'not_sealed_yet'
  | 'raft_log_damaged'
  | 'raft_state_damaged'
  | 'foreign_ledger'
  | 'replay_differs'
  | 'pack_host_missing'
  | 'pack_misbehaved'
  | 'out_of_order'
  | 'ledger_closed'
  | 'not_found'
  | 'checkpoint_refused'

/** The one error class of the ledger. The message says what failed, where, and what to do next. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
  readonly code: LedgerErrorCode
  /** What to do about it. */
  readonly next: string

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions & { next?: string }) {
    super(message, options)
    this.code = code
    this.next = options?.next ?? 'Run "plumbline fsck": it reads the whole record back and names what is wrong.'
  }
}

/** What stands in `file` is not what was written there. */
export function damageOf(file: string, why: string, options?: ErrorOptions): LedgerError {
  const next =
    'Run "plumbline fsck", which names the place; "plumbline fsck --rebuild" on the stopped gateway makes everything anew that follows from the entries.'
  return new LedgerError('database_damaged', `${file}: ${why}. ${next}`, { ...options, next })
}

/** What was damaged, where an error or one that caused it says so; null otherwise. */
export function damageBehind(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error instanceof LedgerError && error.code === 'database_damaged') return error.message
  return damageBehind(error.cause)
}

/** The SQLite result code of an error of the driver (`SQLITE_FULL`, ...), else null. */
export function sqliteCode(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null
  const code: unknown = (cause as { code?: unknown }).code
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null
}

/** Says in our words what SQLite reported while doing `what` to `file`. Errors of our own pass through. */
export function ledgerErrorOf(cause: unknown, what: string, file: string): LedgerError {
  if (cause instanceof LedgerError) return cause
  const code = sqliteCode(cause)
  const detail = cause instanceof Error ? cause.message : String(cause)
  const options = { cause }
  if (code === null)
    return new LedgerError(
      'commit_failed',
      `${what} of ${file} failed: ${detail}. The process must end; nothing unconfirmed was kept.`,
      options,
    )
  if (code.startsWith('SQLITE_FULL')) {
    return new LedgerError(
      'disk_full',
      `${what} of ${file}: the disk is full. Free space on that volume; what was acknowledged is kept.`,
      options,
    )
  }
  if (code === 'SQLITE_IOERR_DATA')
    return damageOf(file, `page ${loadAddon().takeDamagedPage()} is not what was written (${what})`, options)
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return damageOf(file, `the file is damaged (${what}: ${detail})`, options)
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new LedgerError(
      'database_busy',
      `${what} of ${file}: another process holds the ledger. Stop the other daemon of this data folder first.`,
      options,
    )
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_PERM') ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_IOERR')
  ) {
    return new LedgerError(
      'database_unreadable',
      `${what} of ${file}: ${detail} (${code}). Check that the folder exists, its owner and the disk.`,
      options,
    )
  }
  return new LedgerError(
    'commit_failed',
    `${what} of ${file} failed: ${detail} (${code}). The process must end; nothing unconfirmed was kept.`,
    options,
  )
}
