/** What is said of a stream when it is opened, which its state value keeps. */
import type { CborInput } from '../wire/cbor.ts'
import type { Fields } from '../wire/fields.ts'
import { tuple } from '../wire/fields.ts'
import { idBytes, streamIdOf } from '../wire/ids.ts'
import type { StreamId } from '../wire/ids.ts'
import { cborOfJson, jsonOfCbor } from '../wire/json-cbor.ts'
import { labelOf, readTranslations } from '../wire/languages.ts'
import type { Label } from '../wire/languages.ts'
import { ID_BYTES, MAX_TEXT_BYTES } from '../wire/limits.ts'

export interface StreamOpened extends Label {
  readonly stream: StreamId
  readonly source: string
  readonly tag: string
  /** UCUM code; "1" for a pure number. */
  readonly unit: string
  readonly kind: StreamKind
  readonly quantity: string
  readonly protocol: string
  readonly trust: TrustLevel
  readonly simulated: boolean
  readonly range: readonly [lo: number, hi: number] | null
  readonly cadenceMs: number | null
  readonly asset: string | null
  readonly fromSequence: number
}

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

function readStreamKind(fields: Fields): StreamKind {
  return fields.oneOf('kind', STREAM_KINDS)
}

/** Lowest and highest value the sensor can give, in the stream's unit; null where nobody stated them. */
function readRange(fields: Fields): [lo: number, hi: number] | null {
  return fields.nullable('range', (name) => {
    const [lo, hi] = tuple(fields.any(name), 2, `"${name}"`, 'malformed_event').map((end) => jsonOfCbor(end, name))
    if (typeof lo !== 'number' || typeof hi !== 'number' || lo > hi) return fields.fail(`"${name}" is not [low, high]`)
    return [lo, hi]
  })
}

/** Members of an opened stream as CBOR; also part of its state value. */
export function encodeStreamOpened(body: StreamOpened): { [key: string]: CborInput } {
  return { ...body, stream: idBytes(body.stream), range: body.range === null ? null : body.range.map(cborOfJson) }
}

export function readStreamOpened(fields: Fields): StreamOpened {
  const label = fields.text('label')
  return {
    stream: streamIdOf(fields.bytes('stream', ID_BYTES)),
    source: fields.text('source'),
    tag: fields.text('tag', MAX_TEXT_BYTES),
    ...labelOf({ label, labels: readTranslations(fields, 'labels', label) }),
    unit: fields.text('unit'),
    kind: readStreamKind(fields),
    quantity: fields.text('quantity'),
    protocol: fields.text('protocol'),
    trust: fields.oneOf('trust', TRUST_LEVELS),
    simulated: fields.boolean('simulated'),
    range: readRange(fields),
    cadenceMs: fields.nullable('cadenceMs', (name) => fields.count(name)),
    asset: fields.nullable('asset', (name) => fields.text(name)),
    fromSequence: fields.count('fromSequence'),
  }
}
