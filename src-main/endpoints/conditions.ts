/**
 * The one table of conditions: what is so now and should not be. Each code has a priority, what ends it, and its words; screens
 * have the same words in their languages (`condition_*` in src-renderer/messages). Nothing else may be raised.
 *
 * In the words, `{place}` is who or where, and other names in braces are facts that whoever raises the condition gives.
 */

import { consoleConditions } from './console-conditions.ts'

/** 1: act now, 2: act soon, 3: know it. */
export type Priority = 1 | 2 | 3

/**
 * What ends a condition. `watched`: who raised it sees that it is over and says so. `restart`: it stands until this gateway
 * starts again (and is raised anew where it is still so). `afterMs`: it happened and is over at once, so it is told for so long
 * after it happened last.
 */
export type Ends = 'watched' | 'restart' | { readonly afterMs: number }

/** What the words of a condition name. Texts may hold English detail, an error's message for instance. */
export type Facts = Readonly<Record<string, string | number>>

export interface ConditionKind {
  readonly priority: Priority
  readonly ends: Ends
  readonly text: string
  /** What follows from it. */
  readonly means: string
  /** What a person does about it. */
  readonly todo: string
}

const HOUR_MS = 3_600_000
const hour = { afterMs: HOUR_MS }
const day = { afterMs: 24 * HOUR_MS }

const lossMeans =
  'It neither votes nor signs nor confirms checkpoints before it knows again what it promised. Readings are kept.'
const lossTodo =
  'Start the other gateways: when it has heard them it comes back by itself. Alone, or without a majority of them, it cannot: run "plumbline recover --continue", which founds a ledger that continues this one.'

const clockMeans =
  'It seals no blocks, flags its readings, and signs with the time that it counts on from the last it believed.'
const clockTodo =
  'Set it by a time server: a minute after that it is believed again. Or compare it with another clock, and where it is right run "plumbline time confirm".'

export const conditionKinds = {
  'ledger-old': {
    priority: 1,
    ends: 'watched',
    text: 'The ledger of {place} is older than what this gateway remembers of it; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'ledger-replaced': {
    priority: 1,
    ends: 'watched',
    text: 'The ledger of {place} is another file than the one it recorded in; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'ledger-missing': {
    priority: 1,
    ends: 'watched',
    text: 'The ledger of {place} is gone: it begins with an empty one; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'mark-missing': {
    priority: 1,
    ends: 'watched',
    text: 'The mark beside the keys of {place}, which tells how far its ledger was, is gone; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'peers-know-more': {
    priority: 1,
    ends: 'watched',
    text: 'Other gateways have seen {place} go on further than its ledger does; {waits}',
    means: lossMeans,
    todo: lossTodo,
  },
  'keys-used-elsewhere': {
    priority: 1,
    ends: 'restart',
    text: 'Another gateway signs with the keys of {place}',
    means: 'This one signs nothing any more, and what it reads is not recorded.',
    todo: 'Find the other one, a copy of this data folder or of its disk, and stop it for good; then start this one again.',
  },
  'identity-doubled': {
    priority: 1,
    ends: 'watched',
    text: 'Two gateways say that they are {place}',
    means: 'Nothing that either says counts here while both are seen: each could promise what the other does not know.',
    todo: 'Find the second one, which runs on a copy of its folder, and stop it for good.',
  },
  'record-changed': {
    priority: 1,
    ends: 'restart',
    text: 'The record of {place} was changed: {where}',
    means: 'This gateway signs no checkpoint, and no certificate covers that range.',
    todo: 'Find out who had access. It is repaired from the other gateways by itself, or at once by "Repair" and by plumbline repair.',
  },
  'rebuild-failed': {
    priority: 1,
    ends: 'restart',
    text: 'Damaged tables of the ledger on {place} could not be rebuilt: {reason}',
    means: 'Answers of this gateway may rest on damage; the others are not touched.',
    todo: 'Check the disk, and restore the folder from a backup.',
  },
  'tables-rebuilt': {
    priority: 2,
    ends: day,
    text: 'Damaged tables of the ledger on {place} were rebuilt from its {entries} entries: {reason}',
    means: 'Nothing recorded was lost, but this disk returned other bytes than were written.',
    todo: 'Check this disk, and replace it before it fails.',
  },
  'record-repaired': {
    priority: 2,
    ends: day,
    text: 'Damaged parts of the record of {place} were replaced with those of {gateways}: {parts}',
    means:
      'The record is again what the gateways agreed on, and the ledger says so. What was damaged is kept in the folder evidence.',
    todo: 'Find out who or what changed it: look at this disk, and at who has access to it.',
  },
  'repair-failed': {
    priority: 1,
    ends: 'watched',
    text: 'The record of {place} could not be repaired: {reason}',
    means: 'This gateway goes on recording, and signs no checkpoint. The others are not touched.',
    todo: 'Start the other gateways, and ask for the repair again. Where the disk fails, replace it.',
  },
  'log-damaged': {
    priority: 1,
    ends: hour,
    text: 'An entry in the consensus log of {place} is damaged: {reason}',
    means: 'It is not passed on. Another gateway has it, and this one goes on.',
    todo: 'Check this disk.',
  },
  'disk-low': {
    priority: 2,
    ends: 'watched',
    text: 'Only {percent} % of the disk of {place} is free',
    means: 'A full disk ends recording on this gateway.',
    todo: 'Make room on it or replace it.',
  },
  'disk-soon-full': {
    priority: 2,
    ends: 'watched',
    text: 'The disk of {place} will be full in {days} days',
    means: 'A full disk ends recording on this gateway.',
    todo: 'Make room on it or replace it.',
  },
  'disk-full': {
    priority: 1,
    ends: 'watched',
    text: 'The disk of {place} is full',
    means: 'What was recorded is kept, and what is read waits in memory; nothing is recorded meanwhile.',
    todo: 'Make room on it: recording goes on by itself.',
  },
  'queue-full': {
    priority: 1,
    ends: 'watched',
    text: 'The queue on the disk of {place} is full: readings are not kept',
    means: 'What is read from now on is lost, and stands in the record as a gap.',
    todo: 'Bring back a majority of the gateways.',
  },
  'queue-old': {
    priority: 2,
    ends: 'watched',
    text: 'What {place} signed waits for more than a minute to reach the ledger',
    means: 'It is safe on disk here, and not yet recorded by the other gateways.',
    todo: 'See whether a majority of the gateways runs and is reachable.',
  },
  'signing-stopped': {
    priority: 1,
    ends: 'restart',
    text: '{place} signs nothing any more: {reason}',
    means: 'Nothing that its sources deliver is recorded.',
    todo: 'See whether a second gateway uses the same keys, then start this one again.',
  },
  'statement-refused': {
    priority: 1,
    ends: hour,
    text: 'Statement {sequence} of {place} was refused: {reason}',
    means: 'Its readings are kept and signed again.',
    todo: 'Look into the log of this gateway for what is wrong with the statement.',
  },
  'event-refused': {
    priority: 2,
    ends: hour,
    text: 'An event of {place} was refused: {reason}',
    means: 'It is not in the record.',
    todo: 'Correct what was entered or configured, and do it again.',
  },
  'statement-not-taken': {
    priority: 1,
    ends: 'watched',
    text: 'No gateway takes statement {sequence} of {place}: {reason}',
    means: 'It waits in the queue with everything after it, and is proposed again.',
    todo: 'See whether all gateways run the same version, and check this disk.',
  },
  'refused-signed-again': {
    priority: 2,
    ends: hour,
    text: '{readings} readings of {place} were refused before this start, and are signed again',
    means: 'Nothing is lost.',
    todo: 'Look into the log for why they were refused.',
  },
  'stream-unopened': {
    priority: 2,
    ends: hour,
    text: '{readings} readings on {place} belong to streams that could not be opened',
    means: 'They are not kept.',
    todo: 'Look into the log for the stream that was refused, and mend its point in the configuration.',
  },
  'event-not-signed': {
    priority: 2,
    ends: hour,
    text: '{place} could not sign an event ({event}): {reason}',
    means: 'It is not in the record.',
    todo: 'Shorten or correct what was entered, and do it again.',
  },
  'source-untrusted': {
    priority: 3,
    ends: 'watched',
    text: '{source} shows a certificate that nobody has trusted yet',
    means: 'It is not read.',
    todo: 'Compare its fingerprint with the machine, and trust it under Sources.',
  },
  'source-refused': {
    priority: 3,
    ends: 'watched',
    text: '{source} refuses the connection',
    means: 'It is not read.',
    todo: 'Check its settings and its log-in in the configuration.',
  },
  'source-stale': {
    priority: 3,
    ends: 'watched',
    text: '{source} no longer delivers',
    means: 'Its last values are shown as old; the record has a gap.',
    todo: 'Check its power, its cable and its address.',
  },
  doubt: {
    priority: 1,
    ends: 'watched',
    text: 'The record of {place} is not that of the other gateways, from size {size}',
    means:
      'One of them is wrong, and which one is not known yet. This gateway signs no checkpoint and acknowledges nothing until most gateways have signed what it computed.',
    todo: 'Keep all folders as they are, and check the record on each gateway.',
  },
  'record-differs': {
    priority: 2,
    ends: 'watched',
    text: '{place} shows another record than this gateway has, at size {size}',
    means: 'One of the two is wrong, and which one is not known yet.',
    todo: 'Check the record on both.',
  },
  'signed-two-records': {
    priority: 1,
    ends: 'restart',
    text: '{place} signed two different records for one size: {file} proves it',
    means: 'Who holds its keys lies, or its disk was copied. What only it says can no longer be relied on.',
    todo: 'Keep that file (plumbline verify explains it), stop that gateway, and find out who had its keys.',
  },
  'peer-changed': {
    priority: 2,
    ends: 'watched',
    text: '{place} says that its own record was changed',
    means: 'It signs no checkpoint. The record of this gateway is not concerned.',
    todo: 'Open its console to see where.',
  },
  'no-checkpoint': {
    priority: 2,
    ends: 'watched',
    text: 'The gateways have signed no checkpoint together for more than a minute',
    means: 'Recording goes on; what is new can be proven only once a majority signs again.',
    todo: 'See which gateways are away, or sign nothing.',
  },
  'no-leader': {
    priority: 2,
    ends: 'watched',
    text: 'No gateway leads for more than 10 s',
    means: 'Reading goes on, and what is signed waits on disk until a majority is there.',
    todo: 'See which gateways are away.',
  },
  'gateway-lags': {
    priority: 2,
    ends: 'watched',
    text: '{place} is {entries} entries behind the others, for {seconds} s',
    means: 'What it shows is old.',
    todo: 'Check its disk, its load and the network to it.',
  },
  'peer-silent': {
    priority: 2,
    ends: 'watched',
    text: 'Nothing is heard of {place}',
    means: 'Whether it has the same record cannot be told.',
    todo: 'See whether it runs, and whether the network to it works.',
  },
  'messages-refused': {
    priority: 2,
    ends: 'watched',
    text: '{place} sends what no sound gateway sends, {count} times in a minute: {what}',
    means: 'It is refused and changes nothing here.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'status-unreadable': {
    priority: 3,
    ends: 'watched',
    text: '{place} tells a status that cannot be read',
    means: 'It is passed over: whether the two agree cannot be told, and the rest goes on.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'member-resting': {
    priority: 2,
    ends: { afterMs: 60_000 },
    text: 'The link to {place} rests for a minute, because it {reason}',
    means: 'Nothing is taken from it meanwhile; the other gateways go on.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'connection-refused': {
    priority: 3,
    ends: { afterMs: 600_000 },
    text: 'A connection to the port for gateways of {place} was refused: {reason}',
    means: 'Whoever tried it reached nothing.',
    todo: 'If it is a new gateway, add it to the channel first; else find out who it is.',
  },
  'left-behind': {
    priority: 2,
    ends: 'watched',
    text: '{place} was away for too long to catch up from the log',
    means: 'It records nothing more until it has a copy of the ledger.',
    todo: 'Give it a copy of the ledger of this gateway.',
  },
  'clock-differs': {
    priority: 2,
    ends: 'watched',
    text: 'The clocks of {place} and of this gateway differ by {seconds} s',
    means: 'Times of readings cannot be compared, and seals may be refused.',
    todo: 'Set both by a time server.',
  },
  'clock-ahead': {
    priority: 2,
    ends: 'watched',
    text: 'The clock of {place} runs ahead of what most gateways say, by {seconds} s more than a seal may',
    means: 'Blocks carry the latest time that is allowed.',
    todo: 'Set its clock by a time server.',
  },
  'clock-leapt': {
    priority: 2,
    ends: 'watched',
    text: 'The clock of {place} moved by {seconds} s at once',
    means: clockMeans,
    todo: clockTodo,
  },
  'clock-before-ledger': {
    priority: 2,
    ends: 'watched',
    text: '{place} started with a clock {seconds} s before the newest block',
    means: clockMeans,
    todo: clockTodo,
  },
  'clock-after-pause': {
    priority: 2,
    ends: 'watched',
    text: '{place} started {days} days after the newest block, by a clock that nothing confirms',
    means: clockMeans,
    todo: clockTodo,
  },
  'seals-refused': {
    priority: 2,
    ends: 'watched',
    text: 'The other gateways refuse the seals of {place}: {reason}',
    means: 'It asks another one to lead.',
    todo: 'Check its clock, and whether all gateways run the same version.',
  },
  'sources-not-told': {
    priority: 3,
    ends: 'watched',
    text: 'The other gateways are not told of the {sources} sources of {place}: the list is too long',
    means: 'Only the console of this gateway shows them.',
    todo: 'Spread them over more gateways.',
  },
  ...consoleConditions,
} as const satisfies Record<string, ConditionKind>

export type ConditionCode = keyof typeof conditionKinds

export const conditionCodes = Object.keys(conditionKinds) as ConditionCode[]

export function kindOf(code: ConditionCode): ConditionKind {
  return conditionKinds[code]
}
