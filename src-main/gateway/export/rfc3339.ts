const SECOND_US = 1_000_000
/** 0001-01-01 to 9999-12-31: what RFC 3339 can write. */
const LEAST_US = -62_135_596_800 * SECOND_US
const MOST_US = 253_402_300_800 * SECOND_US - 1

/**
 * RFC 3339 in UTC with all six digits after the second, such as `2026-03-11T13:02:11.000412Z`. A clock may have been further off than
 * that form reaches: then `@` and the microseconds since 1970.
 */
export function rfc3339(timeUs: number): string {
  if (timeUs < LEAST_US || timeUs > MOST_US) return `@${timeUs}`
  const seconds = Math.floor(timeUs / SECOND_US)
  const micros = timeUs - seconds * SECOND_US
  return `${secondText(seconds)}.${String(micros).padStart(6, '0')}Z`
}

let knownSecond = Number.NaN
let knownText = ''

/** Rows of an export come many to a second. */
function secondText(seconds: number): string {
  if (seconds !== knownSecond) {
    knownSecond = seconds
    knownText = new Date(seconds * 1000).toISOString().slice(0, -5)
  }
  return knownText
}

/** Back from that form, or from any RFC 3339 time, to microseconds; null for anything else. */
export function fromRfc3339(text: string): number | null {
  if (/^@-?\d{1,16}$/.test(text)) return Number(text.slice(1))
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (found === null) return null
  const wholeMs = Date.parse(`${found[1]}${found[3]}`)
  return Number.isNaN(wholeMs) ? null : wholeMs * 1000 + Number((found[2] ?? '').padEnd(6, '0'))
}
