/**
 * The one function by which anything becomes part of the ledger. It decides the outcome of a proposed statement from the
 * ledger alone, in ledger order, the same on every replica: no clock, no locale, no map order takes part.
 */
import { leafHash } from '../proof/merkle.ts'
import { outcomeWith } from '../record/asset-history.ts'
import type { CameTo } from '../record/asset-history.ts'
import { NOTHING_SAID } from '../record/contracts.ts'
import { isSuspended } from '../record/speaker.ts'
import type { Addon } from '../../native/addon.ts'
import { equalBytes } from '../wire/bytes.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import type { Contracts, ContractsDecision } from '../record/contracts.ts'
import { decodeEnvelope } from '../record/envelope.ts'
import type { ChainedEnvelope, Envelope, SealEnvelope } from '../record/envelope.ts'
import { decodeBody } from '../record/events.ts'
import { decideEvent, fenceRefusal } from '../record/rules.ts'
import { founded } from '../record/kinds/channel.ts'
import type { ActorId, IncarnationId } from '../wire/ids.ts'
import { linkRefusal, noRefusals } from '../record/refusal-chain.ts'
import type { RefusalCode } from '../record/refusals.ts'
import { decodeStatement } from '../record/statements.ts'
import type { BatchHeader, ChainedStatement, EventStatement, SealStatement } from '../record/statements.ts'
import { askContracts } from './ask-contracts.ts'
import { applyBatch } from './apply-batch.ts'
import { sealRefusal } from './apply-seal.ts'
import { checkBatch } from './batch-check.ts'
import type { EffectSink, EntryRow } from './effects.ts'
import { marksOf, rowOfBatch, rowOfEvent, rowOfSeal } from './entry-rows.ts'
import type { Genesis } from './genesis.ts'
import type { Outcome, OutcomeKind } from './outcome.ts'
import type { AppendedStatement } from './raft-log.ts'
import { CHUNK_ENTRIES } from './run-index.ts'
import type { LedgerState } from './state.ts'

export interface ApplyContext {
  addon: Addon
  contracts: Contracts | null
  sink: EffectSink
  /** Statement hash that an actor used a sequence of an incarnation for, accepted or refused; null where it is not known. */
  usedFor(actor: ActorId, incarnation: IncarnationId, sequence: number): Uint8Array | null
  /** Statement hash of the accepted seal of a height. */
  sealAt(height: number): Uint8Array | null
}

/** Decides one statement and applies it where it is accepted. */
export function applyStatement(state: LedgerState, context: ApplyContext, item: AppendedStatement): Outcome {
  const read = authenticate(state, context.addon, item.entry)
  if ('outcome' in read) return read
  const { entry, envelope, hash } = read
  if (envelope.kind === 'seal') return applySeal(state, context, entry, envelope, hash)
  const current = state.get('actor', entry.actor)?.incarnation ?? null
  if (envelope.incarnation !== current) {
    const ends = endedBy(envelope)
    if (ends !== undefined) return applyFence(state, context, entry, envelope, hash, ends)
    if (current !== null) return outcomeOf(envelope, hash, 'superseded', 'ended-incarnation')
  }
  return applyChained(state, context, entry, envelope, item, hash)
}

/** Founds the ledger: the genesis is leaf 0 and seal 0. */
export function applyFounding(state: LedgerState, context: ApplyContext, genesis: Genesis): void {
  const { entry, event } = genesis
  state.take(founded(genesis.body), event.nonce)
  state.advance(event, hashOf(context.addon, entry.sigStructure), {})
  append(state, context, rowOfEvent(state.tree.size, entry, event, 'done'))
  const none = context.addon.sha256(new Uint8Array(0))
  context.sink.sealed(state.seal({ height: 0, index: 0, timeUs: event.occurredAtUs, treeSize: 0, stateRoot: none }))
}

interface Authentic {
  entry: Entry
  envelope: Envelope
  hash: Uint8Array
}

/** Envelope, key and signature. What fails here has no effect, so that nobody can burn another's sequence. */
export function authenticate(state: LedgerState, addon: Addon, bytes: Uint8Array): Authentic | Outcome {
  let entry: Entry
  try {
    entry = parseEntry(bytes)
  } catch {
    return bad(null, hashOf(addon, bytes), 'entry-malformed')
  }
  const hash = hashOf(addon, entry.sigStructure)
  if (entry.channel !== state.channel) return bad(entry, hash, 'other-channel')
  let envelope: Envelope
  try {
    envelope = decodeEnvelope(entry)
  } catch {
    return bad(entry, hash, 'envelope-malformed')
  }
  const key = state.get('key', entry.keyId)
  if (key === undefined || key.actor !== entry.actor || key.use !== 'entry' || key.alg !== entry.alg)
    return bad(entry, hash, 'key-unknown')
  if (!addon.verify(entry.alg, key.public, entry.sigStructure, entry.signature))
    return bad(entry, hash, 'signature-wrong')
  const index = state.tree.size
  if (index < key.from || (key.to !== null && index >= key.to)) return bad(entry, hash, 'key-not-in-force')
  if (isSuspended(state, key)) return bad(entry, hash, 'key-suspended')
  return { entry, envelope, hash }
}

function bad(entry: Entry | null, entryHash: Uint8Array, reason: RefusalCode): Outcome {
  return {
    kind: entry?.contentType ?? null,
    entryHash,
    actor: entry?.actor ?? null,
    incarnation: null,
    sequence: null,
    outcome: 'bad',
    index: null,
    root: null,
    reason,
    readings: 0,
  }
}

/** An outcome that left nothing behind. */
function outcomeOf(
  { kind, actor, incarnation, sequence }: Pick<ChainedEnvelope, 'kind' | 'actor' | 'incarnation' | 'sequence'>,
  entryHash: Uint8Array,
  outcome: OutcomeKind,
  reason?: RefusalCode,
): Outcome {
  const none = { index: null, root: null, readings: 0 }
  return {
    kind,
    entryHash,
    actor,
    incarnation,
    sequence,
    outcome,
    ...none,
    ...(reason === undefined ? {} : { reason }),
  }
}

/** Which incarnation a fence says that it ends; undefined where the statement is no fence. */
function endedBy(envelope: ChainedEnvelope): IncarnationId | null | undefined {
  if (envelope.kind !== 'event' || envelope.sequence !== 0) return undefined
  try {
    const event = decodeStatement(envelope)
    if (event.kind !== 'event' || event.type !== 'gateway.resumed') return undefined
    return decodeBody('gateway.resumed', event.body).ends
  } catch {
    return undefined
  }
}

/**
 * Begins another incarnation of an actor and ends its current one. Of several that would end the same one the first counts; the
 * others come too late and say nothing about their signer. Nothing of a fence that is not accepted is kept.
 */
function applyFence(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  envelope: ChainedEnvelope,
  hash: Uint8Array,
  ends: IncarnationId | null,
): Outcome {
  if (ends !== (state.get('actor', entry.actor)?.incarnation ?? null))
    return outcomeOf(envelope, hash, 'superseded', 'stale-incarnation')
  const event = decodeStatement(envelope) as { kind: 'event' } & EventStatement
  const refused = fenceRefusal(state, event, { ends })
  if (refused !== null) return { ...outcomeOf(envelope, hash, 'bad', refused), incarnation: null, sequence: null }
  return acceptEvent(state, context, entry, event, hash, 'done')
}

/** Decides a statement of the actor's current incarnation, or the first of its first one. */
function applyChained(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  envelope: ChainedEnvelope,
  item: AppendedStatement,
  hash: Uint8Array,
): Outcome {
  const { next, previous } = state.get('actor', entry.actor) ?? { next: 0, previous: null }
  if (envelope.sequence > next) return outcomeOf(envelope, hash, 'early', 'sequence-missing')
  if (envelope.sequence < next) return repeated(state, context, entry, envelope, hash)
  const invalid = (reason: RefusalCode): Outcome => {
    refuse(state, context.sink, entry, envelope, hash, reason)
    return outcomeOf(envelope, hash, 'invalid', reason)
  }
  if (!follows(previous, envelope.previous)) return invalid('previous-differs')
  let statement: ChainedStatement
  try {
    statement = state.rules.decode(envelope)
  } catch {
    return invalid('statement-malformed')
  }
  if (statement.kind === 'batch') {
    const outcome = applyBatchStatement(state, context, entry, statement, item, hash)
    return typeof outcome === 'string' ? { ...invalid(outcome), readings: statement.count } : outcome
  }
  // Of an approval that brings an act about they are asked about the act, and of nothing twice.
  const asked: { atEffect: ContractsDecision | null } = { atEffect: null }
  const effect = decideEvent(state.rules, state, statement, hash, ({ approvals, ...event }, changes) => {
    const said = askContracts(context.contracts, state.rules, state, { ...statement, ...event }, changes, approvals)
    asked.atEffect = said
    return typeof said === 'string' ? said : null
  })
  if (typeof effect === 'string') return invalid(effect)
  const { changes, outcome } = effect
  const said = asked.atEffect ?? askContracts(context.contracts, state.rules, state, statement, changes)
  // Refused at its effect, an act is over; who approved it has said a fact.
  if (typeof said === 'string' && asked.atEffect === null) return invalid(said)
  // Of a proposal they are asked dry: what would be refused is not proposed.
  const { kept, findings } = outcome === 'pending' || typeof said === 'string' ? NOTHING_SAID : said
  state.take(changes, statement.nonce)
  state.keep(kept, statement.nonce)
  return acceptEvent(state, context, entry, statement, hash, outcome, findings)
}

function follows(newest: Uint8Array | null, previous: Uint8Array | null): boolean {
  return newest === null ? previous === null : previous !== null && equalBytes(newest, previous)
}

function repeated(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  envelope: ChainedEnvelope,
  hash: Uint8Array,
): Outcome {
  const { actor, incarnation, sequence } = envelope
  const used = context.usedFor(actor, incarnation, sequence)
  if (used !== null && equalBytes(used, hash)) return outcomeOf(envelope, hash, 'duplicate')
  const reason = 'second-content'
  const place = { size: state.tree.size, second: true, actor, incarnation, sequence }
  context.sink.refusal({ ...place, statementHash: hash, reason, entry: entry.bytes })
  return outcomeOf(envelope, hash, 'equivocation', reason)
}

/** The code where the batch is invalid. */
function applyBatchStatement(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  header: { kind: 'batch' } & BatchHeader,
  { payload, payloadHash }: AppendedStatement,
  hash: Uint8Array,
): Outcome | RefusalCode {
  const outcome = { ...outcomeOf(header, hash, 'accepted'), readings: header.count }
  if (payload === null || payloadHash === null || !equalBytes(payloadHash, header.payloadHash))
    return { ...outcome, outcome: 'bad', reason: 'payload-other' }
  const checked = checkBatch(context.addon, state, entry.actor, header, payload)
  if (typeof checked === 'string') return checked
  const index = state.tree.size
  applyBatch(state, context.sink, index, header, checked)
  state.advance(header, hash, { newestUs: header.sealedAtUs })
  append(state, context, rowOfBatch(index, entry, header, marksOf(checked.opened.leafHashes)))
  return { ...outcome, index }
}

function acceptEvent(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  event: { kind: 'event' } & EventStatement,
  hash: Uint8Array,
  cameTo: CameTo,
  findings: readonly string[] = [],
): Outcome {
  const index = state.tree.size
  state.advance(event, hash, { newestUs: event.occurredAtUs })
  const { type, actor, assets, nonce } = event
  const logLeaf = leafHash(entry.bytes, (bytes) => hashOf(context.addon, bytes))
  state.addEvent({ index, type, actor, outcome: outcomeWith(cameTo, findings), logLeaf }, assets, nonce)
  append(state, context, { ...rowOfEvent(index, entry, event, cameTo), findings })
  return { ...outcomeOf(event, hash, 'accepted'), index, cameTo }
}

/** Records a signed but invalid statement: it consumes the sequence. Also how start-up and audit take up a recorded one. */
export function refuse(
  state: LedgerState,
  sink: EffectSink,
  entry: Entry,
  envelope: ChainedEnvelope,
  statementHash: Uint8Array,
  reason: RefusalCode,
): void {
  const { actor, incarnation, sequence } = envelope
  const { refusals } = state.get('actor', actor) ?? { refusals: noRefusals }
  const linked = linkRefusal(refusals, { incarnation, sequence, statementHash, reason })
  state.advance(envelope, statementHash, { refusals: linked })
  const place = { size: state.tree.size, second: false, actor, incarnation, sequence }
  sink.refusal({ ...place, statementHash, reason, entry: entry.bytes })
}

function applySeal(
  state: LedgerState,
  context: ApplyContext,
  entry: Entry,
  envelope: SealEnvelope,
  hash: Uint8Array,
): Outcome {
  const outcome = {
    kind: 'seal',
    entryHash: hash,
    actor: entry.actor,
    incarnation: null,
    sequence: null,
    readings: 0,
    index: null,
    root: null,
  } as const
  let seal: SealStatement
  try {
    seal = state.rules.decode(envelope)
  } catch {
    return { ...outcome, outcome: 'refused-seal', reason: 'statement-malformed' }
  }
  if (!state.get('member', entry.actor)?.voter)
    return { ...outcome, outcome: 'refused-seal', reason: 'signer-no-voter' }
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

function append(state: LedgerState, context: ApplyContext, row: EntryRow): void {
  const hash = (bytes: Uint8Array): Uint8Array => hashOf(context.addon, bytes)
  const full = state.tree.append(leafHash(row.bytes, hash))
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
