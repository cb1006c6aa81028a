/**
 * How much of what waits fits one batch. Every bound of the format is applied here, before anything is signed: what is beyond
 * it waits for the next batch.
 */
import { MAX_BATCH_QUALITIES, MAX_BATCH_READINGS, MAX_BATCH_RUNS, MAX_ENTRY_BYTES } from '../../wire/limits.ts'
import { ROW_BYTES, VALUE_KIND } from '../../wire/rows.ts'

/** What runs and gaps of a header may take, so that signature, chain link and qualities still fit the entry (FORMATS, Entry). */
const HEADER_BYTES_MAX = MAX_ENTRY_BYTES - 8_192
/** A run in CBOR at most: stream (17), two counts (9 each), the list's head. */
const RUN_BYTES = 36
/** Gaps of one header; the format allows 256. */
export const GAPS_MAX = 200
export const REASON_BYTES_MAX = 200
/** A gap in CBOR at most: six names, stream, two sequences, two times, and its reason. */
const GAP_BYTES = 128 + REASON_BYTES_MAX
/** Rows and heap of one batch: far below what a payload may hold, since its columns may take more than the rows. */
const CONTENT_BYTES_MAX = 4 * 1024 * 1024
const NO_EVIDENCE = 0xffff_ffff

/** What one batch still holds. */
export class BatchRoom {
  readonly #readingsMax: number
  readonly #qualities = new Set<number>()
  #readings = 0
  #runs = 0
  #gaps = 0
  #bytes = 0

  constructor(readingsMax: number) {
    this.#readingsMax = Math.min(readingsMax, MAX_BATCH_READINGS)
  }

  /** False where there is no room for one more gap. */
  gap(): boolean {
    if (this.#gaps === GAPS_MAX || !this.#fits(this.#runs, this.#gaps + 1)) return false
    this.#gaps += 1
    return true
  }

  /** False where there is no room for the row at `at`, the first one of its stream here or not. */
  row(view: DataView, at: number, isFirst: boolean): boolean {
    const runs = this.#runs + (isFirst ? 1 : 0)
    if (this.#readings === this.#readingsMax || runs > MAX_BATCH_RUNS || !this.#fits(runs, this.#gaps)) return false
    const quality = view.getUint32(at + 24, true)
    if (!this.#qualities.has(quality) && this.#qualities.size === MAX_BATCH_QUALITIES) return false
    const bytes = this.#bytes + contentBytes(view, at)
    if (bytes > CONTENT_BYTES_MAX) return false
    this.#readings += 1
    this.#runs = runs
    this.#bytes = bytes
    this.#qualities.add(quality)
    return true
  }

  #fits(runs: number, gaps: number): boolean {
    return runs * RUN_BYTES + gaps * GAP_BYTES <= HEADER_BYTES_MAX
  }
}

function contentBytes(view: DataView, at: number): number {
  const kind = view.getUint8(at + 4)
  const value = kind === VALUE_KIND.text || kind === VALUE_KIND.bytes ? view.getUint32(at + 36, true) : 0
  const evidence = view.getUint32(at + 40, true) === NO_EVIDENCE ? 0 : view.getUint32(at + 44, true)
  return ROW_BYTES + value + evidence
}
