import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** PKCS#8 wrapping of a bare Ed25519 seed (RFC 8410, section 7): everything before the 32 bytes is constant. */
const PKCS8_ED25519_PREFIX = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'))

export const ED25519_SEED_BYTES = 32

/** A private key from its 32-byte seed (RFC 8032, 5.1.5). */
export function privateKeyFromSeed(seed: Uint8Array): KeyObject {
  if (seed.length !== ED25519_SEED_BYTES) throw new RangeError(`seed: expected 32 bytes, got ${seed.length}`)
  const der = new Uint8Array(PKCS8_ED25519_PREFIX.length + seed.length)
  der.set(PKCS8_ED25519_PREFIX)
  der.set(seed, PKCS8_ED25519_PREFIX.length)
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
}

/** The key as PKCS#8 PEM, the form in which it lies on disk. */
export function privatePemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** The 32 raw bytes of the public key that belongs to an Ed25519 key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  const jwk = publicKey.export({ format: 'jwk' })
  if (jwk.crv !== 'Ed25519' || jwk.x === undefined) throw new TypeError('the key is not an Ed25519 key')
  return Uint8Array.from(Buffer.from(jwk.x, 'base64url'))
}
