import type { EnrolledPeople } from '../../words/model.ts'
import { m } from '../../paraglide/messages.js'
import { dayYear } from '../../words/time.ts'

/** When somebody gave this person another passphrase, and who did. */
export function resetWords({ resetAtUs, resetBy }: EnrolledPeople['people'][number]): string {
  if (resetAtUs === null) return m.people_reset_none()
  return m.people_enrolled_by({ day: dayYear(resetAtUs), name: resetBy ?? m.people_not_kept() })
}
