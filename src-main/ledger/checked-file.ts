/**
 * SQLite does not notice a flipped bit in a page. A ledger's file is therefore opened through the addon's file system, which
 * signs each page with a digest when it is written and compares it when it is read: whatever a connection opened here gives,
 * rows as well as the indexes by which they were found, stands in pages that are as they were written. That guards against
 * rot and against programs that write beside the product; whoever can write the file can write digests, too, and is for the
 * hash tree, the signatures and the other gateways to catch.
 */
import Database from 'better-sqlite3'
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { addonPath, loadAddon } from '../../native/addon.ts'
import { LedgerError, damageOf } from './errors.ts'

export const PAGE_BYTES = 8_192
/** SQLite File Format 1.3: the header, and the place of the reserved bytes in it. */
const HEADER_BYTES = 100
const RESERVED_AT = 20
const DIGEST_BYTES = 8
const EXTENSION_ENTRY = 'sqlite3_plumbline_init'
/** A power cut may tear the newest transaction; SQLite then rightly takes it for never written. */
const TORN_TRANSACTIONS_MAX = 1
const READ_PAGES = 128

let registered = false

/** Opens a file whose pages are checked. Throws what SQLite throws: SQLITE_IOERR_DATA for a page that is not as it was written. */
export function openChecked(file: string, options: Database.Options): Database.Database {
  const addon = loadAddon()
  if (!registered) {
    const any = new Database(':memory:')
    reserveDigests(any)
    any.close()
    registered = true
  }
  addon.checkOpenedFiles(true)
  try {
    return new Database(file, options)
  } finally {
    addon.checkOpenedFiles(false)
  }
}

/** Makes room for the digests in a file that is still empty. */
export function reserveDigests(database: Database.Database): void {
  const loading = database as unknown as { loadExtension(path: string, entry: string): void }
  loading.loadExtension(addonPath(), EXTENSION_ENTRY)
}

/** Whether a file says of itself that its pages carry digests; null while it is empty or missing. */
export function carriesDigests(file: string): boolean | null {
  const header = Buffer.alloc(HEADER_BYTES)
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch {
    return null
  }
  try {
    return readSync(handle, header, 0, HEADER_BYTES, 0) < HEADER_BYTES ? null : header[RESERVED_AT] === DIGEST_BYTES
  } finally {
    closeSync(handle)
  }
}

/**
 * Throws LedgerError `database_damaged` where transactions of the write-ahead log would be lost by opening it: SQLite takes what
 * follows a damaged frame for never written. What a power cut tore was never acknowledged, and is no damage.
 */
export function requireWholeLog(file: string): void {
  const why = damageOfLog(file)
  if (why !== null) throw damageOf(`${file}-wal`, why)
}

/** What is wrong with a ledger's write-ahead log, in words; null where nothing is. */
function damageOfLog(file: string): string | null {
  const log = readLog(file)
  if (log === null) return null
  const { headerDamaged, commitsLost, frames } = loadAddon().checkWal(log, PAGE_BYTES)
  if (headerDamaged) return 'its header is not what was written'
  if (commitsLost <= TORN_TRANSACTIONS_MAX) return null
  return `frame ${frames + 1} is not what was written, and ${commitsLost} transactions from there on would be lost`
}

function readLog(file: string): Buffer | null {
  try {
    return readFileSync(`${file}-wal`)
  } catch {
    return null
  }
}

/**
 * Compares every page of the file with its digest, past SQLite: also those that nobody asks for. Gives the numbers of the pages
 * that do not hold. What is being written meanwhile is read again.
 */
export function damagedPages(file: string): { pages: number[]; log: string | null } {
  const suspects = scan(file)
  const log = damageOfLog(file)
  if (suspects.length === 0 && log === null) return { pages: [], log }
  // A page in the log hides the one in the file, which may be half written; and the log may begin anew at any time.
  const inLog = readLog(file)
  const hidden = new Set(inLog === null ? [] : loadAddon().checkWal(inLog, PAGE_BYTES).pages)
  const again = new Set(scan(file))
  const pages = suspects.filter((page) => again.has(page) && !hidden.has(page))
  return { pages, log: log === null ? null : damageOfLog(file) }
}

function scan(file: string): number[] {
  const addon = loadAddon()
  const found: number[] = []
  const handle = openSync(file, 'r')
  try {
    const pages = Math.floor(fstatSync(handle).size / PAGE_BYTES)
    const buffer = Buffer.alloc(READ_PAGES * PAGE_BYTES)
    for (let at = 0; at < pages; at += READ_PAGES) {
      const bytes = readSync(handle, buffer, 0, Math.min(READ_PAGES, pages - at) * PAGE_BYTES, at * PAGE_BYTES)
      found.push(...addon.damagedPages(buffer.subarray(0, bytes), PAGE_BYTES, at + 1))
    }
    return found
  } finally {
    closeSync(handle)
  }
}

/** Name of the table or index that a page belongs to; null where none does, or where the way to it is damaged. */
export function ownerOfPage(database: Database.Database, page: number): string | null {
  try {
    const name = database.prepare('SELECT name FROM dbstat WHERE pageno = ?').pluck().get(page)
    return (name as string | undefined) ?? null
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause
    return null
  }
}
