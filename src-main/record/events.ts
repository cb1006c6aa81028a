/** Bodies of the core's events, by the table of kinds. Types that the core does not know (a pack's own) keep their body unread. */
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborMap, CborValue } from '../wire/cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../wire/limits.ts'
import type { Kind } from './kind.ts'
import { kinds } from './kinds.ts'
import type { CoreEvents, CoreEventType } from './kinds.ts'

/**
 * Body of a core event as CBOR, ready for an EventInput. Throws WireError `too_large` beyond what an entry holds, and
 * `malformed_event` for what no replica would take.
 */
export function encodeBody<T extends CoreEventType>(type: T, body: CoreEvents[T]): CborMap {
  return encodeKind(kindOf(type), type, body)
}

/** Reads a core event's body strictly. Throws WireError `malformed_event`. */
export function decodeBody<T extends CoreEventType>(type: T, body: CborValue): CoreEvents[T] {
  return decodeKind(kindOf(type), type, body)
}

export function isCoreEvent(type: string): type is CoreEventType {
  return Object.hasOwn(kinds, type)
}

/** Assets that a core event is about, as they stand in its statement: ascending, without repetition. */
export function assetsOf<T extends CoreEventType>(type: T, body: CoreEvents[T]): string[] {
  return assetsOfKind(kindOf(type), body)
}

/** Types of events that a person may have a gateway sign. */
export const signable = (Object.keys(kinds) as CoreEventType[]).filter((type) => kindOf(type).byHand === true)

/** Types of events that a person may sign, by the roles in which it may. */
export const sayable = new Map(
  (Object.keys(kinds) as CoreEventType[]).flatMap((type) => {
    const { roles } = kindOf(type)
    return roles === undefined ? [] : [[type, roles] as const]
  }),
)

/** A body as a person or a program writes it. Throws WireError `malformed_event` naming the place. */
export function bodyFromJson<T extends CoreEventType>(type: T, json: JsonValue): CoreEvents[T] {
  return kindOf(type).form.fromJson(json, type)
}

/** The way back. */
export function bodyToJson<T extends CoreEventType>(type: T, body: CoreEvents[T]): JsonValue {
  return kindOf(type).form.toJson(body)
}

/** A body of this type that is well-formed, as JSON. */
export function exampleJson(type: CoreEventType): JsonValue {
  return kindOf(type).form.toJson(kindOf(type).example)
}

function kindOf<T extends CoreEventType>(type: T): Kind<CoreEvents[T]> {
  return kinds[type] as unknown as Kind<CoreEvents[T]>
}

/** The same of any kind. */
export function encodeKind<Body>(kind: Kind<Body>, type: string, body: Body): CborMap {
  // Through the bytes, so that what is built here and what is read back are one and the same form.
  const encoded = encodeCbor(kind.form.encode(body))
  const read = decodeCbor(encoded, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH }) as CborMap
  decodeKind(kind, type, read)
  return read
}

export function decodeKind<Body>(kind: Kind<Body>, type: string, body: CborValue): Body {
  return kind.form.decode(body, `event ${type}`)
}

export function assetsOfKind<Body>(kind: Kind<Body>, body: Body): string[] {
  return [...new Set(kind.assets(body))].sort()
}
