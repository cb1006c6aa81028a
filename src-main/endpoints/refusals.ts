/**
 * Why a call is refused: codes that are stable, because scripts act on them and the console has words for each in its reader's
 * language (`src-renderer/words/refusal.ts`). A refusal comes with English prose too, for logs, programs and the command line.
 */
export const refusalCodes = [
  'not_signed_in',
  'wrong_code',
  'wrong_passphrase',
  'wrong_role',
  'too_many_attempts',
  'too_many_requests',
  'too_many_streams',
  'too_many_exports',
  'export_failed',
  'export_too_large',
  'busy',
  'wrong_origin',
  'wrong_host',
  'unknown_person',
  'person_exists',
  'person_looks_alike',
  'last_admin',
  'other_role',
  'passkey_refused',
  'passkeys_not_here',
  'invalid_person',
  'people_file',
  'unreachable',
  'malformed_answer',
  'refused',
  'starting',
  'internal',
  'invalid_response',
  'invalid_request',
  'unknown_call',
  'body_too_large',
  'unknown_entry',
  'not_found',
  'no_checkpoint',
  'unknown_stream',
  'unknown_source',
  'unknown_asset',
  'unknown_certificate',
  'unknown_time_zone',
  'no_certificate',
  'fingerprint_differs',
  'other_certificate_pinned',
  'not_supported',
  'worker_failed',
  'gaps_open',
  'no_pack',
  'pack_not_shipped',
  'too_many_readings',
  'not_cosigned_yet',
  'cosigners_missing',
  'period_open',
  'entry_barred',
  'range_barred',
  'readings_missing',
  'rule_unfinished',
  'material_incomplete',
  'not_conclusive',
  'certificate_damaged',
  'nothing_changed',
  'queue_full',
  'not_recorded',
  'event_malformed',
  'clock_moved',
  'ledger_stopped',
  'disk_full',
  'database_busy',
  'database_damaged',
  'payload_damaged',
] as const

export type RefusalCode = (typeof refusalCodes)[number]

/** Codes that only a program meets, which builds its requests itself: the console never asks like that. */
const codesOfPrograms = ['wrong_content_type', 'unknown_tile'] as const

export type ApiCode = RefusalCode | (typeof codesOfPrograms)[number]

export function isRefusalCode(code: string): code is RefusalCode {
  return (refusalCodes as readonly string[]).includes(code)
}
