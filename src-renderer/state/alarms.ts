/** What a person does about alarms, and how they come to the next one. */
import { call } from '../client/call.ts'
import { alarmsOf, askingOf } from '../words/alarm.ts'
import type { Alarm, Alarms } from '../words/model.ts'
import { live } from './live.svelte.ts'
import { refusalText } from './queries.ts'
import { goTo, route } from './route.svelte.ts'

export const alarmFigures = async (signal: AbortSignal): Promise<Alarms> => await call('alarms', {}, signal)

/** Null when it is done, else why not. */
async function done(act: () => Promise<readonly Alarm[]>): Promise<string | null> {
  try {
    const changed = await act()
    if (live.status) {
      const newer = new Map(changed.map((alarm) => [alarm.id, alarm]))
      const all = alarmsOf(live.status).map((alarm) => newer.get(alarm.id) ?? alarm)
      const alarms = all.filter(({ closedAtUs }) => closedAtUs === null)
      const returned = all.filter(({ closedAtUs, state }) => closedAtUs !== null && state !== 'normal')
      live.takeStatus({ ...live.status, alarms, returned })
    }
    return null
  } catch (error) {
    return refusalText(error)
  }
}

export const acknowledgeAlarms = (ids: string[], reason: string): Promise<string | null> =>
  done(async () => (await call('acknowledgeAlarms', { body: { ids, reason } })).alarms)

export const shelveAlarm = (id: string, minutes: number, reason: string): Promise<string | null> =>
  done(async () => [(await call('shelveAlarm', { body: { id, minutes, reason } })).alarm])

export const unshelveAlarm = (id: string): Promise<string | null> =>
  done(async () => [(await call('unshelveAlarm', { body: { id } })).alarm])

/** Leads to the most urgent alarm, from there to the one after it. */
export function nextAlarm(): void {
  const asking = live.status ? askingOf(live.status) : []
  const isThere = route.place.screen === 'alarms'
  const at = isThere ? asking.findIndex(({ id }) => id === route.place.query['alarm']) : -1
  goTo('alarms', { alarm: asking[(at + 1) % Math.max(1, asking.length)]?.id }, isThere)
}
