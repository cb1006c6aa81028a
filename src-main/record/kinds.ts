/** Every sort of event of the core, by its type. docs/FORMATS.md, "Events". */
import type { Kind } from './kind.ts'
import { alarmAcknowledged } from './kinds/alarm.ts'
import { assetRegistered } from './kinds/asset.ts'
import { certificateIssued } from './kinds/certificate.ts'
import { channelOpened } from './kinds/channel.ts'
import { documentAdded, documentSuperseded, documentTransferred } from './kinds/document.ts'
import { gatewayAlive, gatewayResumed } from './kinds/gateway.ts'
import { recordHealed } from './kinds/healing.ts'
import { sourceDecided } from './kinds/source.ts'
import { streamClosed, streamOpened } from './kinds/stream.ts'

export const kinds = {
  'alarm.acknowledged': alarmAcknowledged,
  'asset.registered': assetRegistered,
  'certificate.issued': certificateIssued,
  'channel.opened': channelOpened,
  'document.added': documentAdded,
  'document.superseded': documentSuperseded,
  'document.transferred': documentTransferred,
  'gateway.alive': gatewayAlive,
  'gateway.resumed': gatewayResumed,
  'record.healed': recordHealed,
  'source.decided': sourceDecided,
  'stream.closed': streamClosed,
  'stream.opened': streamOpened,
} as const

export type CoreEventType = keyof typeof kinds
/** Body type of each. */
export type CoreEvents = { [T in CoreEventType]: (typeof kinds)[T] extends Kind<infer Body> ? Body : never }
