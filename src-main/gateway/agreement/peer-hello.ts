/**
 * What a gateway tells its peers about itself, twice a second. A peer's key is known, what it says is not: all of it is checked, by
 * the one schema here, and what does not fit is dropped as a whole and counted against that member.
 */
import { z } from 'zod'
import { FRAME, FRAME_BODY_BYTES_MAX } from '../../consensus/frames.ts'
import { fromUtf8, utf8 } from '../../wire/bytes.ts'
import { LANGUAGES, nameOf, type Translations } from '../../wire/languages.ts'
import { hiddenCharacter, withoutHidden } from '../../wire/plain-text.ts'
import { VERDICTS } from '../../wire/verdict.ts'
import { CLOCK_DOUBTS, CLOCK_STATES, SOURCE_STATES } from '../../wire/gateway-states.ts'
import { TRUST_LEVELS } from '../../wire/stream-words.ts'
import type { PeerPlace } from '../folder/config.ts'

/** A reason is a sentence or two; the whole of it is on the gateway's own console. */
const REASON_CHARS_MAX = 400
const SOURCES_MAX = 1_000
const NAME_CHARS_MAX = 200
/** No ledger comes near it; sums and shares of such sizes stay exact. */
const COUNT_MAX = 2 ** 48
const POSITIONS_MAX = 16
const NOTE_CHARS_MAX = 1_024

const count = z.number().int().min(0).max(COUNT_MAX)
const timeUs = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
/** What stands in a line of a screen: nothing in it that shows nothing, or turns its surroundings around. */
const line = (charsMax: number): z.ZodString => z.string().max(charsMax).refine(isPlain)
const translation = line(NAME_CHARS_MAX).min(1)
const root = z.string().regex(/^[0-9a-f]{64}$/)

function isPlain(text: string): boolean {
  return text.isWellFormed() && hiddenCharacter(text) === null
}

/** One source as its gateway tells the others about it. */
const sourceBriefSchema = z.object({
  id: line(200),
  name: line(NAME_CHARS_MAX),
  /** The name in further languages; those that this release does not know are passed over. */
  names: z.object({ en: translation.exactOptional(), de: translation.exactOptional() }).optional(),
  protocol: line(100),
  state: z.enum(SOURCE_STATES),
  reason: line(REASON_CHARS_MAX),
  trust: z.enum(TRUST_LEVELS).exclude(['signed by device']),
  simulated: z.boolean(),
  address: line(1_000),
  points: count,
})
export type SourceBrief = z.infer<typeof sourceBriefSchema>

/** Where a gateway found its own record changed. */
const changedPlaceSchema = z.object({
  entry: count,
  reading: count.nullable(),
  /** Block of the entry, and the ledger time of its seal; missing where no seal covers it. */
  block: count.optional(),
  atUs: timeUs.optional(),
  /** Readings of the entry, which certificates may not cover. */
  barredReadings: count,
  acknowledged: z.boolean(),
})
export type ChangedPlace = z.infer<typeof changedPlaceSchema>

/** What a gateway says of its clock. */
const clockBriefSchema = z.object({
  state: z.enum(CLOCK_STATES),
  errorUs: count.nullable(),
  /** Why it does not believe it. */
  doubt: z.enum(CLOCK_DOUBTS).nullable(),
  /** Not in doubt, and synchronised or confirmed by a person. */
  sure: z.boolean(),
})
export type ClockBrief = z.infer<typeof clockBriefSchema>

const peerHelloSchema = z.object({
  version: line(100),
  verdict: z.enum(VERDICTS),
  changed: changedPlaceSchema.nullable(),
  cosigning: z.boolean(),
  clock: clockBriefSchema,
  treeSize: count,
  rootHash: root,
  stateRoot: root,
  /** The ledger right after its newest seal: what others compare with theirs. */
  head: z.object({ height: count, size: count.min(1), root }),
  /** It doubts its own ledger. */
  doubts: z.boolean(),
  /** Signed notes (proof/signed-head.ts), each looked into before it is believed. */
  positions: z.array(z.string().max(NOTE_CHARS_MAX)).max(POSITIONS_MAX),
  queueEntries: count,
  sentAtUs: timeUs,
  // Becomes a link on the peers' screens, at a host of their configuration.
  consoleUrl: z
    .url({ protocol: /^https?$/ })
    .max(1_000)
    .refine(isPlain)
    .nullable(),
  disk: z.object({ freeBytes: timeUs, daysLeft: z.number().min(0).max(1e9).nullable() }).nullable(),
  sources: z.array(sourceBriefSchema).max(SOURCES_MAX),
})
export type PeerHello = z.infer<typeof peerHelloSchema>

export interface EncodedHello {
  body: Uint8Array
  /** False where its sources were left out, because the peers would take no hello as long as that. */
  whole: boolean
}

/** A hello as its peers take it: within the cap of its frame, and nothing hidden in what machines and people wrote here. */
export function encodeHello(hello: PeerHello): EncodedHello {
  const sources: SourceBrief[] = hello.sources.map((source) => ({
    ...source,
    id: told(source.id, 200),
    ...nameOf({ name: told(source.name, NAME_CHARS_MAX), names: toldIn(source.names) }),
    protocol: told(source.protocol, 100),
    reason: told(source.reason, REASON_CHARS_MAX),
    address: told(source.address, 1_000),
  }))
  // Rather a source under its main name than none.
  for (const told of [sources, sources.map(underMainName)]) {
    const body = utf8(JSON.stringify({ ...hello, sources: told }))
    if (told.length <= SOURCES_MAX && body.length <= FRAME_BODY_BYTES_MAX[FRAME.status]) return { body, whole: true }
  }
  return { body: utf8(JSON.stringify({ ...hello, sources: [] })), whole: false }
}

/** What a peer said; null where it is not what a gateway says. */
export function parseHello(body: Uint8Array): PeerHello | null {
  try {
    return peerHelloSchema.parse(JSON.parse(fromUtf8(body)))
  } catch {
    return null
  }
}

/**
 * The link to a peer's console, at a host that the configuration names; else null. A peer at a loopback address may be reached through a
 * tunnel of this machine, and the reader sits at another one: there the configuration has to name the console's host as such.
 */
export function consoleLink(consoleUrl: string | null, place: PeerPlace | null): string | null {
  if (consoleUrl === null || place === null) return null
  const { protocol, hostname, port, username, password } = new URL(consoleUrl)
  if (username !== '' || password !== '') return null
  const wanted = hostOf(place.consoleHost ?? place.host)
  if (place.consoleHost === null && (isLoopback(wanted) || hostname.toLowerCase() !== wanted)) return null
  return `${protocol}//${wanted}${port === '' ? '' : `:${port}`}/`
}

function isLoopback(hostname: string): boolean {
  return /^(?:127\.|0\.0\.0\.0$|\[::1?\]$|\[::ffff:7f|(?:.*\.)?localhost\.?$)/.test(hostname)
}

/** As an address in a URL has it: IPv6 in brackets. */
function hostOf(host: string): string {
  const text = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : text
}

function told(text: string, charsMax: number): string {
  return withoutHidden(text.toWellFormed()).slice(0, charsMax).toWellFormed()
}

function underMainName(source: SourceBrief): SourceBrief {
  const { names: _, ...rest } = source
  return rest
}

function toldIn(names: SourceBrief['names']): Translations | undefined {
  const given = LANGUAGES.flatMap((language) => {
    const name = names?.[language]
    return name === undefined ? [] : [[language, told(name, NAME_CHARS_MAX)] as const]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}
