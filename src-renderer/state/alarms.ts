/** What a person does about alarms, and how they come to the next one. */
import { call } from '../client/call.ts'
import { alarmsOf, askingOf } from '../words/alarm.ts'
import type { Alarm, Alarms } from '../words/model.ts'
import { live } from './live.svelte.ts'
import { refusalText } from './queries.ts'
import { goTo, route } from './route.svelte.ts'
import type { Passphrase } from './signing.svelte.ts'

export const alarmFigures = async (signal: AbortSignal): Promise<Alarms> => await call('alarms', {}, signal)

/** Null when it is done, else why not. */
async function done(act: () => Promise<readonly Alarm[]>): Promise<string | null> {
  try {
    takeChanged(await act())
    return null
  } catch (error) {
    return refusalText(error)
  }
}

function takeChanged(changed: readonly Alarm[]): void {
  if (!live.status) return
  const newer = new Map(changed.map((alarm) => [alarm.id, alarm]))
  const all = alarmsOf(live.status).map((alarm) => newer.get(alarm.id) ?? alarm)
  const alarms = all.filter(({ closedAtUs }) => closedAtUs === null)
  const returned = all.filter(({ closedAtUs, state }) => closedAtUs !== null && state !== 'normal')
  live.takeStatus({ ...live.status, alarms, returned })
}

/** Of tampering whoever has a key says it by that: `as` is what opens it, where it is shut. Throws CallError. */
export async function acknowledgeAlarms(ids: string[], reason: string, as: { as?: Passphrase }): Promise<true> {
  takeChanged((await call('acknowledgeAlarms', { body: { ...as, ids, reason } })).alarms)
  return true
}

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
