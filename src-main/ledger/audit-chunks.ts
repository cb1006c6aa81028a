import type { Database } from 'better-sqlite3'
import type { LeafIndex } from '../wire/ids.ts'
import { differs, same } from './audit-finding.ts'
import type { Comparable } from './audit-finding.ts'
import { Names } from './names.ts'
import { CHUNK_ENTRIES } from './run-index.ts'
import type { ChunkRow } from './run-index.ts'

/** Compares the reading index of a chunk, made anew from its payloads, with the stored one; `last` is its last entry. Throws Found. */
export function chunkComparison(database: Database): (rows: readonly ChunkRow[], last: LeafIndex) => void {
  const streams = new Names(database, 'stream')
  const count = database.prepare('SELECT count(*) FROM stream_chunk WHERE chunk = ?').pluck()
  const select = database.prepare('SELECT * FROM stream_chunk WHERE stream = ? AND chunk = ?')
  return (rows, last) => {
    const chunk = Math.floor(last / CHUNK_ENTRIES)
    same(last, 'the number of streams in the reading index', rows.length, count.get(chunk) as number)
    for (const row of rows) {
      const what = `the reading index of stream ${row.stream}`
      const stored = select.get(streams.find(row.stream), chunk) as { [column: string]: Comparable } | undefined
      if (stored === undefined) differs(last, what, 'a row', null)
      for (const [column, value] of Object.entries(columnsOf(row)))
        same(last, `${what}: ${column}`, value, stored[column])
    }
  }
}

function columnsOf(row: ChunkRow): { [column: string]: Comparable } {
  return {
    first_time_us: row.firstTimeUs,
    last_time_us: row.lastTimeUs,
    readings: row.readings,
    numbers: row.numbers,
    minimum: row.minimum,
    minimum_us: row.minimumUs,
    maximum: row.maximum,
    maximum_us: row.maximumUs,
    runs: row.runs,
  }
}
