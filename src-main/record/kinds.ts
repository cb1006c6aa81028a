/** Every sort of event of the core, by its type. docs/FORMATS.md, "Events". */
import type { Kind } from './kind.ts'
import { actApproved, actDeclined, actEnded, actWithdrawn } from './kinds/act.ts'
import { alarmAcknowledged, alarmCleared, alarmRaised, alarmShelved, alarmUnshelved } from './kinds/alarm.ts'
import { assetAttributed, assetBound, assetRegistered } from './kinds/asset.ts'
import { assetAggregated, assetObserved, assetTransformed } from './kinds/asset-flow.ts'
import { certificateIssued, certificateRevoked } from './kinds/certificate.ts'
import { channelOpened } from './kinds/channel.ts'
import { documentAdded, documentSuperseded, documentTransferred } from './kinds/document.ts'
import { gatewayAlive, gatewayResumed } from './kinds/gateway.ts'
import { recordHealed } from './kinds/healing.ts'
import { keyReplaced, keyRestored, keyRevoked, keySuspended } from './kinds/key-trust.ts'
import { keyRotated } from './kinds/key.ts'
import { milestoneStated } from './kinds/milestone.ts'
import { packActivated, packLoaded, packPartAdded, packProposed, packRetired } from './kinds/pack.ts'
import { personEnded, personEnrolled, personMoved, personRestored, personSuspended } from './kinds/person.ts'
import { channelPolicy } from './kinds/policy.ts'
import { personRecovered, recoverySet } from './kinds/recovery.ts'
import { channelRules, gatewayStarted } from './kinds/rules.ts'
import { sourceDecided } from './kinds/source.ts'
import { streamBound, streamChanged, streamClosed, streamOpened, streamUnbound } from './kinds/stream.ts'

export const kinds = {
  'act.approved': actApproved,
  'act.declined': actDeclined,
  'act.ended': actEnded,
  'act.withdrawn': actWithdrawn,
  'alarm.acknowledged': alarmAcknowledged,
  'alarm.cleared': alarmCleared,
  'alarm.raised': alarmRaised,
  'alarm.shelved': alarmShelved,
  'alarm.unshelved': alarmUnshelved,
  'asset.aggregated': assetAggregated,
  'asset.attributed': assetAttributed,
  'asset.bound': assetBound,
  'asset.observed': assetObserved,
  'asset.registered': assetRegistered,
  'asset.transformed': assetTransformed,
  'certificate.issued': certificateIssued,
  'certificate.revoked': certificateRevoked,
  'channel.opened': channelOpened,
  'channel.policy': channelPolicy,
  'channel.rules': channelRules,
  'document.added': documentAdded,
  'document.superseded': documentSuperseded,
  'document.transferred': documentTransferred,
  'gateway.alive': gatewayAlive,
  'gateway.resumed': gatewayResumed,
  'gateway.started': gatewayStarted,
  'key.replaced': keyReplaced,
  'key.restored': keyRestored,
  'key.revoked': keyRevoked,
  'key.rotated': keyRotated,
  'key.suspended': keySuspended,
  'milestone.stated': milestoneStated,
  'pack.activated': packActivated,
  'pack.loaded': packLoaded,
  'pack.part': packPartAdded,
  'pack.proposed': packProposed,
  'pack.retired': packRetired,
  'person.ended': personEnded,
  'person.enrolled': personEnrolled,
  'person.moved': personMoved,
  'person.recovered': personRecovered,
  'person.restored': personRestored,
  'person.suspended': personSuspended,
  'record.healed': recordHealed,
  'recovery.set': recoverySet,
  'source.decided': sourceDecided,
  'stream.bound': streamBound,
  'stream.changed': streamChanged,
  'stream.closed': streamClosed,
  'stream.opened': streamOpened,
  'stream.unbound': streamUnbound,
} as const

export type CoreEventType = keyof typeof kinds
/** Body type of each. */
export type CoreEvents = { [T in CoreEventType]: (typeof kinds)[T] extends Kind<infer Body> ? Body : never }
