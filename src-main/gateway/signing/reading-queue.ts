/**
 * Readings on their way into the next batch, as packed rows (48 bytes each, `wire/rows.ts`) without numbers. Nothing here makes
 * an object a reading: chunks are kept as they arrive. What is known to be missing stands between them, at its place.
 */
import { toHex } from '../../wire/bytes.ts'
import { ROW_BYTES, rowCount, type Rows } from '../../wire/rows.ts'
import type { PlacedGap } from './rows-handed.ts'

const VALUE_OFFSET = 32
const EVIDENCE_OFFSET = 40
const STREAM_BYTES = 16
const NONE = 0xffff_ffff
const KIND_OFFSET = 4
const KIND_TEXT = 4
const KIND_BYTES = 5
const GAP_BYTES = 256
const NO_ROWS: Rows = { streams: new Uint8Array(), rows: new Uint8Array(), heap: new Uint8Array() }

/** Readings that came together, or a mark that some were given up. */
export interface Chunk {
  readonly rows: Rows
  /** By their row, ascending. */
  readonly gaps: readonly PlacedGap[]
  /** When it arrived: by the wall clock, and in the caller's milliseconds. */
  readonly atUs: number
  readonly atMs: number
  /** `past`: taken before the stream was there; only what is not recorded yet counts. */
  readonly kind: 'live' | 'past' | 'again'
  /** Streams (null: all) of which readings are missing before whatever comes behind it. */
  readonly lost: Lost | null
  doneRows: number
  doneGaps: number
}

interface Lost {
  streams: Set<string> | null
  reason: string
  overflow: boolean
  /** What they said last of lots, by the stream that carries it: later readings belong to it all the same. */
  lots: Map<string, string>
}

export class ReadingQueue {
  #chunks: Chunk[] = []
  #first = 0
  #count = 0
  #bytes = 0

  /** Readings waiting. */
  get count(): number {
    return this.#count
  }

  /** What they take in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** When the oldest waiting chunk arrived, in the caller's milliseconds; null while none waits. */
  get oldestMs(): number | null {
    return this.head?.atMs ?? null
  }

  /** The oldest chunk that is not done. */
  get head(): Chunk | null {
    return this.#chunks[this.#first] ?? null
  }

  push(
    rows: Rows,
    arrival: { atUs: number; atMs: number },
    { gaps = [], kind = 'live' }: { gaps?: readonly PlacedGap[]; kind?: Chunk['kind'] } = {},
  ): void {
    if (rows.rows.length === 0 && gaps.length === 0) return
    this.#add({ rows, gaps, ...arrival, kind, lost: null, doneRows: 0, doneGaps: 0 })
  }

  /** Readings that are not kept: their streams (of `rows`, or all) have a gap from what waits before them on. */
  giveUp(
    rows: Rows | null,
    reason: string,
    arrival: { atUs: number; atMs: number },
    lots: ReadonlyMap<string, string> = new Map(),
  ): void {
    const streams = rows === null ? null : streamsOf(rows)
    const last = this.#chunks.at(-1)?.lost ?? null
    if (last !== null && last.reason === reason) {
      if (streams === null) last.streams = null
      else for (const stream of streams) last.streams?.add(stream)
      for (const [carrier, lot] of lots) last.lots.set(carrier, lot)
      return
    }
    const lost = { streams, reason, overflow: rows !== null, lots: new Map(lots) }
    this.#add({ rows: NO_ROWS, gaps: [], ...arrival, kind: 'live', lost, doneRows: 0, doneGaps: 0 })
  }

  /** The head's next rows are taken, or left out. */
  done(rows: number): void {
    const head = this.#chunks[this.#first] as Chunk
    head.doneRows += rows
    this.#count -= rows
    if (head.doneRows < rowCount(head.rows) || head.doneGaps < head.gaps.length) return
    this.#bytes -= sizeOf(head)
    this.#first += 1
    // Not one by one: a long backlog would be moved for each of its chunks.
    if (this.#first * 2 < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#first)
    this.#first = 0
  }

  #add(chunk: Chunk): void {
    this.#chunks.push(chunk)
    this.#count += rowCount(chunk.rows)
    this.#bytes += sizeOf(chunk)
  }
}

function sizeOf({ rows, gaps, lost }: Chunk): number {
  const marks = gaps.length + (lost?.streams?.size ?? 0)
  return rows.rows.length + rows.heap.length + rows.streams.length + marks * GAP_BYTES
}

/** Streams that rows name, in hex. */
function streamsOf({ rows, streams }: Rows): Set<string> {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  const seen = new Set<number>()
  for (let at = 0; at < rows.length; at += ROW_BYTES) seen.add(view.getUint32(at, true))
  return new Set([...seen].map((index) => toHex(streams.subarray(index * STREAM_BYTES, (index + 1) * STREAM_BYTES))))
}

/** One set of rows out of several, each of which may have its own table of streams and its own heap. */
export function joinRows(parts: readonly Rows[]): Rows {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
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
