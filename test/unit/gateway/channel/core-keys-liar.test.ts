/** What a member with keys, or a thief of one that was replaced, cannot do with rotations and marks. */
import { expect, test } from 'vitest'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import type { KeyRotated } from '../../../../src-main/record/kinds/key.ts'
import { keyProof } from '../../../../src-main/record/kinds/key.ts'
import { encodeMemoryFrame, parseMemoryFrame, signMark } from '../../../../src-main/gateway/memory/memory-frame.ts'
import { signPosition } from '../../../../src-main/proof/signed-head.ts'
import { encodeProposal } from '../../../../src-main/wire/proposal.ts'
import { testKey, type TestMember } from '../../../support/channel.ts'
import { codesOf, CoreNet, keysOf, openStreams, rowsOf, type CoreNode } from './core-net.ts'

interface Signer {
  publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}

function three(): CoreNet {
  const net = new CoreNet(3)
  for (const index of [0, 1, 2]) net.start(index)
  net.elect()
  for (const node of net.nodes) openStreams(net, node, 1)
  net.run(2_000)
  return net
}

function rotation(node: CoreNode, key: Signer = keysOf(node.member).add('entry')): KeyRotated {
  const inForce = node.ledger.keysAt(node.member.actor, 'entry', Number(node.ledger.size))[0]
  if (inForce === undefined) throw new Error('no key')
  const proof = key.sign(keyProof(node.ledger.channel, node.member.actor, inForce.keyId))
  return { use: 'entry', alg: 1, public: key.publicKey, replaces: inForce.keyId, proof }
}

/** The member, signing from where its ledger stands. */
function signingAs(node: CoreNode): TestMember {
  const { incarnation, sequence, previous } = node.ledger.signingCursor(node.member.actor)
  return { ...node.member, incarnation: incarnation ?? node.member.incarnation, sequence, previous }
}

function others(net: CoreNet): [CoreNode, CoreNode] {
  const { leader } = net
  return net.nodes.filter((node) => node !== leader) as [CoreNode, CoreNode]
}

test('statements of a liar by a key that its own rotation replaces are not held against an innocent leader', () => {
  const net = three()
  const { leader } = net
  const [liar, third] = others(net)
  const member = signingAs(liar)
  const made = [net.channel.event(member, 'key.rotated', rotation(liar))]
  for (let i = 0; i < 20; i++) made.push(net.channel.event(member, 'gateway.alive', {}))
  leader.core.receive(liar.id, FRAME.forward, encodeProposal(made))
  net.run(1_000)
  expect(third.faults.filter(([member_]) => member_ === leader.id)).toEqual([])
})

test('nothing is forwarded behind an own rotation that waits: who leads does not know its key yet', () => {
  const net = three()
  const { leader } = net
  const [node] = others(net)
  const streams = openStreams(net, node, 2)
  net.run(2_000)
  // What the followers hear of the log comes late, so that the leader commits late.
  const late: { atMs: number; deliver(): void }[] = []
  for (const { core } of others(net)) {
    const receive = core.receive.bind(core)
    const tick = core.tick.bind(core)
    core.receive = (from, type, body) => {
      if (type !== FRAME.raft) return receive(from, type, body)
      const kept = body.slice()
      late.push({ atMs: net.nowMs + 600, deliver: () => receive(from, type, kept) })
    }
    core.tick = () => {
      while (late[0] !== undefined && late[0].atMs <= net.nowMs) late.shift()?.deliver()
      tick()
    }
  }
  void node.core.event('key.rotated', rotation(node)).catch(() => undefined)
  for (let line = 0; line < 30; line++) {
    node.core.readings(rowsOf(streams, line))
    net.run(100)
  }
  net.run(6_000)
  expect(leader.faults.filter(([member]) => member === node.id)).toEqual([])
})

test('a thief who rotates the owner away stops it with words, at once and after a start', () => {
  const net = three()
  const [owner] = others(net)
  const { public: publicKey, sign } = testKey('thief', 'entry')
  const stolen = net.channel.event(signingAs(owner), 'key.rotated', rotation(owner, { publicKey, sign }))
  net.leader.core.receive(owner.id, FRAME.forward, encodeProposal([stolen]))
  net.run(5_000)
  expect([codesOf(owner), owner.core.notice]).toEqual([
    expect.arrayContaining(['keys-used-elsewhere']),
    expect.stringContaining('lacks the key'),
  ])
  const again = net.restart(owner)
  expect([codesOf(again), again.core.notice]).toEqual([
    ['keys-used-elsewhere'],
    expect.stringContaining('lacks the key'),
  ])
})

test.each(['counter', 'cosigned'] as const)(
  'a mark that was forged by a key that was replaced, or with a %s beyond all measure, changes nothing',
  async (what) => {
    const net = three()
    const [victim, liar] = others(net)
    const old = victim.member.keys.entry
    const rotated = victim.core.event('key.rotated', rotation(victim))
    net.run(2_000)
    expect((await rotated).outcome).toBe('accepted')
    const newest = keysOf(victim.member).newest('entry')
    const { ledger, counter } = victim.ledger.memory.identity
    const forged = (by: Signer, mark: { counter: number; cosigned: number }) =>
      signMark(net.channel.channel, victim.member.actor, { ledger, boot: 'ab'.repeat(16), ...mark }, (bytes) =>
        by.sign(bytes),
      )
    const lies = [
      forged({ publicKey: old.public, sign: old.sign }, { counter: counter + 1_000, cosigned: 0 }),
      ...(what === 'counter' ? [forged(newest, { counter: Number.MAX_SAFE_INTEGER, cosigned: 0 })] : []),
    ]
    const receive = victim.core.receive.bind(victim.core)
    victim.core.receive = (from, type, body) => {
      const yours = type === FRAME.memory && from === liar.id ? lies.pop() : undefined
      const frame = yours === undefined ? null : parseMemoryFrame(body)
      receive(from, type, frame === null || yours === undefined ? body : encodeMemoryFrame({ ...frame, yours }))
    }
    net.run(5_000)
    expect(lies).toEqual([])
    expect([victim.core.memory.loss, codesOf(victim)]).toEqual([null, []])
    expect(victim.ledger.memory.identity.counter).toBeLessThan(counter + 1_000)
  },
)

test('two heads by a key that was replaced frame nobody', async () => {
  const net = three()
  const [owner, other] = others(net)
  const { public: publicKey, sign } = owner.member.keys.entry
  const rotated = owner.core.event('key.rotated', rotation(owner))
  net.run(2_000)
  expect((await rotated).outcome).toBe('accepted')
  const { origin } = other.ledger
  const head = { height: 0, size: 1, root: '00'.repeat(32) }
  const notesBy = (by: Signer): string[] =>
    ['11'.repeat(32), '22'.repeat(32)].map((root) =>
      signPosition({ origin, term: 1, size: 3, root }, { name: owner.member.name, ...by }),
    )
  const teller = other.ledger.members().find(({ raftId }) => raftId === net.leader.id)
  if (teller === undefined) throw new Error('no leader')
  const tell = (positions: string[]): boolean => other.core.agreement.heard(teller, { head, doubts: false, positions })
  // Who passes them on is no liar either: they were signed by a key that held there.
  expect(tell(notesBy({ publicKey, sign }))).toBe(true)
  expect(codesOf(other)).not.toContain('signed-two-records')
  // One that nobody ever had is passed on by no honest member.
  expect(tell(notesBy({ ...testKey('nobody', 'entry'), publicKey: testKey('nobody', 'entry').public }))).toBe(false)
})
