/**
 * Twice as long as gateways are silent at most: each of them writes a sign of life, so that what a leader commits moves on. One that
 * has lost the majority steps down by itself much sooner.
 */
export const STALLED_MS = 16_000

/**
 * Notices a leader that is heard and commits nothing while this gateway has something to write: its disk hangs, or it claimed to lead
 * and was elected by nobody. As long as it is heard there is no election.
 */
export class StalledLeader {
  #leader = 0
  #commit = -1
  #sinceMs = 0

  /** `waiting`: whether this gateway has statements to write. The leader where it has stalled, else null. */
  watch(raft: { id: number; leader: number; commit: number }, waiting: boolean, nowMs: number): number | null {
    const { id, leader, commit } = raft
    const moves = leader !== this.#leader || commit !== this.#commit
    if (moves || leader === 0 || leader === id || !waiting) {
      this.#leader = leader
      this.#commit = commit
      this.#sinceMs = nowMs
      return null
    }
    return nowMs - this.#sinceMs > STALLED_MS ? leader : null
  }
}
