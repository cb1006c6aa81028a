/** What became of something that a person signed. */
import { m } from '../paraglide/messages.js'
import { actOutcomeWords } from './act.ts'
import type { SaidByPerson } from './model.ts'
import { count } from './number.ts'
import { recordRefusal } from './record-refusal.ts'

export function saidWords({ entry, cameTo, refused, reason, outcome }: SaidByPerson): {
  text: string
  isTaken: boolean
} {
  if (refused !== null)
    return { text: m.said_refused({ why: recordRefusal(refused) ?? reason ?? refused }), isTaken: false }
  if (entry === null)
    return outcome === 'waiting'
      ? { text: m.said_waiting(), isTaken: true }
      : { text: m.said_not_taken({ why: reason ?? outcome }), isTaken: false }
  const at = { entry: count(entry) }
  if (cameTo === 'pending') return { text: m.said_pending(at), isTaken: true }
  if (cameTo?.startsWith('done:') === true) return { text: m.said_done(at), isTaken: true }
  if (cameTo?.startsWith('ended:') === true)
    return { text: m.said_ended({ ...at, why: actOutcomeWords(cameTo.slice('ended:'.length)) }), isTaken: true }
  return { text: m.said_taken(at), isTaken: true }
}
