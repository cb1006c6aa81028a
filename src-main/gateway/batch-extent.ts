/**
 * How much of what waits fits one batch. Every bound of the format is applied here, before anything is signed: what is beyond
 * it waits for the next batch.
 */
import { toHex } from '../wire/bytes.ts'
import {
  CLOCK_AHEAD_US_MAX,
  MAX_BATCH_QUALITIES,
  MAX_BATCH_READINGS,
  MAX_BATCH_RUNS,
  MAX_ENTRY_BYTES,
} from '../wire/limits.ts'
import { ROW_BYTES, VALUE_KIND, type Rows } from '../wire/rows.ts'

/** What runs and gaps of a header may take, so that signature, chain link and qualities still fit the entry (FORMATS, Entry). */
export const HEADER_BYTES_MAX = MAX_ENTRY_BYTES - 8_192
/** A run in CBOR at most: stream (17), two counts (9 each), the list's head. */
export const RUN_BYTES = 36
/** Gaps of one header; the format allows 256. */
export const GAPS_MAX = 200
export const REASON_BYTES_MAX = 200
/** A gap in CBOR at most: six names, stream, two sequences, two times, and its reason. */
export const GAP_BYTES = 128 + REASON_BYTES_MAX
/** Rows and heap of one batch: far below what a payload may hold, since its columns may take more than the rows. */
const CONTENT_BYTES_MAX = 4 * 1024 * 1024
type NextOf = (stream: string) => number | null
const STREAM_BYTES = 16
const NO_EVIDENCE = 0xffff_ffff

/**
 * - `batch`: they make one
 * - `repeated`: their sequences were signed before, so that they can be in no batch
 * - `unopened`: the opening of their stream was never signed, so that a batch with them would be invalid
 */
export type RowsFate = 'batch' | 'repeated' | 'unopened'

/** Times of a stream's first and last reading in a batch, as the ledger believes them; null where none can be. */
export interface RunTimes {
  firstUs: number | null
  lastUs: number | null
}

export interface Extent {
  count: number
  fate: RowsFate
  /** By stream. */
  times: ReadonlyMap<string, RunTimes>
}

/**
 * Rows from the front of `chunks` that one batch takes. In it each stream is contiguous, so that its only break, if any, lies
 * before its first row; `nextOf` is what a stream is expected to go on with.
 */
export function batchExtent(chunks: readonly Rows[], readingsMax: number, nextOf: NextOf, nowUs: number): Extent {
  const most = Math.min(readingsMax, MAX_BATCH_READINGS)
  const batch = new Filling(nextOf, nowUs + CLOCK_AHEAD_US_MAX)
  const { times } = batch
  let count = 0
  for (const chunk of chunks) {
    const view = new DataView(chunk.rows.buffer, chunk.rows.byteOffset, chunk.rows.byteLength)
    const streams: string[] = []
    for (let at = 0; at < chunk.rows.length; at += ROW_BYTES) {
      if (count === most) return { count, fate: 'batch', times }
      const index = view.getUint32(at, true)
      const stream = (streams[index] ??= toHex(
        chunk.streams.subarray(index * STREAM_BYTES, (index + 1) * STREAM_BYTES),
      ))
      const fit = batch.add(stream, view, at)
      if (fit !== 'batch') {
        if (count > 0 || fit === 'full') return { count: Math.max(count, 1), fate: 'batch', times }
        return { count: 1, fate: fit, times }
      }
      count += 1
    }
  }
  return { count, fate: 'batch', times }
}

class Filling {
  readonly times = new Map<string, RunTimes>()
  readonly #nextOf: NextOf
  readonly #believedUsMax: number
  readonly #next = new Map<string, number>()
  readonly #qualities = new Set<number>()
  #breaks = 0
  #bytes = 0

  constructor(nextOf: NextOf, believedUsMax: number) {
    this.#nextOf = nextOf
    this.#believedUsMax = believedUsMax
  }

  add(stream: string, view: DataView, at: number): RowsFate | 'full' {
    const sequence = Number(view.getBigUint64(at + 8, true))
    const begun = this.#next.get(stream)
    const expected = begun ?? this.#nextOf(stream)
    if (expected === null) return 'unopened'
    if (sequence < expected) return 'repeated'
    if (begun !== undefined && sequence > begun) return 'full'
    const breaks = this.#breaks + (sequence > expected ? 1 : 0)
    const runs = this.#next.size + (begun === undefined ? 1 : 0)
    if (runs > MAX_BATCH_RUNS || breaks > GAPS_MAX || runs * RUN_BYTES + breaks * GAP_BYTES > HEADER_BYTES_MAX)
      return 'full'
    const quality = view.getUint32(at + 24, true)
    if (!this.#qualities.has(quality) && this.#qualities.size === MAX_BATCH_QUALITIES) return 'full'
    const bytes = this.#bytes + contentBytes(view, at)
    if (bytes > CONTENT_BYTES_MAX) return 'full'
    this.#breaks = breaks
    this.#bytes = bytes
    this.#qualities.add(quality)
    this.#next.set(stream, sequence + 1)
    this.#time(stream, view, at)
    return 'batch'
  }

  #time(stream: string, view: DataView, at: number): void {
    const timeUs = Number(view.getBigInt64(at + 16, true))
    const believed = timeUs <= this.#believedUsMax ? timeUs : null
    const known = this.times.get(stream)
    if (known === undefined) this.times.set(stream, { firstUs: believed, lastUs: believed })
    else known.lastUs = believed ?? known.lastUs
  }
}

function contentBytes(view: DataView, at: number): number {
  const kind = view.getUint8(at + 4)
  const value = kind === VALUE_KIND.text || kind === VALUE_KIND.bytes ? view.getUint32(at + 36, true) : 0
  const evidence = view.getUint32(at + 40, true) === NO_EVIDENCE ? 0 : view.getUint32(at + 44, true)
  return ROW_BYTES + value + evidence
}
