/**
 * Whether the stored record is still what was recorded. Everything is read through a connection of its own (an open one may
 * serve a page from memory that the disk no longer holds) and applied again from the genesis on by the same functions that
 * applied it first; what they give is compared with every row. The daemon may run meanwhile.
 */
import type { Database } from 'better-sqlite3'
import { TILE_WIDTH } from '../proof/tiles.ts'
import type { Addon } from '../../native/addon.ts'
import { continuesJson } from '../record/continues.ts'
import { parseEntry } from '../wire/entry.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { messageOf } from '../wire/plumbline-error.ts'
import type { Verdict } from '../wire/verdict.ts'
import type { Contracts, ContractsDecision } from '../record/contracts.ts'
import { decodeEnvelope } from '../record/envelope.ts'
import { refusalSentence } from '../record/refusals.ts'
import type { KnownRules } from '../record/rules.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { applyFounding, applyStatement, refuse } from './apply.ts'
import type { ApplyContext } from './apply.ts'
import { auditEntry, auditPayload } from './audit-entry.ts'
import type { AuditedEntry } from './audit-entry.ts'
import { refusedBy } from './follow-event.ts'
import { Found, comparingDerived, differs, same } from './audit-finding.ts'
import type { FirstBad } from './audit-finding.ts'
import { auditPages } from './audit-pages.ts'
import { AuditSink, derivedSink } from './audit-sink.ts'
import { auditTables } from './audit-tables.ts'
import { ENTRY_KIND } from './effects.ts'
import { LedgerError, sqliteCode } from './errors.ts'
import { parseGenesis } from './genesis.ts'
import { openUnchecked } from './open-database.ts'
import type { Outcome } from './outcome.ts'
import { nameIn } from './state-rows.ts'
import { LedgerState } from './state.ts'
import { findingsIn } from './tables.ts'

export type { FirstBad } from './audit-finding.ts'

export interface FsckOptions {
  file: string
  addon: Addon
  /** By which it was decided; this release's where none are given. */
  rules?: KnownRules
  /** Asks packs again. Without it what they said is taken as it is stored, and the seals' signed roots say whether that holds. */
  contracts?: Contracts
  /** Called after each slice of entries. */
  onProgress?: (doneEntries: number, totalEntries: number) => void
}

export interface FsckReport {
  verdict: Verdict
  checked: { entries: number; readings: number; payloads: number; seals: number }
  firstBad: FirstBad | null
  /** Why it cannot be told. */
  reason?: string
}

/** What a check of everything says, and what the genesis says that this ledger continues; null where that is nothing, or cannot be read. */
export interface RecordReport extends FsckReport {
  continues: ReturnType<typeof continuesJson>
}

/** Entries a slice reads in one transaction: short, so that the writer's log is not held back. */
const SLICE_ENTRIES = 256
export const AUDITED_ENTRIES = `
  SELECT idx, kind, readings, entry.bytes AS bytes, marks, came_to AS cameTo, findings, entry.payload AS payload, payload.hash AS payloadHash, payload.bytes AS payloadBytes
  FROM entry LEFT JOIN payload ON payload.id = entry.payload`

/** Checks everything. Never throws for what is on the disk. */
export function fsck(options: FsckOptions): RecordReport {
  const checked = { entries: 0, readings: 0, payloads: 0, seals: 0 }
  const place = { entry: 0 }
  let database: Database | null = null
  let continues: RecordReport['continues'] = null
  try {
    database = openUnchecked(options.file)
    const audit = new Audit(database, options, checked, place)
    continues = audit.continues
    audit.run()
    return { verdict: 'unchanged', checked, firstBad: null, continues }
  } catch (cause) {
    return { ...verdictOf(cause, place.entry), checked, continues }
  } finally {
    database?.close()
  }
}

/** What an error met while checking says about the record. */
export function verdictOf(cause: unknown, entry: LeafIndex): Omit<FsckReport, 'checked'> {
  if (cause instanceof Found) return { verdict: 'changed', firstBad: cause.bad }
  const message = messageOf(cause)
  const code = sqliteCode(cause instanceof LedgerError ? cause.cause : cause)
  const damaged =
    code?.startsWith('SQLITE_CORRUPT') ||
    code?.startsWith('SQLITE_NOTADB') ||
    (cause instanceof LedgerError && DAMAGE.has(cause.code))
  // Bytes that our own decoders refuse were once written by our own encoders.
  if (damaged || (cause instanceof Error && (cause.name === 'WireError' || cause.name === 'ProofError'))) {
    const bad = {
      entry,
      reading: null,
      what: 'the file is damaged: its disk gave back other bytes than were written',
      expected: 'what was written',
      actual: message,
    }
    return { verdict: 'changed', firstBad: bad }
  }
  return { verdict: 'cannot-tell', firstBad: null, reason: message }
}

const DAMAGE: ReadonlySet<string> = new Set([
  'database_damaged',
  'payload_missing',
  'payload_malformed',
  'payload_damaged',
  'genesis_refused',
  'pack_misbehaved',
])

interface Refusal {
  id: number
  /** Entries there were when it was recorded. */
  size: number
  second: number
  hash: Uint8Array
  reason: RefusalCode
  entry: Uint8Array
}

class Audit {
  readonly #database: Database
  readonly #options: FsckOptions
  readonly #checked: FsckReport['checked']
  readonly #place: { entry: LeafIndex }
  readonly #sink: AuditSink
  readonly #context: ApplyContext
  readonly #select: ReturnType<typeof prepare>
  readonly #state: LedgerState
  #refusalsUpTo = 0
  /** What is stored of what contracts said about the entry that is being applied. */
  #stored: { findings: readonly string[]; refused: ReturnType<typeof refusedBy> } = { findings: [], refused: null }

  constructor(database: Database, options: FsckOptions, checked: FsckReport['checked'], place: { entry: LeafIndex }) {
    const { addon } = options
    this.#database = database
    this.#options = options
    this.#checked = checked
    this.#place = place
    this.#sink = new AuditSink(database)
    this.#select = prepare(database)
    this.#context = {
      addon,
      contracts: options.contracts ?? { decide: (_, { approvals }) => this.#said(approvals.length > 0) },
      sink: derivedSink(this.#sink),
      usedFor: () => null,
      sealAt: () => null,
    }
    const [first] = this.#entries(0, 1)
    if (first === undefined) throw new LedgerError('genesis_missing', `${options.file} holds no ledger yet`)
    const genesis = parseGenesis(addon, first.bytes, options.rules)
    this.#state = new LedgerState(genesis.entry.channel, addon, { rules: options.rules })
    applyFounding(this.#state, this.#context, genesis)
    same(
      0,
      'the leaf hash in the stored tile',
      this.#leaf(0) === null ? null : this.#state.tree.tail(0)[0],
      this.#leaf(0),
    )
    checked.entries = 1
  }

  /** What the genesis says, which gives the channel its id. */
  get continues(): RecordReport['continues'] {
    return continuesJson(this.#state.get('channel', '') ?? {})
  }

  run(): void {
    const total = this.#size()
    while (this.#state.tree.size < total) {
      const to = Math.min(this.#state.tree.size + SLICE_ENTRIES, total)
      this.#database.transaction(() => this.#slice(to)).deferred()
      this.#options.onProgress?.(this.#state.tree.size, total)
    }
    // The rest in one view of the database: cursors are kept as of the newest seal only.
    this.#database
      .transaction(() => {
        this.#slice(this.#size())
        this.#takeRefusals()
        comparingDerived(() => this.#sink.cursors(this.#state.tree.size - 1))
        auditTables(this.#database, this.#options.addon, this.#state, this.#state.tree.size - 1)
      })
      .deferred()
    auditPages(this.#database, this.#options.file, this.#state.tree.size - 1)
  }

  #slice(to: number): void {
    for (const row of this.#entries(this.#state.tree.size, to)) {
      this.#takeRefusals()
      this.#one(row)
    }
    if (this.#state.tree.size < to) differs(this.#state.tree.size, 'the entry is missing', 'an entry', null)
  }

  #one(row: AuditedEntry): void {
    const index = this.#state.tree.size
    this.#place.entry = index
    this.#sink.entryIndex = index
    same(index, 'the index of the entry', index, row.idx)
    const isSeal = row.kind === ENTRY_KIND.seal
    if (isSeal) this.#adoptKept()
    this.#stored = { findings: findingsIn(row.findings), refused: refusedBy(row.cameTo) }
    this.#checked.readings += this.#explaining(row, () => this.#apply(row)).readings
    this.#checked.entries += 1
    if (row.payloadBytes !== null) this.#checked.payloads += 1
    if (isSeal) this.#checked.seals += 1
  }

  /** Applies an entry as it was applied first, which checks its signature, its payload's readings and every row that follows. */
  #apply(row: AuditedEntry): Outcome {
    const { idx, bytes, payloadBytes, payloadHash } = row
    same(idx, 'whether the entry has a payload', row.kind === ENTRY_KIND.batch, payloadBytes !== null)
    if (payloadBytes !== null) same(idx, 'the payload', payloadHash, this.#options.addon.sha256(payloadBytes))
    const outcome = applyStatement(this.#state, this.#context, { entry: bytes, payload: payloadBytes, payloadHash })
    if (outcome.outcome === 'accepted') return outcome
    const { reason } = outcome
    const what = `the entry does not follow from those before it: ${reason === undefined ? outcome.outcome : refusalSentence(reason)}`
    return differs(idx, what, 'accepted', outcome.outcome)
  }

  /** Where something about an entry differs, the entry by itself may tell more exactly what: down to the reading. */
  #explaining<T>(row: AuditedEntry, check: () => T): T {
    try {
      return check()
    } catch (cause) {
      if (!(cause instanceof Found)) throw cause
      const { addon } = this.#options
      auditPayload(
        addon,
        row,
        auditEntry(addon, row, this.#leaf(row.idx), (id) => this.#state.get('key', id)),
      )
      throw cause
    }
  }

  /** As it is stored: of an act at its effect also that it was refused. */
  #said(isAtEffect: boolean): ContractsDecision {
    const { findings, refused } = this.#stored
    return isAtEffect && refused !== null ? refused : { findings, kept: [] }
  }

  /** Takes up the refusals recorded at this size: they are part of the state. */
  #takeRefusals(): void {
    const { addon } = this.#options
    const { size } = this.#state.tree
    const next = (): Refusal | undefined => this.#select.nextRefusal.get(this.#refusalsUpTo) as Refusal | undefined
    for (let row = next(); row !== undefined && row.size <= size; row = next()) {
      same(size - 1, 'the place of a refused statement recorded after this entry', size, row.size)
      const entry = parseEntry(row.entry)
      const envelope = decodeEnvelope(entry)
      const key = this.#state.get('key', entry.keyId)
      if (
        envelope.kind === 'seal' ||
        key === undefined ||
        !addon.verify(entry.alg, key.public, entry.sigStructure, entry.signature)
      ) {
        differs(size - 1, 'a refused statement recorded after this entry', row.hash, addon.sha256(entry.sigStructure))
      }
      same(
        size - 1,
        'the hash of a refused statement recorded after this entry',
        addon.sha256(entry.sigStructure),
        row.hash,
      )
      if (row.second === 0) refuse(this.#state, this.#sink, entry, envelope, row.hash, row.reason)
      this.#refusalsUpTo = row.id
    }
  }

  /** Without contracts the values that packs keep are taken over; the root that the next seal signed shows whether they hold. */
  #adoptKept(): void {
    if (this.#options.contracts !== undefined) return
    const height = (this.#state.lastSeal?.height ?? 0) + 1
    for (const row of this.#select.stateRows.all(height) as { stateKey: Uint8Array; value: Uint8Array | null }[])
      if (this.#state.get('pack', nameIn(row.stateKey).owner) !== undefined) this.#state.adopt(row.stateKey, row.value)
  }

  /** Leaf hash of an entry as a full tile has it; null where its tile is not full. */
  #leaf(index: LeafIndex): Uint8Array | null {
    const hash = this.#select.leaf.get((index % TILE_WIDTH) * 32 + 1, Math.floor(index / TILE_WIDTH))
    return (hash as Uint8Array | undefined) ?? null
  }

  #entries(from: number, to: number): AuditedEntry[] {
    return this.#select.entries.all(from, to) as AuditedEntry[]
  }

  #size(): number {
    return ((this.#select.newest.get() as number | null) ?? -1) + 1
  }
}

function prepare(database: Database) {
  return {
    newest: database.prepare('SELECT max(idx) FROM entry').pluck(),
    entries: database.prepare(`${AUDITED_ENTRIES} WHERE idx >= ? AND idx < ? ORDER BY idx`),
    leaf: database.prepare('SELECT substr(hashes, ?, 32) FROM tile WHERE level = 0 AND n = ?').pluck(),
    stateRows: database.prepare(
      'SELECT state_key AS stateKey, value FROM state_row JOIN state_key ON state_key.id = key WHERE from_height = ?',
    ),
    nextRefusal: database.prepare(
      'SELECT id, size, second, hash, reason, entry FROM refusal WHERE id > ? ORDER BY id LIMIT 1',
    ),
  }
}
