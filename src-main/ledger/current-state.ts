import type { Database } from 'better-sqlite3'
import { coreKeyOf, decodeCoreId, decodeCoreValue, isCoreKind } from '../record/core-state.ts'
import type { CoreIds, CoreKind, CoreValues } from '../record/core-state.ts'
import type { ActState } from '../record/act-state.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { isEntitled } from '../record/requirement.ts'
import type { Requirement } from '../record/requirement.ts'
import { actRules } from '../record/rules.ts'
import type { KnownRules } from '../record/rules.ts'
import { CORE_OWNER, parseTreeValue } from '../record/state-keys.ts'
import { nameOf } from '../record/state-view.ts'
import type { NamedKind, StateName } from '../record/state-view.ts'
import { sha256 } from '../wire/bytes.ts'
import type { ActorId, ChannelId, LeafIndex } from '../wire/ids.ts'
import { followEvent, ReadView, rulesAt, SaidValues } from './follow-event.ts'
import type { FollowedEvent, FollowedValues } from './follow-event.ts'
import { treeValueAt } from './sealed-state.ts'
import type { PassingValues } from './passing-values.ts'
import { keyRangeOf, nameIn } from './state-rows.ts'

/** Values kept decoded; beyond it all are read again. */
const VALUES_KEPT = 1 << 16
/** Changed values that are dropped one by one; where more changed, all are read again. */
const DROPPED_MAX = 1 << 12

/** How an open act stands now. */
export interface ActStanding {
  readonly requirement: Requirement
  /** Whether this person's word would count, if it had not spoken yet. */
  isEntitled(person: ActorId): boolean
  /** Why it would come to nothing if the last approval came now, tried without effect; null where it would be done. */
  readonly wouldEndAs: RefusalCode | null
}

interface Sealed {
  height: number
  index: LeafIndex
  timeUs: number
}

/** The state now, for who only reads: rows as of the newest seal, and the events since then decided upon them. */
export class CurrentState {
  readonly #database: Database
  readonly #passing: PassingValues
  readonly #rules: KnownRules
  readonly #values: FollowedValues = {
    get: (kind, id) => this.get(kind, id),
    valueHash: (name) => this.#since.valueHash(name) ?? this.#sealedHash(name),
    take: (change, nonce) => this.#since.take(change, nonce),
  }
  /** What the newest seal left, as far as it was asked for. */
  readonly #kept = new Map<string, unknown>()
  /** What events since then left behind. */
  #since = new SaidValues()
  #seal: Sealed = { height: -1, index: -1, timeUs: 0 }
  /** The newest entry that is taken into account. */
  #upTo: LeafIndex = -1

  constructor(database: Database, passing: PassingValues, rules: KnownRules) {
    this.#database = database
    this.#passing = passing
    this.#rules = rules
  }

  /** Itself, brought up to the newest entry: each seal costs what it changed, each event itself. */
  now(): this {
    const seal = this.#database
      .prepare('SELECT height, idx AS "index", time_us AS timeUs FROM seal ORDER BY height DESC LIMIT 1')
      .get() as Sealed
    if (seal.height !== this.#seal.height) this.#moveTo(seal)
    const newest = this.#database.prepare('SELECT max(idx) FROM entry').pluck().get() as number
    if (newest !== this.#upTo) this.#takeEvents(newest)
    return this
  }

  get<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    return this.#since.get(kind, id) ?? this.#sealed(kind, id)
  }

  /** All of a kind, in the order of their state keys. */
  all<K extends NamedKind>(kind: K): [CoreIds[K], CoreValues[K]][] {
    const keys = this.#database
      .prepare('SELECT state_key FROM state_key WHERE state_key >= ? AND state_key < ? ORDER BY state_key')
      .pluck()
      .all(...keyRangeOf(kind)) as Uint8Array[]
    return this.#named(kind, keys)
  }

  /** Those of a kind that an entry after this one changed. */
  changedSince<K extends NamedKind>(kind: K, after: LeafIndex): CoreValues[K][] {
    const keys = this.#database
      .prepare(
        'SELECT DISTINCT state_key FROM state_row JOIN state_key ON state_key.id = key WHERE from_height >= (SELECT min(height) FROM seal WHERE idx >= ?) AND state_key >= ? AND state_key < ?',
      )
      .pluck()
      .all(after, ...keyRangeOf(kind)) as Uint8Array[]
    return this.#named(kind, keys).map(([, value]) => value)
  }

  /** Null where this release lacks the rules in force. */
  standingOf(act: ActState, channel: ChannelId): ActStanding | null {
    const { height, timeUs } = this.#seal
    const view = new ReadView(this.#values, channel, { index: this.#upTo + 1, height, timeUs })
    const rules = rulesAt(this.#rules, view)
    if (rules === undefined) return null
    const asked = actRules(rules, view)
    const requirement = asked.requirement(act)
    const done = asked.decide(act)
    return {
      requirement,
      isEntitled: (person) => isEntitled(view, requirement, act.proposer, person),
      wouldEndAs: typeof done === 'string' ? done : null,
    }
  }

  #named<K extends NamedKind>(kind: K, keys: readonly Uint8Array[]): [CoreIds[K], CoreValues[K]][] {
    const ids = new Set(keys.map((key) => decodeCoreId(kind, nameIn(key).id)))
    for (const id of this.#since.values.of(kind).keys()) ids.add(id)
    return [...ids].flatMap((id) => {
      const value = this.get(kind, id)
      return value === undefined ? [] : [[id, value] as [CoreIds[K], CoreValues[K]]]
    })
  }

  #sealed<K extends CoreKind>(kind: K, id: CoreIds[K]): CoreValues[K] | undefined {
    const place = `${kind} ${nameOf(id)}`
    if (this.#kept.has(place)) return this.#kept.get(place) as CoreValues[K] | undefined
    const stored = treeValueAt(this.#database, this.#passing, this.#seal, coreKeyOf(kind, id))
    const value = stored === null ? undefined : decodeCoreValue(kind, parseTreeValue(stored).value)
    if (this.#kept.size >= VALUES_KEPT) this.#kept.clear()
    // Cursors and histories pass without a row that would say so.
    if (kind !== 'cursor' && kind !== 'history') this.#kept.set(place, value)
    return value
  }

  #sealedHash({ kind, id }: StateName): Uint8Array | null {
    const stored = treeValueAt(this.#database, this.#passing, this.#seal, coreKeyOf(kind, id))
    return stored === null ? null : sha256(stored)
  }

  #moveTo(seal: Sealed): void {
    const changed = this.#database
      .prepare(
        'SELECT state_key FROM state_row JOIN state_key ON state_key.id = key WHERE from_height > ? AND from_height <= ? LIMIT ?',
      )
      .pluck()
      .all(this.#seal.height, seal.height, DROPPED_MAX) as Uint8Array[]
    if (changed.length === DROPPED_MAX) this.#kept.clear()
    else
      for (const key of changed) {
        const { owner, kind, id } = nameIn(key)
        if (owner === CORE_OWNER && isCoreKind(kind)) this.#kept.delete(`${kind} ${nameOf(decodeCoreId(kind, id))}`)
      }
    this.#seal = seal
    this.#since = new SaidValues()
    this.#upTo = seal.index
  }

  /** What a reader cannot decide by itself, the next seal brings. */
  #takeEvents(newest: LeafIndex): void {
    const rows = this.#database
      .prepare(
        'SELECT idx, bytes, came_to AS cameTo FROM entry WHERE idx > ? AND idx <= ? AND type IS NOT NULL ORDER BY idx',
      )
      .all(this.#upTo, newest) as ({ idx: number } & FollowedEvent)[]
    // All of them lie behind the newest seal.
    const { height, timeUs } = this.#seal
    for (const { idx: index, ...event } of rows)
      followEvent(this.#values, this.#rules, { index, height, timeUs }, event)
    this.#upTo = newest
  }
}
