import type { Database } from 'better-sqlite3'
import type { LeafIndex, StreamId, TreeSize } from '../wire/ids.ts'
import type { Gap } from '../record/statements.ts'
import type { EntrySpan, Span } from './read-readings.ts'

/** Gaps that one batch signed, in its order. */
export interface PlacedGaps {
  entry: LeafIndex
  gaps: Gap[]
}

interface Options {
  size: TreeSize
  /** Row ids with their names. */
  streams: ReadonlyMap<number, StreamId>
  span: Span
  entries: EntrySpan
}

/** Entries one question looks through; of an empty one the next is twice as wide. */
const WINDOW_MIN = 65_536
const WINDOW_MAX = 67_108_864
const GAPS_A_PAGE = 10_000

const GAPS = `
  SELECT stream, entry, number, from_sequence AS fromSequence, to_sequence AS toSequence, from_time_us AS fromTimeUs,
    to_time_us AS toTimeUs, reason FROM gap
  WHERE stream IN (SELECT value FROM json_each(?)) AND entry >= ? AND entry < ? AND to_time_us >= ? AND from_time_us <= ?
    AND (entry, number) > (?, ?) ORDER BY entry, number LIMIT ?`

type GapRow = Omit<Gap, 'stream'> & { stream: number; entry: LeafIndex; number: number }

/** Signed gaps in ledger order: the table has them by stream, so they are had a window of entries at a time. */
export class GapWindows {
  readonly #database: Database
  readonly #options: Options

  constructor(database: Database, options: Options) {
    this.#database = database
    this.#options = options
  }

  *rows(): Generator<PlacedGaps> {
    const { size, streams, span, entries } = this.#options
    const end = Math.min(size, entries.to + 1)
    const ids = JSON.stringify([...streams.keys()])
    let width = WINDOW_MIN
    let from: number = entries.from
    while (from < end) {
      const to = Math.min(end, from + width)
      let after: [number, number] = [-1, -1]
      let open = null as PlacedGaps | null
      let page: GapRow[]
      do {
        page = this.#database
          .prepare(GAPS)
          .all(ids, from, to, span.fromUs, span.toUs, ...after, GAPS_A_PAGE) as GapRow[]
        for (const { stream, entry, number, ...gap } of page) {
          if (open?.entry !== entry) {
            if (open !== null) yield open
            open = { entry, gaps: [] }
          }
          open.gaps.push({ stream: streams.get(stream) as StreamId, ...gap })
          after = [entry, number]
        }
      } while (page.length === GAPS_A_PAGE)
      if (open !== null) yield open
      width = after[0] === -1 ? Math.min(width * 2, WINDOW_MAX) : WINDOW_MIN
      from = to
    }
  }
}
