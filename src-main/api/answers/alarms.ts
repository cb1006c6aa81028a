/** Alarms: what stands, and what people do about it. */
import { byUrgency } from '../../endpoints/alarm-order.ts'
import { conditionCodes } from '../../endpoints/conditions.ts'
import type { Alarm } from '../../endpoints/alarm-model.ts'
import type { Channel } from '../../gateway/channel.ts'
import type { Caller, Handlers } from '../handlers.ts'

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

function nameOf({ by }: { by?: string | undefined }, caller: Caller): string {
  return caller.via === 'token' ? (by ?? caller.name) : caller.name
}
