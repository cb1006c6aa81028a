/**
 * The newest reading of every stream, as the ledger has it: taken from batches right after they were applied, so that what a
 * screen shows is what was recorded, from every gateway alike.
 */
import type { Addon } from '../../../native/addon.ts'
import type { Point } from '../../endpoints/model.ts'
import { toHex } from '../../wire/bytes.ts'
import type { StreamState } from '../../record/core-state.ts'
import { countsUp } from '../folder/shipped-packs.ts'
import { labelOf } from '../../wire/languages.ts'
import { qualityClass, statusName } from '../../wire/quality.ts'
import { readRow, ROW_BYTES, type Rows } from '../../wire/rows.ts'
import { valueJson, valueText } from './value-text.ts'

/** A screen is told of at most this many batches a turn; of a faster gateway the newest ones count. */
const BATCHES_PER_TURN = 64
const MAX_READINGS = 65_536

export interface LiveStream extends StreamState {
  gateway: string
  normal: [number, number] | null
}

export class LivePoints {
  readonly #addon: Addon
  readonly #points = new Map<string, Point>()
  readonly #sequences = new Map<string, number>()
  #changed = new Set<string>()

  constructor(addon: Addon) {
    this.#addon = addon
  }

  /** Makes a stream known; a value it already has stays. */
  define(stream: LiveStream): void {
    const known = this.#points.get(stream.stream)
    this.#points.set(stream.stream, {
      stream: stream.stream,
      source: stream.source,
      tag: stream.tag,
      ...labelOf(stream),
      quantity: stream.quantity,
      unit: stream.unit,
      kind: stream.kind,
      value: known?.value ?? null,
      text: known?.text ?? null,
      quality: known?.quality ?? 0,
      qualityClass: known?.qualityClass ?? 'good',
      qualityText: known?.qualityText ?? 'Good',
      flags: known?.flags ?? 0,
      atUs: known?.atUs ?? null,
      range: stream.range === null ? null : [...stream.range],
      normal: stream.normal,
      countsUp: countsUp(stream.quantity) || stream.quantity.endsWith('energy') || stream.quantity.endsWith('total'),
      cadenceMs: stream.cadenceMs,
      gateway: stream.gateway,
      simulated: stream.simulated,
    })
  }

  has(stream: string): boolean {
    return this.#points.has(stream)
  }

  get(stream: string): Point | undefined {
    return this.#points.get(stream)
  }

  /** Whether a gateway has opened any stream. */
  hasAnyOf(gateway: string): boolean {
    for (const point of this.#points.values()) if (point.gateway === gateway) return true
    return false
  }

  all(): Point[] {
    return [...this.#points.values()]
  }

  /** Takes over the newest readings of applied payloads, oldest batch first. */
  take(payloads: readonly Uint8Array[]): void {
    for (const payload of payloads.slice(-BATCHES_PER_TURN)) this.#takeOne(this.#addon.openBatch(payload, MAX_READINGS))
  }

  /** Streams whose value changed since the last call. */
  changes(): Point[] {
    const changed = [...this.#changed].flatMap((stream) => this.#points.get(stream) ?? [])
    this.#changed = new Set()
    return changed
  }

  #takeOne(rows: Rows): void {
    const view = new DataView(rows.rows.buffer, rows.rows.byteOffset, rows.rows.byteLength)
    const count = rows.rows.length / ROW_BYTES
    for (let i = 0; i < count; i++) {
      // Rows are sorted by stream: only the last of each run is the newest.
      const stream = view.getUint32(i * ROW_BYTES, true)
      if (i + 1 < count && view.getUint32((i + 1) * ROW_BYTES, true) === stream) continue
      const point = this.#points.get(toHex(rows.streams.subarray(stream * 16, stream * 16 + 16)))
      if (point === undefined) continue
      const reading = readRow(rows, i)
      // Not by time: after an interruption a value that has not changed comes back with the time it had before.
      if (reading.sequence < (this.#sequences.get(point.stream) ?? 0)) continue
      this.#sequences.set(point.stream, reading.sequence)
      point.value = valueJson(reading.value)
      point.text = valueText(reading.value)
      point.quality = reading.quality
      point.qualityClass = qualityClass(reading.quality)
      point.qualityText = statusName(reading.quality)
      point.flags = reading.flags
      point.atUs = reading.sourceTimeUs
      this.#changed.add(point.stream)
    }
  }
}
