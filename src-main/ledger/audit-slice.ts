import type { Database } from 'better-sqlite3'
import type { Addon } from '../../native/addon.ts'
import { decodeCoreValue } from '../wire/core-state.ts'
import type { KeyState } from '../wire/core-state.ts'
import { keyIdOf } from '../wire/ids.ts'
import type { KeyId, LeafIndex } from '../wire/ids.ts'
import { AUDITED_ENTRIES, verdictOf } from './audit.ts'
import type { FsckReport } from './audit.ts'
import { auditEntry, auditPayload } from './audit-entry.ts'
import type { AuditedEntry } from './audit-entry.ts'
import { differs, same } from './audit-finding.ts'
import { openReadOnly } from './open-database.ts'
import { isCore, namedValue, stateAt, treeOf } from './state-rows.ts'

export interface SliceReport extends Pick<FsckReport, 'verdict' | 'firstBad' | 'reason'> {
  /** Entry to go on from; 0 after the last one. */
  next: LeafIndex
  checked: { entries: number; readings: number }
}

/**
 * The rolling check: `count` entries from `from` by themselves - signature, tile, payload, each reading, histories - and the state
 * under the newest seal. Nothing is applied, so it costs what the slice weighs; what only follows from applying, `fsck` checks.
 */
export function auditSlice(options: { file: string; addon: Addon; from: LeafIndex; count: number }): SliceReport {
  const { file, addon, from, count } = options
  const checked = { entries: 0, readings: 0 }
  let at = from
  let database: Database | null = null
  try {
    database = openReadOnly(file)
    const keys = registeredKeys(database)
    const rows = database
      .prepare(`${AUDITED_ENTRIES} WHERE idx >= ? ORDER BY idx LIMIT ?`)
      .all(from, count) as AuditedEntry[]
    for (const row of rows) {
      same(at, 'the index of the entry', at, row.idx)
      checked.readings += auditOne(database, addon, row, keys)
      checked.entries += 1
      at += 1
    }
    return { verdict: 'unchanged', firstBad: null, next: rows.length < count ? 0 : at, checked }
  } catch (cause) {
    return { ...verdictOf(cause, at), next: at, checked }
  } finally {
    database?.close()
  }
}

/** Keys by the state of the newest seal, after that state was found to give the seal's root. */
function registeredKeys(database: Database): Map<KeyId, KeyState> {
  const seal = database
    .prepare('SELECT height, idx, state_root_after AS root FROM seal ORDER BY height DESC LIMIT 1')
    .get() as { height: number; idx: number; root: Uint8Array }
  const values = stateAt(database, seal.height)
  same(seal.idx, `the state under seal ${seal.height}`, seal.root, treeOf(values).root())
  const keys = new Map<KeyId, KeyState>()
  for (const named of values.map(namedValue)) {
    if (isCore(named) && named.kind === 'key')
      keys.set(keyIdOf(named.id as Uint8Array), decodeCoreValue('key', named.value))
  }
  return keys
}

function auditOne(database: Database, addon: Addon, row: AuditedEntry, keys: ReadonlyMap<KeyId, KeyState>): number {
  const tile = database
    .prepare('SELECT substr(hashes, ?, 32) FROM tile WHERE level = 0 AND n = ?')
    .pluck()
    .get((row.idx % 256) * 32 + 1, Math.floor(row.idx / 256)) as Uint8Array | undefined
  const entry = auditEntry(addon, row, tile ?? null, (id) => keys.get(id))
  const opened = auditPayload(addon, row, entry)
  if (opened === null) return 0
  const runs = database
    .prepare('SELECT batch_position AS at, leaves FROM history_run WHERE entry = ?')
    .all(row.idx) as { at: number; leaves: Uint8Array }[]
  for (const { at, leaves } of runs) {
    for (let i = 0; i < leaves.length / 32; i++) {
      const leaf = opened.leafHashes.subarray(32 * (at + i), 32 * (at + i + 1))
      if (leaf.length !== 32)
        differs(row.idx, 'a history names a reading that the batch has not', opened.leafHashes.length / 32, at + i)
      same(row.idx, `the history leaf of reading ${at + i}`, leaf, leaves.subarray(32 * i, 32 * i + 32))
    }
  }
  return opened.leafHashes.length / 32
}
