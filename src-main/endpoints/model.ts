/**
 * What the gateway tells about itself: session, integrity, gateways, sources, points.
 *
 * Shapes shared by the table of endpoints (`table.ts`) and the table of events (`events.ts`). Conventions:
 * times are microseconds since the epoch and end in `Us`; hashes, keys and ids are lower-case hex; a 64-bit integer value
 * travels as a decimal string, because JSON numbers stop being exact at 2^53; `text` is the value as the instrument
 * resolves it, with a decimal point, and a reader must not round or reformat it beyond its own decimal sign.
 */
import { PERSON_ROLES } from '../record/person-fields.ts'
import { z } from 'zod'
import { VERDICTS } from '../wire/verdict.ts'
import { CLOCK_DOUBTS, CLOCK_STATES, GATEWAY_ROLES, SOURCE_STATES } from '../wire/gateway-states.ts'
import { TRUST_LEVELS } from '../wire/stream-words.ts'
import { QUALITY_CLASSES } from '../wire/quality.ts'
import { Alarm, Priority } from './alarm-model.ts'
import { Healing } from './healing.ts'
import { Count, TimeUs } from './quantities.ts'
import { Translations } from './translations.ts'

export const roles = PERSON_ROLES
/** Rights of a person, see the table of roles in the manual. */
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const Verdict = z.enum(VERDICTS).meta({ id: 'Verdict' })
export type Verdict = z.infer<typeof Verdict>

/**
 * What came of holding the newest sealed head that a gateway showed against this ledger.
 *
 * - `equal`: it is this ledger's own, and was its newest at some time in the last ten seconds
 * - `differs`: this ledger has another root there, or no seal; and it has shown no equal one since
 * - `beyond`: this ledger has not come so far, for longer than ten seconds
 * - `old`: what it shows is equal, but was this ledger's newest longer than ten seconds ago
 * - `silent`: it has shown nothing for ten seconds
 */
export const HeadState = z.enum(['equal', 'differs', 'beyond', 'old', 'silent'])
export type HeadState = z.infer<typeof HeadState>

/** Lower-case hex of 16 bytes: stream, actor and key ids. */
export const Id16 = z.string().regex(/^[0-9a-f]{32}$/)
/** Lower-case hex of any whole number of bytes. */
export const Hash32 = z.string().regex(/^[0-9a-f]{64}$/)
export const Hex = z.string().regex(/^(?:[0-9a-f]{2})*$/)
/** `[from, to]` in microseconds. */
export const SpanUs = z.tuple([TimeUs, TimeUs])

/** Body of every answer that is not a success: what was wrong and where, and what to do. */
export const ErrorBody = z
  .object({
    code: z.string(),
    message: z.string(),
    next: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    waitSeconds: z.number().optional(),
  })
  .meta({ id: 'Error' })
export type ErrorBody = z.infer<typeof ErrorBody>

export const Channel = z.object({ id: Hex, name: z.string(), site: z.string(), simulated: z.boolean() })
export type Channel = z.infer<typeof Channel>

/** The ledger that a channel goes on from: its origin, and size and root right after its newest seal that was left. */
const Continues = z.object({ origin: z.string(), size: Count.min(1), root: Hex })

export const Session = z
  .object({
    user: z.object({ name: z.string(), role: Role }),
    /** On the list of people, with a passphrase; else whoever sits at the machine, by a link. */
    isListed: z.boolean(),
    gateway: z.object({ name: z.string(), actor: Id16 }),
    channel: Channel.extend({ origin: z.string(), continues: Continues.nullable() }),
    channels: z
      .array(z.object({ handle: z.string(), name: z.string() }))
      .optional()
      .meta({ description: 'Where the gateway has several: those that run' }),
    version: z.string(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const SignedIn = Session.extend({
  key: z.string().meta({ description: 'For the page that signed in: the cookie alone opens nothing' }),
}).meta({ id: 'SignedIn' })
export type SignedIn = z.infer<typeof SignedIn>

/** The first position whose bytes no longer give the hash that was agreed. */
export const FirstBad = z
  .object({
    gateway: z.string(),
    entry: Count,
    reading: Count.nullable(),
    what: z.string(),
    expected: z.string(),
    actual: z.string(),
    stream: Id16.optional(),
    sequence: Count.optional(),
    block: Count.optional(),
    atUs: TimeUs.optional(),
  })
  .meta({ id: 'FirstBad' })
export type FirstBad = z.infer<typeof FirstBad>

/**
 * The integrity sentence and what stands behind it. `readings` and `entries` are what the last check covered, `sinceUs` the
 * time of the first of them. `unauthenticatedPoints` of `points` come from sources that cannot prove who they are.
 * `reasonCode` is stable, `reason` is English prose for readers who do not know the code: why this gateway's own check did not end
 * well, or what came of comparing (`agreement.ts`).
 */
export const Integrity = z
  .object({
    verdict: Verdict,
    reason: z.string().nullable(),
    reasonCode: z.string().optional(),
    checkedAtUs: TimeUs.nullable(),
    readings: Count,
    entries: Count,
    sinceUs: TimeUs.nullable(),
    /** Gateways whose newest sealed heads were compared within ten seconds and are equal, this one included. */
    gatewaysAgree: Count,
    gatewaysTotal: Count,
    /** The others among them. */
    agreesWith: z.array(z.string()),
    /** The gateways that the reason is about; `sinceUs`: when they last agreed, or since when they differ. */
    about: z.object({ gateways: z.array(z.string()), sinceUs: TimeUs.nullable() }),
    firstBad: FirstBad.nullable(),
    /** Readings that are barred from certificates because they lie in a changed range. */
    barredReadings: Count.optional(),
    acknowledged: z.object({ name: z.string(), reason: z.string(), atUs: TimeUs }).nullable(),
    healing: Healing,
    unauthenticatedPoints: Count,
    points: Count,
  })
  .meta({ id: 'Integrity' })
export type Integrity = z.infer<typeof Integrity>

export const Disk = z.object({ freeBytes: Count, daysLeft: z.number().nullable() })
export type Disk = z.infer<typeof Disk>

/** Readings and entries that are signed and durable here, and not committed yet. */
export const Queue = z.object({ entries: Count, readings: Count, bytes: Count })
export type Queue = z.infer<typeof Queue>

export const GatewayRole = z.enum(GATEWAY_ROLES)
export type GatewayRole = z.infer<typeof GatewayRole>

/** Where a gateway found its own record changed, as it tells its peers. */
export const ChangedPlace = z
  .object({
    entry: Count,
    reading: Count.nullable(),
    block: Count.optional(),
    /** Ledger time of that block's seal. */
    atUs: TimeUs.optional(),
    barredReadings: Count,
    acknowledged: z.boolean(),
  })
  .meta({ id: 'ChangedPlace' })
export type ChangedPlace = z.infer<typeof ChangedPlace>

/**
 * What a gateway says of its clock. `errorUs` bounds its error, as far as its system knows. While it is in `doubt`, the gateway seals
 * nothing and its readings are flagged: the clock leapt, or at the start it lay before the newest block or long after it.
 */
export const GatewayClock = z
  .object({
    state: z.enum(CLOCK_STATES),
    errorUs: Count.nullable(),
    doubt: z.enum(CLOCK_DOUBTS).nullable(),
  })
  .meta({ id: 'GatewayClock' })
export type GatewayClock = z.infer<typeof GatewayClock>

export const Gateway = z
  .object({
    name: z.string(),
    actor: Id16,
    self: z.boolean(),
    reachable: z.boolean(),
    role: GatewayRole,
    term: Count,
    leader: z.string().nullable(),
    treeSize: Count,
    rootHash: Hex,
    stateRoot: Hex.nullable(),
    lagEntries: Count,
    lastContactUs: TimeUs.nullable(),
    clockOffsetMs: z.number().nullable(),
    clock: GatewayClock.nullable().optional(),
    version: z.string(),
    /** What it says of its own record, by its own check. */
    verdict: Verdict,
    /** What came of comparing its newest sealed head with this gateway's ledger. */
    compared: HeadState,
    /** When that was found equal last, or since when it differs. */
    comparedAtUs: TimeUs.nullable(),
    agreesWith: z.array(z.string()),
    /** It says that it doubts its own ledger. */
    doubts: z.boolean(),
    cosigning: z.boolean(),
    queue: Count,
    disk: Disk.nullable().optional(),
    changed: ChangedPlace.nullable().optional(),
    consoleUrl: z.string().nullable(),
  })
  .meta({ id: 'Gateway' })
export type Gateway = z.infer<typeof Gateway>

export const valueKinds = ['null', 'boolean', 'integer', 'float', 'text', 'bytes'] as const
/** Integers as decimal text, bytes as hex, a float that JSON cannot hold as `NaN`, `Infinity` or `-Infinity`. */
export const ValueJson = z
  .object({ kind: z.enum(valueKinds), value: z.union([z.string(), z.number(), z.boolean(), z.null()]) })
  .meta({ id: 'Value' })
export type ValueJson = z.infer<typeof ValueJson>

export const QualityClass = z.enum(QUALITY_CLASSES)
export type QualityClass = z.infer<typeof QualityClass>

const Range = z.tuple([z.number(), z.number()]).nullable()

/** One measured variable with its newest reading. `text` is null before the first reading. */
export const Point = z
  .object({
    stream: Id16,
    source: z.string(),
    tag: z.string(),
    label: z.string(),
    labels: Translations.optional(),
    quantity: z.string(),
    unit: z.string(),
    kind: z.string(),
    value: ValueJson.nullable(),
    text: z.string().nullable(),
    quality: z.int().min(0).max(0xffffffff),
    qualityClass: QualityClass,
    qualityText: z.string(),
    flags: Count,
    atUs: TimeUs.nullable(),
    /** What the instrument can show. */
    range: Range,
    /** Where it normally stands; `low` and `high` limits of the trend. */
    normal: Range,
    /** True for totals and counters: they have no normal range, they only count up. */
    countsUp: z.boolean().optional(),
    /** Intended time between two readings; a point is stale when its age exceeds three of them. */
    cadenceMs: z.number().nullable().optional(),
    gateway: z.string().optional(),
    simulated: z.boolean().optional(),
  })
  .meta({ id: 'Point' })
export type Point = z.infer<typeof Point>

export const SourceState = z.enum(SOURCE_STATES)
export type SourceState = z.infer<typeof SourceState>
export const Trust = z.enum(TRUST_LEVELS)
export type Trust = z.infer<typeof Trust>

export const Source = z
  .object({
    id: z.string(),
    name: z.string(),
    names: Translations.optional(),
    protocol: z.string(),
    gateway: z.string(),
    state: SourceState,
    reason: z.string().nullable(),
    trust: Trust,
    simulated: z.boolean(),
    address: z.string(),
    points: Count,
    goodPoints: Count,
    lastReadingUs: TimeUs.nullable(),
    headline: Point.nullable(),
    /** Spans of the last hour in which readings arrived; null when the gateway has not worked it out. */
    coverage: z.array(SpanUs).nullable().optional(),
  })
  .meta({ id: 'Source' })
export type Source = z.infer<typeof Source>

export const StandingCondition = z
  .object({ code: z.string(), place: z.string(), priority: Priority, since: z.string() })
  .meta({ id: 'Condition' })
export type StandingCondition = z.infer<typeof StandingCondition>

/** Everything the Overview says. `atUs` is the gateway's own clock when it was written: ages are taken against it. */
export const Status = z
  .object({
    atUs: TimeUs,
    integrity: Integrity,
    gateways: z.array(Gateway),
    sources: z.array(Source),
    queue: Queue,
    disk: Disk,
    /** What stands, the most urgent first. */
    alarms: z.array(Alarm),
    /** What is over and nobody has acknowledged, or is shelved. */
    returned: z.array(Alarm),
    /** What stands, as scripts read it: RFC 3339 times. */
    conditions: z.array(StandingCondition),
    /** The alarm that was over last. */
    lastAlarm: Alarm.nullable().optional(),
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof Status>

/**
 * What the sign-in page may know before anybody has signed in: it shows names and roles to choose from, because a panel
 * in a hall has many people and gloves at one keyboard. Whoever uses this machine can read the same on its screen.
 */
export const People = z
  .object({
    people: z.array(z.object({ name: z.string(), role: Role })),
    gateway: z.object({ name: z.string() }),
    /** Missing, like all that follows but the time, where others than this machine ask: they sign in first. */
    channel: Channel.optional(),
    integrity: Integrity.pick({
      verdict: true,
      reason: true,
      reasonCode: true,
      checkedAtUs: true,
      readings: true,
      entries: true,
      sinceUs: true,
      gatewaysAgree: true,
      gatewaysTotal: true,
      about: true,
    }).optional(),
    sources: z.object({ live: Count, total: Count }).optional(),
    queueReadings: Count.optional(),
    /** The gateway's clock when it answered. */
    atUs: TimeUs.optional(),
    /** Alarms that are active. */
    alarms: Count.optional(),
    version: z.string().optional(),
  })
  .meta({ id: 'People' })
export type People = z.infer<typeof People>

/** The certificate an OPC UA server shows, for a person to compare with the machine. */
export const SourceCertificate = z
  .object({
    fingerprint: Hex,
    subject: z.string(),
    issuer: z.string(),
    selfSigned: z.boolean().optional(),
    validFromUs: TimeUs,
    validToUs: TimeUs,
    address: z.string(),
    security: z.string(),
    policy: z.string(),
    trusted: z.boolean(),
    /** Whether the server accepted this gateway's certificate, and when it answered; null when not known. */
    trustsUs: z.object({ accepted: z.boolean(), atUs: TimeUs }).nullable().optional(),
  })
  .meta({ id: 'SourceCertificate' })
export type SourceCertificate = z.infer<typeof SourceCertificate>

export const Peers = z
  .object({
    gateways: z.array(Gateway),
    elections: z.array(z.object({ term: Count, leader: z.string(), atUs: TimeUs })),
    /** Newest last: `[time, entries behind]` for each gateway over the last hour. */
    lagHistory: z.array(z.object({ gateway: z.string(), points: z.array(z.tuple([TimeUs, Count])) })),
    /** How many gateways may fail while sealing goes on. */
    tolerates: Count,
    committed: Count.optional(),
  })
  .meta({ id: 'Peers' })
export type Peers = z.infer<typeof Peers>
