/**
 * An entry is what the ledger orders: a COSE_Sign1 (RFC 9052 section 4.2, tag 18) with exactly one shape, so that
 * every SCITT verifier reads it (RFC 9943) and no two byte strings are the same entry.
 * Protected header {1: alg, 3: content type, 4: key id, 15: {1: iss, 2: sub, 6: iat}}, unprotected header empty.
 */
import { equalBytes, sha256 } from './bytes.ts'
import { CborTag, decodeCbor, encodeCbor } from './cbor.ts'
import type { CborValue } from './cbor.ts'
import { CborWriter } from './cbor-writer.ts'
import { WireError } from './errors.ts'
import { idBytes, keyIdOf, parseActorId, parseChannelId } from './ids.ts'
import type { ActorId, ChannelId, KeyId } from './ids.ts'
import { ID_BYTES, MAX_ENTRY_BYTES, SIGNATURE_BYTES } from './limits.ts'

/** What the payload is; the last word of the media type. */
export const CONTENT_TYPES = ['batch', 'event', 'seal'] as const
export type ContentType = (typeof CONTENT_TYPES)[number]
/** Key algorithms that sign entries: 1 Ed25519 (COSE -8, EdDSA), 2 P-256 (COSE -7, ES256). */
export type EntryAlgorithm = 1 | 2

export interface ProtectedHeader {
  readonly alg: EntryAlgorithm
  readonly contentType: ContentType
  readonly keyId: KeyId
  /** `urn:plumbline:actor:<32 hex>` */
  readonly issuer: string
  /** `urn:plumbline:channel:<64 hex>` */
  readonly subject: string
  /** When it was signed, by the signer's clock, in whole seconds: information only, order comes from the ledger. */
  readonly iatSeconds: number
}

/** A parsed entry. Nothing about its signature is known yet. */
export interface Entry extends ProtectedHeader {
  readonly bytes: Uint8Array
  readonly protectedBytes: Uint8Array
  /** The signer, out of `issuer`. */
  readonly actor: ActorId
  /** The channel, out of `subject`. */
  readonly channel: ChannelId
  readonly payload: Uint8Array
  /** 64 bytes for either algorithm. */
  readonly signature: Uint8Array
  /** What the signature covers. */
  readonly sigStructure: Uint8Array
}

const COSE_SIGN1_TAG = 18
const COSE_ALG: Readonly<Record<EntryAlgorithm, number>> = { 1: -8, 2: -7 }
const ISSUER_PREFIX = 'urn:plumbline:actor:'
const SUBJECT_PREFIX = 'urn:plumbline:channel:'
const MEDIA_TYPE: Readonly<Record<ContentType, string>> = {
  batch: 'application/vnd.plumbline.batch+cbor',
  event: 'application/vnd.plumbline.event+cbor',
  seal: 'application/vnd.plumbline.seal+cbor',
}

export function issuerOf(actor: ActorId): string {
  return ISSUER_PREFIX + actor
}

export function subjectOf(channel: ChannelId): string {
  return SUBJECT_PREFIX + channel
}

/** The protected header's bytes, without the byte-string head around them. */
export function encodeProtected(header: ProtectedHeader): Uint8Array<ArrayBuffer> {
  const claims = new Map<number, string | number>([
    [1, header.issuer],
    [2, header.subject],
    [6, header.iatSeconds],
  ])
  return encodeCbor(
    new Map<number, number | string | Uint8Array | Map<number, string | number>>([
      [1, COSE_ALG[header.alg]],
      [3, MEDIA_TYPE[header.contentType]],
      [4, idBytes(header.keyId)],
      [15, claims],
    ]),
  )
}

/** RFC 9052 section 4.4: ["Signature1", protected, external_aad = empty, payload]. This is what is signed. */
export function sigStructure(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new CborWriter()
  writer.arrayHead(4)
  writer.text('Signature1')
  writer.bytes(protectedBytes)
  writer.bytes(new Uint8Array(0))
  writer.bytes(payload)
  return writer.take()
}

/** The entry's bytes. Throws WireError `too_large` beyond MAX_ENTRY_BYTES: larger content is committed to by hash. */
export function assembleEntry(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (signature.length !== SIGNATURE_BYTES) refuse(`signature has ${signature.length} bytes, not ${SIGNATURE_BYTES}`)
  const writer = new CborWriter()
  writer.byte(0xc0 | COSE_SIGN1_TAG)
  writer.arrayHead(4)
  writer.bytes(protectedBytes)
  writer.byte(0xa0)
  writer.bytes(payload)
  writer.bytes(signature)
  const entry = writer.take()
  if (entry.length > MAX_ENTRY_BYTES) {
    throw new WireError('too_large', `entry has ${entry.length} bytes; at most ${MAX_ENTRY_BYTES} fit a tile bundle`)
  }
  return entry
}

/**
 * Reads an entry of the one allowed shape. Does not verify the signature and does not read the payload.
 * Throws WireError `malformed_entry` naming the field, or a CBOR code.
 */
export function parseEntry(bytes: Uint8Array): Entry {
  const tagged = decodeCbor(bytes, { maxBytes: MAX_ENTRY_BYTES, maxDepth: 2 })
  if (!(tagged instanceof CborTag) || tagged.tag !== COSE_SIGN1_TAG) refuse('is not a COSE_Sign1 with tag 18')
  const parts = tagged.value
  if (!Array.isArray(parts) || parts.length !== 4) return refuse('is not an array of four')
  const [protectedBytes, unprotected, payload, signature] = parts
  if (!(protectedBytes instanceof Uint8Array)) return refuse('protected header is not a byte string')
  if (!(unprotected instanceof Map) || unprotected.size !== 0) {
    return refuse('unprotected header is not empty; strip receipts before hashing or parsing')
  }
  if (!(payload instanceof Uint8Array)) return refuse('payload is detached or not a byte string')
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) {
    return refuse(`signature is not a byte string of ${SIGNATURE_BYTES}`)
  }
  const header = parseProtected(protectedBytes)
  return {
    ...header,
    bytes,
    protectedBytes,
    actor: parseActorId(header.issuer.slice(ISSUER_PREFIX.length)),
    channel: parseChannelId(header.subject.slice(SUBJECT_PREFIX.length)),
    payload,
    signature,
    sigStructure: sigStructure(protectedBytes, payload),
  }
}

function parseProtected(bytes: Uint8Array): ProtectedHeader {
  const header = decodeCbor(bytes, { maxBytes: 512, maxDepth: 2 })
  if (!(header instanceof Map) || header.size !== 4) return refuse('protected header is not a map of four')
  const claims = header.get(15)
  if (!(claims instanceof Map) || claims.size !== 3) return refuse('CWT claims (15) are not a map of three')
  const keyIdBytes = header.get(4)
  if (!(keyIdBytes instanceof Uint8Array) || keyIdBytes.length !== ID_BYTES) return refuse('key id (4) is not 16 bytes')
  const parsed: ProtectedHeader = {
    alg: algorithmOf(header.get(1)),
    contentType: contentTypeOf(header.get(3)),
    keyId: keyIdOf(keyIdBytes),
    issuer: urn(claims.get(1), ISSUER_PREFIX, 'issuer (15.1)'),
    subject: urn(claims.get(2), SUBJECT_PREFIX, 'subject (15.2)'),
    iatSeconds: seconds(claims.get(6)),
  }
  // Belt and braces: whatever was read must encode to the same bytes, or two headers could mean the same.
  if (!equalBytes(encodeProtected(parsed), bytes)) refuse('protected header is not in its canonical form')
  return parsed
}

function algorithmOf(value: CborValue | undefined): EntryAlgorithm {
  if (value === COSE_ALG[1]) return 1
  if (value === COSE_ALG[2]) return 2
  return refuse('algorithm (1) is neither EdDSA (-8) nor ES256 (-7)')
}

function contentTypeOf(value: CborValue | undefined): ContentType {
  for (const contentType of CONTENT_TYPES) {
    if (MEDIA_TYPE[contentType] === value) return contentType
  }
  return refuse('content type (3) is none of batch, event, seal')
}

function urn(value: CborValue | undefined, prefix: string, what: string): string {
  if (typeof value === 'string' && value.startsWith(prefix)) return value
  return refuse(`${what} does not begin with ${prefix}`)
}

function seconds(value: CborValue | undefined): number {
  if (typeof value === 'number' && value >= 0) return value
  return refuse('issued-at (15.6) is not whole seconds')
}

/** Hash by which the next statement of the same actor names this one; independent of the signature's bytes. */
export function statementHash(entry: { readonly sigStructure: Uint8Array }): Uint8Array<ArrayBuffer> {
  return sha256(entry.sigStructure)
}

function refuse(what: string): never {
  throw new WireError('malformed_entry', `entry: ${what}`)
}
