import type { MissingCode } from '../certificates/step.ts'

/** What can go wrong while a gateway is set up or run, for a person or a script to act on. */
export type GatewayErrorCode =
  | MissingCode
  | 'config_unreadable'
  | 'config_invalid'
  | 'config_not_private'
  | 'data_folder'
  | 'not_private'
  | 'already_running'
  | 'not_running'
  | 'starting'
  | 'channel_missing'
  | 'channel_mismatch'
  | 'not_continued'
  | 'nothing_changed'
  | 'queue_full'
  | 'not_recorded'
  | 'event_malformed'
  | 'too_early'
  | 'no_proof'
  | 'gaps_open'
  | 'no_pack'
  | 'pack_not_shipped'
  | 'too_many_readings'
  | 'not_cosigned_yet'
  | 'no_checkpoint'
  | 'entry_barred'
  | 'range_barred'
  | 'readings_missing'
  | 'unknown_asset'
  | 'unknown_time_zone'
  | 'unknown_stream'
  | 'export_too_large'
  | 'export_failed'
  | 'too_many_exports'
  | 'busy'
  | 'certificate_damaged'
  | 'ledger_stopped'
  | 'disk_full'
  | 'port_in_use'
  | 'stream_changed'
  | 'ledger_vanished'
  | 'clock_moved'

/** An operating error: `message` says what and where, `next` what to do. Never thrown for programmer errors. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode
  readonly next: string

  constructor(code: GatewayErrorCode, message: string, next: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'GatewayError'
    this.code = code
    this.next = next
  }
}
