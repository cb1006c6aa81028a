import type { Ledger } from '../../ledger/ledger.ts'
import { decodeBody } from '../../record/events.ts'
import { decodeEvent } from '../../record/statements.ts'
import { parseEntry } from '../../wire/entry.ts'
import type { ActorId, KeyId } from '../../wire/ids.ts'

/**
 * The entries by which a member came to its keys of now, from the genesis on, in their order. A key holds from the entry behind the one that
 * names it, and that one stands under an older key and takes the place of one: however many there were, none is left out.
 */
export function rotationsOf(ledger: Pick<Ledger, 'members' | 'part' | 'keyFrom'>, actor: ActorId): Uint8Array[] {
  const rotations = new Map<number, Uint8Array>()
  const keys = ledger.members().find((member) => member.actor === actor)?.keys ?? []
  const from = keys.filter(({ to }) => to === null).map((key) => key.from)
  for (let at = from.pop(); at !== undefined; at = from.pop()) {
    const index = at - 1
    const bytes = index < 1 || rotations.has(index) ? null : ledger.part({ kind: 'entry', index })
    if (bytes === null) continue
    rotations.set(index, bytes)
    for (const older of keysBehind(bytes)) from.push(ledger.keyFrom(older) ?? 0)
  }
  return [...rotations].toSorted(([a], [b]) => a - b).map(([, bytes]) => bytes)
}

/** Under whose signature a rotation stands, and whose place it took. */
function keysBehind(bytes: Uint8Array): KeyId[] {
  const entry = parseEntry(bytes)
  const { type, body } = decodeEvent(entry.payload)
  return type === 'key.rotated' ? [entry.keyId, decodeBody('key.rotated', body).replaces] : []
}
