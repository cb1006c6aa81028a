/** The rules by which every replica decides what an event does, in their version. */
import { compareBytes, equalBytes } from '../wire/bytes.ts'
import { coreKeyOf } from './core-state.ts'
import { decodeKind, assetsOfKind } from './events.ts'
import type { Decision, Kind } from './kind.ts'
import { kinds } from './kinds.ts'
import { gatewayResumed } from './kinds/gateway.ts'
import type { GatewayResumed } from './kinds/gateway.ts'
import type { CoreEvents, CoreEventType } from './kinds.ts'
import type { CoreRefusalCode } from './refusals.ts'
import { treeKey } from './state-keys.ts'
import type { StateView } from './state-view.ts'
import type { Consumed, EventStatement } from './statements.ts'

export interface Rules {
  readonly version: number
  readonly kinds: { readonly [type: string]: Kind<unknown> }
}

export const rules1: Rules = { version: 1, kinds }

/** Decides an event by itself: what it leaves behind, or the code of the first check that fails. Changes nothing. */
export function decideEvent(rules: Rules, view: StateView, event: EventStatement): Decision {
  const { type } = event
  if (!Object.hasOwn(rules.kinds, type)) {
    const owner = type.slice(0, type.indexOf('.'))
    if (view.get('pack', owner) === undefined) return 'type-unknown'
    return signerRefusal(view, event) ?? packListsRefusal(event) ?? []
  }
  const kind = rules.kinds[type] as Kind<unknown>
  let body: unknown
  try {
    body = decodeKind(kind, type, event.body)
  } catch {
    return 'body-malformed'
  }
  const refused = signerRefusal(view, event)
  if (refused !== null) return refused
  return listsRefusal(kind, view, event, body) ?? kind.decide(view, event, body)
}

/** Why a fence may not be signed; null where it may. It comes before every kind, and is held to the same lists. */
export function fenceRefusal(view: StateView, event: EventStatement, body: GatewayResumed): CoreRefusalCode | null {
  return signerRefusal(view, event) ?? listsRefusal(gatewayResumed, view, event, body)
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
  event: EventStatement,
  body: Body,
): CoreRefusalCode | null {
  const assets = assetsOfKind(kind, body)
  const isListed = assets.length === event.assets.length && assets.every((asset, i) => asset === event.assets[i])
  return isListed ? consumesRefusal(kind, view, event, body) : 'assets-differ'
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
  event: EventStatement,
  body: Body,
): CoreRefusalCode | null {
  const now = consumed(kind, view, body)
  const isNamed = now.length === event.consumes.length && now.every(([key], i) => isSame(key, event.consumes[i]?.[0]))
  if (!isNamed) return 'consumes-differ'
  if (!view.compares) return null
  return now.every(([, hash], i) => isSame(hash, event.consumes[i]?.[1])) ? null : 'stale-state'
}

function isSame(a: Uint8Array | null, b: Uint8Array | null | undefined): boolean {
  return a === null ? b === null : b instanceof Uint8Array && equalBytes(a, b)
}

/** Why the signer may not act as it says; null where it may. */
export function signerRefusal(view: StateView, event: Pick<EventStatement, 'actor' | 'role'>): CoreRefusalCode | null {
  const member = view.get('member', event.actor)
  if (member === undefined) return 'signer-no-member'
  return member.roles.includes(event.role) ? null : 'role-not-held'
}
