/**
 * The envelope of a statement: who says something in which channel, and where it stands in the signer's chain. It never
 * changes, whatever the rules in force say about the rest: that is one map of its own under `content`, read apart (statements.ts).
 * Batches and events have {v, channel, actor, incarnation, sequence, previous, nonce, content}; seals belong to no chain and have
 * {v, channel, nonce, content}. docs/FORMATS.md, Entry.
 */
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborInput, CborMap } from '../wire/cbor.ts'
import type { ContentType, Entry } from '../wire/entry.ts'
import { WireError } from '../wire/errors.ts'
import { Fields } from '../wire/fields.ts'
import { actorIdOf, channelIdOf, idBytes, incarnationIdOf } from '../wire/ids.ts'
import type { ActorId, ChannelId, IncarnationId } from '../wire/ids.ts'
import { HASH_BYTES, ID_BYTES, MAX_CBOR_DEPTH, MAX_ENTRY_BYTES, NONCE_BYTES } from '../wire/limits.ts'

export const STATEMENT_VERSION = 1
const CODE = 'malformed_statement'

/** What batches and events share: the actor's chain. */
export interface ChainLink {
  readonly channel: ChannelId
  readonly actor: ActorId
  /** The actor's life between two losses of memory; sequences belong to it. */
  readonly incarnation: IncarnationId
  /** 16 random bytes. */
  readonly nonce: Uint8Array
  /** Position in the incarnation's chain, from 0. */
  readonly sequence: number
  /** `statementHash` of the incarnation's entry before; null at sequence 0. */
  readonly previous: Uint8Array | null
}

export interface ChainedEnvelope extends ChainLink {
  readonly kind: 'batch' | 'event'
  readonly content: CborMap
}

export interface SealEnvelope {
  readonly kind: 'seal'
  readonly channel: ChannelId
  readonly nonce: Uint8Array
  readonly content: CborMap
}

export type Envelope = ChainedEnvelope | SealEnvelope

/**
 * Envelope of an entry, checked against the header that was signed with it: same channel, same actor. Its content may still be
 * anything. Throws WireError `malformed_statement`, `unknown_version` or a CBOR code.
 */
export function decodeEnvelope(entry: Entry): Envelope {
  const envelope = openEnvelope(entry.payload, entry.contentType)
  if (envelope.channel !== entry.channel) refuse('statement names another channel than its header')
  if (envelope.kind !== 'seal' && envelope.actor !== entry.actor)
    refuse('statement names another actor than its header')
  return envelope
}

/** The same of a payload alone. */
export function openEnvelope(payload: Uint8Array, kind: 'batch' | 'event'): ChainedEnvelope
export function openEnvelope(payload: Uint8Array, kind: 'seal'): SealEnvelope
export function openEnvelope(payload: Uint8Array, kind: ContentType): Envelope
export function openEnvelope(payload: Uint8Array, kind: ContentType): Envelope {
  // The content may nest as deep as any value, and lies one level down.
  const fields = new Fields(
    decodeCbor(payload, { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH + 1 }),
    kind,
    CODE,
  )
  const version = fields.any('v')
  if (version !== STATEMENT_VERSION) {
    throw new WireError('unknown_version', `${kind} has version ${String(version)}; this program reads 1`)
  }
  const channel = channelIdOf(fields.bytes('channel', HASH_BYTES))
  const nonce = fields.bytes('nonce', NONCE_BYTES)
  const content = fields.any('content')
  if (!(content instanceof Map)) return refuse(`content of the ${kind} is not a map`)
  if (kind === 'seal') {
    fields.end()
    return { kind, channel, nonce, content }
  }
  const link = {
    channel,
    nonce,
    actor: actorIdOf(fields.bytes('actor', ID_BYTES)),
    incarnation: incarnationIdOf(fields.bytes('incarnation', ID_BYTES)),
    sequence: fields.count('sequence'),
    previous: fields.nullable('previous', (name) => fields.bytes(name, HASH_BYTES)),
  }
  fields.end()
  checkLink(link)
  return { kind, ...link, content }
}

/** A statement's bytes. Throws WireError `malformed_statement` for a link that `decodeEnvelope` would refuse. */
export function encodeChained(link: ChainLink, content: CborInput): Uint8Array<ArrayBuffer> {
  checkLink(link)
  return encodeCbor({ channel: idBytes(link.channel), ...chainFields(link), content })
}

/** The same without `channel`: what the channel of a genesis is named by. */
export function encodeUnchannelled(link: Omit<ChainLink, 'channel'>, content: CborInput): Uint8Array<ArrayBuffer> {
  return encodeCbor({ ...chainFields(link), content })
}

/** A seal's bytes. Throws WireError `malformed_statement` for a nonce of another length. */
export function encodeUnchained(
  { channel, nonce }: { readonly channel: ChannelId; readonly nonce: Uint8Array },
  content: CborInput,
): Uint8Array<ArrayBuffer> {
  checkNonce(nonce)
  return encodeCbor({ v: STATEMENT_VERSION, channel: idBytes(channel), nonce, content })
}

function chainFields(link: Omit<ChainLink, 'channel'>): { [key: string]: CborInput } {
  const { nonce, sequence, previous } = link
  return {
    v: STATEMENT_VERSION,
    actor: idBytes(link.actor),
    incarnation: idBytes(link.incarnation),
    nonce,
    sequence,
    previous,
  }
}

function checkLink(link: Omit<ChainLink, 'channel'>): void {
  checkNonce(link.nonce)
  if ((link.previous === null) !== (link.sequence === 0)) {
    refuse(`sequence ${link.sequence} ${link.previous === null ? 'lacks' : 'has'} a previous hash`)
  }
}

function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== NONCE_BYTES) refuse(`nonce has ${nonce.length} bytes, not ${NONCE_BYTES}`)
}

function refuse(what: string): never {
  throw new WireError(CODE, `statement: ${what}`)
}
