/** The rules by which every replica decides what an event does, in their version. */
import { decodeKind, assetsOfKind } from './events.ts'
import type { Decision, Kind } from './kind.ts'
import { kinds } from './kinds.ts'
import type { CoreRefusalCode } from './refusals.ts'
import type { StateView } from './state-view.ts'
import type { EventStatement } from './statements.ts'

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
    return view.get('pack', owner) === undefined ? 'type-unknown' : (signerRefusal(view, event) ?? [])
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
  const assets = assetsOfKind(kind, body)
  const isSame = assets.length === event.assets.length && assets.every((asset, i) => asset === event.assets[i])
  return isSame ? kind.decide(view, event, body) : 'assets-differ'
}

/** Why the signer may not act as it says; null where it may. */
export function signerRefusal(view: StateView, event: Pick<EventStatement, 'actor' | 'role'>): CoreRefusalCode | null {
  const member = view.get('member', event.actor)
  if (member === undefined) return 'signer-no-member'
  return member.roles.includes(event.role) ? null : 'role-not-held'
}
