import { loadAddon } from '../../native/addon.ts'
import { messageOf, PlumblineError } from '../wire/plumbline-error.ts'

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
  | 'rules_unknown'

const FSCK = 'Run "plumbline fsck": it reads the whole record back and names what is wrong.'
const REPORT = 'This is a mistake in Plumbline: please report it with this message. Nothing acknowledged is lost.'

/** What to do where the place that throws knows nothing better. */
const NEXT: Record<LedgerErrorCode, string> = {
  commit_failed: 'Nothing unconfirmed was kept. Start the gateway again; if it comes back, look at its disk.',
  disk_full: 'Free space on that volume; what was acknowledged is kept.',
  database_damaged: FSCK,
  database_unreadable: 'Check that the folder exists, its owner and the disk.',
  database_busy: 'Stop the other daemon of this data folder first.',
  newer_schema: 'Install that version or a later one; the file was not touched.',
  older_schema:
    'Keep it with the version that wrote it, and give this one a new data folder with --data DIR; the file was not touched.',
  not_a_ledger: 'Name the ledger.db of a data folder.',
  not_durable: 'Put the data folder on a local file system.',
  genesis_missing: 'Start its gateway first.',
  genesis_refused: 'A channel begins with a genesis made by "plumbline": take the file that its founder gave out.',
  genesis_differs: 'Use another data folder for this channel.',
  payload_missing: 'Run "plumbline repair": what this disk lost comes from the other gateways.',
  payload_malformed: FSCK,
  payload_damaged: FSCK,
  not_sealed_yet: 'Try again after the next seal.',
  raft_log_damaged:
    'Keep a copy of this gateway\'s folder, look at its disk, and run "plumbline fsck", which names everything that changed.',
  raft_state_damaged: 'Keep a copy of this gateway\'s folder, look at its disk, and run "plumbline fsck".',
  foreign_ledger: 'Put back the ledger that belongs to this data folder; each gateway has its own.',
  replay_differs: 'Do not go on: run "plumbline fsck", which names the place.',
  pack_host_missing: REPORT,
  pack_misbehaved: REPORT,
  out_of_order: 'Stop this gateway and run "plumbline fsck": its log may contradict that of the others.',
  ledger_closed: 'Start the gateway again; its log says why it ended.',
  not_found: 'Ask for what is there: "plumbline status" says how far the ledger reaches.',
  checkpoint_refused: 'Look at "plumbline status": it says whether the gateways have the same record.',
  rules_unknown: 'Install a newer release of Plumbline.',
}

/** The error class of the ledger. */
export class LedgerError extends PlumblineError<LedgerErrorCode> {
  override readonly name = 'LedgerError'

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions & { next?: string }) {
    super(code, message, options?.next ?? NEXT[code], options?.cause)
  }
}

/** What stands in `file` is not what was written there. */
export function damageOf(file: string, why: string, options?: ErrorOptions): LedgerError {
  const next =
    'Run "plumbline fsck", which names the place; "plumbline fsck --rebuild" on the stopped gateway makes everything anew that follows from the entries.'
  return new LedgerError('database_damaged', `${file}: ${why}`, { ...options, next })
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
  const detail = messageOf(cause)
  const options = { cause }
  if (code === null)
    return new LedgerError('commit_failed', `${what} of ${file} failed: ${detail}. The process must end.`, options)
  if (code.startsWith('SQLITE_FULL')) {
    return new LedgerError('disk_full', `${what} of ${file}: the disk is full`, options)
  }
  if (code === 'SQLITE_IOERR_DATA')
    return damageOf(file, `page ${loadAddon().takeDamagedPage()} is not what was written (${what})`, options)
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB'))
    return damageOf(file, `the file is damaged (${what}: ${detail})`, options)
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new LedgerError('database_busy', `${what} of ${file}: another process holds the ledger`, options)
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_PERM') ||
    code.startsWith('SQLITE_READONLY') ||
    code.startsWith('SQLITE_IOERR')
  ) {
    return new LedgerError('database_unreadable', `${what} of ${file}: ${detail} (${code})`, options)
  }
  return new LedgerError(
    'commit_failed',
    `${what} of ${file} failed: ${detail} (${code}). The process must end.`,
    options,
  )
}
