/**
 * Finds blocks and entries: by time through the index of seals, by what they are by looking through the entries, newest first, for as many
 * of them as one question may take. What was not looked through yet is said, and the next question goes on there.
 */
import type { Database } from 'better-sqlite3'
import { equalBytes } from '../wire/bytes.ts'
import { actorIdOf } from '../wire/ids.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { CONTENT_TYPES } from '../wire/entry.ts'
import type { EntryKind } from './effects.ts'

export interface EntryFilter {
  kind?: EntryKind | undefined
  /** Event type. */
  type?: string | undefined
  actor?: ActorId | undefined
  /** Events that name it, and batches with readings of its histories. */
  asset?: string | undefined
}

export interface FoundEntry {
  index: LeafIndex
  kind: EntryKind
  type: string | null
  actor: ActorId
  timeUs: number
  readings: number
}

/** What one look came to. `searchedTo`: everything from this entry on has been looked through; 0: all there is. */
export interface Found<T> {
  found: T
  searchedTo: number
  /** Time of that entry; null in an empty ledger. */
  searchedToUs: number | null
}

/** Entries read at once, and how often in one look: some 20 ms, in which nobody else is answered. */
const WINDOW = 2_000
const WINDOWS_A_LOOK = 5

const OF_ASSET = `(EXISTS (SELECT 1 FROM entry_asset WHERE entry_asset.idx = entry.idx AND asset = ?)
  OR EXISTS (SELECT 1 FROM history_run WHERE history_run.entry = entry.idx AND history IN (SELECT id FROM history WHERE asset = ?)))`

interface Row {
  idx: number
  kind: number
  type: string | null
  name: Uint8Array
  timeUs: number
  readings: number
}

export class FoundReader {
  readonly #database: Database
  readonly #hash: (bytes: Uint8Array) => Uint8Array

  /** @param hash SHA-256 */
  constructor(database: Database, hash: (bytes: Uint8Array) => Uint8Array) {
    this.#database = database
    this.#hash = hash
  }

  /** Height of the first block that was sealed at or after a time; of the newest one where none was. */
  heightAt(timeUs: number): number {
    const at = this.#database
      .prepare('SELECT height FROM seal WHERE time_us >= ? ORDER BY time_us LIMIT 1')
      .pluck()
      .get(timeUs) as number | undefined
    return at ?? (this.#database.prepare('SELECT max(height) FROM seal').pluck().get() as number)
  }

  /** How many blocks were sealed in each hour from `fromUs` on. */
  hours(fromUs: number, hours: number): number[] {
    const hourUs = 3_600_000_000
    const rows = this.#database
      .prepare(
        'SELECT CAST((time_us - ?) / ? AS INTEGER) AS hour, count(*) AS blocks FROM seal WHERE time_us >= ? AND time_us < ? GROUP BY 1',
      )
      .all(fromUs, hourUs, fromUs, fromUs + hours * hourUs) as { hour: number; blocks: number }[]
    const counts = Array.from({ length: hours }, () => 0)
    for (const { hour, blocks } of rows) counts[hour] = blocks
    return counts
  }

  /** Entries below `before` that fit, newest first, at most `limit`. */
  entries(filter: EntryFilter, before: number, limit: number): Found<FoundEntry[]> {
    const { where, values } = conditions(filter)
    const sql = `SELECT idx, kind, type, name, time_us AS timeUs, readings FROM entry JOIN actor ON actor.id = entry.actor
      WHERE idx >= ? AND idx < ?${where} ORDER BY idx DESC LIMIT ?`
    return this.#look(before, (from, to, found: FoundEntry[]) => {
      const rows = this.#database.prepare(sql).all(from, to, ...values, limit - found.length) as Row[]
      found.push(...rows.map(foundEntry))
      // Full: it was looked through down to the last one that was found.
      return { found, enough: found.length >= limit ? (found.at(-1)?.index ?? from) : null }
    })
  }

  /**
   * The newest entry below `before` whose bytes have this SHA-256, or hold these 32 bytes: a batch's root or payload, a certificate, evidence.
   */
  byHash(wanted: Uint8Array, before: number): Found<LeafIndex | null> {
    const sql = 'SELECT idx, bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx DESC'
    const needle = Buffer.from(wanted)
    const looked = this.#look(before, (from, to, found: LeafIndex[]) => {
      for (const { idx, bytes } of this.#database.prepare(sql).all(from, to) as { idx: number; bytes: Buffer }[]) {
        if (!bytes.includes(needle) && !equalBytes(this.#hash(bytes), wanted)) continue
        return { found: [idx], enough: idx }
      }
      return { found, enough: null }
    })
    return { ...looked, found: looked.found[0] ?? null }
  }

  #look<T>(
    before: number,
    read: (from: LeafIndex, to: LeafIndex, found: T[]) => { found: T[]; enough: LeafIndex | null },
  ): Found<T[]> {
    const newest = (this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number | null) ?? -1
    let to = Math.min(before, newest + 1)
    let found: T[] = []
    for (let window = 0; to > 0 && window < WINDOWS_A_LOOK; window++) {
      const from = Math.max(0, to - WINDOW)
      const looked = read(from, to, found)
      found = looked.found
      to = looked.enough ?? from
      if (looked.enough !== null) break
    }
    return { found, searchedTo: to, searchedToUs: this.#timeOf(to) }
  }

  #timeOf(index: LeafIndex): number | null {
    const timeUs = this.#database.prepare('SELECT time_us FROM entry WHERE idx = ?').pluck().get(index)
    return (timeUs as number | undefined) ?? null
  }
}

function conditions({ kind, type, actor, asset }: EntryFilter): {
  where: string
  values: (string | number | Buffer)[]
} {
  const parts: string[] = []
  const values: (string | number | Buffer)[] = []
  const add = (sql: string, ...given: (string | number | Buffer)[]): void => {
    parts.push(` AND ${sql}`)
    values.push(...given)
  }
  if (kind !== undefined) add('kind = ?', CONTENT_TYPES.indexOf(kind))
  if (type !== undefined) add('type = ?', type)
  if (actor !== undefined) add('actor.name = ?', Buffer.from(actor, 'hex'))
  if (asset !== undefined) add(OF_ASSET, asset, asset)
  return { where: parts.join(''), values }
}

function foundEntry({ idx: index, kind, type, name, timeUs, readings }: Row): FoundEntry {
  return { index, kind: CONTENT_TYPES[kind] as EntryKind, type, actor: actorIdOf(name), timeUs, readings }
}
