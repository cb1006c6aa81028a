import { expect, test } from 'vitest'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import { Sealer } from '../../../../src-main/gateway/channel/sealer.ts'
import { formatCheckpoint } from '../../../../src-main/proof/checkpoint.ts'
import { cosignatureLine } from '../../../../src-main/proof/cosignature.ts'
import { openForkProof } from '../../../../src-main/record/fork-proof.ts'
import { fromUtf8, toHex, utf8 } from '../../../../src-main/wire/bytes.ts'
import { encodeProposal } from '../../../../src-main/wire/proposal.ts'
import { codesOf, CoreNet, openStreams, rowsOf, type CoreNode } from './core-net.ts'

function three(skewUs = 0): { net: CoreNet; nodes: [CoreNode, CoreNode, CoreNode] } {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((index) => net.start(index, index === 0 ? { skewUs } : {})) as [
    CoreNode,
    CoreNode,
    CoreNode,
  ]
  net.elect()
  return { net, nodes }
}

/** Hands a seal of `signer`, changed, to whoever leads. */
function proposeSeal(net: CoreNet, signer: CoreNode, change: object): void {
  const { leader } = net
  const draft = { ...leader.ledger.sealDraft(), ...change }
  const { entry, payload } = net.channel.seal(signer.member, draft, draft.minTimeUs)
  // As a leader that does not look at what it proposes: a correct one takes no seal from another.
  const { ledger } = leader
  const judge = ledger.judgeForwarded
  ledger.judgeForwarded = () => 'propose'
  leader.core.receive(signer.id, FRAME.forward, encodeProposal([{ entry, payload }]))
  ledger.judgeForwarded = judge
  net.run(200)
}

test('a leader whose clock is two minutes ahead goes on sealing, and a condition says so as long as it leads', () => {
  const { net, nodes } = three(120_000_000)
  for (const node of nodes) openStreams(net, node, 1)
  net.lead(nodes[0])
  const { height } = nodes[0].ledger.lastSeal()
  net.run(60_000)
  expect(nodes[0].ledger.lastSeal().height - height).toBeGreaterThan(5)
  expect(nodes[0].conditions.has('clock-ahead', 'gateway-1')).toBe(true)
  net.lead(nodes[1])
  net.run(2_000)
  expect(codesOf(nodes[0])).toEqual(['clock-ahead'])
  expect(nodes[0].conditions.has('clock-ahead', 'gateway-1')).toBe(false)
})

test('a leader whose seals are refused again and again asks the other voters in turn to lead', () => {
  const { nodes } = three()
  const asked: number[] = []
  const said: unknown[] = []
  const { member, ledger } = nodes[0]
  const sealer = new Sealer({
    ledger,
    chain: { seal: () => new Uint8Array() } as never,
    actor: member.actor,
    clock: nodes[0].core.clock,
    propose: () => undefined,
    handOver: (to) => void asked.push(to),
    name: 'gateway-1',
    onCondition: (code, place, on) => void said.push([code, place, on]),
  })
  const place = { actor: member.actor, incarnation: null, sequence: null, index: null, root: null }
  const refused = { kind: 'seal', outcome: 'refused-seal', readings: 0, reason: 'seal-time-ahead' } as const
  const outcome = { ...refused, ...place, entryHash: new Uint8Array(32) }
  for (let i = 0; i < 6; i++) sealer.settled({ ...outcome, refusal: 'time' })
  for (let i = 0; i < 9; i++) sealer.settled({ ...outcome, refusal: 'other-height' })
  expect(asked).toEqual([2, 3])
  expect(said).toEqual([
    ['seals-refused', 'gateway-1', true],
    ['seals-refused', 'gateway-1', true],
  ])
})

test.each([
  ['state root', { stateRoot: new Uint8Array(32).fill(1) }],
  ['packs hash', { packsHash: new Uint8Array(32).fill(1) }],
  ['tree size', { size: 1_000 }],
])('a seal of the next height with another %s ends cosigning and acknowledging until most agree', (_, change) => {
  const { net, nodes } = three()
  const [first, , third] = nodes
  net.lead(first)
  proposeSeal(net, third, change)
  expect(nodes.map((node) => codesOf(node))).toEqual([['doubt'], ['doubt'], ['doubt']])
  expect(nodes.map(({ core }) => core.cosigning)).toEqual([false, false, false])
  const before = first.acknowledged.length
  const streams = openStreams(net, first, 1)
  first.core.readings(rowsOf(streams, 0))
  net.run(200)
  expect(first.acknowledged).toHaveLength(before)
  net.run(20_000)
  // The leader's next seals say what it computed; then the others cosign that, and so end its doubt too.
  expect(nodes.map(({ core }) => core.cosigning)).toEqual([true, true, true])
  expect(nodes.map(({ conditions, member }) => conditions.has('doubt', member.name))).toEqual([false, false, false])
})

test("an old seal, a repeated one and one ahead of this gateway say nothing about anyone's record", () => {
  const { net, nodes } = three()
  net.lead(nodes[0])
  net.run(20_000)
  proposeSeal(net, nodes[2], { height: 1, stateRoot: new Uint8Array(32) })
  proposeSeal(net, nodes[2], { height: 999, stateRoot: new Uint8Array(32) })
  expect(nodes.map((node) => [node.core.cosigning, codesOf(node)])).toEqual(nodes.map(() => [true, []]))
})

function lines(net: CoreNet, signer: CoreNode, size: number, root: Uint8Array): Uint8Array {
  const { origin } = signer.ledger
  const { member } = signer
  const line = cosignatureLine({
    text: formatCheckpoint({ origin, size, root }),
    name: `${origin}/${member.name}`,
    timeSeconds: Math.floor(net.nowUs() / 1e6),
    publicKey: member.keys.cosignature.public,
    sign: (bytes) => member.keys.cosignature.sign(bytes),
  })
  return utf8(JSON.stringify({ size, root: toHex(root), lines: [line] }))
}

test("another root is told only with a member's signature, also where it came early", () => {
  const { net, nodes } = three()
  const [first, second, third] = nodes
  for (const node of nodes) openStreams(net, node, 1)
  net.run(12_000)
  const { index } = first.ledger.lastSeal()
  const other = new Uint8Array(32).fill(7)
  const unsigned = utf8(JSON.stringify({ size: index + 1, root: toHex(other), lines: [] }))
  first.core.receive(2, FRAME.cosignature, unsigned)
  expect(codesOf(first)).toEqual([])
  first.core.receive(2, FRAME.cosignature, lines(net, third, index + 1, other))
  const size = index + 1
  const differs = { code: 'record-differs', place: 'gateway-3' }
  // Its true cosignature of that size is here: the two together prove that it signed two records.
  expect(codesOf(first)).toEqual(['signed-two-records', 'record-differs'])
  expect(first.conditions.all()).toMatchObject([{ place: 'gateway-3' }, { ...differs, facts: { size } }])
  expect(openForkProof(net.memoryOf(first.member).proofs()[0]?.text ?? '').both).toMatchObject([{ name: 'gateway-3' }])
  // Early, behind frames of sizes that never come: found once the seal is there.
  for (let i = 0; i < 40; i++) first.core.receive(2, FRAME.cosignature, lines(net, second, 9_000_000 + i, other))
  for (let ahead = 1; ahead < 16; ahead++)
    first.core.receive(2, FRAME.cosignature, lines(net, second, first.ledger.size + ahead, other))
  expect(first.conditions.all().map(({ place }) => place)).not.toContain('gateway-2')
  net.run(12_000)
  expect(first.conditions.all()).toContainEqual(expect.objectContaining({ code: differs.code, place: 'gateway-2' }))
})

test('a gateway that knows of a change in its own record signs no checkpoint from the start on', () => {
  const net = new CoreNet()
  const node = net.start(0, { cosigning: false })
  net.elect()
  net.run(9_000)
  expect([node.core.cosigning, node.ledger.checkpoint()]).toEqual([false, null])
})

test('a frame that is no proposal is passed over, and a member that sends ten a minute is told until it sends fewer', () => {
  const { net, nodes } = three()
  for (let i = 0; i < 9; i++) net.leader.core.receive(2, FRAME.forward, Uint8Array.of(9, 9, 9))
  net.run(1_000)
  expect(nodes.flatMap((node) => codesOf(node))).toEqual([])
  net.leader.core.receive(2, FRAME.forward, Uint8Array.of(9, 9, 9))
  net.run(1_000)
  const told = (): object[] => nodes.flatMap(({ conditions }) => conditions.all())
  expect(told()).toMatchObject([{ code: 'messages-refused', place: 'gateway-2', closedAtUs: null }])
  net.run(125_000)
  expect(told()).toMatchObject([{ code: 'messages-refused', closedAtUs: expect.any(Number) as number }])
})

test('a line that claims a key and does not hold is charged to its sender, and the same good one again costs no transaction', () => {
  const { net, nodes } = three()
  const [first, second] = nodes
  net.run(12_000)
  const { index } = first.ledger.lastSeal()
  const root = first.ledger.checkpointRoot(index + 1) as Uint8Array
  const good = lines(net, second, index + 1, root)
  first.core.receive(2, FRAME.cosignature, good)
  const { counter } = first.ledger.memory.identity
  for (let i = 0; i < 20; i++) first.core.receive(2, FRAME.cosignature, good)
  expect([first.ledger.memory.identity.counter, first.faults]).toEqual([counter, []])
  const { size, lines: signed } = JSON.parse(fromUtf8(good)) as { size: number; lines: string[] }
  const forged = utf8(JSON.stringify({ size, root: toHex(new Uint8Array(32).fill(9)), lines: signed }))
  first.core.receive(3, FRAME.cosignature, forged)
  expect(first.faults).toEqual([[3, 'lines_false']])
})
