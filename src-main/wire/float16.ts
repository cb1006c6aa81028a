/**
 * Half-precision floats for CBOR's shortest form (IEEE 754 binary16). Both directions are exact: a value that does
 * not fit is reported, never rounded.
 */
const scratch = new DataView(new ArrayBuffer(4))

/** Bits of `value` as binary16, or null when that would change it. NaN gives the one quiet NaN, 7e00. */
export function halfBits(value: number): number | null {
  if (Number.isNaN(value)) return 0x7e00
  if (Math.fround(value) !== value) return null
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const mantissa = bits & 0x7f_ffff
  if (exponent === 0xff) return sign | 0x7c00
  if (exponent === 0) return mantissa === 0 ? sign : null
  const power = exponent - 127
  if (power > 15 || power < -24) return null
  if (power >= -14) return (mantissa & 0x1fff) === 0 ? sign | ((power + 15) << 10) | (mantissa >>> 13) : null
  // Subnormal half: value = fraction * 2^-24, so the 24-bit significand loses its lowest (-power - 1) bits.
  const significand = mantissa | 0x80_0000
  const dropped = -power - 1
  return (significand & ((1 << dropped) - 1)) === 0 ? sign | (significand >>> dropped) : null
}

/** Value of binary16 bits. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
