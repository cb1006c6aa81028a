/** Alarms: what stands, and what people do about it. */
import { byUrgency } from '../../endpoints/alarm-order.ts'
import { conditionCodes } from '../../endpoints/conditions.ts'
import type { Alarm, Alarms } from '../../endpoints/alarm-model.ts'
import type { Channel } from '../../gateway/channel.ts'
import { skeleton } from '../../wire/look-alike.ts'
import { decodeEvent } from '../../record/statements.ts'
import { parseEntry } from '../../wire/entry.ts'
import { which } from '../../gateway/alarms/alarm-events.ts'
import type { Signer } from '../../gateway/channel/say-as.ts'
import { tellSeen } from '../../gateway/channel/tell-seen.ts'
import { ApiError } from '../api-error.ts'
import type { Caller, Handlers } from '../handlers.ts'
import type { Signers } from '../signers.ts'
import { signerIfAny, type As } from './signer-of.ts'

/** The ledger has all of them. */
const DEVIATIONS_SHOWN = 100

type Answers = Pick<Handlers, 'alarms' | 'acknowledgeAlarms' | 'shelveAlarm' | 'unshelveAlarm'>

export function alarmAnswers(channel: Channel, signers: Signers): Answers {
  return {
    alarms: () => ({
      atUs: channel.nowUs(),
      alarms: channel
        .alarms()
        .filter(({ state }) => state !== 'normal')
        .toSorted(byUrgency),
      figures: channel.conditions.figures,
      watched: conditionCodes.length,
      deviations: deviations(channel),
    }),
    acknowledgeAlarms: async ({ body, caller }) => ({
      alarms: await acknowledge(channel, signers, caller, body),
    }),
    shelveAlarm: ({ body, caller }) => {
      const { id, minutes, reason } = body
      const alarm = channel.conditionsWith(id).shelve(id, { name: nameOf(body, caller), reason, minutes })
      channel.tellStatus()
      return { alarm }
    },
    unshelveAlarm: ({ body, caller }) => {
      const doing = { name: nameOf(body, caller), reason: body.reason ?? '' }
      const alarm = channel.conditionsWith(body.id).unshelve(body.id, doing)
      channel.tellStatus()
      return { alarm }
    },
  }
}

/**
 * The change that was found in the record is acknowledged where its finding is kept, which lifts the banner, too. Whoever has a key says by
 * it that tampering was seen.
 */
async function acknowledge(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  {
    ids,
    reason = '',
    by,
    as,
  }: { ids: readonly string[]; reason?: string | undefined; by?: string | undefined; as?: As | undefined },
): Promise<Alarm[]> {
  const { record, thread } = channel
  const once = [...new Set(ids)]
  const fresh = once
    .map((id) => channel.conditionsWith(id).alarm(id))
    .filter(({ acknowledged }) => acknowledged === null)
  // All or none, also where some of them are the gateway's.
  for (const id of once) channel.conditionsWith(id).needReason(id, reason)
  const grave = fresh.filter(({ tamper }) => tamper)
  const signer = grave.length === 0 ? null : await witness(channel, signers, caller, { by, as })
  const doing = { name: nameOf({ by: as?.name ?? by }, caller), reason }
  for (const { id, code, place, raisedAtUs: sinceUs, closedAtUs } of grave) {
    const isChange =
      code === 'record-changed' && place === channel.name && closedAtUs === null && record.finding !== null
    if (isChange) await channel.acknowledgeChange(doing.name, reason, signer)
    else if (signer !== null) {
      await tellSeen(thread, { ...which({ code, place, sinceUs }), name: doing.name, reason: reason.trim() }, signer)
      // What was said is kept at once: the next one may be refused.
      channel.conditionsWith(id).acknowledge([id], doing, new Set([id]))
    }
  }
  const owners = Map.groupBy(once, (id) => channel.conditionsWith(id))
  const alarms = [...owners].flatMap(([conditions, own]) => conditions.acknowledge(own, doing))
  channel.tellStatus()
  return alarms
}

/** Whose key says that tampering was seen; null where whoever says it has none. Nobody says it in the name of another who has. */
async function witness(
  channel: Channel,
  signers: Signers,
  caller: Caller,
  { by, as }: { by: string | undefined; as: As | undefined },
): Promise<Signer | null> {
  const signer = await signerIfAny(channel, signers, caller, as)
  if (signer !== null || caller.via === 'session' || by === undefined) return signer
  const { reader, actor } = channel
  if (
    reader.state
      .persons()
      .some((one) => skeleton(one.name) === skeleton(by) && one.keeper === actor && one.endedAt === null)
  )
    throw new ApiError(
      400,
      'signer_unnamed',
      `"${by}" says by its own key that tampering was seen`,
      'Send as: {name, passphrase}; plumbline condition acknowledge --as NAME asks for it.',
    )
  return null
}

/** What contracts noted about facts: it stands in the record, and nobody acknowledges it away. */
function deviations({ reader }: Channel): Alarms['deviations'] {
  const names = reader.state.names()
  return reader.entries
    .deviations(DEVIATIONS_SHOWN)
    .map(({ index: entry, timeUs: atUs, type, actor, findings, bytes }) => ({
      entry,
      atUs,
      type: type ?? '',
      assets: [...decodeEvent(parseEntry(bytes).payload).assets],
      findings: [...findings],
      by: names.get(actor) ?? actor,
    }))
}

function nameOf({ by }: { by?: string | undefined }, caller: Caller): string {
  return caller.via === 'token' ? (by ?? caller.name) : caller.name
}
