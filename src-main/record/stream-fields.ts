import type { Fields } from '../wire/fields.ts'
import { tuple } from '../wire/fields.ts'
import { jsonOfCbor } from '../wire/json-cbor.ts'

/** Kind of value a stream carries; each reading of it has this kind or is null. */
export const STREAM_KINDS = ['boolean', 'integer', 'float', 'text', 'bytes'] as const
export type StreamKind = (typeof STREAM_KINDS)[number]

/** How far the way from the sensor is protected, in plain words that certificates print. */
export const TRUST_LEVELS = ['unauthenticated', 'authenticated channel', 'signed by device'] as const
export type TrustLevel = (typeof TRUST_LEVELS)[number]

/**
 * What a reading of a stream means. It is fixed at the first opening: opening it anew with another unit would give the readings
 * that are there another meaning.
 */
export const STREAM_MEANING = ['quantity', 'unit', 'kind', 'trust', 'simulated'] as const

export function readStreamKind(fields: Fields): StreamKind {
  return fields.oneOf('kind', STREAM_KINDS)
}

/** Lowest and highest value the sensor can give, in the stream's unit; null where nobody stated them. */
export function readRange(fields: Fields): [lo: number, hi: number] | null {
  return fields.nullable('range', (name) => {
    const [lo, hi] = tuple(fields.any(name), 2, `"${name}"`, 'malformed_event').map((end) => jsonOfCbor(end, name))
    if (typeof lo !== 'number' || typeof hi !== 'number' || lo > hi) return fields.fail(`"${name}" is not [low, high]`)
    return [lo, hi]
  })
}
