import type { Database } from 'better-sqlite3'
import type { Addon } from '../../native/addon.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Rows } from '../wire/rows.ts'
import { LedgerError } from './errors.ts'
import { EntryReader } from './read-entries.ts'
import { ReadingReader } from './read-readings.ts'

/** A reading as row `row` of its batch. */
export interface NewestReading {
  rows: Rows
  row: number
}

/** The newest reading of each of these streams, as far as it can be read: a flipped byte must not keep a gateway from recording. */
export function newestReadings(
  database: Database,
  addon: Addon,
  streams: readonly StreamId[],
): Map<StreamId, NewestReading> {
  const entries = new EntryReader(database, addon)
  const readings = new ReadingReader(database, entries)
  const places = streams.flatMap((stream) => {
    const run = tried(() => readings.newestRun(stream))
    return run === null ? [] : [{ stream, entry: run.entry, row: run.position + run.count - 1 }]
  })
  const found = new Map<StreamId, NewestReading>()
  // By entry: each payload is opened once.
  for (const { stream, entry, row } of places.toSorted((a, b) => a.entry - b.entry)) {
    const batch = tried(() => entries.batch(entry))
    if (batch !== null) found.set(stream, { rows: batch.opened, row })
  }
  return found
}

function tried<T>(read: () => T): T | null {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof LedgerError && DAMAGE.has(cause.code)) return null
    throw cause
  }
}

const DAMAGE: ReadonlySet<string> = new Set(['payload_damaged', 'database_damaged', 'not_found'])
