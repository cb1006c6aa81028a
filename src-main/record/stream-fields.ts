/** What is said of a stream when it is opened, which its state value keeps. */
import { equalBytes } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import { streamIdOf } from '../wire/ids.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Label } from '../wire/languages.ts'
import { STREAM_KINDS, TRUST_LEVELS } from '../wire/stream-words.ts'
import type { StreamKind, TrustLevel } from '../wire/stream-words.ts'
import {
  MAX_ADDRESS_NAME_BYTES,
  MAX_ADDRESS_PARTS,
  MAX_DECIMAL_BYTES,
  MAX_NOT_AVAILABLE,
  MAX_QUANTITY_BYTES,
  MAX_TEXT_BYTES,
} from '../wire/limits.ts'
import { boolean, checked, count, id, json, list, nullable, oneOf, optional, record, refuse, text } from './schema.ts'
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
  readonly meaning: StreamMeaning
  readonly trust: TrustLevel
  readonly simulated: boolean
  readonly range: readonly [lo: number, hi: number] | null
  readonly cadenceMs: number | null
  readonly fromSequence: number
}

export { STREAM_KINDS, TRUST_LEVELS }
export type { StreamKind, TrustLevel }

/** What a stream measures. It is fixed at the first opening: with another unit, the readings that are there would say another thing. */
export const STREAM_FIXED = ['quantity', 'unit', 'kind', 'trust', 'simulated'] as const

/** Lowest and highest value the sensor can give, in the stream's unit. */
const range: Form<readonly [lo: number, hi: number]> = json<[number, number]>((value, where) => {
  const [lo, hi, more] = Array.isArray(value) ? value : []
  if (typeof lo !== 'number' || typeof hi !== 'number' || lo > hi || more !== undefined)
    return refuse(where, 'is not [low, high]')
  return [lo, hi]
})

/**
 * How a stream's readings come about: where they are read, and what is made of the bytes that are read there. It may change, by an
 * event that says so (`stream.changed`); what is measured may not (`STREAM_FIXED`).
 */
export interface StreamMeaning {
  /** As people name it, such as `Modbus TCP`. */
  readonly protocol: string
  /** Where the value is read, in the driver's own words: each name and value a text. */
  readonly address: Readonly<Record<string, string>>
  /** Type of the value on the wire, such as `int16`; null where the protocol itself says it. */
  readonly type: string | null
  /** Order of bytes and words on the wire, such as `big` or `little, words swapped`; null where the protocol says it. */
  readonly order: string | null
  /** The value is what was read, times `scale`, plus `offset`; decimals as text, null for 1 and 0. */
  readonly scale: string | null
  readonly offset: string | null
  /** Whether the type has a sign where it does not say so itself. */
  readonly sign: 'signed' | 'unsigned' | null
  /** Values on the wire that mean "not available", each as text. */
  readonly notAvailable: readonly string[]
  /** Name of the device's key where it signs its readings; null where it does not. */
  readonly deviceKey: string | null
}

const address: Form<Readonly<Record<string, string>>> = json((value, where) => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return refuse(where, 'is not a map')
  const parts = Object.entries(value)
  if (parts.length > MAX_ADDRESS_PARTS) refuse(where, `has ${parts.length} parts; at most ${MAX_ADDRESS_PARTS}`)
  for (const [name, part] of parts) {
    text(MAX_ADDRESS_NAME_BYTES).decode(name, `${where}, the name of a part`)
    text(MAX_TEXT_BYTES).decode(part as string, `${where} "${name}"`)
  }
  return value as Record<string, string>
})

const decimal = checked(text(MAX_DECIMAL_BYTES), (value, where) => {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?(?:e-?[1-9]\d?)?$/.test(value) || value === '-0')
    refuse(where, `is not a decimal number in its one form: ${JSON.stringify(value)}`)
})

export const streamMeaning: Form<StreamMeaning> = record({
  protocol: text(),
  address,
  type: nullable(text()),
  order: nullable(text()),
  scale: nullable(decimal),
  offset: nullable(decimal),
  sign: nullable(oneOf(['signed', 'unsigned'])),
  notAvailable: list(text(MAX_DECIMAL_BYTES), MAX_NOT_AVAILABLE),
  deviceKey: nullable(text()),
})

/** Compared by what is signed. */
export function isSameMeaning(one: StreamMeaning, other: StreamMeaning): boolean {
  return equalBytes(encodeCbor(streamMeaning.encode(one)), encodeCbor(streamMeaning.encode(other)))
}

/** The meaning of a stream of which nothing is known but the protocol. */
export function plainMeaning(protocol: string): StreamMeaning {
  return {
    protocol,
    address: {},
    type: null,
    order: null,
    scale: null,
    offset: null,
    sign: null,
    notAvailable: [],
    deviceKey: null,
  }
}

export const streamFields = {
  stream: id(streamIdOf),
  source: text(),
  tag: text(MAX_TEXT_BYTES),
  label: text(),
  labels: optional(translations),
  unit: text(),
  kind: oneOf(STREAM_KINDS),
  quantity: text(MAX_QUANTITY_BYTES),
  meaning: streamMeaning,
  trust: oneOf(TRUST_LEVELS),
  simulated: boolean,
  range: nullable(range),
  cadenceMs: nullable(count),
  fromSequence: count,
}

export function checkStream({ label, labels }: Label, where: string): void {
  checkTranslations(label, labels, where)
}
