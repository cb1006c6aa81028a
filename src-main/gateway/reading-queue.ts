/**
 * Readings on their way into the next batch, as packed rows (48 bytes each, `wire/rows.ts`). Nothing here makes an object
 * a reading: chunks are kept as they arrive and joined by copying bytes when a batch is taken.
 */
import type { Rows } from '../wire/rows.ts'

export const ROW_BYTES = 48
const NONE = 0xffff_ffff
const KIND_OFFSET = 4
const VALUE_OFFSET = 32
const EVIDENCE_OFFSET = 40
const STREAM_BYTES = 16
const KIND_TEXT = 4
const KIND_BYTES = 5

export class ReadingQueue {
  readonly #chunks: Rows[] = []
  #count = 0
  #oldestMs = 0

  /** Readings waiting. */
  get count(): number {
    return this.#count
  }

  /** When the oldest waiting reading arrived, in the caller's milliseconds; meaningless while empty. */
  get oldestMs(): number {
    return this.#oldestMs
  }

  push(rows: Rows, nowMs: number): void {
    if (rows.rows.length === 0) return
    if (this.#count === 0) this.#oldestMs = nowMs
    this.#chunks.push(rows)
    this.#count += rows.rows.length / ROW_BYTES
  }

  /** What waits, in the order of its arrival. */
  get chunks(): readonly Rows[] {
    return this.#chunks
  }

  /** Takes up to `limit` readings in the order of their arrival. */
  take(limit: number, nowMs: number): Rows {
    const taken: Rows[] = []
    let missing = Math.min(limit, this.#count)
    this.#count -= missing
    while (missing > 0) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) throw new Error('reading queue lost count of its chunks')
      const here = chunk.rows.length / ROW_BYTES
      if (here <= missing) {
        taken.push(chunk)
        this.#chunks.shift()
        missing -= here
      } else {
        taken.push({ ...chunk, rows: chunk.rows.subarray(0, missing * ROW_BYTES) })
        this.#chunks[0] = { ...chunk, rows: chunk.rows.subarray(missing * ROW_BYTES) }
        missing = 0
      }
    }
    this.#oldestMs = nowMs
    return taken.length === 1 && taken[0] !== undefined ? taken[0] : joinRows(taken)
  }
}

/** One set of rows out of several, each of which may have its own table of streams and its own heap. */
export function joinRows(parts: readonly Rows[]): Rows {
  const rows = new Uint8Array(sum(parts, (part) => part.rows.length))
  const heap = new Uint8Array(sum(parts, (part) => part.heap.length))
  const streams = new Uint8Array(sum(parts, (part) => part.streams.length))
  let rowsAt = 0
  let heapAt = 0
  let streamsAt = 0
  for (const part of parts) {
    rows.set(part.rows, rowsAt)
    heap.set(part.heap, heapAt)
    streams.set(part.streams, streamsAt)
    shift(rows, rowsAt, part.rows.length, streamsAt / STREAM_BYTES, heapAt)
    rowsAt += part.rows.length
    heapAt += part.heap.length
    streamsAt += part.streams.length
  }
  return { streams, rows, heap }
}

function shift(rows: Uint8Array, from: number, length: number, streams: number, heap: number): void {
  const view = new DataView(rows.buffer, rows.byteOffset + from, length)
  for (let at = 0; at < length; at += ROW_BYTES) {
    view.setUint32(at, view.getUint32(at, true) + streams, true)
    if (heap === 0) continue
    const kind = view.getUint8(at + KIND_OFFSET)
    if (kind === KIND_TEXT || kind === KIND_BYTES)
      view.setUint32(at + VALUE_OFFSET, view.getUint32(at + VALUE_OFFSET, true) + heap, true)
    const evidence = view.getUint32(at + EVIDENCE_OFFSET, true)
    if (evidence !== NONE) view.setUint32(at + EVIDENCE_OFFSET, evidence + heap, true)
  }
}

function sum<T>(items: readonly T[], size: (item: T) => number): number {
  return items.reduce((total, item) => total + size(item), 0)
}
