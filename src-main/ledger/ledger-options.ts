/** What a ledger is opened with, and what it is given to store and apply. */
import type { Addon, HardState, LogEntry, Membership } from '../../native/addon.ts'
import type { Contracts } from '../record/contracts.ts'
import type { KnownRules } from '../record/rules.ts'
import type { ActorId } from '../wire/ids.ts'
import type { QueuedEntry } from './queue.ts'

/** Named places at which a test or the simulator may throw, as if the process ended there. */
export type FaultPoint = 'before-commit' | 'after-commit'

export interface LedgerOptions {
  /** Path of ledger.db; not used with `memory`. */
  file?: string
  addon: Addon
  /** Entry bytes of the channel's genesis: founds a new store; an existing one must begin with the same. */
  genesis?: Uint8Array
  /** By which it decides; the newest that this release has where none are given. */
  rules?: KnownRules
  /** What packs say to events. Without it an event that is for them to decide stops the replica. */
  contracts?: Contracts
  /** Keeps everything in memory; `image` is what `image()` of a former one gave. */
  memory?: boolean
  image?: Uint8Array
  /** The gateway whose ledger this is: a new store is bound to it, and another's is refused. */
  actor?: ActorId
  /** 16 random bytes: id of a store that is made now. */
  ledgerId?: Uint8Array
  faults?: (point: FaultPoint) => void
}

/** What Raft wants durable before it may go on, and what it wants applied. Everything happens, or nothing. */
export interface Pass {
  /** First index to drop from the log, before appending. */
  truncateFrom: number | null
  append: readonly LogEntry[]
  hardState: HardState | null
  /** Committed entries, contiguous after what is applied. */
  apply: readonly LogEntry[]
  /** Members after a change of configuration among `apply`. */
  confState?: Membership
  /** Forget the Raft log up to this index; never above what is applied. */
  compactTo?: number
  /** Statements of this gateway to keep until they are applied. */
  enqueue?: readonly QueuedEntry[]
}
