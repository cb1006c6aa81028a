import { describe, expect, test } from 'vitest'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import type { HeadsTold } from '../../../../src-main/gateway/agreement/agreement.ts'
import { openForkProof } from '../../../../src-main/record/fork-proof.ts'
import { parseNote } from '../../../../src-main/proof/note.ts'
import { signPosition } from '../../../../src-main/proof/signed-head.ts'
import { toHex, utf8 } from '../../../../src-main/wire/bytes.ts'
import type { StreamId } from '../../../../src-main/wire/ids.ts'
import { TEST_EPOCH_US } from '../../../support/channel.ts'
import { codesOf, CoreNet, openStreams, rowsAt, type CoreNode } from './core-net.ts'

const OTHER = 'f'.repeat(64)

function told(node: CoreNode): HeadsTold {
  const { role, term } = node.core.status
  return node.core.agreement.told(role === 'leader' ? term : null)
}

function tell(from: CoreNode, to: CoreNode, what: HeadsTold = told(from)): void {
  const member = to.ledger.members().find(({ raftId }) => raftId === from.id)
  if (member !== undefined) to.core.agreement.heard(member, what)
}

/** Every gateway tells every other what it tells of heads, twice a second. */
function run(net: CoreNet, ms: number, say: (from: CoreNode, to: CoreNode) => void = tell): void {
  for (const end = net.nowMs + ms; net.nowMs < end;) {
    net.run(500)
    for (const from of net.nodes) for (const to of net.nodes) if (from !== to && !from.off && !to.off) say(from, to)
  }
}

function stateOf(node: CoreNode, other: CoreNode): string {
  const member = node.ledger.members().find(({ raftId }) => raftId === other.id)
  return member === undefined ? '' : node.core.agreement.compared(member).state
}

function standing(node: CoreNode): string[] {
  return node.conditions
    .all()
    .flatMap(({ code, place, closedAtUs }) => (closedAtUs === null ? [`${code} ${place}`] : []))
    .toSorted()
}

/** One history of a leader: its own side, and that of the one honest gateway which sees it. */
interface Side {
  net: CoreNet
  liar: CoreNode
  honest: CoreNode
  streams: StreamId[]
  readings: number
}

function side(index: number): Side {
  const net = new CoreNet(3)
  const liar = net.start(0)
  const honest = net.start(index)
  net.elect()
  net.lead(liar)
  const streams = openStreams(net, liar, 1)
  run(net, 1_000)
  return { net, liar, honest, streams, readings: 0 }
}

/** The history grows by a reading, and a seal or two. */
function grow(one: Side): void {
  const timeUs = TEST_EPOCH_US + one.readings * 1_000_000 + one.honest.id
  one.liar.core.readings(rowsAt(one.streams, timeUs))
  one.readings += 1
  run(one.net, 2_000)
}

/**
 * The first gateway leads two histories, one with the second gateway and one with the third. The newest seal of the latter ends
 * where the former has a seal as well (`isCommon`), or has none.
 */
function forked(isCommon: boolean): [Side, Side] {
  const [one, two] = [side(1), side(2)]
  for (let i = 0; i < 10; i++) grow(one)
  for (let i = 0; i < 40; i++) {
    // Sizes of the one kind or the other come about only where the two do not keep step.
    if (i % 3 === 1) void two.liar.core.event('alarm.acknowledged', { place: 'here', name: 'A', reason: 'seen' })
    grow(two)
    const { size } = told(two.honest).head
    if (size >= told(one.honest).head.size) grow(one)
    else if ((one.honest.ledger.checkpointRoot(size) !== null) === isCommon) return [one, two]
  }
  throw new Error('the two histories never come to such a size')
}

function leave({ net, liar }: Side): void {
  liar.off = true
  net.run(4_000)
}

describe('gateways with one record', () => {
  test('find each other equal, all the time, and have no condition', () => {
    const net = new CoreNet(3)
    const nodes = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
    run(net, 10_000)
    for (let i = 0; i < 40; i++) {
      run(net, 500)
      for (const node of nodes) for (const peer of nodes) if (peer !== node) expect(stateOf(node, peer)).toBe('equal')
    }
    expect(nodes.flatMap(codesOf)).toEqual([])
  })

  test('tell who has gone silent, and agree again when it is back', () => {
    const net = new CoreNet(3)
    const nodes = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
    run(net, 10_000)
    nodes[2].off = true
    run(net, 11_000)
    expect([stateOf(nodes[0], nodes[2]), stateOf(nodes[0], nodes[1])]).toEqual(['silent', 'equal'])
    nodes[2].off = false
    run(net, 15_000)
    expect(stateOf(nodes[0], nodes[2])).toBe('equal')
  })

  test('the leader signs where it stands, and the others pass it on', () => {
    const net = new CoreNet(3)
    const nodes = [0, 1, 2].map((index) => net.start(index))
    run(net, 10_000)
    const { leader } = net
    const [own] = told(leader).positions
    const { size, root } = told(leader).head
    expect(own).toContain(`plumbline/position/v1\n${leader.ledger.origin}\n${leader.core.status.term}\n${size}\n`)
    for (const node of nodes) {
      if (node === leader) continue
      tell(leader, node)
      expect(told(node).positions).toEqual([own])
      expect(told(node).head).toMatchObject({ size, root })
    }
  })
})

describe('a gateway that shows another record', () => {
  test('is told of, and does not stop the others, who outvote it', () => {
    const net = new CoreNet(3)
    const nodes = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
    run(net, 10_000)
    net.lead(nodes[0])
    const lie = (from: CoreNode, to: CoreNode): void => {
      const what = told(from)
      tell(from, to, from === nodes[2] ? { ...what, head: { ...what.head, root: OTHER } } : what)
    }
    for (let i = 0; i < 60; i++) {
      run(net, 500, lie)
      expect(nodes.map(({ core }) => core.agreement.inDoubt)).toEqual([false, false, false])
    }
    expect(stateOf(nodes[0], nodes[2])).toBe('differs')
    expect(standing(nodes[0])).toEqual(['record-differs gateway-3'])
    expect(standing(nodes[2])).toEqual([])
  })

  test('makes a gateway doubt that nobody stands by, and a restart ends neither the doubt nor the difference', () => {
    const net = new CoreNet(2)
    const nodes = [0, 1].map((index) => net.start(index)) as [CoreNode, CoreNode]
    run(net, 10_000)
    // What the other one signed before the start is not remembered; what it signs now counts.
    nodes[0] = net.restart(nodes[0])
    nodes[1].off = true
    const lie = { head: { height: 9, size: 3, root: OTHER }, doubts: false, positions: [] }
    tell(nodes[1], nodes[0], lie)
    net.run(2_900)
    expect(nodes[0].core.agreement.inDoubt).toBe(false)
    net.run(200)
    expect([nodes[0].core.agreement.inDoubt, nodes[0].core.cosigning]).toEqual([true, false])
    const again = net.restart(nodes[0])
    net.run(1_000)
    expect(standing(again)).toEqual(['doubt gateway-1', 'record-differs gateway-2'])
    expect([again.core.agreement.inDoubt, stateOf(again, nodes[1])]).toEqual([true, 'differs'])
    // The other one is back, and signs what this one computed.
    nodes[1].off = false
    run(net, 20_000)
    expect([again.core.agreement.inDoubt, stateOf(again, nodes[1]), standing(again)]).toEqual([false, 'equal', []])
  })
})

test('a member that shows now this and now that makes the disk write no more than once a second', () => {
  const net = new CoreNet(2)
  const nodes = [0, 1].map((index) => net.start(index)) as [CoreNode, CoreNode]
  run(net, 5_000)
  const memory = net.memoryOf(nodes[0].member)
  let saves = 0
  const save = memory.save
  memory.save = (remembered) => {
    saves += 1
    save(remembered)
  }
  for (let i = 0; i < 100; i++) {
    net.run(100)
    const what = told(nodes[1])
    tell(nodes[1], nodes[0], i % 2 === 0 ? { ...what, head: { ...what.head, root: OTHER } } : what)
  }
  expect(saves).toBeLessThanOrEqual(11)
  expect(saves).toBeGreaterThan(2)
})

describe('a leader that keeps two histories', () => {
  const proven = [
    'doubt gateway-2',
    'record-differs gateway-1',
    'record-differs gateway-3',
    'signed-two-records gateway-1',
  ]

  test('is proven to, by the positions that the honest ones pass on; no innocent one is named, and a restart forgets nothing', () => {
    const [one, two] = forked(true)
    const { net, honest, liar } = one
    expect([standing(honest), standing(two.honest)]).toEqual([[], []])
    tell(two.honest, honest)
    leave(one)
    expect(standing(honest)).toEqual(proven)
    const [proof] = net.memoryOf(honest.member).proofs()
    expect(openForkProof(proof?.text ?? '').both).toEqual([{ actor: liar.member.actor, name: 'gateway-1' }])
    const again = net.restart(honest)
    net.run(1_000)
    expect(standing(again)).toEqual(proven)
    // What the liar signs from now on ends no doubt.
    const { origin } = again.ledger
    const size = again.ledger.lastSeal().index + 1
    const root = toHex(again.ledger.checkpointRoot(size) ?? new Uint8Array())
    const lines = parseNote(again.ledger.checkpoint(size) ?? '').signatures.map(({ line }) => line)
    expect(lines.some((line) => line.startsWith(`— ${origin}/gateway-1 `))).toBe(true)
    again.core.receive(liar.id, FRAME.cosignature, utf8(JSON.stringify({ size, root, lines })))
    expect(again.core.agreement.inDoubt).toBe(true)
  })

  test('is proven to by its cosignatures, since a gateway answers another record with what was signed for its own', () => {
    const [one, two] = forked(true)
    const { origin } = two.honest.ledger
    const { size } = told(two.honest).head
    const root = toHex(two.honest.ledger.checkpointRoot(size) ?? new Uint8Array())
    // An honest one sends its own cosignature alone.
    const lines = parseNote(two.honest.ledger.checkpoint(size) ?? '')
      .signatures.map(({ line }) => line)
      .filter((line) => line.startsWith(`— ${origin}/gateway-3 `))
    expect(lines).toHaveLength(1)
    const frame = utf8(JSON.stringify({ size, root, lines }))
    one.net.wire = []
    one.honest.core.receive(3, FRAME.cosignature, frame)
    expect(standing(one.honest)).toEqual(['record-differs gateway-3'])
    const [answer] = one.net.wire.filter(({ to, type }) => to === 3 && type === FRAME.cosignature)
    two.honest.core.receive(2, FRAME.cosignature, answer?.body ?? new Uint8Array())
    expect(standing(two.honest)).toContain('signed-two-records gateway-1')
    expect(standing(two.honest)).not.toContain('signed-two-records gateway-2')
    const [proof] = two.net.memoryOf(two.honest.member).proofs()
    expect(openForkProof(proof?.text ?? '').both.map(({ actor }) => actor)).toEqual([one.liar.member.actor])
    // The same once more is answered no more.
    one.net.wire = []
    one.honest.core.receive(3, FRAME.cosignature, frame)
    expect(one.net.wire).toEqual([])
  })

  test('whose two histories have no seal of one size is not proven to, but differs, and so does who has the other one', () => {
    const [one, two] = forked(false)
    tell(two.honest, one.honest)
    expect(standing(one.honest)).toEqual(['record-differs gateway-1', 'record-differs gateway-3'])
    one.liar.off = true
    const again = one.net.restart(one.honest)
    one.net.run(1_000)
    expect(standing(again).filter((condition) => !condition.startsWith('doubt'))).toEqual([
      'record-differs gateway-1',
      'record-differs gateway-3',
    ])
  })
})

test('positions that nobody signed, of another channel or of no member say nothing, and cost no memory', () => {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index)) as [CoreNode, CoreNode, CoreNode]
  run(net, 10_000)
  const [first, second] = nodes
  const { origin } = first.ledger
  const { entry } = second.member.keys
  const by = { name: 'gateway-2', publicKey: entry.public, sign: (bytes: Uint8Array) => entry.sign(bytes) }
  const stranger = { ...by, sign: () => new Uint8Array(64) }
  expect(
    first.core.agreement.heard(second.ledger.members()[1] as never, { ...told(second), positions: ['no note'] }),
  ).toBe(false)
  const notes = [
    signPosition({ origin, term: 9, size: 3, root: OTHER }, stranger),
    signPosition({ origin: 'plumbline.local/other', term: 9, size: 3, root: OTHER }, by),
    signPosition({ origin, term: 9, size: 3, root: OTHER }, { ...by, name: 'gateway-3' }),
  ]
  for (let i = 0; i < 500; i++) tell(second, first, { ...told(second), positions: notes })
  expect(standing(first)).toEqual([])
  tell(second, first, { ...told(second), positions: [signPosition({ origin, term: 9, size: 3, root: OTHER }, by)] })
  expect(standing(first)).toEqual(['record-differs gateway-2'])
})
