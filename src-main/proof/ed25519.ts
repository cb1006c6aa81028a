/**
 * Ed25519 under one strict rule, the same in every implementation here: RFC 8032 5.1.7 without the cofactor, as OpenSSL,
 * Go and dalek's verify_strict do it. noble's own `verify` multiplies by the cofactor and is therefore not used.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes, toHex } from '../wire/bytes.ts'

const { Point } = ed25519
type EdwardsPoint = InstanceType<typeof Point>
const GROUP_ORDER = Point.Fn.ORDER
const IDENTITY = Point.ZERO.toBytes()

/** Keys already found good: the test of order costs about as much as a verification, and a channel has few keys. */
const knownKeys = new Map<string, EdwardsPoint>()
const KNOWN_KEYS_MAX = 256

/** The key as a point, if its encoding is canonical and its order is the prime L; else null. */
function enrollablePoint(publicKey: Uint8Array): EdwardsPoint | null {
  const name = toHex(publicKey)
  const known = knownKeys.get(name)
  if (known !== undefined) return known
  const point = decodePoint(publicKey)
  if (point === null || !equalBytes(point.toBytes(), publicKey)) return null
  if (point.isSmallOrder() || !point.isTorsionFree()) return null
  if (knownKeys.size >= KNOWN_KEYS_MAX) knownKeys.clear()
  knownKeys.set(name, point)
  return point
}

function decodePoint(bytes: Uint8Array): EdwardsPoint | null {
  try {
    return Point.fromBytes(bytes)
  } catch {
    return null
  }
}

/** May this key be enrolled: canonical encoding, prime order. */
export function isEnrollableEd25519Key(publicKey: Uint8Array): boolean {
  return publicKey.length === 32 && enrollablePoint(publicKey) !== null
}

/** The strict verdict; false for keys that could not be enrolled and for anything malformed. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const point = enrollablePoint(publicKey)
  return point !== null && equationHolds(point, publicKey, message, signature)
}

/** S < L, R is not the identity, and the encoding of sB - kA equals R byte for byte. */
function equationHolds(
  point: EdwardsPoint,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= GROUP_ORDER || equalBytes(r, IDENTITY)) return false
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % GROUP_ORDER
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k))
  return equalBytes(expected.toBytes(), r)
}

/** The equation under any key that decodes, for comparing with others' edge cases; never decides anything here. */
export function equationHoldsUnderAnyKey(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const point = decodePoint(publicKey)
  return point !== null && equationHolds(point, publicKey, message, signature)
}

function littleEndian(bytes: Uint8Array): bigint {
  let hex = ''
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i]!.toString(16).padStart(2, '0')
  return BigInt(`0x${hex}`)
}
