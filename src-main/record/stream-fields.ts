/** What is said of a stream when it is opened, which its state value keeps. */
import { streamIdOf } from '../wire/ids.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Label } from '../wire/languages.ts'
import { MAX_QUANTITY_BYTES, MAX_TEXT_BYTES } from '../wire/limits.ts'
import { boolean, count, id, json, nullable, oneOf, optional, refuse, text } from './schema.ts'
import type { Form } from './schema.ts'
import { checkTranslations, translations } from './translations.ts'

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

/** Lowest and highest value the sensor can give, in the stream's unit. */
const range: Form<readonly [lo: number, hi: number]> = json<[number, number]>((value, where) => {
  const [lo, hi, more] = Array.isArray(value) ? value : []
  if (typeof lo !== 'number' || typeof hi !== 'number' || lo > hi || more !== undefined)
    return refuse(where, 'is not [low, high]')
  return [lo, hi]
})

export const streamFields = {
  stream: id(streamIdOf),
  source: text(),
  tag: text(MAX_TEXT_BYTES),
  label: text(),
  labels: optional(translations),
  unit: text(),
  kind: oneOf(STREAM_KINDS),
  quantity: text(MAX_QUANTITY_BYTES),
  protocol: text(),
  trust: oneOf(TRUST_LEVELS),
  simulated: boolean,
  range: nullable(range),
  cadenceMs: nullable(count),
  asset: nullable(text()),
  fromSequence: count,
}

export function checkStream({ label, labels }: Label, where: string): void {
  checkTranslations(label, labels, where)
}
