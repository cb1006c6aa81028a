/** What a contract may ask of the core's state: what stands of assets, documents, members and streams. Chains, cursors and trees are not for rules. */
import type { JsonValue } from '../wire/json.ts'
import { WireError } from '../wire/errors.ts'
import { MAX_STATE_KEY_BYTES } from '../wire/limits.ts'
import { coreKeyOf, coreValueToJson } from './core-state.ts'
import type { CoreIds } from './core-state.ts'
import type { StateView } from './state-view.ts'

/** By kind, of how many texts an id is. */
const ASKED = {
  asset: 1,
  'asset-attribute': 2,
  'asset-container': 1,
  'asset-content': 1,
  'asset-holder': 1,
  'asset-milestone': 2,
  'asset-origin': 1,
  'asset-owner': 1,
  'asset-parties': 1,
  'asset-used': 1,
  document: 1,
  'document-holder': 1,
  'document-status': 1,
  member: 1,
  stream: 1,
} as const
type AskedKind = keyof typeof ASKED

export function isAskedKind(kind: string): kind is AskedKind {
  return Object.hasOwn(ASKED, kind)
}

/** A value in its JSON form, by its id as JSON (a list where it is of two texts); null where there is none. Throws WireError `malformed_id`. */
export function askedValue(view: Pick<StateView, 'get'>, kind: AskedKind, id: JsonValue): JsonValue | null {
  const parts = Array.isArray(id) ? id : [id]
  const isId =
    Array.isArray(id) === (ASKED[kind] === 2) &&
    parts.length === ASKED[kind] &&
    parts.every((one) => typeof one === 'string')
  const named = id as CoreIds[AskedKind] as never
  if (!isId || !isKey(kind, named)) throw new WireError('malformed_id', `a value of ${kind} by what is no id of one`)
  const value = view.get(kind, named)
  return value === undefined ? null : coreValueToJson(kind, value)
}

/** Before the state is asked: what it throws then is about the state. */
function isKey(kind: AskedKind, id: never): boolean {
  try {
    return coreKeyOf(kind, id).length <= MAX_STATE_KEY_BYTES
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}
