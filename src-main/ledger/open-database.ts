import Database from 'better-sqlite3'
import { existsSync, readFileSync } from 'node:fs'
import { PAGE_BYTES, carriesDigests, openChecked, requireWholeLog, reserveDigests } from './checked-file.ts'
import { LedgerError, damageOf, ledgerErrorOf } from './errors.ts'
import { finishRebuild } from './rebuilt-file.ts'
import { syncBeforeUse } from './synced-file.ts'

/** "PLUM": marks the file as ours in SQLite's header. */
const APPLICATION_ID = 0x504c_554d
/** Raised with every change of schema.sql or of what stands in it. */
export const SCHEMA_VERSION = 8
/** SQLite's own number for FULL. */
const SYNCHRONOUS_FULL = 2
/** WAL pages after which a commit also moves them to the main file: about 16 MiB. */
const WAL_CHECKPOINT_PAGES = 2_048
const WAL_KEPT_BYTES = 64 * 1024 * 1024
const BUSY_TIMEOUT_MS = 5_000

const SCHEMA_SQL = readFileSync(new URL('./schema.sql', import.meta.url), 'utf8')

/** Where a store lives: a file, or memory for tests and the simulator (`image`: what a former one left). */
export type DatabasePlace = { file: string } | { memory: true; image?: Uint8Array }

/** Opens the writer's connection, creating the schema in an empty file. Throws LedgerError. */
export function openWriter(place: DatabasePlace): Database.Database {
  const name = 'file' in place ? place.file : ':memory:'
  let database: Database.Database | null = null
  try {
    if ('file' in place) finishRebuild(place.file)
    database = openPlace(place)
    // Only a new file takes it: with 4 KiB an entry of some 2 KiB would waste half a page.
    database.pragma(`page_size = ${PAGE_BYTES}`)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    requireDurable(database, place)
    // A log that begins anew holds nothing torn, so that damage in it can be told from what a power cut leaves.
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.pragma(`wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`)
    database.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`)
    database.pragma('foreign_keys = ON')
    database.pragma('trusted_schema = OFF')
    database.pragma('temp_store = MEMORY')
    createOrCheck(database, name)
    return database
  } catch (cause) {
    database?.close()
    throw ledgerErrorOf(cause, 'opening', name)
  }
}

/** Opens a connection that can only read, and gives nothing but what was written. Throws LedgerError. */
export function openReadOnly(file: string): Database.Database {
  return openExisting(file, (options) => open(file, options))
}

/**
 * The same for those who look for changes themselves and name them: it gives what is there, whatever its pages' digests say.
 * Throws LedgerError.
 */
export function openUnchecked(file: string): Database.Database {
  return openExisting(file, (options) => new Database(file, options))
}

function openExisting(file: string, how: (options: Database.Options) => Database.Database): Database.Database {
  if (!existsSync(file)) {
    throw new LedgerError('not_found', `there is no ledger at ${file}`, { next: 'Check the data folder (--data).' })
  }
  let database: Database.Database | null = null
  try {
    database = how({ readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    database.pragma('trusted_schema = OFF')
    checkVersion(database, file)
    return database
  } catch (cause) {
    database?.close()
    throw ledgerErrorOf(cause, 'opening', file)
  }
}

/** Locks of this process: one that nothing refers to would be given back when memory is collected. */
const held = new Set<Database.Database>()

/**
 * Takes a lock that no second process gets, and that the system takes back when this process ends, however it ends. The file holds
 * nothing; it must not be opened by anything else, because closing it anywhere in a process drops that process's locks (SQLite,
 * How To Corrupt, 2.2). Throws LedgerError `database_busy` where another process holds it.
 */
export function holdLock(file: string): () => void {
  let database: Database.Database | null = null
  try {
    database = new Database(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    const lock = database
    held.add(lock)
    return () => {
      held.delete(lock)
      lock.close()
    }
  } catch (cause) {
    database?.close()
    throw ledgerErrorOf(cause, 'locking', file)
  }
}

/** A file that says that it carries no digests is another's, of another version, or damaged: opened to see which. */
function open(file: string, options: Database.Options): Database.Database {
  if (carriesDigests(file) !== false) return openChecked(file, options)
  const database = new Database(file, options)
  try {
    checkVersion(database, file)
    throw damageOf(file, 'its header is not what was written')
  } finally {
    database.close()
  }
}

function openPlace(place: DatabasePlace): Database.Database {
  if ('file' in place) {
    syncBeforeUse(place.file)
    requireWholeLog(place.file)
    const isNew = carriesDigests(place.file) === null
    const database = open(place.file, { timeout: BUSY_TIMEOUT_MS })
    if (isNew) reserveDigests(database)
    return database
  }
  if (place.image === undefined) return new Database(':memory:')
  const image = Buffer.from(place.image)
  // SQLite file format 1.3.3: 1 says rollback journal; an image in memory has no write-ahead log to look for.
  image.fill(1, 18, 20)
  return new Database(image)
}

/** Default settings lose acknowledged rows at power loss: what was asked for is read back. */
function requireDurable(database: Database.Database, place: DatabasePlace): void {
  const synchronous = database.pragma('synchronous', { simple: true })
  if (synchronous !== SYNCHRONOUS_FULL) {
    throw new LedgerError(
      'not_durable',
      `SQLite reports synchronous=${String(synchronous)} instead of ${SYNCHRONOUS_FULL} (FULL): this build cannot promise durability`,
      { next: 'Install Plumbline anew with "npm ci": its database is another build than the one it was made for.' },
    )
  }
  const mode = database.pragma('journal_mode', { simple: true })
  if ('file' in place && mode !== 'wal') {
    throw new LedgerError('not_durable', `${place.file}: SQLite keeps journal mode ${String(mode)} instead of WAL`)
  }
}

function createOrCheck(database: Database.Database, name: string): void {
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()
  if (tables !== 0) return checkVersion(database, name)
  database.transaction(() => {
    database.exec(SCHEMA_SQL)
    database.pragma(`application_id = ${APPLICATION_ID}`)
    database.pragma(`user_version = ${SCHEMA_VERSION}`)
  })()
}

/** A ledger whose state has another form cannot be gone on with: its roots would not come out. */
function checkVersion(database: Database.Database, name: string): void {
  const id = database.pragma('application_id', { simple: true })
  if (id !== APPLICATION_ID) {
    throw new LedgerError('not_a_ledger', `${name} is an SQLite database, but no Plumbline ledger`)
  }
  const version = database.pragma('user_version', { simple: true }) as number
  if (version > SCHEMA_VERSION) {
    throw new LedgerError(
      'newer_schema',
      `${name} was written by a newer Plumbline (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    )
  }
  if (version < SCHEMA_VERSION) {
    throw new LedgerError(
      'older_schema',
      `${name} was written by a Plumbline before its formats were settled (schema ${version}, this one knows ${SCHEMA_VERSION})`,
    )
  }
}
