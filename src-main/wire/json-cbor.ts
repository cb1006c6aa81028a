import { CborFloat } from './cbor.ts'
import type { CborInput, CborValue } from './cbor.ts'
import { WireError } from './errors.ts'
import type { JsonInput, JsonValue } from './json.ts'

/** JSON to CBOR input: safe integers become integers (-0 becomes 0, as JSON prints it), other numbers floats. */
export function cborOfJson(value: JsonInput): CborInput {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new WireError('unencodable', `JSON has no form for ${value}`)
    return Number.isSafeInteger(value) ? value + 0 : new CborFloat(value)
  }
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return (value as readonly JsonInput[]).map(cborOfJson)
  const members = Object.entries(value as { readonly [key: string]: JsonInput | undefined })
  return new Map(members.flatMap(([key, member]) => (member === undefined ? [] : [[key, cborOfJson(member)] as const])))
}

/** The way back; refuses whatever `cborOfJson` cannot have made, so that each value has one encoding. */
export function jsonOfCbor(value: CborValue, where: string): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return value
  if (value instanceof CborFloat) {
    if (!Number.isFinite(value.value) || Number.isSafeInteger(value.value)) {
      throw new WireError('malformed_cbor', `${where}: float ${value.value} is not how JSON numbers are carried`)
    }
    return value.value
  }
  if (Array.isArray(value)) return value.map((item, i) => jsonOfCbor(item, `${where}[${i}]`))
  if (value instanceof Map) {
    const entries: [string, JsonValue][] = []
    for (const [key, member] of value) {
      if (typeof key !== 'string') throw new WireError('malformed_cbor', `${where}: a key is not text`)
      entries.push([key, jsonOfCbor(member, `${where}.${key}`)])
    }
    // fromEntries defines own properties, so that a key named __proto__ stays data.
    return Object.fromEntries(entries)
  }
  throw new WireError('malformed_cbor', `${where}: holds bytes, a tag or a 64-bit integer, which JSON has not`)
}
