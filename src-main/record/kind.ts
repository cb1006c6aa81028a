/**
 * One sort of event. Whatever has to know the sorts of events (the writer, readers, the audit, certificates, screens) takes them
 * from the table in rules.ts: a new one is one more entry in a file of `kinds/`.
 */
import type { CoreRefusalCode } from './refusals.ts'
import type { Form } from './schema.ts'
import type { StateChange, StateName, StateView } from './state-view.ts'
import type { EventStatement } from './statements.ts'

/** What it leaves behind, or the code of the reason for which it is invalid. */
export type Decision = readonly StateChange[] | CoreRefusalCode

export interface Kind<Body> {
  /** What its body holds: a record. */
  readonly form: Form<Body>
  /** A person may have a gateway sign one as it is; all others a gateway signs about what it did itself. */
  readonly byHand?: true
  /** Assets that it is about, in any order; nothing else may stand among the assets of the event. */
  assets(body: Body): readonly string[]
  /** State that the event must have been made for: it is refused where that is another by now. */
  consumes?(body: Body): readonly StateName[]
  /** The rule. It may ask nothing but the view, so that every replica, reader and verifier comes to the same. */
  decide(view: StateView, event: Pick<EventStatement, 'actor'>, body: Body): Decision
  /** A body that is well-formed: for tests, and for whoever writes one. */
  readonly example: Body
}

/** For kinds that leave nothing behind but their entry. */
export const noEffect = (): Decision => []
/** For kinds that are about no asset. */
export const noAssets = (): readonly string[] => []
