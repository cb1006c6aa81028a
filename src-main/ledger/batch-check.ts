import type { Addon, OpenedBatch } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import type { CursorState } from '../record/core-state.ts'
import type { ActorId, StreamId } from '../wire/ids.ts'
import type { BatchRun } from '../wire/payload.ts'
import { CLOCK_AHEAD_US_MAX, MAX_BATCH_READINGS } from '../wire/limits.ts'
import type { CoreRefusalCode } from '../record/refusals.ts'
import type { BatchHeader, Gap } from '../record/statements.ts'
import { decompressPayload } from './payload-frame.ts'
import { believedTimeUs } from './row-times.ts'
import type { LedgerState } from './state.ts'

const RUN_BYTES = 28
const ROW_BYTES = 48
const ROW_SEQUENCE = 8
const TWO_32 = 4_294_967_296

/** One stream's part in a batch that passed: rows `position` to `position + count - 1`, and where its cursor goes. */
export interface StreamPart {
  stream: StreamId
  run: BatchRun | null
  position: number
  next: number
  /** Time of its newest reading then; null while it has none. */
  lastTimeUs: number | null
}

export interface CheckedBatch {
  opened: OpenedBatch
  rows: DataView
  parts: StreamPart[]
}

/**
 * Whether a batch says of its payload what the payload is. Gives the opened batch, or the code of the reason for which it is
 * invalid; codes are part of the state.
 */
export function checkBatch(
  addon: Addon,
  state: LedgerState,
  actor: ActorId,
  header: BatchHeader,
  payload: Uint8Array,
): CheckedBatch | CoreRefusalCode {
  if (!state.get('member', actor)?.roles.includes('gateway')) return 'role-not-held'
  if (payload.length !== header.payloadLength) return 'payload-length-differs'
  const opened = openPayload(addon, payload)
  if (typeof opened === 'string') return opened
  const mismatch = digestMismatch(header, opened)
  if (mismatch !== null) return mismatch
  const rows = new DataView(opened.rows.buffer, opened.rows.byteOffset, opened.rows.length)
  const parts = checkStreams(state, actor, header, rows)
  return typeof parts === 'string' ? parts : { opened, rows, parts }
}

/** Opens a stored or proposed payload; the code of the reason where it is none. */
export function openPayload(addon: Addon, payload: Uint8Array): OpenedBatch | CoreRefusalCode {
  let columnar: Uint8Array
  try {
    columnar = decompressPayload(payload)
  } catch {
    return 'payload-no-frame'
  }
  try {
    return addon.openBatch(columnar, MAX_BATCH_READINGS)
  } catch (cause) {
    // Only the addon's own verdict on the bytes decides; any other failure stops this replica.
    if ((cause as { code?: unknown }).code === 'malformed_payload') return 'payload-malformed'
    throw cause
  }
}

/** What of a header does not follow from the opened payload, or null. */
export function digestMismatch(header: BatchHeader, opened: OpenedBatch): CoreRefusalCode | null {
  if (!equalBytes(opened.root, header.root)) return 'root-differs'
  if (opened.leafHashes.length !== header.count * 32) return 'count-differs'
  if (opened.firstTimeUs !== header.firstTimeUs || opened.lastTimeUs !== header.lastTimeUs) return 'times-differ'
  if (!sameRuns(header.runs, opened.runs)) return 'runs-differ'
  return sameQualities(header.qualities, opened.qualities) ? null : 'qualities-differ'
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
function checkStreams(
  state: LedgerState,
  actor: ActorId,
  header: BatchHeader,
  rows: DataView,
): StreamPart[] | CoreRefusalCode {
  // Nobody knows what is missing of a time to come: such a gap would stand in the way of every later period.
  if (header.gaps.some(({ toTimeUs }) => toTimeUs > header.sealedAtUs + CLOCK_AHEAD_US_MAX)) return GAP_TIME
  const gapsOf = groupGaps(header.gaps)
  const parts: StreamPart[] = []
  let position = 0
  for (const run of header.runs) {
    const cursor = cursorOf(state, actor, run.stream)
    if (typeof cursor === 'string') return cursor
    const walk = new StreamWalk(cursor, gapsOf.get(run.stream) ?? [], rows, header.sealedAtUs)
    const next = walk.run(run, position)
    if (typeof next === 'string') return next
    if (next > Number.MAX_SAFE_INTEGER) return BREAK
    gapsOf.delete(run.stream)
    parts.push({ stream: run.stream, run, position, next, lastTimeUs: walk.beforeUs })
    position += run.count
  }
  for (const [stream, gaps] of gapsOf) {
    const cursor = cursorOf(state, actor, stream)
    if (typeof cursor === 'string') return cursor
    const walk = new StreamWalk(cursor, gaps, rows, header.sealedAtUs)
    const next = walk.end()
    if (next === null) return 'gap-astray'
    if (typeof next === 'string') return next
    if (next > Number.MAX_SAFE_INTEGER) return BREAK
    parts.push({ stream, run: null, position, next, lastTimeUs: walk.beforeUs })
  }
  return parts
}

/** Where a stream of this actor stands; a code where it has none of that name. */
function cursorOf(state: LedgerState, actor: ActorId, stream: StreamId): CursorState | CoreRefusalCode {
  const cursor = state.get('cursor', stream)
  if (cursor === undefined) return 'stream-unknown'
  return state.get('stream', stream)?.actor === actor ? cursor : 'stream-foreign'
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

const BREAK = 'sequence-break'
const GAP_TIME = 'gap-times'

/** One stream through a batch: its readings and the gaps around them, in the order of their sequences. */
class StreamWalk {
  /** Time of the reading before the place that was reached; null where there is none. */
  beforeUs: number | null
  readonly #cursor: number
  readonly #gaps: readonly Gap[]
  readonly #losses: readonly Gap[]
  readonly #rows: DataView
  readonly #sealedAtUs: number
  #next: number
  #at = 0

  constructor(cursor: CursorState, gaps: readonly Gap[], rows: DataView, sealedAtUs: number) {
    this.beforeUs = cursor.lastTimeUs
    this.#cursor = cursor.next
    this.#next = cursor.next
    this.#gaps = gaps
    this.#losses = gaps.filter((gap) => gap.toSequence >= gap.fromSequence)
    this.#rows = rows
    this.#sealedAtUs = sealedAtUs
  }

  /** The cursor after a run at row `position` and the gaps around it, or why that is invalid. */
  run(run: BatchRun, position: number): number | CoreRefusalCode {
    const end = position + run.count
    const last = rowSequence(this.#rows, end - 1)
    const firstUs = this.#time(position)
    if (run.firstSequence !== this.#next && !this.#skip(firstUs)) return GAP_TIME
    if (run.firstSequence !== this.#next) return BREAK
    // Sequences ascend strictly inside a run: when the ends fit, nothing is missing between them.
    if (last - run.firstSequence === run.count - 1) this.#pass(end - 1, position)
    else
      for (let row = position; row < end; row++) {
        if (rowSequence(this.#rows, row) !== this.#next && !this.#skip(this.#time(row))) return GAP_TIME
        if (rowSequence(this.#rows, row) !== this.#next) return BREAK
        this.#pass(row, row)
      }
    return this.end() ?? BREAK
  }

  /** Goes on after row `last`; the newest time is the last one that can be, back to row `first`. */
  #pass(last: number, first: number): void {
    this.#next = rowSequence(this.#rows, last) + 1
    for (let row = last; row >= first; row--) {
      const timeUs = this.#time(row)
      if (timeUs === null) continue
      this.beforeUs = timeUs
      return
    }
  }

  #time(row: number): number | null {
    return believedTimeUs(this.#rows, row, this.#sealedAtUs)
  }

  /** The cursor after gaps alone; null where one of them meets nothing. */
  end(): number | CoreRefusalCode | null {
    if (!this.#skip(null)) return GAP_TIME
    if (this.#at !== this.#losses.length) return null
    // A silence that lost nothing lies between two readings, or at either end.
    const silences = this.#gaps.filter((gap) => gap.toSequence < gap.fromSequence)
    const meets = (gap: Gap): boolean => gap.fromSequence >= this.#cursor && gap.fromSequence <= this.#next
    return silences.every(meets) ? this.#next : null
  }

  /** Past the losses that begin here; false where one of them lies outside the times of its neighbours. */
  #skip(afterUs: number | null): boolean {
    const before = this.beforeUs
    const lowUs = before === null ? null : Math.min(before, afterUs ?? before)
    const highUs = afterUs === null ? null : Math.max(afterUs, before ?? afterUs)
    for (let gap = this.#losses[this.#at]; gap?.fromSequence === this.#next; gap = this.#losses[this.#at]) {
      if (lowUs !== null && gap.fromTimeUs < lowUs) return false
      if (highUs !== null && gap.toTimeUs > highUs) return false
      this.#next = gap.toSequence + 1
      this.#at += 1
    }
    return true
  }
}

function rowSequence(rows: DataView, row: number): number {
  const at = row * ROW_BYTES + ROW_SEQUENCE
  return rows.getUint32(at, true) + rows.getUint32(at + 4, true) * TWO_32
}
