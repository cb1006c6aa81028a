import type { LogEntry } from '../../../native/addon.ts'
import type { RaftInitial, RaftStore, StoredPass } from '../../../src-main/consensus/storage.ts'
import { fromUtf8 } from '../../../src-main/wire/bytes.ts'
import { decodeProposal } from '../../../src-main/wire/proposal.ts'

/** A store in memory that knows no ledger: its outcome of a statement is the statement's text. Survives its replica. */
export class MemoryStore implements RaftStore<string> {
  readonly passes: StoredPass[] = []
  readonly applied: string[] = []
  /** Indices of entries whose bytes are no longer what was appended. */
  readonly damaged = new Set<number>()
  /** Called before a pass takes effect; throwing is a failed commit. */
  beforeCommit: (pass: StoredPass) => void = () => undefined
  #log: LogEntry[] = []
  #state: Omit<RaftInitial, 'lastIndex'>

  constructor(voters: number[], learners: number[] = []) {
    const none = { learners, votersOutgoing: [], learnersNext: [] }
    this.#state = { term: 0, vote: 0, commit: 0, applied: 0, snapshotIndex: 0, snapshotTerm: 0, voters, ...none }
  }

  readonly raft = {
    initial: (): RaftInitial => ({ ...this.#state, lastIndex: this.#lastIndex() }),
    entries: (low: number, high: number, bytesMax: number): LogEntry[] => {
      const found: LogEntry[] = []
      let bytes = 0
      for (const entry of this.#log) {
        if (entry.index < low || entry.index >= high) continue
        bytes += entry.data.length
        if (found.length > 0 && bytes > bytesMax) break
        found.push(entry)
      }
      if (found[0]?.index !== low) throw new Error(`entry ${low} is not stored`)
      const sound = found.findIndex(({ index }) => this.damaged.has(index))
      if (sound === 0) throw Object.assign(new Error(`entry ${low} is damaged`), { code: 'raft_log_damaged' })
      return sound === -1 ? found : found.slice(0, sound)
    },
    term: (index: number): number => (this.#log.find((entry) => entry.index === index) as LogEntry).term,
  }

  commitPass(pass: StoredPass): string[] {
    this.beforeCommit(pass)
    this.passes.push(pass)
    if (pass.truncateFrom !== null) this.#log = this.#log.filter(({ index }) => index < (pass.truncateFrom as number))
    for (const entry of pass.append) {
      if (entry.index !== this.#lastIndex() + 1) throw new Error(`hole before ${entry.index}`)
      this.#log.push(entry)
    }
    if (pass.hardState !== null) Object.assign(this.#state, pass.hardState)
    if (pass.confState !== undefined) Object.assign(this.#state, pass.confState)
    const outcomes: string[] = []
    for (const entry of pass.apply) {
      if (entry.index !== this.#state.applied + 1)
        throw new Error(`applied ${entry.index} after ${this.#state.applied}`)
      this.#state.applied = entry.index
      if (entry.kind === 0) for (const statement of decodeProposal(entry.data)) outcomes.push(fromUtf8(statement.entry))
    }
    this.applied.push(...outcomes)
    if (pass.compactTo !== undefined) this.#compact(pass.compactTo)
    if (this.#state.commit < this.#state.applied || this.#state.commit > this.#lastIndex())
      throw new Error('commit out of bounds')
    return outcomes
  }

  #compact(index: number): void {
    const last = this.#log.find((entry) => entry.index === index)
    if (last === undefined || index > this.#state.applied) throw new Error(`cannot compact to ${index}`)
    this.#log = this.#log.filter((entry) => entry.index > index)
    this.#state.snapshotIndex = index
    this.#state.snapshotTerm = last.term
  }

  #lastIndex(): number {
    return this.#log.at(-1)?.index ?? this.#state.snapshotIndex
  }
}
