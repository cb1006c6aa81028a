/**
 * What gateways say to each other over lost parts of a ledger, as CBOR:
 *
 *     ["ask", [[kind, key], ...]]           kind payload with its hash, entry or log with its index
 *     ["give", kind, key, bytes | null]     null: not there, or damaged there too
 */
import { decodeCbor, encodeCbor, type CborValue } from '../../wire/cbor.ts'
import { HASH_BYTES } from '../../wire/limits.ts'
import { fieldsOf, partOf, PART_KINDS, type PartName } from '../../ledger/healing/parts.ts'

/** Parts that one message asks for. */
export const ASKED_AT_ONCE_MAX = 16

export type PartMessage =
  | { type: 'ask'; parts: PartName[] }
  | { type: 'give'; part: PartName; bytes: Uint8Array | null }

export function encodeAsk(parts: readonly PartName[]): Uint8Array {
  return encodeCbor(['ask', parts.map((part) => [...fieldsOf(part)])])
}

export function encodeGive(part: PartName, bytes: Uint8Array | null): Uint8Array {
  return encodeCbor(['give', ...fieldsOf(part), bytes])
}

/** null where it is not what a gateway says. */
export function parsePartMessage(body: Uint8Array): PartMessage | null {
  let value: CborValue
  try {
    value = decodeCbor(body, { maxBytes: body.length, maxDepth: 4 })
  } catch {
    return null
  }
  if (!Array.isArray(value)) return null
  if (value[0] === 'ask' && value.length === 2 && Array.isArray(value[1])) return asked(value[1])
  if (value[0] !== 'give' || value.length !== 4) return null
  const part = named(value[1], value[2])
  const bytes = value[3]
  return part !== null && (bytes === null || bytes instanceof Uint8Array) ? { type: 'give', part, bytes } : null
}

function asked(items: readonly CborValue[]): PartMessage | null {
  if (items.length === 0 || items.length > ASKED_AT_ONCE_MAX) return null
  const parts: PartName[] = []
  for (const item of items) {
    const part = Array.isArray(item) && item.length === 2 ? named(item[0], item[1]) : null
    if (part === null) return null
    parts.push(part)
  }
  return { type: 'ask', parts }
}

function named(kind: CborValue | undefined, key: CborValue | undefined): PartName | null {
  const known = PART_KINDS.find((one) => one === kind)
  if (known === undefined) return null
  if (known === 'payload') return key instanceof Uint8Array && key.length === HASH_BYTES ? partOf(known, key) : null
  return typeof key === 'number' && Number.isSafeInteger(key) && key >= 0 ? partOf(known, key) : null
}
