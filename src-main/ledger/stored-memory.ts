/**
 * Which file this is, and whether it is all that its gateway ever promised. The mark beside the keys and what the peers have seen of
 * this gateway are held against it at a start (gateway/memory).
 */
import type { Database, Statement } from 'better-sqlite3'
import type { FileIdentity, Remembered } from './remembered.ts'

const PEER_MARKS = 'peer-marks'
/** Of a tree head that was cosigned in a life that is forgotten, the root is not known: none is it. */
const NO_ROOT = new Uint8Array(32)

export class StoredMemory {
  readonly #remembered: Remembered
  readonly #transaction: (work: () => void) => void
  readonly #note: Statement
  readonly #setNote: Statement
  readonly #cosigned: Statement
  readonly #setCosigned: Statement
  readonly #forgetPeople: Statement

  constructor(database: Database, remembered: Remembered, transaction: (work: () => void) => void) {
    this.#remembered = remembered
    this.#transaction = transaction
    this.#note = database.prepare('SELECT value FROM meta WHERE name = ?').pluck()
    this.#setNote = database.prepare(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    this.#forgetPeople = database.prepare('DELETE FROM person_statement')
    this.#cosigned = database.prepare('SELECT size FROM cosigned').pluck()
    this.#setCosigned = database.prepare(
      'INSERT INTO cosigned (one, size, root) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET size = excluded.size, root = excluded.root',
    )
  }

  /** Its counter grows with everything that is made durable here. */
  get identity(): FileIdentity {
    return this.#remembered.identity
  }

  /** Whether something that this gateway promised may be missing here. */
  get lost(): boolean {
    return this.#remembered.lost
  }

  /** Whether a start from here is one without a memory, whatever the mark says. */
  get broken(): boolean {
    return this.#remembered.broken
  }

  /** Notes whether another incarnation is needed, of this gateway and of the people whose chains it keeps. Durable when it returns. */
  set(lost: boolean): void {
    this.#transaction(() => this.#lost(lost))
  }

  /** Notes that memory was lost. Durable when it returns. */
  lose(): void {
    this.#transaction(() => {
      this.#lost(true)
      this.#remembered.broken = true
    })
  }

  #lost(lost: boolean): void {
    this.#remembered.lost = lost
    if (lost) this.#forgetPeople.run()
  }

  /** All that was ever committed is known again; the counter goes on above `counter`. Durable when it returns. */
  remember(counter: number): void {
    this.#transaction(() => {
      this.#remembered.broken = false
      this.#remembered.raiseCounter(counter + 1)
    })
  }

  /** Size of the newest tree head that this gateway cosigned, by what is stored here; 0 before the first. */
  get cosignedSize(): number {
    return (this.#cosigned.get() as number | undefined) ?? 0
  }

  /** Nothing up to `size` is cosigned any more: it may have been, with a root that is forgotten. */
  cosignAbove(size: number): void {
    if (size <= this.cosignedSize) return
    this.#transaction(() => this.#setCosigned.run(size, NO_ROOT))
  }

  /** What peers have shown of themselves, as text; null before anything was kept. */
  get peerMarks(): string | null {
    return (this.#note.get(PEER_MARKS) as string | undefined) ?? null
  }

  keepPeerMarks(text: string): void {
    this.#transaction(() => void this.#setNote.run(PEER_MARKS, text))
  }
}
