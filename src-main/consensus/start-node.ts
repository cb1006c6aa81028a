import type { Addon, RaftNode } from '../../native/addon.ts'
import { ConsensusError } from './consensus-error.ts'
import { LOG_DAMAGED, type RaftInitial, type RaftStore } from './storage.ts'

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
  /**
   * For a replica that may have forgotten what it promised: the largest term that anybody may have heard its vote in, already in the
   * store. It takes no part in elections until it has applied what was committed since.
   */
  spentTerm?: number
  /** It takes part in elections all the same: without it there is no leader who could tell. */
  votesMeanwhile?: boolean
}

export interface StartedNode {
  node: RaftNode
  /** First index whose term the core knows; it cannot forget its log up to an earlier one. */
  knownFrom: number
}

/**
 * Builds the consensus core from what is stored. An applied entry that is damaged does not keep it from starting: nothing here
 * needs it any more. Throws ConsensusError `store_inconsistent`, and the store's error for one that is still to be applied.
 */
export function startNode(initial: RaftInitial, options: StartOptions): StartedNode {
  checkInitial(options.id, initial)
  const { applied, lastIndex, snapshotIndex } = initial
  // What is not applied must be in memory; what is, only where a follower may soon ask for it.
  let from = Math.max(snapshotIndex + 1, Math.min(applied, lastIndex - RESTORED_ENTRIES + 1))
  for (;;) {
    const node = buildNode(startingAt(from, initial, options), options)
    const damaged = restore(node, from, initial, options)
    if (damaged === null) return { node, knownFrom: Math.min(from, applied) }
    from = damaged + 1
  }
}

/** Where nothing that is applied can be restored, the log in memory begins right after it. */
function startingAt(from: number, initial: RaftInitial, { store }: StartOptions): RaftInitial {
  const { applied } = initial
  if (from <= applied || applied === initial.snapshotIndex) return initial
  return { ...initial, snapshotIndex: applied, snapshotTerm: store.raft.term(applied) }
}

/** Hands the stored log over; returns the index of an applied entry that is damaged, or null. */
function restore(node: RaftNode, from: number, initial: RaftInitial, { store }: StartOptions): number | null {
  for (let low = from; low <= initial.lastIndex;) {
    try {
      const part = store.raft.entries(low, initial.lastIndex + 1, RESTORE_READ_BYTES)
      node.restore(part)
      low += part.length
    } catch (error) {
      if ((error as { code?: unknown }).code === LOG_DAMAGED && low <= initial.applied) return low
      throw error
    }
  }
  return null
}

function buildNode(
  initial: RaftInitial,
  { id, addon, electionTicks, tailBytesMax, spentTerm, votesMeanwhile }: StartOptions,
): RaftNode {
  return new addon.RaftNode({
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
    tailBytesMax: tailBytesMax ?? TAIL_BYTES_MAX,
    voting: spentTerm === undefined || votesMeanwhile === true,
    ...(electionTicks === undefined ? {} : { minElectionTick: electionTicks.min, maxElectionTick: electionTicks.max }),
  })
}

function checkInitial(id: number, initial: RaftInitial): void {
  const { snapshotIndex, applied, commit, lastIndex, voters, learners } = initial
  if (!(snapshotIndex <= applied && applied <= commit && commit <= lastIndex))
    throw new ConsensusError(
      'store_inconsistent',
      `The stored log contradicts itself: compacted to ${snapshotIndex}, applied ${applied}, committed ${commit}, last ${lastIndex}.`,
    )
  if (!voters.includes(id) && !learners.includes(id))
    throw new ConsensusError(
      'store_inconsistent',
      `This gateway's id ${id} is not among the stored members (voters ${voters.join(', ')}; learners ${learners.join(', ')}).`,
      undefined,
      "Check the configured id, and that the data folder is this gateway's.",
    )
}
