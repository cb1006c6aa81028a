import { expect, test } from 'vitest'
import { batchExtent, GAPS_MAX } from '../../../src-main/gateway/batch-extent.ts'
import { GapBook } from '../../../src-main/gateway/gap-book.ts'
import { joinRows } from '../../../src-main/gateway/reading-queue.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { codesOf, CoreNet, openStreams, rowsOf } from './core-net.ts'
import type { CoreNode } from './core-net.ts'

function started(streams: number, limits = {}) {
  const net = new CoreNet(1, limits)
  const node = net.start(0)
  net.run(3_000)
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
  node.core.readings(rowsOf(opened, 10))
  net.run(2_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([800, null, []])
  expect(opened.map((stream) => node.ledger.streamCursor(stream))).toEqual(opened.map(() => 11))
})

test('a break among readings that wait together is signed as a gap between two batches', () => {
  const { net, node, opened } = started(1)
  node.core.readings(rowsOf(opened, 0))
  node.core.readings(rowsOf(opened, 5))
  net.run(1_000)
  expect([node.ledger.readings, node.ledger.streamCursor(opened[0] as StreamId)]).toEqual([2, 6])
  expect([node.core.notice, codesOf(node)]).toEqual([null, []])
})

test('silences and a loss that begin at one sequence are signed and recorded in one batch', () => {
  const { net, node, opened } = started(1)
  const [stream] = opened as [StreamId]
  node.core.readings(rowsOf(opened, 0))
  net.run(1_000)
  node.core.gap(report(stream, null, 'silent'))
  node.core.gap(report(stream, null, 'silent again'))
  node.core.gap(report(stream, [1, 4], 'queue overflowed'))
  node.core.readings(rowsOf(opened, 5))
  net.run(1_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([2, null, []])
  expect(node.ledger.streamCursor(stream)).toBe(6)
})

test('a loss signed after a start lies behind the newest queued time that can be', () => {
  const net = new CoreNet(3)
  const [node, ...others] = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
  net.run(3_000)
  const streams = openStreams(net, node, 1)
  net.run(3_000)
  const read = (sequence: number, aheadUs: number): void => {
    node.core.readings(rowsOf(streams, sequence, net.nowUs() + aheadUs))
    net.run(2_000)
  }
  read(0, 0)
  for (const other of others) other.off = true
  read(1, 0)
  read(2, 86_400_000_000)
  const again = net.restart(node)
  net.run(1_000)
  again.core.readings(rowsOf(streams, 9, net.nowUs()))
  net.run(2_000)
  for (const other of others) other.off = false
  net.run(10_000)
  expect([again.ledger.readings, again.ledger.streamCursor(streams[0] as StreamId)]).toEqual([4, 10])
  expect(codesOf(again)).toEqual([])
})

test('readings under sequences that were signed before are left out with a condition', () => {
  const { net, node, opened } = started(1)
  node.core.readings(rowsOf(opened, 0))
  node.core.readings(joinRows([rowsOf(opened, 0), rowsOf(opened, 1)]))
  net.run(1_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([2, null, ['readings-repeated']])
})

test('readings of a stream that was never opened are left out with a condition and spoil no batch', () => {
  const { net, node, opened } = started(1)
  const stranger = net.channel.streamOf(node.member, 'press', 'stranger')
  node.core.gap({ stream: stranger, fromTimeUs: 1, toTimeUs: 2, reason: 'silent', lost: null })
  node.core.readings(rowsOf([stranger, opened[0] as StreamId], 0))
  net.run(1_000)
  expect([node.ledger.readings, node.core.notice, codesOf(node)]).toEqual([1, null, ['stream-unopened']])
})

const A = 'aa'.repeat(16) as StreamId
const B = 'bb'.repeat(16) as StreamId
const report = (stream: string, lost: [number, number] | null, reason = 'why') => ({
  stream,
  fromTimeUs: 10,
  toTimeUs: 20,
  reason,
  lost,
})

test('a batch ends before the row that would make a stream in it break', () => {
  expect(batchExtent([rowsOf([A, B], 0), rowsOf([A], 2)], 500, () => 0, 0)).toMatchObject({ count: 2, fate: 'batch' })
  expect(batchExtent([rowsOf([A], 0)], 500, () => 4, 0)).toMatchObject({ count: 1, fate: 'repeated' })
})

test('lost sequences behind readings that are not signed yet wait for their batch', () => {
  const gaps = new GapBook([[A, { next: 0, lastTimeUs: null }]])
  gaps.add(report(A, [5, 9]))
  expect(gaps.sign([{ stream: A, firstSequence: 0, count: 3 }], new Map(), 50)).toEqual([])
  expect(gaps.sign([{ stream: A, firstSequence: 3, count: 2 }], new Map(), 60)).toMatchObject([
    { fromSequence: 5, toSequence: 9 },
  ])
  expect(gaps.nextOf(A)).toBe(10)
})

test('where a header has no room, one gap covers all that a stream lost, and silences wait', () => {
  const streams = Array.from({ length: GAPS_MAX }, (_, i) => i.toString(16).padStart(32, '0') as StreamId)
  const gaps = new GapBook(streams.map((stream) => [stream, { next: 0, lastTimeUs: null }]))
  gaps.add(report(streams[0] as string, [0, 1]))
  gaps.add(report(streams[0] as string, [2, 3], 'later'))
  gaps.add(report(streams[1] as string, null, 'silent'))
  const runs = streams.map((stream) => ({ stream, firstSequence: 4, count: 1 }))
  const signed = gaps.sign(runs, new Map(), 50)
  expect(signed).toHaveLength(GAPS_MAX)
  expect(signed[0]).toMatchObject({ fromSequence: 0, toSequence: 3, reason: 'why' })
  expect(gaps.waiting).toBe(1)
})

test('a reason is cut to 200 bytes and never within a character', () => {
  const gaps = new GapBook([[A, { next: 0, lastTimeUs: null }]])
  gaps.add(report(A, null, `x${'ü'.repeat(150)}`))
  const [gap] = gaps.sign([{ stream: A, firstSequence: 0, count: 1 }], new Map(), 50)
  expect(gap?.reason).toBe(`x${'ü'.repeat(99)}`)
})

test('a gap that lost readings reaches from the reading before it to the one after, whatever was told of it', () => {
  const gaps = new GapBook([[A, { next: 5, lastTimeUs: 700 }]])
  gaps.add(report(A, [5, 7]))
  gaps.add(report(A, [10, 12]))
  const times = new Map([[A as string, { firstUs: 900, lastUs: 950 }]])
  expect(gaps.sign([{ stream: A, firstSequence: 8, count: 2 }], times, 990)).toMatchObject([
    { fromSequence: 5, toSequence: 7, fromTimeUs: 700, toTimeUs: 900 },
    { fromSequence: 10, toSequence: 12, fromTimeUs: 950, toTimeUs: 950 },
  ])
  const back = new Map([[A as string, { firstUs: 100, lastUs: 110 }]])
  expect(gaps.sign([{ stream: A, firstSequence: 14, count: 1 }], back, 990)).toMatchObject([
    { fromSequence: 13, toSequence: 13, fromTimeUs: 100, toTimeUs: 950 },
  ])
})

test('a reason out of a device is signed without control characters', () => {
  const gaps = new GapBook([[A, { next: 0, lastTimeUs: null }]])
  gaps.add(report(A, null, 'closed\u001b[2J by\u202epeer\n'))
  const [gap] = gaps.sign([{ stream: A, firstSequence: 0, count: 1 }], new Map(), 50)
  expect(gap?.reason).toBe('closed [2J by peer ')
})
