/**
 * How a stream's readings came about, change by change, as a chain that the state commits to: whoever shows readings of both sides of
 * a change must show the change too.
 *   link 0 = 32 zero bytes    link n = SHA-256("plumbline/change/v1" ‖ link n-1 ‖ CBOR of the body of change n)
 */
import { concatBytes, sha256, utf8 } from '../wire/bytes.ts'
import { HASH_BYTES } from '../wire/limits.ts'

const DOMAIN = utf8('plumbline/change/v1')

/** ["core","stream-changes",stream]; there is none before the first. */
export interface StreamChanges {
  readonly count: number
  readonly hash: Uint8Array
}

/** The state after one more change; `before` is null for the first. `body` as it stands in its event, in CBOR. */
export function linkChange(before: StreamChanges | null, body: Uint8Array): StreamChanges {
  const previous = before?.hash ?? new Uint8Array(HASH_BYTES)
  return { count: (before?.count ?? 0) + 1, hash: sha256(concatBytes(DOMAIN, previous, body)) }
}
