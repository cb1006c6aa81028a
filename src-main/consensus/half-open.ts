/**
 * Connections that have not shown a key yet, and strangers that came without one. Anybody who reaches the port can open them, so
 * they are few, and whoever opens many pushes out its own: one address has a share, the oldest of it goes first, and addresses
 * of members come before others.
 */

/** Of all addresses; a flood must not exhaust handles. */
const SLOTS_MAX = 64
const SLOTS_PER_STRANGER = 8
/** A member may sit behind the address of others, or on the machine of an attacker. */
const SLOTS_PER_MEMBER_ADDRESS = 32

interface Slot<T> {
  address: string
  isMember: boolean
  connection: T
}

export class HalfOpen<T> {
  /** Oldest first. */
  #slots: Slot<T>[] = []

  get count(): number {
    return this.#slots.length
  }

  /** Takes a connection up; gives the one that has to go for it, which may be itself, or null. */
  add(connection: T, address: string, isMember: boolean): T | null {
    this.#slots.push({ address, isMember, connection })
    const share = isMember ? SLOTS_PER_MEMBER_ADDRESS : SLOTS_PER_STRANGER
    const same = this.#slots.filter((slot) => slot.address === address)
    if (same.length > share) return this.#drop(same[0])
    if (this.#slots.length <= SLOTS_MAX) return null
    return this.#drop(this.#slots.find((slot) => !slot.isMember) ?? this.#slots[0])
  }

  remove(connection: T): void {
    this.#slots = this.#slots.filter((slot) => slot.connection !== connection)
  }

  /** Those that `matches` accepts are no longer half open. */
  removeWhere(matches: (connection: T) => boolean): void {
    this.#slots = this.#slots.filter((slot) => !matches(slot.connection))
  }

  #drop(slot: Slot<T> | undefined): T | null {
    if (slot === undefined) return null
    this.remove(slot.connection)
    return slot.connection
  }
}

const TOLD_EVERY_MS = 60_000
const ADDRESSES_MAX = 1_024
const OTHERS = 'other addresses'

/** Counts strangers' connections, so that a flood of them is a line a minute and not a flood of lines. */
export class Strangers {
  readonly #seen = new Map<string, { count: number; toldMs: number }>()

  /** Counts one; how many there were since the last time it was told, where it is to be told now, else null. */
  note(address: string, nowMs: number): { address: string; count: number } | null {
    const name = this.#seen.has(address) || this.#room(nowMs) ? address : OTHERS
    const seen = this.#seen.get(name) ?? { count: 0, toldMs: Number.NEGATIVE_INFINITY }
    this.#seen.set(name, seen)
    seen.count += 1
    if (nowMs - seen.toldMs < TOLD_EVERY_MS) return null
    const { count } = seen
    seen.count = 0
    seen.toldMs = nowMs
    return { address: name, count }
  }

  #room(nowMs: number): boolean {
    if (this.#seen.size < ADDRESSES_MAX) return true
    for (const [address, { count, toldMs }] of this.#seen)
      if (count === 0 && nowMs - toldMs >= TOLD_EVERY_MS) this.#seen.delete(address)
    return this.#seen.size < ADDRESSES_MAX
  }
}
