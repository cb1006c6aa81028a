/** The types of events that the format knows (docs/FORMATS.md, Entry), in words. */
import type { CoreEventType } from '../../src-main/record/kinds.ts'
import { m } from '../paraglide/messages.js'

const words: Record<CoreEventType, () => string> = {
  'act.approved': m.ledger_type_act_approved,
  'act.declined': m.ledger_type_act_declined,
  'act.ended': m.ledger_type_act_ended,
  'act.withdrawn': m.ledger_type_act_withdrawn,
  'alarm.acknowledged': m.ledger_type_alarm_acknowledged,
  'alarm.cleared': m.ledger_type_alarm_cleared,
  'alarm.raised': m.ledger_type_alarm_raised,
  'alarm.shelved': m.ledger_type_alarm_shelved,
  'alarm.unshelved': m.ledger_type_alarm_unshelved,
  'asset.aggregated': m.ledger_type_asset_aggregated,
  'asset.attributed': m.ledger_type_asset_attributed,
  'asset.bound': m.ledger_type_asset_bound,
  'asset.observed': m.ledger_type_asset_observed,
  'asset.registered': m.ledger_type_asset_registered,
  'asset.transformed': m.ledger_type_asset_transformed,
  'certificate.issued': m.ledger_type_certificate_issued,
  'certificate.revoked': m.ledger_type_certificate_revoked,
  'channel.opened': m.ledger_type_channel_opened,
  'channel.policy': m.ledger_type_channel_policy,
  'channel.rules': m.ledger_type_channel_rules,
  'document.added': m.ledger_type_document_added,
  'document.superseded': m.ledger_type_document_superseded,
  'document.transferred': m.ledger_type_document_transferred,
  'gateway.alive': m.ledger_type_gateway_alive,
  'gateway.resumed': m.ledger_type_gateway_resumed,
  'gateway.started': m.ledger_type_gateway_started,
  'key.replaced': m.ledger_type_key_replaced,
  'key.restored': m.ledger_type_key_restored,
  'key.revoked': m.ledger_type_key_revoked,
  'key.rotated': m.ledger_type_key_rotated,
  'key.suspended': m.ledger_type_key_suspended,
  'milestone.stated': m.ledger_type_milestone_stated,
  'pack.activated': m.ledger_type_pack_activated,
  'pack.loaded': m.ledger_type_pack_loaded,
  'pack.part': m.ledger_type_pack_part,
  'pack.proposed': m.ledger_type_pack_proposed,
  'pack.retired': m.ledger_type_pack_retired,
  'person.ended': m.ledger_type_person_ended,
  'person.enrolled': m.ledger_type_person_enrolled,
  'person.moved': m.ledger_type_person_moved,
  'person.recovered': m.ledger_type_person_recovered,
  'person.restored': m.ledger_type_person_restored,
  'person.suspended': m.ledger_type_person_suspended,
  'record.healed': m.ledger_type_record_healed,
  'recovery.set': m.ledger_type_recovery_set,
  'source.decided': m.ledger_type_source_decided,
  'stream.bound': m.ledger_type_stream_bound,
  'stream.changed': m.ledger_type_stream_changed,
  'stream.closed': m.ledger_type_stream_closed,
  'stream.opened': m.ledger_type_stream_opened,
  'stream.unbound': m.ledger_type_stream_unbound,
}

export const eventTypes = Object.keys(words) as CoreEventType[]

/** A type of another version has no word, and stands as its statement has it. */
export function eventTypeWord(type: string): string {
  return Object.hasOwn(words, type) ? words[type as CoreEventType]() : type
}
