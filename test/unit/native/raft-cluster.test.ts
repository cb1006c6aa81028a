import { describe, expect, test } from 'vitest'
import { loadAddon } from '../../../native/addon.ts'
import { StoredNode, threeNodes } from './raft-fixture.ts'

const propose = (cluster: ReturnType<typeof threeNodes>, count: number, name = 'entry') => {
  for (let i = 0; i < count; i++) {
    cluster.leader()!.raft.propose(Buffer.from(`${name} ${i}`))
    cluster.tick(1)
  }
}

describe('three nodes', () => {
  test('elect one leader and apply the same entries in the same order', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    const leader = cluster.leader()!
    expect(leader.raft.proposeMany([Buffer.from('a'), Buffer.from('b')])).toEqual({ term: 1, firstIndex: 2 })
    expect(leader.raft.propose(Buffer.from('c'))).toEqual({ term: 1, index: 4 })
    cluster.tick(3)
    for (const node of cluster.nodes) expect(node.applied).toEqual(['a', 'b', 'c'])
    expect(leader.raft.status()).toEqual({
      id: 1,
      term: 1,
      leader: 1,
      role: 'leader',
      commit: 4,
      applied: 4,
      lastIndex: 4,
      namedTerm: 0,
      namedCommit: 0,
      progress: [1, 2, 3].map((id) => ({ id, match: 4, next: 5, active: true })),
    })
    expect(cluster.node(2).raft.status()).toMatchObject({ role: 'follower', leader: 1, progress: [] })
  })

  test('elect another when the leader is gone, and it comes back as a follower', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    cluster.down.add(1)
    cluster.tick(40)
    expect(cluster.leader()?.id).toBe(2)
    propose(cluster, 3)
    cluster.down.clear()
    cluster.tick(5)
    expect(cluster.node(1).raft.status().role).toBe('follower')
    expect(cluster.node(1).applied).toEqual(['entry 0', 'entry 1', 'entry 2'])
  })

  test('replace what a deposed leader wrote and never committed', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    cluster.down.add(2).add(3)
    cluster.node(1).raft.propose(Buffer.from('lost'))
    cluster.settle()
    expect(cluster.node(1).log.at(-1)?.data.toString()).toBe('lost')
    cluster.down.clear()
    cluster.down.add(1)
    cluster.tick(40)
    propose(cluster, 2)
    cluster.down.clear()
    cluster.tick(5)
    expect(cluster.node(1).applied).toEqual(['entry 0', 'entry 1'])
    expect(cluster.node(1).log).toEqual(cluster.node(2).log)
  })

  test('hand the leadership over on request', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    cluster.leader()!.raft.transferLeader(3)
    cluster.settle()
    expect(cluster.leader()?.id).toBe(3)
  })

  test('send nothing that depends on the disk before it is reported durable', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    const [leader, follower] = [cluster.node(1).raft, cluster.node(2).raft]
    leader.propose(Buffer.from('x'))
    const append = leader.collect()!.messages.find((message) => message.to === 2)!
    follower.step(1, append.data)
    const pass = follower.collect()!
    expect(pass).toMatchObject({ messages: [], mustSync: true, entries: [{ index: 2, term: 1, kind: 0 }] })
    expect(follower.persisted(pass.number).messages.map((message) => message.to)).toEqual([1])
  })
})

describe('a node that is behind', () => {
  test('catches up through wanted and supply once the leader forgot the entries', () => {
    const cluster = threeNodes({ tailBytesMax: 512 })
    cluster.tick(14)
    cluster.down.add(3)
    propose(cluster, 60, 'x'.repeat(50))
    cluster.down.clear()
    cluster.tick(80)
    expect(cluster.node(1).supplied).toBeGreaterThan(50)
    expect(cluster.node(3).applied).toEqual(cluster.node(1).applied)
    expect(cluster.node(3).applied.length).toBe(60)
  })

  test('catches up after every node was restarted with the end of its log only', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    propose(cluster, 10)
    cluster.tick(2)
    cluster.down.add(3)
    propose(cluster, 30)
    cluster.tick(2)
    cluster.node(1).restart(cluster.node(1).appliedIndex - 3)
    cluster.node(2).restart(cluster.node(2).appliedIndex)
    cluster.node(3).restart()
    cluster.down.clear()
    cluster.tick(80)
    expect(cluster.leader()!.supplied).toBeGreaterThan(20)
    expect(cluster.node(3).applied).toEqual(cluster.node(1).applied)
    expect(cluster.node(3).applied.length).toBe(40)
  })

  test('is offered a snapshot where nobody has the entries any more, which members refuse as long as none may take one', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    cluster.down.add(3)
    propose(cluster, 20)
    const { raft, appliedIndex: index } = cluster.node(1)
    raft.compact(index)
    cluster.down.clear()
    const membership = raft.applyConfChange(null)
    const image = { index, term: 1, membership, data: Buffer.from('everything up to here') }
    expect(() => raft.offerSnapshot({ ...image, index: index + 1 })).toThrow(
      expect.objectContaining({ code: 'out_of_order' }),
    )
    raft.offerSnapshot(image)
    const refused: unknown[] = []
    cluster.refused = (error) => refused.push(error)
    cluster.tick(30)
    expect(refused[0]).toMatchObject({
      code: 'rejected_message',
      message: 'message from node 1: is a snapshot, and members send each other none',
    })
    // Nothing came of it but the refusal: the leader goes on with the others, and the one behind stays where it was.
    raft.reportSnapshot(3, false)
    propose(cluster, 2, 'after')
    expect(cluster.node(2).applied).toHaveLength(22)
    expect(cluster.node(3).applied).toEqual([])
  })

  test('takes any part of what it asked for, from its beginning', () => {
    const cluster = threeNodes({ tailBytesMax: 0 })
    cluster.tick(14)
    cluster.down.add(3)
    propose(cluster, 5)
    const leader = cluster.leader()!
    cluster.down.clear()
    cluster.tick(6)
    expect(leader.supplied).toBeGreaterThan(0)
    const log = leader.log
    expect(() => leader.raft.supply(2, [log[2]!])).toThrow(expect.objectContaining({ code: 'invalid_log' }) as Error)
    expect(() => leader.raft.supply(2, [{ ...log[1]!, term: 9 }])).toThrow(
      expect.objectContaining({ code: 'invalid_log' }) as Error,
    )
    leader.raft.supply(2, [log[1]!])
    leader.raft.supply(2, [])
    cluster.tick(30)
    expect(cluster.node(3).applied.length).toBe(5)
  })

  test('is sent no message much larger than a mebibyte, though one entry goes whole', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    cluster.down.add(3)
    for (let i = 0; i < 40; i++) {
      cluster.leader()!.raft.propose(Buffer.alloc(300_000, i + 1))
      cluster.tick(1)
    }
    cluster.leader()!.raft.propose(Buffer.alloc(3_000_000, 99))
    cluster.tick(1)
    const sizes: number[] = []
    cluster.tamper = (_, message) => {
      sizes.push(message.data.length)
      return message
    }
    cluster.down.clear()
    cluster.tick(10)
    expect(cluster.node(3).applied).toEqual(cluster.node(1).applied)
    expect(sizes.filter((size) => size > 1_050_000)).toEqual([expect.closeTo(3_000_000, -3)])
    expect(sizes.filter((size) => size > 600_000).length).toBeGreaterThan(10)
  })
})

describe('members', () => {
  test('join as a learner, are promoted and removed, by entries that say so', () => {
    const addon = loadAddon()
    const cluster = threeNodes()
    cluster.tick(14)
    const change = (type: 'voter' | 'learner' | 'remove', id: number) => {
      const index = cluster
        .leader()!
        .raft.proposeConfChange({ changes: [{ type, id }], context: Buffer.from('e') }).index
      cluster.settle()
      cluster.tick(3)
      return cluster.leader()!.log[index - 1]!
    }
    const entry = change('learner', 4)
    expect(entry.kind).toBe(1)
    expect(addon.parseConfChange(entry.data)).toEqual({
      changes: [{ type: 'learner', id: 4 }],
      context: Buffer.from('e'),
    })
    const joining = new StoredNode(4)
    joining.raft = new addon.RaftNode({ ...configOfJoining(), id: 4 })
    cluster.nodes.push(joining)
    propose(cluster, 3)
    cluster.tick(30)
    expect(joining.raft.status().role).toBe('learner')
    expect(joining.applied).toEqual(['entry 0', 'entry 1', 'entry 2'])
    change('voter', 4)
    cluster.tick(3)
    expect(joining.raft.applyConfChange(null).voters).toEqual([1, 2, 3, 4])
    change('remove', 2)
    expect(cluster.node(1).raft.applyConfChange(null)).toEqual({
      voters: [1, 3, 4],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
    })
  })

  test('change through a joint configuration when several change at once', () => {
    const cluster = threeNodes()
    cluster.tick(14)
    const leader = cluster.leader()!.raft
    const changes = [
      { type: 'learner', id: 2 },
      { type: 'remove', id: 3 },
    ] as const
    leader.proposeConfChange({ changes: [...changes], context: Buffer.alloc(0) })
    cluster.settle()
    expect(leader.applyConfChange(null)).toMatchObject({ voters: [1], votersOutgoing: [1, 2, 3], learnersNext: [2] })
    leader.proposeConfChange({ changes: [], context: Buffer.alloc(0) })
    cluster.settle()
    expect(leader.applyConfChange(null)).toEqual({ voters: [1], learners: [2], votersOutgoing: [], learnersNext: [] })
  })
})

function configOfJoining() {
  return {
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
  }
}
