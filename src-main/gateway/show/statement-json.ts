import type { Entry } from '../../wire/entry.ts'
import { toHex } from '../../wire/bytes.ts'
import type { JsonValue } from '../../wire/json.ts'
import { statementOf } from '../../record/statements.ts'

/** A statement for reading: byte strings as hex, 64-bit integers as text. Only the bytes are evidence. */
export function statementJson(entry: Entry): { json: JsonValue; sealedAtUs: number | null } {
  const statement = statementOf(entry)
  const at =
    statement.kind === 'batch'
      ? statement.sealedAtUs
      : statement.kind === 'event'
        ? statement.occurredAtUs
        : statement.timeUs
  return { json: jsonOf(statement), sealedAtUs: at }
}

export function jsonOf(value: unknown): JsonValue {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(jsonOf)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonOf(item)]))
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]))
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}
