/** Keys and whose they are, in words. */
import type { Persons } from '../../words/model.ts'
import { m } from '../../paraglide/messages.js'
import { live } from '../../state/live.svelte.ts'
import { dayClock } from '../../words/time.ts'

/** Uses whose key another one takes the place of while the gateway runs. */
export const ownUses = ['entry', 'checkpoint', 'cosignature', 'credential'] as const
export type OwnUse = (typeof ownUses)[number]

const DIGITS = 4
const uses: Record<string, () => string> = {
  entry: m.key_use_entry,
  checkpoint: m.key_use_checkpoint,
  cosignature: m.key_use_cosignature,
  credential: m.key_use_credential,
  tls: m.key_use_transport,
}

export const keyUse = (use: string): string => uses[use]?.() ?? use

/** `Ed25519, a90e 77d1` */
export const keyStart = ({ id }: { id: string }): string =>
  `Ed25519, ${id.slice(0, DIGITS)} ${id.slice(DIGITS, 2 * DIGITS)}`

export const isSuspended = ({ suspendedUntilUs }: Persons['persons'][number]): boolean =>
  suspendedUntilUs !== null && suspendedUntilUs > live.nowUs

export function standing(person: Persons['persons'][number]): string {
  if (person.endedAt !== null) return m.keys_ended()
  if (person.suspendedUntilUs !== null && isSuspended(person))
    return m.keys_suspended({ time: dayClock(person.suspendedUntilUs) })
  return person.here ? m.keys_here() : m.keys_in_force()
}
