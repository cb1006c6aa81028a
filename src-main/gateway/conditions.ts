/** The conditions of this gateway: what stands now, and what stood lately (RECORD: the list is derived, nobody keeps it by hand). */
import { conditionText } from '../endpoints/condition-text.ts'
import { kindOf, type ConditionCode, type Facts } from '../endpoints/conditions.ts'
import type { Alarm } from '../endpoints/model.ts'

/** Only what is over is bounded: a condition that stands is never pushed out by others. */
const ENDED_MAX = 200

/** How any part of a gateway says that a condition stands, or is over. `place` is a member, a source or this gateway. */
export type OnCondition = (code: ConditionCode, place: string, on: boolean, facts?: Facts) => void

interface Standing {
  code: ConditionCode
  place: string
  sinceUs: number
  /** When it was said last that it stands. */
  lastUs: number
  facts: Facts
}

export interface ConditionsOptions {
  nowUs(): number
  /** Once when a condition begins, and once when it ends. */
  onChange?(code: ConditionCode, text: string, on: boolean): void
}

export class Conditions {
  readonly #o: ConditionsOptions
  readonly #standing = new Map<string, Standing>()
  readonly #ended: Alarm[] = []

  constructor(options: ConditionsOptions) {
    this.#o = options
  }

  /** Says that a condition stands (`on`) or is over. Said again it only renews the facts, and how long it is told. */
  readonly set: OnCondition = (code, place, on, facts = {}) => {
    this.#expire()
    const key = `${code} ${place}`
    const standing = this.#standing.get(key)
    const now = this.#o.nowUs()
    if (!on) {
      if (standing !== undefined) this.#end(key, standing, now)
      return
    }
    if (standing !== undefined) {
      standing.lastUs = now
      standing.facts = facts
      return
    }
    this.#standing.set(key, { code, place, sinceUs: now, lastUs: now, facts })
    this.#o.onChange?.(code, conditionText(code, place, facts), true)
  }

  /** Whether it stands. */
  has(code: ConditionCode, place: string): boolean {
    this.#expire()
    return this.#standing.has(`${code} ${place}`)
  }

  /** What is over, oldest first, and then what stands. */
  all(): Alarm[] {
    this.#expire()
    return [...this.#ended, ...[...this.#standing.values()].map((standing) => alarmOf(standing, null))]
  }

  #expire(): void {
    const now = this.#o.nowUs()
    for (const [key, standing] of this.#standing) {
      const { ends } = kindOf(standing.code)
      if (typeof ends === 'string') continue
      const endUs = standing.lastUs + ends.afterMs * 1_000
      if (now >= endUs) this.#end(key, standing, endUs)
    }
  }

  #end(key: string, standing: Standing, atUs: number): void {
    this.#standing.delete(key)
    this.#ended.push(alarmOf(standing, atUs))
    if (this.#ended.length > ENDED_MAX) this.#ended.shift()
    this.#o.onChange?.(standing.code, conditionText(standing.code, standing.place, standing.facts), false)
  }
}

function alarmOf({ code, place, sinceUs, facts }: Standing, closedAtUs: number | null): Alarm {
  return {
    id: `${code}:${place}@${sinceUs}`,
    code,
    priority: kindOf(code).priority,
    text: conditionText(code, place, facts),
    facts: { ...facts },
    place,
    raisedAtUs: sinceUs,
    closedAtUs,
    acknowledged: null,
  }
}
