/** The JSON forms in which packs see readings, streams and events. Every number is exact: what JSON cannot hold is text. */
import { toBase64Url } from '../wire/bytes.ts'
import type { JsonValue } from '../wire/json.ts'
import type { Reading, Value } from '../wire/reading.ts'

/** Largest integer magnitude that a JSON number carries exactly. */
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * A value with its kind. 64-bit integers beyond 2^53 and floats that JSON lacks (NaN, infinities, -0) are decimal or named text,
 * bytes are base64url.
 */
export function valueForPack(value: Value): JsonValue {
  switch (value.kind) {
    case 'null':
      return { kind: 'null', value: null }
    case 'integer': {
      const small = value.value <= SAFE && value.value >= -SAFE
      return { kind: 'integer', value: small ? Number(value.value) : value.value.toString() }
    }
    case 'float': {
      const exact = Number.isFinite(value.value) && !Object.is(value.value, -0)
      return { kind: 'float', value: exact ? value.value : Object.is(value.value, -0) ? '-0' : String(value.value) }
    }
    case 'bytes':
      return { kind: 'bytes', value: toBase64Url(value.value) }
    default:
      return { kind: value.kind, value: value.value }
  }
}

/** One reading as a pack sees it: {stream, sequence, timeUs, value, quality, flags}. */
export function readingForPack(reading: Reading): { [name: string]: JsonValue } {
  return {
    stream: reading.stream,
    sequence: reading.sequence,
    timeUs: reading.sourceTimeUs,
    value: valueForPack(reading.value),
    quality: reading.quality,
    flags: reading.flags,
  }
}
