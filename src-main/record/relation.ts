/** Who may speak about an asset: its owner, its holder, parties bound to it, and whoever answers to the same owner as one of them. */
import type { ActorId } from '../wire/ids.ts'
import type { CoreRefusalCode } from './refusals.ts'
import { isSameOwner } from './speaker.ts'
import type { StateView } from './state-view.ts'

type Values = Pick<StateView, 'get'>

/** Why an actor may not speak about an asset; null where it may. */
export function relationRefusal(view: Values, actor: ActorId, asset: string): CoreRefusalCode | null {
  if (view.get('asset', asset) === undefined) return 'asset-unknown'
  return isRelated(view, actor, asset) ? null : 'no-relation'
}

/** Why an actor may not dispose of an asset; null where it may. */
export function disposalRefusal(view: Values, actor: ActorId, asset: string): CoreRefusalCode | null {
  if (view.get('asset', asset) === undefined) return 'asset-unknown'
  const disposers = [view.get('asset-owner', asset)?.actor, view.get('asset-holder', asset)?.actor]
  return disposers.some((one) => isSameOwner(view, actor, one)) ? null : 'no-relation'
}

function isRelated(view: Values, actor: ActorId, asset: string): boolean {
  if (disposalRefusal(view, actor, asset) === null) return true
  const parties = view.get('asset-parties', asset)?.actors ?? []
  return parties.some((party) => isSameOwner(view, actor, party))
}
