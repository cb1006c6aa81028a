/** Numbers and times as people read them, in the languages of a certificate. Times are UTC and say so. */

import type { Language } from '../wire/languages.ts'

export const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  en: 'January February March April May June July August September October November December'.split(' '),
  de: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember'.split(' '),
}

/** Beside a year, in a column. */
export const MONTHS_SHORT: Readonly<Record<Language, readonly string[]>> = {
  en: 'Jan Feb March April May June July Aug Sept Oct Nov Dec'.split(' '),
  de: 'Jan. Feb. März April Mai Juni Juli Aug. Sept. Okt. Nov. Dez.'.split(' '),
}

/** Decimal sign and thousands of the language; at most `decimals` places, none of them padded. */
export function numberText(value: number, language: Language, decimals = 3): string {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.') as [string, string | undefined]
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, language === 'de' ? '.' : ',')
  const places = (fraction ?? '').replace(/0+$/, '')
  const sign = value < 0 && (Number(whole) !== 0 || places !== '') ? '-' : ''
  return `${sign}${grouped}${places === '' ? '' : (language === 'de' ? ',' : '.') + places}`
}

/** The same with so many places, padded, and a true minus sign: for columns. */
export function fixedText(value: number, language: Language, decimals: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.') as [string, string | undefined]
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, language === 'de' ? '.' : ',')
  const text = fraction === undefined ? grouped : grouped + (language === 'de' ? ',' : '.') + fraction
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

/** "10 March 2026", or "10. März 2026". */
export function dayText(timeUs: number, language: Language): string {
  const date = new Date(Math.floor(timeUs / 1000))
  const month = MONTHS[language][date.getUTCMonth()]!
  const day = `${date.getUTCDate()}${language === 'de' ? '.' : ''}`
  return `${day} ${month} ${date.getUTCFullYear()}`
}

/** "10 March 2026, 06:00:00 UTC" */
export function timeText(timeUs: number, language: Language): string {
  const clock = new Date(Math.floor(timeUs / 1000)).toISOString().slice(11, 19)
  return `${dayText(timeUs, language)}, ${clock} UTC`
}

/** Microseconds of an ISO time; 0 for what is none, which the form of a certificate rules out. */
export function usOfIso(iso: string): number {
  const milliseconds = Date.parse(iso)
  return Number.isFinite(milliseconds) ? milliseconds * 1000 : 0
}

/** Microseconds as ISO 8601 in UTC, milliseconds kept. */
export function isoOfUs(timeUs: number): string {
  return new Date(Math.floor(timeUs / 1000)).toISOString()
}
