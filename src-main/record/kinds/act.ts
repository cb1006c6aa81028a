/**
 * What others say of an act that one must not do alone. The proposal is the event itself: where its kind asks for approvals it stays
 * pending, and is decided at the last approval, against the state then. docs/FORMATS.md, "Acts".
 */
import { MAX_ACT_VOICES, MAX_EVENT_REFERENCES, MAX_TEXT_BYTES } from '../../wire/limits.ts'
import { actHash } from '../act-state.ts'
import type { ActHash, ActState, OpenActs } from '../act-state.ts'
import type { Effect, Kind } from '../kind.ts'
import { WRITERS } from '../person-fields.ts'
import type { CoreRefusalCode } from '../refusals.ts'
import { couldApprove, isEntitled } from '../requirement.ts'
import { list, record, text } from '../schema.ts'
import type { StateChange, StateView } from '../state-view.ts'

export interface AboutAct {
  readonly act: ActHash
  /** Those of the act. */
  readonly assets: readonly string[]
}

export interface ActDeclined extends AboutAct {
  readonly reason: string
}

const fields = { act: actHash, assets: list(text(), MAX_EVENT_REFERENCES) }
const example: AboutAct = { act: '0'.repeat(64) as ActHash, assets: [] }
const assets = ({ assets: named }: AboutAct): readonly string[] => named

/** A word of an entitled person is a fact: it is taken whatever becomes of the act. */
export const actApproved: Kind<AboutAct> = {
  form: record(fields),
  by: 'person',
  roles: WRITERS,
  contracts: 'note',
  assets,
  codes: ['act-unknown', 'act-over', 'approves-own', 'not-entitled', 'voiced-already'],
  decide(view, { signer }, body, acts) {
    const act = voicedAct(view, signer, body)
    if (typeof act === 'string') return act
    const requirement = acts.requirement(act)
    if (!isEntitled(view, requirement, act.proposer, signer)) return 'not-entitled'
    if (view.ledgerTimeUs >= act.deadlineUs) return ended(view, body.act, act, 'deadline')
    // Whoever lost the right to it since has not agreed, and takes nobody's place.
    const counting = act.approvals.filter(({ person }) => isEntitled(view, requirement, act.proposer, person))
    const kept = act.approvals.length < MAX_ACT_VOICES ? act.approvals : counting
    const approved = { ...act, approvals: [...kept, { person: signer, entry: view.index }] }
    if (counting.length + 1 < requirement.count) return [{ kind: 'act', id: body.act, value: approved }]
    const done = acts.decide({ ...act, approvals: [...counting, { person: signer, entry: view.index }] })
    if (typeof done === 'string') return ended(view, body.act, approved, done)
    const changes = [...done, ...closing(view, body.act, approved, 'done')]
    return { changes, outcome: `done:${act.proposedAt}` }
  },
  example,
}

/** It ends the act where it comes from the party that was asked, or where too few are left who could agree. */
export const actDeclined: Kind<ActDeclined> = {
  form: record({ ...fields, reason: text(MAX_TEXT_BYTES) }),
  by: 'person',
  roles: WRITERS,
  contracts: 'note',
  assets,
  codes: ['act-unknown', 'act-over', 'approves-own', 'not-entitled', 'voiced-already', 'voices-many'],
  decide(view, { signer }, body, acts) {
    const act = voicedAct(view, signer, body)
    if (typeof act === 'string') return act
    const requirement = acts.requirement(act)
    if (!isEntitled(view, requirement, act.proposer, signer)) return 'not-entitled'
    if (view.ledgerTimeUs >= act.deadlineUs) return ended(view, body.act, act, 'deadline')
    if (act.declines.length >= MAX_ACT_VOICES) return 'voices-many'
    const declined = { ...act, declines: [...act.declines, { person: signer, entry: view.index }] }
    const against = declined.declines.map(({ person }) => person)
    const isOver =
      requirement.party !== undefined ||
      couldApprove(view, requirement, act.proposer, against) < Math.max(1, requirement.count)
    return isOver ? ended(view, body.act, declined, 'declined') : [{ kind: 'act', id: body.act, value: declined }]
  },
  example: { ...example, reason: 'The seal of the container is broken.' },
}

/** Whoever proposed it takes it back. */
export const actWithdrawn: Kind<AboutAct> = {
  form: record(fields),
  roles: WRITERS,
  contracts: 'note',
  assets,
  codes: ['act-unknown', 'act-over', 'not-proposer'],
  decide(view, { signer }, body) {
    const act = openAct(view, body)
    if (typeof act === 'string') return act
    return act.proposer === signer ? ended(view, body.act, act, 'withdrawn') : 'not-proposer'
  },
  example,
}

/** Its time is over. Nothing sweeps: whoever wants it off the list says so. */
export const actEnded: Kind<AboutAct> = {
  form: record(fields),
  roles: WRITERS,
  contracts: 'note',
  assets,
  codes: ['act-unknown', 'act-over', 'act-not-due'],
  decide(view, _speaker, body) {
    const act = openAct(view, body)
    if (typeof act === 'string') return act
    return view.ledgerTimeUs < act.deadlineUs ? 'act-not-due' : ended(view, body.act, act, 'deadline')
  },
  example,
}

function openAct(view: StateView, { act: hash, assets: named }: AboutAct): ActState | CoreRefusalCode {
  const act = view.get('act', hash)
  if (act === undefined) return 'act-unknown'
  if (act.end !== null) return 'act-over'
  const isListed = act.assets.length === named.length && act.assets.every((asset, i) => asset === named[i])
  return isListed ? act : 'assets-differ'
}

/** An act about which the signer has not spoken yet. */
function voicedAct(view: StateView, signer: ActState['proposer'], body: AboutAct): ActState | CoreRefusalCode {
  const act = openAct(view, body)
  if (typeof act === 'string') return act
  if (act.proposer === signer) return 'approves-own'
  const voices = [...act.approvals, ...act.declines]
  return voices.some(({ person }) => person === signer) ? 'voiced-already' : act
}

function ended(view: StateView, hash: ActHash, act: ActState, code: string): Effect {
  return { changes: closing(view, hash, act, code), outcome: `ended:${code}` }
}

/** The act as it ended, and the lists of open ones without it. */
function closing(view: StateView, hash: ActHash, act: ActState, outcome: string): StateChange[] {
  const without = (open: OpenActs | undefined): OpenActs => ({ acts: (open?.acts ?? []).filter((one) => one !== hash) })
  const end = { outcome, entry: view.index }
  return [
    { kind: 'act', id: hash, value: { ...act, body: new Uint8Array(0), end } },
    { kind: 'open-acts', id: act.proposer, value: without(view.get('open-acts', act.proposer)) },
    ...act.assets.map((asset): StateChange => ({
      kind: 'asset-acts',
      id: asset,
      value: without(view.get('asset-acts', asset)),
    })),
  ]
}
