/**
 * What one member may cost this gateway in a minute. Who holds a member's key may send anything; whatever it is, it must not
 * slow the others down or fill their memory, and it must be told who did it.
 *
 * Time is an argument. A member beyond a bound is left alone for a minute: its connection is closed, and none is made or taken
 * meanwhile. Nothing of what it signed is lost: it sends again when it is heard again.
 */
import { FRAME, type FrameType } from './frames.ts'

const MIB = 1024 * 1024
export const REST_MS = 60_000
export const REFUSALS_PER_MINUTE_MAX = 10

export interface FrameBound {
  bytesPerMinute: number
  framesPerMinute: number
}

/**
 * Far above what a correct gateway sends: 256 MiB to propose in a minute are 400,000 readings a second. Consensus messages have the widest bound, because a gateway that was away reads hours
 * of the log as fast as its disk can write; what of them is kept in memory is bounded by the core itself.
 */
export const FRAME_BOUNDS: Readonly<Record<FrameType, FrameBound>> = {
  [FRAME.link]: { bytesPerMinute: MIB, framesPerMinute: 1_200 },
  [FRAME.raft]: { bytesPerMinute: 8192 * MIB, framesPerMinute: 600_000 },
  [FRAME.forward]: { bytesPerMinute: 256 * MIB, framesPerMinute: 60_000 },
  [FRAME.cosignature]: { bytesPerMinute: 32 * MIB, framesPerMinute: 60_000 },
  [FRAME.status]: { bytesPerMinute: 16 * MIB, framesPerMinute: 1_200 },
  [FRAME.memory]: { bytesPerMinute: 4 * MIB, framesPerMinute: 1_200 },
  [FRAME.parts]: { bytesPerMinute: 512 * MIB, framesPerMinute: 60_000 },
}

const SLOTS = 60
const SLOT_MS = 1_000

/** A sum over the last minute, to a second. */
export class MinuteSum {
  readonly #slots = new Float64Array(SLOTS)
  #slot = 0
  #sum = 0

  /** Adds `amount`, which may be 0, and gives the sum. */
  add(amount: number, nowMs: number): number {
    const slot = Math.floor(nowMs / SLOT_MS)
    for (let gone = Math.max(this.#slot + 1, slot - SLOTS + 1); gone <= slot; gone++) this.#set(gone % SLOTS, 0)
    this.#slot = Math.max(this.#slot, slot)
    this.#set(this.#slot % SLOTS, (this.#slots[this.#slot % SLOTS] ?? 0) + amount)
    return this.#sum
  }

  clear(): void {
    this.#slots.fill(0)
    this.#sum = 0
  }

  #set(at: number, amount: number): void {
    this.#sum += amount - (this.#slots[at] ?? 0)
    this.#slots[at] = amount
  }
}

/** Why a member is left alone for a while. */
export interface Rest {
  untilMs: number
  /** A half sentence behind the member's name: "sent …". */
  reason: string
}

export class Conduct {
  readonly #frames = new Map<FrameType, { bytes: MinuteSum; count: MinuteSum }>()
  readonly #refusals = new MinuteSum()
  #refused = 0
  #rest: Rest | null = null

  /** Refused messages, malformed frames and refused statements since the start. */
  get refused(): number {
    return this.#refused
  }

  /** The rest that lasts at `nowMs`, or null. */
  resting(nowMs: number): Rest | null {
    if (this.#rest !== null && nowMs >= this.#rest.untilMs) this.#rest = null
    return this.#rest
  }

  /** Counts a frame of a link that carries so many channels; the rest that follows where it was one too many, else null. */
  frame(type: FrameType, bytes: number, nowMs: number, channels = 1): Rest | null {
    const sums = this.#frames.get(type) ?? { bytes: new MinuteSum(), count: new MinuteSum() }
    this.#frames.set(type, sums)
    const [sent, count] = [sums.bytes.add(bytes, nowMs), sums.count.add(1, nowMs)]
    const bound = FRAME_BOUNDS[type]
    if (sent <= channels * bound.bytesPerMinute && count <= channels * bound.framesPerMinute) return null
    const name = NAMES[type]
    return this.rest(`sent ${count} frames of ${name} with ${Math.ceil(sent / MIB)} MiB within a minute`, nowMs)
  }

  /** Counts something that no correct gateway sends; the rest that follows where it was one too many, else null. */
  refusal(what: string, nowMs: number): Rest | null {
    this.#refused += 1
    const count = this.#refusals.add(1, nowMs)
    if (count <= REFUSALS_PER_MINUTE_MAX) return null
    return this.rest(`sent ${count} messages within a minute that were refused, the last because it ${what}`, nowMs)
  }

  /** Leaves the member alone from now on, whatever its counts. */
  rest(reason: string, nowMs: number): Rest {
    this.#rest = { untilMs: nowMs + REST_MS, reason }
    // It is heard again with nothing on its account.
    this.#refusals.clear()
    this.#frames.clear()
    return this.#rest
  }
}

const NAMES: Readonly<Record<FrameType, string>> = {
  [FRAME.link]: 'the link itself',
  [FRAME.raft]: 'consensus',
  [FRAME.forward]: 'statements to propose',
  [FRAME.cosignature]: 'cosignatures',
  [FRAME.status]: 'status',
  [FRAME.memory]: 'memory',
  [FRAME.parts]: 'parts of the ledger',
}

/** Below the leader's bound with all it may have saved up and one statement of the largest size. */
const FORWARDED_BYTES_PER_SECOND = (192 * MIB) / 60
const FORWARDED_BYTES_SAVED_MAX = 8 * MIB

/** Keeps what this gateway forwards below what a leader takes of it, also while it brings hours of a queue. */
export class ForwardPace {
  #room = FORWARDED_BYTES_SAVED_MAX
  #atMs = 0

  /** Bytes that may be forwarded now; the last statement may be larger than what is left. */
  room(nowMs: number): number {
    const more = ((nowMs - this.#atMs) / 1000) * FORWARDED_BYTES_PER_SECOND
    this.#room = Math.min(FORWARDED_BYTES_SAVED_MAX, this.#room + Math.max(0, more))
    this.#atMs = nowMs
    return Math.max(0, this.#room)
  }

  spend(bytes: number): void {
    this.#room -= bytes
  }
}
