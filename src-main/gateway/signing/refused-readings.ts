/**
 * Readings of this gateway's own batches that were refused. They stay in the durable queue and are signed again under the next
 * sequences (docs/FORMATS.md, Entry), before anything newer: once every statement behind them is decided, from where the ledger
 * stands then. What is refused a second time is not tried again until the next start.
 */
import type { Addon } from '../../../native/addon.ts'
import type { Ledger, RefusedEntry } from '../../ledger/ledger.ts'
import { decompressPayload } from '../../ledger/payload-frame.ts'
import { toHex } from '../../wire/bytes.ts'
import { parseEntry } from '../../wire/entry.ts'
import { parseStreamId, type ActorId, type StreamId } from '../../wire/ids.ts'
import { MAX_BATCH_READINGS } from '../../wire/limits.ts'
import { ROW_BYTES, type Rows } from '../../wire/rows.ts'
import { decodeBatchHeader, type BatchHeader, type Gap } from '../../record/statements.ts'
import type { BatchMaker } from './batch-maker.ts'
import type { OnCondition } from '../conditions.ts'
import type { PlacedGap } from './rows-handed.ts'
import { ReadingQueue } from './reading-queue.ts'
import { positionsOf } from './signed-so-far.ts'
import type { SignedStatement } from './statement-chain.ts'
import { viewOf, type StreamNumbers } from './stream-numbers.ts'

const BATCHES_AT_ONCE = 16
/** A stream whose opening was never signed is waited for so long; then its readings are tried all the same. */
const OPENING_PATIENCE_MS = 30_000

export interface RefusedReadingsOptions {
  addon: Addon
  ledger: Ledger
  actor: ActorId
  numbers: StreamNumbers
  batches: BatchMaker
  batchReadingsMax: number
  nowMs(): number
  /** False while nothing may be signed. */
  maySign(): boolean
  /** Writes signed statements to the durable queue. */
  store(statements: SignedStatement[]): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class RefusedReadings {
  readonly #o: RefusedReadingsOptions
  readonly #again = new Set<number>()
  #sinceMs: number | null = null
  #signing = false

  constructor(options: RefusedReadingsOptions) {
    this.#o = options
  }

  /** True while readings wait to be signed again: newer ones must not be signed before them. */
  get due(): boolean {
    return this.#sinceMs !== null
  }

  /** Refused batches that an earlier run left, and their readings; forgets events, which whoever asked for them asks for anew. */
  takeUp(): void {
    let batches = 0
    let readings = 0
    for (let after = 0; ;) {
      const page = this.#o.ledger.queue.refused(BATCHES_AT_ONCE, after)
      for (const refused of page) {
        after = refused.id
        if (refused.payload === null) this.#o.ledger.discardRefused(refused.id)
        else {
          batches += 1
          readings += refused.readings
        }
      }
      if (page.length === 0) break
    }
    if (batches === 0) return
    this.#sinceMs = this.#o.nowMs()
    this.#o.onCondition('refused-signed-again', this.#o.name, true, { readings })
  }

  /** An own batch was refused. False where its readings had been signed again already. */
  add(sequence: number): boolean {
    if (this.#again.has(sequence)) return false
    this.#sinceMs ??= this.#o.nowMs()
    return true
  }

  /** Signs again what can be now; true where anything was signed. Statements that are only in memory must be stored before. */
  signAgain(): boolean {
    const { ledger, actor, numbers } = this.#o
    if (this.#sinceMs === null || !this.#o.maySign() || (!this.#signing && ledger.queue.count() > 0)) return false
    const page = ledger.queue.refused(BATCHES_AT_ONCE)
    if (!this.#signing && !this.#opened(page)) return false
    if (!this.#signing) numbers.follow(positionsOf(ledger, actor))
    this.#signing = true
    const signed = page.filter(({ payload }) => payload !== null).flatMap((refused) => this.#sign(refused))
    if (signed.length > 0) this.#o.store(signed)
    // A crash before this line leaves both; then the refused readings are found recorded, and are not signed a third time.
    for (const { id } of page) ledger.discardRefused(id)
    if (page.length < BATCHES_AT_ONCE) {
      this.#sinceMs = null
      this.#signing = false
    }
    return true
  }

  #opened(page: readonly RefusedEntry[]): boolean {
    const { ledger, nowMs } = this.#o
    if (nowMs() - (this.#sinceMs ?? 0) > OPENING_PATIENCE_MS) return true
    return page.every(
      ({ entry, payload }) =>
        payload === null || headerOf(entry).runs.every(({ stream }) => ledger.stream(stream) !== null),
    )
  }

  #sign({ entry, payload }: RefusedEntry): SignedStatement[] {
    const { addon, ledger, batches, batchReadingsMax, nowMs } = this.#o
    const header = headerOf(entry)
    const opened = addon.openBatch(decompressPayload(payload as Uint8Array), MAX_BATCH_READINGS)
    const { rows, gaps } = unrecorded(opened, header.gaps, (stream) => ledger.streamCursor(stream))
    const readings = new ReadingQueue()
    readings.push(rows, { atUs: header.sealedAtUs, atMs: nowMs() }, { gaps, kind: 'again' })
    const signed: SignedStatement[] = []
    for (let batch = batches.make(readings, batchReadingsMax); batch !== null;) {
      this.#again.add(batch.sequence)
      signed.push(batch)
      batch = batches.make(readings, batchReadingsMax)
    }
    return signed
  }
}

function headerOf(entry: Uint8Array): BatchHeader {
  return decodeBatchHeader(parseEntry(entry).payload)
}

/**
 * Rows whose sequences the ledger does not have yet, and the gaps between them. They keep their numbers: the ledger's next one is that
 * of the first of them.
 */
function unrecorded(
  { streams, rows, heap }: Rows,
  gaps: readonly Gap[],
  cursorOf: (stream: StreamId) => number,
): { rows: Rows; gaps: PlacedGap[] } {
  const view = viewOf(rows)
  const ids = Array.from({ length: streams.length / 16 }, (_, i) =>
    parseStreamId(toHex(streams.subarray(i * 16, i * 16 + 16))),
  )
  const cursors = ids.map(cursorOf)
  const placing = new GapPlaces(gaps.filter((gap) => gap.fromSequence >= cursorOf(gap.stream)))
  const kept = new Uint8Array(rows.length)
  let to = 0
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const index = view.getUint32(at, true)
    const sequence = Number(view.getBigUint64(at + 8, true))
    if (sequence < (cursors[index] as number)) continue
    placing.before(ids[index] as StreamId, sequence, to / ROW_BYTES)
    kept.set(rows.subarray(at, at + ROW_BYTES), to)
    to += ROW_BYTES
  }
  return { rows: { streams, rows: kept.subarray(0, to), heap }, gaps: placing.close(to / ROW_BYTES) }
}

/** Puts the gaps of a header before the rows that they precede. Rows come by stream, then by sequence, and so do gaps. */
class GapPlaces {
  readonly #gaps: Gap[]
  readonly #placed: PlacedGap[] = []

  constructor(gaps: readonly Gap[]) {
    this.#gaps = [...gaps]
  }

  before(stream: StreamId, sequence: number, row: number): void {
    for (let gap = this.#gaps[0]; gap !== undefined; gap = this.#gaps[0]) {
      if (gap.stream > stream || (gap.stream === stream && gap.fromSequence > sequence)) return
      this.#place(row)
    }
  }

  close(row: number): PlacedGap[] {
    while (this.#gaps.length > 0) this.#place(row)
    return this.#placed
  }

  #place(row: number): void {
    const { stream, fromTimeUs, toTimeUs, reason } = this.#gaps.shift() as Gap
    this.#placed.push({ stream, fromTimeUs, toTimeUs, reason, row })
  }
}
