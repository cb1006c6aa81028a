/**
 * What can go wrong between replicas.
 *
 * Fatal: the host ends the process (or rebuilds the replica from the store), because memory and disk may differ.
 * - `commit_failed`: the transaction of a pass did not commit; a failed fsync is never retried
 * - `apply_stopped`: a committed entry could not be applied (payload missing, rule-pack host trapped)
 * - `raft_poisoned`: the native core panicked; its memory is discarded, the store is intact
 * - `replica_stopped`: one of the above happened earlier
 *
 * Operating:
 * - `not_leader`, `busy`: a proposal was not taken; nothing was sent
 * - `proposal_too_large`: an entry with its payload exceeds the limit of one proposal
 * - `store_inconsistent`: the stored log and its counters contradict each other
 *
 * Transport:
 * - `peer_unknown`: a connection showed a key that is no member's, or none at all
 * - `peer_mismatch`: a member's key, but not the one that was dialled, or its hello names another id
 * - `peer_silent`: no byte for too long
 * - `peer_not_reading`: more waits for it than may, because it sends without reading
 * - `peer_resting`: a member that went beyond what one may cost (conduct.ts) and is left alone for a while
 * - `frame_malformed`, `frame_too_large`: a member sent bytes that are no frame; its connection is closed
 * - `tls_failed`, `peer_unreachable`: the connection could not be made
 * - `certificate_failed`: the gateway's own certificate could not be made
 * - `listen_failed`: the port for peers could not be opened
 */
export type ConsensusErrorCode =
  | 'commit_failed'
  | 'apply_stopped'
  | 'raft_poisoned'
  | 'replica_stopped'
  | 'not_leader'
  | 'busy'
  | 'proposal_too_large'
  | 'store_inconsistent'
  | 'peer_unknown'
  | 'peer_mismatch'
  | 'peer_silent'
  | 'peer_not_reading'
  | 'peer_resting'
  | 'frame_malformed'
  | 'frame_too_large'
  | 'tls_failed'
  | 'peer_unreachable'
  | 'certificate_failed'
  | 'listen_failed'

const FATAL: ReadonlySet<ConsensusErrorCode> = new Set([
  'commit_failed',
  'apply_stopped',
  'raft_poisoned',
  'replica_stopped',
])

/** The error class of this folder; `code` is stable, the message says what, where and what next. */
export class ConsensusError extends Error {
  readonly code: ConsensusErrorCode

  constructor(code: ConsensusErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConsensusError'
    this.code = code
  }

  /** True where the replica must not go on in this process. */
  get fatal(): boolean {
    return FATAL.has(this.code)
  }
}

/** What ends a replica, whatever was thrown. */
export function asFailure(error: unknown): ConsensusError {
  if (error instanceof ConsensusError) return error
  const code = codeOf(error) === 'raft_poisoned' ? 'raft_poisoned' : 'apply_stopped'
  return new ConsensusError(code, `The replica cannot go on: ${textOf(error)} Start it again from its store.`, error)
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** No correct replica sends one: members keep the log that the slowest needs (log-retention.ts). */
export function snapshotOffered(index: number): ConsensusError {
  const message = `A member that leads offered a snapshot up to log entry ${index}, which no correct replica does. Find out which member it is before starting again.`
  return new ConsensusError('apply_stopped', message)
}
