/** The rules by which every replica decides what an event does, in their version. */
import { compareBytes, equalBytes } from '../wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborMap } from '../wire/cbor.ts'
import type { ActorId } from '../wire/ids.ts'
import { MAX_CBOR_DEPTH, MAX_EFFECT_VALUE_BYTES, MAX_ENTRY_BYTES, MAX_STATE_KEY_BYTES } from '../wire/limits.ts'
import type { ActState } from './act-state.ts'
import { coreKeyOf, encodeCoreValue } from './core-state.ts'
import { decodeKind, assetsOfKind } from './events.ts'
import type { RulesState } from './gateway-state.ts'
import type { ActRules, Effect, Kind } from './kind.ts'
import { kinds } from './kinds.ts'
import { gatewayResumed } from './kinds/gateway.ts'
import type { GatewayResumed } from './kinds/gateway.ts'
import type { CoreEvents, CoreEventType } from './kinds.ts'
import { hasAdmin } from './kinds/person.ts'
import { packInForce } from './pack-view.ts'
import { proposed } from './proposal.ts'
import type { CoreRefusalCode, RefusalCode } from './refusals.ts'
import { disposalRefusal, relationRefusal } from './relation.ts'
import { requirementNow } from './requirement.ts'
import { signerRefusal, speakerOf } from './speaker.ts'
import type { Speaker } from './speaker.ts'
import { withStanding } from './standing.ts'
import { treeKey } from './state-keys.ts'
import type { StateChange, StateView } from './state-view.ts'
import { decodeStatement } from './statements.ts'
import type { Consumed, EventStatement } from './statements.ts'

const DAY_US = 86_400_000_000
/** How far from ledger time an event may say that it happened. */
const OCCURRED_AGO_US_MAX = 30 * DAY_US
const OCCURRED_AHEAD_US_MAX = 60_000_000

/** One version of the rules. What it fixes is never edited once it was released: a difference is another version. */
export interface Rules {
  readonly version: number
  readonly kinds: { readonly [type: string]: Kind<unknown> }
  /** Reads what stands in an envelope: names of fields, and every limit. */
  readonly decode: typeof decodeStatement
}

export const rules1: Rules = { version: 1, kinds, decode: decodeStatement }

/** The rules that a release knows, by version. */
export type KnownRules = ReadonlyMap<number, Rules>

export const knownRules: KnownRules = new Map([[rules1.version, rules1]])

/** By which a channel is founded. */
export const newestRules = Math.max(...knownRules.keys())

/** Version that is in force for entries whose newest seal before them has this height. */
export function versionAt({ changes }: RulesState, height: number): number {
  return changes.findLast(({ fromHeight }) => fromHeight <= height)?.version ?? 0
}

/**
 * Decides an event by itself: what it leaves behind and what it came to, or the code of the first check that fails. Changes nothing. The
 * order of the checks is part of the format: type and fields, signer and relation, assets, consumed state, the kind's own rule, limits.
 *
 * @param hash the statement's
 */
export function decideEvent(
  rules: Rules,
  view: StateView,
  event: EventStatement,
  hash: Uint8Array,
  atEffect?: AtEffect,
): Effect | CoreRefusalCode {
  const { type } = event
  if (!Object.hasOwn(rules.kinds, type)) {
    const owner = type.slice(0, type.indexOf('.'))
    if (packInForce(view, owner) === undefined) return 'type-unknown'
    return signerRefusal(view, event) ?? packRelationRefusal(view, event) ?? packListsRefusal(event) ?? NOTHING_LEFT
  }
  const kind = rules.kinds[type] as Kind<unknown>
  const body = bodyOf(kind, event)
  if (body === null) return 'body-malformed'
  const refused = timeRefusal(kind, view, event)
  if (refused !== null) return refused
  const decision = decideNow(rules, view, event, kind, body, { compares: view.compares, atEffect })
  if (typeof decision === 'string') return decision
  const requirement = kind.approvals?.(body, view, speakerOf(view, event.actor)) ?? null
  const isAct = requirement !== null && requirementNow(view, requirement).count > 0
  // Decided dry: what would be refused now is not proposed.
  const effect = isAct ? proposed(view, event, hash) : decision
  return typeof effect === 'string' ? effect : firm(view, effect)
}

const NOTHING_LEFT: Effect = { changes: [], outcome: 'done' }

function bodyOf(kind: Kind<unknown>, { type, body }: Pick<EventStatement, 'type' | 'body'>): unknown {
  try {
    return decodeKind(kind, type, body)
  } catch {
    return null
  }
}

/** What an event says, and in whose name: the same of one that was proposed as an act. */
type Said = Pick<EventStatement, 'type' | 'actor' | 'role' | 'assets' | 'consumes'>

/** Everything that decides an event but its fields and its time. */
function decideNow(
  rules: Rules,
  view: StateView,
  event: Said,
  kind: Kind<unknown>,
  body: unknown,
  { compares, atEffect }: { compares: boolean; atEffect?: AtEffect | undefined },
): Effect | CoreRefusalCode {
  const speaker = speakerOf(view, event.actor)
  const refused =
    signerRefusal(view, event) ??
    mayNotSpeak(kind, view, speaker, event.role, body) ??
    listsRefusal(kind, view, event, body, compares)
  if (refused !== null) return refused
  const decision = kind.decide(view, speaker, body, actRules(rules, view, atEffect))
  if (typeof decision === 'string') return decision
  return 'outcome' in decision ? decision : { changes: decision, outcome: 'done' }
}

/** What follows from an effect beside it; a code where it would leave behind what could not be read back and proven. */
function firm(view: StateView, { changes, outcome }: Effect): Effect | CoreRefusalCode {
  const all = withStanding(view, changes)
  return all.some(isTooLarge) ? 'state-too-large' : { changes: all, outcome }
}

/** An event that takes effect with the last approval, as its proposer said it. */
export interface EffectiveEvent extends Said {
  readonly body: CborMap
  readonly approvals: readonly ActorId[]
}

/**
 * What contracts say when an act takes effect: the code by which one refuses it, or null. A reader, who has none to ask, gives what the ledger
 * has of it.
 */
export type AtEffect = (event: EffectiveEvent, changes: readonly StateChange[]) => RefusalCode | null

/** The rules in force, as an approval asks them. */
export function actRules(rules: Rules, view: StateView, atEffect: AtEffect = () => null): ActRules {
  const opened = (act: ActState): { kind: Kind<unknown>; body: unknown; read: CborMap } | null => {
    if (!Object.hasOwn(rules.kinds, act.type)) return null
    const kind = rules.kinds[act.type] as Kind<unknown>
    const read = decodeCbor(act.body, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH }) as CborMap
    const body = bodyOf(kind, { type: act.type, body: read })
    return body === null ? null : { kind, body, read }
  }
  return {
    requirement(act) {
      const known = opened(act)
      const speaker = speakerOf(view, act.proposer)
      const asked = known?.kind.approvals?.(known.body, view, speaker) ?? { count: 1, roles: [] }
      return requirementNow(view, asked)
    },
    decide(act) {
      const known = opened(act)
      if (known === null) return 'type-unknown'
      const consumes = act.consumes.map(({ key, hash }) => [key, hash] as const)
      const event = { type: act.type, actor: act.proposer, role: act.role, assets: act.assets, consumes }
      // Its approval was accepted, whatever it was made for: a reader has nobody who compared.
      const effect = decideNow(rules, view, event, known.kind, known.body, { compares: true })
      const made = typeof effect === 'string' ? effect : firm(view, effect)
      if (typeof made === 'string') return made
      const approvals = act.approvals.map(({ person }) => person)
      const refusal = atEffect({ ...event, body: known.read, approvals }, made.changes)
      return refusal !== null && known.kind.contracts === 'refuse' ? refusal : made.changes
    },
  }
}

/** What people sign, or have signed, says when it happened, and is held to the ledger's time; what a gateway did itself waits in its queue as long as it must. */
function timeRefusal(
  kind: Kind<unknown>,
  view: StateView,
  { actor, occurredAtUs }: Pick<EventStatement, 'actor' | 'occurredAtUs'>,
): CoreRefusalCode | null {
  const isByPerson = kind.byHand === true || view.get('person', actor) !== undefined
  if (!isByPerson || !view.compares) return null
  const { ledgerTimeUs } = view
  const isPlausible =
    occurredAtUs >= ledgerTimeUs - OCCURRED_AGO_US_MAX && occurredAtUs <= ledgerTimeUs + OCCURRED_AHEAD_US_MAX
  return isPlausible ? null : 'time-implausible'
}

function mayNotSpeak<Body>(
  kind: Kind<Body>,
  view: StateView,
  { signer, actor }: Speaker,
  role: string,
  body: Body,
): CoreRefusalCode | null {
  if (signer !== actor) {
    const roles: readonly string[] = kind.roles ?? []
    if (!roles.includes(role)) return 'role-may-not'
  } else if (kind.by === 'person') return 'signer-no-person'
  else if (kind.by === 'admin' && hasAdmin(view, actor)) return 'admin-must-sign'
  if (kind.by === 'voter' && view.get('member', actor)?.voter !== true) return 'signer-no-voter'
  for (const asset of kind.related?.(body) ?? []) {
    const refused = relationRefusal(view, actor, asset)
    if (refused !== null) return refused
  }
  for (const asset of kind.disposed?.(body) ?? []) {
    const refused = disposalRefusal(view, actor, asset)
    if (refused !== null) return refused
  }
  return null
}

/** Nothing is left behind that could not be read back and proven. */
function isTooLarge(change: StateChange): boolean {
  return (
    coreKeyOf(change.kind, change.id).length > MAX_STATE_KEY_BYTES ||
    encodeCbor(encodeCoreValue(change.kind, change.value)).length > MAX_EFFECT_VALUE_BYTES
  )
}

/** Why a fence may not be signed; null where it may. It comes before every kind, and is held to the same lists. */
export function fenceRefusal(view: StateView, event: EventStatement, body: GatewayResumed): CoreRefusalCode | null {
  return signerRefusal(view, event) ?? listsRefusal(gatewayResumed, view, event, body, view.compares)
}

/** Anybody could bury an asset under events that its pack has to read. */
function packRelationRefusal(view: StateView, { actor, assets }: EventStatement): CoreRefusalCode | null {
  for (const asset of assets) {
    const refused = relationRefusal(view, actor, asset)
    if (refused !== null) return refused
  }
  return null
}

/** A pack's event may be about any assets, each once and ascending, and names no state that it could be made for. */
function packListsRefusal({ assets, consumes }: EventStatement): CoreRefusalCode | null {
  const isAscending = assets.every((asset, i) => i === 0 || (assets[i - 1] as string) < asset)
  if (!isAscending) return 'assets-differ'
  return consumes.length === 0 ? null : 'consumes-differ'
}

/** Assets and consumed state follow from the body: nothing else may be listed. */
function listsRefusal<Body>(
  kind: Kind<Body>,
  view: StateView,
  event: Pick<EventStatement, 'assets' | 'consumes'>,
  body: Body,
  compares: boolean,
): CoreRefusalCode | null {
  const assets = assetsOfKind(kind, body)
  const isListed = assets.length === event.assets.length && assets.every((asset, i) => asset === event.assets[i])
  return isListed ? consumesRefusal(kind, view, event, body, compares) : 'assets-differ'
}

/** State that an event of a core type consumes, as it stands now. */
export function consumedBy<T extends CoreEventType>(view: StateView, type: T, body: CoreEvents[T]): Consumed[] {
  return consumed(kinds[type] as unknown as Kind<CoreEvents[T]>, view, body)
}

/** State that an event of this kind must have been made for, as it stands now: what its signer puts into it. */
function consumed<Body>(kind: Kind<Body>, view: StateView, body: Body): Consumed[] {
  const names = kind.consumes?.(body) ?? []
  return names
    .map((name): Consumed => [treeKey(coreKeyOf(name.kind, name.id)), view.valueHash(name)])
    .toSorted(([a], [b]) => compareBytes(a, b))
}

function consumesRefusal<Body>(
  kind: Kind<Body>,
  view: StateView,
  event: Pick<EventStatement, 'consumes'>,
  body: Body,
  compares: boolean,
): CoreRefusalCode | null {
  const now = consumed(kind, view, body)
  const isNamed = now.length === event.consumes.length && now.every(([key], i) => isSame(key, event.consumes[i]?.[0]))
  if (!isNamed) return 'consumes-differ'
  if (!compares) return null
  return now.every(([, hash], i) => isSame(hash, event.consumes[i]?.[1])) ? null : 'stale-state'
}

function isSame(a: Uint8Array | null, b: Uint8Array | null | undefined): boolean {
  return a === null ? b === null : b instanceof Uint8Array && equalBytes(a, b)
}
