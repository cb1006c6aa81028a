/** did:key of Ed25519 keys (W3C did:key method; multicodec 0xed, base58btc): one text for one key. */
import { base58 } from '@scure/base'
import { concatBytes } from '../wire/bytes.ts'

const ED25519_CODEC = Uint8Array.of(0xed, 0x01)
const PREFIX = 'did:key:'
const KEY_BYTES = 32

/** Base58btc with its multibase letter. */
export function toMultibase(bytes: Uint8Array): string {
  return `z${base58.encode(bytes)}`
}

/** Null unless the text is the one canonical base58btc multibase of some bytes. */
export function fromMultibase(text: string): Uint8Array | null {
  if (!/^z[1-9A-HJ-NP-Za-km-z]{1,200}$/.test(text)) return null
  const bytes = base58.decode(text.slice(1))
  return toMultibase(bytes) === text ? bytes : null
}

export function didOfKey(publicKey: Uint8Array): string {
  return PREFIX + toMultibase(concatBytes(ED25519_CODEC, publicKey))
}

/** The Ed25519 public key a did:key stands for; null for any other DID or spelling. */
export function keyOfDid(did: string): Uint8Array | null {
  if (!did.startsWith(PREFIX)) return null
  const bytes = fromMultibase(did.slice(PREFIX.length))
  if (bytes === null || bytes.length !== KEY_BYTES + 2 || bytes[0] !== 0xed || bytes[1] !== 0x01) return null
  return bytes.slice(2)
}

/** Verification method of a did:key: the DID, `#`, and its own multibase part. */
export function verificationMethodOf(did: string): string {
  return `${did}#${did.slice(PREFIX.length)}`
}
