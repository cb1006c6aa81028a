/** The types of events that the format knows (docs/FORMATS.md, Entry), in words. */
import type { CoreEventType } from '../../src-main/record/kinds.ts'
import { m } from '../paraglide/messages.js'

const words: Record<CoreEventType, () => string> = {
  'channel.opened': m.ledger_type_channel_opened,
  'stream.opened': m.ledger_type_stream_opened,
  'stream.closed': m.ledger_type_stream_closed,
  'asset.registered': m.ledger_type_asset_registered,
  'document.added': m.ledger_type_document_added,
  'document.superseded': m.ledger_type_document_superseded,
  'document.transferred': m.ledger_type_document_transferred,
  'gateway.alive': m.ledger_type_gateway_alive,
  'gateway.resumed': m.ledger_type_gateway_resumed,
  'certificate.issued': m.ledger_type_certificate_issued,
  'source.decided': m.ledger_type_source_decided,
  'alarm.acknowledged': m.ledger_type_alarm_acknowledged,
  'record.healed': m.ledger_type_record_healed,
}

export const eventTypes = Object.keys(words) as CoreEventType[]

/** A type of another version has no word, and stands as its statement has it. */
export function eventTypeWord(type: string): string {
  return Object.hasOwn(words, type) ? words[type as CoreEventType]() : type
}
