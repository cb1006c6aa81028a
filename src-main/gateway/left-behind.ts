import type { Ledger } from '../ledger/ledger.ts'

/** Tells of members that need a copy of a ledger, since the Raft log no longer reaches back to what they lack. */
export class LeftBehind {
  readonly #ledger: Pick<Ledger, 'members'>
  readonly #onAlarm: (code: string, message: string) => void
  #told = ''

  constructor(ledger: Pick<Ledger, 'members'>, onAlarm: (code: string, message: string) => void) {
    this.#ledger = ledger
    this.#onAlarm = onAlarm
  }

  /** `raftIds` as the replica's status has them; once for each change. */
  watch(raftIds: readonly number[]): void {
    if (raftIds.join() === this.#told) return
    this.#told = raftIds.join()
    if (raftIds.length === 0) return
    const members = this.#ledger.members()
    const names = raftIds.map((id) => members.find(({ raftId }) => raftId === id)?.name ?? `member ${id}`).join(', ')
    this.#onAlarm(
      'left_behind',
      `${names} was away for too long to catch up from the log: it needs a copy of this gateway's ledger`,
    )
  }
}
