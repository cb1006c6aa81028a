/** What the head of an export claims besides its rows: of which ledger it is, at which checkpoint, by whose gateway. */
import type { LedgerReader } from '../../ledger/reader.ts'
import { ProofError } from '../../proof/errors.ts'
import { headVerifiers, openHead, type HeadMember } from '../../proof/signed-head.ts'
import { toHex } from '../../wire/bytes.ts'
import { WireError } from '../../wire/errors.ts'
import type { ReadHead } from './export-file.ts'
import { foundedBy } from './signed-names.ts'

interface Refusal {
  verdict: 'changed' | 'cannot-tell'
  says: string
}

/** Why an export with this head is not one of this ledger, or null. Throws LedgerError. */
export function headRefusal(reader: LedgerReader, head: ReadHead): Refusal | null {
  const { size, root } = head.checkpoint
  if (head.channel.id !== reader.channel)
    return cannotTell(`it is of channel ${head.channel.id}, and this ledger is of ${reader.channel}`)
  if (size > reader.size())
    return cannotTell(`it was read at ${size} entries, and this ledger has ${reader.size()} so far`)
  const { members } = foundedBy(reader)
  const refusal = noteRefusal(reader, members, head) ?? gatewayRefusal(members, head)
  if (refusal !== null) return refusal
  const own = toHex(reader.rootAt(size))
  if (own === root) return null
  return cannotTell(
    `a gateway signed the root ${root} at ${size} entries, which the file names, and this ledger has ${own} there: it is this ledger that was changed, or there are two; run plumbline fsck`,
  )
}

function noteRefusal(
  reader: LedgerReader,
  members: readonly HeadMember[],
  { checkpoint: { size, root, note } }: ReadHead,
): Refusal | null {
  let opened: ReturnType<typeof openHead>
  try {
    opened = openHead(note, headVerifiers(reader.origin, members))
  } catch (cause) {
    if (!(cause instanceof ProofError || cause instanceof WireError)) throw cause
    return changed(`the checkpoint in its head is none: ${cause.message}`)
  }
  const { head, signers } = opened
  if (head.term !== null || head.origin !== reader.origin || head.size !== size || head.root !== root)
    return changed(`the checkpoint in its head is of ${head.size} entries with the root ${head.root}, not what it says`)
  return signers.length > 0 ? null : changed('the checkpoint in its head carries no signature of a gateway that holds')
}

/** Who exports from a copy that belongs to no gateway names none. */
function gatewayRefusal(members: readonly HeadMember[], { gateway: { name, actor } }: ReadHead): Refusal | null {
  if (name === '' && actor === '') return null
  if (members.some((member) => member.name === name && member.actor === actor)) return null
  return changed(`its head names a gateway that is not in this ledger: "${name}" with the id "${actor}"`)
}

const changed = (says: string): Refusal => ({ verdict: 'changed', says })
const cannotTell = (says: string): Refusal => ({ verdict: 'cannot-tell', says })
