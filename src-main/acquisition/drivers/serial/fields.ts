import type { SerialSource, SerialTag } from '../../config.ts'
import { integerScaler, isScaled, scaleFloat, type IntegerScaler } from '../../scaling.ts'
import type { Value } from '../../../wire/reading.ts'

/** The text of one tag within a frame; undefined when the frame does not carry it, null when it carries it empty. */
export type FieldReader = (body: string) => string | null | undefined

/** The fields of a frame, split once and asked by every tag. Null: the frame is not of this format. */
export type FrameSplitter = (body: string) => ((address: SerialTag['address']) => string | null | undefined) | null

/** Prepares splitting for a source's format. */
export function splitterOf(source: SerialSource): FrameSplitter {
  switch (source.format) {
    case 'nmea':
      return splitNmea
    case 'csv':
      return (body) => columns(body.split(source.separator ?? ','))
    case 'key-value':
      return (body) => keyed(body, source.separator ?? ' ')
    case 'json':
      return splitJson
    case 'pattern': {
      const pattern = new RegExp(source.pattern ?? '', 'u')
      return (body) => {
        const match = pattern.exec(body)
        return match === null ? null : columns(match.slice(1).map((group) => group ?? ''))
      }
    }
  }
}

/** NMEA 0183: `GPGGA,field 1,field 2,...`; the sentence may be named with or without its talker. */
function splitNmea(body: string): ReturnType<FrameSplitter> {
  const [name = '', ...fields] = body.split(',')
  const read = columns(fields)
  return (address) => (name === address.sentence || name.slice(2) === address.sentence ? read(address) : undefined)
}

function columns(fields: string[]): (address: SerialTag['address']) => string | null | undefined {
  return (address) => {
    const field = fields[Number(address.field) - 1]
    return field === undefined || field.trim() === '' ? null : field.trim()
  }
}

function keyed(body: string, separator: string): ReturnType<FrameSplitter> {
  const pairs = new Map<string, string>()
  for (const part of body.split(separator)) {
    const at = part.indexOf('=')
    if (at > 0) pairs.set(part.slice(0, at).trim(), part.slice(at + 1).trim())
  }
  if (pairs.size === 0) return null
  return (address) => {
    const value = pairs.get(String(address.field))
    return value === '' ? null : value
  }
}

/** One JSON object a line. Numbers are taken from the text as written, since JSON.parse would round a 64-bit integer. */
function splitJson(body: string): ReturnType<FrameSplitter> {
  let root: unknown
  try {
    root = JSON.parse(body, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value)) : value,
    )
  } catch {
    return null
  }
  return (address) => {
    let node: unknown = root
    for (const step of String(address.field).split('.')) {
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined
      node = (node as Record<string, unknown>)[step]
    }
    if (node instanceof WrittenNumber) return node.text
    if (typeof node === 'string' || typeof node === 'boolean') return String(node)
    return null
  }
}

class WrittenNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** The value a tag's field holds, or null when the text is none of that kind. */
export type FieldDecoder = (text: string) => Value | null

const INTEGER = /^[+-]?\d{1,20}$/
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const TRUE = new Set(['1', 'true', 'on', 'yes', 'a'])
const FALSE = new Set(['0', 'false', 'off', 'no', 'v'])

/** Prepares decoding for a tag. Only whole, well-formed numbers count: `12.3x` is no number. */
export function fieldDecoderOf(tag: SerialTag): FieldDecoder {
  const { address } = tag
  if (tag.kind === 'text') return (text) => ({ kind: 'text', value: text })
  if (tag.kind === 'bytes') return (text) => ({ kind: 'bytes', value: Uint8Array.from(Buffer.from(text, 'latin1')) })
  if (tag.kind === 'boolean') return decodeBoolean
  if (tag.kind === 'integer') return decodeInteger
  const scaled = isScaled(address) ? integerScaler(address) : null
  return (text) => decodeFloat(text, address, scaled)
}

function decodeBoolean(text: string): Value | null {
  const word = text.toLowerCase()
  if (TRUE.has(word)) return { kind: 'boolean', value: true }
  return FALSE.has(word) ? { kind: 'boolean', value: false } : null
}

function decodeInteger(text: string): Value | null {
  if (!INTEGER.test(text)) return null
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value ? { kind: 'integer', value } : null
}

function decodeFloat(text: string, address: SerialTag['address'], scaled: IntegerScaler | null): Value | null {
  if (!NUMBER.test(text)) return null
  const value = scaledNumber(text, address, scaled)
  // 1e999 is written well and yet no number that a double holds: infinity would be our invention.
  return Number.isFinite(value) ? { kind: 'float', value } : null
}

function scaledNumber(text: string, address: SerialTag['address'], scaled: IntegerScaler | null): number {
  if (scaled === null) return Number(text)
  return INTEGER.test(text) ? scaled(BigInt(text.replace('+', ''))) : scaleFloat(Number(text), address)
}
