/**
 * The conditions of this gateway: what stands now, what stood lately, and what people did about it (RECORD: the list is derived,
 * nobody keeps it by hand; its states are those of ISA-18.2, `endpoints/alarm-model.ts`).
 */
import type { Logger } from 'pino'
import type { Alarm, AlarmFigures as Figures, AlarmState } from '../endpoints/alarm-model.ts'
import { conditionText } from '../endpoints/condition-text.ts'
import { kindOf, type ConditionCode, type Facts } from '../endpoints/conditions.ts'
import type { CoreEvents } from '../record/kinds.ts'
import { MAX_NAME_BYTES, MAX_TEXT_BYTES } from '../wire/limits.ts'
import { AlarmEvents, plain, which, type AlarmType, type TellLedger } from './alarms/alarm-events.ts'
import { AlarmFigures } from './alarms/alarm-figures.ts'
import type { AlarmStore, KeptAlarm, Shelf } from './alarms/alarm-file.ts'
import { GatewayError } from './error.ts'

/** Only what is over is bounded: a condition that stands is never pushed out by others. */
const ENDED_MAX = 200
/** Over, and nobody has said that they have seen it. */
const RETURNED_MAX = 100
const SHELVES_MAX = 500
/** ISA-18.2 wants a longest time: what must wait for longer than a day is decided anew by somebody. */
export const SHELVED_MINUTES_MAX = 24 * 60
/** What stood before a restart and is not seen again within this time is over. */
const SEEN_AGAIN_WITHIN_US = 600_000_000
/** For so long whoever watches may look around after a start, and say that it is not so, before it counts as said. */
const LOOK_AROUND_US = 60_000_000
/** What nobody decided is kept so often; what a person did, at once. */
const KEEP_EVERY_US = 5_000_000
const REASON_LENGTH_MIN = 3

/** How any part of a gateway says that a condition stands, or is over. `place` is a member, a source or this gateway. */
export type OnCondition = (code: ConditionCode, place: string, on: boolean, facts?: Facts) => void

export interface ConditionsOptions {
  nowUs(): number
  /** Once when a condition begins, and once when it ends. */
  onChange?(code: ConditionCode, text: string, on: boolean): void
  /** What is known across a restart; without it nothing is. */
  store?: AlarmStore
  log?: Pick<Logger, 'warn'>
  /** Who acknowledged the change that was found in the record, which is kept with the finding; undefined where none was found. */
  changeAcknowledged?(): KeptAlarm['acknowledged'] | undefined
}

/** Who does something about an alarm, and why. */
export interface Doing {
  name: string
  reason: string
}

const keyOf = (code: ConditionCode, place: string): string => `${code} ${place}`
const idOf = ({ code, place, sinceUs }: KeptAlarm): string => `${code}:${place}@${sinceUs}`

export class Conditions {
  readonly #o: ConditionsOptions
  /** What stands, what is over and not acknowledged, and what is shelved. */
  readonly #alarms = new Map<string, KeptAlarm>()
  readonly #shelves = new Map<string, Shelf>()
  /** What stood when an earlier run ended, and was not seen again yet; `overUs`: since when it is said to be over. */
  readonly #before = new Map<string, { alarm: KeptAlarm; overUs: number | null }>()
  readonly #startUs: number
  readonly #ended: Alarm[] = []
  readonly #events: AlarmEvents
  readonly #figures: AlarmFigures
  #isKept = true
  #keptUs = 0

  constructor(options: ConditionsOptions) {
    this.#o = options
    this.#startUs = options.nowUs()
    const kept = options.store?.load() ?? { alarms: [], shelves: [], unsaid: [] }
    this.#figures = new AlarmFigures(this.#startUs, kept.figures)
    this.#events = new AlarmEvents({
      nowUs: options.nowUs,
      log: options.log ?? { warn: () => undefined },
      unsaid: kept.unsaid,
      onTold: (type, body, entry) => this.#told(type, body, entry),
    })
    for (const shelf of kept.shelves) this.#shelves.set(keyOf(shelf.code, shelf.place), shelf)
    for (const alarm of kept.alarms) {
      const waits = alarm.closedAtUs === null && typeof kindOf(alarm.code).ends === 'string'
      const key = keyOf(alarm.code, alarm.place)
      if (waits) this.#before.set(key, { alarm, overUs: null })
      else this.#alarms.set(key, alarm)
    }
  }

  /** Says that a condition stands (`on`) or is over. Said again it only renews the facts, and how long it is told. */
  readonly set: OnCondition = (code, place, on, facts = {}) => {
    this.#expire()
    const key = keyOf(code, place)
    const known = this.#alarms.get(key)
    const standing = known?.closedAtUs === null ? known : undefined
    const now = this.#o.nowUs()
    if (!on) {
      if (standing !== undefined) this.#end(key, standing, now)
      const before = this.#before.get(key)
      // Whoever watches for it may have to look for a while, and says meanwhile that it is not so.
      if (before !== undefined) before.overUs ??= now
    } else if (standing !== undefined) {
      standing.lastUs = now
      standing.facts = facts
    } else this.#begin(key, { code, place, facts }, now)
  }

  /** Whether it stands. */
  has(code: ConditionCode, place: string): boolean {
    this.#expire()
    return this.#alarms.get(keyOf(code, place))?.closedAtUs === null
  }

  /** What is over, oldest first, and then what stands or still asks for somebody. */
  all(): Alarm[] {
    this.#expire()
    return [...this.#ended, ...[...this.#alarms.values()].map((alarm) => this.#shown(alarm))]
  }

  /** Since when what stands stands; null where it does not. */
  sinceUs(code: ConditionCode, place: string): number | null {
    const alarm = this.#alarms.get(keyOf(code, place))
    return alarm?.closedAtUs === null ? alarm.sinceUs : null
  }

  get figures(): Figures {
    const standing = [...this.#alarms.values()].filter(({ closedAtUs }) => closedAtUs === null)
    return this.#figures.now(
      this.#o.nowUs(),
      standing.map(({ sinceUs }) => sinceUs),
    )
  }

  /** From now on events about alarms are told; before, and while nothing can be signed, they wait. */
  attach(tell: TellLedger): void {
    this.#events.attach(tell)
  }

  /** Every second or so. */
  tick(): void {
    this.#expire()
    this.#events.tick()
    if (!this.#isKept && Math.abs(this.#o.nowUs() - this.#keptUs) >= KEEP_EVERY_US) this.keep()
  }

  /** Writes down what a restart must know. */
  keep(): void {
    this.#isKept = true
    this.#keptUs = this.#o.nowUs()
    this.#o.store?.save({
      alarms: [...this.#alarms.values(), ...[...this.#before.values()].map(({ alarm }) => alarm)],
      shelves: [...this.#shelves.values()],
      unsaid: this.#events.unsaid,
      figures: this.#figures.kept(),
    })
  }

  /** Throws GatewayError `unknown_alarm` where none of this id is in the list. */
  alarm(id: string): Alarm {
    return this.#shown(this.#known(id))
  }

  /** Throws GatewayError `reason_missing` for one about tampering that is acknowledged without a reason, `unknown_alarm`. */
  needReason(id: string, reason: string): void {
    if (kindOf(this.#known(id).code).tamper === true) needReason(reason, 'acknowledged')
  }

  /**
   * A person has seen them: all count as acknowledged, or none. Said again it changes nothing. Of those in `told` the ledger has it by the
   * person's own key. Throws GatewayError `unknown_alarm`, `reason_missing` for tampering without a reason, `queue_full`.
   */
  acknowledge(ids: readonly string[], { name, reason }: Doing, told: ReadonlySet<string> = new Set()): Alarm[] {
    const alarms = ids.map((id) => this.#known(id))
    for (const id of ids) this.needReason(id, reason)
    const fresh = alarms.filter((alarm) => this.#acknowledgedOf(alarm) === null)
    const untold = fresh.filter((alarm) => !told.has(ids[alarms.indexOf(alarm)] ?? ''))
    this.#events.needRoom(untold.length)
    const now = this.#o.nowUs()
    for (const alarm of untold) this.#events.done('alarm.acknowledged', { ...which(alarm), ...said({ name, reason }) })
    for (const alarm of fresh) {
      alarm.acknowledged = { name, reason: reason.trim(), atUs: now }
      this.#figures.answered(now, now - alarm.sinceUs)
    }
    const shown = alarms.map((alarm) => this.#shown(alarm))
    this.#expire()
    this.keep()
    return shown
  }

  /**
   * What was acknowledged elsewhere, and is on the ledger already: a change in the record, which is kept with its finding, and a clock
   * that a person confirmed. Nothing where it does not stand.
   */
  wasAcknowledged(code: ConditionCode, place: string, { name, reason }: Doing): void {
    const alarm = this.#alarms.get(keyOf(code, place))
    if (alarm?.closedAtUs !== null) return
    const now = this.#o.nowUs()
    alarm.acknowledged = { name, reason, atUs: now }
    this.#figures.answered(now, now - alarm.sinceUs)
    this.keep()
  }

  /**
   * Keeps it out of sight for a time. Throws GatewayError `unknown_alarm`, `not_shelvable` for tampering, `reason_missing`,
   * `shelved_too_long`, `queue_full`.
   */
  shelve(id: string, { name, reason, minutes }: Doing & { minutes: number }): Alarm {
    const alarm = this.#known(id)
    const { code, place, sinceUs } = alarm
    if (kindOf(code).tamper === true)
      throw new GatewayError(
        'not_shelvable',
        `${code} says that a record was changed: it cannot be shelved`,
        'Acknowledge it with a reason. It ends with its cause.',
      )
    needReason(reason, 'shelved')
    if (minutes > SHELVED_MINUTES_MAX || this.#shelves.size >= SHELVES_MAX)
      throw new GatewayError(
        'shelved_too_long',
        minutes > SHELVED_MINUTES_MAX
          ? `an alarm can be shelved for ${SHELVED_MINUTES_MAX / 60} hours at most, not for ${minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`}`
          : `${SHELVES_MAX} alarms are shelved, and no more can be`,
        'Shelve it for a shorter time, or mend what it is about.',
      )
    const now = this.#o.nowUs()
    const untilUs = now + minutes * 60_000_000
    this.#events.needRoom(1)
    this.#events.done('alarm.shelved', { ...which(alarm), untilUs, ...said({ name, reason }) })
    this.#shelves.set(keyOf(code, place), { code, place, sinceUs, name, reason: reason.trim(), atUs: now, untilUs })
    this.keep()
    return this.#shown(alarm)
  }

  /** Shows it again before its time. Throws GatewayError `unknown_alarm`, `not_shelved`, `queue_full`. */
  unshelve(id: string, { name, reason }: Doing): Alarm {
    const alarm = this.#known(id)
    const { code, place } = alarm
    if (this.#shelfOf(alarm) === null)
      throw new GatewayError('not_shelved', `${code} at ${place} is not shelved`, 'See plumbline condition list.')
    this.#events.needRoom(1)
    this.#events.done('alarm.unshelved', { ...which(alarm), ...said({ name, reason }) })
    this.#shelves.delete(keyOf(code, place))
    const shown = this.#shown(alarm)
    this.#expire()
    this.keep()
    return shown
  }

  #known(id: string): KeptAlarm {
    this.#expire()
    const found = [...this.#alarms.values()].find((alarm) => idOf(alarm) === id)
    if (found !== undefined) return found
    throw new GatewayError(
      'unknown_alarm',
      `there is no alarm ${id.slice(0, 200)} any more`,
      'It is over, or began anew since: look at the list again.',
    )
  }

  #begin(key: string, what: Pick<KeptAlarm, 'code' | 'place' | 'facts'>, now: number): void {
    const { code, place, facts } = what
    const before = this.#before.get(key)?.alarm
    const returned = this.#alarms.get(key)
    // One that comes again before anybody has said that they have seen it is one row.
    if (returned !== undefined) this.#over(returned)
    const fresh = { ...what, sinceUs: now, closedAtUs: null, acknowledged: null, said: false, entry: null }
    const alarm: KeptAlarm = { ...(before ?? fresh), facts, lastUs: now }
    this.#before.delete(key)
    this.#alarms.delete(key)
    this.#alarms.set(key, alarm)
    this.#isKept = false
    if (before === undefined) this.#figures.raised(alarm, now)
    if (!alarm.said) alarm.said = this.#events.raised(alarm)
    this.#o.onChange?.(code, conditionText(code, place, facts), true)
  }

  #end(key: string, alarm: KeptAlarm, atUs: number): void {
    const { code, place, facts, sinceUs } = alarm
    alarm.closedAtUs = atUs
    this.#isKept = false
    this.#figures.ended(code, place, atUs - sinceUs)
    this.#events.cleared(alarm, atUs)
    // Moved to the end: what is over longest is pushed out first.
    this.#alarms.delete(key)
    this.#alarms.set(key, alarm)
    this.#o.onChange?.(code, conditionText(code, place, facts), false)
    this.#leave(key, alarm)
    this.#boundReturned()
  }

  #expire(): void {
    const now = this.#o.nowUs()
    for (const [key, alarm] of this.#alarms) {
      const { ends } = kindOf(alarm.code)
      if (alarm.closedAtUs !== null) this.#leave(key, alarm)
      else if (typeof ends !== 'string' && now >= alarm.lastUs + ends.afterMs * 1_000)
        this.#end(key, alarm, alarm.lastUs + ends.afterMs * 1_000)
    }
    for (const [key, { untilUs }] of this.#shelves) if (now >= untilUs) this.#shelves.delete(key)
    for (const key of this.#before.keys()) this.#endBefore(now, key)
  }

  /** Ends what stood before the restart where it has been said to be over for a while, or nobody has seen it again. */
  #endBefore(now: number, key: string): void {
    const before = this.#before.get(key)
    if (before === undefined) return
    const { alarm, overUs } = before
    const isSaid = overUs !== null && Math.abs(now - overUs) > LOOK_AROUND_US
    if (!isSaid && Math.abs(now - this.#startUs) <= SEEN_AGAIN_WITHIN_US) return
    this.#before.delete(key)
    this.#end(key, alarm, overUs ?? now)
  }

  /** What asks for nobody any more. */
  #leave(key: string, alarm: KeptAlarm): void {
    if (this.#stateOf(alarm) !== 'normal') return
    this.#alarms.delete(key)
    this.#over(alarm)
  }

  #over(alarm: KeptAlarm): void {
    this.#ended.push({ ...this.#shown(alarm), state: 'normal' })
    if (this.#ended.length > ENDED_MAX) this.#ended.shift()
  }

  #boundReturned(): void {
    const returned = [...this.#alarms].filter(([, { closedAtUs }]) => closedAtUs !== null)
    const [first] = returned.filter(([, { code }]) => kindOf(code).tamper !== true)
    if (returned.length <= RETURNED_MAX || first === undefined) return
    const [key, alarm] = first
    this.#alarms.delete(key)
    this.#over(alarm)
  }

  #told(type: AlarmType, body: CoreEvents[AlarmType], entry: number | null): void {
    this.#isKept = false
    if (type !== 'alarm.raised') return
    for (const alarm of this.#alarms.values()) {
      const { code, place, sinceUs } = which(alarm)
      if (code === body.code && place === body.place && sinceUs === body.sinceUs) alarm.entry = entry
    }
  }

  #stateOf(alarm: KeptAlarm): AlarmState {
    if (this.#shelfOf(alarm) !== null) return 'shelved'
    const isSeen = this.#acknowledgedOf(alarm) !== null
    if (alarm.closedAtUs === null) return isSeen ? 'acknowledged-active' : 'unacknowledged-active'
    return isSeen || kindOf(alarm.code).priority === 3 ? 'normal' : 'returned-unacknowledged'
  }

  #acknowledgedOf({ code, closedAtUs, acknowledged }: KeptAlarm): KeptAlarm['acknowledged'] {
    const kept = code === 'record-changed' && closedAtUs === null ? this.#o.changeAcknowledged?.() : undefined
    return kept === undefined ? acknowledged : kept
  }

  /** Its time is compared whenever somebody asks. */
  #shelfOf({ code, place }: KeptAlarm): Shelf | null {
    const shelf = this.#shelves.get(keyOf(code, place))
    return shelf === undefined || this.#o.nowUs() >= shelf.untilUs || kindOf(code).tamper === true ? null : shelf
  }

  #shown(alarm: KeptAlarm): Alarm {
    const { code, place, sinceUs, facts, closedAtUs, entry } = alarm
    const { priority, tamper = false, ends } = kindOf(code)
    const shelf = this.#shelfOf(alarm)
    return {
      id: idOf(alarm),
      code,
      priority,
      text: conditionText(code, place, facts),
      facts: { ...facts },
      place,
      raisedAtUs: sinceUs,
      closedAtUs,
      state: this.#stateOf(alarm),
      tamper,
      ends,
      acknowledged: this.#acknowledgedOf(alarm),
      shelved:
        shelf === null ? null : { name: shelf.name, reason: shelf.reason, atUs: shelf.atUs, untilUs: shelf.untilUs },
      entry,
    }
  }
}

function needReason(reason: string, what: string): void {
  if (reason.trim().length >= REASON_LENGTH_MIN) return
  throw new GatewayError('reason_missing', `it is ${what} with a reason only`, 'Say why, in three characters or more.')
}

/** As the ledger takes it. */
function said({ name, reason }: Doing): Doing {
  return { name: plain(name, MAX_NAME_BYTES), reason: plain(reason.trim(), MAX_TEXT_BYTES) }
}
