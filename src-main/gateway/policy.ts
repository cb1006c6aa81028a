import type { LedgerReader } from '../ledger/reader.ts'
import { cosignerName } from '../proof/checkpoint.ts'
import { formatPolicy } from '../proof/policy.ts'
import { originOf } from '../wire/origin.ts'

/** The policy a verifier pins (C2SP tlog-policy): every gateway's log key, every gateway as cosigner, the channel's quorum. */
export function policyOf(reader: LedgerReader): string {
  const channel = reader.channel
  const members = reader.members().filter((member) => member.voter)
  return formatPolicy({
    origin: originOf(channel),
    logKeys: members.flatMap((member) => keysOf(member, 'checkpoint')),
    cosigners: members.flatMap((member) =>
      keysOf(member, 'cosignature').map((publicKey) => ({ name: cosignerName(channel, member.name), publicKey })),
    ),
    quorum: reader.channelState().quorum,
  })
}

function keysOf(member: { keys: readonly { use: string; public: Uint8Array }[] }, use: string): Uint8Array[] {
  return member.keys.filter((key) => key.use === use).map((key) => key.public)
}
