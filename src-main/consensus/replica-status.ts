import type { RaftStatus } from '../../native/addon.ts'

export interface PassResult<Outcome> {
  /** One for each statement that this pass applied, in ledger order: what is accepted here may be acknowledged. */
  outcomes: Outcome[]
  /** Statements handed to `propose` that were dropped because this replica does not lead any more. */
  abandoned: number
}

export interface ReplicaStatus extends RaftStatus {
  /** Statements that wait to be proposed. */
  backlog: { count: number; bytes: number }
  /** Messages that the core would not take, by member. */
  rejectedMessages: ReadonlyMap<number, number>
  /** First index of the stored log. */
  firstIndex: number
  /** Members that cannot catch up from the log any more and need a copy of a ledger. */
  leftBehind: number[]
  /** False while it takes no part in elections, because it may have forgotten what it promised. */
  voting: boolean
}
