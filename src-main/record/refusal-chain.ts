/**
 * What the ledger refused of one actor, as a chain that the state commits to: one value an actor, however much it was.
 *   link 0 = 32 zero bytes
 *   link n = SHA-256("plumbline/refusal/v1" ‖ link n-1 ‖ CBOR [incarnation, sequence, statement hash, code])
 */
import { concatBytes, sha256, utf8 } from '../wire/bytes.ts'
import { encodeCbor } from '../wire/cbor.ts'
import type { RefusalsState } from './core-state.ts'
import { idBytes } from '../wire/ids.ts'
import type { IncarnationId } from '../wire/ids.ts'
import { HASH_BYTES } from '../wire/limits.ts'
import type { RefusalCode } from './refusals.ts'

const DOMAIN = utf8('plumbline/refusal/v1')

export interface Refusal {
  readonly incarnation: IncarnationId
  readonly sequence: number
  readonly statementHash: Uint8Array
  readonly reason: RefusalCode
}

/** The chain of an actor of which nothing was refused yet. */
export const noRefusals: RefusalsState = { count: 0, hash: new Uint8Array(HASH_BYTES) }

export function linkRefusal(before: RefusalsState, refusal: Refusal): RefusalsState {
  const { incarnation, sequence, statementHash, reason } = refusal
  const said = encodeCbor([idBytes(incarnation), sequence, statementHash, reason])
  return { count: before.count + 1, hash: sha256(concatBytes(DOMAIN, before.hash, said)) }
}
