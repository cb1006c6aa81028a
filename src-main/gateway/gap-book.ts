/**
 * Gaps that the next batch of their stream must sign: stretches of silence, and sequences that were given out and whose
 * readings could not be kept. Also knows which sequence each stream gives out next.
 */
import { nextSequences } from '../ledger/queue.ts'
import { utf8 } from '../wire/bytes.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Gap } from '../wire/statements.ts'
import { GAP_BYTES, GAPS_MAX, HEADER_BYTES_MAX, REASON_BYTES_MAX, RUN_BYTES } from './batch-extent.ts'
import type { GapReport } from './messages.ts'
import type { Run } from './packed.ts'

const LOST = 'readings were lost before they could be signed'

export class GapBook {
  readonly #next: Map<string, number>
  #waiting: GapReport[] = []

  constructor(next: Iterable<[string, number]>) {
    this.#next = new Map(next)
  }

  /** What a stream goes on with; null for one whose opening was never signed. */
  nextOf(stream: string): number | null {
    return this.#next.get(stream) ?? null
  }

  open(stream: string, next: number): void {
    this.#next.set(stream, Math.max(this.nextOf(stream) ?? 0, next))
  }

  /** Goes on from these sequences alone: what was signed after them counts for nothing. */
  follow(next: Iterable<[string, number]>): void {
    this.#next.clear()
    for (const [stream, sequence] of next) this.#next.set(stream, sequence)
  }

  add(gap: GapReport): void {
    this.#waiting.push(gap)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Gaps to sign together with these runs, each contiguous (`batchExtent`). A gap that lost no sequences stands between two
   * readings, so it names an empty interval; lost sequences are covered from what was expected up to what the batch really
   * begins with. What finds no room, or lies behind readings that are not signed yet, waits for the next batch.
   */
  sign(runs: readonly Run[], nowUs: number): Gap[] {
    const room = new Room(runs, runs.filter((run) => run.firstSequence > (this.nextOf(run.stream) ?? 0)).length)
    const runOf = new Map(runs.map((run) => [run.stream as string, run]))
    const waiting = Map.groupBy(this.#waiting, (gap) => gap.stream)
    for (const { stream } of runs) if (!waiting.has(stream)) waiting.set(stream, [])
    const signed: Gap[] = []
    const later: GapReport[] = []
    for (const [stream, gaps] of waiting) {
      const next = this.nextOf(stream)
      // Of a stream that nobody opened no reading is kept either; a gap of it would make the batch invalid.
      if (next === null) continue
      const placing = new StreamGaps(stream, next, runOf.get(stream) ?? null, room)
      for (const gap of gaps) if (!placing.place(gap)) later.push(gap)
      signed.push(...placing.close(nowUs))
    }
    for (const [stream, next] of nextSequences({ runs, gaps: signed })) this.#next.set(stream, next)
    this.#waiting = later
    return signed.toSorted((a, b) =>
      a.stream === b.stream ? a.fromSequence - b.fromSequence : a.stream < b.stream ? -1 : 1,
    )
  }
}

/** What a header still holds, after its runs and one gap for each run that begins later than expected. */
class Room {
  #gaps: number
  #bytes: number

  constructor(runs: readonly Run[], breaks: number) {
    this.#gaps = GAPS_MAX - breaks
    this.#bytes = HEADER_BYTES_MAX - runs.length * RUN_BYTES - breaks * GAP_BYTES
  }

  take(): boolean {
    if (this.#gaps < 1 || this.#bytes < GAP_BYTES) return false
    this.#gaps -= 1
    this.#bytes -= GAP_BYTES
    return true
  }
}

/** The gaps of one stream around its run, in the order of their sequences. */
class StreamGaps {
  readonly #stream: string
  readonly #run: Run | null
  readonly #room: Room
  readonly #gaps: Gap[] = []
  /** Lost sequences before the run for which there is no room one by one: one gap covers them all. */
  #together: GapReport[] = []
  #at: number

  constructor(stream: string, next: number, run: Run | null, room: Room) {
    this.#stream = stream
    this.#run = run
    this.#room = room
    this.#at = next
  }

  /** False where it has to wait. */
  place(gap: GapReport): boolean {
    const run = this.#run
    if (gap.lost === null || gap.lost[1] < this.#at) return this.#take(gap, this.#at, this.#at - 1)
    const from = Math.max(gap.lost[0], this.#at)
    if (run !== null && from < run.firstSequence) return this.#beforeRun(gap, from, run)
    const end = run === null ? this.#at : run.firstSequence + run.count
    // Where the run has some of what was said to be lost, the readings are there after all.
    const start = run === null ? from : Math.max(from, end)
    if (start !== end) return false
    if (run !== null && this.#at < end) this.#reachRun(run, gap.fromTimeUs)
    return this.#take(gap, start, Math.max(gap.lost[1], start - 1))
  }

  /** The gaps; the last ones needed to reach the run are made now. */
  close(nowUs: number): Gap[] {
    const run = this.#run
    if (run !== null && this.#at <= run.firstSequence) this.#reachRun(run, nowUs)
    return this.#gaps
  }

  #beforeRun(gap: GapReport, from: number, run: Run): boolean {
    const [, lostTo] = gap.lost as [number, number]
    const to = Math.min(lostTo, run.firstSequence - 1)
    if (this.#together.length === 0 && from === this.#at && this.#take(gap, from, to)) return true
    this.#together.push(gap)
    return true
  }

  #reachRun(run: Run, timeUs: number): void {
    const [first] = this.#together
    const toTimeUs = this.#together.at(-1)?.toTimeUs ?? timeUs
    if (this.#at < run.firstSequence)
      this.#push(this.#at, run.firstSequence - 1, first?.fromTimeUs ?? timeUs, toTimeUs, first?.reason ?? LOST)
    this.#together = []
    this.#at = run.firstSequence + run.count
  }

  #take({ fromTimeUs, toTimeUs, reason }: GapReport, from: number, to: number): boolean {
    if (!this.#room.take()) return false
    this.#push(from, to, fromTimeUs, toTimeUs, reason)
    this.#at = Math.max(this.#at, to + 1)
    return true
  }

  #push(fromSequence: number, toSequence: number, fromTimeUs: number, to: number, reason: string): void {
    const stream = this.#stream as StreamId
    const toTimeUs = Math.max(fromTimeUs, to)
    this.#gaps.push({ stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason: cut(reason) })
  }
}

/** At most REASON_BYTES_MAX bytes of UTF-8, never half a character. */
function cut(reason: string): string {
  const bytes = utf8(reason.toWellFormed())
  if (bytes.length <= REASON_BYTES_MAX) return reason.toWellFormed()
  let end = REASON_BYTES_MAX
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1
  return Buffer.from(bytes.subarray(0, end)).toString()
}
