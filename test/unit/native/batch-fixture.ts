import { loadAddon } from '../../../native/addon.ts'
import { decodePayload } from '../../../src-main/wire/payload.ts'
import { RowWriter, readRows } from '../../../src-main/wire/rows.ts'
import type { Rows } from '../../../src-main/wire/rows.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import type { Reading } from '../../../src-main/wire/reading.ts'

export const STREAM_A = parseStreamId('11'.repeat(16))
export const STREAM_B = parseStreamId('22'.repeat(16))
export const SECRET = new Uint8Array(32).fill(7)

/** Packed rows of readings, in the order given. */
export function rowsOf(readings: readonly Reading[]): Rows {
  const streams = [...new Set(readings.map((reading) => reading.stream))]
  const writer = new RowWriter(streams)
  for (const reading of readings) {
    writer.push(
      streams.indexOf(reading.stream),
      reading.sequence,
      reading.sourceTimeUs,
      reading.value,
      reading.quality,
      reading.flags,
      reading.evidence,
    )
  }
  return writer.take()
}

/** The readings of a payload as the addon opens it. */
export function openReadings(payload: Uint8Array, maxReadings: number): Reading[] {
  const { streams, rows, heap } = loadAddon().openBatch(payload, maxReadings)
  return [...readRows({ streams: new Uint8Array(streams), rows: new Uint8Array(rows), heap: new Uint8Array(heap) })]
}

/** The same by the portable decoder. */
export function decodeReadings(payload: Uint8Array, maxReadings: number): Reading[] {
  return [...decodePayload(new Uint8Array(payload), { maxReadings }).readings()]
}

/** The stable code of what `run` throws. Fails where it throws nothing, or an error without a code. */
export function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}
