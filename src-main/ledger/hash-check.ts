/**
 * The short check of the stored record: whether every entry and every payload still hashes to the newest tree head that was
 * sealed, whether the reading index says of them what they hold, and whether every page of the file is as it was written, also
 * those that hold what else follows from the entries. It applies nothing and verifies no signature - what a sealed root covers
 * needs none -, so that it can run every few seconds over a long record; `fsck` makes all that follows from the entries anew.
 */
import type { Database } from 'better-sqlite3'
import { leafHash } from '../proof/merkle.ts'
import { TILE_WIDTH } from '../proof/tiles.ts'
import { LogTree } from './log-tree.ts'
import type { Addon } from '../../native/addon.ts'
import type { KeyState } from '../record/core-state.ts'
import type { KeyId, LeafIndex } from '../wire/ids.ts'
import { MAX_BATCH_READINGS } from '../wire/limits.ts'
import { AUDITED_ENTRIES, verdictOf } from './audit.ts'
import type { FsckReport } from './audit.ts'
import { auditEntry, auditPayload } from './audit-entry.ts'
import type { AuditedEntry } from './audit-entry.ts'
import { chunkComparison } from './audit-chunks.ts'
import { Found, comparingDerived, differs, same } from './audit-finding.ts'
import { auditPages } from './audit-pages.ts'
import { tileComparison } from './audit-tiles.ts'
import { readCheckpoint } from './checkpoints.ts'
import { ENTRY_KIND } from './effects.ts'
import { openUnchecked } from './open-database.ts'
import { decompressPayload } from './payload-frame.ts'
import { CHUNK_ENTRIES, ChunkBuilder, packedRuns } from './run-index.ts'
import { valuesOfKind } from './state-rows.ts'

export interface HashCheckOptions {
  file: string
  addon: Addon
  /**
   * How often this record was checked before. Opening every payload costs five times what hashing it does, so that checks that
   * follow one another share the reading index: each makes one chunk in INDEX_SHARES anew. All of it where this is left out.
   */
  round?: number
  /** Called after each slice of entries. */
  onProgress?: (doneEntries: number, totalEntries: number) => void
}

const INDEX_SHARES = 8

interface Head {
  size: number
  root: Uint8Array
}

/** Hashes everything again, on a connection of its own. Never throws for what is on the disk. */
export function hashCheck(options: HashCheckOptions): FsckReport {
  const checked = { entries: 0, readings: 0, payloads: 0, seals: 0 }
  let database: Database | null = null
  try {
    database = openUnchecked(options.file)
    new HashWalk(database, options, checked).run()
    return { verdict: 'unchanged', checked, firstBad: null }
  } catch (cause) {
    return { ...verdictOf(cause, checked.entries), checked }
  } finally {
    database?.close()
  }
}

class HashWalk {
  readonly #database: Database
  readonly #options: HashCheckOptions
  readonly #checked: FsckReport['checked']
  readonly #tree: LogTree
  readonly #compareTiles: ReturnType<typeof tileComparison>
  readonly #chunk = new ChunkBuilder()
  readonly #compareChunk: ReturnType<typeof chunkComparison>
  readonly #select: ReturnType<typeof prepare>

  constructor(database: Database, options: HashCheckOptions, checked: FsckReport['checked']) {
    this.#database = database
    this.#options = options
    this.#checked = checked
    this.#tree = new LogTree((bytes) => options.addon.sha256(bytes))
    this.#compareTiles = tileComparison(database)
    this.#compareChunk = chunkComparison(database)
    this.#select = prepare(database)
  }

  run(): void {
    const { total, heads } = this.#database.transaction(() => this.#begin()).deferred()
    while (this.#tree.size < total) {
      const to = Math.min(this.#tree.size + TILE_WIDTH, total)
      // A transaction each slice: a long one would keep the writer's log from being folded into the file.
      this.#database.transaction(() => this.#slice(to, heads)).deferred()
      this.#options.onProgress?.(this.#tree.size, total)
    }
    // Last: what the walk finds, it can name by entry and reading.
    auditPages(this.#database, this.#options.file, total - 1)
  }

  /** How many entries there are now, and the heads they must lead to. */
  #begin(): { total: number; heads: Head[] } {
    const total = ((this.#select.newest.get() as number | null) ?? -1) + 1
    const heads: Head[] = []
    const seal = this.#select.seal.get() as { idx: number; root: Uint8Array } | undefined
    if (seal !== undefined) heads.push({ size: seal.idx + 1, root: seal.root })
    const checkpoint = this.#select.checkpoint.get() as (Head & { text: string }) | undefined
    if (checkpoint !== undefined) {
      const { size, root, text } = checkpoint
      if (size > total) differs(total - 1, 'entries are missing: a checkpoint covers more than there are', size, total)
      same(size - 1, `the checkpoint of size ${size}: root in its text`, root, readCheckpoint(text).root)
      heads.push({ size, root })
    }
    return { total, heads }
  }

  #slice(to: number, heads: readonly Head[]): void {
    const { addon } = this.#options
    for (const row of this.#select.entries.iterate(this.#tree.size, to) as Iterable<AuditedEntry>) {
      const index = this.#tree.size
      same(index, 'the index of the entry', index, row.idx)
      this.#payload(row)
      const full = this.#tree.append(leafHash(row.bytes, (bytes) => addon.sha256(bytes)))
      this.#checked.entries += 1
      this.#checked.readings += row.readings
      if (row.kind === ENTRY_KIND.seal) this.#checked.seals += 1
      this.#blaming(index, () => {
        comparingDerived(() => {
          this.#compareTiles(full, index)
          if ((index + 1) % CHUNK_ENTRIES === 0) this.#endChunk(index)
        })
        for (const head of heads)
          if (head.size === index + 1)
            same(index, `the root of the ledger tree of size ${head.size}`, head.root, this.#tree.root())
      })
    }
    if (this.#tree.size < to) differs(this.#tree.size, 'the entry is missing', 'an entry', null)
  }

  #payload(row: AuditedEntry): void {
    if (row.kind !== ENTRY_KIND.batch) return
    const { payloadBytes, payloadHash } = row
    // The entry is signed and in the tree, and names the hash: whose bytes give that hash needs no further look.
    if (payloadBytes !== null && payloadHash !== null) {
      const hash = this.#options.addon.sha256(payloadBytes)
      this.#checked.payloads += 1
      if (
        hash.equals(payloadHash) &&
        Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.length).includes(hash)
      )
        return this.#index(row.idx, payloadBytes)
    }
    this.#explain(row)
    differs(row.idx, 'the payload is not the one that the entry names', payloadHash, payloadBytes)
  }

  /** Takes the runs of a batch whose payload was found whole. */
  #index(entry: LeafIndex, payload: Uint8Array): void {
    if (!this.#isIndexed(entry)) return
    const { rows, runs } = this.#options.addon.rowsOfPayload(decompressPayload(payload), MAX_BATCH_READINGS)
    const view = new DataView(rows.buffer, rows.byteOffset, rows.length)
    let position = 0
    for (const { stream, firstSequence, count } of packedRuns(runs)) {
      this.#chunk.add(stream, entry, position, firstSequence, count, view)
      position += count
    }
  }

  #isIndexed(entry: LeafIndex): boolean {
    const { round } = this.#options
    return round === undefined || Math.floor(entry / CHUNK_ENTRIES) % INDEX_SHARES === round % INDEX_SHARES
  }

  #endChunk(last: LeafIndex): void {
    if (!this.#isIndexed(last)) return
    this.#compareChunk(this.#chunk.rows(Math.floor(last / CHUNK_ENTRIES)), last)
    this.#chunk.clear()
  }

  /** A hash that differs says that something changed below it: which entry it was, the entries themselves tell. */
  #blaming(last: LeafIndex, compare: () => void): void {
    try {
      compare()
    } catch (cause) {
      const from = Math.floor(last / TILE_WIDTH) * TILE_WIDTH
      if (cause instanceof Found)
        for (const row of this.#select.sameEntries.all(from, last + 1)) this.#explain(row as AuditedEntry)
      throw cause
    }
  }

  /** Checks one entry by itself, down to the reading. Throws Found where it is the one that changed. */
  #explain(row: AuditedEntry): void {
    const { addon } = this.#options
    const keys = registeredKeys(this.#database)
    const hash = this.#select.leaf.get((row.idx % TILE_WIDTH) * 32 + 1, Math.floor(row.idx / TILE_WIDTH))
    const entry = auditEntry(addon, row, (hash as Uint8Array | undefined) ?? null, (id) => keys.get(id))
    auditPayload(addon, row, entry)
  }
}

/** Keys by the state of the newest seal. */
function registeredKeys(database: Database): Map<KeyId, KeyState> {
  return new Map(valuesOfKind(database, 'key').map(({ id, value }) => [id, value]))
}

function prepare(database: Database) {
  return {
    newest: database.prepare('SELECT max(idx) FROM entry').pluck(),
    seal: database.prepare('SELECT idx, log_root AS root FROM seal ORDER BY height DESC LIMIT 1'),
    checkpoint: database.prepare('SELECT size, root, text FROM checkpoint ORDER BY size DESC LIMIT 1'),
    entries: database.prepare(`${AUDITED_ENTRIES} WHERE idx >= ? AND idx < ? ORDER BY idx`),
    // The walk keeps the one above busy.
    sameEntries: database.prepare(`${AUDITED_ENTRIES} WHERE idx >= ? AND idx < ? ORDER BY idx`),
    leaf: database.prepare('SELECT substr(hashes, ?, 32) FROM tile WHERE level = 0 AND n = ?').pluck(),
  }
}
