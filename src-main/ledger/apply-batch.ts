import type { OpenedBatch } from '../../native/addon.ts'
import type { StreamState } from '../record/core-state.ts'
import { encodeGap } from '../record/gap-chain.ts'
import type { LeafIndex, StreamId } from '../wire/ids.ts'
import type { JsonValue } from '../wire/json.ts'
import type { Reading } from '../wire/reading.ts'
import { readRow } from '../wire/rows.ts'
import type { BatchHeader } from '../record/statements.ts'
import type { CheckedBatch, StreamPart } from './batch-check.ts'
import type { EffectSink } from './effects.ts'
import { LedgerError } from './errors.ts'
import { believedTimeUs } from './row-times.ts'
import type { Binding, History, LedgerState } from './state.ts'

/** A pack as it is active on the ledger. */
export interface AppliedPack {
  id: string
  version: string
  hash: Uint8Array
  engineHash: Uint8Array
  parameters: JsonValue
}

/** What the packs of one asset see of one batch: the readings of streams bound to it, in payload order. */
export interface PackInput {
  packs: AppliedPack[]
  asset: string
  entryNonce: Uint8Array
  index: LeafIndex
  readings: Reading[]
  /** What those streams measure. */
  streams: { stream: StreamId; quantity: string; unit: string; kind: string }[]
  /** The pack's own state of this asset before the batch. */
  state(packId: string): JsonValue | undefined
}

/** Reduces a batch to each pack's new state of the asset. Pure; what it throws stops the replica. */
export type PackApplier = (input: PackInput) => { packId: string; state: JsonValue }[]

interface BoundRows {
  binding: Binding
  part: StreamPart
  /** Rows of the batch, from and to (exclusive). */
  from: number
  to: number
}

const ROW_BYTES = 48
const ROW_SEQUENCE = 8
const TWO_32 = 4_294_967_296
const HASH_BYTES = 32

/** Puts an accepted batch into cursors, histories, packs and the reading index. */
export function applyBatch(
  state: LedgerState,
  sink: EffectSink,
  applyPack: PackApplier | null,
  index: LeafIndex,
  header: BatchHeader,
  checked: CheckedBatch,
): void {
  const bound = boundRows(checked)
  for (const rows of bound) appendHistory(state, sink, index, header, checked, rows)
  if (bound.length > 0) runPacks(state, applyPack, index, header, checked.opened, bound)
  chainGaps(state, sink, index, header)
  for (const part of checked.parts) state.advanceStream(part.record, part.next, part.lastTimeUs)
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

function boundRows({ parts, rows }: CheckedBatch): BoundRows[] {
  const bound: BoundRows[] = []
  for (const part of parts) {
    if (part.run === null) continue
    for (const binding of part.record.bindings) {
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
  const history = state.history(binding.asset, part.record.id)
  const position = history.frontier.size
  const leaves = checked.opened.leafHashes.subarray(from * HASH_BYTES, to * HASH_BYTES)
  for (let at = 0; at < leaves.length; at += HASH_BYTES)
    history.frontier.append(new Uint8Array(leaves.subarray(at, at + HASH_BYTES)))
  history.span = spanWith(history.span, checked.rows, { from, to, sealedAtUs: header.sealedAtUs })
  state.touchHistory(history, header.nonce)
  sink.historyRun({ asset: binding.asset, stream: part.record.id, position, entry: index, batchPosition: from, leaves })
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
    const bindings = state.streams.get(gap.stream)?.bindings ?? []
    const meeting = bindings.filter(
      ({ first, last }) => gap.toSequence + 1 >= first && (last === null || gap.fromSequence <= last + 1),
    )
    // Once each, however many of its stretches it touches.
    for (const asset of new Set(meeting.map((binding) => binding.asset))) {
      const number = state.addGap(asset, gap, header.nonce)
      sink.assetGap({ asset, stream: gap.stream, number, entry: index, gap: encodeGap(gap) })
    }
  }
}

function runPacks(
  state: LedgerState,
  applyPack: PackApplier | null,
  index: LeafIndex,
  header: BatchHeader,
  opened: OpenedBatch,
  bound: readonly BoundRows[],
): void {
  // Sorted: map order differs between a replica that ran on and one that was started again.
  const assets = [...new Set(bound.map(({ binding }) => binding.asset))].sort()
  for (const asset of assets) {
    const ids = state.get('asset', asset)?.packs ?? []
    if (ids.length === 0) continue
    if (applyPack === null) {
      throw new LedgerError(
        'pack_host_missing',
        `entry ${index} holds readings of ${asset}, whose packs (${ids.join(', ')}) must run: open the ledger with a pack host`,
      )
    }
    const readings: Reading[] = []
    const streams: PackInput['streams'] = []
    for (const rows of bound) {
      if (rows.binding.asset !== asset) continue
      const { stream, quantity, unit, kind } = state.get('stream', rows.part.record.id) as StreamState
      streams.push({ stream, quantity, unit, kind })
      for (let row = rows.from; row < rows.to; row++) readings.push(readRow(opened, row))
    }
    const packs = ids.map((id) => activePack(state, id))
    const results = applyPack({
      packs,
      asset,
      entryNonce: header.nonce,
      index,
      readings,
      streams,
      state: (packId) => state.packState(packId, asset),
    })
    for (const { packId, state: value } of results) {
      if (!ids.includes(packId)) {
        throw new LedgerError(
          'pack_misbehaved',
          `the pack host returned a state of ${packId} for ${asset} at entry ${index}, which that asset does not use; this replica stops`,
        )
      }
      state.setPackState(packId, asset, header.nonce, value)
    }
  }
}

function activePack(state: LedgerState, id: string): AppliedPack {
  const pack = state.get('pack', id)
  if (pack === undefined)
    throw new LedgerError('pack_misbehaved', `pack ${id} is bound to an asset but not active; run "plumbline fsck"`)
  const { version, hash, engineHash, parameters } = pack
  return { id, version, hash, engineHash, parameters }
}

function rowSequence(rows: DataView, row: number): number {
  const at = row * ROW_BYTES + ROW_SEQUENCE
  return rows.getUint32(at, true) + rows.getUint32(at + 4, true) * TWO_32
}
