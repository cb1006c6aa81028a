/** Rule packs: those that decide, what was proposed, and what another version would mean. */
import { said, saidOf, type SaidByPerson } from '../../gateway/channel/say-as.ts'
import { DECIDED_WITHIN_MS } from '../../gateway/channel/sign-event.ts'
import type { Channel } from '../../gateway/channel.ts'
import type { Certificates } from '../../gateway/evidence/certificates.ts'
import { differenceOf, packFileOf, packsOf, preparedProposal, replayOf } from '../../gateway/evidence/pack-desk.ts'
import type { CoreEvents, CoreEventType } from '../../record/kinds.ts'
import { ADMINS } from '../../record/person-fields.ts'
import type { JsonValue } from '../../wire/json.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerIfAny, type As } from './signer-of.ts'

type Answers = Pick<Handlers, 'packs' | 'packFile' | 'packDifference' | 'replayPack' | 'proposePack'>

export function packAnswers(channel: Channel, signers: Signers, certificates: Certificates): Answers {
  return {
    packs: () => packsOf(channel),
    packFile: ({ params: { hash } }) => ({
      content: packFileOf(channel, hash),
      mime: 'application/json',
      fileName: `pack-${hash.slice(0, 16)}.json`,
    }),
    packDifference: ({ params }) => differenceOf(channel, params.hash),
    replayPack: async ({ params, body }) => await replayOf(channel, certificates, { ...params, ...body }),
    proposePack: async ({ body, caller }) => await propose(channel, signers, caller, body),
  }
}

interface Proposal {
  as?: As | undefined
  reason: string
  pack: { shipped: string } | { rule: string; pack: JsonValue; words: JsonValue }
}

async function propose(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  { as, reason, pack: wanted }: Proposal,
): Promise<SaidByPerson & { hash: string; id: string; version: string }> {
  const { proposed, parts } = await preparedProposal(channel, wanted)
  const signer = await signerIfAny(channel, signers, caller, as)
  const { thread, log } = channel
  const says = async <T extends CoreEventType>(type: T, body: CoreEvents[T]): Promise<SaidByPerson> =>
    signer === null
      ? saidOf(await thread.event(type, body, DECIDED_WITHIN_MS))
      : await said(thread, signer, type, body, ADMINS)
  const { hash, id, version } = proposed
  let told = await says('pack.proposed', { ...proposed, reason })
  for (const [part, bytes] of parts.entries()) {
    // Where no majority is there all of it is proposed anew, once there is one.
    if (told.outcome !== 'accepted' && told.outcome !== 'duplicate') break
    told = await says('pack.part', { hash, part, bytes })
  }
  log.info({ pack: id, version, hash, by: as?.name ?? caller.name, outcome: told.outcome }, 'a pack was proposed')
  return { ...told, hash, id, version }
}
