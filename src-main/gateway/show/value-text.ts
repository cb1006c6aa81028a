/** A reading's value for people and for JSON, which has neither 64-bit integers nor NaN nor bytes. */
import type { ValueJson } from '../../endpoints/model.ts'
import { toHex } from '../../wire/bytes.ts'
import type { Value } from '../../wire/reading.ts'
import { floatText } from './float-text.ts'

export function valueJson(value: Value): ValueJson {
  switch (value.kind) {
    case 'null':
      return { kind: 'null', value: null }
    case 'integer':
      return { kind: 'integer', value: value.value.toString() }
    case 'bytes':
      return { kind: 'bytes', value: toHex(value.value) }
    case 'float':
      return { kind: 'float', value: Number.isFinite(value.value) ? value.value : floatText(value.value) }
    default:
      return value
  }
}

/** With a decimal point and every digit the instrument gave; a missing value is the empty text. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case 'null':
      return ''
    case 'float':
      return floatText(value.value)
    case 'bytes':
      return toHex(value.value)
    default:
      return String(value.value)
  }
}
