import { MAX_TEXT_BYTES } from '../../wire/limits.ts'
import { noAssets, noEffect } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { record, text } from '../schema.ts'

export interface AlarmAcknowledged {
  readonly place: string
  readonly name: string
  readonly reason: string
}

export const alarmAcknowledged: Kind<AlarmAcknowledged> = {
  form: record({ place: text(), name: text(), reason: text(MAX_TEXT_BYTES) }),
  assets: noAssets,
  decide: noEffect,
  example: { place: 'the clock of gateway-1', name: 'A. Example', reason: 'Set by the time server of the site.' },
}
