import { expect, test } from 'vitest'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import { GAPS_MAX } from '../../../../src-main/gateway/signing/batch-extent.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { encodeProposal } from '../../../../src-main/wire/proposal.ts'
import { codesOf, CoreNet, gapsOf, openStreams, recordedBy, rowsAt, rowsOf, type CoreNode } from './core-net.ts'

function started(streams: number, limits = {}) {
  const net = new CoreNet(1, limits)
  const node = net.start(0)
  net.elect()
  const opened = openStreams(net, node, streams)
  net.run(3_000)
  return { net, node, opened }
}

test('readings of more streams than one batch may name go into several batches', () => {
  const { net, node, opened } = started(1_500, { batchReadingsMax: 5_000 })
  node.core.readings(rowsOf(opened, 0))
  net.run(2_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([1_500, null, []])
})

test('gaps of more streams than one header holds are signed over several batches', () => {
  const { net, node, opened } = started(400)
  node.core.readings(rowsOf(opened, 0))
  net.run(500)
  node.core.silence('the cable was out')
  node.core.readings(rowsOf(opened, 1))
  net.run(2_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([800, null, []])
  expect(opened.map((stream) => node.ledger.streamCursor(stream))).toEqual(opened.map(() => 2))
  const counts = gapsOf(node).map((batch) => batch.length)
  expect(Math.max(...counts)).toBeLessThanOrEqual(GAPS_MAX)
  expect([counts.length > 1, counts.reduce((total, count) => total + count, 0)]).toEqual([true, 400])
})

test('a gap stands between the readings that it lies between, and takes no number', () => {
  const { net, node, opened } = started(2)
  const [first, second] = opened as [StreamId, StreamId]
  node.core.readings(rowsOf([first, second, first], 0, 3), {
    gaps: [
      { ...report(first, 'the link was down'), row: 2 },
      { ...report(second, 'at the end'), row: 3 },
    ],
  })
  net.run(1_000)
  expect(gapsOf(node)).toMatchObject([
    opened.toSorted().map((stream) => ({
      stream,
      fromSequence: 1,
      toSequence: 0,
      reason: stream === first ? 'the link was down' : 'at the end',
    })),
  ])
  expect([node.ledger.streamCursor(first), node.ledger.streamCursor(second), codesOf(node)]).toEqual([2, 1, []])
})

test('a row equal to the newest of its stream in time, value and quality is recorded once, also after a start', () => {
  const { net, node, opened } = started(1)
  node.core.readings(rowsOf(opened, 0))
  node.core.readings(rowsOf(opened, 0))
  net.run(1_000)
  node.core.readings(rowsOf(opened, 0))
  net.run(1_000)
  expect(node.ledger.readings).toBe(1)
  const again = net.restart(node)
  again.core.readings(rowsOf(opened, 0))
  net.run(1_000)
  expect([again.ledger.readings, codesOf(again)]).toEqual([1, []])
  again.core.readings(rowsOf(opened, 0, 1, 2.5))
  again.core.readings(rowsOf(opened, 0, 1, 2.5))
  net.run(1_000)
  expect([again.ledger.readings, again.ledger.streamCursor(opened[0] as StreamId)]).toEqual([2, 2])
})

test('after a start a gap reaches from the newest reading to the first new one, and readings in the queue are newest', () => {
  const net = new CoreNet(3)
  const [node, ...others] = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
  net.elect()
  const opened = openStreams(net, node, 1)
  const [stream] = opened as [StreamId]
  const read = (of: CoreNode): number => {
    const timeUs = net.nowUs()
    of.core.readings(rowsAt(opened, timeUs))
    net.run(1_000)
    return timeUs
  }
  read(node)
  for (const other of others) other.off = true
  const newestUs = read(node)
  net.run(20_000)
  const again = net.restart(node)
  net.run(1_000)
  const firstUs = read(again)
  for (const other of others) other.off = false
  net.run(10_000)
  expect([again.ledger.readings, again.ledger.streamCursor(stream), codesOf(again)]).toEqual([3, 3, []])
  expect(gapsOf(again).flat()).toMatchObject([
    {
      fromSequence: 2,
      toSequence: 1,
      fromTimeUs: newestUs,
      toTimeUs: firstUs,
      reason: 'the gateway was not recording',
    },
  ])
})

test('what a full queue on disk keeps out is a gap from the newest reading to the next one that is kept', () => {
  const net = new CoreNet(3, { queueBytesMax: 4_000 })
  const [node, ...others] = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
  net.elect()
  const opened = openStreams(net, node, 1)
  net.run(3_000)
  for (const other of others) other.off = true
  let kept = 0
  let last = 0
  while (!node.core.paused) {
    last = net.nowUs()
    node.core.readings(rowsAt(opened, last))
    kept += 1
    net.run(500)
  }
  for (let i = 0; i < 5; i++) {
    node.core.readings(rowsAt(opened, net.nowUs()))
    net.run(500)
  }
  for (const other of others) other.off = false
  net.run(20_000)
  const next = net.nowUs()
  node.core.readings(rowsAt(opened, next))
  net.run(2_000)
  expect([node.ledger.readings, node.ledger.streamCursor(opened[0] as StreamId)]).toEqual([kept + 1, kept + 1])
  expect(gapsOf(node).flat()).toMatchObject([
    { fromTimeUs: last, toTimeUs: next, reason: 'the queue on disk was full', fromSequence: kept },
  ])
})

test('a recorded past is taken over once, and goes on where a start ended amid it', () => {
  const { net, node, opened } = started(1, { batchReadingsMax: 2 })
  const [stream] = opened as [StreamId]
  const past = () => rowsOf([stream, stream, stream, stream, stream], 0, 5)
  node.core.readings(past(), { kind: 'past' })
  node.core.work()
  const again = net.restart(node, false)
  again.core.readings(past(), { kind: 'past' })
  const firstUs = net.nowUs()
  again.core.readings(rowsAt(opened, firstUs))
  net.run(2_000)
  expect([again.ledger.readings, again.ledger.streamCursor(stream), codesOf(again)]).toEqual([6, 6, []])
  expect(gapsOf(again).flat()).toMatchObject([{ fromSequence: 5, toSequence: 4, toTimeUs: firstUs }])
  const third = net.restart(again)
  third.core.readings(past(), { kind: 'past' })
  net.run(2_000)
  expect([third.ledger.readings, codesOf(third)]).toEqual([6, []])
})

test('a ledger that holds more of this gateway than its queue moves the numbers on', () => {
  const { net, node, opened } = started(1)
  const [stream] = opened as [StreamId]
  node.core.readings(rowsOf(opened, 0))
  net.run(1_000)
  // What a process before signed and this one never had in its queue.
  const member = net.channel.member(0)
  Object.assign(member, node.ledger.signingCursor(member.actor))
  const ghost = net.channel.batch(member, net.channel.floats(stream, 1, [7, 8]))
  node.core.receive(1, FRAME.forward, encodeProposal([ghost]))
  net.run(1_000)
  node.core.readings(rowsAt(opened, net.nowUs()))
  net.run(1_000)
  expect([node.ledger.readings, node.ledger.streamCursor(stream)]).toEqual([4, 4])
  expect([node.core.notice, codesOf(node)]).toEqual([null, []])
})

test('readings of a stream that was never opened are left out with a condition and spoil no batch', () => {
  const { net, node, opened } = started(1)
  const stranger = net.channel.streamOf(node.member, 'press', 'stranger')
  node.core.readings(rowsOf([stranger, opened[0] as StreamId], 0), { gaps: [{ ...report(stranger), row: 0 }] })
  net.run(1_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([1, null, ['stream-unopened']])
})

test('a reason out of a device is signed without control characters, cut to 200 bytes and never within a character', () => {
  const { net, node, opened } = started(1)
  const [stream] = opened as [StreamId]
  node.core.readings(rowsOf(opened, 0))
  for (const reason of [`x${'ü'.repeat(150)}`, 'closed\u001b[2J by\u202epeer\n'])
    node.core.readings(rowsOf(opened, 1), { gaps: [{ ...report(stream, reason), row: 0 }] })
  net.run(1_000)
  expect(gapsOf(node).flat()).toMatchObject([{ reason: `x${'ü'.repeat(99)}` }, { reason: 'closed [2J by peer ' }])
})

test('readings that wait behind refused ones are signed to the disk once they take too much memory', () => {
  const { net, node, opened } = started(1, { unsignedBytesMax: 150_000 })
  const [stream] = opened as [StreamId]
  net.run(1_000)
  const member = net.channel.member(0)
  Object.assign(member, node.ledger.signingCursor(member.actor))
  const refused = net.channel.batch(member, net.channel.floats(stream, 0, [1]), { change: { payloadLength: 1 } })
  node.core.close()
  node.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: [refused] })
  const again = net.restart(node, false)
  const lines = 2_000
  const waiting = Array.from({ length: lines }, () => stream)
  again.core.readings(rowsOf(waiting, 1, lines))
  expect(again.ledger.queue.readings()).toBe(1)
  again.core.readings(rowsOf(waiting, 1 + lines, lines))
  again.core.readings(rowsOf(waiting, 1 + 2 * lines, lines))
  expect(again.ledger.queue.readings()).toBe(1 + 3 * lines)
  net.run(20_000)
  expect([again.ledger.streamCursor(stream), again.ledger.readings]).toEqual([3 * lines + 1, 3 * lines + 1])
  expect([again.core.notice, [...new Set(codesOf(again))]]).toEqual([null, ['statement-refused']])
})

const report = (stream: string, reason = 'why') => ({ stream, fromTimeUs: 10, toTimeUs: 20, reason })

test('a gateway says a sign of life every 8 s where it has opened a stream, and once a minute where it has not', () => {
  const alive = (node: CoreNode): number =>
    recordedBy(node).filter((one) => one.kind === 'event' && one.type === 'gateway.alive').length
  const quiet = new CoreNet(1)
  const silent = quiet.start(0)
  quiet.elect()
  quiet.run(5 * 60_000)
  // The first one comes soon after the start.
  expect(alive(silent)).toBe(6)
  const { net, node } = started(1)
  const before = alive(node)
  net.run(60_000)
  expect(alive(node) - before).toBe(7)
})

test('where one of three has streams and the others speak once a minute, blocks carry its time', () => {
  const net = new CoreNet(3)
  const [node] = [net.start(0), net.start(1), net.start(2)] as [CoreNode, CoreNode, CoreNode]
  net.elect()
  const [stream] = openStreams(net, node, 1) as [StreamId]
  for (let step = 0; step < 180; step++) {
    node.core.readings(rowsOf([stream], step))
    net.run(1_000)
  }
  expect(net.nodes.map(codesOf)).toEqual([[], [], []])
  expect(Math.abs(node.ledger.lastSeal().timeUs - net.nowUs())).toBeLessThan(5_000_000)
})
