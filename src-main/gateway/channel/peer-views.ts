import type { PeerStatus } from '../../consensus/peers.ts'
import type { Compared } from '../agreement/agreement.ts'
import type { GatewayView } from './messages.ts'
import type { PeerHello } from '../agreement/peer-hello.ts'

/** A gateway sends at least every second: pings, and twice a second what it tells of itself. */
const SILENT_MS_MAX = 3_000

export interface ViewInput {
  members: readonly { actor: string; raftId: number; name: string; voter: boolean }[]
  raftId: number
  raft: { role: string; leader: number; term: number }
  hello: PeerHello
  hellos: ReadonlyMap<number, PeerHello>
  /** By Raft id. */
  compared: ReadonlyMap<number, Compared>
  links: readonly PeerStatus[]
  nowUs: number
}

/** How every member of the channel looks from here: what it says of itself, and what the link to it says. */
export function gatewayViews(input: ViewInput): GatewayView[] {
  return input.members.map((member) => {
    if (member.raftId === input.raftId)
      return {
        name: member.name,
        actor: member.actor,
        self: true,
        reachable: true,
        role: roleOf(input.raft.role),
        lagEntries: 0,
        lastContactUs: input.nowUs,
        clockOffsetMs: 0,
        hello: input.hello,
        compared: { state: 'equal', sinceUs: input.nowUs },
      }
    const link = input.links.find((candidate) => candidate.id === member.raftId)
    const hello = input.hellos.get(member.raftId) ?? null
    // A process that was stopped keeps its connections: what counts is the last byte that was heard.
    const lastUs = link?.lastContactUs ?? null
    const silentUs = lastUs === null ? Infinity : Math.abs(input.nowUs - lastUs)
    const reachable = link?.state === 'up' && silentUs < SILENT_MS_MAX * 1_000
    return {
      name: member.name,
      actor: member.actor,
      self: false,
      reachable,
      role: !reachable
        ? 'unknown'
        : input.raft.leader === member.raftId
          ? 'leader'
          : member.voter
            ? 'follower'
            : 'learner',
      lagEntries: hello === null ? 0 : Math.max(0, input.hello.treeSize - hello.treeSize),
      lastContactUs: lastUs,
      clockOffsetMs:
        link?.clockOffset === undefined || link.clockOffset === null
          ? null
          : Math.round(link.clockOffset.offsetUs / 100) / 10,
      hello,
      compared: input.compared.get(member.raftId) ?? { state: 'silent', sinceUs: null },
    }
  })
}

function roleOf(role: string): GatewayView['role'] {
  if (role === 'leader' || role === 'follower' || role === 'learner') return role
  return 'candidate'
}
