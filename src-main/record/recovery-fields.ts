/** What brings a member back whose admins can sign no more: keys whose seeds are on paper, of which so many together sign for a new admin. */
import { PUBLIC_KEY_BYTES } from '../wire/ids.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { MAX_RECOVERY_CODES } from '../wire/limits.ts'
import { bytes, checked, count, integer, list, record, refuse } from './schema.ts'
import type { Form } from './schema.ts'

export interface RecoveryKeys {
  /** How many of the keys have to sign. */
  readonly need: number
  /** Ed25519. */
  readonly keys: readonly Uint8Array[]
}

/** ["core","recovery",member] */
export interface RecoveryState extends RecoveryKeys {
  /** The entry by which they hold. */
  readonly setAt: LeafIndex
}

const fields = { need: integer(1, MAX_RECOVERY_CODES), keys: list(bytes(PUBLIC_KEY_BYTES[1]), MAX_RECOVERY_CODES) }

export const recoveryKeys: Form<RecoveryKeys> = checked(record(fields), checkKeys)
export const recoveryState: Form<RecoveryState> = checked(record({ ...fields, setAt: count }), checkKeys)

function checkKeys({ need, keys }: RecoveryKeys, where: string): void {
  if (need > keys.length) refuse(where, `asks for ${need} of ${keys.length} codes`)
  if (new Set(keys.map((key) => key.join())).size !== keys.length) refuse(where, 'lists a key twice')
}
