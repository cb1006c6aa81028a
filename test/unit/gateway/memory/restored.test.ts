/** Gateways that come back with another disk than they had: real cores and ledgers, the disks thrown back by the test. */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import type { Mark } from '../../../../src-main/gateway/memory/mark.ts'
import { CoreNet, openStreams, rowsOf, type CoreNode } from '../channel/core-net.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'

interface Plant {
  net: CoreNet
  streams: StreamId[]
  /** The newest reading that the first gateway was told to be acknowledged. */
  record(seconds: number): void
}

function plant(members = 3): Plant {
  const net = new CoreNet(members)
  for (let i = 0; i < members; i++) net.start(i)
  net.elect()
  net.lead(node(net, 1))
  const streams = openStreams(net, node(net, 1), 1)
  net.run(2_000)
  let next = 0
  const record = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      node(net, 1).core.readings(rowsOf(streams, next++))
      net.run(1_000)
    }
  }
  return { net, streams, record }
}

function node(net: CoreNet, id: number): CoreNode {
  return net.nodes.find((candidate) => candidate.id === id) as CoreNode
}

/** Its process ends; what it had stored stays. */
function stop(net: CoreNet, id: number): Uint8Array {
  const { ledger, core } = node(net, id)
  core.close()
  const image = ledger.image()
  ledger.close()
  net.nodes = net.nodes.filter((candidate) => candidate.id !== id)
  return image
}

/** Its disk as it is now, with the mark. */
function copy(net: CoreNet, id: number): { image: Uint8Array; mark: Mark } {
  return { image: node(net, id).ledger.image(), mark: net.marks.get(id) as Mark }
}

const votes = (of: CoreNode): boolean => of.core.status.voting

/** Every ledger holds the first gateway's statements up to its newest acknowledged one, alike. */
function expectWhole(net: CoreNet, acknowledged: number): void {
  const roots = new Set(net.nodes.map(({ ledger }) => `${ledger.size} ${toHex(ledger.root())}`))
  expect(roots.size).toBe(1)
  const { actor } = net.channel.member(0)
  for (const { ledger } of net.nodes) expect(ledger.nextSequence(actor)).toBeGreaterThan(acknowledged)
}

describe('an old ledger that is put back under one gateway', () => {
  it('casts no vote: what two acknowledged while the third was away is not lost', () => {
    const { net, record } = plant()
    const old = copy(net, 3)
    const away = stop(net, 2)
    record(5)
    const acknowledged = node(net, 1).acknowledged.at(-1) as number
    const first = stop(net, 1)
    stop(net, 3)
    const third = net.start(2, { image: old.image })
    const second = net.start(1, { image: away })
    net.run(20_000)
    expect([votes(third), third.core.status.leader, second.core.status.leader]).toEqual([false, 0, 0])
    expect(third.core.memory).toMatchObject({ loss: 'ledger-old', missing: 1 })
    net.start(0, { image: first })
    net.run(10_000)
    expect(votes(third)).toBe(true)
    expect(third.core.memory).toMatchObject({ loss: 'ledger-old', missing: 0 })
    record(3)
    expect(node(net, 1).acknowledged.at(-1)).toBeGreaterThan(0)
    expectWhole(net, acknowledged)
  })

  it('casts none either after a restart amid it, however often it made something durable meanwhile', () => {
    const { net, record } = plant()
    const old = copy(net, 3)
    const away = stop(net, 2)
    record(5)
    stop(net, 1)
    stop(net, 3)
    net.start(1, { image: away })
    let third = net.start(2, { image: old.image })
    const { counter } = net.marks.get(3) as Mark
    while (third.ledger.memory.identity.counter <= counter) third.ledger.memory.keepPeerMarks('{}')
    third = net.restart(third, false)
    net.run(20_000)
    expect([third.core.memory, votes(third), third.core.status.leader]).toEqual([
      { loss: 'ledger-old', missing: 1 },
      false,
      0,
    ])
  })

  it('is recognised by whoever saw it since, where the mark was put back with it', () => {
    const { net, record } = plant()
    const old = copy(net, 3)
    record(3)
    stop(net, 3)
    net.marks.set(3, old.mark)
    const third = net.start(2, { image: old.image })
    net.run(300)
    expect(third.core.memory.loss).toBe('peers-know-more')
    net.run(5_000)
    expect(votes(third)).toBe(true)
    record(1)
    expectWhole(net, 0)
  })

  it('is recognised later, too, where nobody who saw it could be reached at the start', () => {
    const { net, record } = plant()
    const old = copy(net, 3)
    record(3)
    stop(net, 3)
    net.marks.set(3, old.mark)
    node(net, 1).off = true
    node(net, 2).off = true
    const third = net.start(2, { image: old.image })
    net.run(3_000)
    expect(third.core.memory.loss).toBeNull()
    node(net, 1).off = false
    net.run(1_500)
    expect([third.core.memory.loss, votes(third)]).toEqual(['peers-know-more', false])
    node(net, 2).off = false
    net.run(8_000)
    expect(votes(third)).toBe(true)
    expectWhole(net, 0)
  })

  it('is broken again where it ends before it has caught up', () => {
    const { net, record } = plant()
    const old = copy(net, 3)
    record(3)
    stop(net, 3)
    node(net, 1).off = true
    const third = net.start(2, { image: old.image })
    net.run(2_000)
    const image = stop(net, 3)
    expect(third.core.memory.loss).toBe('ledger-old')
    const again = net.start(2, { image })
    net.run(5_000)
    expect([again.core.memory.loss, votes(again)]).toEqual(['ledger-old', false])
  })
})

describe('two lives of one gateway that run at once', () => {
  it('are named by the others, who record on without either until one has been silent for a minute', () => {
    const { net, record } = plant()
    const first = node(net, 3)
    const before = copy(net, 3)
    net.start(2, { image: before.image })
    net.nodes.push(first)
    net.run(5_000)
    const named = (): boolean[] =>
      [1, 2].map((id) => node(net, id).conditions.has('identity-doubled', first.member.name))
    expect(named()).toEqual([true, true])
    const acknowledged = (): number => node(net, 1).acknowledged.length
    const known = acknowledged()
    record(3)
    expect(acknowledged()).toBeGreaterThan(known)
    // What either of the two says makes no majority.
    node(net, 2).off = true
    const alone = acknowledged()
    record(3)
    expect(acknowledged()).toBe(alone)
    node(net, 2).off = false
    net.nodes = net.nodes.filter((candidate) => candidate !== first)
    net.run(50_000)
    expect(named()).toEqual([true, true])
    net.run(15_000)
    expect(named()).toEqual([false, false])
    record(1)
    expectWhole(net, 0)
  })
})

describe('a ledger or a mark that is gone', () => {
  it('a new disk under the old identity comes back from what the others have', () => {
    const { net, record } = plant()
    record(3)
    stop(net, 3)
    const third = net.start(2)
    expect(third.core.memory.loss).toBe('ledger-missing')
    net.run(5_000)
    expect(votes(third)).toBe(true)
    record(1)
    expectWhole(net, 0)
  })

  it('another file of the same gateway counts no more than none', () => {
    const { net } = plant()
    const image = stop(net, 3)
    const mark = net.marks.get(3) as Mark
    net.marks.set(3, { ...mark, ledger: '00'.repeat(16) })
    expect(net.start(2, { image }).core.memory.loss).toBe('ledger-replaced')
  })

  it('with two gateways the other one is enough; alone, nobody is', () => {
    const pair = plant(2)
    const old = copy(pair.net, 2)
    pair.record(2)
    stop(pair.net, 2)
    const second = pair.net.start(1, { image: old.image })
    pair.net.run(5_000)
    expect(votes(second)).toBe(true)
    pair.record(1)
    expectWhole(pair.net, 0)

    // Also where the other one has long given up its lead: without both there is none.
    const again = copy(pair.net, 2)
    pair.record(2)
    stop(pair.net, 2)
    pair.net.run(20_000)
    expect(node(pair.net, 1).core.status.role).not.toBe('leader')
    const late = pair.net.start(1, { image: again.image })
    expect(late.core.memory.loss).toBe('ledger-old')
    pair.net.run(5_000)
    expect([votes(late), pair.net.nodes.some(({ core }) => core.status.role === 'leader')]).toEqual([true, true])
    pair.record(1)
    expectWhole(pair.net, 0)

    const lone = plant(1)
    const image = copy(lone.net, 1)
    lone.record(2)
    stop(lone.net, 1)
    const first = lone.net.start(0, { image: image.image })
    lone.net.run(60_000)
    expect(first.core.memory).toMatchObject({ loss: 'ledger-old', missing: 1 })
    expect(votes(first)).toBe(false)
  })

  it('what one of two that lost their memory says counts for nothing: the third alone does not bring them back', () => {
    const { net, record } = plant()
    const [second, third] = [copy(net, 2), copy(net, 3)]
    record(2)
    for (const id of [2, 3]) stop(net, id)
    net.start(1, { image: second.image })
    net.start(2, { image: third.image })
    net.run(30_000)
    expect([2, 3].map((id) => votes(node(net, id)))).toEqual([false, false])
    expect(node(net, 1).core.status.role).not.toBe('leader')
  })
})

describe('gateways whose marks fit', () => {
  it('are back within two seconds after all were stopped at once', () => {
    const { net, record } = plant()
    record(1)
    const images = [1, 2, 3].map((id) => stop(net, id))
    for (const [i, image] of images.entries()) net.start(i, { image })
    net.run(2_000)
    expect(net.nodes.map(votes)).toEqual([true, true, true])
    net.run(3_000)
    expect(net.leader).toBeDefined()
  })

  it('go on where one is gone for ever and another restarts', () => {
    const { net, record } = plant()
    stop(net, 3)
    const image = stop(net, 2)
    net.start(1, { image })
    net.run(5_000)
    record(2)
    expect(node(net, 1).acknowledged.length).toBeGreaterThan(2)
  })

  it('all from one backup and nobody who saw them since: they go on, for nobody can know', () => {
    const { net, record } = plant()
    const copies = [1, 2, 3].map((id) => copy(net, id))
    record(2)
    for (const id of [1, 2, 3]) stop(net, id)
    for (const [i, { image, mark }] of copies.entries()) {
      net.marks.set(i + 1, mark)
      net.start(i, { image })
    }
    net.run(5_000)
    expect(net.nodes.map(votes)).toEqual([true, true, true])
    expect(net.leader).toBeDefined()
  })
})
