import type { Database } from 'better-sqlite3'
import type { LeafIndex } from '../wire/ids.ts'
import { Found } from './audit-finding.ts'
import { damagedPages, ownerOfPage } from './checked-file.ts'

/** Tables whose rows follow from nothing else on this disk. Their indexes do. */
const RECORD_TABLES: ReadonlySet<string> = new Set([
  'meta',
  'raft_log',
  'payload',
  'payload_pending',
  'queue',
  'own_incarnation',
  'entry',
  'refusal',
  'checkpoint',
  'cosigned',
])

/** Compares every page of the file, and of its write-ahead log, with its digest. `last` is the newest entry. Throws Found. */
export function auditPages(database: Database, file: string, last: LeafIndex): void {
  const { pages, log } = damagedPages(file)
  const place = { entry: Math.max(0, last), reading: null }
  if (log !== null)
    throw new Found({
      ...place,
      what: `the write-ahead log: ${log}`,
      expected: 'what was written',
      actual: 'other bytes',
    })
  const [page] = pages
  if (page === undefined) return
  const owner = ownerOfPage(database, page)
  const more = pages.length === 1 ? '' : `, and ${pages.length - 1} more`
  throw new Found({
    ...place,
    what: `page ${page} of the database file (${owner ?? 'of no table'})${more}`,
    expected: 'the page as it was written',
    actual: 'other bytes',
    ...(pages.some((one) => RECORD_TABLES.has(ownerOfPage(database, one) ?? '')) ? {} : { derived: true }),
  })
}
