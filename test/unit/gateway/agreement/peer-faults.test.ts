import { expect, test } from 'vitest'
import { encodeProposal, decodeProposal, type Proposed } from '../../../../src-main/wire/proposal.ts'
import { PeerFaults } from '../../../../src-main/gateway/agreement/peer-faults.ts'
import { FRAME } from '../../../../src-main/consensus/frames.ts'
import { incarnationOf } from '../../../support/channel.ts'
import { CoreNet, openStreams, rowsOf, type CoreNode } from '../channel/core-net.ts'

interface Judged {
  proposed: Proposed[]
  faults: string[]
}

function judgedBy(node: CoreNode, member: number, body: Uint8Array): Judged {
  const faults: string[] = []
  const onFault = (who: number, code: string, what: string): void => void faults.push(`${who} ${code}: ${what}`)
  return { proposed: new PeerFaults({ ledger: node.ledger, onFault }).forwarded(member, body), faults }
}

/** Three gateways of which the first leads; what the second one forwards after it signed something. */
function forwardedBySecond(): { net: CoreNet; leader: CoreNode; second: CoreNode; body: Uint8Array } {
  const net = new CoreNet(3)
  const nodes = [0, 1, 2].map((i) => net.start(i))
  net.lead(nodes[0] as CoreNode)
  const [leader, second] = nodes as [CoreNode, CoreNode]
  const streams = openStreams(net, second, 1)
  net.run(500)
  second.core.readings(rowsOf(streams, 0))
  net.nowMs += 200
  second.core.tick()
  while (second.core.work());
  const frame = net.wire.find(({ from, type }) => from === second.id && type === FRAME.forward)
  return { net, leader, second, body: frame?.body as Uint8Array }
}

test('what a correct gateway forwards is proposed as it was sent, and after it is applied it is left out in silence', () => {
  const { net, leader, second, body } = forwardedBySecond()
  expect(judgedBy(leader, second.id, body)).toEqual({ proposed: decodeProposal(body), faults: [] })
  net.run(1_000)
  expect(judgedBy(leader, second.id, body)).toEqual({ proposed: [], faults: [] })
})

test('what is another’s, changed, signed by nobody or without its payload is refused, and named after who sent it', () => {
  const { leader, second, body } = forwardedBySecond()
  const [sent] = decodeProposal(body) as [Proposed]
  const changed = sent.entry.slice()
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
  const judged = (member: number, statement: Proposed): Judged =>
    judgedBy(leader, member, encodeProposal([statement, sent]))
  expect(judged(3, sent).faults).toEqual([
    '3 forward_refused: sent a statement for proposing that is signed in the name of another',
  ])
  expect(judged(second.id, { ...sent, entry: changed })).toEqual({
    proposed: [],
    faults: [
      '2 forward_refused: sent a statement for proposing that would have no effect: the signature does not verify',
    ],
  })
  expect(judged(second.id, { ...sent, payload: null }).faults[0]).toMatch(/another payload than it names/)
  expect(judged(second.id, { entry: new Uint8Array(60_000), payload: new Uint8Array(1e6) }).faults[0]).toMatch(
    /cannot be read/,
  )
})

test('what is no proposal at all is refused', () => {
  const { leader } = forwardedBySecond()
  expect(judgedBy(leader, 2, Uint8Array.of(9, 9, 9)).faults[0]).toMatch(/^2 forward_malformed: .* no statements/)
})

test('seals are proposed by the leader alone', () => {
  const { net, leader } = forwardedBySecond()
  const draft = leader.ledger.sealDraft()
  const seal = net.channel.seal(leader.member, draft, draft.minTimeUs)
  expect(judgedBy(leader, leader.id, encodeProposal([seal])).faults[0]).toMatch(/is a seal/)
})

test('a leader that puts statements without effect into the log is named by those who apply them', () => {
  const { net, leader, second } = forwardedBySecond()
  net.run(1_000)
  leader.ledger.judgeForwarded = () => 'propose'
  const junk = encodeProposal([{ entry: Uint8Array.of(1), payload: null }])
  net.wire.push({ from: 3, to: leader.id, type: FRAME.forward, body: junk })
  net.run(1_000)
  expect(second.faults).toEqual([[leader.id, 'bad_statement']])
  expect(leader.faults).toEqual([])
})

test('a fence in a role that its signer does not have is refused to it, and not held against who leads', () => {
  const { net, leader, second } = forwardedBySecond()
  net.run(1_000)
  const member = { ...second.member, incarnation: incarnationOf('another'), sequence: 0, previous: null }
  const ends = leader.ledger.incarnation(second.member.actor)
  const fence = net.channel.event(member, 'gateway.resumed', { ends }, { role: 'nobody' })
  expect(judgedBy(leader, second.id, encodeProposal([fence])).faults[0]).toMatch(/^2 forward_refused/)
})
