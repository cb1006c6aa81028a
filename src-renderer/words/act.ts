/** Acts that one must not do alone, in words. */
import { m } from '../paraglide/messages.js'
import { eventTypeWord } from './event-type.ts'
import { hashShort } from './hash-text.ts'
import { nameList } from './integrity.ts'
import type { Acts } from './model.ts'
import { count } from './number.ts'
import { recordRefusal } from './record-refusal.ts'
import { roleNames, roleWord } from './roles.ts'

type OpenAct = Acts['acts'][number]

const DOCUMENT_GROUPS = 2
const outcomes: Record<string, () => string> = {
  done: m.act_outcome_done,
  declined: m.act_outcome_declined,
  withdrawn: m.act_outcome_withdrawn,
  deadline: m.act_outcome_deadline,
}

/** `done`, or why it came to nothing. A code of a pack stands as it is. */
export function actOutcomeWords(outcome: string): string {
  return outcomes[outcome]?.() ?? recordRefusal(outcome) ?? outcome
}

/** What became of an event, as the ledger keeps it: `done`, `pending`, `done:84067`, `ended:declined`. */
export function cameToWords(cameTo: string): string {
  if (cameTo === 'done') return m.ledger_came_done()
  if (cameTo === 'pending') return m.ledger_waits()
  const at = cameTo.indexOf(':')
  const rest = cameTo.slice(at + 1)
  return cameTo.startsWith('done:')
    ? m.ledger_came_done_act({ entry: count(Number(rest)) })
    : m.ledger_came_ended({ why: actOutcomeWords(rest) })
}

/** What it would do, and to what: `person enrolled: K. Pohl`. */
export function actTitle({ type, assets, about }: Pick<OpenAct, 'type' | 'assets' | 'about'>): string {
  const [named] = about === null ? assets : [hashShort(about, DOCUMENT_GROUPS)]
  const what = eventTypeWord(type)
  return named === undefined ? what : m.act_title({ what, about: named })
}

/** Whose word is missing: `1 of 2, member admin of another owner`. */
export function waitsForWords({ needs, approvals }: Pick<OpenAct, 'needs' | 'approvals'>): string {
  const known = needs.roles.flatMap((role) => roleNames.filter((one) => one === role).map(roleWord))
  const who = known.length === 0 ? m.act_waits_anybody() : nameList(known, m.or)
  const missing = { missing: count(Math.max(0, needs.count - approvals.length)), of: count(needs.count), who }
  if (needs.party !== null) return m.act_waits_party({ ...missing, party: needs.party })
  return needs.otherOwner ? m.act_waits_other_owner(missing) : m.act_waits(missing)
}
