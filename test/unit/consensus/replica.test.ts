import { describe, expect, it } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { ConsensusError } from '../../../src-main/consensus/consensus-error.ts'
import { Replica, type ReplicaOptions } from '../../../src-main/consensus/replica.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'
import type { Proposed } from '../../../src-main/wire/proposal.ts'
import { MemoryStore } from './memory-store.ts'

const addon = loadAddon()
const MIB = 1024 * 1024

function statement(text: string, payloadBytes = 0): Proposed {
  return { entry: utf8(text), payload: payloadBytes === 0 ? null : new Uint8Array(payloadBytes) }
}

interface Node {
  id: number
  store: MemoryStore
  replica: Replica<string>
  outcomes: string[]
  /** What happened in order: 'send', 'flush', 'commit'. */
  events: string[]
  up: boolean
}

/** Replicas whose messages arrive when `settle` delivers them, in order and without loss. */
class Group {
  readonly nodes: Node[]
  readonly queue: { from: number; to: number; message: Uint8Array }[] = []
  readonly #more: Partial<ReplicaOptions<string>>

  constructor(size: number, more: Partial<ReplicaOptions<string>> = {}) {
    this.#more = more
    const ids = Array.from({ length: size }, (_, i) => i + 1)
    this.nodes = ids.map((id) => this.#start(id, new MemoryStore(ids)))
  }

  #start(id: number, store: MemoryStore, more: Partial<ReplicaOptions<string>> = this.#more): Node {
    const events: string[] = []
    const replica = new Replica<string>({
      id,
      addon,
      store: { raft: store.raft, commitPass: (pass) => (events.push('commit'), store.commitPass(pass)) },
      send: (to, message) => {
        events.push('send')
        this.queue.push({ from: id, to, message })
      },
      flush: () => events.push('flush'),
      ...more,
    })
    return { id, store, replica, outcomes: [], events, up: true }
  }

  node(id: number): Node {
    return this.nodes[id - 1] as Node
  }

  /** Starts a node that may have forgotten what it promised, on this store. */
  replace(id: number, store: MemoryStore, spentTerm: number): void {
    this.nodes[id - 1] = this.#start(id, store, { spentTerm })
  }

  restart(id: number): void {
    this.nodes[id - 1] = this.#start(id, this.node(id).store)
  }

  /** Passes and deliveries until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      let worked = false
      for (const node of this.nodes) {
        if (!node.up) continue
        const result = node.replica.pass()
        if (result === null) continue
        worked = true
        node.outcomes.push(...result.outcomes)
      }
      for (const { from, to, message } of this.queue.splice(0)) {
        if (!this.node(to).up || !this.node(from).up) continue
        worked = true
        this.node(to).replica.receive(from, message)
      }
      if (!worked) return
    }
    throw new Error('the group does not come to rest')
  }

  tick(times = 1): void {
    for (let i = 0; i < times; i++) {
      for (const node of this.nodes) if (node.up) node.replica.tick()
      this.settle()
    }
  }

  elect(id: number): Node {
    this.node(id).replica.campaign()
    this.settle()
    expect(this.node(id).replica.status().role).toBe('leader')
    return this.node(id)
  }
}

function failure(run: () => unknown): ConsensusError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ConsensusError)
    return error as ConsensusError
  }
  throw new Error('expected a ConsensusError')
}

describe('a group', () => {
  it('of one applies what it proposes and tells the outcomes in order', () => {
    const group = new Group(1)
    const leader = group.elect(1)
    expect(leader.replica.propose([statement('a'), statement('b', 100)])).toBe('taken')
    group.settle()
    expect(leader.outcomes).toEqual(['a', 'b'])
  })

  it('of three applies the same everywhere', () => {
    const group = new Group(3)
    group.elect(2).replica.propose([statement('a'), statement('b'), statement('c')])
    group.settle()
    group.tick(3)
    for (const node of group.nodes) expect(node.outcomes).toEqual(['a', 'b', 'c'])
  })

  it('elects somebody by time alone', () => {
    const group = new Group(3)
    group.tick(60)
    expect(group.nodes.filter(({ replica }) => replica.status().role === 'leader')).toHaveLength(1)
  })

  it('joins statements of many calls into one log entry of at most 1 MiB', () => {
    const group = new Group(1)
    const leader = group.elect(1)
    const before = leader.replica.status().lastIndex
    for (let i = 0; i < 10; i++) leader.replica.propose([statement(`s${i}`, 300_000)])
    group.settle()
    expect(leader.replica.status().lastIndex - before).toBe(4)
    expect(leader.outcomes).toHaveLength(10)
  })

  it('keeps the backlog while too much is uncommitted, and loses nothing of it', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    group.node(2).up = false
    group.node(3).up = false
    for (let i = 0; i < 28; i++)
      expect(leader.replica.propose([statement(`s${i}`, MIB - 100)], (i % 2) + 1)).toBe('taken')
    group.settle()
    expect(leader.replica.status().backlog.count).toBeGreaterThan(5)
    group.node(2).up = true
    group.tick(30)
    expect(leader.outcomes).toEqual(Array.from({ length: 28 }, (_, i) => `s${i}`))
    expect(leader.replica.status().backlog).toEqual({ count: 0, bytes: 0 })
  })

  it('takes no proposals where it does not lead, and says how many it dropped with the leadership', () => {
    const group = new Group(3)
    const old = group.elect(1)
    expect(group.node(2).replica.propose([statement('a')])).toBe('not_leader')
    old.up = false
    group.tick(60)
    const next = group.nodes.find(({ id, replica }) => id !== 1 && replica.status().role === 'leader') as Node
    old.up = true
    expect(old.replica.propose([statement('lost'), statement('too')])).toBe('taken')
    next.replica.tick()
    next.replica.tick()
    next.replica.pass()
    for (const { from, to, message } of group.queue.splice(0)) if (to === 1) old.replica.receive(from, message)
    expect(old.replica.pass()).toMatchObject({ abandoned: 2, outcomes: [] })
  })

  it('hands its leadership over', () => {
    const group = new Group(3)
    group.elect(1).replica.transferLeader(3)
    group.settle()
    group.tick(5)
    expect(group.node(3).replica.status().role).toBe('leader')
    expect(group.node(1).replica.transferLeader(2)).toBe(false)
  })
})

describe('the order of disk and messages', () => {
  it('a leader sends its entries before its own commit, and flushes them', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    leader.events.length = 0
    leader.replica.propose([statement('a')])
    leader.replica.pass()
    expect(leader.events).toEqual(['send', 'send', 'flush', 'commit'])
  })

  it('a follower answers only after its commit', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    const follower = group.node(2)
    leader.replica.propose([statement('a')])
    leader.replica.pass()
    follower.events.length = 0
    for (const { from, to, message } of group.queue.splice(0)) if (to === 2) follower.replica.receive(from, message)
    follower.replica.pass()
    expect(follower.events).toEqual(['commit', 'send'])
  })

  it('a vote is stored before it is sent', () => {
    const group = new Group(3)
    const voter = group.node(2)
    voter.store.beforeCommit = () => expect(voter.events).not.toContain('send')
    group.node(1).replica.campaign()
    for (let round = 0; round < 4; round++) {
      voter.events.length = 0
      group.node(1).replica.pass()
      for (const { from, to, message } of group.queue.splice(0))
        if (to === 2 || to === 1) group.node(to).replica.receive(from, message)
      voter.replica.pass()
    }
    expect(voter.store.raft.initial().vote).toBe(1)
  })

  it('a failed commit sends nothing more, ends the replica and says so to every later call', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    const follower = group.node(2)
    leader.replica.propose([statement('a')])
    leader.replica.pass()
    follower.store.beforeCommit = () => {
      throw Object.assign(new Error('disk I/O error.'), { code: 'commit_failed' })
    }
    follower.events.length = 0
    for (const { from, to, message } of group.queue.splice(0)) if (to === 2) follower.replica.receive(from, message)
    const error = failure(() => follower.replica.pass())
    expect([error.code, error.fatal]).toEqual(['commit_failed', true])
    expect(error.message).toContain('disk I/O error')
    expect(follower.events).toEqual(['commit'])
    for (const later of [
      () => follower.replica.pass(),
      () => follower.replica.tick(),
      () => follower.replica.receive(1, new Uint8Array(1)),
    ])
      expect(failure(later).code).toBe('replica_stopped')
  })

  it('an entry that cannot be applied stops the replica under another code', () => {
    const group = new Group(1)
    const leader = group.elect(1)
    leader.replica.propose([statement('a')])
    leader.store.beforeCommit = ({ apply }) => {
      if (apply.length > 0) throw Object.assign(new Error('payload is not there.'), { code: 'payload_missing' })
    }
    expect(failure(() => group.settle()).code).toBe('apply_stopped')
  })

  it('a pass makes at most one transaction', () => {
    const group = new Group(1)
    const leader = group.elect(1)
    leader.replica.propose([statement('a')])
    for (let result = null, passes = 0; passes < 20; passes++) {
      leader.events.length = 0
      result = leader.replica.pass()
      expect(leader.events.filter((event) => event === 'commit').length).toBeLessThanOrEqual(1)
      if (result === null) break
    }
    expect(leader.outcomes.length + leader.store.applied.length).toBeGreaterThan(0)
  })

  it('what is applied at once is bounded, so that a pass ends before an election timeout', () => {
    const group = new Group(1)
    const leader = group.elect(1)
    for (let i = 0; i < 40; i++) leader.replica.propose([statement(`s${i}`, 600_000)], (i % 2) + 1)
    group.settle()
    expect(leader.outcomes).toHaveLength(40)
    for (const { apply } of leader.store.passes) expect(apply.length).toBeLessThanOrEqual(1)
  })
})

describe('a restart', () => {
  it('goes on from what is stored and applies nothing twice', () => {
    const group = new Group(3)
    group.elect(1).replica.propose([statement('a'), statement('b')])
    group.settle()
    group.tick(3)
    for (const id of [1, 2, 3]) group.restart(id)
    group.tick(60)
    const leader = group.nodes.find(({ replica }) => replica.status().role === 'leader')
    leader?.replica.propose([statement('c')])
    group.settle()
    group.tick(3)
    for (const node of group.nodes) {
      expect(node.outcomes).toEqual(['c'])
      expect(node.store.applied).toEqual(['a', 'b', 'c'])
    }
  })

  it('of a follower that was away is served from the store where the leader’s memory no longer has it', () => {
    const group = new Group(3, { tailBytesMax: 10_000 })
    const leader = group.elect(1)
    group.node(3).up = false
    for (let i = 0; i < 50; i++) {
      leader.replica.propose([statement(`s${i}`, 5_000)])
      group.settle()
    }
    group.node(3).up = true
    group.restart(3)
    group.tick(30)
    expect(group.node(3).outcomes).toEqual(Array.from({ length: 50 }, (_, i) => `s${i}`))
  })

  it('with counters that contradict each other is refused', () => {
    const store = new MemoryStore([1])
    const initial = { ...store.raft.initial(), applied: 5 }
    const open = () =>
      new Replica({
        id: 1,
        addon,
        store: { raft: { ...store.raft, initial: () => initial }, commitPass: () => [] },
        send: () => undefined,
      })
    expect(failure(open).code).toBe('store_inconsistent')
  })

  it('under an id that is no member is refused', () => {
    const store = new MemoryStore([1, 2, 3])
    expect(failure(() => new Replica({ id: 4, addon, store, send: () => undefined })).message).toContain(
      'voters 1, 2, 3',
    )
  })
})

describe('an entry that is damaged on the leader’s disk', () => {
  function damagedLeader(): { group: Group; told: string[]; index: number } {
    const told: string[] = []
    const group = new Group(3, { tailBytesMax: 10_000, onDamaged: (message) => told.push(message) })
    const leader = group.elect(1)
    group.node(3).up = false
    for (let i = 0; i < 50; i++) {
      leader.replica.propose([statement(`s${i}`, 5_000)])
      group.settle()
    }
    leader.store.damaged.add(20)
    return { group, told, index: 20 }
  }

  it('is withheld, and another member that has it leads and serves the follower', () => {
    const { group, told, index } = damagedLeader()
    group.node(3).up = true
    group.tick(60)
    expect(told).toEqual([`entry ${index} is damaged.`])
    expect(group.node(1).replica.status().role).not.toBe('leader')
    expect(group.node(3).outcomes).toEqual(Array.from({ length: 50 }, (_, i) => `s${i}`))
  })

  it('leaves the leader leading while nobody else has the entry', () => {
    const { group, told } = damagedLeader()
    group.node(2).up = false
    group.node(3).up = true
    group.tick(5)
    expect(told).toHaveLength(1)
    expect(group.node(3).outcomes.length).toBeLessThan(20)
    group.node(2).up = true
    group.tick(60)
    expect(group.node(3).outcomes).toHaveLength(50)
  })

  it.each([0, 1, 5])('and applied does not keep its replica from starting: %i entries before the newest', (before) => {
    const group = new Group(3)
    const leader = group.elect(1)
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      leader.replica.propose([statement(text)])
      group.settle()
    }
    group.tick(3)
    leader.store.damaged.add(leader.store.raft.initial().applied - before)
    for (const id of [1, 2, 3]) group.restart(id)
    group.elect(1).replica.propose([statement('after')])
    group.settle()
    group.tick(3)
    for (const node of group.nodes) expect(node.store.applied.at(-1)).toBe('after')
  })

  it('and not applied yet ends the start with its code', () => {
    const group = new Group(3)
    group.node(1).store.commitPass({
      truncateFrom: null,
      append: [{ index: 1, term: 1, kind: 0, data: Buffer.alloc(0) }],
      hardState: { term: 1, vote: 1, commit: 1 },
      apply: [],
    })
    group.node(1).store.damaged.add(1)
    expect(() => group.restart(1)).toThrow(expect.objectContaining({ code: 'raft_log_damaged' }))
  })
})

describe('what peers send', () => {
  it('is counted and reported where it is malformed, and changes nothing', () => {
    const rejected: number[] = []
    const group = new Group(3, { onRejected: (from) => rejected.push(from) })
    const leader = group.elect(1)
    for (const bytes of [[], [0xff], [8, 200, 1], Array.from({ length: 300 }, (_, i) => i % 256)])
      leader.replica.receive(2, Uint8Array.from(bytes))
    expect(rejected).toEqual([2, 2, 2, 2])
    expect(leader.replica.status()).toMatchObject({ rejectedMessages: new Map([[2, 4]]), role: 'leader' })
  })

  it('is refused where it speaks for another member', () => {
    const group = new Group(3)
    group.node(1).replica.campaign()
    group.node(1).replica.pass()
    const message = group.queue.find(({ to }) => to === 2)?.message as Uint8Array
    group.node(2).replica.receive(3, message)
    expect(group.node(2).replica.status().rejectedMessages).toEqual(new Map([[3, 1]]))
  })
})

describe('the log', () => {
  it('is compacted behind the slowest member, everywhere', () => {
    const group = new Group(3, { retention: { keptEntries: 20 } })
    const leader = group.elect(1)
    group.node(3).up = false
    for (let i = 0; i < 100; i++) {
      leader.replica.propose([statement(`s${i}`)])
      group.settle()
    }
    group.tick(220)
    expect(leader.replica.status().firstIndex).toBe(1)
    group.node(3).up = true
    group.tick(260)
    leader.replica.propose([statement('last')])
    group.settle()
    group.tick(3)
    for (const node of group.nodes) {
      expect(node.replica.status().firstIndex).toBeGreaterThan(60)
      expect(node.store.raft.initial().snapshotIndex).toBe(node.replica.status().firstIndex - 1)
      expect(node.store.applied).toHaveLength(101)
    }
    for (const id of [1, 2, 3]) group.restart(id)
    group.tick(60)
    expect(group.nodes.filter(({ replica }) => replica.status().role === 'leader')).toHaveLength(1)
  })

  it('at its bound leaves a member behind, and names it', () => {
    const group = new Group(3, { retention: { keptEntries: 10, logEntriesMax: 50 } })
    const leader = group.elect(1)
    leader.replica.propose([statement('first')])
    group.settle()
    group.tick(25)
    group.node(3).up = false
    for (let i = 0; i < 100; i++) {
      leader.replica.propose([statement(`s${i}`)])
      group.settle()
    }
    group.tick(25)
    expect(leader.replica.status().leftBehind).toEqual([3])
    expect(leader.outcomes).toHaveLength(101)
    group.node(3).up = true
    group.tick(30)
    expect(group.node(3).outcomes).toHaveLength(1)
    expect(leader.replica.status().role).toBe('leader')
  })
})

describe('a change of members', () => {
  it('without an approved event changes nothing', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    expect(
      leader.replica.changeMembers({ changes: [{ type: 'remove', id: 3 }], context: utf8('nobody approved this') }),
    ).toBe(true)
    group.settle()
    group.tick(3)
    for (const node of group.nodes) expect(node.store.raft.initial().voters).toEqual([1, 2, 3])
    leader.replica.propose([statement('a')])
    group.settle()
    expect(leader.outcomes).toEqual(['a'])
  })

  it('that is approved is stored with the transaction that applies it', () => {
    const group = new Group(3, { mayChangeMembers: (entry) => Buffer.from(entry.data).includes('event 17') })
    const leader = group.elect(1)
    leader.replica.changeMembers({ changes: [{ type: 'remove', id: 3 }], context: utf8('event 17') })
    group.settle()
    group.tick(3)
    for (const id of [1, 2]) expect(group.node(id).store.raft.initial().voters).toEqual([1, 2])
  })
})

describe('what a new term or a start promises', () => {
  it('of a single voter reaches its learners only after the term is stored: it counts its own vote at once', () => {
    const group = new Group(1)
    const store = new MemoryStore([1], [2])
    const events: string[] = []
    const replica = new Replica<string>({
      id: 1,
      addon,
      store: { raft: store.raft, commitPass: (pass) => (events.push('commit'), store.commitPass(pass)) },
      send: (to) => events.push(`send ${to}`),
    })
    replica.campaign()
    while (replica.pass() !== null);
    expect(replica.status().role).toBe('leader')
    expect(events[0]).toBe('commit')
    expect(events).toContain('send 2')
    group.settle()
  })

  it('of a member that came back with a shorter log counts for nothing: it is sent again what it lacks', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    for (let i = 0; i < 5; i++) leader.replica.propose([statement(`s${i}`)])
    group.settle()
    group.tick(3)
    const { store } = group.node(3)
    const fresh = new MemoryStore([1, 2, 3])
    const known = store.raft.initial()
    fresh.commitPass({
      truncateFrom: null,
      append: store.raft.entries(1, 3, MIB),
      hardState: { term: known.term, vote: 3, commit: 0 },
      apply: [],
    })
    group.replace(3, fresh, known.term)
    leader.replica.memberRestarted(3, 2)
    group.settle()
    group.tick(10)
    expect(group.node(3).outcomes).toEqual(['s0', 's1', 's2', 's3', 's4'])
    expect(group.node(3).replica.status().voting).toBe(true)
  })

  it('takes no part in elections before it has applied what a leader of its own term named as committed', () => {
    const group = new Group(3)
    const leader = group.elect(1)
    leader.replica.propose([statement('a')])
    group.settle()
    group.tick(3)
    const { term } = group.node(3).store.raft.initial()
    const { store } = group.node(3)
    group.replace(3, store, term)
    group.node(1).up = false
    group.tick(40)
    // The second one alone is no majority, and the third gives no vote.
    expect([group.node(2).replica.status().role, group.node(3).replica.campaign()]).toEqual(['precandidate', false])
    group.node(1).up = true
    group.tick(40)
    const next = group.nodes.find(({ replica }) => replica.status().role === 'leader')
    expect(next?.replica.propose([statement('b')])).toBe('taken')
    group.settle()
    group.tick(5)
    expect(group.node(3).replica.status().voting).toBe(true)
  })
})
