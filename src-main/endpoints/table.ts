/**
 * The one table of calls: server, typed client and OpenAPI document are all derived from it, so they cannot disagree.
 *
 * `path` uses `{name}` for one segment and `{+name}` for the rest of the path (RFC 6570 reserved expansion), which the tile
 * paths of C2SP tlog-tiles need (`x001/234.p/56`). More specific paths stand before the ones that would swallow them.
 */
import { z } from 'zod'
import type {} from 'zod-openapi'
import { TRUST_DECISIONS } from '../wire/stream-words.ts'
import { Assets, TrustedPolicies } from './certificate-model.ts'
import { actCalls } from './act-calls.ts'
import { alarmCalls } from './alarm-calls.ts'
import { certificateCalls } from './certificate-calls.ts'
import { channelCalls } from './channel-calls.ts'
import { OPERATORS, type Endpoint } from './endpoint.ts'
import { eventCalls } from './event-calls.ts'
import { keyCalls } from './key-calls.ts'
import { findingCalls } from './finding-calls.ts'
import { index, ledgerText, queryCount, queryTime, plainName, streamList, wellFormed } from './inputs.ts'
import { Activity, BlockDetail, Blocks, EntryDetail, ProofSteps, Readings, Series, Sparkline } from './ledger-model.ts'
import {
  Hex,
  Id16,
  Integrity,
  Peers,
  People,
  Point,
  Role,
  Session,
  SignedIn,
  SourceCertificate,
  SourceState,
  Status,
} from './model.ts'
import { webAuthnJson } from './passkey-calls.ts'
import { packCalls } from './pack-calls.ts'
import { peopleCalls } from './people-calls.ts'
import { As, personCalls } from './person-calls.ts'
import { Count, TimeUs } from './quantities.ts'
import { Healing } from './healing.ts'

const octets = 'application/octet-stream'

export const endpoints = {
  checkpoint: {
    method: 'GET',
    path: '/checkpoint',
    access: 'open-loopback',
    response: { text: 'text/plain; charset=utf-8' },
    summary: 'Newest checkpoint with all its signature lines (C2SP tlog-checkpoint)',
  },
  entryBundle: {
    method: 'GET',
    path: '/tile/entries/{+index}',
    access: 'signed-in',
    params: z.object({ index: z.string().max(64) }),
    response: { bytes: octets },
    summary: 'Entry bundle (C2SP tlog-tiles); `index` as in `x001/234.p/56`',
  },
  tile: {
    method: 'GET',
    path: '/tile/{level}/{+index}',
    access: 'open-loopback',
    params: z.object({ level: queryCount(63), index: z.string().max(64) }),
    response: { bytes: octets },
    summary: 'Hash tile (C2SP tlog-tiles)',
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: 'open-loopback',
    response: { text: 'text/plain; version=0.0.4; charset=utf-8' },
    summary: 'Figures for monitoring (Prometheus text format)',
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    access: 'open-loopback',
    response: z.record(z.string(), z.json()),
    summary: 'This table as OpenAPI 3.1',
  },
  people: {
    method: 'GET',
    path: '/api/people',
    access: 'open',
    response: People,
    summary: 'Who can sign in, and what may be known before',
  },
  ...peopleCalls,
  ...channelCalls,
  ...personCalls,
  ...actCalls,
  ...packCalls,
  signIn: {
    method: 'POST',
    path: '/api/session',
    access: 'open',
    body: z.union([
      z.strictObject({ code: z.string().min(1).max(256) }),
      z.strictObject({ name: z.string().min(1).max(128), passphrase: z.string().min(1).max(1024) }),
      z.strictObject({ passkey: webAuthnJson }),
    ]),
    response: SignedIn,
    summary:
      'Sign in by one-time link, by name and passphrase, or by passkey; sets the cookie of this gateway; `key` goes as header x-plumbline-key with every other call',
  },
  signOutElsewhere: {
    method: 'DELETE',
    path: '/api/session/others',
    access: 'signed-in',
    response: z.object({ ended: Count }),
    summary: 'End every other session of the person who asks',
  },
  session: {
    method: 'GET',
    path: '/api/session',
    access: 'signed-in',
    response: Session,
    summary: 'Who is signed in, and where',
  },
  signOut: {
    method: 'DELETE',
    path: '/api/session',
    access: 'signed-in',
    response: { empty: true },
    summary: 'Sign out',
  },
  signInLink: {
    method: 'POST',
    path: '/api/session/link',
    access: ['member-admin'],
    body: z.strictObject({ name: plainName.optional(), role: Role.optional() }),
    response: z.object({ url: z.string(), untilUs: TimeUs }),
    summary:
      'Make a one-time sign-in link for a person on the list, in its own role; without a name, with the token only, for whoever sits at this machine (default: site-manager)',
  },
  status: {
    method: 'GET',
    path: '/api/status',
    access: 'signed-in',
    response: Status,
    summary: 'Integrity, gateways, sources, queue, disk, alarms',
  },
  points: {
    method: 'GET',
    path: '/api/points',
    access: 'signed-in',
    response: z.object({ points: z.array(Point) }),
    summary: 'Every point on the ledger with its newest reading',
  },
  sparkline: {
    method: 'GET',
    path: '/api/points/{stream}/sparkline',
    access: 'signed-in',
    params: z.object({ stream: Id16 }),
    query: z.object({ spanS: queryCount(7 * 86_400).optional() }),
    response: Sparkline,
    summary: 'The newest stretch of a point in at most 60 values; null where nothing arrived. Default span: one hour',
  },
  series: {
    method: 'GET',
    path: '/api/series',
    access: 'signed-in',
    query: z.object({ streams: streamList, fromUs: queryTime, toUs: queryTime, buckets: queryCount(4000).optional() }),
    response: Series,
    summary: 'Lowest and highest value a bucket, with gaps, for a chart',
  },
  readings: {
    method: 'GET',
    path: '/api/readings',
    access: 'signed-in',
    query: z.object({ stream: Id16, fromUs: queryTime, toUs: queryTime, limit: queryCount(10_000).optional() }),
    response: Readings,
    summary: 'Single readings of a stream in order of sequence, each with its place in the ledger',
  },
  ...alarmCalls,
  ...eventCalls,
  ...keyCalls,
  ...findingCalls,
  activity: {
    method: 'GET',
    path: '/api/activity',
    access: 'signed-in',
    query: z.object({ spanS: queryCount(31 * 86_400).optional(), buckets: queryCount(1000).optional() }),
    response: Activity,
    summary: 'Readings, seals, checks and alarms over a span (default 24 hours in 144 buckets)',
  },
  blocks: {
    method: 'GET',
    path: '/api/ledger/blocks',
    access: 'signed-in',
    query: z.object({ before: index.optional(), limit: queryCount(500).optional() }),
    response: Blocks,
    summary: 'Blocks, newest first; `before` is a height',
  },
  block: {
    method: 'GET',
    path: '/api/ledger/blocks/{height}',
    access: 'signed-in',
    params: z.object({ height: index }),
    response: BlockDetail,
    summary: 'One block with its entries',
  },
  proofFile: {
    method: 'GET',
    path: '/api/ledger/entries/{index}/proof',
    access: 'signed-in',
    params: z.object({ index }),
    response: { text: 'text/plain; charset=utf-8' },
    summary: 'Proof that an entry is in the ledger (C2SP tlog-proof)',
  },
  entry: {
    method: 'GET',
    path: '/api/ledger/entries/{index}',
    access: 'signed-in',
    params: z.object({ index }),
    query: z.object({ from: index.optional(), limit: queryCount(5000).optional() }),
    response: EntryDetail,
    summary: 'One entry opened down to its readings; `from` and `limit` page them',
  },
  proofSteps: {
    method: 'POST',
    path: '/api/ledger/verify',
    access: 'signed-in',
    body: z.strictObject({ entry: Count, position: Count.nullable() }),
    response: ProofSteps,
    summary: 'Recompute the proof of one reading, or of a whole entry, from the bytes on disk',
  },
  checkNow: {
    method: 'POST',
    path: '/api/integrity/check',
    access: 'signed-in',
    response: z.object({ started: z.boolean() }),
    summary: 'Re-hash the whole record now; progress comes as event `audit`',
  },
  acknowledgeChange: {
    method: 'POST',
    path: '/api/integrity/acknowledge',
    access: OPERATORS,
    body: z.strictObject({ reason: ledgerText, as: As.optional() }),
    response: Integrity,
    summary:
      'Acknowledge a changed record with name and reason, by the own key where there is one; the range stays barred',
  },
  repair: {
    method: 'POST',
    path: '/api/integrity/repair',
    access: OPERATORS,
    response: Healing,
    summary:
      'Repair the record with what the other gateways have, now; how it goes, the status says under `integrity.healing`',
  },
  confirmClock: {
    method: 'POST',
    path: '/api/clock/confirm',
    access: ['site-manager'],
    body: z.strictObject({
      shownUs: TimeUs.meta({ description: 'What the clock of the gateway showed when it was compared' }),
      confirmedBy: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .refine(wellFormed, 'must be whole characters')
        .optional()
        .meta({ description: 'For programs of this machine: who compared it. A session confirms in its own name.' }),
    }),
    response: z.object({ confirmed: z.boolean(), atUs: TimeUs }),
    summary: "Say that the gateway's clock is right, where it is in doubt; `confirmed` is false where it is not",
  },
  peers: {
    method: 'GET',
    path: '/api/peers',
    access: 'signed-in',
    response: Peers,
    summary: 'The gateways of the channel and their elections',
  },
  assets: {
    method: 'GET',
    path: '/api/assets',
    access: 'signed-in',
    response: Assets,
    summary: 'Assets and their streams',
  },
  ...certificateCalls,
  policy: {
    method: 'GET',
    path: '/api/policy',
    access: 'open-loopback',
    response: { text: 'text/plain; charset=utf-8' },
    summary: 'Policy of this channel for a verifier to pin (C2SP tlog-policy)',
  },
  verifierPolicy: {
    method: 'GET',
    path: '/api/trust',
    access: 'open-loopback',
    response: TrustedPolicies,
    summary: 'Policies this gateway has pinned',
  },
  sourceCertificate: {
    method: 'GET',
    path: '/api/sources/{id}/certificate',
    access: 'signed-in',
    params: z.object({ id: z.string().min(1).max(128) }),
    response: SourceCertificate,
    summary: 'The certificate a source shows, for a person to compare',
  },
  trustSource: {
    method: 'POST',
    path: '/api/sources/{id}/trust',
    access: ['installer', 'technician', 'site-manager'],
    params: z.object({ id: z.string().min(1).max(128) }),
    body: z.strictObject({ fingerprint: Hex, decision: z.enum(TRUST_DECISIONS) }),
    response: z.object({ state: SourceState }),
    summary: 'Trust or refuse the certificate with exactly this fingerprint',
  },
  events: {
    method: 'GET',
    path: '/api/events',
    access: 'signed-in',
    query: z.object({ after: index.optional() }),
    response: { events: true },
    summary: 'Server-sent events, resumable by Last-Event-ID (a ledger position) or by `after`',
  },
} as const satisfies Record<string, Endpoint>

export type Endpoints = typeof endpoints
export type EndpointName = keyof Endpoints
export const endpointNames = Object.keys(endpoints) as EndpointName[]

type Part<E, K extends 'params' | 'query' | 'body'> =
  E extends Record<K, infer S extends z.ZodType> ? { [P in K]: z.output<S> } : unknown
type SentPart<E, K extends 'params' | 'query' | 'body'> =
  E extends Record<K, infer S extends z.ZodType> ? { [P in K]: z.input<S> } : unknown

/** What a handler receives: `{params?, query?, body?}`, parsed. */
export type Input<N extends EndpointName> = Part<Endpoints[N], 'params'> &
  Part<Endpoints[N], 'query'> &
  Part<Endpoints[N], 'body'>
/** What a client sends: the same before parsing. */
export type Sent<N extends EndpointName> = SentPart<Endpoints[N], 'params'> &
  SentPart<Endpoints[N], 'query'> &
  SentPart<Endpoints[N], 'body'>

type OutputOf<R> = R extends z.ZodType
  ? z.output<R>
  : R extends { bytes: string }
    ? Uint8Array
    : R extends { text: string }
      ? string
      : R extends { stream: string }
        ? AsyncIterable<Uint8Array>
        : undefined
/** What a handler returns and a client gets: parsed JSON, bytes, text, a stream of bytes, or nothing (`empty`, `events`). */
export type Output<N extends EndpointName> = OutputOf<Endpoints[N]['response']>
