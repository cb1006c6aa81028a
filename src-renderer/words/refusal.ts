/** Refusals in the reader's language: what is so, and what to do. */
import { isRefusalCode, type RefusalCode } from '../../src-main/endpoints/refusals.ts'
import { m } from '../paraglide/messages.js'

export interface RefusalWords {
  /** A sentence without its full stop. */
  text: string
  todo: string
}

const words: Record<RefusalCode, { text: () => string; todo: () => string }> = {
  not_signed_in: { text: m.refusal_not_signed_in, todo: m.refusal_not_signed_in_todo },
  wrong_code: { text: m.refusal_wrong_code, todo: m.refusal_wrong_code_todo },
  wrong_passphrase: { text: m.refusal_wrong_passphrase, todo: m.refusal_wrong_passphrase_todo },
  wrong_role: { text: m.refusal_wrong_role, todo: m.refusal_wrong_role_todo },
  too_many_attempts: { text: m.refusal_too_many_attempts, todo: m.refusal_too_many_attempts_todo },
  too_many_requests: { text: m.refusal_too_many_requests, todo: m.refusal_too_many_requests_todo },
  too_many_streams: { text: m.refusal_too_many_streams, todo: m.refusal_too_many_streams_todo },
  too_many_exports: { text: m.refusal_too_many_exports, todo: m.refusal_too_many_exports_todo },
  export_failed: { text: m.refusal_export_failed, todo: m.refusal_export_failed_todo },
  export_too_large: { text: m.refusal_export_too_large, todo: m.refusal_export_too_large_todo },
  busy: { text: m.refusal_busy, todo: m.refusal_busy_todo },
  wrong_origin: { text: m.refusal_wrong_origin, todo: m.refusal_wrong_origin_todo },
  wrong_host: { text: m.refusal_wrong_host, todo: m.refusal_wrong_host_todo },
  unknown_person: { text: m.refusal_unknown_person, todo: m.refusal_unknown_person_todo },
  person_exists: { text: m.refusal_person_exists, todo: m.refusal_person_exists_todo },
  person_looks_alike: { text: m.refusal_person_looks_alike, todo: m.refusal_person_looks_alike_todo },
  last_signing_admin: { text: m.refusal_last_signing_admin, todo: m.refusal_last_signing_admin_todo },
  last_admin: { text: m.refusal_last_admin, todo: m.refusal_last_admin_todo },
  passkey_refused: { text: m.refusal_passkey_refused, todo: m.refusal_passkey_refused_todo },
  passkeys_not_here: { text: m.refusal_passkeys_not_here, todo: m.refusal_passkeys_not_here_todo },
  other_role: { text: m.refusal_other_role, todo: m.refusal_other_role_todo },
  invalid_person: { text: m.refusal_invalid_person, todo: m.refusal_invalid_person_todo },
  people_file: { text: m.refusal_people_file, todo: m.refusal_people_file_todo },
  unreachable: { text: m.refusal_unreachable, todo: m.refusal_unreachable_todo },
  malformed_answer: { text: m.refusal_malformed_answer, todo: m.refusal_malformed_answer_todo },
  refused: { text: m.refusal_refused, todo: m.refusal_refused_todo },
  starting: { text: m.refusal_starting, todo: m.refusal_starting_todo },
  internal: { text: m.refusal_internal, todo: m.refusal_internal_todo },
  invalid_response: { text: m.refusal_invalid_response, todo: m.refusal_invalid_response_todo },
  invalid_request: { text: m.refusal_invalid_request, todo: m.refusal_invalid_request_todo },
  unknown_call: { text: m.refusal_unknown_call, todo: m.refusal_unknown_call_todo },
  body_too_large: { text: m.refusal_body_too_large, todo: m.refusal_body_too_large_todo },
  unknown_entry: { text: m.refusal_unknown_entry, todo: m.refusal_unknown_entry_todo },
  not_found: { text: m.refusal_not_found, todo: m.refusal_not_found_todo },
  no_checkpoint: { text: m.refusal_no_checkpoint, todo: m.refusal_no_checkpoint_todo },
  unknown_channel: { text: m.refusal_unknown_channel, todo: m.refusal_unknown_channel_todo },
  channel_stopped: { text: m.refusal_channel_stopped, todo: m.refusal_channel_stopped_todo },
  unknown_stream: { text: m.refusal_unknown_stream, todo: m.refusal_unknown_stream_todo },
  unknown_source: { text: m.refusal_unknown_source, todo: m.refusal_unknown_source_todo },
  unknown_asset: { text: m.refusal_unknown_asset, todo: m.refusal_unknown_asset_todo },
  unknown_certificate: { text: m.refusal_unknown_certificate, todo: m.refusal_unknown_certificate_todo },
  unknown_time_zone: { text: m.refusal_unknown_time_zone, todo: m.refusal_unknown_time_zone_todo },
  no_certificate: { text: m.refusal_no_certificate, todo: m.refusal_no_certificate_todo },
  fingerprint_differs: { text: m.refusal_fingerprint_differs, todo: m.refusal_fingerprint_differs_todo },
  other_certificate_pinned: { text: m.refusal_other_certificate_pinned, todo: m.refusal_other_certificate_pinned_todo },
  not_supported: { text: m.refusal_not_supported, todo: m.refusal_not_supported_todo },
  worker_failed: { text: m.refusal_worker_failed, todo: m.refusal_worker_failed_todo },
  gaps_open: { text: m.refusal_gaps_open, todo: m.refusal_gaps_open_todo },
  no_relation: { text: m.refusal_no_relation, todo: m.refusal_no_relation_todo },
  no_issuing_key: { text: m.refusal_no_issuing_key, todo: m.refusal_no_issuing_key_todo },
  no_pack: { text: m.refusal_no_pack, todo: m.refusal_no_pack_todo },
  pack_retired: { text: m.refusal_pack_retired, todo: m.refusal_pack_retired_todo },
  not_comparable: { text: m.refusal_not_comparable, todo: m.refusal_not_comparable_todo },
  pack_malformed: { text: m.refusal_pack_malformed, todo: m.refusal_pack_malformed_todo },
  unknown_pack: { text: m.refusal_unknown_pack, todo: m.refusal_unknown_pack_todo },
  pack_unclear: { text: m.refusal_pack_unclear, todo: m.refusal_pack_unclear_todo },
  pack_not_bound: { text: m.refusal_pack_not_bound, todo: m.refusal_pack_not_bound_todo },
  pack_not_shipped: { text: m.refusal_pack_not_shipped, todo: m.refusal_pack_not_shipped_todo },
  too_many_readings: { text: m.refusal_too_many_readings, todo: m.refusal_too_many_readings_todo },
  not_cosigned_yet: { text: m.refusal_not_cosigned_yet, todo: m.refusal_not_cosigned_yet_todo },
  cosigners_missing: { text: m.refusal_cosigners_missing, todo: m.refusal_cosigners_missing_todo },
  period_open: { text: m.refusal_period_open, todo: m.refusal_period_open_todo },
  entry_barred: { text: m.refusal_entry_barred, todo: m.refusal_entry_barred_todo },
  range_barred: { text: m.refusal_range_barred, todo: m.refusal_range_barred_todo },
  rule_unfinished: { text: m.refusal_rule_unfinished, todo: m.refusal_rule_unfinished_todo },
  readings_missing: { text: m.refusal_readings_missing, todo: m.refusal_readings_missing_todo },
  material_incomplete: { text: m.refusal_material_incomplete, todo: m.refusal_material_incomplete_todo },
  key_suspect: { text: m.refusal_key_suspect, todo: m.refusal_key_suspect_todo },
  not_conclusive: { text: m.refusal_not_conclusive, todo: m.refusal_not_conclusive_todo },
  certificate_revoked: { text: m.refusal_certificate_revoked, todo: m.refusal_certificate_revoked_todo },
  certificate_damaged: { text: m.refusal_certificate_damaged, todo: m.refusal_certificate_damaged_todo },
  nothing_changed: { text: m.refusal_nothing_changed, todo: m.refusal_nothing_changed_todo },
  queue_full: { text: m.refusal_queue_full, todo: m.refusal_queue_full_todo },
  passphrase_needed: { text: m.refusal_passphrase_needed, todo: m.refusal_passphrase_needed_todo },
  no_signing_key: { text: m.refusal_no_signing_key, todo: m.refusal_no_signing_key_todo },
  person_elsewhere: { text: m.refusal_person_elsewhere, todo: m.refusal_person_elsewhere_todo },
  recovery_code_wrong: { text: m.refusal_recovery_code_wrong, todo: m.refusal_recovery_code_wrong_todo },
  person_not_enrolled: { text: m.refusal_person_not_enrolled, todo: m.refusal_person_not_enrolled_todo },
  event_malformed: { text: m.refusal_event_malformed, todo: m.refusal_event_malformed_todo },
  not_recorded: { text: m.refusal_not_recorded, todo: m.refusal_not_recorded_todo },
  clock_moved: { text: m.refusal_clock_moved, todo: m.refusal_clock_moved_todo },
  unknown_alarm: { text: m.refusal_unknown_alarm, todo: m.refusal_unknown_alarm_todo },
  not_shelvable: { text: m.refusal_not_shelvable, todo: m.refusal_not_shelvable_todo },
  not_shelved: { text: m.refusal_not_shelved, todo: m.refusal_not_shelved_todo },
  shelved_too_long: { text: m.refusal_shelved_too_long, todo: m.refusal_shelved_too_long_todo },
  reason_missing: { text: m.refusal_reason_missing, todo: m.refusal_reason_missing_todo },
  ledger_stopped: { text: m.refusal_ledger_stopped, todo: m.refusal_ledger_stopped_todo },
  disk_full: { text: m.refusal_disk_full, todo: m.refusal_disk_full_todo },
  database_busy: { text: m.refusal_database_busy, todo: m.refusal_database_busy_todo },
  database_damaged: { text: m.refusal_database_damaged, todo: m.refusal_database_damaged_todo },
  payload_damaged: { text: m.refusal_payload_damaged, todo: m.refusal_payload_damaged_todo },
}

/** What a newer gateway says in a code that is not known here stays in its own English words. */
export function refusalWords({ code, message, next }: { code: string; message: string; next: string }): RefusalWords {
  if (!isRefusalCode(code)) return { text: message, todo: next }
  const { text, todo } = words[code]
  return { text: text(), todo: todo() }
}

/** In one line, where there is no room for two. */
export function refusalLine(refusal: { code: string; message: string; next: string }): string {
  const { text, todo } = refusalWords(refusal)
  return `${text}. ${todo}`
}
