import type { CborValue } from '../wire/cbor.ts'
import { Fields } from '../wire/fields.ts'
import { PUBLIC_KEY_BYTES } from '../wire/ids.ts'
import type { KeyAlgorithm } from '../wire/ids.ts'

const CODE = 'malformed_event'

export const KEY_USES = ['entry', 'checkpoint', 'cosignature', 'tls', 'credential'] as const
/** One key, one use. */
export type KeyUse = (typeof KEY_USES)[number]

export interface MemberKey {
  readonly use: KeyUse
  readonly alg: KeyAlgorithm
  readonly public: Uint8Array
}

export function readKey(item: CborValue, where: string): MemberKey {
  const fields = new Fields(item, where, CODE)
  const key = readKeyFields(fields)
  fields.end()
  return key
}

/** Use, algorithm and public key of the right length. Whether the key is a good one is checked at enrolment. */
export function readKeyFields(fields: Fields): MemberKey {
  const use = fields.oneOf('use', KEY_USES)
  const alg = fields.integer('alg', 1, 3) as KeyAlgorithm
  return { use, alg, public: fields.bytes('public', PUBLIC_KEY_BYTES[alg]) }
}
