import type { Addon, OpenedBatch } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import type { ActorId } from '../wire/ids.ts'
import { MAX_BATCH_READINGS } from '../wire/limits.ts'
import type { BatchHeader, BatchRun, Gap } from '../wire/statements.ts'
import { decompressPayload } from './payload-frame.ts'
import type { LedgerState, StreamRecord } from './state.ts'

const RUN_BYTES = 28
const ROW_BYTES = 48
const ROW_SEQUENCE = 8
const TWO_32 = 4_294_967_296

/** One stream's part in a batch that passed: rows `position` to `position + count - 1`, and where its cursor goes. */
export interface StreamPart {
  record: StreamRecord
  run: BatchRun | null
  position: number
  next: number
}

export interface CheckedBatch {
  opened: OpenedBatch
  rows: DataView
  parts: StreamPart[]
}

/**
 * Whether a batch says of its payload what the payload is. Gives the opened batch, or the fixed reason for which it is
 * invalid; the reasons are part of the state, so none quotes a library.
 */
export function checkBatch(
  addon: Addon,
  state: LedgerState,
  actor: ActorId,
  header: BatchHeader,
  payload: Uint8Array,
): CheckedBatch | string {
  if (!state.members.get(actor)?.roles.includes('gateway')) return 'the signer does not hold the role gateway'
  if (payload.length !== header.payloadLength) return 'payload length differs'
  const opened = openPayload(addon, payload)
  if (typeof opened === 'string') return opened
  const mismatch = digestMismatch(header, opened)
  if (mismatch !== null) return mismatch
  const rows = new DataView(opened.rows.buffer, opened.rows.byteOffset, opened.rows.length)
  const parts = checkStreams(state, actor, header, rows)
  return typeof parts === 'string' ? parts : { opened, rows, parts }
}

/** Opens a stored or proposed payload; the fixed reason where it is none. */
export function openPayload(addon: Addon, payload: Uint8Array): OpenedBatch | string {
  let columnar: Uint8Array
  try {
    columnar = decompressPayload(payload)
  } catch {
    return 'payload is not one well-formed zstd frame'
  }
  try {
    return addon.openBatch(columnar, MAX_BATCH_READINGS)
  } catch (cause) {
    // Only the addon's own verdict on the bytes decides; any other failure stops this replica.
    if ((cause as { code?: unknown }).code === 'malformed_payload')
      return 'payload is not a well-formed columnar payload'
    throw cause
  }
}

/** What of a header does not follow from the opened payload, or null. */
export function digestMismatch(header: BatchHeader, opened: OpenedBatch): string | null {
  if (!equalBytes(opened.root, header.root)) return 'batch root differs'
  if (opened.leafHashes.length !== header.count * 32) return 'count differs'
  if (opened.firstTimeUs !== header.firstTimeUs || opened.lastTimeUs !== header.lastTimeUs) return 'source times differ'
  if (!sameRuns(header.runs, opened.runs)) return 'runs differ'
  return sameQualities(header.qualities, opened.qualities) ? null : 'qualities differ'
}

function sameRuns(runs: readonly BatchRun[], packed: Buffer): boolean {
  if (packed.length !== runs.length * RUN_BYTES) return false
  return runs.every((run, i) => {
    const at = i * RUN_BYTES
    return (
      run.firstSequence === packed.readUInt32LE(at + 16) + packed.readUInt32LE(at + 20) * TWO_32 &&
      run.count === packed.readUInt32LE(at + 24) &&
      run.stream === packed.toString('hex', at, at + 16)
    )
  })
}

function sameQualities(qualities: BatchHeader['qualities'], packed: Buffer): boolean {
  if (packed.length !== qualities.length * 8) return false
  return qualities.every(
    ([code, count], i) => code === packed.readUInt32LE(i * 8) && count === packed.readUInt32LE(i * 8 + 4),
  )
}

/** Per stream, sequences are contiguous or covered by a signed gap. */
function checkStreams(state: LedgerState, actor: ActorId, header: BatchHeader, rows: DataView): StreamPart[] | string {
  const gapsOf = groupGaps(header.gaps)
  const parts: StreamPart[] = []
  let position = 0
  for (const run of header.runs) {
    const record = state.streams.get(run.stream)
    if (record === undefined) return 'a stream was never opened'
    if (record.state.actor !== actor) return 'a stream belongs to another actor'
    const next = follow(record.next, run, gapsOf.get(run.stream) ?? [], rows, position)
    if (next === null) return 'a stream has a break in its sequence that no signed gap covers'
    gapsOf.delete(run.stream)
    parts.push({ record, run, position, next })
    position += run.count
  }
  for (const [stream, gaps] of gapsOf) {
    const record = state.streams.get(stream)
    if (record === undefined) return 'a gap names a stream that was never opened'
    if (record.state.actor !== actor) return 'a gap names a stream of another actor'
    const next = follow(record.next, null, gaps, rows, position)
    if (next === null) return 'a gap does not meet its stream'
    parts.push({ record, run: null, position, next })
  }
  return parts
}

function groupGaps(gaps: readonly Gap[]): Map<Gap['stream'], Gap[]> {
  const groups = new Map<Gap['stream'], Gap[]>()
  for (const gap of gaps) {
    const group = groups.get(gap.stream)
    if (group === undefined) groups.set(gap.stream, [gap])
    else group.push(gap)
  }
  return groups
}

/** The cursor after a stream's run and gaps, or null when they leave a break or gaps that meet nothing. */
function follow(
  cursor: number,
  run: BatchRun | null,
  gaps: readonly Gap[],
  rows: DataView,
  position: number,
): number | null {
  const losses = gaps.filter((gap) => gap.toSequence >= gap.fromSequence)
  let at = 0
  const skip = (from: number): number => {
    let next = from
    while (losses[at]?.fromSequence === next) next = (losses[at++] as Gap).toSequence + 1
    return next
  }
  let next = cursor
  if (run !== null) {
    const last = rowSequence(rows, position + run.count - 1)
    next = skip(next)
    if (next !== run.firstSequence) return null
    // Sequences ascend strictly inside a run: when the ends fit, nothing is missing between them.
    if (last - run.firstSequence === run.count - 1) next = last + 1
    else {
      for (let row = position; row < position + run.count; row++) {
        next = skip(next)
        if (rowSequence(rows, row) !== next) return null
        next += 1
      }
    }
  }
  next = skip(next)
  if (at !== losses.length) return null
  // A silence that lost nothing lies between two readings, or at either end.
  const silences = gaps.filter((gap) => gap.toSequence < gap.fromSequence)
  return silences.every((gap) => gap.fromSequence >= cursor && gap.fromSequence <= next) ? next : null
}

function rowSequence(rows: DataView, row: number): number {
  const at = row * ROW_BYTES + ROW_SEQUENCE
  return rows.getUint32(at, true) + rows.getUint32(at + 4, true) * TWO_32
}
