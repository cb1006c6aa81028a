/**
 * What this file is, and what Raft has promised from it: term, vote, members, how far it is applied, and the log's last row. One value
 * under one digest, written anew by every transaction with a counter that only grows, so that a changed bit, a row that is gone or a
 * file of another gateway is noticed before any of it counts.
 */
import type { Database, Statement } from 'better-sqlite3'
import type { HardState, Membership } from '../../native/addon.ts'
import { equalBytes, fromHex, toHex, utf8 } from '../wire/bytes.ts'
import type { Hash } from '../wire/bytes.ts'
import type { ActorId } from '../wire/ids.ts'
import { LedgerError } from './errors.ts'

const ID_BYTES = 16
const DIGEST_DIGITS = 64

/** What Raft starts from, but for its log. */
export interface StoredRaft extends HardState, Membership {
  applied: number
  snapshotIndex: number
  snapshotTerm: number
}

/** Which file this is, and how often something was made durable in it. */
export interface FileIdentity {
  /** 16 random bytes in hex, made with the file. */
  ledger: string
  /** Whose file it is; null where it was founded without a gateway. */
  actor: ActorId | null
  counter: number
}

interface Value extends FileIdentity, StoredRaft {
  /** Something that was promised may be missing here: nothing is signed under the old incarnation any more. */
  lost: boolean
  /** And it does not know all that was committed yet: no counter ends that, however often something is made durable meanwhile. */
  broken: boolean
  /** Digest of the log's last row in hex; empty where the log holds none. */
  lastDigest: string
  lastIndex: number
}

export interface RememberedOptions {
  hash: Hash
  /** The gateway that opens the file; another's is refused. */
  actor?: ActorId
  /** Name of the file in messages. */
  file: string
  /** Random id of a file that is made now; one that no gateway opens has zeros. */
  ledgerId?: Uint8Array
}

export class Remembered {
  readonly #hash: Hash
  readonly #save: Statement
  #value: Value

  /** Throws LedgerError `raft_state_damaged`, `foreign_ledger`. */
  constructor(database: Database, options: RememberedOptions) {
    this.#hash = options.hash
    this.#save = database.prepare(
      "INSERT INTO meta (name, value) VALUES ('raft', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    const saved = readRemembered(database)
    this.#value = saved === null ? newValue(options) : parsed(saved, options.hash)
    const { actor } = this.#value
    if (actor !== null && options.actor !== undefined && actor !== options.actor)
      throw foreign(options.file, actor, options.actor)
    requireLastRow(database, this.#value)
  }

  get raft(): Readonly<StoredRaft> {
    return this.#value
  }
  get identity(): FileIdentity {
    const { ledger, actor, counter } = this.#value
    return { ledger, actor, counter }
  }
  get lastIndex(): number {
    return this.#value.lastIndex
  }

  /** Changes what the next `persist` writes. */
  change(change: Partial<StoredRaft>): void {
    Object.assign(this.#value, change)
  }

  /** The log ends with this row now; null where it holds none. */
  endsWith(index: number, digest: Uint8Array | null): void {
    this.#value.lastIndex = index
    this.#value.lastDigest = digest === null ? '' : toHex(digest)
  }

  get lost(): boolean {
    return this.#value.lost
  }
  set lost(lost: boolean) {
    this.#value.lost = lost
  }

  get broken(): boolean {
    return this.#value.broken
  }
  set broken(broken: boolean) {
    this.#value.broken = broken
  }

  /** After a loss of memory: no counter that was shown before may be used again. */
  raiseCounter(least: number): void {
    this.#value.counter = Math.max(this.#value.counter, least)
  }

  /** At the end of every transaction, inside it. */
  persist(): void {
    this.#value.counter += 1
    this.#save.run(written(this.#value, this.#hash))
  }
}

/** The stored text; null in a new file. */
export function readRemembered(database: Database): string | null {
  const value = database.prepare("SELECT value FROM meta WHERE name = 'raft'").pluck().get() as string | undefined
  return value ?? null
}

/** What Raft starts from, and where its log ends. Throws LedgerError `raft_state_damaged`. */
export function requireRemembered(
  database: Database,
  hash: Hash,
): StoredRaft & { lastIndex: number; lastDigest: string } {
  const saved = readRemembered(database)
  if (saved === null) throw damaged('what it remembers is missing')
  return parsed(saved, hash)
}

/**
 * What is remembered of a log that ends with `lastIndex` now, because nobody has what comes after: what was promised beyond that end is not
 * known any more.
 */
export function shortened(saved: string, hash: Hash, lastIndex: number, lastDigest: Uint8Array | null): string {
  const value = parsed(saved, hash)
  value.broken = true
  value.commit = Math.min(value.commit, lastIndex)
  value.lastIndex = lastIndex
  value.lastDigest = lastDigest === null ? '' : toHex(lastDigest)
  return written(value, hash)
}

/** What differs between what is remembered and what is stored, in words; null where nothing does. For checks. */
export function damageOfRemembered(database: Database, hash: Hash): string | null {
  const saved = readRemembered(database)
  if (saved === null) return 'what Raft remembers is missing'
  try {
    requireLastRow(database, parsed(saved, hash))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function written(value: Value, hash: Hash): string {
  const text = JSON.stringify(value)
  return `${toHex(hash(utf8(text)))} ${text}`
}

function parsed(saved: string, hash: Hash): Value {
  const text = saved.slice(DIGEST_DIGITS + 1)
  const digest = saved.slice(0, DIGEST_DIGITS)
  if (!/^[0-9a-f]{64}$/.test(digest) || !equalBytes(fromHex(digest), hash(utf8(text))))
    throw damaged('term, vote, members or applied index are not what was written')
  return JSON.parse(text) as Value
}

/** A log whose last row is another one, or gone, would let this gateway promise again what it promised before. */
function requireLastRow(database: Database, { lastIndex, lastDigest, snapshotIndex }: Value): void {
  const last = database.prepare('SELECT max(idx) FROM raft_log').pluck().get() as number | null
  if ((last ?? snapshotIndex) !== lastIndex)
    throw damaged(`its log ends with entry ${last ?? snapshotIndex} and not with ${lastIndex}`)
  if (lastDigest === '') return
  const digest = database.prepare('SELECT digest FROM raft_log WHERE idx = ?').pluck().get(lastIndex)
  if (toHex(digest as Uint8Array) !== lastDigest) throw damaged(`log entry ${lastIndex} is another one`)
}

function newValue({ actor, ledgerId }: RememberedOptions): Value {
  return {
    ledger: toHex(ledgerId ?? new Uint8Array(ID_BYTES)),
    actor: actor ?? null,
    counter: 0,
    lost: false,
    broken: false,
    term: 0,
    vote: 0,
    commit: 0,
    applied: 0,
    snapshotIndex: 0,
    snapshotTerm: 0,
    voters: [],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    lastIndex: 0,
    lastDigest: '',
  }
}

function damaged(what: string): LedgerError {
  return new LedgerError(
    'raft_state_damaged',
    `What this gateway promised to the others is not what it wrote: ${what}. It must not vote from that.`,
    {
      next: 'Keep a copy of the data folder and look at its disk. Then move ledger.db, ledger.db-wal and ledger.db-shm away and start again: the gateway comes back from what the others have.',
    },
  )
}

function foreign(file: string, owner: ActorId, self: ActorId): LedgerError {
  return new LedgerError('foreign_ledger', `${file} is the ledger of gateway ${owner}, and this gateway is ${self}.`, {
    next: 'Put back the ledger.db, ledger.db-wal and ledger.db-shm that belong to this data folder; each gateway has its own.',
  })
}
