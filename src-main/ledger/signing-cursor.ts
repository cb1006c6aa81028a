import type { IncarnationId } from '../wire/ids.ts'
import type { StatementQueue } from './queue.ts'
import type { ActorState } from '../record/core-state.ts'

/** Where the next statement of an actor stands in its chain; `incarnation` is null before its first one. */
export interface SigningCursor {
  incarnation: IncarnationId | null
  sequence: number
  previous: Uint8Array | null
}

/**
 * Where this gateway's next statement follows: in its own incarnation, after its queue, else after what is applied; in the
 * ledger's incarnation where it never signed with this file.
 */
export function signingCursorOf(queue: StatementQueue, applied: ActorState | undefined): SigningCursor {
  const current = applied?.incarnation ?? null
  const incarnation = queue.incarnation ?? current
  const newest = queue.last()
  const next = applied !== undefined && incarnation === current ? applied.next : 0
  if (newest !== null && newest.sequence >= next)
    return { incarnation, sequence: newest.sequence + 1, previous: newest.statementHash }
  return { incarnation, sequence: next, previous: next === 0 ? null : (applied?.previous ?? null) }
}
