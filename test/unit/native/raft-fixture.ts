import { loadAddon } from '../../../native/addon.ts'
import type { HardState, LogEntry, RaftConfig, RaftMessage, RaftNode } from '../../../native/addon.ts'

/** Timing that leaves nothing to chance: node 1 stands first, then 2, then 3. */
export function configOf(id: number, more: Partial<RaftConfig> = {}): RaftConfig {
  return {
    id,
    voters: [1, 2, 3],
    learners: [],
    term: 0,
    vote: 0,
    commit: 0,
    applied: 0,
    snapshotIndex: 0,
    snapshotTerm: 0,
    electionTick: 10,
    heartbeatTick: 2,
    minElectionTick: 10 + 3 * id,
    maxElectionTick: 11 + 3 * id,
    ...more,
  }
}

/** A node with a store that is nothing but an array, written between collect and persisted. */
export class StoredNode {
  readonly id: number
  readonly more: Partial<RaftConfig>
  raft: RaftNode
  log: LogEntry[] = []
  hardState: HardState = { term: 0, vote: 0, commit: 0 }
  appliedIndex = 0
  applied: string[] = []
  /** Entries handed back because the node asked for them. */
  supplied = 0

  constructor(id: number, more: Partial<RaftConfig> = {}) {
    this.id = id
    this.more = more
    this.raft = new (loadAddon().RaftNode)(configOf(id, more))
  }

  /** Builds the node again from its store: what a restart does. `from` keeps the older part of the log on disk. */
  restart(from = 1): void {
    const { term, vote, commit } = this.hardState
    const config = { ...this.more, term, vote, commit: Math.max(commit, this.appliedIndex), applied: this.appliedIndex }
    this.raft = new (loadAddon().RaftNode)(configOf(this.id, config))
    const tail = this.log.slice(from - 1)
    this.raft.restore(tail.slice(0, 5))
    this.raft.restore(tail.slice(5))
  }

  /** One pass; what it lets out, or null where nothing was to be done. */
  pass(): RaftMessage[] | null {
    const pass = this.raft.collect()
    if (!pass) return null
    if (pass.truncateFrom !== null) this.log.length = pass.truncateFrom - 1
    this.log.push(...pass.entries)
    this.hardState = pass.hardState ?? this.hardState
    for (const { low, high } of pass.wanted) {
      const entries = this.log.slice(low - 1, Math.min(high - 1, low + 2))
      this.supplied += entries.length
      this.raft.supply(low, entries)
    }
    const after = this.raft.persisted(pass.number)
    for (const entry of [...pass.committed, ...after.committed]) this.apply(entry)
    this.raft.applied(this.appliedIndex)
    return [...pass.messages, ...after.messages]
  }

  private apply(entry: LogEntry): void {
    if (entry.index !== this.appliedIndex + 1) throw new Error(`entry ${entry.index} after ${this.appliedIndex}`)
    this.appliedIndex = entry.index
    if (entry.kind === 1) this.raft.applyConfChange(entry.data)
    else if (entry.data.length > 0) this.applied.push(entry.data.toString())
  }
}

/** Nodes on a network that delivers everything in order, except to and from those that are down. */
export class Cluster {
  readonly nodes: StoredNode[]
  readonly down = new Set<number>()
  /** May replace or drop a message on its way. */
  tamper: (from: number, message: RaftMessage) => RaftMessage | null = (_, message) => message

  /** Hears of a message that its receiver refused. */
  refused: (error: unknown) => void = (error) => {
    throw error
  }

  constructor(nodes: StoredNode[]) {
    this.nodes = nodes
  }

  node(id: number): StoredNode {
    return this.nodes.find((node) => node.id === id)!
  }

  private isReachable(id: number): boolean {
    return !this.down.has(id) && this.nodes.some((node) => node.id === id)
  }

  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      const sent: { from: number; message: RaftMessage }[] = []
      let isIdle = true
      for (const node of this.nodes) {
        const messages = this.down.has(node.id) ? null : node.pass()
        if (messages) isIdle = false
        for (const message of messages ?? []) sent.push({ from: node.id, message })
      }
      if (isIdle) return
      for (const { from, message } of sent) {
        const arrived = this.tamper(from, message)
        if (arrived && this.isReachable(arrived.to)) this.deliver(from, arrived)
      }
    }
    throw new Error('the nodes never come to rest')
  }

  private deliver(from: number, message: RaftMessage): void {
    try {
      this.node(message.to).raft.step(from, message.data)
    } catch (error) {
      this.refused(error)
    }
  }

  tick(times: number): void {
    for (let i = 0; i < times; i++) {
      for (const node of this.nodes) if (!this.down.has(node.id)) node.raft.tick()
      this.settle()
    }
  }

  leader(): StoredNode | null {
    return this.nodes.find((node) => !this.down.has(node.id) && node.raft.status().role === 'leader') ?? null
  }
}

export const threeNodes = (more: Partial<RaftConfig> = {}): Cluster =>
  new Cluster([1, 2, 3].map((id) => new StoredNode(id, more)))
