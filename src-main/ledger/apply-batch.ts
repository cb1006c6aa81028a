import type { BoundStretch } from '../record/core-state.ts'
import { encodeGap } from '../record/gap-chain.ts'
import type { LeafIndex } from '../wire/ids.ts'
import type { BatchHeader } from '../record/statements.ts'
import type { CheckedBatch, StreamPart } from './batch-check.ts'
import { growingStretches } from '../record/standing.ts'
import { FRONTIER_LEAVES } from './effects.ts'
import type { EffectSink } from './effects.ts'
import { believedTimeUs } from './row-times.ts'
import type { History } from './sealed-values.ts'
import type { LedgerState } from './state.ts'

interface BoundRows {
  binding: BoundStretch
  part: StreamPart
  /** Rows of the batch, from and to (exclusive). */
  from: number
  to: number
}

const ROW_BYTES = 48
const ROW_SEQUENCE = 8
const TWO_32 = 4_294_967_296
const HASH_BYTES = 32

/** Puts an accepted batch into cursors, histories and the reading index. */
export function applyBatch(
  state: LedgerState,
  sink: EffectSink,
  index: LeafIndex,
  header: BatchHeader,
  checked: CheckedBatch,
): void {
  const bound = boundRows(state, checked)
  for (const rows of bound) appendHistory(state, sink, index, header, checked, rows)
  chainGaps(state, sink, index, header)
  for (const { stream, next, lastTimeUs } of checked.parts)
    state.advanceStream(stream, { next, lastTimeUs }, header.nonce)
  indexRuns(state, index, header, checked.rows)
  if (header.gaps.length > 0) sink.gaps(index, header.gaps)
  state.blockReadings += header.count
  state.totalReadings += header.count
}

/** Adds a batch to the reading index of the chunk being built. */
export function indexRuns(state: LedgerState, index: LeafIndex, header: BatchHeader, rows: DataView): void {
  let position = 0
  for (const run of header.runs) {
    state.chunk.add(run.stream, index, position, run.firstSequence, run.count, rows)
    position += run.count
  }
}

function boundRows(state: LedgerState, { parts, rows }: CheckedBatch): BoundRows[] {
  const bound: BoundRows[] = []
  for (const part of parts) {
    if (part.run === null) continue
    for (const binding of growingStretches(state, part.stream)) {
      const from = firstRowAt(rows, part, binding.first)
      const to = binding.last === null ? part.position + part.run.count : firstRowAt(rows, part, binding.last + 1)
      if (from < to) bound.push({ binding, part, from, to })
    }
  }
  return bound
}

/** First row of a part whose sequence is at least `sequence`. */
function firstRowAt(rows: DataView, part: StreamPart, sequence: number): number {
  let low = part.position
  let high = part.position + (part.run?.count ?? 0)
  while (low < high) {
    const middle = (low + high) >> 1
    if (rowSequence(rows, middle) < sequence) low = middle + 1
    else high = middle
  }
  return low
}

function appendHistory(
  state: LedgerState,
  sink: EffectSink,
  index: LeafIndex,
  header: BatchHeader,
  checked: CheckedBatch,
  bound: BoundRows,
): void {
  const { binding, part, from, to } = bound
  const { asset } = binding
  const { stream } = part
  const history = state.history(asset, stream)
  const position = history.frontier.size
  const leaves = checked.opened.leafHashes.subarray(from * HASH_BYTES, to * HASH_BYTES)
  for (let at = 0; at < leaves.length; at += HASH_BYTES)
    history.frontier.append(new Uint8Array(leaves.subarray(at, at + HASH_BYTES)))
  const span = spanWith(history.span, checked.rows, { from, to, sealedAtUs: header.sealedAtUs })
  history.span = span
  state.touchHistory(history, header.nonce)
  const { lastSequence, lastTimeUs, newestTimeUs } = span
  const fills = Math.floor(history.frontier.size / FRONTIER_LEAVES) > Math.floor(position / FRONTIER_LEAVES)
  const frontier = fills ? history.frontier.toBytes() : null
  const place = { asset, stream, position, entry: index, batchPosition: from, leaves }
  sink.historyRun({ ...place, lastSequence, lastTimeUs, newestTimeUs, frontier })
}

/** What a history spans with the rows `from` to `to` (exclusive) of a batch. Source times need not ascend: a clock may be set back. */
function spanWith(
  before: History['span'],
  rows: DataView,
  { from, to, sealedAtUs }: { from: number; to: number; sealedAtUs: number },
): NonNullable<History['span']> {
  let { lastTimeUs, newestTimeUs } = before ?? { lastTimeUs: null, newestTimeUs: null }
  const firstTimeUs = before?.firstTimeUs ?? believedTimeUs(rows, from, sealedAtUs) ?? sealedAtUs
  for (let row = from; row < to; row++) {
    const timeUs = believedTimeUs(rows, row, sealedAtUs)
    if (timeUs === null) continue
    lastTimeUs = timeUs
    if (newestTimeUs === null || timeUs > newestTimeUs) newestTimeUs = timeUs
  }
  return {
    firstSequence: before?.firstSequence ?? rowSequence(rows, from),
    lastSequence: rowSequence(rows, to - 1),
    firstTimeUs,
    // A history whose every time is ahead of what can be has come as far as the sealing of its first batch.
    lastTimeUs: lastTimeUs ?? firstTimeUs,
    newestTimeUs: newestTimeUs ?? firstTimeUs,
  }
}

/** A gap belongs to each asset that its stream was bound to at any of the sequences it names, or right before or after. */
function chainGaps(state: LedgerState, sink: EffectSink, index: LeafIndex, header: BatchHeader): void {
  for (const gap of header.gaps) {
    const meeting = growingStretches(state, gap.stream).filter(
      ({ first, last }) => gap.toSequence + 1 >= first && (last === null || gap.fromSequence <= last + 1),
    )
    // Once each, however many of its stretches it touches.
    for (const asset of new Set(meeting.map((binding) => binding.asset))) {
      const number = state.addGap(asset, gap, header.nonce)
      sink.assetGap({ asset, stream: gap.stream, number, entry: index, gap: encodeGap(gap) })
    }
  }
}

function rowSequence(rows: DataView, row: number): number {
  const at = row * ROW_BYTES + ROW_SEQUENCE
  return rows.getUint32(at, true) + rows.getUint32(at + 4, true) * TWO_32
}
