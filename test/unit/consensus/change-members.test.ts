/** Members that come to a channel that runs, among real replicas: each has a store of its own, and what they send arrives. */
import { describe, expect, test } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import type { ConfChange } from '../../../native/addon.ts'
import { Replica } from '../../../src-main/consensus/replica.ts'
import { utf8 } from '../../../src-main/wire/bytes.ts'
import { MemoryStore } from './memory-store.ts'

const addon = loadAddon()
const FOUNDERS = [1, 2, 3]
const APPROVED = utf8('event 17')

class Members {
  readonly replicas = new Map<number, Replica<string>>()
  readonly stores = new Map<number, MemoryStore>()
  readonly down = new Set<number>()
  #sent: { from: number; to: number; message: Uint8Array }[] = []

  constructor() {
    for (const id of FOUNDERS) this.start(id, new MemoryStore(FOUNDERS))
  }

  start(id: number, store: MemoryStore): void {
    const replica = new Replica<string>({
      id,
      addon,
      store,
      send: (to, message) => this.#sent.push({ from: id, to, message }),
      mayChangeMembers: ({ data }) => Buffer.from(data).includes(Buffer.from(APPROVED)),
    })
    this.stores.set(id, store)
    this.replicas.set(id, replica)
  }

  settle(): void {
    for (let idle = false; !idle;) {
      idle = true
      for (const [id, replica] of this.replicas) if (!this.down.has(id) && replica.pass() !== null) idle = false
      for (const { from, to, message } of this.#sent.splice(0)) {
        if (this.down.has(from) || this.down.has(to)) continue
        this.replicas.get(to)?.receive(from, message)
        idle = false
      }
    }
  }

  tick(times: number): void {
    for (let i = 0; i < times; i++) {
      for (const [id, replica] of this.replicas) if (!this.down.has(id)) replica.tick()
      this.settle()
    }
  }

  get leader(): Replica<string> {
    const found = [...this.replicas].find(([id, one]) => !this.down.has(id) && one.status().role === 'leader')
    if (found === undefined) throw new Error('nobody leads')
    return found[1]
  }

  propose(text: string): void {
    expect(this.leader.propose([{ entry: utf8(text), payload: null }])).toBe('taken')
    this.settle()
    this.tick(3)
  }

  change(changes: ConfChange['changes']): void {
    expect(this.leader.changeMembers({ changes, context: APPROVED })).toBe(true)
    this.settle()
    this.tick(3)
  }

  members(id: number): { voters: number[]; learners: number[] } {
    const { voters, learners } = this.stores.get(id)!.raft.initial()
    return { voters: voters.toSorted(), learners: learners.toSorted() }
  }
}

function founded(): Members {
  const members = new Members()
  members.replicas.get(1)!.campaign()
  members.settle()
  members.propose('a')
  return members
}

describe('a member that joins', () => {
  test('as a learner gets the whole record and applies it, and is asked for no vote', () => {
    const members = founded()
    members.change([{ type: 'learner', id: 4 }])
    members.start(4, new MemoryStore(FOUNDERS, [4]))
    members.tick(10)
    members.propose('b')
    for (const id of [1, 2, 3, 4]) {
      expect(members.stores.get(id)!.applied).toEqual(['a', 'b'])
      expect(members.members(id)).toEqual({ voters: FOUNDERS, learners: [4] })
    }
    expect(members.replicas.get(4)!.status().role).toBe('learner')
    // Two of three voters are a majority, whatever a learner does.
    members.down.add(4).add(3)
    members.propose('c')
    expect(members.stores.get(2)!.applied).toEqual(['a', 'b', 'c'])
  })

  test('as a voter counts: of four, two that are left commit nothing, and three do', () => {
    const members = founded()
    members.change([{ type: 'learner', id: 4 }])
    members.start(4, new MemoryStore(FOUNDERS, [4]))
    members.tick(10)
    members.change([{ type: 'voter', id: 4 }])
    for (const id of [1, 2, 3, 4]) expect(members.members(id)).toEqual({ voters: [1, 2, 3, 4], learners: [] })

    members.down.add(2).add(3)
    expect(members.leader.propose([{ entry: utf8('b'), payload: null }])).toBe('taken')
    members.settle()
    expect(members.stores.get(4)!.applied).toEqual(['a'])
    members.down.delete(2)
    members.tick(10)
    for (const id of [1, 2, 4]) expect(members.stores.get(id)!.applied).toEqual(['a', 'b'])
  })

  test('is a member after a restart, because its store says so, and may lead', () => {
    const members = founded()
    members.change([{ type: 'learner', id: 4 }])
    members.start(4, new MemoryStore(FOUNDERS, [4]))
    members.tick(10)
    members.change([{ type: 'voter', id: 4 }])
    for (const id of [1, 2, 3, 4]) members.start(id, members.stores.get(id)!)
    expect(members.replicas.get(4)!.campaign()).toBe(true)
    members.settle()
    members.propose('b')
    expect(members.replicas.get(4)!.status().role).toBe('leader')
    for (const id of [1, 2, 3, 4]) expect(members.stores.get(id)!.applied).toEqual(['a', 'b'])
  })

  test('takes the place of another in one change: both memberships must agree until it is done', () => {
    const members = founded()
    members.change([{ type: 'learner', id: 4 }])
    members.start(4, new MemoryStore(FOUNDERS, [4]))
    members.tick(10)
    members.change([
      { type: 'remove', id: 3 },
      { type: 'voter', id: 4 },
    ])
    members.propose('b')
    expect(members.members(1)).toEqual({ voters: [1, 2, 4], learners: [] })
    for (const id of [1, 2, 4]) expect(members.stores.get(id)!.applied).toEqual(['a', 'b'])
  })
})

test('a change is refused by a member that does not lead', () => {
  const members = founded()
  const change = { changes: [{ type: 'learner' as const, id: 4 }], context: APPROVED }
  expect(members.replicas.get(2)!.changeMembers(change)).toBe(false)
  members.tick(3)
  expect(members.members(2)).toEqual({ voters: FOUNDERS, learners: [] })
})
