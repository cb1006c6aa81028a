/** What the gateway tells about its record: readings, blocks, entries and the steps of a proof. Conventions as in `model.ts`. */
import { z } from 'zod'
import { CONTENT_TYPES } from '../wire/entry.ts'
import { STEP_STATES } from '../certificates/step.ts'
import { Hex, Id16, QualityClass, SpanUs, Trust, ValueJson, Verdict } from './model.ts'
import { Count, TimeUs } from './quantities.ts'
import { Translations } from './translations.ts'

export const Sparkline = z
  .object({ fromUs: TimeUs, toUs: TimeUs, values: z.array(z.number().nullable()).max(120) })
  .meta({ id: 'Sparkline' })
export type Sparkline = z.infer<typeof Sparkline>

/** `[time of the bucket's first reading, lowest, highest, readings]`; a bucket without readings is absent. */
export const Bucket = z.tuple([TimeUs, z.number(), z.number(), Count])
export type Bucket = z.infer<typeof Bucket>

/** A stretch without readings: `[from, to, reason]`. */
export const SeriesGap = z.tuple([TimeUs, TimeUs, z.string()])
export type SeriesGap = z.infer<typeof SeriesGap>

export const Series = z
  .object({
    fromUs: TimeUs,
    toUs: TimeUs,
    series: z.array(z.object({ stream: Id16, buckets: z.array(Bucket), gaps: z.array(SeriesGap), readings: Count })),
  })
  .meta({ id: 'Series' })
export type Series = z.infer<typeof Series>

/** One reading and where it stands: `entry` is its index in the ledger, `position` its place in that batch. */
export const ReadingRow = z
  .object({
    stream: Id16,
    sequence: Count,
    sourceTimeUs: TimeUs,
    value: ValueJson,
    text: z.string(),
    quality: Count,
    qualityClass: QualityClass.optional(),
    qualityText: z.string(),
    flags: Count,
    entry: Count,
    position: Count,
  })
  .meta({ id: 'Reading' })
export type ReadingRow = z.infer<typeof ReadingRow>

export const Readings = z
  .object({ readings: z.array(ReadingRow), more: z.boolean().optional() })
  .meta({ id: 'Readings' })
export type Readings = z.infer<typeof Readings>

/** What happened over a span, for the lanes of the Overview. `readings` has one count a bucket. */
export const Activity = z
  .object({
    fromUs: TimeUs,
    toUs: TimeUs,
    readings: z.array(Count),
    seals: z.array(TimeUs).max(2000),
    checks: z.array(TimeUs).max(2000),
    alarms: z.array(z.tuple([TimeUs, TimeUs.nullable()])),
    gaps: z.array(SpanUs).optional(),
    blocks: Count.optional(),
  })
  .meta({ id: 'Activity' })
export type Activity = z.infer<typeof Activity>

/** What a seal closed: the entries from `firstEntry` up to and including the seal itself. */
export const Block = z
  .object({
    height: Count,
    timeUs: TimeUs,
    sealEntry: Count,
    firstEntry: Count,
    entries: Count,
    readings: Count,
    /** Names of the gateways whose cosignature stands on the checkpoint right after this seal. */
    cosigners: z.array(z.string()),
  })
  .meta({ id: 'Block' })
export type Block = z.infer<typeof Block>

export const Blocks = z
  .object({ blocks: z.array(Block), total: Count, sinceUs: TimeUs.nullable().optional() })
  .meta({ id: 'Blocks' })
export type Blocks = z.infer<typeof Blocks>

export const EntryKind = z.enum(CONTENT_TYPES)
export type EntryKind = z.infer<typeof EntryKind>

export const EntryBrief = z.object({
  index: Count,
  kind: EntryKind,
  /** Of an event: `stream.opened`, `certificate.issued`, ... */
  type: z.string().optional(),
  /** Of an act what became of it: `pending`, `done:` and its entry, `ended:` and a code; absent for what was done at once. */
  cameTo: z.string().optional(),
  gateway: z.string(),
  readings: Count,
})
export type EntryBrief = z.infer<typeof EntryBrief>

export const BlockDetail = Block.extend({ entryList: z.array(EntryBrief), changed: z.boolean().optional() }).meta({
  id: 'BlockDetail',
})
export type BlockDetail = z.infer<typeof BlockDetail>

export const EntryReading = z.object({
  position: Count,
  stream: Id16,
  sequence: Count.optional(),
  label: z.string(),
  labels: Translations.optional(),
  unit: z.string(),
  text: z.string(),
  sourceTimeUs: TimeUs,
  quality: Count,
  qualityText: z.string(),
})
export type EntryReading = z.infer<typeof EntryReading>

/** One entry opened. `statement` is the signed payload as JSON for reading; only the bytes are evidence. */
export const EntryDetail = z
  .object({
    index: Count,
    kind: EntryKind,
    type: z.string().optional(),
    /** Of an event what it came to, and what contracts found about it (`pack/code`). */
    cameTo: z.string().optional(),
    findings: z.array(z.string()).optional(),
    gateway: z.string(),
    keyId: Hex,
    hash: Hex,
    bytes: Count,
    statement: z.json(),
    sealedAtUs: TimeUs.nullable().optional(),
    /** Absent for events and seals, and for a payload that is pruned, erased or unreadable (then `payload` says so). */
    readings: z.array(EntryReading).optional(),
    readingsTotal: Count.optional(),
    payload: z.enum(['present', 'none', 'missing', 'unreadable']).optional(),
  })
  .meta({ id: 'EntryDetail' })
export type EntryDetail = z.infer<typeof EntryDetail>

export const StepState = z.enum(STEP_STATES)
export type StepState = z.infer<typeof StepState>

/** The order in which one reading is proven; a step that stops leaves every later one `not-run`. */
export const proofStepIds = [
  'file-read',
  'fingerprint',
  'signature',
  'in-batch',
  'in-block',
  'peers-agree',
  'key-valid',
] as const

export const ProofStep = z
  .object({
    id: z.enum(proofStepIds),
    state: StepState,
    /** English; the console words its own from `id` and `figures` where it knows them. */
    title: z.string(),
    detail: z.string(),
    /** What the sentence is made of, e.g. `{bytes: 1184}`, `{gateway: "gw-past-2"}`, `{position: 11, of: 20}`. */
    figures: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    /** Merkle path from the leaf up; `root` is where it must end. */
    path: z.array(z.object({ side: z.enum(['left', 'right']), hash: Hex })).optional(),
    root: Hex.optional(),
    expected: z.string().optional(),
    actual: z.string().optional(),
  })
  .meta({ id: 'ProofStep' })
export type ProofStep = z.infer<typeof ProofStep>

export const ProofSteps = z
  .object({
    verdict: Verdict,
    tookMs: z.number(),
    entry: Count.optional(),
    block: Count.nullable().optional(),
    /** Null when the whole entry was asked about, or its payload cannot be read. */
    reading: z
      .object({
        label: z.string(),
        labels: Translations.optional(),
        text: z.string(),
        unit: z.string(),
        sourceTimeUs: TimeUs,
        source: z.string().optional(),
        protocol: z.string().optional(),
        trust: Trust,
        raw: Hex.nullable(),
        simulated: z.boolean(),
        calibration: z.object({ atUs: TimeUs, dueUs: TimeUs.nullable() }).nullable(),
      })
      .nullable(),
    steps: z.array(ProofStep),
  })
  .meta({ id: 'ProofSteps' })
export type ProofSteps = z.infer<typeof ProofSteps>
