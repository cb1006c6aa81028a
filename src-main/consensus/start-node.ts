import type { Addon, RaftNode } from '../../native/addon.ts'
import { ConsensusError } from './consensus-error.ts'
import type { RaftInitial, RaftStore } from './storage.ts'

const MIB = 1024 * 1024
/** In ticks of 100 ms. */
const ELECTION_TICKS = 10
const HEARTBEAT_TICKS = 2
/** Entries restored although they are applied, so that a follower that is a little behind needs no reads of the disk. */
const RESTORED_ENTRIES = 256
const RESTORE_READ_BYTES = 8 * MIB
const TAIL_BYTES_MAX = 32 * MIB

export interface StartOptions {
  id: number
  addon: Pick<Addon, 'RaftNode'>
  store: Pick<RaftStore<unknown>, 'raft'>
  /** Bounds of the random election timeout in ticks, [min, max); a simulation pins them. */
  electionTicks?: { min: number; max: number }
  /** How much of the log the core keeps in memory; older entries are read back from the store where a follower needs them. */
  tailBytesMax?: number
}

/** Builds the consensus core from what is stored. Throws ConsensusError `store_inconsistent`. */
export function startNode(initial: RaftInitial, options: StartOptions): RaftNode {
  const { id, addon, store, electionTicks } = options
  checkInitial(id, initial)
  const node = new addon.RaftNode({
    id,
    voters: initial.voters,
    learners: initial.learners,
    votersOutgoing: initial.votersOutgoing,
    learnersNext: initial.learnersNext,
    term: initial.term,
    vote: initial.vote,
    commit: initial.commit,
    applied: initial.applied,
    snapshotIndex: initial.snapshotIndex,
    snapshotTerm: initial.snapshotTerm,
    electionTick: ELECTION_TICKS,
    heartbeatTick: HEARTBEAT_TICKS,
    tailBytesMax: options.tailBytesMax ?? TAIL_BYTES_MAX,
    ...(electionTicks === undefined ? {} : { minElectionTick: electionTicks.min, maxElectionTick: electionTicks.max }),
  })
  // What is not applied must be in memory; what is, only where a follower may soon ask for it.
  let low = restoredFrom(initial)
  while (low <= initial.lastIndex) {
    const part = store.raft.entries(low, initial.lastIndex + 1, RESTORE_READ_BYTES)
    node.restore(part)
    low += part.length
  }
  return node
}

function checkInitial(id: number, initial: RaftInitial): void {
  const { snapshotIndex, applied, commit, lastIndex, voters, learners } = initial
  if (!(snapshotIndex <= applied && applied <= commit && commit <= lastIndex))
    throw new ConsensusError(
      'store_inconsistent',
      `The stored log contradicts itself: compacted to ${snapshotIndex}, applied ${applied}, committed ${commit}, last ${lastIndex}. Run "plumbline fsck" and restore from a backup or a peer.`,
    )
  if (!voters.includes(id) && !learners.includes(id))
    throw new ConsensusError(
      'store_inconsistent',
      `This gateway's id ${id} is not among the stored members (voters ${voters.join(', ')}; learners ${learners.join(', ')}). Check the configured id, and that the data folder is this gateway's.`,
    )
}

/** First index that the core is given back at start; of what lies before it does not know the terms. */
export function restoredFrom(initial: RaftInitial): number {
  return Math.max(initial.snapshotIndex + 1, Math.min(initial.applied, initial.lastIndex - RESTORED_ENTRIES + 1))
}
