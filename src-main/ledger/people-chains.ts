/**
 * What this gateway signed last in the name of each person whose chain it keeps. A statement is here before it leaves the process, else a
 * restart could sign a second content under its sequence. Where it is missing (stored-memory.ts forgets it with all else, a rebuild does not
 * carry it over) or damaged, the chain is not remembered.
 */
import type { Database, Statement } from 'better-sqlite3'
import type { ActHash, ActState } from '../record/act-state.ts'
import type { ActorState, KeyState } from '../record/core-state.ts'
import type { PersonState } from '../record/person-fields.ts'
import type { StateView } from '../record/state-view.ts'
import { statementOf } from '../record/statements.ts'
import { parseEntry, statementHash } from '../wire/entry.ts'
import { equalBytes, fromHex } from '../wire/bytes.ts'
import type { ActorId, IncarnationId, KeyId } from '../wire/ids.ts'

export interface PersonStatement {
  readonly person: ActorId
  readonly incarnation: IncarnationId
  readonly sequence: number
  readonly hash: Uint8Array
  readonly entry: Uint8Array
}

export class PeopleChains {
  readonly #state: () => Pick<StateView, 'get'>
  readonly #transaction: (work: () => void) => void
  readonly #one: Statement
  readonly #all: Statement
  readonly #keep: Statement
  readonly #forget: Statement

  constructor(database: Database, state: () => Pick<StateView, 'get'>, transaction: (work: () => void) => void) {
    this.#state = state
    this.#transaction = transaction
    this.#one = database.prepare('SELECT entry FROM person_statement WHERE person = ?').pluck()
    this.#all = database.prepare('SELECT entry FROM person_statement ORDER BY person').pluck()
    this.#keep = database.prepare('INSERT OR REPLACE INTO person_statement (person, entry) VALUES (?, ?)')
    this.#forget = database.prepare('DELETE FROM person_statement WHERE person = ?')
  }

  person(actor: ActorId): PersonState | null {
    return this.#state().get('person', actor) ?? null
  }

  act(act: ActHash): ActState | null {
    return this.#state().get('act', act) ?? null
  }

  key(key: KeyId): KeyState | null {
    return this.#state().get('key', key) ?? null
  }

  /** Where the ledger has the chain of an actor; null before its first statement. */
  chain(actor: ActorId): Pick<ActorState, 'incarnation' | 'next' | 'previous'> | null {
    return this.#state().get('actor', actor) ?? null
  }

  /** What was signed last in a person's name, decided or not; null where nothing is remembered. */
  newest(person: ActorId): PersonStatement | null {
    const entry = this.#one.get(fromHex(person)) as Uint8Array | undefined
    const read = entry === undefined ? null : readStatement(entry)
    return read?.person === person ? read : null
  }

  /** Statements on which the ledger has not decided. */
  undecided(): PersonStatement[] {
    return (this.#all.all() as Uint8Array[]).flatMap((entry) => {
      const read = readStatement(entry)
      if (read === null) return []
      const { person, incarnation, sequence } = read
      const chain = this.chain(person)
      // The first of an incarnation begins it.
      const waits = chain?.incarnation === incarnation ? sequence >= chain.next : sequence === 0
      return waits ? [read] : []
    })
  }

  /** Durable when it returns. */
  keep(person: ActorId, entry: Uint8Array): void {
    this.#transaction(() => void this.#keep.run(fromHex(person), entry))
  }

  /** What came to nothing, if it is still what the person signed last: the chain is not remembered any more. */
  forget(person: ActorId, hash: Uint8Array): void {
    const newest = this.newest(person)
    if (newest === null || !equalBytes(newest.hash, hash)) return
    this.#transaction(() => void this.#forget.run(fromHex(person)))
  }
}

function readStatement(bytes: Uint8Array): PersonStatement | null {
  try {
    const entry = parseEntry(bytes)
    const statement = statementOf(entry)
    if (statement.kind !== 'event') return null
    const { actor: person, incarnation, sequence } = statement
    return { person, incarnation, sequence, hash: statementHash(entry), entry: bytes }
  } catch {
    return null
  }
}
