/**
 * What the issuer states in a certificate beside what is proven. Nobody vouches for it; a page shows it as such, and draws itself
 * by it: language, template and time zone stand here, so that the page follows from the file and from nothing around it.
 */
import type { JsonObject } from './credential.ts'
import { listAt, numberAt, objectAt, textAt } from './json-access.ts'
import type { Language } from '../wire/languages.ts'
import { pageText } from './page-text.ts'

export interface StatedGap {
  stream: string
  fromUs: number
  toUs: number
  reason: string
  /** Who gave the reason; empty where nobody is known. */
  by: string
}

export interface StatedZone {
  /** IANA name; empty means UTC. */
  name: string
  /** [from that time on, minutes east of UTC] in order; the first holds from any time before. */
  offsets: [fromUs: number, minutes: number][]
}

export interface Stated {
  number: string
  language: Language
  /** 0 where none is named. */
  template: number
  zone: StatedZone
  issuer: { address: string; contact: string }
  releasedBy: string
  publicUrl: string | null
  gaps: StatedGap[]
}

const NAME_CHARS_MAX = 200
const REASON_CHARS_MAX = 1000
const GAPS_MAX = 10_000
const OFFSETS_MAX = 1000
const URL_CHARS_MAX = 500
const OFFSET_MINUTES_MAX = 26 * 60

export const UTC: StatedZone = { name: 'UTC', offsets: [[0, 0]] }

/** Reads leniently: what is not as it should be reads as empty, and lengths are cut. The texts are a stranger's. Never throws. */
export function statedOf(json: JsonObject): Stated {
  const issuer = objectAt(json, 'issuer')
  return {
    number: pageText(textAt(json, 'number'), NAME_CHARS_MAX),
    language: json['language'] === 'de' ? 'de' : 'en',
    template: Number.isSafeInteger(json['template']) ? numberAt(json, 'template') : 0,
    zone: zoneIn(objectAt(json, 'zone')),
    issuer: {
      address: pageText(textAt(issuer, 'address'), NAME_CHARS_MAX),
      contact: pageText(textAt(issuer, 'contact'), NAME_CHARS_MAX),
    },
    releasedBy: pageText(textAt(json, 'releasedBy'), NAME_CHARS_MAX),
    publicUrl: publicUrlIn(textAt(json, 'publicUrl')),
    gaps: listAt(json, 'gaps').slice(0, GAPS_MAX).map(gapIn),
  }
}

/** The JSON that `statedOf` reads back. */
export function statedJson(stated: Stated): JsonObject {
  const { publicUrl, zone, issuer, gaps, ...rest } = stated
  return {
    ...rest,
    zone: { name: zone.name, offsets: zone.offsets.map(([fromUs, minutes]) => [fromUs, minutes]) },
    issuer: { ...issuer },
    gaps: gaps.map((gap) => ({ ...gap })),
    ...(publicUrl === null ? {} : { publicUrl }),
  }
}

function gapIn(gap: JsonObject): StatedGap {
  return {
    stream: pageText(textAt(gap, 'stream'), NAME_CHARS_MAX),
    fromUs: numberAt(gap, 'fromUs'),
    toUs: numberAt(gap, 'toUs'),
    reason: pageText(textAt(gap, 'reason'), REASON_CHARS_MAX),
    by: pageText(textAt(gap, 'by'), NAME_CHARS_MAX),
  }
}

function zoneIn(zone: JsonObject): StatedZone {
  const offsets = zone['offsets']
  const name = pageText(textAt(zone, 'name'), 64)
  if (!Array.isArray(offsets) || name === '') return UTC
  const read: StatedZone['offsets'] = []
  for (const pair of offsets.slice(0, OFFSETS_MAX)) {
    const [fromUs, minutes] = Array.isArray(pair) ? pair : []
    if (!Number.isSafeInteger(fromUs) || !Number.isSafeInteger(minutes)) return UTC
    if (Math.abs(minutes as number) > OFFSET_MINUTES_MAX || (fromUs as number) <= (read.at(-1)?.[0] ?? -Infinity))
      return UTC
    read.push([fromUs as number, minutes as number])
  }
  return read.length === 0 ? UTC : { name, offsets: read }
}

/** Only an address that the configuration would take: a page must not lead anywhere else, nor carry another fragment. */
function publicUrlIn(text: string): string | null {
  return text.length <= URL_CHARS_MAX && isPublicUrl(text) ? text : null
}

/** https, or http on this machine; plain ASCII; no fragment, because the code adds its own. */
export function isPublicUrl(text: string): boolean {
  return /^(?:https:\/\/[A-Za-z0-9.-]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(?:\/[!$-;=?-Z_a-z~]*)?$/.test(
    text,
  )
}
