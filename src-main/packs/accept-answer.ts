/** What `accept` answers, checked before anything of it becomes state. */
import { refuse, text } from '../record/schema.ts'
import { utf8 } from '../wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import { cborOfJson, jsonOfCbor } from '../wire/json-cbor.ts'
import type { JsonValue } from '../wire/json.ts'
import { MAX_CBOR_DEPTH, MAX_EFFECT_VALUE_BYTES } from '../wire/limits.ts'
import { CALL_WRITES_MAX } from './call-engine.ts'
import type { PackManifest } from './manifest.ts'
import { anyText, choice, listOf, object, setOf, textLike } from './strict-json.ts'
import type { Read } from './strict-json.ts'

export type AcceptAnswer =
  | { readonly refuse: string }
  | { readonly set: readonly Written[]; readonly findings: readonly string[] }

export interface Written {
  readonly kind: string
  readonly id: string
  readonly value: JsonValue | null
}

const KIND = /^[a-z][a-z0-9-]{0,63}$/
const FINDINGS_MAX = 16
const KEPT_ID_BYTES_MAX = 256

const written: Read<Written> = (item, where) => {
  if (!Array.isArray(item) || item.length !== 3) return refuse(where, 'is not [kind, id, value]')
  const [kind, id, value] = item as [JsonValue, JsonValue, JsonValue]
  return {
    kind: textLike(KIND, 64)(kind, `${where}[0]`),
    id: text(KEPT_ID_BYTES_MAX).fromJson(id, `${where}[1]`),
    value: value === null ? null : keptValue(value, `${where}[2]`),
  }
}

/** As it will be read back: a rule must not see whether it was stored in between. */
function keptValue(value: JsonValue, where: string): JsonValue {
  refuseFloats(value, where)
  const bytes = encodeCbor(cborOfJson(value))
  if (bytes.length > MAX_EFFECT_VALUE_BYTES) refuse(where, `has more than ${MAX_EFFECT_VALUE_BYTES} bytes`)
  return jsonOfCbor(decodeCbor(bytes, { maxBytes: MAX_EFFECT_VALUE_BYTES, maxDepth: MAX_CBOR_DEPTH }), where)
}

/** Whether a value can have been kept under this name: whatever else a rule asks for has no key. */
export function isKeptName(kind: string, id: JsonValue): id is string {
  return KIND.test(kind) && typeof id === 'string' && id.isWellFormed() && utf8(id).length <= KEPT_ID_BYTES_MAX
}

/** Throws WireError for what is no answer: its place is named. An answer with `wait` is none: nothing can wait yet. */
export function readAnswer({ codes }: Pick<PackManifest, 'codes'>, output: JsonValue): AcceptAnswer {
  const where = 'the answer of accept'
  if (typeof output === 'object' && output !== null && Object.hasOwn(output, 'refuse'))
    return object({ refuse: choice(codes) })(output, where)
  const { set = [], findings = [] } = object(
    {},
    { set: listOf(CALL_WRITES_MAX, written), findings: setOf(FINDINGS_MAX, anyText(64)) },
  )(output, where)
  const unknown = findings.find((code) => !codes.includes(code))
  if (unknown !== undefined) refuse(`${where}.findings`, `holds "${unknown}", which pack.json does not`)
  if (new Set(set.map(({ kind, id }) => `${kind} ${id}`)).size !== set.length)
    refuse(`${where}.set`, 'names a key twice')
  return { set, findings }
}

/** Numbers are integers that every program keeps; what has decimals is text. */
function refuseFloats(value: JsonValue, where: string): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    refuse(where, `holds ${value}, which is no integer within 2^53`)
  if (value !== null && typeof value === 'object') for (const inner of Object.values(value)) refuseFloats(inner, where)
}
