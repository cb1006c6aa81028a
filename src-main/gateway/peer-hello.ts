/** What a gateway tells its peers about itself, twice a second. A peer's key is known, what it says is not: all of it is checked. */
import { z } from 'zod'
import { FRAME, FRAME_BODY_BYTES_MAX } from '../consensus/frames.ts'
import { fromUtf8, utf8 } from '../wire/bytes.ts'
import { verdictSchema } from './integrity.ts'

/** A reason is a sentence or two; the whole of it is on the gateway's own console. */
const REASON_CHARS_MAX = 400
const SOURCES_MAX = 1_000

const count = z.number().int().min(0)
const text = z.string().max(1_000)

/** One source as its gateway tells the others about it. */
const sourceBriefSchema = z.object({
  id: text,
  name: text,
  protocol: text,
  state: z.enum(['live', 'connecting', 'stale', 'stopped', 'refused', 'untrusted']),
  reason: z.string().max(4_000),
  trust: z.enum(['unauthenticated', 'authenticated channel']),
  simulated: z.boolean(),
  address: text,
  points: count,
})
export type SourceBrief = z.infer<typeof sourceBriefSchema>

/** Where a gateway found its own record changed. */
const changedPlaceSchema = z.object({
  entry: count,
  reading: count.nullable(),
  /** Block of the entry, and the ledger time of its seal; missing where no seal covers it. */
  block: count.optional(),
  atUs: count.optional(),
  /** Readings of the entry, which certificates may not cover. */
  barredReadings: count,
  acknowledged: z.boolean(),
})
export type ChangedPlace = z.infer<typeof changedPlaceSchema>

/** What a gateway says of its clock. */
const clockBriefSchema = z.object({
  state: z.enum(['synchronised', 'unsynchronised', 'unknown']),
  errorUs: count.nullable(),
  /** Why it does not believe it. */
  doubt: z.enum(['leapt', 'before-seal', 'after-seal']).nullable(),
  /** Not in doubt, and synchronised or confirmed by a person. */
  sure: z.boolean(),
})
export type ClockBrief = z.infer<typeof clockBriefSchema>

const peerHelloSchema = z.object({
  name: text,
  version: text,
  verdict: verdictSchema,
  changed: changedPlaceSchema.nullable(),
  cosigning: z.boolean(),
  clock: clockBriefSchema,
  treeSize: count,
  rootHash: text,
  stateRoot: text,
  queueEntries: count,
  sentAtUs: count,
  // Becomes a link on the peers' screens.
  consoleUrl: z.url({ protocol: /^https?$/ }).nullable(),
  disk: z.object({ freeBytes: count, daysLeft: z.number().nullable() }).nullable(),
  sources: z.array(sourceBriefSchema).max(SOURCES_MAX),
})
export type PeerHello = z.infer<typeof peerHelloSchema>

export interface EncodedHello {
  body: Uint8Array
  /** False where its sources were left out, because the peers would take no hello as long as that. */
  whole: boolean
}

/** A hello as its peers take it: within the cap of its frame. */
export function encodeHello(hello: PeerHello): EncodedHello {
  const sources = hello.sources.map((source) => ({ ...source, reason: source.reason.slice(0, REASON_CHARS_MAX) }))
  const body = utf8(JSON.stringify({ ...hello, sources }))
  if (sources.length <= SOURCES_MAX && body.length <= FRAME_BODY_BYTES_MAX[FRAME.status]) return { body, whole: true }
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
