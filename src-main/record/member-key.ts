import { checkPublicKey } from '../proof/signature.ts'
import { KEY_ALGORITHM, PUBLIC_KEY_BYTES } from '../wire/ids.ts'
import type { KeyAlgorithm } from '../wire/ids.ts'
import { bytes, checked, integer, oneOf, record, refuse } from './schema.ts'
import type { Form } from './schema.ts'

export const KEY_USES = ['entry', 'checkpoint', 'cosignature', 'tls', 'credential'] as const
/** One key, one use. */
export type KeyUse = (typeof KEY_USES)[number]

export interface MemberKey {
  readonly use: KeyUse
  readonly alg: KeyAlgorithm
  readonly public: Uint8Array
}

/** Use, algorithm and public key. Whether the key is a good one is checked at enrolment. */
export const keyFields = {
  use: oneOf(KEY_USES),
  alg: integer(1, 3) as Form<KeyAlgorithm>,
  public: bytes(PUBLIC_KEY_BYTES[1], PUBLIC_KEY_BYTES[3]),
}

/** A key is as long as its algorithm has it. */
export function checkKey({ alg, public: key }: MemberKey, where: string): void {
  if (key.length !== PUBLIC_KEY_BYTES[alg]) refuse(where, `"public" is not a byte string of ${PUBLIC_KEY_BYTES[alg]}`)
}

export const keyForm: Form<MemberKey> = checked(record(keyFields), checkKey)

/** Notes of heads, their policies and certificates have signatures of Ed25519 alone. */
export function isFitForNotes({ alg, public: key }: Pick<MemberKey, 'alg' | 'public'>): boolean {
  return alg === KEY_ALGORITHM.ed25519 && checkPublicKey(alg, key)
}
