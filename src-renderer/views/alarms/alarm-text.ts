/** The second lines of an alarm: where it is, what became of it, and what a person did. */
import type { Alarm, Status } from '../../words/model.ts'
import type { AlarmRow } from '../../words/alarm.ts'
import { m } from '../../paraglide/messages.js'
import { linkTo } from '../../state/route.svelte.ts'
import { inLanguage } from '../../words/in-language.ts'
import { personName } from '../../words/roles.ts'
import { sourceKey } from '../../words/source-key.ts'
import { clockOrDay, duration } from '../../words/time.ts'

/** The place of a source is its key; people know it by its name. */
export function placeWords(place: string, status: Status): string {
  const source = status.sources.find((one) => sourceKey(one) === place)
  return source === undefined ? place : `${inLanguage(source.name, source.names)}, ${source.gateway}`
}

export function whereWords(alarm: Alarm, status: Status, nowUs: number): string {
  const place = placeWords(alarm.place, status)
  if (alarm.shelved !== null) return m.alarm_shelved_to({ place, time: clockOrDay(alarm.shelved.untilUs, nowUs) })
  return alarm.closedAtUs === null ? place : m.alarm_over_at({ place, time: clockOrDay(alarm.closedAtUs, nowUs) })
}

/** Most texts name their place: then it needs no line of its own. */
export const saysItself = ({ place }: Alarm, title: string, where: string): boolean =>
  title.includes(where) || (where === place && title.includes(place))

export function seenWords({ acknowledged }: Alarm, nowUs: number): string | null {
  if (acknowledged === null) return null
  const { name, reason, atUs } = acknowledged
  const seen = { time: clockOrDay(atUs, nowUs), name: personName(name) }
  return reason === '' ? m.alarm_seen_by(seen) : m.alarm_seen_why({ ...seen, reason })
}

/** What is to be done, or what was. */
export function doneWords(alarm: Alarm, todo: string, nowUs: number): string {
  const { shelved, closedAtUs } = alarm
  if (shelved !== null) return m.alarm_shelved_by({ name: personName(shelved.name), reason: shelved.reason })
  if (closedAtUs !== null) return m.alarm_say_seen()
  return seenWords(alarm, nowUs) ?? todo
}

export const floodSpan = (row: AlarmRow): string =>
  duration((row.at(-1)?.raisedAtUs ?? row[0].raisedAtUs) - row[0].raisedAtUs)

export function endsWords({ ends }: Alarm): string {
  if (ends === 'watched') return m.alarm_ends_watched()
  return ends === 'restart' ? m.alarm_ends_restart() : m.alarm_ends_after({ time: duration(ends.afterMs * 1000) })
}

/** Where what an alarm is about can be seen; null where that is no screen. */
export function leadsTo({ code, place }: Alarm, status: Status, self: string): { href: string; text: string } | null {
  const { firstBad } = status.integrity
  if (code === 'record-changed' && place === self && firstBad)
    return {
      href: linkTo('ledger', { entry: firstBad.entry, position: firstBad.reading ?? undefined }),
      text: m.alarm_to_entry(),
    }
  if (status.sources.some((one) => sourceKey(one) === place))
    return { href: linkTo('sources', { source: place }), text: m.alarm_to_source() }
  const isGateway = place !== self && status.gateways.some(({ name }) => name === place)
  return isGateway ? { href: linkTo('peers'), text: m.alarm_to_peers() } : null
}
