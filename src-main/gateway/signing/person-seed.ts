/** What a person's key does, out of its 32-byte seed (RFC 8032, 5.1.5), which is there for one signature. */
import { randomBytes, sign } from 'node:crypto'
import { ED25519_SEED_BYTES, privateKeyFromSeed, rawPublicKey } from '../../keys/ed25519-pem.ts'
import { KEY_ALGORITHM } from '../../wire/ids.ts'

export { ED25519_SEED_BYTES }
export const PERSON_ALGORITHM = KEY_ALGORITHM.ed25519

export function newSeed(): Uint8Array {
  return randomBytes(ED25519_SEED_BYTES)
}

/** Raw, 32 bytes. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return rawPublicKey(privateKeyFromSeed(seed))
}

export function signBy(seed: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, bytes, privateKeyFromSeed(seed)))
}
