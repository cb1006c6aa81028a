import { compareBytes, concatBytes, utf8 } from './bytes.ts'
import { CborFloat, CborTag } from './cbor-value.ts'
import type { CborInput } from './cbor-value.ts'
import { WireError } from './errors.ts'
import { halfBits } from './float16.ts'

/** Append-only CBOR output; the layouts that are hot write their items directly. */
export class CborWriter {
  private buffer = new Uint8Array(256)
  private view = new DataView(this.buffer.buffer)
  private length = 0

  /** A copy of what was written. */
  take(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length)
  }

  /** Begins anew, in the same buffer. */
  clear(): void {
    this.length = 0
  }

  value(value: CborInput): void {
    if (typeof value === 'number') return this.integer(value)
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'bigint') return this.bigInteger(value)
    if (typeof value === 'boolean') return this.byte(value ? 0xf5 : 0xf4)
    if (value === null) return this.byte(0xf6)
    if (value instanceof Uint8Array) return this.bytes(value)
    if (Array.isArray(value)) return this.array(value)
    if (value instanceof CborFloat) return this.float(value.value)
    if (value instanceof Map) return this.entries([...value])
    if (value instanceof CborTag) {
      this.head(0xc0, value.tag)
      return this.value(value.value)
    }
    if (typeof value === 'object' && isPlainObject(value)) {
      return this.entries(Object.entries(value).filter((entry): entry is [string, CborInput] => entry[1] !== undefined))
    }
    throw new WireError('unencodable', `CBOR has no place for ${typeof value} ${String(value).slice(0, 40)}`)
  }

  integer(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new WireError('unencodable', `${value} is not a safe integer; pass a float as CborFloat, 64 bits as bigint`)
    }
    if (value >= 0) this.head(0x00, value)
    else this.head(0x20, -1 - value)
  }

  bigInteger(value: bigint): void {
    const argument = value < 0n ? -1n - value : value
    if (argument > 0xffff_ffff_ffff_ffffn) {
      throw new WireError('unencodable', `integer ${value} needs more than 64 bits`)
    }
    if (argument <= 0xffff_ffffn) return this.head(value < 0n ? 0x20 : 0x00, Number(argument))
    this.reserve(9)
    this.buffer[this.length] = value < 0n ? 0x3b : 0x1b
    this.view.setBigUint64(this.length + 1, argument)
    this.length += 9
  }

  float(value: number): void {
    this.reserve(9)
    const half = halfBits(value)
    if (half !== null) {
      this.buffer[this.length] = 0xf9
      this.view.setUint16(this.length + 1, half)
      this.length += 3
    } else if (Math.fround(value) === value) {
      this.buffer[this.length] = 0xfa
      this.view.setFloat32(this.length + 1, value)
      this.length += 5
    } else {
      this.buffer[this.length] = 0xfb
      this.view.setFloat64(this.length + 1, value)
      this.length += 9
    }
  }

  text(value: string): void {
    const bytes = utf8(value)
    this.head(0x60, bytes.length)
    this.raw(bytes)
  }

  bytes(value: Uint8Array): void {
    this.head(0x40, value.length)
    this.raw(value)
  }

  /** Head of an array whose items the caller writes next. */
  arrayHead(count: number): void {
    this.head(0x80, count)
  }

  byte(value: number): void {
    this.reserve(1)
    this.buffer[this.length++] = value
  }

  private array(values: readonly CborInput[]): void {
    this.head(0x80, values.length)
    for (const item of values) this.value(item)
  }

  private entries(entries: [CborInput, CborInput][]): void {
    const ordered = entries.map(([key, value]) => ({ key: encoded(key), value }))
    ordered.sort((a, b) => compareBytes(a.key, b.key))
    this.head(0xa0, ordered.length)
    for (let i = 0; i < ordered.length; i++) {
      const { key, value } = ordered[i]!
      if (i > 0 && compareBytes(ordered[i - 1]!.key, key) === 0) {
        throw new WireError('duplicate_key', `map holds two equal keys (number ${i} in order)`)
      }
      this.raw(key)
      this.value(value)
    }
  }

  private head(major: number, argument: number): void {
    this.reserve(9)
    const { buffer, view, length } = this
    if (argument < 24) {
      buffer[length] = major | argument
      this.length = length + 1
    } else if (argument <= 0xff) {
      buffer[length] = major | 24
      buffer[length + 1] = argument
      this.length = length + 2
    } else if (argument <= 0xffff) {
      buffer[length] = major | 25
      view.setUint16(length + 1, argument)
      this.length = length + 3
    } else if (argument <= 0xffff_ffff) {
      buffer[length] = major | 26
      view.setUint32(length + 1, argument)
      this.length = length + 5
    } else {
      buffer[length] = major | 27
      view.setUint32(length + 1, Math.floor(argument / 0x1_0000_0000))
      view.setUint32(length + 5, argument % 0x1_0000_0000)
      this.length = length + 9
    }
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  private reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    grown.set(this.buffer.subarray(0, this.length))
    this.buffer = grown
    this.view = new DataView(grown.buffer)
  }
}

function isPlainObject(value: object): value is { [key: string]: CborInput | undefined } {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Names of fields, encoded: the same few dozen stand in every statement. */
const names = new Map<string, Uint8Array>()
const NAMES_MAX = 1_024

/** A map key. Short texts and small integers, nearly every key here, are spared a writer of their own. */
function encoded(value: CborInput): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 24 && Number.isInteger(value) && !Object.is(value, -0)) {
    return Uint8Array.of(value)
  }
  if (typeof value === 'string') {
    const known = names.get(value)
    if (known !== undefined) return known
    const bytes = utf8(value)
    if (bytes.length < 24) {
      const key = concatBytes(Uint8Array.of(0x60 | bytes.length), bytes)
      if (names.size < NAMES_MAX) names.set(value, key)
      return key
    }
  }
  const writer = new CborWriter()
  writer.value(value)
  return writer.take()
}
