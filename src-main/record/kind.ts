/**
 * One sort of event. Whatever has to know the sorts of events (the writer, readers, the audit, certificates, screens) takes them
 * from the table in rules.ts: a new one is one more entry in a file of `kinds/`.
 */
import type { CoreRefusalCode, RefusalCode } from './refusals.ts'
import type { ActState } from './act-state.ts'
import type { CameTo } from './asset-history.ts'
import type { PersonRole } from './person-fields.ts'
import type { Requirement } from './requirement.ts'
import type { Form } from './schema.ts'
import type { Speaker } from './speaker.ts'
import type { StateChange, StateName, StateView } from './state-view.ts'

/** What it leaves behind, and what it came to. */
export interface Effect {
  readonly changes: readonly StateChange[]
  readonly outcome: CameTo
}

/** What it leaves behind (it is done then), or the code of the reason for which it is invalid. */
export type Decision = readonly StateChange[] | Effect | CoreRefusalCode

/** What the rules say of an act that is open: by the version that is in force when they are asked. */
export interface ActRules {
  requirement(act: ActState): Requirement
  /** The proposed event as if it were said now, by what has been agreed to; a code where it would be refused, by a contract too. */
  decide(act: ActState): readonly StateChange[] | RefusalCode
}

export interface Kind<Body> {
  /** What its body holds: a record. */
  readonly form: Form<Body>
  /** A person may have a gateway sign one as it is; all others a gateway signs about what it did itself. */
  readonly byHand?: true
  /**
   * Who may sign it; any member where this is not there. `admin`: once a member has an admin on the ledger, no gateway of it says this by
   * itself. `person`: no gateway at all.
   */
  readonly by?: 'voter' | 'admin' | 'person'
  /** In which roles a person may sign it; no person where this is not there. */
  readonly roles?: readonly PersonRole[]
  /** Who else has to agree, where one must not do it alone; null where one may, as things stand. */
  approvals?(body: Body, view: StateView, speaker: Speaker): Requirement | null
  /** Assets about which only those may speak who have a relation to them: owner, holder, parties. */
  related?(body: Body): readonly string[]
  /** Assets of which only owner or holder may dispose. */
  disposed?(body: Body): readonly string[]
  /** Assets that it is about, in any order; nothing else may stand among the assets of the event. */
  assets(body: Body): readonly string[]
  /** State that the event must have been made for: it is refused where that is another by now. */
  consumes?(body: Body): readonly StateName[]
  /** Whether contracts of its assets may refuse it, since it is an act, or only note what they find: no pack keeps a fact from being recorded. */
  readonly contracts: 'refuse' | 'note'
  /** Every code that its own rule gives; those of the checks before it are common to all. */
  readonly codes: readonly CoreRefusalCode[]
  /** The rule. It may ask nothing but the view, so that every replica, reader and verifier comes to the same. */
  decide(view: StateView, speaker: Speaker, body: Body, acts: ActRules): Decision
  /** A body that is well-formed: for tests, and for whoever writes one. */
  readonly example: Body
}

/** For kinds that leave nothing behind but their entry. */
export const noEffect = (): Decision => []
/** For kinds that are about no asset. */
export const noAssets = (): readonly string[] => []
