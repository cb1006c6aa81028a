/** A gateway that puts another key in the place of one of its own while everything goes on. */
import { expect, test } from 'vitest'
import type { Outcome } from '../../../../src-main/ledger/ledger.ts'
import { keyProof } from '../../../../src-main/record/kinds/key.ts'
import type { RotatedUse } from '../../../../src-main/gateway/keys/channel-keys.ts'
import { parseEntry } from '../../../../src-main/wire/entry.ts'
import { addon, codesOf, CoreNet, keysOf, openStreams, recordedBy, rowsOf, type CoreNode } from './core-net.ts'
import Database from 'better-sqlite3'
import { EntryReader } from '../../../../src-main/ledger/read-entries.ts'

const USES: readonly RotatedUse[] = ['entry', 'checkpoint', 'cosignature', 'credential']

async function rotate(net: CoreNet, node: CoreNode, use: RotatedUse): Promise<Outcome> {
  const keys = keysOf(node.member)
  const replaces = node.ledger
    .members()
    .find(({ actor }) => actor === node.member.actor)
    ?.keys.find((key) => key.use === use && key.to === null)
  if (replaces === undefined) throw new Error(`no key for ${use}`)
  const key = keys.add(use)
  const proof = key.sign(keyProof(node.ledger.channel, node.member.actor, replaces.keyId))
  const body = { use, alg: 1 as const, public: key.publicKey, replaces: replaces.keyId, proof }
  return await node.core.event('key.rotated', body)
}

/** Which keys signed what a gateway said, in its order, each once. */
function signersOf(node: CoreNode): string[] {
  const reader = new EntryReader(new Database(Buffer.from(node.ledger.image())), addon)
  const entries = reader.entries(0, 8_192).map(({ bytes }) => parseEntry(bytes))
  return [...new Set(entries.flatMap(({ keyId, actor }) => (actor === node.member.actor ? [keyId] : [])))]
}

function sequencesOf(node: CoreNode): number[] {
  return recordedBy(node).flatMap((one) =>
    one.kind !== 'seal' && one.actor === node.member.actor ? [one.sequence] : [],
  )
}

test('all keys are changed under load, and no statement, no seal and no cosignature is missing or refused', async () => {
  const net = new CoreNet(3)
  for (const index of [0, 1, 2]) net.start(index)
  net.elect()
  const node = net.leader
  const streams = openStreams(net, node, 2)
  net.run(2_000)
  const before = sequencesOf(node).length
  const outcomes: Promise<Outcome>[] = []
  for (const [i, use] of USES.entries()) {
    outcomes.push(rotate(net, node, use))
    // Behind the event, before anybody has decided on it.
    for (let line = 0; line < 10; line++) {
      node.core.readings(rowsOf(streams, 10 * i + line))
      net.run(300)
    }
  }
  net.run(3_000)
  expect((await Promise.all(outcomes)).map(({ outcome }) => outcome)).toEqual(USES.map(() => 'accepted'))
  const [first, second] = signersOf(node)
  expect([first, second]).toEqual([node.member.keys.entry.keyId, keysOf(node.member).keyId('entry')])
  const sequences = sequencesOf(node)
  expect(sequences).toEqual(sequences.map((_, i) => i + (sequences[0] as number)))
  expect(sequences.length).toBeGreaterThan(before + 40)
  // Each of the three goes on confirming what the others seal, by the keys that hold there.
  const { size } = node.ledger.lastSeal()
  for (const { core } of net.nodes) expect(core.agreement.checkpointSize ?? 0).toBeGreaterThanOrEqual(size)
  for (const each of net.nodes) expect([codesOf(each), each.faults]).toEqual([[], []])
})

test('a rotation that waits for a majority outlives a restart, and what was signed behind it is taken with it', () => {
  const net = new CoreNet(3)
  for (const index of [0, 1, 2]) net.start(index)
  net.elect()
  let node = net.nodes.find(({ core }) => core.status.role !== 'leader') as CoreNode
  const streams = openStreams(net, node, 1)
  net.run(2_000)
  node.off = true
  void rotate(net, node, 'entry').catch(() => undefined)
  node.core.readings(rowsOf(streams, 1))
  net.run(1_000)
  node = net.restart(node)
  node.off = true
  node.core.readings(rowsOf(streams, 2))
  net.run(2_000)
  node.off = false
  net.run(8_000)
  expect(signersOf(node)).toEqual([node.member.keys.entry.keyId, keysOf(node.member).keyId('entry')])
  const types = recordedBy(node).flatMap((one) => (one.kind === 'event' ? [one.type] : []))
  expect(types.filter((type) => type === 'key.rotated')).toHaveLength(1)
  const batches = recordedBy(node).filter((one) => one.kind === 'batch' && one.actor === node.member.actor)
  expect(batches.length).toBe(2)
  expect(codesOf(node)).not.toContain('statement-not-taken')
})

test('who comes back with an old ledger is heard although keys have changed twice since, here and there', async () => {
  const net = new CoreNet(3)
  for (const index of [0, 1, 2]) net.start(index)
  net.elect()
  for (const node of net.nodes) openStreams(net, node, 1)
  net.run(2_000)
  const [lost] = net.nodes.filter(({ core }) => core.status.role !== 'leader') as [CoreNode]
  const image = lost.ledger.image()
  for (const node of net.nodes)
    for (let i = 0; i < 2; i++) {
      const rotated = rotate(net, node, 'entry')
      net.run(1_000)
      expect((await rotated).outcome).toBe('accepted')
    }
  lost.core.close()
  lost.ledger.close()
  const again = net.start(net.channel.members.indexOf(lost.member), { image })
  expect(again.core.memory.loss).toBe('ledger-old')
  net.run(8_000)
  expect([again.core.memory.missing, again.core.signing]).toEqual([0, 'open'])
  net.run(10_000)
  const [newest] = signersOf(again).slice(-1)
  expect(newest).toBe(keysOf(again.member).keyId('entry'))
  expect(again.ledger.size).toBe(net.leader.ledger.size)
})
