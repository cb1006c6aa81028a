import type { ActorId, IncarnationId, LeafIndex } from '../wire/ids.ts'
import type { ContentType } from '../wire/entry.ts'
import type { CameTo } from '../record/asset-history.ts'
import type { RefusalCode } from '../record/refusals.ts'
import type { SealRefusalKind } from './apply-seal.ts'

/**
 * What became of a proposed statement, decided alike by every replica in ledger order (docs/FORMATS.md, Outcomes):
 * - `accepted`: a leaf of the ledger at `index`
 * - `duplicate`: applied before; acknowledged like the original
 * - `early`: a statement of this actor is missing before it; no effect
 * - `bad`: envelope, signature, key or payload do not hold; no effect, not remembered
 * - `superseded`: of an incarnation that is not the actor's current one, or a fence that ends another; no effect, no equivocation
 * - `invalid`: signed but against the rules; consumes the sequence, hash and reason stay in the state
 * - `equivocation`: a second content under a used sequence; kept as evidence, no effect
 * - `refused-seal`: a seal that does not follow from this replica's own ledger; no effect
 */
export type OutcomeKind =
  | 'accepted'
  | 'duplicate'
  | 'early'
  | 'bad'
  | 'superseded'
  | 'invalid'
  | 'equivocation'
  | 'refused-seal'

export interface Outcome {
  /** null where the bytes are no entry. */
  kind: ContentType | null
  /** statementHash; SHA-256 of the bytes where they are no entry. */
  entryHash: Uint8Array
  actor: ActorId | null
  incarnation: IncarnationId | null
  sequence: number | null
  outcome: OutcomeKind
  index: LeafIndex | null
  /** Of an accepted event: what it came to. */
  cameTo?: CameTo
  /** Of an accepted seal: root of the ledger tree of size index + 1, which is what gets cosigned; null otherwise. */
  root: Uint8Array | null
  /** Why it was not accepted. */
  reason?: RefusalCode
  /** Of a refused seal of a voter. */
  refusal?: SealRefusalKind
  readings: number
}
