/**
 * Readings that are not signed yet. They wait in memory only as long as a batch takes to fill, or as nothing may be signed; what is
 * beyond their bound is signed and waits on disk, or, where that must not be, is given up as a gap.
 */
import type { OnCondition } from '../conditions.ts'
import type { Rows } from '../../wire/rows.ts'
import type { BatchMaker } from './batch-maker.ts'
import type { PlacedGap } from './rows-handed.ts'
import { ReadingQueue } from './reading-queue.ts'
import type { SourceLots } from './source-lots.ts'
import type { SignedStatement } from './statement-chain.ts'

const STAGED_BATCHES_PER_PASS = 16
const UNSIGNED_BYTES_MAX = 64 * 1024 * 1024
const QUEUE_FULL = 'the queue on disk was full'
const UNSIGNED_FULL = 'readings waited for too long to be signed'

/** Share of the queue's limit below which readings are kept again. */
const QUEUE_RESUMES_AT = 0.8

export interface UnsignedLimits {
  batchReadingsMax: number
  closeAfterMs: number
  queueBytesMax: number
  /** Readings that wait in memory to be signed; 64 MiB by default. */
  unsignedBytesMax?: number
}

export interface UnsignedReadingsOptions {
  limits: UnsignedLimits
  batches: BatchMaker
  lots: SourceLots
  nowMs(): number
  nowUs(): number
  /** Bytes that wait on disk. */
  queueBytes(): number
  /** False while nothing may be signed. */
  maySign(): boolean
  /** True while these must wait for older ones. */
  isHeld(): boolean
  /** Takes a signed batch, and says how many statements it has that are not on disk. */
  stage(batch: SignedStatement): number
  /** Writes down what is staged. */
  store(): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class UnsignedReadings {
  readonly #o: UnsignedReadingsOptions
  readonly #queue = new ReadingQueue()
  #staged = 0
  paused = false

  constructor(options: UnsignedReadingsOptions) {
    this.#o = options
  }

  push(rows: Rows, gaps: readonly PlacedGap[], kind: 'live' | 'past'): void {
    if (this.paused) return this.#giveUp(rows, QUEUE_FULL)
    const { limits, maySign, store } = this.#o
    const isFull = this.#queue.bytes >= (limits.unsignedBytesMax ?? UNSIGNED_BYTES_MAX)
    if (isFull && !maySign()) return this.#giveUp(rows, UNSIGNED_FULL)
    this.#queue.push(rows, this.#arrival(), { gaps, kind })
    if (!isFull) return
    this.closeAll()
    store()
  }

  /** Nothing was read since the newest reading of every stream, until its next one comes. */
  silence(reason: string): void {
    this.#queue.giveUp(null, reason, this.#arrival())
  }

  /** Readings that wait in memory. */
  get count(): number {
    return this.#queue.count
  }

  /** True while a batch of these could be made at once. */
  get more(): boolean {
    return this.#isReady && this.#queue.count >= this.#o.limits.batchReadingsMax
  }

  /** Signs batches that are full or old enough; `staged`: statements that are not on disk yet. */
  closeDue(staged: number): void {
    const { limits, nowMs } = this.#o
    this.#mind()
    this.#staged = staged
    while (this.#isReady && this.#staged < STAGED_BATCHES_PER_PASS && this.#queue.count > 0) {
      const isDue = nowMs() - (this.#queue.oldestMs ?? 0) >= limits.closeAfterMs
      if (!isDue && this.#queue.count < limits.batchReadingsMax) return
      this.#close()
    }
  }

  /** Signs all that is ready, before something that comes after it. */
  closeReady(): void {
    this.#mind()
    if (this.#isReady) this.closeAll()
  }

  /** Signs everything, even what has to wait for older readings: it is refused for their sake then, and signed again after them. */
  closeAll(): void {
    while (this.#o.maySign() && this.#queue.count > 0) this.#close()
  }

  get #isReady(): boolean {
    return this.#o.maySign() && !this.#o.isHeld()
  }

  #close(): void {
    const { batches, limits, lots, stage } = this.#o
    // The batch before ended at another lot: what that asks for is written down together with its first readings, or not at all.
    lots.begin()
    const batch = batches.make(this.#queue, limits.batchReadingsMax)
    if (batch !== null) this.#staged = stage(batch)
  }

  #giveUp(rows: Rows, reason: string): void {
    this.#queue.giveUp(rows, reason, this.#arrival(), this.#o.lots.saidIn(rows))
  }

  #arrival(): { atUs: number; atMs: number } {
    return { atUs: this.#o.nowUs(), atMs: this.#o.nowMs() }
  }

  #mind(): void {
    const { limits, name, queueBytes, onCondition } = this.#o
    const paused = queueBytes() > limits.queueBytesMax * (this.paused ? QUEUE_RESUMES_AT : 1)
    if (paused === this.paused) return
    this.paused = paused
    onCondition('queue-full', name, paused)
  }
}
