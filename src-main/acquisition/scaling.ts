/** A number as digits x 10^exponent, exactly as it was written. */
interface Decimal {
  digits: bigint
  exponent: number
}

/** Linear scaling; an absent part changes nothing. */
export interface Scaling {
  scale?: number | undefined
  offset?: number | undefined
}

/** Turns a raw integer into a scaled number. */
export type IntegerScaler = (raw: bigint) => number

const EXACT_INTEGER_MAX = 2n ** 53n
/** Powers of ten up to this one are doubles without rounding. */
const EXACT_POWER_MAX = 22

/**
 * raw x scale + offset in decimal, then once to the nearest double: 3 x 0.1 is 0.3 and not 0.30000000000000004.
 * Scale and offset count as the shortest decimal that names them, which is what the configuration wrote.
 */
export function integerScaler(scaling: Scaling): IntegerScaler {
  const scale = decimalOf(scaling.scale ?? 1)
  const offset = decimalOf(scaling.offset ?? 0)
  const exponent = Math.min(scale.exponent, offset.exponent)
  const factor = scale.digits * 10n ** BigInt(scale.exponent - exponent)
  const addend = offset.digits * 10n ** BigInt(offset.exponent - exponent)
  return (raw) => nearestDouble(raw * factor + addend, exponent)
}

/** raw x scale + offset for raw values that are doubles already; each step rounds once, as IEEE 754 says. */
export function scaleFloat(raw: number, scaling: Scaling): number {
  const scaled = scaling.scale === undefined ? raw : raw * scaling.scale
  return scaling.offset === undefined ? scaled : scaled + scaling.offset
}

/** True when there is anything to scale. */
export function isScaled(scaling: Scaling): boolean {
  return scaling.scale !== undefined || scaling.offset !== undefined
}

function decimalOf(value: number): Decimal {
  const [mantissa = '0', power = '0'] = String(value).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}

/** The double nearest to digits x 10^exponent; both operands of the division are exact, so it rounds once. */
function nearestDouble(digits: bigint, exponent: number): number {
  const small = digits < EXACT_INTEGER_MAX && digits > -EXACT_INTEGER_MAX
  if (small && exponent <= 0 && exponent >= -EXACT_POWER_MAX) return Number(digits) / 10 ** -exponent
  return Number(`${digits}e${exponent}`)
}
