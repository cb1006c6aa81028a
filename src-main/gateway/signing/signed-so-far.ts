/** What this gateway has signed so far, in its ledger and in its queue: where its streams go on after a start. */
import type { Addon } from '../../../native/addon.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { decompressPayload } from '../../ledger/payload-frame.ts'
import { believedTimeUs } from '../../ledger/row-times.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodeBody } from '../../record/events.ts'
import type { ActorId, StreamId } from '../../wire/ids.ts'
import { MAX_BATCH_READINGS } from '../../wire/limits.ts'
import type { Rows } from '../../wire/rows.ts'
import { statementOf, type BatchHeader } from '../../record/statements.ts'
import type { WaitingRotation } from './entry-key.ts'
import { undecidedOf, type Undecided } from './own-bindings.ts'
import type { StreamPosition } from './stream-numbers.ts'
import { viewOf } from './stream-numbers.ts'

const PAGE = 64

export interface SignedSoFar {
  /** Every stream of this gateway whose opening is in the ledger or in the queue. */
  streams: Map<StreamId, StreamPosition>
  /** What waits in the queue of registrations, and of bindings of streams. */
  undecided: Undecided[]
  /** The newest own rotation of the key of entries that waits in the queue. */
  rotation: WaitingRotation | null
}

/** Where each stream stands by the ledger alone. */
export function positionsOf(ledger: Ledger, actor: ActorId): Map<StreamId, StreamPosition> {
  const newest = ledger.newestReadings(actor)
  return new Map(
    ledger.streamsOf(actor).map((stream) => [
      stream,
      {
        next: ledger.streamCursor(stream),
        lastTimeUs: ledger.streamTimeUs(stream),
        newest: newest.get(stream) ?? null,
      },
    ]),
  )
}

/** The same with what waits in the queue, and with what was refused and waits to be signed again: numbers are given once. */
export function signedSoFar(ledger: Ledger, addon: Addon, actor: ActorId): SignedSoFar {
  const streams = positionsOf(ledger, actor)
  const undecided: Undecided[] = []
  const batches = new Map<StreamId, QueuedBatch>()
  let rotation: WaitingRotation | null = null
  for (const { entry, payload, waits } of queued(ledger)) {
    const statement = statementOf(parseEntry(entry))
    if (statement.kind === 'batch') {
      for (const [stream, next] of nextSequences(statement)) {
        const known = streams.get(stream)
        if (known !== undefined) known.next = Math.max(known.next, next)
      }
      if (payload !== null) for (const { stream } of statement.runs) batches.set(stream, { payload, header: statement })
    } else if (statement.kind === 'event' && waits) {
      undecided.push(...undecidedOf(statement))
      if (statement.type === 'key.rotated') {
        const { use, public: key } = decodeBody('key.rotated', statement.body)
        if (use === 'entry') rotation = { sequence: statement.sequence, public: key }
      }
      if (statement.type !== 'stream.opened') continue
      const { stream, fromSequence } = decodeBody('stream.opened', statement.body)
      const known = streams.get(stream)
      if (known === undefined) streams.set(stream, { next: fromSequence, lastTimeUs: null, newest: null })
      else known.next = Math.max(known.next, fromSequence)
    }
  }
  takeNewest(streams, batches, addon)
  return { streams, undecided, rotation }
}

interface QueuedBatch {
  payload: Uint8Array
  header: BatchHeader
}

/** What was refused, whose readings wait to be signed again, then the statements that wait: in the order of their signing. */
function* queued(ledger: Ledger): Generator<{ entry: Uint8Array; payload: Uint8Array | null; waits: boolean }> {
  for (let after = 0; ;) {
    const page = ledger.queue.refused(PAGE, after)
    for (const { entry, payload } of page) yield { entry, payload, waits: false }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.id
  }
  for (let after = -1; ;) {
    const page = ledger.queue.pending(PAGE, after)
    for (const { entry, payload } of page) yield { entry, payload, waits: true }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.sequence
  }
}

/** The newest queued reading of each stream, from the payload of its newest batch. */
function takeNewest(
  streams: Map<StreamId, StreamPosition>,
  batches: ReadonlyMap<StreamId, QueuedBatch>,
  addon: Addon,
): void {
  for (const [batch, of] of Map.groupBy(batches, ([, queuedBatch]) => queuedBatch)) {
    const opened = addon.openBatch(decompressPayload(batch.payload), MAX_BATCH_READINGS)
    for (const [stream] of of) {
      const position = streams.get(stream)
      if (position === undefined) continue
      const place = runOf(batch.header, stream)
      position.newest = { rows: opened, row: place.from + place.count - 1 }
      position.lastTimeUs = newestTimeUs(opened, place, batch.header.sealedAtUs) ?? position.lastTimeUs
    }
  }
}

/** Rows of a stream in its batch. */
function runOf({ runs }: BatchHeader, stream: StreamId): { from: number; count: number } {
  let from = 0
  for (const run of runs) {
    if (run.stream === stream) return { from, count: run.count }
    from += run.count
  }
  throw new RangeError(`no run of stream ${stream}`)
}

/** By the last row whose time can be: the ledger goes by that one, too. */
function newestTimeUs(
  { rows }: Rows,
  { from, count }: { from: number; count: number },
  sealedAtUs: number,
): number | null {
  const view = viewOf(rows)
  for (let row = from + count - 1; row >= from; row--) {
    const timeUs = believedTimeUs(view, row, sealedAtUs)
    if (timeUs !== null) return timeUs
  }
  return null
}

/** Where each stream of a batch stands after it. A signed gap inside or behind a run moves it on like readings do. */
function nextSequences({ runs, gaps }: BatchHeader): Map<StreamId, number> {
  const first = new Map(runs.map(({ stream, firstSequence }) => [stream, firstSequence]))
  const next = new Map(runs.map(({ stream, firstSequence, count }) => [stream, firstSequence + count]))
  for (const { stream, fromSequence, toSequence } of gaps) {
    const known = next.get(stream) ?? 0
    const begins = first.get(stream)
    if (begins === undefined) next.set(stream, Math.max(known, toSequence + 1))
    else if (fromSequence >= begins) next.set(stream, known + toSequence - fromSequence + 1)
  }
  return next
}
