/** Numbers in words. A value keeps the digits its instrument gave: only the decimal sign and the grouping follow the language. */
import { language } from './language.svelte.ts'

const minus = '−'

function separators(): { group: string; decimal: string } {
  return language.current === 'de' ? { group: '.', decimal: ',' } : { group: ',', decimal: '.' }
}

/** `1482306.4` as `1,482,306.4` or `1.482.306,4`; text that is no plain decimal number comes back as it is. */
export function instrument(text: string): string {
  const match = /^([-+−]?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return text
  const { group, decimal } = separators()
  const [, sign = '', whole = '', fraction] = match
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, group)
  return `${sign === '-' ? minus : sign}${grouped}${fraction === undefined ? '' : decimal + fraction}`
}

/** A whole number, grouped. */
export function count(value: number | bigint): string {
  return instrument(String(value))
}

/** A computed figure with a fixed number of decimals (never a measured value). */
export function decimals(value: number, digits: number): string {
  return instrument(value.toFixed(digits))
}

/** A computed figure with its sign: `+2`, `−4`, `0`. */
export function signed(value: number, digits = 0): string {
  const text = decimals(value, digits)
  return value > 0 ? `+${text}` : text
}

/** More significant digits than this are the noise of a binary number: 231.8 comes out of a 32-bit register as 231.80013. */
const digitsGiven = 7
/** No instrument of a plant tells more steps apart than this over its range. */
const stepsOfRange = 10_000

/**
 * A measured value as its instrument shows it: digits that it can't tell apart are left off where there are more of them than an instrument
 * gives. The exact value stands in the ledger. Counters, and what has no range, keep all their digits.
 */
export function inResolution(text: string, range: readonly [number, number] | null): string {
  const match = /^[-+]?0*(\d*)\.(\d+)$/.exec(text)
  if (!match || range === null) return text
  const [, whole = '', fraction = ''] = match
  if ((whole + fraction).replace(/^0+/, '').length <= digitsGiven) return text
  const digits = Math.max(1, -Math.floor(Math.log10((range[1] - range[0]) / stepsOfRange)))
  return digits < fraction.length ? Number(text).toFixed(digits) : text
}
