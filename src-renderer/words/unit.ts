/**
 * Units for reading. Streams carry UCUM codes (ucum.org); people read `°C`, `m³/h`, `kWh`. A code without an entry is shown as
 * its parts: annotations without braces, `.` as a multiplication dot, exponents raised.
 */
import { m } from '../paraglide/messages.js'

const printed: Record<string, string> = {
  '1': '',
  Cel: '°C',
  '[degF]': '°F',
  '[mi_i]': 'mi',
  'kW.h': 'kWh',
  'W.h': 'Wh',
  'MW.h': 'MWh',
  'V.A': 'VA',
  'kV.A': 'kVA',
  'V.A{reactive}': 'var',
  'kV.A{reactive}': 'kvar',
  '[ppm]': 'ppm',
  '[pH]': 'pH',
  'l/min': 'L/min',
  'l/h': 'L/h',
  deg: '°',
  Ohm: 'Ω',
}

const raised: Record<string, string> = { '2': '²', '3': '³', '-': '⁻', '1': '¹' }

/** Annotations that are a word of the plant, not of a standard. */
const counted: Record<string, () => string> = { bottles: m.unit_bottles }

/** The unit as printed beside a value; empty for a plain number. */
export function unitText(code: string): string {
  const known = printed[code]
  if (known !== undefined) return known
  return code
    .replaceAll(/\{([^}]*)\}/g, (_, counts: string) => counted[counts]?.() ?? counts)
    .replaceAll(/(?<=[a-zA-Z])(-?[123])(?![\d])/g, (digits) =>
      [...digits].map((digit) => raised[digit] ?? digit).join(''),
    )
    .replaceAll(/\bCel\b/g, '°C')
    .replaceAll('.', '·')
}
