/** Readings as they come to be signed, and what is missing between them. */
import type { Rows } from '../../wire/rows.ts'

/** A stretch in which a stream delivered nothing, or in which what it delivered could not be kept. */
export interface GapReport {
  stream: string
  fromTimeUs: number
  toTimeUs: number
  reason: string
}

/** A gap before row `row` of the rows that it comes with. */
export interface PlacedGap extends GapReport {
  row: number
}

/** What this gateway has of one of its streams, its queue included. */
export interface StreamPlace {
  /** Sequence of its next reading, as of the start. The ledger's thread alone gives numbers. */
  next: number
  /** When its newest reading was taken; null where it has none. */
  lastTimeUs: number | null
}

/** Readings on their way to be signed, with what is missing between them. */
export interface RowsHanded {
  rows: Rows
  gaps: readonly PlacedGap[]
  /** Of a recorded past counts what the stream has not yet. */
  kind: 'live' | 'past'
}
