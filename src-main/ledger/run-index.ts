/**
 * Where the readings of a stream are. Per stream and chunk of 256 entries there is one row: its runs in a compact form, its
 * span of source times, and the extremes that a chart of that width needs. One row instead of one per batch and stream keeps
 * the pages of few streams hot. The index is derived: it can be built again from entries and payloads, by the same code.
 *
 * Runs, each: entry - 256 * chunk | position in batch | first sequence (zigzag, from the end of the run before) | count |
 * first time (zigzag, from the last time of the run before) | span of times | last time less that of the last reading; all varints.
 */
import { streamIdOf } from '../wire/ids.ts'
import type { StreamId } from '../wire/ids.ts'
import { VarintReader, VarintWriter } from './varint.ts'

/** Entries in one chunk. */
export const CHUNK_ENTRIES = 256
/** Bytes of one packed row and its fields (wire/rows.ts). */
const ROW_BYTES = 48
const ROW_KIND = 4
const ROW_TIME = 16
const ROW_QUALITY = 24
const ROW_VALUE = 32
const KIND_BOOLEAN = 1
const KIND_INTEGER = 2
const KIND_FLOAT = 3
const PACKED_RUN_BYTES = 28
const TWO_32 = 4_294_967_296

/**
 * Consecutive readings of one stream in one batch. Times are the least and the greatest, and that of the last reading, in
 * microseconds: a source's clock may be set back.
 */
export interface Run {
  entry: number
  position: number
  firstSequence: number
  count: number
  firstTimeUs: number
  lastTimeUs: number
  endTimeUs: number
}

export interface ChunkRow {
  stream: StreamId
  chunk: number
  firstTimeUs: number
  lastTimeUs: number
  readings: number
  /** Good finite numbers among the readings; the extremes are null without any. */
  numbers: number
  minimum: number | null
  minimumUs: number | null
  maximum: number | null
  maximumUs: number | null
  runs: Uint8Array
}

interface Building {
  firstTimeUs: number
  lastTimeUs: number
  readings: number
  numbers: number
  minimum: number
  minimumUs: number
  maximum: number
  maximumUs: number
  writer: VarintWriter
  sequenceEnd: number
  timeEnd: number
}

/** Collects the runs of the chunk that is not full yet. */
export class ChunkBuilder {
  readonly #streams = new Map<StreamId, Building>()

  /** Adds one run whose rows begin at row `position` of `rows`. */
  add(stream: StreamId, entry: number, position: number, firstSequence: number, count: number, rows: DataView): void {
    let building = this.#streams.get(stream)
    if (building === undefined) {
      building = emptyBuilding()
      this.#streams.set(stream, building)
    }
    const span = scanRows(building, rows, position, count)
    const { writer } = building
    writer.unsigned(entry % CHUNK_ENTRIES)
    writer.unsigned(position)
    writer.signed(firstSequence - building.sequenceEnd)
    writer.unsigned(count)
    writer.signed(span.first - building.timeEnd)
    writer.unsigned(span.last - span.first)
    writer.unsigned(span.last - rowTimeUs(rows, position + count - 1))
    building.sequenceEnd = firstSequence + count
    building.timeEnd = span.last
    building.readings += count
    building.firstTimeUs = Math.min(building.firstTimeUs, span.first)
    building.lastTimeUs = Math.max(building.lastTimeUs, span.last)
  }

  /** Rows of the chunk so far; the builder goes on. */
  rows(chunk: number): ChunkRow[] {
    return [...this.#streams].map(([stream, building]) => chunkRow(stream, chunk, building))
  }

  row(stream: StreamId, chunk: number): ChunkRow | null {
    const building = this.#streams.get(stream)
    return building === undefined ? null : chunkRow(stream, chunk, building)
  }

  clear(): void {
    this.#streams.clear()
  }
}

/** Runs of one payload as the addon packs them, 28 bytes each: stream, u64 first sequence, u32 count, little endian. */
export function packedRuns(packed: Buffer): { stream: StreamId; firstSequence: number; count: number }[] {
  return Array.from({ length: packed.length / PACKED_RUN_BYTES }, (_, i) => {
    const at = i * PACKED_RUN_BYTES
    return {
      stream: streamIdOf(packed.subarray(at, at + 16)),
      firstSequence: packed.readUInt32LE(at + 16) + packed.readUInt32LE(at + 20) * TWO_32,
      count: packed.readUInt32LE(at + 24),
    }
  })
}

/** Runs of a chunk, in ledger order. */
export function decodeRuns(chunk: number, bytes: Uint8Array): Run[] {
  const reader = new VarintReader(bytes)
  const runs: Run[] = []
  let sequenceEnd = 0
  let timeEnd = 0
  while (!reader.done) {
    const entry = chunk * CHUNK_ENTRIES + reader.unsigned()
    const position = reader.unsigned()
    const firstSequence = sequenceEnd + reader.signed()
    const count = reader.unsigned()
    const firstTimeUs = timeEnd + reader.signed()
    const lastTimeUs = firstTimeUs + reader.unsigned()
    const endTimeUs = lastTimeUs - reader.unsigned()
    runs.push({ entry, position, firstSequence, count, firstTimeUs, lastTimeUs, endTimeUs })
    sequenceEnd = firstSequence + count
    timeEnd = lastTimeUs
  }
  return runs
}

export function rowTimeUs(rows: DataView, row: number): number {
  const at = row * ROW_BYTES + ROW_TIME
  return rows.getUint32(at, true) + rows.getInt32(at + 4, true) * TWO_32
}

/** A row's value as a number for a chart, or null: text, bytes, missing, not finite, or not of good quality. */
export function rowNumber(rows: DataView, row: number): number | null {
  const at = row * ROW_BYTES
  // OPC UA 7.39: the two top bits of a status are its severity; 0 is good.
  if (rows.getUint32(at + ROW_QUALITY, true) >>> 30 !== 0) return null
  const kind = rows.getUint8(at + ROW_KIND)
  if (kind === KIND_FLOAT) {
    const value = rows.getFloat64(at + ROW_VALUE, true)
    return Number.isFinite(value) ? value : null
  }
  if (kind === KIND_INTEGER)
    return rows.getUint32(at + ROW_VALUE, true) + rows.getInt32(at + ROW_VALUE + 4, true) * TWO_32
  return kind === KIND_BOOLEAN ? rows.getUint8(at + ROW_VALUE) : null
}

function scanRows(into: Building, rows: DataView, position: number, count: number): { first: number; last: number } {
  let first = Infinity
  let last = -Infinity
  for (let row = position; row < position + count; row++) {
    const time = rowTimeUs(rows, row)
    if (time < first) first = time
    if (time > last) last = time
    const value = rowNumber(rows, row)
    if (value === null) continue
    into.numbers += 1
    if (value < into.minimum) {
      into.minimum = value
      into.minimumUs = time
    }
    if (value > into.maximum) {
      into.maximum = value
      into.maximumUs = time
    }
  }
  return { first, last }
}

function emptyBuilding(): Building {
  return {
    firstTimeUs: Infinity,
    lastTimeUs: -Infinity,
    readings: 0,
    numbers: 0,
    minimum: Infinity,
    minimumUs: 0,
    maximum: -Infinity,
    maximumUs: 0,
    writer: new VarintWriter(),
    sequenceEnd: 0,
    timeEnd: 0,
  }
}

function chunkRow(stream: StreamId, chunk: number, building: Building): ChunkRow {
  const { firstTimeUs, lastTimeUs, readings, numbers, minimum, minimumUs, maximum, maximumUs, writer } = building
  const none = numbers === 0
  return {
    stream,
    chunk,
    firstTimeUs,
    lastTimeUs,
    readings,
    numbers,
    minimum: none ? null : minimum,
    minimumUs: none ? null : minimumUs,
    maximum: none ? null : maximum,
    maximumUs: none ? null : maximumUs,
    runs: writer.bytes(),
  }
}
