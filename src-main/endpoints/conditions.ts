/**
 * The one table of conditions: what is so now and should not be. Each code has a priority, what ends it, and its words; screens
 * have the same words in their languages (`condition_*` in src-renderer/messages). Nothing else may be raised.
 *
 * In the words, `{place}` is who or where, and other names in braces are facts that whoever raises the condition gives.
 *
 * **Which are events on the ledger** (`event`): all of priority 1, and below it what says something about the record or about
 * readings that are missing or of doubtful time, because a reader of the record must learn of it years later. Not those that come
 * and go with a cable or a neighbour (`source-stale`, `peer-silent`, `no-leader`): the gaps and seals say the same, signed. Not
 * those of the console and of this disk's future: they say nothing of what was recorded. And not those of events themselves
 * (`event-refused`, `event-not-signed`), so that an event that fails never calls for another one; a repair has an event of its own.
 *
 * **Which are about tampering** (`tamper`): another record than was agreed is seen, here or at another gateway. Such a condition
 * stands above all others, cannot be shelved, and is acknowledged with a reason.
 */

import { channelConditions } from './channel-conditions.ts'
import { clockConditions } from './clock-conditions.ts'
import { consoleConditions } from './console-conditions.ts'
import { memoryConditions } from './memory-conditions.ts'
import { sourceConditions } from './source-conditions.ts'

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
  /** Whether it is an event on the ledger when it begins and ends. */
  readonly event: boolean
  readonly tamper?: true
  readonly text: string
  /** What follows from it. */
  readonly means: string
  /** What a person does about it. */
  readonly todo: string
}

const HOUR_MS = 3_600_000
const hour = { afterMs: HOUR_MS }
const day = { afterMs: 24 * HOUR_MS }

export const conditionKinds = {
  ...memoryConditions,
  'keys-used-elsewhere': {
    priority: 1,
    ends: 'restart',
    event: true,
    text: 'Another gateway signs with the keys of {place}',
    means: 'This one signs nothing any more, and what it reads is not recorded.',
    todo: 'Find the other one, a copy of this data folder or of its disk, and stop it for good; then start this one again.',
  },
  'identity-doubled': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'Two gateways say that they are {place}',
    means: 'Nothing that either says counts here while both are seen: each could promise what the other does not know.',
    todo: 'Find the second one, which runs on a copy of its folder, and stop it for good.',
  },
  'record-changed': {
    priority: 1,
    ends: 'restart',
    event: true,
    tamper: true,
    text: 'The record of {place} was changed: {where}',
    means: 'This gateway signs no checkpoint, and no certificate covers that range.',
    todo: 'Find out who had access. It is repaired from the other gateways by itself, or at once by "Repair" and by plumbline repair.',
  },
  'rebuild-failed': {
    priority: 1,
    ends: 'restart',
    event: true,
    text: 'Damaged tables of the ledger on {place} could not be rebuilt: {reason}',
    means: 'Answers of this gateway may rest on damage; the others are not touched.',
    todo: 'Check the disk, and restore the folder from a backup.',
  },
  'tables-rebuilt': {
    priority: 2,
    ends: day,
    event: true,
    text: 'Damaged tables of the ledger on {place} were rebuilt from its {entries} entries: {reason}',
    means: 'Nothing recorded was lost, but this disk returned other bytes than were written.',
    todo: 'Check this disk, and replace it before it fails.',
  },
  'record-repaired': {
    priority: 2,
    ends: day,
    event: false,
    text: 'Damaged parts of the record of {place} were replaced with those of {gateways}: {parts}',
    means:
      'The record is again what the gateways agreed on, and the ledger says so. What was damaged is kept in the folder evidence.',
    todo: 'Find out who or what changed it: look at this disk, and at who has access to it.',
  },
  'repair-failed': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The record of {place} could not be repaired: {reason}',
    means: 'This gateway goes on recording, and signs no checkpoint. The others are not touched.',
    todo: 'Start the other gateways, and ask for the repair again. Where the disk fails, replace it.',
  },
  'log-damaged': {
    priority: 1,
    ends: hour,
    event: true,
    text: 'An entry in the consensus log of {place} is damaged: {reason}',
    means: 'It is not passed on. Another gateway has it, and this one goes on.',
    todo: 'Check this disk.',
  },
  'disk-low': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'Only {percent} % of the disk of {place} is free',
    means: 'A full disk ends recording on this gateway.',
    todo: 'Make room on it or replace it.',
  },
  'disk-soon-full': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The disk of {place} will be full in {days} days',
    means: 'A full disk ends recording on this gateway.',
    todo: 'Make room on it or replace it.',
  },
  'disk-full': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The disk of {place} is full',
    means: 'What was recorded is kept, and what is read waits in memory; nothing is recorded meanwhile.',
    todo: 'Make room on it: recording goes on by itself.',
  },
  'queue-full': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'The queue on the disk of {place} is full: readings are not kept',
    means: 'What is read from now on is lost, and stands in the record as a gap.',
    todo: 'Bring back a majority of the gateways.',
  },
  'queue-old': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'What {place} signed waits for more than a minute to reach the ledger',
    means: 'It is safe on disk here, and not yet recorded by the other gateways.',
    todo: 'See whether a majority of the gateways runs and is reachable.',
  },
  'signing-stopped': {
    priority: 1,
    ends: 'restart',
    event: true,
    text: '{place} signs nothing any more: {reason}',
    means: 'Nothing that its sources deliver is recorded.',
    todo: 'See whether a second gateway uses the same keys, then start this one again.',
  },
  'statement-refused': {
    priority: 1,
    ends: hour,
    event: true,
    text: 'Statement {sequence} of {place} was refused: {reason}',
    means: 'Its readings are kept and signed again.',
    todo: 'Look into the log of this gateway for what is wrong with the statement.',
  },
  'event-refused': {
    priority: 2,
    ends: hour,
    event: false,
    text: 'An event of {place} was refused: {reason}',
    means: 'It is not in the record.',
    todo: 'Correct what was entered or configured, and do it again.',
  },
  'statement-not-taken': {
    priority: 1,
    ends: 'watched',
    event: true,
    text: 'No gateway takes statement {sequence} of {place}: {reason}',
    means: 'It waits in the queue with everything after it, and is proposed again.',
    todo: 'See whether all gateways run the same version, and check this disk.',
  },
  'refused-signed-again': {
    priority: 2,
    ends: hour,
    event: false,
    text: '{readings} readings of {place} were refused before this start, and are signed again',
    means: 'Nothing is lost.',
    todo: 'Look into the log for why they were refused.',
  },
  'stream-unopened': {
    priority: 2,
    ends: hour,
    event: true,
    text: '{readings} readings on {place} belong to streams that could not be opened',
    means: 'They are not kept.',
    todo: 'Look into the log for the stream that was refused, and mend its point in the configuration.',
  },
  'event-not-signed': {
    priority: 2,
    ends: hour,
    event: false,
    text: '{place} could not sign an event ({event}): {reason}',
    means: 'It is not in the record.',
    todo: 'Shorten or correct what was entered, and do it again.',
  },
  ...sourceConditions,
  doubt: {
    priority: 1,
    ends: 'watched',
    event: true,
    tamper: true,
    text: 'The record of {place} is not that of the other gateways, from size {size}',
    means:
      'One of them is wrong, and which one is not known yet. This gateway signs no checkpoint and acknowledges nothing until most gateways have signed what it computed.',
    todo: 'Keep all folders as they are, and check the record on each gateway.',
  },
  'record-differs': {
    priority: 2,
    ends: 'watched',
    event: true,
    tamper: true,
    text: '{place} shows another record than this gateway has, at size {size}',
    means: 'One of the two is wrong, and which one is not known yet.',
    todo: 'Check the record on both.',
  },
  'signed-two-records': {
    priority: 1,
    ends: 'restart',
    event: true,
    tamper: true,
    text: '{place} signed two different records for one size: {file} proves it',
    means: 'Who holds its keys lies, or its disk was copied. What only it says can no longer be relied on.',
    todo: 'Keep that file (plumbline verify explains it), stop that gateway, and find out who had its keys.',
  },
  'peer-changed': {
    priority: 2,
    ends: 'watched',
    event: true,
    tamper: true,
    text: '{place} says that its own record was changed',
    means: 'It signs no checkpoint. The record of this gateway is not concerned.',
    todo: 'Open its console to see where.',
  },
  'no-checkpoint': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The gateways have signed no checkpoint together for more than a minute',
    means: 'Recording goes on; what is new can be proven only once a majority signs again.',
    todo: 'See which gateways are away, or sign nothing.',
  },
  'no-leader': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'No gateway leads for more than 10 s',
    means: 'Reading goes on, and what is signed waits on disk until a majority is there.',
    todo: 'See which gateways are away.',
  },
  'gateway-lags': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: '{place} is {entries} entries behind the others, for {seconds} s',
    means: 'What it shows is old.',
    todo: 'Check its disk, its load and the network to it.',
  },
  'peer-silent': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'Nothing is heard of {place}',
    means: 'Whether it has the same record cannot be told.',
    todo: 'See whether it runs, and whether the network to it works.',
  },
  'messages-refused': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: '{place} sends what no sound gateway sends, {count} times in a minute: {what}',
    means: 'It is refused and changes nothing here.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'status-unreadable': {
    priority: 3,
    ends: 'watched',
    event: false,
    text: '{place} tells a status that cannot be read',
    means: 'It is passed over: whether the two agree cannot be told, and the rest goes on.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'member-resting': {
    priority: 2,
    ends: { afterMs: 60_000 },
    event: false,
    text: 'The link to {place} rests for a minute, because it {reason}',
    means: 'Nothing is taken from it meanwhile; the other gateways go on.',
    todo: 'Look at the version of that gateway, and at who holds its keys.',
  },
  'connection-refused': {
    priority: 3,
    ends: { afterMs: 600_000 },
    event: false,
    text: 'A connection to the port for gateways of {place} was refused: {reason}',
    means: 'Whoever tried it reached nothing.',
    todo: 'If it is a new gateway, add it to the channel first; else find out who it is.',
  },
  'left-behind': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: '{place} was away for too long to catch up from the log',
    means: 'It records nothing more until it has a copy of the ledger.',
    todo: 'Give it a copy of the ledger of this gateway.',
  },
  'rules-missing': {
    priority: 1,
    ends: 'restart',
    event: true,
    text: 'The channel goes by version {version} of its rules now, which the release on {place} does not know',
    means:
      'This gateway decides nothing any more: it stores what the others agree on, and keeps what it reads in its queue. The others are not touched.',
    todo: 'Install the release of Plumbline that the other gateways run, and start this gateway again: it catches up by itself.',
  },
  ...clockConditions,
  'seals-refused': {
    priority: 2,
    ends: 'watched',
    event: false,
    text: 'The other gateways refuse the seals of {place}: {reason}',
    means: 'It asks another one to lead.',
    todo: 'Check its clock, and whether all gateways run the same version.',
  },
  'sources-not-told': {
    priority: 3,
    ends: 'watched',
    event: false,
    text: 'The other gateways are not told of the {sources} sources of {place}: the list is too long',
    means: 'Only the console of this gateway shows them.',
    todo: 'Spread them over more gateways.',
  },
  ...consoleConditions,
  ...channelConditions,
} as const satisfies Record<string, ConditionKind>

export type ConditionCode = keyof typeof conditionKinds

export const conditionCodes = Object.keys(conditionKinds) as ConditionCode[]

export function kindOf(code: ConditionCode): ConditionKind {
  return conditionKinds[code]
}
