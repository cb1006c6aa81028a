/**
 * The three statements an entry can carry: the header of a batch, an event, a seal. Here is what stands in the content of an
 * envelope (envelope.ts), by the rules in force: CBOR maps with text keys, read strictly, unknown keys refused.
 * docs/FORMATS.md has them field by field.
 */
import { compareBytes } from '../wire/bytes.ts'
import type { CborInput, CborMap, CborValue } from '../wire/cbor.ts'
import type { Entry } from '../wire/entry.ts'
import { decodeEnvelope, encodeChained, encodeUnchained, encodeUnchannelled, openEnvelope } from './envelope.ts'
import { STATEMENT_VERSION } from './envelope.ts'
import type { ChainLink, ChainedEnvelope, Envelope, SealEnvelope } from './envelope.ts'
import type { BatchRun } from '../wire/payload.ts'
import { WireError } from '../wire/errors.ts'
import { Fields, itemBytes, itemCount, itemText, tuple } from '../wire/fields.ts'
import { idBytes, streamIdOf } from '../wire/ids.ts'
import type { ChannelId, StreamId } from '../wire/ids.ts'
import {
  HASH_BYTES,
  ID_BYTES,
  MAX_BATCH_GAPS,
  MAX_BATCH_QUALITIES,
  MAX_BATCH_READINGS,
  MAX_BATCH_RUNS,
  MAX_COMPRESSED_PAYLOAD_BYTES,
  MAX_EVENT_REFERENCES,
  MAX_TEXT_BYTES,
  UINT32_MAX,
} from '../wire/limits.ts'

const CODE = 'malformed_statement'
const CLOCK_STATES = ['synchronised', 'unsynchronised', 'unknown', 'doubted'] as const

/**
 * The signer's wall clock when it sealed; `errorUs` is its estimated error, null when nobody estimates it. While a clock is
 * `doubted`, the times that are signed do not follow it (docs/FORMATS.md, Entry).
 */
export interface ClockState {
  readonly state: (typeof CLOCK_STATES)[number]
  readonly errorUs: number | null
}

/**
 * Readings that are signed to be missing: sequences from..to inclusive. A silence that lost no sequence (a restart)
 * has toSequence = fromSequence - 1.
 */
export interface Gap {
  readonly stream: StreamId
  readonly fromSequence: number
  readonly toSequence: number
  readonly fromTimeUs: number
  readonly toTimeUs: number
  readonly reason: string
}

export interface BatchHeader extends ChainLink {
  readonly v: 1
  readonly sealedAtUs: number
  readonly clock: ClockState
  readonly count: number
  /** Earliest and latest source time of the readings; both 0 in a batch without readings. */
  readonly firstTimeUs: number
  readonly lastTimeUs: number
  /** RFC 6962 root over the reading leaves in payload order. */
  readonly root: Uint8Array
  /** SHA-256 of the stored (compressed) payload, and its length in bytes. */
  readonly payloadHash: Uint8Array
  readonly payloadLength: number
  /** Ascending by stream id; a stream occurs once. */
  readonly runs: readonly BatchRun[]
  /** [status code, count], ascending by code. */
  readonly qualities: readonly (readonly [code: number, count: number])[]
  /** Ascending by stream id, then by first sequence. */
  readonly gaps: readonly Gap[]
}

/** Tree key of a state value, and SHA-256 of its tree value; null: there must be none. */
export type Consumed = readonly [treeKey: Uint8Array, valueHash: Uint8Array | null]

export interface EventStatement extends ChainLink {
  readonly v: 1
  readonly type: string
  readonly assets: readonly string[]
  /** The state this event consumes: what it was made for, ascending by tree key. */
  readonly consumes: readonly Consumed[]
  /** Role in which the actor acts. */
  readonly role: string
  readonly occurredAtUs: number
  readonly body: CborMap
  /** SHA-256 of documents or other evidence. */
  readonly evidence: readonly Uint8Array[]
}

/** What an event is made of before encoding; its body may be a plain object. */
export interface EventInput extends Omit<EventStatement, 'body'> {
  readonly body: CborMap | { readonly [key: string]: CborInput | undefined }
}

export interface SealStatement {
  readonly v: 1
  readonly channel: ChannelId
  readonly nonce: Uint8Array
  /** k: genesis is seal 0. */
  readonly height: number
  /** Ledger time in microseconds, strictly increasing. */
  readonly timeUs: number
  /** T: index of seal k-1, plus 1. */
  readonly size: number
  /** State root after the first T entries. */
  readonly stateRoot: Uint8Array
  /** SHA-256 of the CBOR list of active packs in that state. */
  readonly packsHash: Uint8Array
}

export type Statement =
  | ({ readonly kind: 'batch' } & BatchHeader)
  | ({ readonly kind: 'event' } & EventStatement)
  | ({ readonly kind: 'seal' } & SealStatement)

export type ChainedStatement = Exclude<Statement, { kind: 'seal' }>

/** What an envelope's content says. Throws WireError `malformed_statement`, `malformed_id` or a CBOR code. */
export function decodeStatement(envelope: ChainedEnvelope): ChainedStatement
export function decodeStatement(envelope: SealEnvelope): { readonly kind: 'seal' } & SealStatement
export function decodeStatement(envelope: Envelope): Statement
export function decodeStatement(envelope: Envelope): Statement {
  switch (envelope.kind) {
    case 'batch':
      return { kind: 'batch', ...batchOf(envelope) }
    case 'event':
      return { kind: 'event', ...eventOf(envelope) }
    case 'seal':
      return { kind: 'seal', ...sealOf(envelope) }
  }
}

/** Both layers of an entry at once, for what is known to be whole. Throws WireError. */
export function statementOf(entry: Entry): Statement {
  return decodeStatement(decodeEnvelope(entry))
}

/** Throws WireError `malformed_statement` for a header that its own decoder would refuse. */
export function encodeBatchHeader(header: BatchHeader): Uint8Array<ArrayBuffer> {
  checkBatch(header)
  return encodeChained(header, {
    sealedAtUs: header.sealedAtUs,
    clock: { state: header.clock.state, errorUs: header.clock.errorUs },
    count: header.count,
    firstTimeUs: header.firstTimeUs,
    lastTimeUs: header.lastTimeUs,
    root: header.root,
    payloadHash: header.payloadHash,
    payloadLength: header.payloadLength,
    runs: header.runs.map((run) => [idBytes(run.stream), run.firstSequence, run.count]),
    qualities: header.qualities.map(([code, count]) => [code, count]),
    gaps: header.gaps.map(gapFields),
  })
}

export function decodeBatchHeader(payload: Uint8Array): BatchHeader {
  return batchOf(openEnvelope(payload, 'batch'))
}

function batchOf(envelope: ChainedEnvelope): BatchHeader {
  const fields = new Fields(envelope.content, 'batch header', CODE)
  const header: BatchHeader = {
    ...linkOf(envelope),
    sealedAtUs: fields.timeUs('sealedAtUs'),
    clock: readClock(fields.nested('clock')),
    count: fields.count('count', MAX_BATCH_READINGS),
    firstTimeUs: fields.timeUs('firstTimeUs'),
    lastTimeUs: fields.timeUs('lastTimeUs'),
    root: fields.bytes('root', HASH_BYTES),
    payloadHash: fields.bytes('payloadHash', HASH_BYTES),
    payloadLength: fields.count('payloadLength', MAX_COMPRESSED_PAYLOAD_BYTES),
    runs: fields.list('runs', MAX_BATCH_RUNS, readRun),
    qualities: fields.list('qualities', MAX_BATCH_QUALITIES, readQuality),
    gaps: fields.list('gaps', MAX_BATCH_GAPS, readGap),
  }
  fields.end()
  checkBatch(header)
  return header
}

function readClock(fields: Fields): ClockState {
  const clock = {
    state: fields.oneOf('state', CLOCK_STATES),
    errorUs: fields.nullable('errorUs', (name) => fields.count(name)),
  }
  fields.end()
  return clock
}

function readRun(item: CborValue, where: string): BatchRun {
  const [stream, firstSequence, count] = tuple(item, 3, where, CODE)
  return {
    stream: streamIdOf(itemBytes(stream, ID_BYTES, `${where} stream`, CODE)),
    firstSequence: itemCount(firstSequence, `${where} first sequence`, CODE),
    count: itemCount(count, `${where} count`, CODE),
  }
}

function readQuality(item: CborValue, where: string): [number, number] {
  const [code, count] = tuple(item, 2, where, CODE)
  return [itemCount(code, `${where} code`, CODE), itemCount(count, `${where} count`, CODE)]
}

export function gapFields(gap: Gap): CborInput {
  return { ...gap, stream: idBytes(gap.stream) }
}

export function readGap(item: CborValue, where: string): Gap {
  const fields = new Fields(item, where, CODE)
  const gap = {
    stream: streamIdOf(fields.bytes('stream', ID_BYTES)),
    fromSequence: fields.count('fromSequence'),
    // -1 is "before sequence 0": a silence before the first reading that lost none.
    toSequence: fields.integer('toSequence', -1, Number.MAX_SAFE_INTEGER),
    fromTimeUs: fields.timeUs('fromTimeUs'),
    toTimeUs: fields.timeUs('toTimeUs'),
    reason: fields.text('reason'),
  }
  fields.end()
  return gap
}

/** The rules that make a header say one thing only; both directions obey them. */
function checkBatch(header: BatchHeader): void {
  let inRuns = 0
  // Ids are lower-case hex, which sorts like the bytes it stands for.
  let previous = ''
  for (const run of header.runs) {
    if (run.stream <= previous) refuse('runs are not ascending by stream id')
    if (run.count < 1) refuse(`run of ${run.stream} is empty`)
    previous = run.stream
    inRuns += run.count
  }
  if (inRuns !== header.count) refuse(`runs hold ${inRuns} readings, the header says ${header.count}`)
  let withQuality = 0
  let lastCode = -1
  for (const [code, count] of header.qualities) {
    if (code <= lastCode || code > UINT32_MAX) refuse('qualities are not ascending by status code')
    if (count < 1) refuse(`quality ${code} counts no reading`)
    lastCode = code
    withQuality += count
  }
  if (withQuality !== header.count) refuse(`qualities count ${withQuality} readings of ${header.count}`)
  if (header.firstTimeUs > header.lastTimeUs) refuse('first source time is after the last')
  checkGaps(header.gaps)
}

function checkGaps(gaps: readonly Gap[]): void {
  for (let i = 0; i < gaps.length; i++) {
    const gap = gaps[i]!
    if (gap.toSequence < gap.fromSequence - 1) refuse(`gap of ${gap.stream} ends before it begins`)
    if (gap.fromTimeUs > gap.toTimeUs) refuse(`gap of ${gap.stream} ends at a time before it begins`)
    const before = gaps[i - 1]
    if (before === undefined) continue
    if (before.stream > gap.stream) refuse('gaps are not ascending by stream id')
    if (before.stream === gap.stream && before.toSequence >= gap.fromSequence)
      refuse(`gaps of ${gap.stream} overlap or are out of order`)
  }
}

export function encodeEvent(event: EventInput): Uint8Array<ArrayBuffer> {
  checkEvent(event)
  return encodeChained(event, eventFields(event))
}

/** An event's CBOR without its `channel`: the genesis event in the form whose hash names the channel. */
export function encodeWithoutChannel(event: Omit<EventInput, 'channel'>): Uint8Array<ArrayBuffer> {
  return encodeUnchannelled(event, eventFields(event))
}

function eventFields({
  type,
  assets,
  consumes,
  role,
  occurredAtUs,
  body,
  evidence,
}: Omit<EventInput, 'channel'>): CborInput {
  return { type, assets, consumes: consumes.map(([key, hash]) => [key, hash]), role, occurredAtUs, body, evidence }
}

export function decodeEvent(payload: Uint8Array): EventStatement {
  return eventOf(openEnvelope(payload, 'event'))
}

function eventOf(envelope: ChainedEnvelope): EventStatement {
  const fields = new Fields(envelope.content, 'event', CODE)
  const body = fields.any('body')
  if (!(body instanceof Map)) return refuse('event body is not a map')
  const event: EventStatement = {
    ...linkOf(envelope),
    type: fields.text('type'),
    assets: fields.list('assets', MAX_EVENT_REFERENCES, (item, where) => itemText(item, where, CODE, MAX_TEXT_BYTES)),
    consumes: fields.list('consumes', MAX_EVENT_REFERENCES, readConsumed),
    role: fields.text('role'),
    occurredAtUs: fields.timeUs('occurredAtUs'),
    body,
    evidence: fields.list('evidence', MAX_EVENT_REFERENCES, (item, where) => itemBytes(item, HASH_BYTES, where, CODE)),
  }
  fields.end()
  checkEvent(event)
  return event
}

function readConsumed(item: CborValue, where: string): Consumed {
  const [key, hash] = tuple(item, 2, where, CODE)
  const bytes = (part: CborValue | undefined): Uint8Array => itemBytes(part, HASH_BYTES, where, CODE)
  return [bytes(key), hash === null ? null : bytes(hash)]
}

function checkEvent(event: EventInput): void {
  for (const [i, [key]] of event.consumes.entries()) {
    const before = event.consumes[i - 1]
    if (before !== undefined && compareBytes(before[0], key) >= 0)
      refuse('what it consumes is not ascending by tree key')
  }
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(event.type))
    refuse(`event type ${JSON.stringify(event.type)} is no dotted name`)
}

export function encodeSeal(seal: SealStatement): Uint8Array<ArrayBuffer> {
  const { height, timeUs, size, stateRoot, packsHash } = seal
  return encodeUnchained(seal, { height, timeUs, size, stateRoot, packsHash })
}

export function decodeSeal(payload: Uint8Array): SealStatement {
  return sealOf(openEnvelope(payload, 'seal'))
}

function sealOf({ channel, nonce, content }: SealEnvelope): SealStatement {
  const fields = new Fields(content, 'seal', CODE)
  const seal: SealStatement = {
    v: STATEMENT_VERSION,
    channel,
    nonce,
    height: fields.integer('height', 1, Number.MAX_SAFE_INTEGER),
    timeUs: fields.timeUs('timeUs'),
    size: fields.integer('size', 1, Number.MAX_SAFE_INTEGER),
    stateRoot: fields.bytes('stateRoot', HASH_BYTES),
    packsHash: fields.bytes('packsHash', HASH_BYTES),
  }
  fields.end()
  return seal
}

function linkOf({ channel, actor, incarnation, nonce, sequence, previous }: ChainLink): ChainLink & { v: 1 } {
  return { v: STATEMENT_VERSION, channel, actor, incarnation, nonce, sequence, previous }
}

function refuse(what: string): never {
  throw new WireError(CODE, `statement: ${what}`)
}
