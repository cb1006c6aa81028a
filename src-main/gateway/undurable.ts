/**
 * What was sent to the recording thread and is not durable yet. It is kept until then, so that a thread that has to begin anew loses
 * none of it. The acquisition is told of each message when the thread has it, so that what is under way stays bounded.
 */
import type { StreamId } from '../wire/ids.ts'
import { streamIdOf } from '../wire/ids.ts'
import { ROW_BYTES, rowCount, type Rows } from '../wire/rows.ts'
import type { GapReport, StreamPlace } from './messages.ts'

interface Message {
  rows: Rows
  /** Null once it was called. */
  taken: (() => void) | null
}

const STREAM_BYTES = 16

export class Undurable {
  /** The first of them were taken, the rest is on its way. */
  #messages: Message[] = []
  #gaps: GapReport[] = []
  #gapsForgotten = 0
  #readings = 0
  #taken = 0

  /** Readings that are not durable yet. */
  get readings(): number {
    return this.#readings
  }

  add(rows: Rows, taken: (() => void) | undefined): void {
    this.#messages.push({ rows, taken: taken ?? null })
    this.#readings += rowCount(rows)
  }

  addGap(gap: GapReport): void {
    this.#gaps.push(gap)
  }

  /** The thread has `count` more messages, and the first `durable` are durable. */
  taken(count: number, durable: number): void {
    for (const message of this.#messages.slice(this.#taken, this.#taken + count)) {
      message.taken?.()
      message.taken = null
    }
    this.#taken += count - durable
    for (const { rows } of this.#messages.splice(0, durable)) this.#readings -= rowCount(rows)
  }

  /** The first `total` gaps since the thread began are signed. */
  gapsSigned(total: number): void {
    this.#gaps.splice(0, total - this.#gapsForgotten)
    this.#gapsForgotten = total
  }

  /**
   * For a thread that begins anew: what it does not have yet, in order. `lastTimeUs` is the time of a stream's newest recorded
   * reading: a gap that ends before it is signed with that reading.
   */
  again(
    places: ReadonlyMap<string, StreamPlace>,
    lastTimeUs: (stream: string) => number | null,
  ): { rows: Rows[]; gaps: GapReport[] } {
    this.#gapsForgotten = 0
    this.#taken = 0
    this.#gaps = this.#gaps.filter(
      ({ stream, toTimeUs }) => toTimeUs > (lastTimeUs(stream) ?? Number.NEGATIVE_INFINITY),
    )
    for (const message of this.#messages)
      message.rows = withoutRecorded(message.rows, (stream) => places.get(stream)?.next ?? 0)
    this.#readings = this.#messages.reduce((sum, { rows }) => sum + rowCount(rows), 0)
    return { rows: this.#messages.map(({ rows }) => rows), gaps: [...this.#gaps] }
  }
}

/** The rows whose sequence is not below what their stream gives out next. */
export function withoutRecorded(rows: Rows, nextOf: (stream: StreamId) => number): Rows {
  const next: number[] = []
  for (let at = 0; at < rows.streams.length; at += STREAM_BYTES)
    next.push(nextOf(streamIdOf(rows.streams.subarray(at, at + STREAM_BYTES))))
  const view = new DataView(rows.rows.buffer, rows.rows.byteOffset, rows.rows.byteLength)
  const kept = Array.from({ length: rowCount(rows) }, (_, row) => row * ROW_BYTES).filter(
    (at) => Number(view.getBigUint64(at + 8, true)) >= (next[view.getUint32(at, true)] ?? 0),
  )
  if (kept.length === rowCount(rows)) return rows
  const left = new Uint8Array(kept.length * ROW_BYTES)
  for (const [i, at] of kept.entries()) left.set(rows.rows.subarray(at, at + ROW_BYTES), i * ROW_BYTES)
  return { ...rows, rows: left }
}
