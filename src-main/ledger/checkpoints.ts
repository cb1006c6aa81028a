import type { Database, Statement } from 'better-sqlite3'
import { equalBytes, fromBase64, toHex, utf8 } from '../wire/bytes.ts'
import type { TreeSize } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'
import type { Hash } from './log-tree.ts'

export interface StoredCheckpoint {
  size: TreeSize
  root: Uint8Array
  /** Signed note: origin, size, root, empty line, signature lines. */
  text: string
}

/** C2SP signed-note: at most this many signature lines are kept. */
const MAX_SIGNATURE_LINES = 16
const SIGNATURE_MARK = '\u2014 '
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
    const { origin, size, root, body, lines } = splitNote(text)
    if (origin !== this.#origin) throw refused(`names the origin ${JSON.stringify(origin)}, not ${this.#origin}`)
    const seal = this.#seal.get(size - 1) as { height: number; root: Uint8Array } | undefined
    if (seal === undefined) throw refused(`has size ${size}, which is not right after a seal of this ledger`)
    if (!equalBytes(seal.root, root))
      throw refused(
        `gives ${toHex(root)} for size ${size}; this ledger computed ${toHex(seal.root)}: two histories exist`,
      )
    const known = this.get(size)
    const joined = oncePerKey([...(known === null ? [] : splitNote(known.text).lines), ...lines]).slice(
      0,
      MAX_SIGNATURE_LINES,
    )
    const whole = `${body}\n${joined.map((line) => `${line}\n`).join('')}`
    this.#put.run(size, root, this.#hash(utf8(whole)), whole)
    if (known === null) this.#pruneBehind(seal.height)
    return { size, root, text: whole }
  }

  /** Whether a line of each of these keys is kept for that size. */
  holds(size: TreeSize, lines: readonly string[]): boolean {
    const known = this.get(size)
    if (known === null) return false
    const kept = splitNote(known.text).lines
    return oncePerKey([...kept, ...lines]).length === kept.length
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

interface Note {
  origin: string
  size: number
  root: Uint8Array
  /** Text with its final newline, before the empty line. */
  body: string
  lines: string[]
}

/** Splits a checkpoint note. Throws LedgerError `checkpoint_refused`. */
export function splitNote(text: string): Note {
  const end = text.indexOf('\n\n')
  if (end < 0 || !text.endsWith('\n')) throw refused('is no signed note: it lacks an empty line or its last newline')
  const body = text.slice(0, end + 1)
  const [origin, size, root, rest, more] = body.split('\n')
  if (origin === undefined || size === undefined || root === undefined || rest !== '' || more !== undefined)
    throw refused('has other than three lines')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size)) throw refused(`has the size ${JSON.stringify(size.slice(0, 40))}`)
  const lines = text
    .slice(end + 2, -1)
    .split('\n')
    .filter((line) => line !== '')
  if (lines.some((line) => !line.startsWith(SIGNATURE_MARK)))
    throw refused('has a line among its signatures that is none')
  return { origin, size: Number(size), root: rootOf(root), body, lines }
}

/** Each key signs once: a later line of the same key (another time of a cosigner) adds nothing. */
function oncePerKey(lines: readonly string[]): string[] {
  const kept = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', signature = ''] = line.split(' ')
    // signed-note: the first four bytes are the key's hash; six digits of base64 hold them and half a byte of the rest.
    const key = `${name} ${Buffer.from(signature.slice(0, 8), 'base64').toString('hex').slice(0, 8)}`
    if (!kept.has(key)) kept.set(key, line)
  }
  return [...kept.values()]
}

function rootOf(text: string): Uint8Array {
  try {
    const root = fromBase64(text)
    if (root.length === 32) return root
  } catch {
    // Said below.
  }
  throw refused('has a root that is not 32 bytes of base64')
}

function refused(what: string): LedgerError {
  return new LedgerError('checkpoint_refused', `the checkpoint ${what}; it was not stored`)
}
