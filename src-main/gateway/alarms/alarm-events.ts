/**
 * What the ledger is told of alarms. Whatever is to be told waits here, also across a restart, until the ledger has it: while nothing
 * can be signed, nothing is lost and nobody waits. One that comes and goes all the time is told six times an hour, and then how often
 * it was not.
 */
import type { Logger } from 'pino'
import { conditionText } from '../../endpoints/condition-text.ts'
import { kindOf } from '../../endpoints/conditions.ts'
import { bodyFromJson, isCoreEvent } from '../../record/events.ts'
import type { CoreEvents } from '../../record/kinds.ts'
import { utf8 } from '../../wire/bytes.ts'
import { WireError } from '../../wire/errors.ts'
import { MAX_NAME_BYTES, MAX_TEXT_BYTES } from '../../wire/limits.ts'
import { withoutHidden } from '../../wire/plain-text.ts'
import { GatewayError } from '../error.ts'
import type { KeptAlarm, Unsaid } from './alarm-file.ts'

export type AlarmType = Extract<keyof CoreEvents, `alarm.${string}`>
type PersonsType = 'alarm.acknowledged' | 'alarm.shelved' | 'alarm.unshelved'

/** What came of an event, as the ledger's thread says it. */
interface Told {
  outcome: string
  index: number | null
  reason: string | null
}
/** The ledger's thread, as far as alarms need it. */
export interface TellLedger {
  event<T extends AlarmType>(type: T, body: CoreEvents[T]): Promise<Told>
}

const HOUR_US = 3_600_000_000
/** Raisings of one condition that are told in an hour. */
export const RAISED_AN_HOUR_MAX = 6
/** Conditions whose raisings are counted; their places are members, sources and this gateway. */
const WINDOWS_MAX = 1_000
/** Waiting for the ledger. What alarms say of themselves leaves room for what people do. */
const WAITING_MAX = 512
const RAISED_WAITING_MAX = 128
/** Signed by the ledger's thread and not decided yet. */
const TOLD_AT_ONCE_MAX = 16
const TELL_AGAIN_AFTER_US = 60_000_000

interface Waiting {
  readonly type: AlarmType
  readonly body: CoreEvents[AlarmType]
  isTold: boolean
}

/** An hour of one condition. */
interface Window {
  fromUs: number
  raised: number
  leftOut: number
  alarm: KeptAlarm
}

export interface AlarmEventsOptions {
  nowUs(): number
  log: Pick<Logger, 'warn'>
  /** What an earlier run could not say. */
  unsaid: readonly Unsaid[]
  /** The ledger has one, or never will (then `entry` is null). */
  onTold(type: AlarmType, body: CoreEvents[AlarmType], entry: number | null): void
}

export class AlarmEvents {
  readonly #o: AlarmEventsOptions
  readonly #windows = new Map<string, Window>()
  #waiting: Waiting[]
  #tell: TellLedger | null = null
  #notBeforeUs = 0

  constructor(options: AlarmEventsOptions) {
    this.#o = options
    this.#waiting = options.unsaid.flatMap(waitingOf)
  }

  /** From now on there is a ledger to tell, or one again. */
  attach(tell: TellLedger): void {
    this.#tell = tell
    this.#notBeforeUs = 0
    this.tick()
  }

  /** True where the ledger is told of it. */
  raised(alarm: KeptAlarm): boolean {
    if (!kindOf(alarm.code).event) return false
    const window = this.#windowOf(alarm)
    window.alarm = alarm
    if (window.raised >= RAISED_AN_HOUR_MAX || this.#waiting.length >= RAISED_WAITING_MAX) {
      window.leftOut += 1
      return false
    }
    window.raised += 1
    this.#push('alarm.raised', raisedBody(alarm, window.leftOut))
    window.leftOut = 0
    return true
  }

  /** It is over; the ledger is told where it was told that it began. */
  cleared(alarm: KeptAlarm, untilUs: number): void {
    if (!alarm.said) return
    this.#push('alarm.cleared', { ...which(alarm), untilUs })
  }

  /** Throws GatewayError `queue_full` where the ledger could not be told of so much more. */
  needRoom(events: number): void {
    if (this.#waiting.length + events > WAITING_MAX)
      throw new GatewayError(
        'queue_full',
        `${this.#waiting.length} events about alarms wait for the ledger, and no more can`,
        'Bring back a majority of the gateways, or room on this disk; then try again.',
      )
  }

  /** What a person did; there is to be room for it. */
  done<T extends PersonsType>(type: T, body: CoreEvents[T]): void {
    this.#push(type, body)
  }

  /** Tells what waits, and of hours that are over how many raisings were left out. */
  tick(): void {
    const now = this.#o.nowUs()
    for (const [key, window] of this.#windows)
      if (now - window.fromUs >= HOUR_US || now < window.fromUs) {
        this.#windows.delete(key)
        if (window.leftOut > 0) this.#sum(window)
      }
    if (now >= this.#notBeforeUs || this.#notBeforeUs - now > TELL_AGAIN_AFTER_US) this.#tellWaiting()
  }

  /** What would be lost if the gateway ended now. */
  get unsaid(): Unsaid[] {
    return this.#waiting.map(({ type, body }) => ({ type, body: { ...body } }))
  }

  /** An hour of a condition that came too often to be told each time: how often it was not told, and whether it stands. */
  #sum({ alarm, leftOut, fromUs }: Window): void {
    if (alarm.closedAtUs !== null)
      return this.#push('alarm.cleared', { ...which(alarm), untilUs: alarm.closedAtUs, leftOut })
    // The one that stands now is among those that were left out, and is told by this.
    const body = raisedBody(alarm, leftOut - 1)
    alarm.said = true
    this.#windows.set(keyOf(alarm), { fromUs: fromUs + HOUR_US, raised: 1, leftOut: 0, alarm })
    this.#push('alarm.raised', body)
  }

  #windowOf(alarm: KeptAlarm): Window {
    const known = this.#windows.get(keyOf(alarm))
    if (known !== undefined) return known
    for (const [key, oldest] of this.#windows) {
      if (this.#windows.size < WINDOWS_MAX) break
      this.#windows.delete(key)
      if (oldest.leftOut > 0) this.#sum({ ...oldest, fromUs: this.#o.nowUs() - HOUR_US })
    }
    const window = { fromUs: this.#o.nowUs(), raised: 0, leftOut: 0, alarm }
    this.#windows.set(keyOf(alarm), window)
    return window
  }

  #push<T extends AlarmType>(type: T, body: CoreEvents[T]): void {
    if (this.#waiting.length >= WAITING_MAX)
      return this.#o.log.warn({ event: type, body }, 'too many events about alarms wait: this one is not recorded')
    this.#waiting.push({ type, body, isTold: false })
    if (this.#o.nowUs() >= this.#notBeforeUs) this.#tellWaiting()
  }

  #tellWaiting(): void {
    if (this.#tell === null) return
    let told = this.#waiting.filter(({ isTold }) => isTold).length
    for (const one of this.#waiting) {
      if (told >= TOLD_AT_ONCE_MAX) return
      if (one.isTold) continue
      told += 1
      one.isTold = true
      void this.#tellOne(one, this.#tell)
    }
  }

  async #tellOne(one: Waiting, tell: TellLedger): Promise<void> {
    const { outcome, index, reason } = await tell.event(one.type, one.body).catch((error: Error) => ({
      outcome: 'not-signed',
      index: null,
      reason: error.message,
    }))
    // Nothing was signed, or nobody knows whether it was: told twice, an alarm says no more than once.
    if (outcome === 'not-signed' || outcome === 'waiting') {
      one.isTold = false
      this.#notBeforeUs = this.#o.nowUs() + TELL_AGAIN_AFTER_US
      return
    }
    this.#waiting = this.#waiting.filter((other) => other !== one)
    const isRecorded = outcome === 'accepted' || outcome === 'duplicate'
    if (!isRecorded)
      this.#o.log.warn({ event: one.type, reason: reason ?? outcome }, 'an event about an alarm was not recorded')
    this.#o.onTold(one.type, one.body, isRecorded ? index : null)
    this.#tellWaiting()
  }
}

/** As the file has it. What no ledger would take is passed over: it would be told for ever. */
function waitingOf({ type, body }: Unsaid): Waiting[] {
  if (!isCoreEvent(type) || !type.startsWith('alarm.')) return []
  try {
    return [{ type: type as AlarmType, body: bodyFromJson(type as AlarmType, body), isTold: false }]
  } catch (error) {
    if (error instanceof WireError) return []
    throw error
  }
}

const keyOf = ({ code, place }: KeptAlarm): string => `${code} ${place}`

/** By what an alarm is known on the ledger. */
export function which({ code, place, sinceUs }: { code: string; place: string; sinceUs: number }): {
  code: string
  place: string
  sinceUs: number
} {
  return { code, place: plain(place, MAX_NAME_BYTES), sinceUs }
}

function raisedBody(alarm: KeptAlarm, leftOut: number): CoreEvents['alarm.raised'] {
  const { code, place, facts } = alarm
  return {
    ...which(alarm),
    priority: kindOf(code).priority,
    // It quotes what devices, peers and disks say.
    detail: plain(conditionText(code, place, facts), MAX_TEXT_BYTES),
    ...(leftOut > 0 ? { leftOut } : {}),
  }
}

/** As the ledger takes it: of whole characters, none of which hides another, and as long as it may be. */
export function plain(text: string, maxBytes: number): string {
  const whole = withoutHidden(text.slice(0, maxBytes).toWellFormed())
  if (utf8(whole).length <= maxBytes) return whole
  const characters = [...whole]
  let bytes = 0
  const room = characters.findIndex((one) => (bytes += utf8(one).length) > maxBytes)
  return characters.slice(0, room).join('')
}
