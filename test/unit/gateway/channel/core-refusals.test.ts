import { expect, test } from 'vitest'
import { TEST_EPOCH_US } from '../../../support/channel.ts'
import type { SigningCursor } from '../../../../src-main/ledger/signing-cursor.ts'
import type { Addon } from '../../../../native/addon.ts'
import type { DocumentHash } from '../../../../src-main/record/document-fields.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import { addon, codesOf, CoreNet, opening, openStreams, rowsOf, statementsOf, type CoreNode } from './core-net.ts'

test('after a refused event and two restarts every sequence is signed once and the pipeline goes on', () => {
  const net = new CoreNet()
  let node = net.start(0)
  net.elect()
  const body = { place: 'gateway-1', name: 'M. Lindner', reason: 'seen' }
  // A pack that is not active makes a registration invalid.
  void node.core.event('asset.registered', asset('tank', ['no-such-pack']))
  net.run(2_000)
  for (let start = 0; start < 2; start++) {
    node = net.restart(node)
    net.run(60_000)
    void node.core.event('alarm.acknowledged', body)
    net.run(1_000)
  }
  const before = node.ledger.size
  net.run(40_000)
  expect(node.ledger.size).toBeGreaterThan(before)
  expect([node.core.notice, node.ledger.queue.count(), node.ledger.queue.refused(9)]).toEqual([null, 0, []])
  expect(codesOf(node)).not.toContain('signing-stopped')
})

test('after a refused batch in the queue the next statement follows the ledger, not the queue', () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const [stream] = openStreams(net, node, 1)
  net.run(1_000)
  // Signed by hand under the next sequence of the chain: a batch with a break that no gap covers.
  const { actor } = node.member
  Object.assign(net.channel.member(0), sequenceOf(node.ledger.signingCursor(actor)))
  const broken = net.channel.batch(net.channel.member(0), net.channel.floats(stream as never, 7, [1]))
  node.core.close()
  node.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: [broken] })
  let again = net.restart(node, false)
  net.run(12_000)
  again = net.restart(again)
  net.run(20_000)
  expect([again.core.notice, again.ledger.queue.count(), again.ledger.queue.refused(9)]).toEqual([null, 0, []])
  expect(again.ledger.readings).toBe(1)
})

test('an event that no replica would take is refused before it is signed, and readings go on', async () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const [stream] = openStreams(net, node, 1)
  net.run(1_000)
  const next = node.ledger.signingCursor(node.member.actor).sequence
  const body = { place: 'gateway-1, entry 5', name: 'M. Lindner', reason: 'ü'.repeat(600) }
  await expect(node.core.event('alarm.acknowledged', body)).rejects.toThrow(/"reason" is longer than 1024 bytes/)
  expect(codesOf(node)).toEqual(['event-not-signed'])
  expect(node.ledger.signingCursor(node.member.actor).sequence).toBe(next)
  node.core.readings(rowsOf([stream as never], 0))
  net.run(1_000)
  expect([node.ledger.readings, node.core.notice]).toEqual([1, null])
})

test('an invalid event of two gateways raises a condition with its reason and stops neither', () => {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index))
  net.elect()
  const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
  void first.core.event('asset.registered', asset('tank', []))
  void second.core.event('asset.registered', { ...asset('tank', []), name: 'another name' })
  net.run(2_000)
  expect(nodes.map(({ core }) => core.notice)).toEqual([null, null, null])
  const told = nodes.flatMap(({ conditions }) => conditions.all())
  const text = expect.stringContaining('the asset is registered already') as string
  expect(told).toMatchObject([{ code: 'event-refused', text, facts: { refused: 'asset-differs' } }])
  for (const node of [first, second]) {
    const streams = openStreams(net, node, 1)
    node.core.readings(rowsOf(streams, 0))
  }
  net.run(2_000)
  expect(first.ledger.readings).toBe(2)
})

test('a stream whose asset was refused is recorded without it, and no reading is lost', () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const body = opening(net, node, 't0')
  void node.core.event('asset.registered', asset('tank', ['no-such-pack']))
  void node.core.event('stream.opened', body)
  void node.core.event('stream.bound', { stream: body.stream, asset: 'tank', fromSequence: 0 })
  for (let i = 0; i < 30; i++) {
    node.core.readings(rowsOf([body.stream], i))
    net.run(100)
  }
  net.run(2_000)
  expect(node.ledger.stream(body.stream)).toMatchObject({ assets: [] })
  expect([node.ledger.readings, node.ledger.streamCursor(body.stream), node.core.notice]).toEqual([30, 30, null])
  expect(node.ledger.queue.refused(9)).toEqual([])
})

test('the readings of a refused batch are signed again at the next start, before newer ones', () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const streams = openStreams(net, node, 2)
  net.run(1_000)
  const member = net.channel.member(0)
  Object.assign(member, sequenceOf(node.ledger.signingCursor(member.actor)))
  const [first, second] = streams as [never, never]
  const refused = net.channel.batch(member, net.channel.floats(first, 0, [1, 2, 3]), { change: { payloadLength: 1 } })
  const behind = net.channel.batch(member, [
    ...net.channel.floats(first, 3, [4]),
    ...net.channel.floats(second, 0, [5]),
  ])
  node.core.close()
  node.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: [refused, behind] })
  let again = net.restart(node, false)
  expect(new Map(again.core.streams()).get(first)).toMatchObject({ next: 4 })
  again.core.readings(rowsOf([first], 4))
  net.run(5_000)
  expect(again.ledger.streamCursor(first)).toBe(5)
  expect([again.ledger.readings, again.ledger.queue.refused(9), again.core.notice]).toEqual([6, [], null])
  again = net.restart(again)
  expect(codesOf(again)).toEqual([])
})

test('readings that are refused a second time stop the gateway, and stay in the queue for the next start', () => {
  const net = new CoreNet()
  const closeBatch: Addon['closeBatch'] = (...rows) => ({ ...addon.closeBatch(...rows), root: Buffer.alloc(32) })
  const node = net.start(0, { addon: Object.create(addon, { closeBatch: { value: closeBatch } }) as Addon })
  net.elect()
  const [stream] = openStreams(net, node, 1)
  node.core.readings(rowsOf([stream as never], 0))
  net.run(5_000)
  expect(node.core.notice).toMatch(/the root of the batch differs/)
  expect(codesOf(node)).toEqual(['statement-refused', 'signing-stopped'])
  expect(node.ledger.queue.refused(9)).toHaveLength(1)
  const again = net.restart(node)
  expect(codesOf(again)).toEqual(['refused-signed-again'])
  net.run(5_000)
  expect([again.ledger.readings, again.core.notice]).toEqual([1, null])
})

test('what waits under a sequence that the ledger has used is never proposed; its readings are signed again', () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const [stream] = openStreams(net, node, 1)
  net.run(20_000)
  const member = net.channel.member(0)
  const { incarnation } = node.ledger.signingCursor(member.actor)
  Object.assign(member, { incarnation, sequence: 2, previous: new Uint8Array(32).fill(9) })
  const stale = net.channel.batch(member, net.channel.floats(stream as never, 0, [1, 2]))
  node.core.close()
  node.ledger.commitPass({ truncateFrom: null, append: [], hardState: null, apply: [], enqueue: [stale] })
  const again = net.restart(node, false)
  expect(again.ledger.queue.pending(9).filter(({ sequence }) => sequence === 2)).toEqual([])
  net.run(5_000)
  expect([again.ledger.readings, again.core.notice, again.ledger.queue.refused(9)]).toEqual([2, null, []])
  expect(codesOf(again)).toEqual(['refused-signed-again'])
})

test('a statement that no gateway takes raises one condition, until a later one is decided', () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const member = net.channel.member(0)
  Object.assign(member, sequenceOf(node.ledger.signingCursor(member.actor)))
  const alive = net.channel.event(member, 'gateway.alive', {})
  const entry = alive.entry.slice()
  entry[entry.length - 1] = (entry.at(-1) as number) ^ 1
  node.core.close()
  node.ledger.commitPass({
    truncateFrom: null,
    append: [],
    hardState: null,
    apply: [],
    enqueue: [{ ...alive, entry }],
  })
  const again = net.restart(node, false)
  net.run(15_000)
  const text = expect.stringContaining('the signature does not verify') as string
  expect(again.conditions.all()).toMatchObject([{ code: 'statement-not-taken', closedAtUs: null, text }])
})

test('where streams stand after a start counts what waits in the queue, with the time of its newest reading', () => {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index))
  net.elect()
  const node = nodes[0] as (typeof nodes)[0]
  const streams = openStreams(net, node, 2)
  node.core.readings(rowsOf(streams, 0))
  net.run(2_000)
  node.off = true
  for (let sequence = 1; sequence <= 5; sequence++) {
    node.core.readings(rowsOf(streams.slice(0, 1), sequence))
    net.run(1_000)
  }
  const again = net.restart(node)
  expect(statementsOf(again.ledger.queue.pending(99)).filter(({ kind }) => kind === 'batch')).not.toEqual([])
  const places = new Map(again.core.streams())
  expect(streams.map((stream) => places.get(stream))).toEqual([
    { next: 6, lastTimeUs: TEST_EPOCH_US + 5_000_000 },
    { next: 1, lastTimeUs: TEST_EPOCH_US },
  ])
})

function asset(id: string, packs: string[]) {
  return { asset: id, scheme: 'own', type: 'tank', name: 'Tank', attributes: {}, packs, simulated: true }
}

function sequenceOf({ incarnation, sequence, previous }: SigningCursor) {
  return { incarnation, sequence, previous }
}

test('a refusal that somebody is told of raises no alarm, and one that nobody waits for does', async () => {
  const net = new CoreNet()
  const node = net.start(0)
  net.elect()
  const told = node.core.event('asset.registered', asset('tank', ['no-such-pack']), true)
  net.run(2_000)
  expect(await told).toMatchObject({ outcome: 'invalid', reason: 'pack-inactive' })
  expect(codesOf(node)).toEqual([])
  void node.core.event('asset.registered', asset('tank', ['no-such-pack']))
  net.run(2_000)
  expect(codesOf(node)).toEqual(['event-refused'])
})

test('of two hand-overs of one document that are signed before either is decided one is stale, on every gateway alike', async () => {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index))
  net.elect()
  const [first, second, third] = nodes as [CoreNode, CoreNode, CoreNode]
  const document = '5d'.repeat(32) as DocumentHash
  const added = second.core.event('document.added', { document, type: 'report', version: '1', name: 'R', asset: null })
  net.run(2_000)
  expect((await added).outcome).toBe('accepted')
  const both = [first, third].map(({ member }) =>
    second.core.event('document.transferred', { document, to: member.actor, asset: null }),
  )
  net.run(4_000)
  const [one, other] = await Promise.all(both)
  expect([one?.outcome, other?.outcome, other?.reason]).toEqual(['accepted', 'invalid', 'stale-state'])
  const roots = nodes.map(({ ledger }) => toHex(ledger.lastSeal().stateRootAfter))
  expect(new Set(roots).size).toBe(1)
})
