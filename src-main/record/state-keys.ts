/**
 * Names of state values and their places in the state tree. The typed values of the core are in core-state.ts.
 */
import { concatBytes, sha256 } from '../wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborInput, CborValue } from '../wire/cbor.ts'
import { WireError } from '../wire/errors.ts'
import { MAX_CBOR_DEPTH, MAX_STATE_VALUE_BYTES, NONCE_BYTES } from '../wire/limits.ts'

/** Owner of everything that is not a pack's. */
export const CORE_OWNER = 'core'

/** CBOR [owner, kind, id]: the name of one state value. Packs write only under their own owner. */
export function stateKey(owner: string, kind: string, id: CborInput): Uint8Array<ArrayBuffer> {
  return encodeCbor([owner, kind, id])
}

/** Position in the state tree. */
export function treeKey(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha256(key)
}

/**
 * First 16 bytes of SHA-256(the entry's nonce ‖ state key). An absence proof shows its neighbours' hashes, and this
 * keeps them from being guessed.
 */
export function valueNonce(entryNonce: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha256(concatBytes(entryNonce, key)).slice(0, NONCE_BYTES)
}

/** CBOR [nonce, value]: what the tree commits to. */
export function treeValue(nonce: Uint8Array, value: CborInput): Uint8Array<ArrayBuffer> {
  return encodeCbor([nonce, value])
}

/** The parts of a tree value. Throws WireError `malformed_state` or a CBOR code. */
export function parseTreeValue(bytes: Uint8Array): { nonce: Uint8Array; value: CborValue } {
  // One level more than a statement's content has: pair, form and map lie around what is nested there in envelope, content and body.
  const pair = decodeCbor(bytes, { maxBytes: MAX_STATE_VALUE_BYTES, maxDepth: MAX_CBOR_DEPTH + 1 })
  if (!Array.isArray(pair) || pair.length !== 2) throw new WireError('malformed_state', 'tree value is not a pair')
  const [nonce, value] = pair
  if (!(nonce instanceof Uint8Array) || nonce.length !== NONCE_BYTES || value === undefined) {
    throw new WireError('malformed_state', 'tree value does not begin with a nonce of 16 bytes')
  }
  return { nonce, value }
}
