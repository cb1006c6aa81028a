/**
 * What a replica needs of its disk. The ledger's store offers exactly this; the replica knows nothing else of it.
 *
 * Everything of one pass is one transaction, so that the log, the vote, the ledger and the applied index can never
 * contradict each other after a crash.
 */
import type { HardState, LogEntry, Membership } from '../../native/addon.ts'

/** Code of the error that says: this entry is not what was appended. */
export const LOG_DAMAGED = 'raft_log_damaged'

/** What the stored log and its counters are at start. The log holds snapshotIndex + 1 to lastIndex. */
export interface RaftInitial extends HardState, Membership {
  /** Index of the last entry whose effects are in the store. */
  applied: number
  snapshotIndex: number
  snapshotTerm: number
  lastIndex: number
}

/** One pass to be made durable, in this order: cut, append, hard state, apply, compact. */
export interface StoredPass {
  /** Delete the log from this index on, before appending; null for nothing. */
  truncateFrom: number | null
  append: LogEntry[]
  /** Replaces the stored one; null leaves it. Its commit is never beyond the log nor below what is applied. */
  hardState: HardState | null
  /** Committed entries, contiguous from applied + 1; kind 1 and empty ones have no effect on the ledger but count as applied. */
  apply: LogEntry[]
  /** Members after a change of configuration in `apply`. */
  confState?: Membership
  /** Forget the log up to this index; never above what is applied. */
  compactTo?: number
}

export interface RaftStore<Outcome> {
  raft: {
    initial(): RaftInitial
    /**
     * Entries low to high - 1, cut off once `bytesMax` is exceeded or before one that is damaged, but at least one. Throws an error
     * of code `LOG_DAMAGED` where the first is not what was appended.
     */
    entries(low: number, high: number, bytesMax: number): LogEntry[]
    /** Term of a stored entry. Throws like `entries`. */
    term(index: number): number
  }
  /**
   * Commits a pass durably (fsync) and returns an outcome for every statement in `apply`, in order.
   * Whatever it throws ends the replica: memory is then ahead of the disk and cannot be taken back.
   */
  commitPass(pass: StoredPass): Outcome[]
}
