/** What conditions say, in the reader's language: what is so, what follows from it, what to do. English is in the table of conditions. */
import type { ConditionCode, Status } from './model.ts'
import { m } from '../paraglide/messages.js'
import { shutText } from './door.ts'
import { notHealed } from './healing.ts'
import { inLanguage } from './in-language.ts'
import { firstPlace, placeOf } from './integrity.ts'
import { count, decimals } from './number.ts'
import { recordRefusal } from './record-refusal.ts'
import { sourceKey } from './source-key.ts'

type Condition = Pick<Status['alarms'][number], 'code' | 'place' | 'facts' | 'text'>
/** Paraglide types each message by its own names; which ones a condition gives, its table says. */
type Say = (inputs: never) => string

export interface ConditionWords {
  text: string
  /** Empty where this console does not know the code: a newer gateway has more. */
  means: string
  todo: string
}

const words: Record<ConditionCode, { text: Say; means: Say; todo: Say }> = {
  'record-changed': {
    text: m.condition_record_changed,
    means: m.condition_record_changed_means,
    todo: m.condition_record_changed_todo,
  },
  'rebuild-failed': {
    text: m.condition_rebuild_failed,
    means: m.condition_rebuild_failed_means,
    todo: m.condition_rebuild_failed_todo,
  },
  'record-repaired': {
    text: m.condition_record_repaired,
    means: m.condition_record_repaired_means,
    todo: m.condition_record_repaired_todo,
  },
  'repair-failed': {
    text: m.condition_repair_failed,
    means: m.condition_repair_failed_means,
    todo: m.condition_repair_failed_todo,
  },
  'tables-rebuilt': {
    text: m.condition_tables_rebuilt,
    means: m.condition_tables_rebuilt_means,
    todo: m.condition_tables_rebuilt_todo,
  },
  'ledger-old': {
    text: m.condition_ledger_old,
    means: m.condition_ledger_old_means,
    todo: m.condition_ledger_old_todo,
  },
  'ledger-replaced': {
    text: m.condition_ledger_replaced,
    means: m.condition_ledger_replaced_means,
    todo: m.condition_ledger_replaced_todo,
  },
  'ledger-missing': {
    text: m.condition_ledger_missing,
    means: m.condition_ledger_missing_means,
    todo: m.condition_ledger_missing_todo,
  },
  'mark-missing': {
    text: m.condition_mark_missing,
    means: m.condition_mark_missing_means,
    todo: m.condition_mark_missing_todo,
  },
  'peers-know-more': {
    text: m.condition_peers_know_more,
    means: m.condition_peers_know_more_means,
    todo: m.condition_peers_know_more_todo,
  },
  'identity-doubled': {
    text: m.condition_identity_doubled,
    means: m.condition_identity_doubled_means,
    todo: m.condition_identity_doubled_todo,
  },
  'member-resting': {
    text: m.condition_member_resting,
    means: m.condition_member_resting_means,
    todo: m.condition_member_resting_todo,
  },
  'status-unreadable': {
    text: m.condition_status_unreadable,
    means: m.condition_status_unreadable_means,
    todo: m.condition_status_unreadable_todo,
  },
  'disk-full': { text: m.condition_disk_full, means: m.condition_disk_full_means, todo: m.condition_disk_full_todo },
  'keys-used-elsewhere': {
    text: m.condition_keys_used_elsewhere,
    means: m.condition_keys_used_elsewhere_means,
    todo: m.condition_keys_used_elsewhere_todo,
  },
  'log-damaged': {
    text: m.condition_log_damaged,
    means: m.condition_log_damaged_means,
    todo: m.condition_log_damaged_todo,
  },
  'disk-low': { text: m.condition_disk_low, means: m.condition_disk_low_means, todo: m.condition_disk_low_todo },
  'disk-soon-full': {
    text: m.condition_disk_soon_full,
    means: m.condition_disk_soon_full_means,
    todo: m.condition_disk_soon_full_todo,
  },
  'queue-full': {
    text: m.condition_queue_full,
    means: m.condition_queue_full_means,
    todo: m.condition_queue_full_todo,
  },
  'queue-old': { text: m.condition_queue_old, means: m.condition_queue_old_means, todo: m.condition_queue_old_todo },
  'signing-stopped': {
    text: m.condition_signing_stopped,
    means: m.condition_signing_stopped_means,
    todo: m.condition_signing_stopped_todo,
  },
  'statement-refused': {
    text: m.condition_statement_refused,
    means: m.condition_statement_refused_means,
    todo: m.condition_statement_refused_todo,
  },
  'event-refused': {
    text: m.condition_event_refused,
    means: m.condition_event_refused_means,
    todo: m.condition_event_refused_todo,
  },
  'statement-not-taken': {
    text: m.condition_statement_not_taken,
    means: m.condition_statement_not_taken_means,
    todo: m.condition_statement_not_taken_todo,
  },
  'refused-signed-again': {
    text: m.condition_refused_signed_again,
    means: m.condition_refused_signed_again_means,
    todo: m.condition_refused_signed_again_todo,
  },
  'stream-unopened': {
    text: m.condition_stream_unopened,
    means: m.condition_stream_unopened_means,
    todo: m.condition_stream_unopened_todo,
  },
  'event-not-signed': {
    text: m.condition_event_not_signed,
    means: m.condition_event_not_signed_means,
    todo: m.condition_event_not_signed_todo,
  },
  'source-untrusted': {
    text: m.condition_source_untrusted,
    means: m.condition_source_untrusted_means,
    todo: m.condition_source_untrusted_todo,
  },
  'source-refused': {
    text: m.condition_source_refused,
    means: m.condition_source_refused_means,
    todo: m.condition_source_refused_todo,
  },
  'source-unreached': {
    text: m.condition_source_unreached,
    means: m.condition_source_unreached_means,
    todo: m.condition_source_unreached_todo,
  },
  'source-stale': {
    text: m.condition_source_stale,
    means: m.condition_source_stale_means,
    todo: m.condition_source_stale_todo,
  },
  'lot-unusable': {
    text: m.condition_lot_unusable,
    means: m.condition_lot_unusable_means,
    todo: m.condition_lot_unusable_todo,
  },
  'lot-refused': {
    text: m.condition_lot_refused,
    means: m.condition_lot_refused_means,
    todo: m.condition_lot_refused_todo,
  },
  doubt: { text: m.condition_doubt, means: m.condition_doubt_means, todo: m.condition_doubt_todo },
  'record-differs': {
    text: m.condition_record_differs,
    means: m.condition_record_differs_means,
    todo: m.condition_record_differs_todo,
  },
  'signed-two-records': {
    text: m.condition_signed_two_records,
    means: m.condition_signed_two_records_means,
    todo: m.condition_signed_two_records_todo,
  },
  'peer-changed': {
    text: m.condition_peer_changed,
    means: m.condition_peer_changed_means,
    todo: m.condition_peer_changed_todo,
  },
  'no-checkpoint': {
    text: m.condition_no_checkpoint,
    means: m.condition_no_checkpoint_means,
    todo: m.condition_no_checkpoint_todo,
  },
  'no-leader': { text: m.condition_no_leader, means: m.condition_no_leader_means, todo: m.condition_no_leader_todo },
  'gateway-lags': {
    text: m.condition_gateway_lags,
    means: m.condition_gateway_lags_means,
    todo: m.condition_gateway_lags_todo,
  },
  'peer-silent': {
    text: m.condition_peer_silent,
    means: m.condition_peer_silent_means,
    todo: m.condition_peer_silent_todo,
  },
  'messages-refused': {
    text: m.condition_messages_refused,
    means: m.condition_messages_refused_means,
    todo: m.condition_messages_refused_todo,
  },
  'connection-refused': {
    text: m.condition_connection_refused,
    means: m.condition_connection_refused_means,
    todo: m.condition_connection_refused_todo,
  },
  'left-behind': {
    text: m.condition_left_behind,
    means: m.condition_left_behind_means,
    todo: m.condition_left_behind_todo,
  },
  'clock-differs': {
    text: m.condition_clock_differs,
    means: m.condition_clock_differs_means,
    todo: m.condition_clock_differs_todo,
  },
  'rules-missing': {
    text: m.condition_rules_missing,
    means: m.condition_rules_missing_means,
    todo: m.condition_rules_missing_todo,
  },
  'clock-ahead': {
    text: m.condition_clock_ahead,
    means: m.condition_clock_ahead_means,
    todo: m.condition_clock_ahead_todo,
  },
  'clock-leapt': {
    text: m.condition_clock_leapt,
    means: m.condition_clock_leapt_means,
    todo: m.condition_clock_leapt_todo,
  },
  'clock-before-ledger': {
    text: m.condition_clock_before_ledger,
    means: m.condition_clock_before_ledger_means,
    todo: m.condition_clock_before_ledger_todo,
  },
  'clock-after-pause': {
    text: m.condition_clock_after_pause,
    means: m.condition_clock_after_pause_means,
    todo: m.condition_clock_after_pause_todo,
  },
  'clock-simulated': {
    text: m.condition_clock_simulated,
    means: m.condition_clock_simulated_means,
    todo: m.condition_clock_simulated_todo,
  },
  'seals-refused': {
    text: m.condition_seals_refused,
    means: m.condition_seals_refused_means,
    todo: m.condition_seals_refused_todo,
  },
  'sources-not-told': {
    text: m.condition_sources_not_told,
    means: m.condition_sources_not_told_means,
    todo: m.condition_sources_not_told_todo,
  },
  'console-moved': {
    text: m.condition_console_moved,
    means: m.condition_console_moved_means,
    todo: m.condition_console_moved_todo,
  },
  'console-shut': {
    text: m.condition_console_shut,
    means: m.condition_console_shut_means,
    todo: m.condition_console_shut_todo,
  },
  'console-certificate-ends': {
    text: m.condition_console_certificate_ends,
    means: m.condition_console_certificate_ends_means,
    todo: m.condition_console_certificate_ends_todo,
  },
  'channel-stopped': {
    text: m.condition_channel_stopped,
    means: m.condition_channel_stopped_means,
    todo: m.condition_channel_stopped_todo,
  },
}

export function conditionWords(condition: Condition, status: Status): ConditionWords {
  const known = Object.hasOwn(words, condition.code) ? words[condition.code as ConditionCode] : undefined
  if (known === undefined) return { text: condition.text, means: '', todo: '' }
  const say = (one: Say): string => one(inputsOf(condition, status) as never)
  return { text: say(known.text), means: say(known.means), todo: say(known.todo) }
}

function inputsOf({ code, place, facts }: Condition, status: Status): Record<string, string> {
  const said = Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'number' ? figure(fact) : fact])
  // The gateway says in English where a record was changed; the place itself is known here.
  const where = code === 'record-changed' && firstPlace(status) !== null ? { where: placeOf(firstPlace(status)) } : {}
  // Why a repair failed, the status says by a code.
  const { healing } = status.integrity
  const reason = code === 'repair-failed' && healing.reason !== null ? { reason: notHealed(healing) } : {}
  // And why the console is shut for others.
  const shut = code === 'console-shut' ? shutText(String(facts['why']), String(facts['detail'])) : null
  // And why the ledger did not take a statement.
  const refused = recordRefusal(facts['refused'])
  // The place of a source is its key; what it is called in the reader's language, the status says.
  const named = typeof facts['source'] === 'string' ? status.sources.find((one) => sourceKey(one) === place) : undefined
  const waits = typeof facts['missing'] === 'number' ? { waits: waitsFor(facts['missing']) } : {}
  return {
    ...(Object.fromEntries(said) as Record<string, string>),
    place,
    ...where,
    ...reason,
    ...(named === undefined ? {} : { source: inLanguage(named.name, named.names) }),
    ...waits,
    ...(shut === null ? {} : { reason: shut }),
    ...(refused === undefined ? {} : { reason: refused }),
  }
}

function waitsFor(missing: number): string {
  return missing > 0 ? m.waits_for_others({ n: missing, count: count(missing) }) : m.waits_no_more()
}

function figure(fact: number): string {
  return Number.isInteger(fact) ? count(fact) : decimals(fact, 1)
}
