/**
 * One measured value and the leaf that commits to it:
 * SHA-256(0x00 ‖ CBOR([salt, stream, sequence, sourceTimeUs, value, quality, flags (, evidence hash)])).
 * The value keeps its kind, bit for bit. docs/FORMATS.md, "Reading leaf".
 */
import { sha256 } from './bytes.ts'
import type { Hash } from './bytes.ts'
import { CborFloat, decodeCbor } from './cbor.ts'
import type { CborValue } from './cbor.ts'
import { CborWriter } from './cbor-writer.ts'
import { WireError } from './errors.ts'
import { idBytes, streamIdOf } from './ids.ts'
import type { StreamId } from './ids.ts'
import { HASH_BYTES, ID_BYTES, INT64_MIN, MAX_LEAF_BYTES, SALT_BYTES, UINT32_MAX, UINT64_MAX } from './limits.ts'

/** A value with its kind. `integer` holds what 64 bits hold, signed or unsigned; null is a missing value. */
export type Value =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }

/** A reading as it travels inside the product; `evidence` is the record itself (raw registers, device frame). */
export interface Reading {
  readonly stream: StreamId
  readonly sequence: number
  /** Microseconds since the Unix epoch, by the source's clock. */
  readonly sourceTimeUs: number
  readonly value: Value
  /** OPC UA StatusCode, all 32 bits. */
  readonly quality: number
  /** Plausibility flags, bits of FLAG. */
  readonly flags: number
  readonly evidence?: Uint8Array
}

/** What a leaf says: a reading with its salt, and the hash of the evidence record in place of the record. */
export interface Leaf {
  readonly salt: Uint8Array
  readonly stream: StreamId
  readonly sequence: number
  readonly sourceTimeUs: number
  readonly value: Value
  readonly quality: number
  readonly flags: number
  readonly evidenceHash?: Uint8Array
}

/** A leaf to encode; sequence and time may use all 64 bits that the encoding has. */
export interface LeafInput extends Omit<Leaf, 'sequence' | 'sourceTimeUs'> {
  readonly sequence: number | bigint
  readonly sourceTimeUs: number | bigint
}

/** Canonical CBOR of a leaf. Throws WireError `malformed_leaf` when a field is outside its range. */
export function encodeLeaf(leaf: LeafInput): Uint8Array<ArrayBuffer> {
  if (leaf.salt.length !== SALT_BYTES) refuse(`salt has ${leaf.salt.length} bytes, not ${SALT_BYTES}`)
  if (leaf.evidenceHash !== undefined && leaf.evidenceHash.length !== HASH_BYTES) {
    refuse(`evidence hash has ${leaf.evidenceHash.length} bytes, not ${HASH_BYTES}`)
  }
  checkUint32(leaf.quality, 'quality')
  checkUint32(leaf.flags, 'flags')
  const writer = new CborWriter()
  writer.arrayHead(leaf.evidenceHash === undefined ? 7 : 8)
  writer.bytes(leaf.salt)
  writer.bytes(idBytes(leaf.stream))
  writer.value(leaf.sequence)
  writer.value(leaf.sourceTimeUs)
  writeValue(writer, leaf.value)
  writer.integer(leaf.quality)
  writer.integer(leaf.flags)
  if (leaf.evidenceHash !== undefined) writer.bytes(leaf.evidenceHash)
  return writer.take()
}

function writeValue(writer: CborWriter, value: Value): void {
  switch (value.kind) {
    case 'null':
      return writer.value(null)
    case 'boolean':
      return writer.value(value.value)
    case 'integer':
      checkInteger(value.value)
      return writer.bigInteger(value.value)
    case 'float':
      return writer.float(value.value)
    case 'text':
      return writer.text(value.value)
    case 'bytes':
      return writer.bytes(value.value)
  }
}

/** Reads a leaf; only the one canonical encoding passes. Throws WireError `malformed_leaf` or a CBOR code. */
export function decodeLeaf(bytes: Uint8Array): Leaf {
  const items = decodeCbor(bytes, { maxBytes: MAX_LEAF_BYTES, maxDepth: 1 })
  if (!Array.isArray(items) || (items.length !== 7 && items.length !== 8)) {
    return refuse('not an array of 7 or 8 items')
  }
  const [salt, stream, sequence, sourceTimeUs, value, quality, flags, evidenceHash] = items
  const leaf = {
    salt: bytesOf(salt, SALT_BYTES, 'salt'),
    stream: streamIdOf(bytesOf(stream, ID_BYTES, 'stream id')),
    sequence: safeInteger(sequence, 'sequence'),
    sourceTimeUs: safeInteger(sourceTimeUs, 'source time'),
    value: valueOf(value),
    quality: checkUint32(safeInteger(quality, 'quality'), 'quality'),
    flags: checkUint32(safeInteger(flags, 'flags'), 'flags'),
  }
  if (leaf.sequence < 0) refuse(`sequence ${leaf.sequence} is negative`)
  if (evidenceHash === undefined) return leaf
  return { ...leaf, evidenceHash: bytesOf(evidenceHash, HASH_BYTES, 'evidence hash') }
}

/** RFC 6962 2.1 leaf hash: the prefix keeps a node from passing as a leaf. Same for readings and ledger entries. */
export function leafHash(content: Uint8Array, hash: Hash = sha256): Uint8Array {
  const prefixed = new Uint8Array(1 + content.length)
  prefixed.set(content, 1)
  return hash(prefixed)
}

function valueOf(item: CborValue | undefined): Value {
  if (item === null) return { kind: 'null' }
  if (typeof item === 'boolean') return { kind: 'boolean', value: item }
  if (typeof item === 'number') return { kind: 'integer', value: BigInt(item) }
  if (typeof item === 'bigint') return { kind: 'integer', value: checkInteger(item) }
  if (item instanceof CborFloat) return { kind: 'float', value: item.value }
  if (typeof item === 'string') return { kind: 'text', value: item }
  if (item instanceof Uint8Array) return { kind: 'bytes', value: item }
  return refuse('value is of no kind a reading has')
}

function checkInteger(value: bigint): bigint {
  if (value < INT64_MIN || value > UINT64_MAX) refuse(`integer ${value} does not fit 64 bits`)
  return value
}

function checkUint32(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) refuse(`${what} ${value} does not fit 32 bits`)
  return value
}

function safeInteger(item: CborValue | undefined, what: string): number {
  return typeof item === 'number' ? item : refuse(`${what} is not an integer of at most 53 bits`)
}

function bytesOf(item: CborValue | undefined, length: number, what: string): Uint8Array {
  if (item instanceof Uint8Array && item.length === length) return item
  return refuse(`${what} is not a byte string of ${length}`)
}

function refuse(what: string): never {
  throw new WireError('malformed_leaf', `reading leaf: ${what}`)
}
