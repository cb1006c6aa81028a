/** What an alarm says, in the reader's language where its code is known. */
import type { Status } from './model.ts'
import { m } from '../paraglide/messages.js'
import { firstPlace, placeOf } from './integrity.ts'

export function alarmText(alarm: Status['alarms'][number], status: Status): string {
  const { code, place } = alarm
  if (code === 'record_changed') return m.alarm_record_changed({ place: placeOf(firstPlace(status)) })
  if (code === 'peer_changed') return m.alarm_peer_changed({ gateway: place })
  if (code === 'queue_full') return m.alarm_queue_full()
  if (code === 'identity_doubled') return m.alarm_identity_doubled()
  const source = status.sources.find((candidate) => place === `source ${candidate.id}`)?.name
  if (source === undefined) return alarm.text
  if (code === 'source_stale') return m.alarm_source_stale({ source })
  if (code === 'source_untrusted') return m.alarm_source_untrusted({ source })
  if (code === 'source_refused') return m.alarm_source_refused({ source })
  return alarm.text
}
