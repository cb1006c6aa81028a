/**
 * Gaps that the next batch of their stream must sign: stretches of silence, and sequences that were given out and whose
 * readings could not be kept. Also knows which sequence each stream gives out next, and when its newest reading was.
 */
import { nextSequences } from '../ledger/queue.ts'
import { utf8 } from '../wire/bytes.ts'
import { withoutHidden } from '../wire/plain-text.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Gap } from '../wire/statements.ts'
import { GAP_BYTES, GAPS_MAX, HEADER_BYTES_MAX, REASON_BYTES_MAX, RUN_BYTES } from './batch-extent.ts'
import type { RunTimes } from './batch-extent.ts'
import type { GapReport } from './messages.ts'
import type { Run } from './packed.ts'

const LOST = 'readings were lost before they could be signed'

/** What a stream goes on from: its next sequence, and the time of its newest reading (null before the first). */
export interface SignedUpTo {
  next: number
  lastTimeUs: number | null
}

export class GapBook {
  readonly #next = new Map<string, number>()
  readonly #lastTimeUs = new Map<string, number>()
  #waiting: GapReport[] = []

  constructor(streams: Iterable<[string, SignedUpTo]>) {
    this.follow(streams)
  }

  /** What a stream goes on with; null for one whose opening was never signed. */
  nextOf(stream: string): number | null {
    return this.#next.get(stream) ?? null
  }

  open(stream: string, next: number): void {
    this.#next.set(stream, Math.max(this.nextOf(stream) ?? 0, next))
  }

  /** Goes on from these sequences alone: what was signed after them counts for nothing. */
  follow(streams: Iterable<[string, SignedUpTo]>): void {
    this.#next.clear()
    this.#lastTimeUs.clear()
    for (const [stream, { next, lastTimeUs }] of streams) {
      this.#next.set(stream, next)
      if (lastTimeUs !== null) this.#lastTimeUs.set(stream, lastTimeUs)
    }
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
   * begins with, and reach from the reading before them to the one after: when each was lost, nobody knows (docs/FORMATS.md, Entry).
   * What finds no room, or lies behind readings that are not signed yet, waits for the next batch.
   */
  sign(runs: readonly Run[], times: ReadonlyMap<string, RunTimes>, nowUs: number): Gap[] {
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
      const around = { beforeUs: this.#lastTimeUs.get(stream) ?? null, ...(times.get(stream) ?? NO_TIMES) }
      const placing = new StreamGaps(stream, next, around, runOf.get(stream) ?? null, room)
      for (const gap of gaps) if (!placing.place(gap)) later.push(gap)
      signed.push(...placing.close(nowUs))
    }
    for (const [stream, next] of nextSequences({ runs, gaps: signed })) this.#next.set(stream, next)
    for (const [stream, { lastUs }] of times) if (lastUs !== null) this.#lastTimeUs.set(stream, lastUs)
    this.#waiting = later
    return signed.toSorted((a, b) =>
      a.stream === b.stream ? a.fromSequence - b.fromSequence : a.stream < b.stream ? -1 : 1,
    )
  }
}

const NO_TIMES: RunTimes = { firstUs: null, lastUs: null }

/** Times of the readings around a stream's gaps: the newest one signed before, the first and the last of its run. */
interface Around extends RunTimes {
  beforeUs: number | null
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
  readonly #around: Around
  readonly #run: Run | null
  readonly #room: Room
  readonly #gaps: Gap[] = []
  /** Lost sequences before the run for which there is no room one by one: one gap covers them all. */
  #together: GapReport[] = []
  #at: number

  constructor(stream: string, next: number, around: Around, run: Run | null, room: Room) {
    this.#stream = stream
    this.#around = around
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
    const told = { fromTimeUs, toTimeUs: Math.max(fromTimeUs, to) }
    const times = toSequence < fromSequence ? told : this.#between(fromSequence, told)
    this.#gaps.push({ stream, fromSequence, toSequence, ...times, reason: cut(reason) })
  }

  /** A gap that lost readings lies between its neighbours, whatever was told of it: else the batch would be invalid. */
  #between(fromSequence: number, told: { fromTimeUs: number; toTimeUs: number }): typeof told {
    const { beforeUs, firstUs, lastUs } = this.#around
    const behind = this.#run !== null && fromSequence > this.#run.firstSequence
    const before = behind ? (lastUs ?? beforeUs) : beforeUs
    const after = behind ? null : firstUs
    if (before !== null && after !== null)
      return { fromTimeUs: Math.min(before, after), toTimeUs: Math.max(before, after) }
    if (before !== null) return { fromTimeUs: before, toTimeUs: Math.max(before, told.toTimeUs) }
    if (after !== null) return { fromTimeUs: Math.min(told.fromTimeUs, after), toTimeUs: after }
    return told
  }
}

/** At most REASON_BYTES_MAX bytes of UTF-8, never half a character, and nothing that a name may not hold: devices say what they like. */
function cut(reason: string): string {
  const plain = withoutHidden(reason.toWellFormed())
  const bytes = utf8(plain)
  if (bytes.length <= REASON_BYTES_MAX) return plain
  let end = REASON_BYTES_MAX
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1
  return Buffer.from(bytes.subarray(0, end)).toString()
}
