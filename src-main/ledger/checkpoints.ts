import type { Database, Statement } from 'better-sqlite3'
import { MAX_CHECKPOINT_SIGNATURES, parseCheckpoint } from '../proof/checkpoint.ts'
import type { Checkpoint } from '../proof/checkpoint.ts'
import { ProofError } from '../proof/errors.ts'
import { formatNote, parseSignatureLine } from '../proof/note.ts'
import type { NoteSignature } from '../proof/note.ts'
import { equalBytes, toHex, utf8 } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import type { TreeSize } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'

export interface StoredCheckpoint {
  size: TreeSize
  root: Uint8Array
  /** Signed note: origin, size, root, empty line, signature lines. */
  text: string
}

/** Of older checkpoints one in KEPT_EVERY heights stays; any newer one covers the rest. */
const KEPT_HEIGHTS = 4_096
const KEPT_EVERY = 64

/** Checkpoints with the signature lines seen so far, and the guard that keeps this gateway from cosigning two histories. */
export class Checkpoints {
  readonly #hash: Hash
  readonly #origin: string
  readonly #find: Statement
  readonly #newest: Statement
  readonly #put: Statement
  readonly #seal: Statement
  readonly #prune: Statement
  readonly #cosigned: Statement
  readonly #setCosigned: Statement

  constructor(database: Database, origin: string, hash: Hash) {
    this.#hash = hash
    this.#origin = origin
    this.#find = database.prepare('SELECT size, root, text FROM checkpoint WHERE size = ?')
    this.#newest = database.prepare('SELECT size, root, text FROM checkpoint ORDER BY size DESC LIMIT ?')
    this.#put = database.prepare(
      'INSERT INTO checkpoint (size, root, digest, text) VALUES (?, ?, ?, ?) ON CONFLICT (size) DO UPDATE SET digest = excluded.digest, text = excluded.text',
    )
    this.#seal = database.prepare('SELECT height, log_root AS root FROM seal WHERE idx = ?')
    this.#prune = database.prepare(`DELETE FROM checkpoint WHERE size = (SELECT idx + 1 FROM seal WHERE height = ?)`)
    this.#cosigned = database.prepare('SELECT size, root FROM cosigned')
    this.#setCosigned = database.prepare(
      'INSERT INTO cosigned (one, size, root) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET size = excluded.size, root = excluded.root',
    )
  }

  get(size: TreeSize): StoredCheckpoint | null {
    return (this.#find.get(size) as StoredCheckpoint | undefined) ?? null
  }

  /** Newest first. */
  newest(limit: number): StoredCheckpoint[] {
    return this.#newest.all(limit) as StoredCheckpoint[]
  }

  /**
   * Inside a transaction: keeps a checkpoint, joining its signature lines to those at hand. Whose they are is the caller's to
   * check. Throws LedgerError `checkpoint_refused` unless it is this ledger's own tree right after a seal.
   */
  save(text: string): StoredCheckpoint {
    const { origin, size, root, note } = readCheckpoint(text)
    if (origin !== this.#origin) throw refused(`names the origin ${JSON.stringify(origin)}, not ${this.#origin}`)
    const seal = this.#seal.get(size - 1) as { height: number; root: Uint8Array } | undefined
    if (seal === undefined) throw refused(`has size ${size}, which is not right after a seal of this ledger`)
    if (!equalBytes(seal.root, root))
      throw refused(
        `gives ${toHex(root)} for size ${size}; this ledger computed ${toHex(seal.root)}: two histories exist`,
      )
    const known = this.get(size)
    const kept = known === null ? [] : readCheckpoint(known.text).note.signatures
    const joined = oncePerKey([...kept, ...note.signatures]).slice(0, MAX_CHECKPOINT_SIGNATURES)
    const whole = formatNote(
      note.text,
      joined.map(({ line }) => line),
    )
    this.#put.run(size, root, this.#hash(utf8(whole)), whole)
    if (known === null) this.#pruneBehind(seal.height)
    return { size, root, text: whole }
  }

  /** Whether a line of each of these keys is kept for that size. */
  holds(size: TreeSize, lines: readonly string[]): boolean {
    const known = this.get(size)
    if (known === null) return false
    const kept = readCheckpoint(known.text).note.signatures
    return oncePerKey([...kept, ...lines.map(parseSignatureLine)]).length === kept.length
  }

  /** Root of the ledger tree of that size, where it lies right after a seal. */
  root(size: TreeSize): Uint8Array | null {
    return (this.#seal.get(size - 1) as { root: Uint8Array } | undefined)?.root ?? null
  }

  /**
   * Inside a transaction: may this gateway cosign a tree head? Remembers it when it may. Never another root for the size it
   * cosigned last, never a smaller size.
   */
  mayCosign(size: TreeSize, root: Uint8Array): boolean {
    const last = this.#cosigned.get() as { size: number; root: Uint8Array } | undefined
    if (last !== undefined) {
      if (size < last.size) return false
      if (size === last.size) return equalBytes(root, last.root)
    }
    this.#setCosigned.run(size, root)
    return true
  }

  #pruneBehind(height: number): void {
    const old = height - KEPT_HEIGHTS
    if (old > 0 && old % KEPT_EVERY !== 0) this.#prune.run(old)
  }
}

/** Reads a stored checkpoint, or one to be stored. Throws LedgerError `checkpoint_refused`. */
export function readCheckpoint(text: string): Checkpoint {
  try {
    return parseCheckpoint(text)
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    throw refused(`cannot be read: ${cause.message}`, cause)
  }
}

/** Each key signs once: a later line of the same key (another time of a cosigner) adds nothing. */
function oncePerKey(signatures: readonly NoteSignature[]): NoteSignature[] {
  const kept = new Map<string, NoteSignature>()
  for (const signature of signatures) {
    const key = `${signature.name} ${toHex(signature.keyHash)}`
    if (!kept.has(key)) kept.set(key, signature)
  }
  return [...kept.values()]
}

function refused(what: string, cause?: unknown): LedgerError {
  return new LedgerError('checkpoint_refused', `the checkpoint ${what}; it was not stored`, { cause })
}
