/**
 * How far back a replica keeps its log.
 *
 * Every replica tells the others what it has applied, and each keeps what the slowest member still lacks, because whoever
 * leads next must be able to serve it. What a replica applied is taken back only by the loss of its disk, so an old report is only
 * too careful, and a start with a shorter log corrects it.
 * A member that stays away while the log reaches its bound is left behind: it can no longer catch up from the log and
 * needs a copy of another member's ledger. That is said in the status, never silent.
 */

/** Entries kept although every member has applied them; also how many are dropped at once. */
const KEPT_ENTRIES = 1_024
/** Bound of the log in entries; at full load some hours of one member's absence. */
const LOG_ENTRIES_MAX = 2_000_000

/** Reports begin with a byte that no consensus message can begin with: no protobuf field has wire type 7. */
const REPORT_MARK = 0xff
const REPORT_BYTES = 9

export interface RetentionLimits {
  keptEntries?: number
  logEntriesMax?: number
}

export class LogRetention {
  readonly #kept: number
  readonly #entriesMax: number
  readonly #knownFrom: number
  readonly #applied = new Map<number, number>()
  #first: number

  /**
   * `firstIndex` is the index of the first stored entry, `knownFrom` the first one that the core was given back at start: it cannot
   * forget up to an index whose term it does not know, so a restarted replica waits until the others are past that.
   */
  constructor(firstIndex: number, limits: RetentionLimits = {}, knownFrom = firstIndex) {
    this.#first = firstIndex
    this.#knownFrom = knownFrom
    this.#kept = limits.keptEntries ?? KEPT_ENTRIES
    this.#entriesMax = limits.logEntriesMax ?? LOG_ENTRIES_MAX
  }

  get firstIndex(): number {
    return this.#first
  }

  /** A member said that it has applied the log up to `applied`. Reports may arrive out of order. */
  heard(member: number, applied: number): void {
    this.#applied.set(member, Math.max(applied, this.#applied.get(member) ?? 0))
  }

  /** A member has come back with a log that ends at `lastIndex`, whatever it had applied before. */
  restarted(member: number, lastIndex: number): void {
    this.#applied.set(member, Math.min(lastIndex, this.#applied.get(member) ?? 0))
  }

  /** The index up to which the log can be forgotten now, or null. `members` includes `self`. */
  compactTo(self: number, members: readonly number[], applied: number): number | null {
    let slowest = applied
    for (const member of members) if (member !== self) slowest = Math.min(slowest, this.#applied.get(member) ?? 0)
    const behindSlowest = slowest - this.#kept
    const behindBound = applied - this.#entriesMax
    const target = Math.max(behindSlowest, Math.min(behindBound, applied - this.#kept))
    return target - this.#first + 1 >= this.#kept && target >= this.#knownFrom ? target : null
  }

  compacted(index: number): void {
    this.#first = index + 1
  }

  /** Members that were heard and lack entries that are no longer stored. */
  leftBehind(): number[] {
    return [...this.#applied].filter(([, applied]) => applied + 1 < this.#first).map(([member]) => member)
  }
}

/** The message that tells a peer what this replica has applied. */
export function encodeReport(applied: number): Uint8Array {
  const report = Buffer.alloc(REPORT_BYTES)
  report[0] = REPORT_MARK
  report.writeBigUInt64LE(BigInt(applied), 1)
  return report
}

/** The applied index of a report, or null where `message` is none. A member may lie: then it hurts only itself. */
export function decodeReport(message: Uint8Array): number | null {
  if (message.length !== REPORT_BYTES || message[0] !== REPORT_MARK) return null
  const applied = Number(Buffer.from(message.buffer, message.byteOffset, message.length).readBigUInt64LE(1))
  return Number.isSafeInteger(applied) ? applied : null
}
