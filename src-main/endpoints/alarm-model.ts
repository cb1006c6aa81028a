/** Alarms as screens and scripts see them: conditions with what people did about them (ISA-18.2, section 5.3 "alarm states"). */
import { z } from 'zod'
import { Count, TimeUs } from './quantities.ts'

export const Priority = z.union([z.literal(1), z.literal(2), z.literal(3)])

/**
 * ISA-18.2: what stands is unacknowledged or acknowledged; what is over and nobody has acknowledged waits for somebody to say that
 * they have seen it; a shelved one is kept out of sight for a time, whether it stands or not; what asks for nobody is normal again.
 * What is over and had the lowest priority is normal at once: it only wanted to be known.
 */
export const AlarmState = z.enum([
  'unacknowledged-active',
  'acknowledged-active',
  'returned-unacknowledged',
  'shelved',
  'normal',
])
export type AlarmState = z.infer<typeof AlarmState>

/** A condition that stands or stood. Its code is one of `conditions.ts`, whose table says what ends it and what to do. */
export const Alarm = z
  .object({
    id: z.string(),
    /** Stable; `text` is English prose for readers who do not know it. */
    code: z.string(),
    priority: Priority,
    text: z.string(),
    /** What the words of its code name, for readers who have them in their language (`conditions.ts`). */
    facts: z.record(z.string(), z.union([z.string(), z.number()])),
    place: z.string(),
    raisedAtUs: TimeUs,
    closedAtUs: TimeUs.nullable(),
    state: AlarmState,
    /** Another record than was agreed: it stands above all others and cannot be shelved. */
    tamper: z.boolean(),
    /** By itself, with a restart of this gateway, or so long after it happened last. */
    ends: z.union([z.enum(['watched', 'restart']), z.object({ afterMs: Count })]),
    /** `reason` is empty where none was given. */
    acknowledged: z.object({ name: z.string(), reason: z.string(), atUs: TimeUs }).nullable(),
    shelved: z.object({ name: z.string(), reason: z.string(), atUs: TimeUs, untilUs: TimeUs }).nullable(),
    /** Where the ledger says that it was raised; null where it does not, or not yet. */
    entry: Count.nullable(),
  })
  .meta({ id: 'Alarm' })
export type Alarm = z.infer<typeof Alarm>

/** One condition, as it was when it came last. */
const Which = Alarm.pick({ code: true, place: true, text: true, facts: true })

/** ISA-18.2, clause 16: how many alarms came, whether more than a person can answer, and which come again and again. */
export const AlarmFigures = z
  .object({
    /** Counted since: the start of this gateway. */
    sinceUs: TimeUs,
    /** Raised in the last ten minutes, hour and day. */
    tenMinutes: Count,
    hour: Count,
    day: Count,
    /** The most that came within ten minutes of the last day. */
    peakTenMinutes: Count,
    /** Raised in each of the last 24 hours, the newest last. */
    hours: z.array(Count).length(24),
    /** Of the last day, as far as it was counted: how often a flood began (ten in ten minutes), and the share of time in one, 0 to 1. */
    floods: Count,
    floodShare: z.number().min(0).max(1),
    /** Standing for longer than a day. */
    stale: Count,
    /** Raised three times within a minute, during the last hour. */
    chattering: z.array(Which),
    /** The most frequent of the last seven days, most first; `meanUs` of those that are over. */
    frequent: z.array(Which.extend({ times: Count, meanUs: Count.nullable(), lastUs: TimeUs })),
    /** Raised in the last seven days in all. */
    week: Count,
    /** Acknowledged in the last seven days, and how many of them within three minutes. */
    answered: z.object({ total: Count, inTime: Count }),
  })
  .meta({ id: 'AlarmFigures' })
export type AlarmFigures = z.infer<typeof AlarmFigures>

export const Alarms = z
  .object({
    atUs: TimeUs,
    /** Those that stand, wait for an acknowledgement or are shelved, the most urgent first. */
    alarms: z.array(Alarm),
    figures: AlarmFigures,
    /** What contracts found about events, the newest first: `pack/code`, and where it stands. */
    deviations: z.array(
      z.object({
        entry: Count,
        atUs: TimeUs,
        type: z.string(),
        assets: z.array(z.string()),
        findings: z.array(z.string()),
        by: z.string(),
      }),
    ),
    /** How many kinds of condition are watched for. */
    watched: Count,
  })
  .meta({ id: 'Alarms' })
export type Alarms = z.infer<typeof Alarms>
