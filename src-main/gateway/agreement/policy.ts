import type { LedgerReader } from '../../ledger/reader.ts'
import { cosignerName } from '../../proof/checkpoint.ts'
import { formatPolicy } from '../../proof/policy.ts'
import type { ChannelOpened } from '../../record/kinds/channel.ts'
import type { GenesisMember } from '../../record/member-fields.ts'
import type { MemberKey } from '../../record/member-key.ts'
import type { ChannelId } from '../../wire/ids.ts'
import { originOf } from '../../wire/origin.ts'

/** The policy a verifier pins (C2SP tlog-policy): every gateway's log key, every gateway as cosigner, the channel's quorum. */
export function policyOf(reader: LedgerReader): string {
  return policyText(reader.channel, reader.members(), reader.channelState().quorum)
}

/** The same of a channel that nothing was recorded in yet. */
export function policyOfGenesis(channel: ChannelId, { members, quorum }: ChannelOpened): string {
  return policyText(
    channel,
    members.toSorted((a, b) => a.raftId - b.raftId),
    quorum,
  )
}

type Signer = Pick<GenesisMember, 'name' | 'voter'> & {
  keys: readonly (Pick<MemberKey, 'use' | 'public'> & { readonly to?: number | null })[]
}

function policyText(channel: ChannelId, members: readonly Signer[], quorum: number): string {
  const voters = members.filter((member) => member.voter)
  return formatPolicy({
    origin: originOf(channel),
    logKeys: voters.flatMap((member) => keysOf(member, 'checkpoint')),
    cosigners: voters.flatMap((member) =>
      keysOf(member, 'cosignature').map((publicKey) => ({ name: cosignerName(channel, member.name), publicKey })),
    ),
    quorum,
  })
}

function keysOf(member: Signer, use: string): Uint8Array[] {
  return member.keys.filter((key) => key.use === use && (key.to ?? null) === null).map((key) => key.public)
}
