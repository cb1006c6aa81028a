/** Makes signed batches of waiting readings, each within the bounds of the format and with the gaps that belong to it. */
import type { GapBook } from './gap-book.ts'
import { batchExtent } from './batch-extent.ts'
import type { OnCondition } from './conditions.ts'
import type { ReadingQueue } from './reading-queue.ts'
import type { SignedStatement, StatementChain } from './statement-chain.ts'

export interface BatchMakerOptions {
  chain: StatementChain
  gaps: GapBook
  nowMs(): number
  nowUs(): number
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class BatchMaker {
  readonly #o: BatchMakerOptions

  constructor(options: BatchMakerOptions) {
    this.#o = options
  }

  /** One batch from the front of the queue; null where it holds nothing that can be signed. */
  make(readings: ReadingQueue, readingsMax: number): SignedStatement | null {
    const { chain, gaps, nowMs, nowUs } = this.#o
    const left = { repeated: 0, unopened: 0 }
    let signed: SignedStatement | null = null
    while (signed === null && readings.count > 0) {
      const { count, fate, times } = batchExtent(readings.chunks, readingsMax, (stream) => gaps.nextOf(stream), nowUs())
      const rows = readings.take(count, nowMs())
      if (fate === 'batch') signed = chain.batch(rows, (runs) => gaps.sign(runs, times, nowUs()))
      else left[fate] += count
    }
    this.#tell(left)
    return signed
  }

  #tell({ repeated, unopened }: { repeated: number; unopened: number }): void {
    const { name, onCondition } = this.#o
    if (repeated > 0) onCondition('readings-repeated', name, true, { readings: repeated })
    if (unopened > 0) onCondition('stream-unopened', name, true, { readings: unopened })
  }
}
