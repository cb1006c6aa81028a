import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import type { IncarnationId, StreamId } from '../../../../src-main/wire/ids.ts'
import { encodeProposal } from '../../../../src-main/wire/proposal.ts'
import { incarnationOf } from '../../../support/channel.ts'
import {
  codesOf as allCodesOf,
  CoreNet,
  gapsOf,
  opening,
  openStreams,
  rowsAt,
  statementsOf,
  type CoreNode,
} from './core-net.ts'

/** Conditions of a gateway, but that the others may have seen it further than the disk that a test put back. */
const codesOf = (node: CoreNode): string[] => allCodesOf(node).filter((code) => code !== 'peers-know-more')

interface Plant {
  net: CoreNet
  node: CoreNode
  others: CoreNode[]
  streams: StreamId[]
}

/** Three gateways, the first of which has recorded readings of its streams. */
function plant(streams = 1, limits = {}): Plant {
  const net = new CoreNet(3, limits)
  const [node, ...others] = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
  net.elect()
  const opened = openStreams(net, node, streams)
  net.run(2_000)
  const made = { net, node, others, streams: opened }
  read(made, node)
  return made
}

/** One reading of each stream, now; gives its time. */
function read({ net, streams }: Pick<Plant, 'net' | 'streams'>, node: CoreNode, ms = 1_000): number {
  const timeUs = net.nowUs()
  node.core.readings(rowsAt(streams, timeUs))
  net.run(ms)
  return timeUs
}

/** Puts an old disk under a gateway and starts it as one that knows of its loss. */
function rolledBack({ net, node }: Plant, image: Uint8Array): CoreNode {
  node.ledger.close()
  return net.start(net.channel.members.indexOf(node.member), { image, memory: 'lost' })
}

function incarnationAt({ ledger, member }: CoreNode): IncarnationId | null {
  return ledger.incarnation(member.actor)
}

/** Signs by hand as the gateway, as a copy of its folder would, and has another one propose it. */
function asDouble({ net, node }: Plant, ends: IncarnationId | null): void {
  const member = { ...node.member, incarnation: incarnationOf('the double'), sequence: 0, previous: null }
  const fence = net.channel.event(member, 'gateway.resumed', { ends })
  net.leader.core.receive(node.member.raftId, FRAME.forward, encodeProposal([fence]))
}

test('a gateway whose memory is lost signs nothing before it begins another incarnation, and nothing behind its fence before the ledger holds it', async () => {
  const made = plant()
  const { net, node, others, streams } = made
  const [stream] = streams as [StreamId]
  const before = incarnationAt(node)
  const again = rolledBack(made, node.ledger.image())
  const acknowledged = again.core.event('alarm.acknowledged', { place: 'p', name: 'K. Pohl', reason: 'seen' })
  read(made, again)
  net.run(30_000)
  expect([again.core.signing, again.ledger.queue.count(), incarnationAt(again)]).toEqual(['lost', 0, before])
  for (const other of others) other.off = true
  again.core.beginIncarnation()
  again.core.beginIncarnation()
  net.run(1_000)
  read(made, again)
  const waiting = statementsOf(again.ledger.queue.pending(9))
  expect(waiting).toMatchObject([{ kind: 'event', type: 'gateway.resumed', sequence: 0, previous: null }])
  expect(again.core.signing).toBe('fenced')
  for (const other of others) other.off = false
  net.run(10_000)
  expect([again.core.signing, again.core.notice, codesOf(again)]).toEqual(['open', null, []])
  expect(incarnationAt(again)).not.toBe(before)
  expect([again.ledger.readings, again.ledger.streamCursor(stream)]).toEqual([3, 3])
  // What waited is signed once whoever asked for it has had its turn.
  await setImmediate()
  net.run(2_000)
  await expect(acknowledged).resolves.toMatchObject({ outcome: 'accepted' })
})

test('with an old disk put back, no reading that the ledger holds is doubled or called missing, and none that waits is lost', () => {
  const made = plant()
  const { net, node, others, streams } = made
  const [stream] = streams as [StreamId]
  // What the image has in its queue: one batch that gets into the ledger later, and one that nobody ever sees.
  for (const other of others) other.off = true
  read(made, node)
  const image = node.ledger.image()
  for (const other of others) other.off = false
  net.run(5_000)
  for (let i = 0; i < 5; i++) read(made, node)
  const newestUs = read(made, node)
  expect(node.ledger.streamCursor(stream)).toBe(8)
  const again = rolledBack(made, image)
  // A leader that remembers more of this gateway's log than there is brings it nothing; the next one asks.
  for (const other of others) net.lead(other)
  net.run(5_000)
  const whileLostUs = read(made, again)
  again.core.beginIncarnation()
  net.run(5_000)
  read(made, again)
  expect([again.ledger.streamCursor(stream), again.ledger.readings]).toEqual([10, 10])
  expect(gapsOf(again).flat()).toMatchObject([
    {
      fromSequence: 8,
      toSequence: 7,
      fromTimeUs: newestUs,
      toTimeUs: whileLostUs,
      reason: 'the gateway was not recording',
    },
  ])
  expect([again.core.notice, again.ledger.queue.refused(9), codesOf(again)]).toEqual([null, [], []])
  for (const other of others) expect(codesOf(other)).toEqual([])
})

test('what waits in the queue and the ledger lacks is signed again: readings under their numbers, openings before them', () => {
  const made = plant()
  const { net, node, others, streams } = made
  const late = opening(net, node, 'late')
  for (const other of others) other.off = true
  void node.core.event('stream.opened', late)
  net.run(100)
  node.core.readings(rowsAt([...streams, late.stream], net.nowUs()))
  net.run(1_000)
  const image = node.ledger.image()
  expect(statementsOf(node.ledger.queue.pending(99)).map(({ kind }) => kind)).toEqual(['event', 'batch'])
  const again = rolledBack(made, image)
  for (const other of others) other.off = false
  net.run(5_000)
  again.core.beginIncarnation()
  net.run(10_000)
  expect([again.core.signing, again.core.notice, again.ledger.queue.refused(9)]).toEqual(['open', null, []])
  expect([...streams, late.stream].map((stream) => again.ledger.streamCursor(stream))).toEqual([2, 1])
  expect(codesOf(again)).toEqual(['refused-signed-again'])
})

test('a fence that comes too late, because another of this identity was faster, stops the gateway', async () => {
  const made = plant()
  const { net, node } = made
  const before = incarnationAt(node)
  const again = rolledBack(made, node.ledger.image())
  net.run(5_000)
  again.off = true
  again.core.beginIncarnation()
  // It may have led: the others elect.
  net.run(10_000)
  asDouble(made, before)
  net.run(10_000)
  again.off = false
  net.run(10_000)
  expect([again.core.signing, codesOf(again)]).toEqual(['doubled', ['keys-used-elsewhere']])
  expect(again.core.notice).toMatch(/another gateway signs with the keys of this one/)
  const size = again.ledger.nextSequence(node.member.actor)
  read(made, again)
  net.run(20_000)
  expect(again.ledger.nextSequence(node.member.actor)).toBe(size)
  await expect(again.core.event('gateway.alive', {})).rejects.toThrow(/signs nothing/)
})

test('a gateway that remembers stops when its incarnation is ended by another, and stays stopped after a start', () => {
  const made = plant()
  const { net, node } = made
  asDouble(made, incarnationAt(node))
  net.run(5_000)
  expect([node.core.signing, codesOf(node)]).toEqual(['doubled', ['keys-used-elsewhere']])
  const again = net.restart(node)
  read(made, again)
  net.run(20_000)
  expect([again.core.signing, again.ledger.nextSequence(node.member.actor)]).toEqual(['doubled', 1])
  expect(codesOf(again)).toEqual(['keys-used-elsewhere'])
})

test('a start with a fence in its queue waits for it, whether its memory is kept or lost once more', () => {
  for (const memory of ['kept', 'lost'] as const) {
    const made = plant()
    const { net, node, others } = made
    const first = rolledBack(made, node.ledger.image())
    net.run(3_000)
    for (const other of others) other.off = true
    first.core.beginIncarnation()
    net.run(500)
    const image = first.ledger.image()
    first.ledger.close()
    const again = net.start(0, { image, memory })
    net.run(2_000)
    expect(again.core.signing).toBe(memory === 'kept' ? 'fenced' : 'lost')
    if (memory === 'lost') again.core.beginIncarnation()
    for (const other of others) other.off = false
    net.run(10_000)
    read(made, again)
    expect([again.core.signing, again.ledger.readings, codesOf(again)]).toEqual(['open', 2, []])
  }
})

test('where the fence of an earlier start comes first, another one ends it without alarm', () => {
  const made = plant()
  const { net, node, others } = made
  const first = rolledBack(made, node.ledger.image())
  net.run(3_000)
  for (const other of others) other.off = true
  first.core.beginIncarnation()
  net.run(500)
  const image = first.ledger.image()
  const [fence] = first.ledger.queue.pending(1)
  first.ledger.close()
  const again = net.start(0, { image, memory: 'lost' })
  for (const other of others) other.off = false
  net.run(5_000)
  // It names what the ledger has now; the older fence overtakes it.
  again.off = true
  again.core.beginIncarnation()
  net.run(500)
  net.leader.core.receive(again.id, FRAME.forward, encodeProposal([fence!]))
  net.run(5_000)
  again.off = false
  net.run(10_000)
  read(made, again)
  expect([again.core.signing, again.ledger.readings, codesOf(again)]).toEqual(['open', 2, []])
})

test('readings that wait for the fence beyond their bound become a gap with that reason', () => {
  const made = plant(1, { unsignedBytesMax: 1_000 })
  const { net, node, streams } = made
  const [stream] = streams as [StreamId]
  const again = rolledBack(made, node.ledger.image())
  const times = Array.from({ length: 40 }, () => read(made, again, 100))
  again.core.beginIncarnation()
  net.run(5_000)
  const nextUs = read(made, again)
  const kept = again.ledger.readings - 2
  expect(kept).toBeGreaterThan(10)
  expect(kept).toBeLessThan(20)
  expect(again.ledger.streamCursor(stream)).toBe(kept + 2)
  expect(gapsOf(again).flat().at(-1)).toMatchObject({
    fromTimeUs: times[kept - 1],
    toTimeUs: nextUs,
    reason: 'readings waited for too long to be signed',
  })
  expect([again.core.notice, codesOf(again)]).toEqual([null, []])
})
