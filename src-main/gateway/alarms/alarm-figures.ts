/**
 * How many alarms came, when, and which again and again: counts by minute, day and condition, so that what is kept does not grow
 * with how many there were. ISA-18.2, clause 16, and EEMUA 191 name the figures.
 */
import { z } from 'zod'
import type { Alarm, AlarmFigures as Figures } from '../../endpoints/alarm-model.ts'
import { FLOOD_ALARMS } from '../../endpoints/alarm-order.ts'
import { conditionText } from '../../endpoints/condition-text.ts'
import { conditionCodes, type ConditionCode, type Facts } from '../../endpoints/conditions.ts'

const MINUTE_US = 60_000_000
const HOUR_US = 60 * MINUTE_US
const DAY_US = 24 * HOUR_US
const DAY_MINUTES = 1_440
const WEEK_DAYS = 7
/** What is not among so many conditions that came last is not told as frequent. */
const CONDITIONS_MAX = 500
const FREQUENT_MAX = 10
const CHATTERING_MAX = 10
/** ISA-18.2 calls three raisings within a minute chattering. */
const CHATTER_RAISINGS = 3
/** A flood is over when less than five come within ten minutes. */
const FLOOD_OVER = 5
const FLOOD_MINUTES = 10
export const ANSWER_WITHIN_US = 3 * MINUTE_US

export interface Raised {
  code: ConditionCode
  place: string
  facts: Facts
}

interface Often {
  readonly code: ConditionCode
  readonly place: string
  /** When it came last. */
  facts: Facts
  /** Raisings by day since the epoch. */
  readonly days: Map<number, number>
  ended: number
  lengthUs: number
  lastUs: number
  /** The newest raisings. */
  newestUs: number[]
  chatteredUs: number | null
}

const dayOf = (us: number): number => Math.floor(us / DAY_US)
const minuteOf = (us: number): number => Math.floor(us / MINUTE_US)

const facts = z.record(z.string(), z.union([z.string(), z.number()]))
const counts = z.array(z.tuple([z.int(), z.int()])).max(DAY_MINUTES)

/** The counts as they are kept across a restart. */
export const keptFigures = z.object({
  sinceUs: z.int(),
  minutes: counts,
  often: z
    .array(
      z.object({
        code: z.custom<ConditionCode>((value) => conditionCodes.includes(value as ConditionCode)),
        place: z.string(),
        facts,
        days: counts,
        ended: z.int(),
        lengthUs: z.int(),
        lastUs: z.int(),
        newestUs: z.array(z.int()).max(CHATTER_RAISINGS),
        chatteredUs: z.int().nullable(),
      }),
    )
    .max(CONDITIONS_MAX),
  answered: z.array(z.tuple([z.int(), z.object({ total: z.int(), inTime: z.int() })])).max(WEEK_DAYS),
})
export type KeptFigures = z.infer<typeof keptFigures>

export class AlarmFigures {
  readonly #sinceUs: number
  readonly #minutes: Map<number, number> = new Map()
  readonly #often = new Map<string, Often>()
  readonly #answered: Map<number, { total: number; inTime: number }> = new Map()

  /** `kept`: the counts of earlier runs, where there are any. */
  constructor(nowUs: number, kept?: KeptFigures) {
    this.#sinceUs = Math.min(kept?.sinceUs ?? nowUs, nowUs)
    if (kept === undefined) return
    this.#minutes = new Map(kept.minutes)
    this.#answered = new Map(kept.answered)
    for (const one of kept.often) this.#often.set(keyOf(one.code, one.place), { ...one, days: new Map(one.days) })
  }

  kept(): KeptFigures {
    return {
      sinceUs: this.#sinceUs,
      minutes: [...this.#minutes],
      often: [...this.#often.values()].map((one) => ({ ...one, facts: { ...one.facts }, days: [...one.days] })),
      answered: [...this.#answered],
    }
  }

  raised({ code, place, facts }: Raised, nowUs: number): void {
    count(this.#minutes, minuteOf(nowUs), DAY_MINUTES)
    const one = this.#of(code, place)
    count(one.days, dayOf(nowUs), WEEK_DAYS)
    one.lastUs = nowUs
    one.facts = facts
    one.newestUs = [...one.newestUs, nowUs].slice(-CHATTER_RAISINGS)
    const [first] = one.newestUs
    if (one.newestUs.length === CHATTER_RAISINGS && first !== undefined && nowUs - first <= MINUTE_US)
      one.chatteredUs = nowUs
  }

  ended(code: ConditionCode, place: string, lengthUs: number): void {
    const one = this.#of(code, place)
    one.ended += 1
    one.lengthUs += Math.max(0, lengthUs)
  }

  /** A person has acknowledged one that was raised so long ago. */
  answered(nowUs: number, afterUs: number): void {
    const day = this.#answered.get(dayOf(nowUs)) ?? { total: 0, inTime: 0 }
    day.total += 1
    if (afterUs <= ANSWER_WITHIN_US) day.inTime += 1
    keepNewest(this.#answered.set(dayOf(nowUs), day), WEEK_DAYS)
  }

  /** @param standingSinceUs since when each of the alarms stands that stand now */
  now(nowUs: number, standingSinceUs: readonly number[]): Figures {
    const minute = minuteOf(nowUs)
    const firstMinute = Math.max(minute - DAY_MINUTES + 1, Math.min(minute, minuteOf(this.#sinceUs)))
    const flood = this.#floods(firstMinute, minute)
    return {
      sinceUs: this.#sinceUs,
      tenMinutes: this.#sum(minute, FLOOD_MINUTES),
      hour: this.#sum(minute, 60),
      day: this.#sum(minute, DAY_MINUTES),
      peakTenMinutes: flood.peak,
      hours: Array.from({ length: 24 }, (_, at) => this.#sum(minute - (23 - at) * 60, 60)),
      floods: flood.floods,
      floodShare: flood.share,
      stale: standingSinceUs.filter((us) => nowUs - us > DAY_US).length,
      chattering: [...this.#often.values()]
        .filter(({ chatteredUs }) => chatteredUs !== null && nowUs - chatteredUs <= HOUR_US)
        .slice(0, CHATTERING_MAX)
        .map(whichOf),
      ...this.#frequent(dayOf(nowUs)),
      answered: sumOf(this.#answered, dayOf(nowUs)),
    }
  }

  /** Raised in so many minutes up to this one. */
  #sum(minute: number, minutes: number): number {
    let sum = 0
    for (const [at, raised] of this.#minutes) if (at <= minute && at > minute - minutes) sum += raised
    return sum
  }

  #floods(from: number, to: number): { peak: number; floods: number; share: number } {
    let peak = 0
    let floods = 0
    let flooded = 0
    let inFlood = false
    let within = 0
    for (let at = from; at <= to; at++) {
      within += (this.#minutes.get(at) ?? 0) - (this.#minutes.get(at - FLOOD_MINUTES) ?? 0)
      if (at === from) within = this.#sum(at, FLOOD_MINUTES)
      peak = Math.max(peak, within)
      if (!inFlood && within >= FLOOD_ALARMS) floods += 1
      inFlood = within >= (inFlood ? FLOOD_OVER : FLOOD_ALARMS)
      if (inFlood) flooded += 1
    }
    return { peak, floods, share: flooded / (to - from + 1) }
  }

  #frequent(today: number): Pick<Figures, 'frequent' | 'week'> {
    const all = [...this.#often.values()].flatMap((one) => {
      const { days, ended, lengthUs, lastUs } = one
      let times = 0
      for (const [day, raised] of days) if (day > today - WEEK_DAYS && day <= today) times += raised
      const meanUs = ended === 0 ? null : Math.round(lengthUs / ended)
      return times === 0 ? [] : [{ ...whichOf(one), times, meanUs, lastUs }]
    })
    return {
      frequent: all.toSorted((a, b) => b.times - a.times || b.lastUs - a.lastUs).slice(0, FREQUENT_MAX),
      week: all.reduce((sum, { times }) => sum + times, 0),
    }
  }

  #of(code: ConditionCode, place: string): Often {
    const key = keyOf(code, place)
    const known = this.#often.get(key)
    const one = known ?? {
      code,
      place,
      facts: {},
      days: new Map(),
      ended: 0,
      lengthUs: 0,
      lastUs: 0,
      newestUs: [],
      chatteredUs: null,
    }
    // In the order of their last use, so that the oldest gives way.
    this.#often.delete(key)
    keepNewest(this.#often.set(key, one), CONDITIONS_MAX)
    return one
  }
}

function keyOf(code: string, place: string): string {
  return `${code} ${place}`
}

function whichOf({ code, place, facts }: Raised): Pick<Alarm, 'code' | 'place' | 'text' | 'facts'> {
  return { code, place, text: conditionText(code, place, facts), facts: { ...facts } }
}

function count(counts: Map<number, number>, at: number, most: number): void {
  const raised = counts.get(at) ?? 0
  counts.delete(at)
  keepNewest(counts.set(at, raised + 1), most)
}

function keepNewest(map: Map<unknown, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

function sumOf(
  days: ReadonlyMap<number, { total: number; inTime: number }>,
  today: number,
): { total: number; inTime: number } {
  let [total, inTime] = [0, 0]
  for (const [day, one] of days)
    if (day > today - WEEK_DAYS && day <= today) {
      total += one.total
      inTime += one.inTime
    }
  return { total, inTime }
}
