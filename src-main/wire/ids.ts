import { concatBytes, fromHex, sha256, toHex, utf8 } from './bytes.ts'
import { WireError } from './errors.ts'

declare const brand: unique symbol
declare const unit: unique symbol

/** 16 bytes as 32 lower-case hex digits: one measured variable. */
export type StreamId = string & { readonly [brand]: 'StreamId' }
/** 16 random bytes as hex: whoever signs; stays the same across key rotations. */
export type ActorId = string & { readonly [brand]: 'ActorId' }
/** 16 random bytes as hex: one life of an actor between two losses of its memory. */
export type IncarnationId = string & { readonly [brand]: 'IncarnationId' }
/** First 16 bytes of SHA-256("plumbline/key/v1" ‖ alg ‖ public key) as hex. */
export type KeyId = string & { readonly [brand]: 'KeyId' }
/** SHA-256 of the genesis payload, as 64 hex digits. */
export type ChannelId = string & { readonly [brand]: 'ChannelId' }

/** Position of an entry in the ledger tree, from 0. Plain numbers fit; a TreeSize does not. */
export type LeafIndex = number & { readonly [unit]?: 'LeafIndex' }
/** How many entries a tree has. */
export type TreeSize = number & { readonly [unit]?: 'TreeSize' }

/** Key algorithms: 1 Ed25519 · 2 ECDSA P-256 with SHA-256 · 3 ML-DSA-44. */
export const KEY_ALGORITHM = { ed25519: 1, p256: 2, mlDsa44: 3 } as const
export type KeyAlgorithm = (typeof KEY_ALGORITHM)[keyof typeof KEY_ALGORITHM]

/** Length of a public key in bytes: Ed25519 raw, P-256 compressed point, ML-DSA-44 raw. */
export const PUBLIC_KEY_BYTES: Readonly<Record<KeyAlgorithm, number>> = { 1: 32, 2: 33, 3: 1312 }

const ID_PATTERN = /^[0-9a-f]{32}$/
const CHANNEL_PATTERN = /^[0-9a-f]{64}$/

/** Each throws WireError `malformed_id` unless the text is the id's one canonical form. */
export function parseStreamId(text: string): StreamId {
  return parseHexId(text, ID_PATTERN, 'stream id') as StreamId
}
export function parseActorId(text: string): ActorId {
  return parseHexId(text, ID_PATTERN, 'actor id') as ActorId
}
function parseIncarnationId(text: string): IncarnationId {
  return parseHexId(text, ID_PATTERN, 'incarnation id') as IncarnationId
}
export function parseKeyId(text: string): KeyId {
  return parseHexId(text, ID_PATTERN, 'key id') as KeyId
}
export function parseChannelId(text: string): ChannelId {
  return parseHexId(text, CHANNEL_PATTERN, 'channel id') as ChannelId
}

function parseHexId(text: string, pattern: RegExp, what: string): string {
  if (pattern.test(text)) return text
  const digits = pattern === CHANNEL_PATTERN ? 64 : 32
  throw new WireError(
    'malformed_id',
    `${what} is ${JSON.stringify(text.slice(0, 80))}; expected ${digits} lower-case hex digits`,
  )
}

const HANDLE_DIGITS = 16

/** What a channel is called where its whole id is too long: in paths of the API, in frames between gateways, as a folder. */
export function channelHandle(channel: ChannelId): string {
  return channel.slice(0, HANDLE_DIGITS)
}

/** Whether a text could be the handle of a channel. */
export function isHandle(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text)
}

/** Bytes of an id: 16, or 32 for a channel. */
export function idBytes(id: StreamId | ActorId | IncarnationId | KeyId | ChannelId): Uint8Array<ArrayBuffer> {
  return fromHex(id)
}

export function streamIdOf(bytes: Uint8Array): StreamId {
  return parseStreamId(toHex(bytes))
}
export function actorIdOf(bytes: Uint8Array): ActorId {
  return parseActorId(toHex(bytes))
}
export function incarnationIdOf(bytes: Uint8Array): IncarnationId {
  return parseIncarnationId(toHex(bytes))
}
export function keyIdOf(bytes: Uint8Array): KeyId {
  return parseKeyId(toHex(bytes))
}
export function channelIdOf(bytes: Uint8Array): ChannelId {
  return parseChannelId(toHex(bytes))
}

const KEY_DOMAIN = utf8('plumbline/key/v1')

/** The id under which a public key is registered (docs/FORMATS.md, Keys). */
export function keyId(alg: KeyAlgorithm, publicKey: Uint8Array): KeyId {
  const digest = sha256(concatBytes(KEY_DOMAIN, Uint8Array.of(alg), publicKey))
  return toHex(digest.subarray(0, 16)) as KeyId
}
