import type { Addon } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import { channelId } from '../record/channel.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import { decodeBody } from '../record/events.ts'
import { knownRules } from '../record/rules.ts'
import type { KnownRules } from '../record/rules.ts'
import type { ChannelOpened } from '../record/kinds/channel.ts'
import { keyId } from '../wire/ids.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import { statementOf } from '../record/statements.ts'
import type { EventStatement } from '../record/statements.ts'
import { LedgerError } from './errors.ts'

/** The event that founds a channel, checked. */
export interface Genesis {
  entry: Entry
  event: EventStatement
  body: ChannelOpened
}

/** Reads and checks a genesis entry. Throws LedgerError `genesis_refused`, naming what does not hold, or `rules_unknown`. */
export function parseGenesis(addon: Addon, bytes: Uint8Array, known: KnownRules = knownRules): Genesis {
  let entry: Entry
  let event: EventStatement
  let body: ChannelOpened
  try {
    entry = parseEntry(bytes)
    const statement = statementOf(entry)
    if (statement.kind !== 'event' || statement.type !== 'channel.opened')
      return refuse('is not the event channel.opened')
    const { kind: _, ...rest } = statement
    event = rest
    body = decodeBody('channel.opened', event.body)
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause
    return refuse(`cannot be read: ${messageOf(cause)}`)
  }
  checkGenesis(addon, { entry, event, body })
  if (!known.has(body.rules))
    throw new LedgerError(
      'rules_unknown',
      `the channel begins by version ${body.rules} of its rules, which this release does not know`,
    )
  return { entry, event, body }
}

/** The genesis of a store: the stored one, which must be the given one where there is any. */
export function foundingOf(
  addon: Addon,
  stored: Uint8Array | undefined,
  given: Uint8Array | undefined,
  file: string,
  known: KnownRules,
): Genesis {
  if (stored !== undefined && given !== undefined && !equalBytes(stored, given)) {
    throw new LedgerError('genesis_differs', `${file} belongs to another channel than the genesis it was opened with`)
  }
  const bytes = stored ?? given
  if (bytes === undefined)
    throw new LedgerError('genesis_missing', `${file} is new and no genesis was given`, {
      next: 'Found a channel or give its genesis file.',
    })
  return parseGenesis(addon, bytes, known)
}

function checkGenesis(addon: Addon, { entry, event, body }: Genesis): void {
  if (event.sequence !== 0) refuse(`has sequence ${event.sequence} of its actor, not 0`)
  if (channelId(event) !== entry.channel) refuse('names a channel that is not the hash of its content')
  const seen = new Set<string>()
  for (const member of body.members) {
    for (const key of member.keys) {
      const id = keyId(key.alg, key.public)
      if (seen.has(id)) refuse(`registers key ${id} twice: one key, one use`)
      seen.add(id)
      // Ed25519 and P-256 are checked where they enrol; ML-DSA keys have no bad points.
      if (key.alg !== 3 && !addon.checkPublicKey(key.alg, key.public))
        refuse(`registers key ${id} of ${member.name}, which is no good public key`)
    }
  }
  const founder = body.members.find((member) => member.actor === event.actor)
  const key = founder?.keys.find(
    (candidate) => candidate.use === 'entry' && keyId(candidate.alg, candidate.public) === entry.keyId,
  )
  if (key === undefined || key.alg !== entry.alg) refuse('is not signed by an entry key of a member that it lists')
  else if (!addon.verify(entry.alg, key.public, entry.sigStructure, entry.signature))
    refuse('has a signature that does not verify')
}

function refuse(what: string): never {
  throw new LedgerError('genesis_refused', `the genesis entry ${what}`)
}
