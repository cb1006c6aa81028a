/** Values that follow from others (standing.ts), so that nothing has to be gone through to decide. docs/FORMATS.md, "State". */
import { actorIdOf, keyIdOf } from '../wire/ids.ts'
import type { ActorId, KeyId } from '../wire/ids.ts'
import { MAX_KEYS_LISTED, MAX_MEMBERS, MAX_PACKS, MAX_STREAM_STRETCHES } from '../wire/limits.ts'
import { count, id, integer, list, nullable, record, text, timeUs, tuple } from './schema.ts'
import type { Form } from './schema.ts'

/**
 * ["core","cursor",stream]: where a stream that was opened stands. It changes with every batch that holds readings or gaps of it.
 */
export interface CursorState {
  /** Sequence of its next reading. */
  readonly next: number
  /** Time of its newest reading whose time can be; null before the first. A gap that lost readings begins no earlier. */
  readonly lastTimeUs: number | null
}
/** A stretch of sequences of a stream at an asset; `last` is null while it is open. */
export interface BoundStretch {
  readonly asset: string
  readonly first: number
  readonly last: number | null
}
/**
 * ["core","bound",stream]: the stretches that readings to come can belong to, as of when the stream was last bound or unbound,
 * ascending by asset and first sequence. What is over and behind leaves the list at the next such change.
 */
export interface BoundState {
  readonly stretches: readonly BoundStretch[]
}
/** ["core","members",""]: every member, ascending by the actor's bytes. */
export interface MembersState {
  readonly actors: readonly ActorId[]
}
/** ["core","keys",actor]: the keys of an actor in the order in which they were registered, the newest MAX_KEYS_LISTED; each is a value of its own. */
export interface KeysState {
  readonly keys: readonly KeyId[]
}
/** ["core","packs",""]: every active pack, ascending by the id's bytes. */
export interface PacksState {
  readonly packs: readonly string[]
}

// -1 closes an interval that began at sequence 0 and never held a reading.
export const lastOfStretch = nullable(integer(-1))

const stretch: Form<BoundStretch> = tuple({ asset: text(), first: count, last: lastOfStretch })

export const cursorForm: Form<CursorState> = record({ next: count, lastTimeUs: nullable(timeUs) })
export const boundForm: Form<BoundState> = record({ stretches: list(stretch, MAX_STREAM_STRETCHES) })
export const membersForm: Form<MembersState> = record({ actors: list(id(actorIdOf), MAX_MEMBERS) })
export const keysForm: Form<KeysState> = record({ keys: list(id(keyIdOf), MAX_KEYS_LISTED) })
export const packsForm: Form<PacksState> = record({ packs: list(text(), MAX_PACKS) })
