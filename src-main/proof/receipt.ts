/**
 * COSE receipts (RFC 9942) of inclusion, vds 1 = RFC9162_SHA256: the same path as elsewhere in a form that SCITT
 * verifiers read. A receipt signs the root only; it does not sign index or size, so positions come from checkpoints.
 *   COSE_Sign1 { protected {1: alg, 4: key id, 395: 1}, unprotected {396: {-1: [bstr [size, index, [path]]]}}, nil }
 */
import { CborTag, decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { CborInput, CborMap, CborValue } from '../wire/cbor.ts'
import { sigStructure } from '../wire/entry.ts'
import type { EntryAlgorithm } from '../wire/entry.ts'
import { idBytes, keyIdOf } from '../wire/ids.ts'
import type { KeyId, LeafIndex, TreeSize } from '../wire/ids.ts'
import { MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../wire/limits.ts'
import { ProofError } from './errors.ts'
import { rootFromInclusion } from './merkle.ts'
import { verifySignature } from './signature.ts'

const COSE_SIGN1_TAG = 18
const LABEL = { alg: 1, keyId: 4, vds: 395, vdp: 396, receipts: 394, inclusion: -1 } as const
const RFC9162_SHA256 = 1
const COSE_ALG: Readonly<Record<EntryAlgorithm, number>> = { 1: -8, 2: -7 }
const MAX_RECEIPT_BYTES = 8_192
const MAX_PATH = 63

export interface Receipt {
  readonly alg: EntryAlgorithm
  readonly keyId: KeyId
  readonly size: TreeSize
  readonly index: LeafIndex
  readonly path: readonly Uint8Array[]
  readonly protectedBytes: Uint8Array
  readonly signature: Uint8Array
}

/** Makes a receipt for the leaf at `index` of the tree of `size` with `root`; `sign` gets the Sig_structure. */
export function buildReceipt(input: {
  readonly alg: EntryAlgorithm
  readonly keyId: KeyId
  readonly size: TreeSize
  readonly index: LeafIndex
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
  sign(message: Uint8Array): Uint8Array
}): Uint8Array {
  const protectedBytes = encodeCbor(
    new Map<number, CborInput>([
      [LABEL.alg, COSE_ALG[input.alg]],
      [LABEL.keyId, idBytes(input.keyId)],
      [LABEL.vds, RFC9162_SHA256],
    ]),
  )
  const proof = encodeCbor([input.size, input.index, input.path])
  const proofs = new Map<number, CborInput>([[LABEL.inclusion, [proof]]])
  const signature = input.sign(sigStructure(protectedBytes, input.root))
  const unprotected = new Map([[LABEL.vdp, proofs]])
  return encodeCbor(new CborTag(COSE_SIGN1_TAG, [protectedBytes, unprotected as CborMap, null, signature]))
}

/** Reads a receipt of the one shape above. Throws ProofError `malformed_receipt` or a WireError of its CBOR. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  const parts = sign1Parts(bytes, MAX_RECEIPT_BYTES)
  const [protectedBytes, unprotected, payload, signature] = parts
  if (!(protectedBytes instanceof Uint8Array) || !(signature instanceof Uint8Array))
    return refuse('lacks a byte string')
  if (payload !== null) refuse('payload is not detached')
  const header = mapOf(decodeCbor(protectedBytes, { maxBytes: 256, maxDepth: 2 }), 'protected header')
  const keyIdBytes = header.get(LABEL.keyId)
  if (header.size !== 3 || header.get(LABEL.vds) !== RFC9162_SHA256 || !(keyIdBytes instanceof Uint8Array)) {
    return refuse('protected header is not algorithm, key id and vds 1')
  }
  const alg = header.get(LABEL.alg)
  if (alg !== COSE_ALG[1] && alg !== COSE_ALG[2]) return refuse('algorithm is neither EdDSA nor ES256')
  return {
    alg: alg === COSE_ALG[1] ? 1 : 2,
    keyId: keyIdOf(keyIdBytes),
    ...inclusionOf(unprotected),
    protectedBytes,
    signature,
  }
}

function inclusionOf(unprotected: CborValue | undefined): Pick<Receipt, 'size' | 'index' | 'path'> {
  const outer = mapOf(unprotected, 'unprotected header')
  const proofs = mapOf(outer.get(LABEL.vdp), 'proofs (396)')
  const list = proofs.get(LABEL.inclusion)
  if (outer.size !== 1 || proofs.size !== 1 || !Array.isArray(list) || list.length !== 1) {
    return refuse('does not hold exactly one inclusion proof')
  }
  const [encoded] = list
  if (!(encoded instanceof Uint8Array)) return refuse('inclusion proof is not a byte string')
  const proof = decodeCbor(encoded, { maxBytes: MAX_RECEIPT_BYTES, maxDepth: 2 })
  if (!Array.isArray(proof) || proof.length !== 3) return refuse('inclusion proof is not [size, index, path]')
  const [size, index, path] = proof
  if (typeof size !== 'number' || typeof index !== 'number' || index < 0 || index >= size) {
    return refuse('index is not in the tree')
  }
  if (!Array.isArray(path) || path.length > MAX_PATH || !path.every(isHash))
    return refuse('path is not a list of hashes')
  return { size, index, path }
}

/**
 * Shows that a key signed a root over a tree that has this leaf. Throws ProofError `bad_signature`; a wrong path gives
 * another root, so it fails the same way.
 */
export function verifyReceipt(receipt: Receipt, leafHash: Uint8Array, publicKey: Uint8Array): { root: Uint8Array } {
  const { index, size, path } = receipt
  const root = rootFromInclusion({ index, size, leafHash, path })
  const message = sigStructure(receipt.protectedBytes, root)
  if (!verifySignature(receipt.alg, publicKey, message, receipt.signature)) {
    throw new ProofError('bad_signature', 'receipt: the signature does not fit the root that the leaf and path lead to')
  }
  return { root }
}

/** The entry with receipts under label 394 of its unprotected header: a SCITT transparent statement. */
export function attachReceipts(entry: Uint8Array, receipts: readonly Uint8Array[]): Uint8Array {
  const [protectedBytes, , payload, signature] = sign1Parts(entry, MAX_ENTRY_BYTES)
  const unprotected: CborMap = new Map([[LABEL.receipts, [...receipts]]])
  return encodeCbor(new CborTag(COSE_SIGN1_TAG, [protectedBytes!, unprotected, payload!, signature!]))
}

/** The entry as the ledger hashes it, and the receipts that were attached. Other unprotected labels are refused. */
export function stripReceipts(bytes: Uint8Array): { entry: Uint8Array; receipts: Uint8Array[] } {
  const [protectedBytes, unprotected, payload, signature] = sign1Parts(bytes, 2 * MAX_ENTRY_BYTES)
  const header = mapOf(unprotected, 'unprotected header')
  const receipts = header.get(LABEL.receipts) ?? []
  if (header.size > 1 || (header.size === 1 && !header.has(LABEL.receipts)))
    refuse('unprotected header holds other labels')
  if (!Array.isArray(receipts) || !receipts.every((item) => item instanceof Uint8Array))
    return refuse('receipts are no list')
  const entry = encodeCbor(new CborTag(COSE_SIGN1_TAG, [protectedBytes!, new Map(), payload!, signature!]))
  return { entry, receipts }
}

function sign1Parts(bytes: Uint8Array, maxBytes: number): CborValue[] {
  const tagged = decodeCbor(bytes, { maxBytes, maxDepth: MAX_CBOR_DEPTH })
  if (!(tagged instanceof CborTag) || tagged.tag !== COSE_SIGN1_TAG) return refuse('is not a COSE_Sign1')
  if (!Array.isArray(tagged.value) || tagged.value.length !== 4) return refuse('is not an array of four')
  return tagged.value
}

function mapOf(value: CborValue | undefined, what: string): CborMap {
  return value instanceof Map ? value : refuse(`${what} is not a map`)
}

function isHash(item: CborValue): item is Uint8Array {
  return item instanceof Uint8Array && item.length === 32
}

function refuse(what: string): never {
  throw new ProofError('malformed_receipt', `receipt: ${what}`)
}
