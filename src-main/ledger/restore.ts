/**
 * The live state again from the tables: as the newest seal left it, and then the entries beyond that seal applied once more
 * by the same functions, into a sink that writes nothing.
 */
import type { Database } from 'better-sqlite3'
import type { Addon, OpenedBatch } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import type { KnownRules } from '../record/rules.ts'
import { parseEntry } from '../wire/entry.ts'
import { decodeEnvelope } from '../record/envelope.ts'
import type { ChannelId } from '../wire/ids.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import { applyStatement, refuse } from './apply.ts'
import type { ApplyContext } from './apply.ts'
import { indexRuns } from './apply-batch.ts'
import { openPayload } from './batch-check.ts'
import { noEffects } from './effects.ts'
import { LedgerError } from './errors.ts'
import { PassingValues } from './passing-values.ts'
import type { PayloadStore } from './payload-store.ts'
import { CHUNK_ENTRIES } from './run-index.ts'
import { LedgerState } from './state.ts'
import type { SealMark } from './state.ts'
import { treeAt } from './sealed-state.ts'
import { StoredLog } from './stored-log.ts'
import { StoredValues } from './stored-values.ts'

interface StoredEntry {
  idx: number
  payload: number | null
  bytes: Uint8Array
}

interface StoredRefusal {
  size: number
  hash: Uint8Array
  reason: RefusalCode
  entry: Uint8Array
}

/** Throws LedgerError when the tables contradict each other. */
export function restoreState(
  database: Database,
  channel: ChannelId,
  rules: KnownRules,
  payloads: PayloadStore,
  context: ApplyContext,
): LedgerState {
  const { addon } = context
  const hash = (bytes: Uint8Array): Uint8Array => addon.sha256(bytes)
  const log = new StoredLog(database, hash)
  const mark = newestSeal(database)
  const stateTree = treeAt(database, addon, new PassingValues(database, addon), mark)
  const sealed = new StoredValues(database)
  const state = new LedgerState(channel, addon, { rules, tree: log.restore(mark.index + 1), stateTree, sealed })
  state.lastSeal = mark
  if (!equalBytes(state.stateTree.root(), mark.stateRootAfter)) {
    throw new LedgerError('database_damaged', `the stored state does not give the root of seal ${mark.height}`, {
      next: 'Do not go on: run "plumbline fsck", which names the place.',
    })
  }
  state.lastNonSeal =
    (database.prepare('SELECT max(idx) FROM entry WHERE kind != 2 AND idx <= ?').pluck().get(mark.index) as
      | number
      | null) ?? 0
  state.totalReadings = (database.prepare('SELECT sum(readings) FROM seal').pluck().get() as number | null) ?? 0
  rebuildChunk(database, state, payloads, addon)
  replayTail(database, state, payloads, { ...context, sink: noEffects }, log.size())
  return state
}

export function newestSeal(database: Database): SealMark {
  const row = database
    .prepare(
      'SELECT height, idx AS "index", time_us AS timeUs, tree_size AS treeSize, state_root_after AS stateRootAfter, packs_hash_after AS packsHashAfter FROM seal ORDER BY height DESC LIMIT 1',
    )
    .get() as SealMark | undefined
  if (row === undefined)
    throw new LedgerError('database_damaged', 'the ledger has entries but no seal, not even the genesis')
  return row
}

/** The reading index of the chunk that is not full begins before the newest seal: its part up to there is indexed again. */
function rebuildChunk(database: Database, state: LedgerState, payloads: PayloadStore, addon: Addon): void {
  const size = state.tree.size
  const rows = entries(database, size - (size % CHUNK_ENTRIES), size)
  for (const row of rows) {
    if (row.payload === null) continue
    const opened = openedOrNull(payloads, row.payload, addon)
    // What changed on disk is missing from charts; that it changed is for the audit to say, and no reason not to start.
    if (opened === null) continue
    indexRuns(state, row.idx, decodeBatchHeader(parseEntry(row.bytes).payload), viewOf(opened.rows))
  }
}

function openedOrNull(payloads: PayloadStore, id: number, addon: Addon): OpenedBatch | null {
  try {
    const opened = openPayload(addon, payloads.bytes(id))
    return typeof opened === 'string' ? null : opened
  } catch (cause) {
    if (cause instanceof LedgerError && cause.code === 'payload_damaged') return null
    throw cause
  }
}

function replayTail(
  database: Database,
  state: LedgerState,
  payloads: PayloadStore,
  context: ApplyContext,
  size: number,
): void {
  const refusals = database
    .prepare('SELECT size, hash, reason, entry FROM refusal WHERE second = 0 AND size >= ? ORDER BY id')
    .all(state.tree.size) as StoredRefusal[]
  const takeRefusals = (): void => {
    while (refusals[0]?.size === state.tree.size) replayRefusal(state, refusals.shift() as StoredRefusal)
  }
  takeRefusals()
  for (const row of entries(database, state.tree.size, size)) {
    const payload = row.payload === null ? null : payloads.bytes(row.payload)
    const payloadHash = payload === null ? null : context.addon.sha256(payload)
    const outcome = applyStatement(state, context, { entry: row.bytes, payload, payloadHash })
    if (outcome.outcome !== 'accepted' || outcome.index !== row.idx)
      throw differs(row.idx, outcome.reason ?? outcome.outcome)
    takeRefusals()
  }
}

/** Takes up a recorded refusal again; its reason was found when its payload was at hand. */
export function replayRefusal(state: LedgerState, stored: StoredRefusal): void {
  const entry = parseEntry(stored.entry)
  const envelope = decodeEnvelope(entry)
  if (envelope.kind === 'seal') throw differs(stored.size, 'a seal is recorded as refused')
  refuse(state, noEffects, entry, envelope, stored.hash, stored.reason)
}

function entries(database: Database, from: number, to: number): IterableIterator<StoredEntry> {
  return database
    .prepare('SELECT idx, payload, bytes FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx')
    .iterate(from, to) as IterableIterator<StoredEntry>
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function differs(index: number, why: string): LedgerError {
  return new LedgerError(
    'replay_differs',
    `entry ${index} was accepted before and is not now (${why}): the database changed`,
  )
}
