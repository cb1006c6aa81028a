import type { MemberState } from '../record/core-state.ts'
import { KEY_USES, type MemberKey } from '../record/member-key.ts'
import type { ActorId, KeyId, LeafIndex } from '../wire/ids.ts'
import type { LedgerState } from './state.ts'

export interface Member extends MemberState {
  actor: ActorId
  /** Every key registered for it, with the entries it is valid for: from <= index < to. */
  keys: (MemberKey & { keyId: KeyId; from: LeafIndex; to: LeafIndex | null })[]
}

/** Ascending by raftId. */
export function membersOf(state: LedgerState): Member[] {
  const members = [...state.members].sort(([, a], [, b]) => a.raftId - b.raftId)
  return members.map(([actor, member]) => ({ actor, ...member, keys: keysOf(state, actor) }))
}

function keysOf(state: LedgerState, actor: ActorId): Member['keys'] {
  const keys = [...state.keys].filter(([, key]) => key.actor === actor)
  const listed = keys.map(([keyId, { use, alg, public: key, from, to }]) => ({
    keyId,
    use,
    alg,
    public: key,
    from,
    to,
  }))
  return listed.sort((a, b) => KEY_USES.indexOf(a.use) - KEY_USES.indexOf(b.use) || a.from - b.from)
}
