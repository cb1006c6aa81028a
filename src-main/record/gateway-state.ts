/** What stands about gateways, their keys and the rules. docs/FORMATS.md, "State". */
import type { LeafIndex } from '../wire/ids.ts'
import { MAX_RULES_CHANGES, MAX_RULES_KNOWN } from '../wire/limits.ts'
import { count, integer, list, record, text, tuple } from './schema.ts'
import type { Form } from './schema.ts'

/** ["core","gateway",actor]: what runs there, as its newest start said. */
export interface GatewayState {
  readonly version: string
  /** Versions of the rules that it knows. */
  readonly rules: readonly number[]
  readonly startedAt: LeafIndex
}
/** From right after the seal of this height on, that version of the rules is in force. */
export interface RulesChange {
  readonly fromHeight: number
  readonly version: number
}
/** ["core","rules",""]: every version there was, oldest first. */
export interface RulesState {
  readonly changes: readonly RulesChange[]
}

/** Versions of rules as gateways list them: ascending, each once. */
export const rulesVersion = integer(1, 0xffff_ffff)
export const rulesKnown = list(rulesVersion, MAX_RULES_KNOWN)

export const gatewayState: Form<GatewayState> = record({ version: text(), rules: rulesKnown, startedAt: count })
export const rulesState: Form<RulesState> = record({
  changes: list(tuple({ fromHeight: count, version: rulesVersion }), MAX_RULES_CHANGES),
})
