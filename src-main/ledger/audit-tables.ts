/** Checks of what does not follow from applying entries: checkpoints, queue, Raft log, payloads, SQLite's own structure. */
import type { Database } from 'better-sqlite3'
import type { Hash } from '../wire/bytes.ts'
import type { Addon } from '../../native/addon.ts'
import { cosignerVerifier } from '../proof/cosignature.ts'
import { cosignerName } from '../proof/checkpoint.ts'
import { noteVerifier, verifyLine } from '../proof/note.ts'
import type { NoteVerifier } from '../proof/note.ts'
import { parseEntry } from '../wire/entry.ts'
import type { LeafIndex } from '../wire/ids.ts'
import { differs, same } from './audit-finding.ts'
import { readCheckpoint } from './checkpoints.ts'
import { membersOf } from './members.ts'
import { queueDigest } from './queue.ts'
import { raftRowDigest } from './raft-log.ts'
import { damageOfRemembered } from './remembered.ts'
import type { LedgerState } from './state.ts'
import { originOf } from '../wire/origin.ts'

/** Signatures are checked on this many of the newest checkpoints; the others by their roots and digests. */
const SIGNED_CHECKPOINTS = 32

/** `last`: the newest entry, which stands for the place of what belongs to none. Throws Found. */
export function auditTables(database: Database, addon: Addon, state: LedgerState, last: LeafIndex): void {
  const hash: Hash = (bytes) => addon.sha256(bytes)
  auditCheckpoints(database, hash, state, last)
  auditQueue(database, hash, last)
  auditRaftLog(database, hash, last)
  auditPendingPayloads(database, hash, last)
  const structure = database.pragma('integrity_check(1)', { simple: true })
  same(last, 'the structure of the database file (PRAGMA integrity_check)', 'ok', String(structure))
}

function auditCheckpoints(database: Database, hash: Hash, state: LedgerState, last: LeafIndex): void {
  const newest = database.prepare('SELECT max(size) FROM checkpoint').pluck().get() as number | null
  if (newest !== null && newest > last + 1)
    differs(last, `entries are missing: a checkpoint covers more than there are`, newest, last + 1)
  const rows = database
    .prepare(
      'SELECT checkpoint.size, root, digest, text, log_root FROM checkpoint LEFT JOIN seal ON seal.idx = checkpoint.size - 1 ORDER BY checkpoint.size',
    )
    .all() as { size: number; root: Uint8Array; digest: Uint8Array; text: string; log_root: Uint8Array | null }[]
  const verifiers = verifiersOf(state)
  for (const [i, row] of rows.entries()) {
    const entry = row.size - 1
    const what = `the checkpoint of size ${row.size}`
    same(entry, `${what}: digest of its text`, row.digest, hash(Buffer.from(row.text, 'utf8')))
    same(entry, `${what}: root`, row.log_root, row.root)
    if (i >= rows.length - SIGNED_CHECKPOINTS) auditNote(state, entry, what, row, verifiers)
  }
  const cosigned = database.prepare('SELECT size, root FROM cosigned').get() as
    | { size: number; root: Uint8Array }
    | undefined
  // After a loss of memory only the size is known (stored-memory.ts).
  if (cosigned === undefined || cosigned.root.every((byte) => byte === 0)) return
  const seal = database
    .prepare('SELECT log_root FROM seal WHERE idx = ?')
    .pluck()
    .get(cosigned.size - 1) as Uint8Array | undefined
  same(cosigned.size - 1, 'the tree head that was cosigned last', seal, cosigned.root)
}

function auditNote(
  state: LedgerState,
  entry: LeafIndex,
  what: string,
  row: { size: number; root: Uint8Array; text: string },
  verifiers: readonly NoteVerifier[],
): void {
  let checkpoint
  try {
    checkpoint = readCheckpoint(row.text)
  } catch {
    return differs(entry, `${what}: form`, 'a signed note', row.text)
  }
  same(entry, `${what}: origin`, originOf(state.channel), checkpoint.origin)
  same(entry, `${what}: size in its text`, row.size, checkpoint.size)
  same(entry, `${what}: root in its text`, row.root, checkpoint.root)
  const { text, signatures } = checkpoint.note
  for (const { name, line } of signatures) {
    const known = verifiers.filter((verifier) => verifier.name === name)
    // Lines of outside witnesses are kept too; their keys are the policy's.
    if (known.length === 0 || known.some((verifier) => verifyLine(verifier, text, line))) continue
    differs(entry, `${what}: signature of ${name}`, 'a signature that holds', line)
  }
}

function verifiersOf(state: LedgerState): NoteVerifier[] {
  const origin = originOf(state.channel)
  return membersOf(state).flatMap(({ name, keys }) =>
    keys.flatMap((key) => {
      if (key.use === 'checkpoint') return [noteVerifier(origin, key.public)]
      return key.use === 'cosignature' ? [cosignerVerifier(cosignerName(state.channel, name), key.public)] : []
    }),
  )
}

interface QueuedRow {
  sequence: number
  statementHash: Uint8Array
  digest: Uint8Array
  entry: Uint8Array
  payload: number | null
  payloadHash: Uint8Array | null
  payloadBytes: Uint8Array | null
}

function auditQueue(database: Database, hash: Hash, last: LeafIndex): void {
  const rows = database
    .prepare(
      'SELECT sequence, statement_hash AS statementHash, digest, entry, queue.payload, payload.hash AS payloadHash, payload.bytes AS payloadBytes FROM queue LEFT JOIN payload ON payload.id = queue.payload ORDER BY sequence',
    )
    .iterate() as Iterable<QueuedRow>
  for (const row of rows) {
    const what = `queued statement ${row.sequence}`
    if (row.payload !== null && row.payloadBytes === null)
      differs(last, `${what}: payload`, row.payloadHash ?? 'a payload', null)
    if (row.payloadBytes !== null) same(last, `${what}: payload`, row.payloadHash, hash(row.payloadBytes))
    same(last, `${what}: content`, row.digest, queueDigest(hash, row.entry, row.payloadHash))
    same(last, `${what}: statement hash`, hash(parseEntry(row.entry).sigStructure), row.statementHash)
  }
}

function auditRaftLog(database: Database, hash: Hash, last: LeafIndex): void {
  const rows = database.prepare('SELECT idx, term, kind, digest, data FROM raft_log ORDER BY idx').iterate()
  let before: number | null = null
  for (const { idx, term, kind, digest, data } of rows as Iterable<{
    idx: number
    term: number
    kind: number
    digest: Uint8Array
    data: Uint8Array
  }>) {
    if (before !== null) same(last, 'the next Raft log entry', before + 1, idx)
    same(last, `Raft log entry ${idx}`, digest, raftRowDigest(hash, idx, term, kind, data))
    before = idx
  }
  const damage = damageOfRemembered(database, hash)
  if (damage !== null) differs(last, 'what Raft remembers', 'as it was written', damage)
}

/** Payloads that no entry names yet: a follower may still be sent them. */
function auditPendingPayloads(database: Database, hash: Hash, last: LeafIndex): void {
  const rows = database
    .prepare('SELECT hash, bytes FROM payload_pending JOIN payload ON payload.id = payload')
    .iterate()
  for (const row of rows as Iterable<{ hash: Uint8Array; bytes: Uint8Array }>)
    same(last, 'a payload that waits', row.hash, hash(row.bytes))
}
