import type { Ledger } from '../../ledger/ledger.ts'
import type { OnCondition } from '../conditions.ts'

/** Tells of members that need a copy of a ledger, since the Raft log no longer reaches back to what they lack. */
export class LeftBehind {
  readonly #ledger: Pick<Ledger, 'members'>
  readonly #onCondition: OnCondition
  #told: readonly number[] = []

  constructor(ledger: Pick<Ledger, 'members'>, onCondition: OnCondition) {
    this.#ledger = ledger
    this.#onCondition = onCondition
  }

  /** `raftIds` as the replica's status has them. */
  watch(raftIds: readonly number[]): void {
    if (raftIds.join() === this.#told.join()) return
    const before = this.#told
    this.#told = [...raftIds]
    const members = this.#ledger.members()
    const nameOf = (id: number): string => members.find(({ raftId }) => raftId === id)?.name ?? `member ${id}`
    for (const id of raftIds) if (!before.includes(id)) this.#onCondition('left-behind', nameOf(id), true)
    for (const id of before) if (!raftIds.includes(id)) this.#onCondition('left-behind', nameOf(id), false)
  }
}
