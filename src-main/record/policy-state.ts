/** What a channel asks of acts that one must not do alone. docs/FORMATS.md, "State". */
import { MAX_ACT_APPROVALS, MAX_ACT_DAYS } from '../wire/limits.ts'
import { integer, record } from './schema.ts'
import type { Form } from './schema.ts'

/** ["core","policy",""]; without one nobody has to approve anything. */
export interface PolicyState {
  /** How many others approve an act at least; 0: whoever proposes one does it. */
  readonly approvals: number
  /** How many days of ledger time an act stays open. */
  readonly openDays: number
}

export const policyFields = { approvals: integer(0, MAX_ACT_APPROVALS), openDays: integer(1, MAX_ACT_DAYS) }
export const policyState: Form<PolicyState> = record(policyFields)

/** Of a channel that says nothing of it: a site of one person goes on by itself. */
export const POLICY_ALONE: PolicyState = { approvals: 0, openDays: 14 }
