/**
 * What a gateway says of its own alarms. One is known by who signed it, its code, its place and since when it stands; said twice it
 * says no more than once, so that a gateway that does not know whether it was heard says it again. They leave no state behind: what
 * stands is the gateway's to know, and the ledger has when it said so.
 */
import { MAX_TEXT_BYTES } from '../../wire/limits.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { WRITERS } from '../person-fields.ts'
import { integer, optional, record, text, timeUs } from '../schema.ts'

/** Codes are kebab-case words of the table of conditions. */
export const MAX_ALARM_CODE_BYTES = 64

const which = { code: text(MAX_ALARM_CODE_BYTES), place: text(), sinceUs: timeUs }
const person = { name: text(), reason: text(MAX_TEXT_BYTES) }
/** Raisings of the same code and place since the one that was said last, which were too many to be said each. */
const leftOut = optional(integer(1))

interface Which {
  readonly code: string
  readonly place: string
  readonly sinceUs: number
}

interface Person {
  readonly name: string
  /** Empty where none was given. */
  readonly reason: string
}

export interface AlarmRaised extends Which {
  readonly priority: number
  /** What stood then, in English: words of a screen follow from the code. */
  readonly detail: string
  readonly leftOut?: number
}

export const alarmRaised: Kind<AlarmRaised> = {
  form: record({ ...which, priority: integer(1, 3), detail: text(MAX_TEXT_BYTES), leftOut }),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    code: 'queue-full',
    place: 'gateway-1',
    sinceUs: 1_773_234_000_000_000,
    priority: 1,
    detail: 'The queue on the disk of gateway-1 is full: readings are not kept',
  },
}

export interface AlarmCleared extends Which {
  /** When it was over. */
  readonly untilUs: number
  readonly leftOut?: number
}

export const alarmCleared: Kind<AlarmCleared> = {
  form: record({ ...which, untilUs: timeUs, leftOut }),
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    code: 'queue-full',
    place: 'gateway-1',
    sinceUs: 1_773_234_000_000_000,
    untilUs: 1_773_234_090_000_000,
    leftOut: 12,
  },
}

/** Without code and time it is about what is no condition. */
export interface AlarmAcknowledged extends Person {
  readonly place: string
  readonly code?: string
  readonly sinceUs?: number
}

export const alarmAcknowledged: Kind<AlarmAcknowledged> = {
  form: record({
    place: which.place,
    ...person,
    code: optional(which.code),
    sinceUs: optional(which.sinceUs),
  }),
  roles: WRITERS,
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    place: 'gateway-1',
    name: 'A. Example',
    reason: 'The disk is being replaced.',
    code: 'queue-full',
    sinceUs: 1_773_234_000_000_000,
  },
}

export interface AlarmShelved extends Which, Person {
  readonly untilUs: number
}

export const alarmShelved: Kind<AlarmShelved> = {
  form: record({ ...which, untilUs: timeUs, ...person }),
  roles: WRITERS,
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    code: 'peer-silent',
    place: 'gateway-3',
    sinceUs: 1_773_234_000_000_000,
    untilUs: 1_773_241_200_000_000,
    name: 'A. Example',
    reason: 'Its switch is being replaced.',
  },
}

export interface AlarmUnshelved extends Which, Person {}

export const alarmUnshelved: Kind<AlarmUnshelved> = {
  form: record({ ...which, ...person }),
  roles: WRITERS,
  assets: noAssets,
  contracts: 'note',
  codes: [],
  decide: noEffect,
  example: {
    code: 'peer-silent',
    place: 'gateway-3',
    sinceUs: 1_773_234_000_000_000,
    name: 'A. Example',
    reason: '',
  },
}
