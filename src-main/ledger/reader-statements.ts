import type { Database, Statement } from 'better-sqlite3'
import { ledgerErrorOf } from './errors.ts'
import type { LedgerError } from './errors.ts'

/** Texts of a reader are few; one that made ever new ones would only lose the reuse. */
const STATEMENTS_KEPT = 256

/**
 * Lets `prepare` give a reader the same statement for the same text again: a statement holds memory outside the heap until it
 * is collected, and for one who asks all day that comes to hundreds of megabytes. What a page that is not as it was written
 * makes of a question is a LedgerError, of which `onDamaged` is told, too.
 */
export function readerStatements(database: Database, file: string, onDamaged: (error: LedgerError) => void): Database {
  const kept = new Map<string, Statement>()
  const prepare = database.prepare.bind(database)
  const refusing = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      const error = ledgerErrorOf(cause, 'reading', file)
      if (error.code === 'database_damaged') onDamaged(error)
      throw error
    }
  }
  const reuse = (sql: string): Statement => {
    const known = kept.get(sql)
    if (known !== undefined && !known.busy) return known.pluck(false)
    const statement = refusing(() => prepare(sql))
    const get = statement.get.bind(statement)
    const all = statement.all.bind(statement)
    statement.get = (...values) => refusing(() => get(...values))
    statement.all = (...values) => refusing(() => all(...values))
    if (kept.size >= STATEMENTS_KEPT) kept.clear()
    kept.set(sql, statement)
    return statement
  }
  database.prepare = reuse as typeof database.prepare
  return database
}
