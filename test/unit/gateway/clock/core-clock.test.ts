/** Whole gateways whose clocks leap, or start wrong. */
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { decompressPayload } from '../../../../src-main/ledger/payload-frame.ts'
import { parseEntry } from '../../../../src-main/wire/entry.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { FLAG } from '../../../../src-main/wire/quality.ts'
import { ROW_BYTES } from '../../../../src-main/wire/rows.ts'
import { decodeBatchHeader, type BatchHeader } from '../../../../src-main/record/statements.ts'
import { TEST_EPOCH_US } from '../../../support/channel.ts'
import { addon, codesOf, CoreNet, openStreams, rowsAt, type CoreNode } from '../channel/core-net.ts'

const DAY_US = 86_400_000_000
const TEN_YEARS_US = 3_653 * DAY_US

function three(skewUs = 0): { net: CoreNet; nodes: CoreNode[] } {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index, { skewUs }))
  net.elect()
  net.run(2_000)
  return { net, nodes }
}

const heights = (nodes: CoreNode[]): number[] => nodes.map(({ ledger }) => ledger.lastSeal().height)
const standing = (node: CoreNode): string[] =>
  node.conditions.all().flatMap(({ code, closedAtUs }) => (closedAtUs === null ? [code] : []))

/** How far ledger time is behind a clock that is right, in seconds. */
function behindS(net: CoreNet, node: CoreNode): number {
  return (net.nowUs() - node.ledger.lastSeal().timeUs) / 1e6
}

/** Feeds a stream of each gateway once a second, by the gateway's own clock. */
function feed(net: CoreNet, nodes: CoreNode[], streams: StreamId[][], next: { at: number }, seconds: number): void {
  for (let i = 0; i < seconds; i++, next.at++) {
    for (const [n, node] of nodes.entries())
      node.core.readings(rowsAt(streams[n] as StreamId[], net.nowUs(node.skewUs)))
    net.run(1_000)
  }
}

interface Recorded {
  header: BatchHeader
  flags: number[]
}

/** Headers of every batch on a ledger, and the flags of its readings. */
function batchesOf({ ledger }: CoreNode): Recorded[] {
  const database = new Database(Buffer.from(ledger.image()))
  const stored = database
    .prepare(
      'SELECT entry.bytes, payload.bytes AS payload FROM entry JOIN payload ON payload.id = entry.payload ORDER BY idx',
    )
    .all() as { bytes: Uint8Array; payload: Uint8Array }[]
  database.close()
  return stored.map(({ bytes, payload }) => {
    const { rows } = addon.rowsOfPayload(decompressPayload(payload), 1_000)
    const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
    const flags = Array.from({ length: rows.length / ROW_BYTES }, (_, i) => view.getUint32(i * ROW_BYTES + 28, true))
    return { header: decodeBatchHeader(parseEntry(bytes).payload), flags }
  })
}

test('all clocks leap ten years ahead for ten seconds: nothing is sealed, readings are flagged, ledger time goes on as before', () => {
  const { net, nodes } = three()
  const streams = nodes.map((node) => openStreams(net, node, 1))
  const next = { at: 0 }
  feed(net, nodes, streams, next, 10)
  const before = heights(nodes)
  const fromUs = net.nowUs()
  for (const node of nodes) node.skewUs = TEN_YEARS_US
  feed(net, nodes, streams, next, 10)
  // What was proposed before the leap may have been applied in it.
  for (const [n, height] of heights(nodes).entries()) expect(height - (before[n] as number)).toBeLessThanOrEqual(1)
  expect(nodes.map((node) => standing(node))).toEqual(nodes.map(() => ['clock-leapt']))
  const toUs = net.nowUs()
  for (const node of nodes) node.skewUs = 0
  feed(net, nodes, streams, next, 10)
  expect(nodes.map((node) => standing(node))).toEqual(nodes.map(() => []))
  for (const node of nodes) expect(node.ledger.lastSeal().height).toBeGreaterThan((before[0] as number) + 5)
  for (const node of nodes) expect(Math.abs(behindS(net, node))).toBeLessThan(3)
  const batches = batchesOf(nodes[0] as CoreNode)
  expect(batches.length).toBeGreaterThan(80)
  const doubted = batches.filter(({ header }) => header.clock.state === 'doubted')
  expect(doubted.length).toBeGreaterThanOrEqual(27)
  for (const { header } of doubted) {
    expect(header.sealedAtUs).toBeGreaterThanOrEqual(fromUs)
    expect(header.sealedAtUs).toBeLessThanOrEqual(toUs + 200_000)
  }
  const leapt = batches.filter(({ header }) => header.lastTimeUs > TEST_EPOCH_US + DAY_US)
  expect(leapt).toHaveLength(30)
  for (const { flags } of leapt) expect(flags.map((bits) => bits & FLAG.gatewayClockDoubted)).not.toContain(0)
  const outside = batches.filter(({ header }) => header.lastTimeUs < fromUs || header.sealedAtUs > toUs + 3_000_000)
  expect(outside.length).toBeGreaterThan(40)
  expect(outside.flatMap(({ flags }) => flags).filter((bits) => bits & FLAG.gatewayClockDoubted)).toEqual([])
})

test('a leader whose clock leaps lets one seal whose clock did not', () => {
  const { net, nodes } = three()
  const [first] = nodes as [CoreNode]
  for (const node of nodes) openStreams(net, node, 1)
  net.lead(first)
  net.run(9_000)
  first.skewUs = -DAY_US
  const height = first.ledger.lastSeal().height
  net.run(20_000)
  expect([net.leader === first, standing(first)]).toEqual([false, ['clock-leapt']])
  expect(first.ledger.lastSeal().height).toBeGreaterThan(height + 1)
  expect(Math.abs(behindS(net, first))).toBeLessThan(12)
})

test('a leap that was a correction is believed once the system keeps the clock, or once most others agree with it', () => {
  const { net, nodes } = three()
  const [first, second, third] = nodes as [CoreNode, CoreNode, CoreNode]
  for (const node of nodes) openStreams(net, node, 1)
  net.run(2_000)
  for (const node of nodes) node.skewUs = DAY_US
  net.run(5_000)
  expect(nodes.map((node) => standing(node))).toEqual(nodes.map(() => ['clock-leapt']))
  for (const node of [first, second]) node.system = { state: 'synchronised', errorUs: 900 }
  net.run(55_000)
  expect(nodes.map((node) => standing(node))).toEqual(nodes.map(() => ['clock-leapt']))
  net.run(10_000)
  expect(nodes.map((node) => standing(node))).toEqual([[], [], ['clock-leapt']])
  net.run(61_000)
  expect(standing(third)).toEqual([])
  net.run(20_000)
  for (const node of nodes) expect(Math.abs(behindS(net, node) + DAY_US / 1e6)).toBeLessThan(12)
})

test('a leapt clock is not believed for one other that agrees, nor for two of which one shows more than 30 s else', () => {
  const net = new CoreNet(3)
  const [first, second, third] = [0, DAY_US, DAY_US].map((skewUs, index) => net.start(index, { skewUs })) as [
    CoreNode,
    CoreNode,
    CoreNode,
  ]
  net.run(1_000)
  second.system = { state: 'synchronised', errorUs: 900 }
  first.skewUs = DAY_US
  net.run(70_000)
  expect(standing(first)).toContain('clock-leapt')
  third.system = second.system
  third.skewUs = DAY_US + 31_000_000
  net.run(70_000)
  expect(standing(first)).toContain('clock-leapt')
  third.skewUs = DAY_US + 29_000_000
  net.run(62_000)
  expect(standing(first)).not.toContain('clock-leapt')
})

test.each([
  ['before the newest block', -DAY_US, 'clock-before-ledger'],
  ['31 days after it', 31 * DAY_US, 'clock-after-pause'],
])('a gateway that starts %s seals nothing until a person confirms its clock', (_, skewUs, code) => {
  const net = new CoreNet(1)
  const node = net.start(0, { skewUs })
  const [stream] = openStreams(net, node, 1) as [StreamId]
  net.run(100_000)
  node.core.readings(rowsAt([stream], net.nowUs()))
  net.run(1_000)
  expect([node.ledger.lastSeal().height, node.ledger.readings, codesOf(node)]).toEqual([0, 1, [code]])
  node.core.clock.confirm()
  net.run(10_000)
  expect(node.ledger.lastSeal().height).toBeGreaterThan(2)
  expect(standing(node)).toEqual([])
  expect(batchesOf(node)).toMatchObject([{ header: { clock: { state: 'doubted' } }, flags: [4096] }])
  // Ledger time never goes back: until this clock gets there it stands all but still.
  if (skewUs < 0) expect(node.ledger.lastSeal().timeUs - TEST_EPOCH_US).toBeLessThan(100)
  else expect(Math.abs(behindS(net, node) + skewUs / 1e6)).toBeLessThan(12)
})

test('one confirmation is enough for a plant that stood still for 31 days', () => {
  const { net, nodes } = three(31 * DAY_US)
  net.run(30_000)
  expect(heights(nodes)).toEqual([0, 0, 0])
  const [, second] = nodes as [CoreNode, CoreNode]
  second.core.clock.confirm()
  net.run(30_000)
  expect(nodes.map((node) => standing(node))).toEqual([[], [], []])
  for (const node of nodes) expect(Math.abs(behindS(net, node) + (31 * DAY_US) / 1e6)).toBeLessThan(12)
})

test('a start with a synchronised clock after 31 days seals after a minute; an unsynchronised one alone does not stop seals', () => {
  const net = new CoreNet(1)
  const node = net.start(0, { skewUs: 31 * DAY_US })
  openStreams(net, node, 1)
  node.system = { state: 'synchronised', errorUs: 900 }
  net.run(55_000)
  expect(node.ledger.lastSeal().height).toBe(0)
  net.run(30_000)
  expect(node.ledger.lastSeal().height).toBeGreaterThan(0)
  node.system = { state: 'unsynchronised', errorUs: null }
  const { height } = node.ledger.lastSeal()
  net.run(30_000)
  expect(node.ledger.lastSeal().height).toBeGreaterThan(height)
  expect(standing(node)).toEqual([])
})

test('batch headers say what the system says of the clock', () => {
  const net = new CoreNet(1)
  const node = net.start(0)
  const [stream] = openStreams(net, node, 1) as [StreamId]
  for (const system of [
    { state: 'synchronised', errorUs: 900 } as const,
    { state: 'unsynchronised', errorUs: null } as const,
    { state: 'unknown', errorUs: null } as const,
  ]) {
    node.system = system
    net.run(2_000)
    node.core.readings(rowsAt([stream], net.nowUs()))
    net.run(1_000)
  }
  expect(batchesOf(node).map(({ header }) => header.clock)).toEqual([
    { state: 'synchronised', errorUs: 900 },
    { state: 'unsynchronised', errorUs: null },
    { state: 'unknown', errorUs: null },
  ])
})

test('a gap that a leapt clock ended is signed as ending now', () => {
  const net = new CoreNet(1)
  const node = net.start(0)
  const [stream] = openStreams(net, node, 1) as [StreamId]
  node.core.readings(rowsAt([stream], net.nowUs()))
  net.run(2_000)
  node.skewUs = TEN_YEARS_US
  const fromTimeUs = net.nowUs()
  const gap = { stream, fromTimeUs, toTimeUs: net.nowUs(node.skewUs), reason: 'silent', row: 0 }
  node.core.readings(rowsAt([stream], net.nowUs()), { gaps: [gap] })
  net.run(2_000)
  const [, { header }] = batchesOf(node) as [Recorded, Recorded]
  expect(header.gaps).toMatchObject([{ fromTimeUs, toTimeUs: fromTimeUs + 60_000_000 }])
})

test('neither a start of the program nor one of the system after the leap makes the leap believed', () => {
  const net = new CoreNet(1)
  const node = net.start(0)
  net.run(10_000)
  node.skewUs = 20 * DAY_US
  net.run(1_000)
  const again = net.restart(node)
  const { height } = again.ledger.lastSeal()
  net.run(20_000)
  expect([again.ledger.lastSeal().height, standing(again)]).toEqual([height, ['clock-leapt']])
  net.believed.clear()
  again.skewUs = TEN_YEARS_US
  const third = net.restart(again)
  net.run(20_000)
  expect([third.ledger.lastSeal().height, standing(third)]).toEqual([height, ['clock-after-pause']])
})
