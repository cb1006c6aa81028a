import type { MemberState } from '../record/core-state.ts'
import { KEY_USES, type MemberKey } from '../record/member-key.ts'
import type { ActorId, KeyId, LeafIndex } from '../wire/ids.ts'
import type { StateValues } from '../record/state-view.ts'

export interface Member extends MemberState {
  actor: ActorId
  /** Every key registered for it, with the entries it is valid for: from <= index < to. */
  keys: (MemberKey & { keyId: KeyId; from: LeafIndex; to: LeafIndex | null })[]
}

/** Ascending by raftId. */
export function membersOf(values: StateValues): Member[] {
  const members = [...values.of('member')].sort(([, a], [, b]) => a.raftId - b.raftId)
  return members.map(([actor, member]) => ({ actor, ...member, keys: keysOf(values, actor) }))
}

function keysOf(values: StateValues, actor: ActorId): Member['keys'] {
  const keys = [...values.of('key')].filter(([, key]) => key.actor === actor)
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
