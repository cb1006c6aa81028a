/** Alarms: what stands, and what people do about it. */
import { byUrgency } from '../../endpoints/alarm-order.ts'
import { conditionCodes } from '../../endpoints/conditions.ts'
import type { Alarm, Alarms } from '../../endpoints/alarm-model.ts'
import type { Channel } from '../../gateway/channel.ts'
import { decodeEvent } from '../../record/statements.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { Caller, Handlers } from '../handlers.ts'

/** The ledger has all of them. */
const DEVIATIONS_SHOWN = 100

type Answers = Pick<Handlers, 'alarms' | 'acknowledgeAlarms' | 'shelveAlarm' | 'unshelveAlarm'>

export function alarmAnswers(channel: Channel): Answers {
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
      alarms: await acknowledge(channel, body.ids, { name: nameOf(body, caller), reason: body.reason ?? '' }),
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

/** The change that was found in the record is acknowledged where its finding is kept, which lifts the banner, too. */
async function acknowledge(
  channel: Channel,
  ids: readonly string[],
  doing: { name: string; reason: string },
): Promise<Alarm[]> {
  const { record } = channel
  const isChange = ({ code, place, closedAtUs }: Alarm): boolean =>
    code === 'record-changed' && place === channel.name && closedAtUs === null && record.finding !== null
  const change = ids.map((id) => channel.conditionsWith(id).alarm(id)).find(isChange)
  // All or none, also where some of them are the gateway's.
  for (const id of ids) channel.conditionsWith(id).needReason(id, doing.reason)
  if (change !== undefined && change.acknowledged === null) await channel.acknowledgeChange(doing.name, doing.reason)
  const owners = Map.groupBy(ids, (id) => channel.conditionsWith(id))
  const alarms = [...owners].flatMap(([conditions, own]) => conditions.acknowledge(own, doing))
  channel.tellStatus()
  return alarms
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
