/**
 * What a statement must be that a member sends for proposing. The leader asks before it proposes: what is in the log costs every
 * replica its room and its time, whatever the ledger decides on it afterwards.
 */
import type { Addon } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import type { ActorId } from '../wire/ids.ts'
import type { Proposed } from '../wire/proposal.ts'
import { refusalSentence } from '../record/refusals.ts'
import { decodeBody } from '../record/events.ts'
import type { CoreRefusalCode } from '../record/refusals.ts'
import { fenceRefusal } from '../record/rules.ts'
import { memberOf } from '../record/speaker.ts'
import { statementOf, type EventStatement, type Statement } from '../record/statements.ts'
import { authenticate } from './apply.ts'
import type { LedgerState } from './state.ts'

/** `done`: its sequence is decided, as after a statement that was sent twice. Anything else says what is wrong with it. */
export type Forwarded = 'propose' | 'done' | { refused: string }

/** Judges one statement of `member` or of a person whose chain it keeps, cheapest question first. Nothing of what it decides can differ from what `applyStatement` does. */
export function judgeForwarded(state: LedgerState, addon: Addon, member: ActorId, item: Proposed): Forwarded {
  let entry: Entry
  let statement: Statement
  try {
    entry = parseEntry(item.entry)
    if (memberOf(state, entry.actor) !== member) return { refused: 'is signed in the name of another' }
    statement = statementOf(entry)
  } catch {
    return { refused: 'cannot be read' }
  }
  if (statement.kind === 'seal') return { refused: 'is a seal, which only the leader proposes' }
  if (isDecided(state, entry.actor, statement)) return 'done'
  if (statement.kind === 'event' ? item.payload !== null : !isPayloadOf(addon, statement.payloadHash, item.payload))
    return { refused: 'has another payload than it names' }
  const read = authenticate(state, addon, item.entry)
  const signer = statement.kind === 'event' && isFence(statement) ? fenceRefusedBy(state, statement) : null
  if (signer !== null) return { refused: `would have no effect: ${refusalSentence(signer)}` }
  const why = (code: string | undefined): string => (code === undefined ? 'it is refused' : refusalSentence(code))
  return 'outcome' in read ? { refused: `would have no effect: ${why(read.reason)}` } : 'propose'
}

/** Of an ended incarnation nothing is decided any more; only a fence begins another. */
function isDecided(state: LedgerState, signer: ActorId, statement: Exclude<Statement, { kind: 'seal' }>): boolean {
  const actor = state.get('actor', signer)
  if (actor === undefined) return false
  if (statement.incarnation === actor.incarnation) return statement.sequence < actor.next
  // Also one that comes too late: whoever signed it has to learn that.
  return statement.kind !== 'event' || !isFence(statement)
}

/** A fence whose body cannot be read is none, and is decided as what it looks like. */
function fenceRefusedBy(state: LedgerState, statement: EventStatement): CoreRefusalCode | null {
  try {
    return fenceRefusal(state, statement, decodeBody('gateway.resumed', statement.body))
  } catch {
    return null
  }
}

function isFence({ type, sequence }: EventStatement): boolean {
  return type === 'gateway.resumed' && sequence === 0
}

function isPayloadOf(addon: Addon, hash: Uint8Array, payload: Uint8Array | null): boolean {
  return payload !== null && equalBytes(addon.sha256(payload), hash)
}
