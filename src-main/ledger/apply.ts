/**
 * The one function by which anything becomes part of the ledger. It decides the outcome of a proposed statement from the
 * ledger alone, in ledger order, the same on every replica: no clock, no locale, no map order takes part.
 */
import type { Addon } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import { coreKey, encodeCoreValue } from '../wire/core-state.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import type { ActorId, LeafIndex } from '../wire/ids.ts'
import { decodeStatement } from '../wire/statements.ts'
import type { BatchHeader, EventStatement, SealStatement, Statement } from '../wire/statements.ts'
import { applyBatch } from './apply-batch.ts'
import type { PackApplier } from './apply-batch.ts'
import { checkEvent } from './apply-event.ts'
import { sealRefusal } from './apply-seal.ts'
import { checkBatch } from './batch-check.ts'
import type { EffectSink, EntryRow } from './effects.ts'
import { applyGenesis } from './genesis.ts'
import type { Genesis } from './genesis.ts'
import { logLeafHash } from './log-tree.ts'
import type { Outcome, OutcomeKind } from './outcome.ts'
import type { AppendedStatement } from './raft-log.ts'
import { CHUNK_ENTRIES } from './run-index.ts'
import type { LedgerState } from './state.ts'

export interface ApplyContext {
  addon: Addon
  applyPack: PackApplier | null
  sink: EffectSink
  /** Statement hash that an actor used a sequence for, accepted or refused; null where it is not known. */
  usedFor(actor: ActorId, sequence: number): Uint8Array | null
  /** Statement hash of the accepted seal of a height. */
  sealAt(height: number): Uint8Array | null
}

const HASH_BYTES = 32

type Chained = ({ kind: 'batch' } & BatchHeader) | ({ kind: 'event' } & EventStatement)

/** Decides one statement and applies it where it is accepted. */
export function applyStatement(state: LedgerState, context: ApplyContext, item: AppendedStatement): Outcome {
  const read = authenticate(state, context.addon, item.entry)
  if ('outcome' in read) return read
  const { entry, statement, hash } = read
  if (statement.kind === 'seal') return applySeal(state, context, entry, statement, hash)
  const outcome = (kind: OutcomeKind, index: LeafIndex | null, reason?: string): Outcome => ({
    kind: statement.kind,
    entryHash: hash,
    actor: entry.actor,
    sequence: statement.sequence,
    outcome: kind,
    index,
    root: null,
    ...(reason === undefined ? {} : { reason }),
    readings: statement.kind === 'batch' ? statement.count : 0,
  })
  const cursor = state.cursor(entry.actor)
  if (statement.sequence > cursor.next)
    return outcome('early', null, `sequence ${cursor.next} of this actor is missing before it`)
  if (statement.sequence < cursor.next) return repeated(state, context, entry, statement, hash, outcome)
  if (
    statement.kind === 'batch' &&
    (item.payload === null || item.payloadHash === null || !equalBytes(item.payloadHash, statement.payloadHash))
  ) {
    return outcome('bad', null, 'the payload is not the one that the header names')
  }
  const reason = admit(state, context, entry, statement, item, hash)
  if (reason === null) return outcome('accepted', state.tree.size - 1)
  refuse(state, context.sink, entry, statement, hash, reason)
  return outcome('invalid', null, reason)
}

/** Founds the ledger: the genesis is leaf 0 and seal 0. */
export function applyFounding(state: LedgerState, context: ApplyContext, genesis: Genesis): void {
  const { entry, event } = genesis
  applyGenesis(state, genesis)
  state.advance(entry.actor, hashOf(context.addon, entry.sigStructure))
  append(state, context, rowOfEvent(state.tree.size, entry, event))
  const none = context.addon.sha256(new Uint8Array(0))
  context.sink.sealed(state.seal({ height: 0, index: 0, timeUs: event.occurredAtUs, treeSize: 0, stateRoot: none }))
}

interface Authentic {
  entry: Entry
  statement: Statement
  hash: Uint8Array
}

/** Form, channel, key and signature. What fails here has no effect, so that nobody can burn another's sequence. */
export function authenticate(state: LedgerState, addon: Addon, bytes: Uint8Array): Authentic | Outcome {
  let entry: Entry
  try {
    entry = parseEntry(bytes)
  } catch {
    return bad(null, hashOf(addon, bytes), 'the bytes are no entry')
  }
  const hash = hashOf(addon, entry.sigStructure)
  if (entry.channel !== state.channel) return bad(entry, hash, 'the entry belongs to another channel')
  const key = state.keys.get(entry.keyId)
  if (key === undefined || key.actor !== entry.actor || key.use !== 'entry' || key.alg !== entry.alg) {
    return bad(entry, hash, 'the key is not registered for entries of this actor')
  }
  const index = state.tree.size
  if (index < key.from || (key.to !== null && index >= key.to))
    return bad(entry, hash, 'the key is not valid at this place of the ledger')
  if (!addon.verify(entry.alg, key.public, entry.sigStructure, entry.signature))
    return bad(entry, hash, 'the signature does not verify')
  try {
    return { entry, statement: decodeStatement(entry), hash }
  } catch {
    return bad(entry, hash, 'the statement cannot be read')
  }
}

function bad(entry: Entry | null, entryHash: Uint8Array, reason: string): Outcome {
  const kind = entry?.contentType ?? null
  return {
    kind,
    entryHash,
    actor: entry?.actor ?? null,
    sequence: null,
    outcome: 'bad',
    index: null,
    root: null,
    reason,
    readings: 0,
  }
}

function repeated(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  statement: Chained,
  hash: Uint8Array,
  outcome: (kind: OutcomeKind, index: LeafIndex | null, reason?: string) => Outcome,
): Outcome {
  const used = context.usedFor(entry.actor, statement.sequence)
  if (used !== null && equalBytes(used, hash)) return outcome('duplicate', null)
  const reason = 'another content was signed for this sequence before'
  const row = {
    size: state.tree.size,
    second: true,
    actor: entry.actor,
    sequence: statement.sequence,
    statementHash: hash,
    reason,
  }
  context.sink.refusal({ ...row, entry: entry.bytes })
  return outcome('equivocation', null, reason)
}

/** Applies a statement that is next in its actor's chain; the reason where it is invalid. */
function admit(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  statement: Chained,
  item: AppendedStatement,
  hash: Uint8Array,
): string | null {
  const cursor = state.cursor(entry.actor)
  const follows =
    cursor.previous === null
      ? statement.previous === null
      : statement.previous !== null && equalBytes(cursor.previous, statement.previous)
  if (!follows) return 'the statement names another one before it'
  const index = state.tree.size
  if (statement.kind === 'batch') {
    const checked = checkBatch(context.addon, state, entry.actor, statement, item.payload as Uint8Array)
    if (typeof checked === 'string') return checked
    applyBatch(state, context.sink, context.applyPack, index, statement, checked)
    state.advance(entry.actor, hash).newestUs = statement.sealedAtUs
    append(state, context, rowOfBatch(index, entry, statement, marksOf(checked.opened.leafHashes)))
    return null
  }
  const effect = checkEvent(state, statement)
  if (typeof effect === 'string') return effect
  effect(index)
  state.advance(entry.actor, hash).newestUs = statement.occurredAtUs
  append(state, context, rowOfEvent(index, entry, statement))
  return null
}

/** Records a signed but invalid statement: it consumes the sequence. Also how start-up and audit take up a recorded one. */
export function refuse(
  state: LedgerState,
  sink: EffectSink,
  entry: Entry,
  statement: Chained,
  statementHash: Uint8Array,
  reason: string,
): void {
  const { actor } = entry
  const { sequence, nonce } = statement
  state.advance(actor, statementHash)
  state.set(coreKey.refusal(actor, sequence), nonce, encodeCoreValue('refusal', { hash: statementHash, reason }))
  sink.refusal({ size: state.tree.size, second: false, actor, sequence, statementHash, reason, entry: entry.bytes })
}

function applySeal(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  seal: SealStatement,
  hash: Uint8Array,
): Outcome {
  const outcome = {
    kind: 'seal',
    entryHash: hash,
    actor: entry.actor,
    sequence: null,
    readings: 0,
    index: null,
    root: null,
  } as const
  if (!state.members.get(entry.actor)?.voter)
    return { ...outcome, outcome: 'refused-seal', reason: 'the signer is no voter' }
  const refusal = sealRefusal(state, seal)
  if (refusal !== null) {
    const known = context.sealAt(seal.height)
    const same = known !== null && equalBytes(known, hash)
    if (same) return { ...outcome, outcome: 'duplicate' }
    return { ...outcome, outcome: 'refused-seal', reason: refusal.reason, refusal: refusal.kind }
  }
  const index = state.tree.size
  append(state, context, rowOfSeal(index, entry, seal))
  const { height, timeUs, size, stateRoot } = seal
  const effects = state.seal({ height, index, timeUs, treeSize: size, stateRoot })
  context.sink.sealed(effects)
  return { ...outcome, outcome: 'accepted', index, root: effects.seal.logRoot }
}

/** The first byte of each leaf hash: enough to name the reading that changed. */
export function marksOf(leafHashes: Uint8Array): Uint8Array {
  const marks = new Uint8Array(leafHashes.length / HASH_BYTES)
  for (let i = 0; i < marks.length; i++) marks[i] = leafHashes[i * HASH_BYTES] as number
  return marks
}

function append(state: LedgerState, context: ApplyContext, row: EntryRow): void {
  const hash = (bytes: Uint8Array): Uint8Array => hashOf(context.addon, bytes)
  const full = state.tree.append(logLeafHash(hash, row.bytes))
  if (row.kind !== 'seal') state.lastNonSeal = row.index
  context.sink.entry(row)
  if (full.length > 0) context.sink.tiles(full)
  if ((row.index + 1) % CHUNK_ENTRIES !== 0) return
  context.sink.chunk(state.chunk.rows(Math.floor(row.index / CHUNK_ENTRIES)))
  state.chunk.clear()
}

function hashOf(addon: Addon, bytes: Uint8Array): Uint8Array {
  return addon.sha256(bytes)
}

function rowOfBatch(index: LeafIndex, entry: Entry, header: BatchHeader, marks: Uint8Array): EntryRow {
  const { sequence, sealedAtUs: timeUs, firstTimeUs, lastTimeUs, count: readings, payloadHash } = header
  return {
    index,
    kind: 'batch',
    actor: entry.actor,
    sequence,
    timeUs,
    firstTimeUs,
    lastTimeUs,
    readings,
    payloadHash,
    type: null,
    marks,
    assets: [],
    bytes: entry.bytes,
  }
}

const noReadings = {
  marks: null,
  assets: [],
  firstTimeUs: null,
  lastTimeUs: null,
  readings: 0,
  payloadHash: null,
} as const

function rowOfEvent(index: LeafIndex, entry: Entry, event: EventStatement): EntryRow {
  const { sequence, occurredAtUs: timeUs, type } = event
  return {
    index,
    kind: 'event',
    actor: entry.actor,
    sequence,
    timeUs,
    ...noReadings,
    type,
    assets: event.assets,
    bytes: entry.bytes,
  }
}

function rowOfSeal(index: LeafIndex, entry: Entry, seal: SealStatement): EntryRow {
  return {
    index,
    kind: 'seal',
    actor: entry.actor,
    sequence: null,
    timeUs: seal.timeUs,
    ...noReadings,
    type: null,
    bytes: entry.bytes,
  }
}
