import type { Database, Statement } from 'better-sqlite3'
import { fromHex } from '../wire/bytes.ts'

/** Short numbers for 16-byte ids, so that rows and indexes stay small. They mean nothing outside this file's database. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly #find: Statement
  readonly #insert: Statement

  constructor(database: Database, table: 'actor' | 'incarnation' | 'stream') {
    this.#find = database.prepare(`SELECT id FROM ${table} WHERE name = ?`).pluck()
    this.#insert = database.prepare(`INSERT INTO ${table} (name) VALUES (?)`)
  }

  /** The id's number, or null when nothing names it yet. */
  find(id: string): number | null {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const stored = this.#find.get(fromHex(id)) as number | undefined
    if (stored === undefined) return null
    this.#numbers.set(id, stored)
    return stored
  }

  /** The id's number, given now if it has none. */
  of(id: string): number {
    const known = this.find(id)
    if (known !== null) return known
    const given = Number(this.#insert.run(fromHex(id)).lastInsertRowid)
    this.#numbers.set(id, given)
    return given
  }
}
