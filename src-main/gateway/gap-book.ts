/**
 * Gaps that the next batch of their stream must sign: stretches of silence, and sequences that were given out and whose
 * readings could not be kept. Also knows which sequence each stream gives out next.
 */
import type { StreamId } from '../wire/ids.ts'
import type { Gap } from '../wire/statements.ts'
import type { GapReport } from './messages.ts'
import type { Run } from './packed.ts'

const REASON_LENGTH_MAX = 200
/** A header must fit an entry of 65,535 bytes; further gaps wait for the next batch. */
const GAPS_PER_BATCH = 200

export class GapBook {
  readonly #next = new Map<string, number>()
  #waiting: GapReport[] = []

  constructor(next: Iterable<[string, number]>) {
    for (const [stream, sequence] of next) this.#next.set(stream, sequence)
  }

  /** What each stream gives out next, for the thread that acquires. */
  sequences(): [string, number][] {
    return [...this.#next]
  }

  nextOf(stream: string): number {
    return this.#next.get(stream) ?? 0
  }

  add(gap: GapReport): void {
    this.#waiting.push(gap)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Gaps to sign together with these runs. A gap that lost no sequences stands between two readings, so it names an empty
   * interval; lost sequences are covered from what was expected up to what the batch really begins with.
   */
  sign(runs: readonly Run[], nowUs: number): Gap[] {
    const signed: Gap[] = []
    const later: GapReport[] = []
    const firstOf = new Map(runs.map((run) => [run.stream as string, run.firstSequence]))
    for (const gap of this.#waiting) {
      if (signed.length >= GAPS_PER_BATCH) {
        later.push(gap)
        continue
      }
      const expected = this.nextOf(gap.stream)
      const from = gap.lost === null ? expected : Math.max(gap.lost[0], expected)
      const to = gap.lost === null ? from - 1 : Math.max(gap.lost[1], from - 1)
      signed.push(entry(gap.stream, from, to, gap.fromTimeUs, gap.toTimeUs, gap.reason))
      if (to >= from) this.#next.set(gap.stream, to + 1)
    }
    for (const [stream, first] of firstOf) {
      const expected = this.nextOf(stream)
      if (first > expected)
        signed.push(entry(stream, expected, first - 1, nowUs, nowUs, 'readings were lost before they could be signed'))
    }
    for (const run of runs) this.#next.set(run.stream, run.firstSequence + run.count)
    this.#waiting = later
    return signed.toSorted((a, b) =>
      a.stream === b.stream ? a.fromSequence - b.fromSequence : a.stream < b.stream ? -1 : 1,
    )
  }
}

function entry(stream: string, from: number, to: number, fromTimeUs: number, toTimeUs: number, reason: string): Gap {
  return {
    stream: stream as StreamId,
    fromSequence: from,
    toSequence: to,
    fromTimeUs,
    toTimeUs,
    reason: reason.slice(0, REASON_LENGTH_MAX),
  }
}
