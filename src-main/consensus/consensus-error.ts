import { messageOf, PlumblineError } from '../wire/plumbline-error.ts'

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

const RESTART = 'Start the gateway again: it goes on from what is stored.'
const VERSIONS = 'Compare the releases of both gateways, and update the older one.'
const ITSELF = 'The connection is made anew by itself; if it stays so, look at the network between the two gateways.'

/** What to do where the place that throws knows nothing better. */
const NEXT: Record<ConsensusErrorCode, string> = {
  commit_failed: RESTART,
  apply_stopped: RESTART,
  raft_poisoned: RESTART,
  replica_stopped: RESTART,
  store_inconsistent: 'Run "plumbline fsck" and restore from a backup or a peer.',
  peer_unknown: 'If it is a new gateway, add it to the channel first.',
  peer_mismatch: 'Check the address in "peers", and ask the owner of that gateway.',
  peer_silent: ITSELF,
  peer_not_reading: ITSELF,
  peer_resting: 'Look into the log of that gateway: it sends more, or worse, than a member may.',
  frame_malformed: VERSIONS,
  frame_too_large: VERSIONS,
  tls_failed: 'If it was no gateway of yours, nothing is to be done; otherwise compare the releases of both.',
  peer_unreachable: 'Is it running, is its address right, and does a firewall let this port through?',
  certificate_failed: 'Check tls.pem in the key folder.',
  listen_failed: 'Choose another port for peers or stop what uses it.',
}

/** The error class of this folder. */
export class ConsensusError extends PlumblineError<ConsensusErrorCode> {
  override readonly name = 'ConsensusError'

  constructor(code: ConsensusErrorCode, message: string, cause?: unknown, next = NEXT[code]) {
    super(code, message, next, cause)
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
  return new ConsensusError(code, `The replica cannot go on: ${textOf(error)}`, error)
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

export function textOf(error: unknown): string {
  const text = messageOf(error)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** No correct replica sends one: members keep the log that the slowest needs (log-retention.ts). */
export function snapshotOffered(index: number): ConsensusError {
  const message = `A member that leads offered a snapshot up to log entry ${index}, which no correct replica does.`
  return new ConsensusError('apply_stopped', message, undefined, 'Find out which member it is before starting again.')
}
