/**
 * Packed rows: how readings travel between threads and into the addon. Internal; nothing of it leaves a gateway.
 * Little endian, 48 bytes a row:
 *   u32 stream index · u8 kind · 3 zero bytes · u64 sequence · i64 source time µs · u32 quality · u32 flags ·
 *   8 bytes value · u32 evidence offset (0xffffffff: none) · u32 evidence length
 * Texts, byte strings and evidence records lie in the heap, `streams` holds 16 bytes for each stream index.
 */
import { concatBytes, copyBytes, fromUtf8, utf8 } from './bytes.ts'
import { WireError } from './errors.ts'
import { idBytes, streamIdOf } from './ids.ts'
import type { StreamId } from './ids.ts'
import { INT64_MAX, INT64_MIN, MAX_EVIDENCE_BYTES, MAX_VALUE_BYTES, UINT32_MAX, UINT64_MAX } from './limits.ts'
import type { Reading, Value } from './reading.ts'

export interface Rows {
  /** 16 bytes for each stream index. */
  readonly streams: Uint8Array
  /** ROW_BYTES for each reading. */
  readonly rows: Uint8Array
  readonly heap: Uint8Array
}

export const ROW_BYTES = 48
/** Kinds as packed rows and payloads number them; 6 is an integer above 2^63-1. */
export const VALUE_KIND = { null: 0, boolean: 1, integer: 2, float: 3, text: 4, bytes: 5, big: 6 } as const
/** The sequence of a row that nobody has numbered yet: that is done where its batch is signed. */
export const UNNUMBERED = 0
const NO_EVIDENCE = 0xffff_ffff

const FLAGS_AT = 28

/** Sets plausibility flags of every row, in place. */
export function flagRows({ rows }: Rows, flags: number): void {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  for (let at = FLAGS_AT; at < rows.length; at += ROW_BYTES) view.setUint32(at, view.getUint32(at, true) | flags, true)
}

export function rowCount(rows: Rows): number {
  return rows.rows.length / ROW_BYTES
}

/** Collects readings into packed rows. Every argument is checked; a refused reading leaves the writer as it was. */
export class RowWriter {
  private readonly streamIds: Uint8Array
  private readonly streamCount: number
  private buffer = new Uint8Array(64 * ROW_BYTES)
  private view = new DataView(this.buffer.buffer)
  private rowsWritten = 0
  private heapParts: Uint8Array[] = []
  private heapLength = 0

  constructor(streams: readonly StreamId[]) {
    this.streamIds = concatBytes(...streams.map(idBytes))
    this.streamCount = streams.length
  }

  get count(): number {
    return this.rowsWritten
  }

  /** Adds one reading. Throws WireError `malformed_rows`, naming the field. */
  push(
    streamIndex: number,
    sequence: number,
    sourceTimeUs: number,
    value: Value,
    quality: number,
    flags: number,
    evidence?: Uint8Array,
  ): void {
    this.check(streamIndex, sequence, sourceTimeUs, quality, flags, evidence)
    const heapContent = heapContentOf(value)
    checkInteger(value)
    this.reserve()
    const at = this.rowsWritten * ROW_BYTES
    const { view } = this
    view.setUint32(at, streamIndex, true)
    view.setUint32(at + 4, 0, true)
    view.setBigUint64(at + 8, BigInt(sequence), true)
    view.setBigInt64(at + 16, BigInt(sourceTimeUs), true)
    view.setUint32(at + 24, quality, true)
    view.setUint32(at + FLAGS_AT, flags, true)
    this.writeValue(at, value, heapContent)
    view.setUint32(at + 40, evidence === undefined ? NO_EVIDENCE : this.store(evidence), true)
    view.setUint32(at + 44, evidence?.length ?? 0, true)
    this.rowsWritten++
  }

  /** What was pushed since the last take; the writer is empty again and keeps its streams. */
  take(): Rows {
    const rows = this.buffer.slice(0, this.rowsWritten * ROW_BYTES)
    const heap = concatBytes(...this.heapParts)
    this.rowsWritten = 0
    this.heapParts = []
    this.heapLength = 0
    return { streams: this.streamIds.slice(), rows, heap }
  }

  private writeValue(at: number, value: Value, heapContent: Uint8Array | null): void {
    const { view } = this
    view.setBigUint64(at + 32, 0n, true)
    view.setUint8(at + 4, VALUE_KIND[value.kind])
    switch (value.kind) {
      case 'null':
        return
      case 'boolean':
        return view.setUint8(at + 32, value.value ? 1 : 0)
      case 'integer':
        if (value.value > INT64_MAX) view.setUint8(at + 4, VALUE_KIND.big)
        return view.setBigUint64(at + 32, BigInt.asUintN(64, value.value), true)
      case 'float':
        return view.setFloat64(at + 32, value.value, true)
      case 'text':
      case 'bytes':
        view.setUint32(at + 32, this.store(heapContent!), true)
        return view.setUint32(at + 36, heapContent!.length, true)
    }
  }

  private check(
    streamIndex: number,
    sequence: number,
    sourceTimeUs: number,
    quality: number,
    flags: number,
    evidence: Uint8Array | undefined,
  ): void {
    if (!Number.isInteger(streamIndex) || streamIndex < 0 || streamIndex >= this.streamCount) {
      refuse(`stream index ${streamIndex} of ${this.streamCount} streams`)
    }
    if (!Number.isSafeInteger(sequence) || sequence < 0) refuse(`sequence ${sequence}`)
    if (!Number.isSafeInteger(sourceTimeUs)) refuse(`source time ${sourceTimeUs} is not whole microseconds`)
    if (!Number.isInteger(quality) || quality < 0 || quality > UINT32_MAX) refuse(`quality ${quality}`)
    if (!Number.isInteger(flags) || flags < 0 || flags > UINT32_MAX) refuse(`flags ${flags}`)
    if (evidence !== undefined && evidence.length > MAX_EVIDENCE_BYTES) {
      refuse(`evidence of ${evidence.length} bytes; at most ${MAX_EVIDENCE_BYTES}`)
    }
  }

  private store(content: Uint8Array): number {
    const offset = this.heapLength
    // A copy: the caller's buffer may be a driver's, which is filled again before the batch is sealed.
    this.heapParts.push(copyBytes(content))
    this.heapLength += content.length
    return offset
  }

  private reserve(): void {
    if ((this.rowsWritten + 1) * ROW_BYTES <= this.buffer.length) return
    const grown = new Uint8Array(this.buffer.length * 2)
    grown.set(this.buffer)
    this.buffer = grown
    this.view = new DataView(grown.buffer)
  }
}

function heapContentOf(value: Value): Uint8Array | null {
  if (value.kind !== 'text' && value.kind !== 'bytes') return null
  const content = value.kind === 'text' ? utf8(value.value) : value.value
  if (content.length > MAX_VALUE_BYTES) refuse(`value of ${content.length} bytes; at most ${MAX_VALUE_BYTES}`)
  return content
}

function checkInteger(value: Value): void {
  if (value.kind === 'integer' && (value.value < INT64_MIN || value.value > UINT64_MAX)) {
    refuse(`integer ${value.value} does not fit 64 bits`)
  }
}

/** Row `index` as a Reading; texts, bytes and evidence are copies. Throws WireError `malformed_rows`. */
export function readRow(rows: Rows, index: number): Reading {
  const at = index * ROW_BYTES
  if (!Number.isInteger(index) || index < 0 || at + ROW_BYTES > rows.rows.length) refuse(`no row ${index}`)
  const view = new DataView(rows.rows.buffer, rows.rows.byteOffset + at, ROW_BYTES)
  const streamAt = view.getUint32(0, true) * 16
  if (streamAt + 16 > rows.streams.length) refuse(`row ${index} names a stream that is not listed`)
  const reading = {
    stream: streamIdOf(rows.streams.subarray(streamAt, streamAt + 16)),
    sequence: safe(view.getBigUint64(8, true), 'sequence'),
    sourceTimeUs: safe(view.getBigInt64(16, true), 'source time'),
    value: readValue(view, rows.heap),
    quality: view.getUint32(24, true),
    flags: view.getUint32(FLAGS_AT, true),
  }
  const evidenceOffset = view.getUint32(40, true)
  if (evidenceOffset === NO_EVIDENCE) return reading
  return { ...reading, evidence: heapSlice(rows.heap, evidenceOffset, view.getUint32(44, true)) }
}

/** All readings in row order. */
export function* readRows(rows: Rows): Generator<Reading> {
  const count = rowCount(rows)
  for (let i = 0; i < count; i++) yield readRow(rows, i)
}

function readValue(view: DataView, heap: Uint8Array): Value {
  const kind = view.getUint8(4)
  switch (kind) {
    case VALUE_KIND.null:
      return { kind: 'null' }
    case VALUE_KIND.boolean:
      return { kind: 'boolean', value: view.getUint8(32) !== 0 }
    case VALUE_KIND.integer:
      return { kind: 'integer', value: view.getBigInt64(32, true) }
    case VALUE_KIND.big:
      return { kind: 'integer', value: view.getBigUint64(32, true) }
    case VALUE_KIND.float:
      return { kind: 'float', value: view.getFloat64(32, true) }
    case VALUE_KIND.text:
      return { kind: 'text', value: fromUtf8(heapSlice(heap, view.getUint32(32, true), view.getUint32(36, true))) }
    case VALUE_KIND.bytes:
      return { kind: 'bytes', value: heapSlice(heap, view.getUint32(32, true), view.getUint32(36, true)) }
    default:
      return refuse(`value kind ${kind} is unknown`)
  }
}

function heapSlice(heap: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset + length > heap.length) refuse(`heap of ${heap.length} bytes has no ${length} at ${offset}`)
  return copyBytes(heap.subarray(offset, offset + length))
}

function safe(value: bigint, what: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) refuse(`${what} ${value} is beyond the safe range`)
  return number
}

function refuse(what: string): never {
  throw new WireError('malformed_rows', `packed rows: ${what}`)
}
