import type { KeyState, MemberState } from '../record/core-state.ts'
import { KEY_USES, type KeyUse, type MemberKey } from '../record/member-key.ts'
import type { ActorId, KeyId, LeafIndex } from '../wire/ids.ts'
import type { StateView } from '../record/state-view.ts'

export interface Member extends MemberState {
  actor: ActorId
  /** Every key registered for it, with the entries it is valid for: from <= index < to. */
  keys: (MemberKey & { keyId: KeyId; from: LeafIndex; to: LeafIndex | null })[]
}

/** Ascending by raftId. */
export function membersOf(view: Pick<StateView, 'get'>): Member[] {
  const actors = view.get('members', '')?.actors ?? []
  const members = actors.map((actor) => ({ actor, ...(view.get('member', actor) as MemberState) }))
  return members
    .toSorted((a, b) => a.raftId - b.raftId)
    .map((member) => ({ ...member, keys: keysOf(view, member.actor) }))
}

/** By use, and of one use in the order in which they came. */
export function keysOf(view: Pick<StateView, 'get'>, actor: ActorId): Member['keys'] {
  const listed = (view.get('keys', actor)?.keys ?? []).map((keyId) => {
    const { use, alg, public: key, from, to } = view.get('key', keyId) as KeyState
    return { keyId, use, alg, public: key, from, to }
  })
  return listed.sort((a, b) => KEY_USES.indexOf(a.use) - KEY_USES.indexOf(b.use) || a.from - b.from)
}

/** Those with a use that hold for an entry of this index. */
export function keysAt(keys: Member['keys'], use: KeyUse, index: LeafIndex): Member['keys'] {
  return keys.filter((key) => key.use === use && key.from <= index && (key.to === null || index < key.to))
}
