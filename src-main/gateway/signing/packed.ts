/** Readers of the small packed tables that the addon returns beside a batch. */
import type { StreamId } from '../../wire/ids.ts'
import { toHex } from '../../wire/bytes.ts'

const RUN_BYTES = 28

export interface Run {
  stream: StreamId
  firstSequence: number
  count: number
}

/** Runs of a batch: stream id (16) | first sequence (u64le) | count (u32le), one after the other. */
export function runsOf(packed: Uint8Array): Run[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const runs: Run[] = []
  for (let at = 0; at < packed.length; at += RUN_BYTES) {
    runs.push({
      stream: toHex(packed.subarray(at, at + 16)) as StreamId,
      firstSequence: Number(view.getBigUint64(at + 16, true)),
      count: view.getUint32(at + 24, true),
    })
  }
  return runs
}

/** Pairs of StatusCode and how many readings carry it: u32le | u32le. */
export function qualitiesOf(packed: Uint8Array): [number, number][] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const pairs: [number, number][] = []
  for (let at = 0; at < packed.length; at += 8) pairs.push([view.getUint32(at, true), view.getUint32(at + 4, true)])
  return pairs
}
