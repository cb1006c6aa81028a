/**
 * Deterministic CBOR: RFC 8949 section 4.2.1, the common part that every format here uses.
 * Integers, byte and text strings, arrays, maps, tags, true/false/null and floats; shortest heads, definite
 * lengths, map keys in bytewise order of their encodings, each float in the shortest form that keeps its bits'
 * value, every NaN as f97e00. Bignums (tags 2 and 3), undefined and other simple values do not occur.
 *
 * JavaScript cannot tell 20.0 from 20, so floats are a class of their own: a plain number is always an integer.
 */
import { copyBytes, fromUtf8 } from './bytes.ts'
import { CborFloat, CborTag } from './cbor-value.ts'
import type { CborInput, CborMap, CborValue } from './cbor-value.ts'
import { CborWriter } from './cbor-writer.ts'
import { WireError } from './errors.ts'
import type { WireErrorCode } from './errors.ts'
import { halfBits, halfValue } from './float16.ts'

export { CborFloat, CborTag } from './cbor-value.ts'
export type { CborInput, CborMap, CborValue } from './cbor-value.ts'

/**
 * Bytes of a value. Numbers must be safe integers (floats come as CborFloat), bigints at most 64 bits.
 * Throws WireError `unencodable` for anything else, `duplicate_key` for two equal map keys.
 */
export function encodeCbor(value: CborInput): Uint8Array<ArrayBuffer> {
  const writer = spare ?? new CborWriter()
  spare = null
  writer.value(value)
  const bytes = writer.take()
  if (bytes.length <= SPARE_BYTES_MAX) {
    writer.clear()
    spare = writer
  }
  return bytes
}

/** Small values are written one after the other by the thousand: they share one buffer. */
let spare: CborWriter | null = null
const SPARE_BYTES_MAX = 1 << 14

/** Bounds named at every call. `maxDepth` counts arrays, maps and tags around the innermost item. */
export interface CborLimits {
  readonly maxBytes: number
  readonly maxDepth: number
}

/**
 * Reads exactly one item that is encoded deterministically and nothing after it. Byte strings are copies.
 * Throws WireError: `too_large`, `too_deep`, `malformed_cbor`, `not_deterministic`, `duplicate_key`, `trailing_bytes`.
 */
export function decodeCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  if (bytes.length > limits.maxBytes) {
    throw new WireError('too_large', `CBOR of ${bytes.length} bytes; at most ${limits.maxBytes} are read here`)
  }
  const reader = new Reader(bytes, limits.maxDepth)
  const value = reader.item(0)
  if (reader.at !== bytes.length) {
    throw new WireError('trailing_bytes', `${bytes.length - reader.at} bytes follow the CBOR item at byte ${reader.at}`)
  }
  return value
}

class Reader {
  at = 0
  private readonly input: Uint8Array
  private readonly view: DataView
  private readonly maxDepth: number

  constructor(input: Uint8Array, maxDepth: number) {
    this.input = input
    this.view = new DataView(input.buffer, input.byteOffset, input.byteLength)
    this.maxDepth = maxDepth
  }

  item(depth: number): CborValue {
    if (depth > this.maxDepth) this.fail('too_deep', `nesting deeper than ${this.maxDepth}`)
    const start = this.at
    const initial = this.uint8()
    const major = initial >> 5
    const info = initial & 0x1f
    if (major === 7) return this.simple(info)
    const argument = this.argument(info)
    switch (major) {
      case 0:
        return argument
      case 1:
        return negative(argument)
      case 2:
        return copyBytes(this.take(argument))
      case 3:
        return this.text(argument)
      case 4:
        return this.array(argument, depth)
      case 5:
        return this.map(argument, depth)
      default:
        return this.tag(argument, depth, start)
    }
  }

  private simple(info: number): CborValue {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 25:
      case 26:
      case 27:
        return this.float(info)
      default:
        return this.fail('malformed_cbor', `simple value or break code ${info} does not occur in this format`)
    }
  }

  private float(info: number): CborFloat {
    const width = 2 ** (info - 24)
    this.need(width)
    const at = this.at
    this.at += width
    if (info === 25) {
      const bits = this.view.getUint16(at)
      const half = halfValue(bits)
      if (Number.isNaN(half) && bits !== 0x7e00) this.fail('not_deterministic', 'a NaN other than f97e00')
      return new CborFloat(half)
    }
    const value = info === 26 ? this.view.getFloat32(at) : this.view.getFloat64(at)
    if (halfBits(value) !== null || (info === 27 && Math.fround(value) === value)) {
      this.fail('not_deterministic', `float ${value} has a shorter exact encoding`)
    }
    return new CborFloat(value)
  }

  private argument(info: number): number | bigint {
    if (info < 24) return info
    if (info > 27) return this.fail('malformed_cbor', `additional information ${info} (indefinite length or reserved)`)
    const width = 2 ** (info - 24)
    this.need(width)
    const at = this.at
    this.at += width
    let value: number | bigint
    let least: number
    if (info === 24) [value, least] = [this.input[at]!, 24]
    else if (info === 25) [value, least] = [this.view.getUint16(at), 0x100]
    else if (info === 26) [value, least] = [this.view.getUint32(at), 0x1_0000]
    else {
      const wide = this.view.getBigUint64(at)
      value = wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide
      least = 0x1_0000_0000
    }
    if (value < least) this.fail('not_deterministic', `head spends ${width} bytes on ${value}`)
    return value
  }

  private text(length: number | bigint): string {
    const bytes = this.take(length)
    // Short ASCII, nearly every text here, is read without the cost of a TextDecoder call.
    if (bytes.length <= 24) {
      let text = ''
      let i = 0
      for (; i < bytes.length && bytes[i]! < 0x80; i++) text += String.fromCharCode(bytes[i]!)
      if (i === bytes.length) return text
    }
    try {
      return fromUtf8(bytes)
    } catch {
      return this.fail('malformed_cbor', 'text string is not valid UTF-8')
    }
  }

  private array(count: number | bigint, depth: number): CborValue[] {
    const items: CborValue[] = []
    const length = this.containerCount(count, 1)
    for (let i = 0; i < length; i++) items.push(this.item(depth + 1))
    return items
  }

  private map(count: number | bigint, depth: number): CborMap {
    const map: CborMap = new Map()
    const length = this.containerCount(count, 2)
    let previousStart = 0
    let previousEnd = 0
    for (let i = 0; i < length; i++) {
      const start = this.at
      const key = this.item(depth + 1)
      if (i > 0) this.checkKeyOrder(previousStart, previousEnd, start)
      previousStart = start
      previousEnd = this.at
      map.set(key, this.item(depth + 1))
    }
    return map
  }

  /** Ascending encoded keys: RFC 8949 4.2.1; equality is a duplicate. */
  private checkKeyOrder(previousStart: number, previousEnd: number, start: number): void {
    const { input, at: end } = this
    const shared = Math.min(previousEnd - previousStart, end - start)
    for (let i = 0; i < shared; i++) {
      const difference = input[previousStart + i]! - input[start + i]!
      if (difference < 0) return
      if (difference > 0) this.fail('not_deterministic', 'map keys are not in bytewise order')
    }
    const difference = previousEnd - previousStart - (end - start)
    if (difference === 0) this.fail('duplicate_key', 'a map key occurs twice')
    if (difference > 0) this.fail('not_deterministic', 'map keys are not in bytewise order')
  }

  private tag(number: number | bigint, depth: number, start: number): CborTag {
    if (typeof number === 'bigint') return this.fail('malformed_cbor', 'tag number beyond the safe range')
    if (number === 2 || number === 3) {
      this.at = start
      this.fail('malformed_cbor', 'bignums do not occur in this format')
    }
    return new CborTag(number, this.item(depth + 1))
  }

  /** A count that the remaining input cannot hold is refused before anything is built for it. */
  private containerCount(count: number | bigint, bytesPerItem: number): number {
    const remaining = this.input.length - this.at
    if (typeof count === 'bigint' || count * bytesPerItem > remaining) {
      return this.fail('malformed_cbor', `container of ${count} items in ${remaining} remaining bytes`)
    }
    return count
  }

  private take(length: number | bigint): Uint8Array {
    const remaining = this.input.length - this.at
    if (typeof length === 'bigint' || length > remaining) {
      return this.fail('malformed_cbor', `string of ${length} bytes in ${remaining} remaining bytes`)
    }
    this.at += length
    return this.input.subarray(this.at - length, this.at)
  }

  private uint8(): number {
    this.need(1)
    return this.input[this.at++]!
  }

  private need(count: number): void {
    if (this.at + count > this.input.length) this.fail('malformed_cbor', 'input ends inside an item')
  }

  private fail(code: WireErrorCode, what: string): never {
    throw new WireError(code, `CBOR at byte ${this.at}: ${what}`)
  }
}

function negative(argument: number | bigint): number | bigint {
  if (typeof argument === 'number') {
    const value = -1 - argument
    return Number.isSafeInteger(value) ? value : -1n - BigInt(argument)
  }
  return -1n - argument
}
