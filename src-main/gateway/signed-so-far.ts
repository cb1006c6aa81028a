/** What this gateway has signed so far, in its ledger and in its queue: where its streams go on after a start. */
import type { Addon } from '../../native/addon.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { decompressPayload } from '../ledger/payload-frame.ts'
import { believedTimeUs } from '../ledger/row-times.ts'
import { toHex } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeBody } from '../wire/events.ts'
import { parseStreamId, type ActorId, type StreamId } from '../wire/ids.ts'
import { MAX_BATCH_READINGS } from '../wire/limits.ts'
import { ROW_BYTES, type Rows } from '../wire/rows.ts'
import { decodeBatchHeader, statementOf } from '../wire/statements.ts'
import type { SignedUpTo } from './gap-book.ts'
import type { StreamPlace } from './messages.ts'

const PAGE = 64

export interface SignedSoFar {
  /** Every stream of this gateway, those whose readings only wait in the queue included. */
  streams: Map<StreamId, StreamPlace>
  /** Assets whose registration waits in the queue. */
  assets: string[]
}

export function signedSoFar(ledger: Ledger, addon: Addon, actor: ActorId): SignedSoFar {
  const streams = new Map<StreamId, StreamPlace>(
    ledger.streamsOf(actor).map((stream) => [stream, { next: 0, lastTimeUs: null, opened: true }]),
  )
  const place = (stream: StreamId): StreamPlace => {
    const known = streams.get(stream) ?? { next: 0, lastTimeUs: null, opened: false }
    streams.set(stream, known)
    return known
  }
  const assets: string[] = []
  const batches = new Map<StreamId, Set<number>>()
  for (const { sequence, entry, waits } of queued(ledger)) {
    const statement = statementOf(parseEntry(entry))
    if (statement.kind === 'batch') {
      for (const { stream } of statement.gaps) place(stream)
      for (const { stream } of statement.runs) batches.set(stream, (batches.get(stream) ?? new Set()).add(sequence))
    } else if (statement.kind === 'event' && waits) {
      if (statement.type === 'asset.registered') assets.push(...statement.assets)
      if (statement.type !== 'stream.opened') continue
      const { stream, fromSequence } = decodeBody('stream.opened', statement.body)
      Object.assign(place(stream), { opened: true, next: fromSequence })
    }
  }
  for (const [stream, timeUs] of newestTimes(ledger, addon, batches)) place(stream).lastTimeUs = timeUs
  for (const [stream, known] of streams) known.next = Math.max(known.next, ledger.signingStreamCursor(stream))
  return { streams, assets }
}

/** Where each opened stream goes on, for the gaps that its next batch must sign: by the queue, else by the ledger. */
export function signedUpTo({ streams }: SignedSoFar, ledger: Ledger): [StreamId, SignedUpTo][] {
  return [...streams]
    .filter(([, { opened }]) => opened)
    .map(([stream, { next, lastTimeUs }]) => [stream, { next, lastTimeUs: lastTimeUs ?? ledger.streamTimeUs(stream) }])
}

/** Statements that wait, then those that were refused, whose readings wait to be signed again. */
function* queued(ledger: Ledger): Generator<{ sequence: number; entry: Uint8Array; waits: boolean }> {
  for (let after = -1; ;) {
    const page = ledger.queue.pending(PAGE, after)
    for (const { sequence, entry } of page) yield { sequence, entry, waits: true }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.sequence
  }
  for (let after = 0; ;) {
    const page = ledger.queue.refused(PAGE, after)
    for (const { sequence, entry } of page) yield { sequence, entry, waits: false }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

/**
 * Source time of the newest queued reading of each stream, from the payload of its newest batch in which any time can be: the ledger
 * goes by that one when it comes to what is signed next.
 */
function newestTimes(
  ledger: Ledger,
  addon: Addon,
  batches: ReadonlyMap<StreamId, ReadonlySet<number>>,
): Map<StreamId, number> {
  const times = new Map<StreamId, number>()
  const sequences = new Set([...batches.values()].flatMap((of) => [...of]))
  for (const sequence of [...sequences].toSorted((a, b) => b - a)) {
    if (![...batches].some(([stream, of]) => !times.has(stream) && of.has(sequence))) continue
    const [found] = [...ledger.queue.pending(1, sequence - 1), ledger.queue.refusedAt(sequence) ?? []]
      .flat()
      .filter((queuedEntry) => queuedEntry.sequence === sequence)
    if (found === undefined || found.payload === null) continue
    const opened = addon.openBatch(decompressPayload(found.payload), MAX_BATCH_READINGS)
    const { sealedAtUs } = decodeBatchHeader(parseEntry(found.entry).payload)
    for (const [stream, timeUs] of lastTimesOf(opened, sealedAtUs)) if (!times.has(stream)) times.set(stream, timeUs)
  }
  return times
}

/** Rows come by stream, then by sequence: the last one whose time can be is the stream's newest. */
function lastTimesOf({ streams, rows }: Rows, sealedAtUs: number): Map<StreamId, number> {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  const times = new Map<StreamId, number>()
  for (let row = 0; row < rows.length / ROW_BYTES; row++) {
    const index = view.getUint32(row * ROW_BYTES, true) * 16
    const timeUs = believedTimeUs(view, row, sealedAtUs)
    if (timeUs !== null) times.set(parseStreamId(toHex(streams.subarray(index, index + 16))), timeUs)
  }
  return times
}
