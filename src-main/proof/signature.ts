/**
 * Which signatures count, by algorithm. Every implementation of the format gives the same verdicts
 * (docs/FORMATS.md, "Keys and signatures").
 */
import { p256 } from '@noble/curves/nist.js'
import { KEY_ALGORITHM } from '../wire/ids.ts'
import { SIGNATURE_BYTES } from '../wire/limits.ts'
import { isEnrollableEd25519Key, verifyEd25519 } from './ed25519.ts'

const P256_KEY_BYTES = 33

/**
 * Does `signature` by `publicKey` count for `message`? `alg` is the key algorithm (1 Ed25519, 2 P-256 with SHA-256);
 * keys are 32 raw bytes or a compressed point of 33, signatures 64 bytes. Anything malformed or unknown is false.
 */
export function verifySignature(
  alg: number,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (alg) {
    case KEY_ALGORITHM.ed25519:
      return verifyEd25519(publicKey, message, signature)
    case KEY_ALGORITHM.p256:
      return verifyP256(publicKey, message, signature)
    default:
      return false
  }
}

/** May this key be enrolled? Ed25519: canonical and of prime order. P-256: a compressed point on the curve. */
export function checkPublicKey(alg: number, publicKey: Uint8Array): boolean {
  switch (alg) {
    case KEY_ALGORITHM.ed25519:
      return isEnrollableEd25519Key(publicKey)
    case KEY_ALGORITHM.p256:
      return isP256Key(publicKey)
    default:
      return false
  }
}

function isP256Key(publicKey: Uint8Array): boolean {
  // Compressed only: one key has one encoding and hence one key id.
  return publicKey.length === P256_KEY_BYTES && p256.utils.isValidPublicKey(publicKey, true)
}

/** r ‖ s, 32 bytes each, s in the lower half of the order: of the two that would verify, one counts. */
function verifyP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isP256Key(publicKey)) return false
  try {
    return p256.verify(signature, message, publicKey, { lowS: true, prehash: true, format: 'compact' })
  } catch {
    return false
  }
}
