import { WireError } from './errors.ts'

/**
 * Reads bytes, LEB128 integers and zigzag integers from a payload, front to back.
 * Every method throws WireError `malformed_payload` at the end of input or for a non-minimal integer.
 */
export class VarintReader {
  private readonly input: Uint8Array
  private readonly view: DataView
  private at = 0

  constructor(input: Uint8Array) {
    this.input = input
    this.view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  }

  get remaining(): number {
    return this.input.length - this.at
  }

  byte(): number {
    if (this.at >= this.input.length) this.fail('ends too early')
    return this.input[this.at++]!
  }

  /** A view of the next bytes; copy it to keep it. */
  take(length: number): Uint8Array {
    if (length > this.remaining) this.fail(`ends inside ${length} bytes`)
    this.at += length
    return this.input.subarray(this.at - length, this.at)
  }

  float64(): number {
    if (this.remaining < 8) this.fail('ends inside a float')
    this.at += 8
    return this.view.getFloat64(this.at - 8, true)
  }

  /** An unsigned integer that must not exceed `most` (at most 2^53 - 1). */
  count(most: number, what: string): number {
    const value = this.varint()
    if (value > most) this.fail(`${what} ${value} exceeds ${most}`)
    return Number(value)
  }

  /** A signed 64-bit integer: 0, -1, 1, -2 are written 0, 1, 2, 3. */
  zigzag(): bigint {
    const value = this.varint()
    if (typeof value === 'number' && value < 0x7fff_ffff) return BigInt(value % 2 === 0 ? value / 2 : -(value + 1) / 2)
    const wide = BigInt(value)
    return (wide & 1n) === 0n ? wide >> 1n : -(wide >> 1n) - 1n
  }

  /** Up to seven bytes stay a number; longer ones are bigint. */
  private varint(): number | bigint {
    let value = 0
    let scale = 1
    for (let i = 0; i < 7; i++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && i > 0) this.fail('holds an integer that is not minimal')
        return value
      }
      scale *= 128
    }
    return this.longVarint(BigInt(value))
  }

  private longVarint(low: bigint): bigint {
    let value = low
    for (let shift = 49n; shift < 64n; shift += 7n) {
      const byte = this.byte()
      if (shift === 63n && byte > 1) break
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (byte === 0) this.fail('holds an integer that is not minimal')
        return value
      }
    }
    return this.fail('holds an integer longer than 64 bits')
  }

  fail(what: string): never {
    throw new WireError('malformed_payload', `payload ${what} (byte ${this.at} of ${this.input.length})`)
  }
}
