/**
 * The parts of a ledger that follow from nothing else on its disk and that every gateway of the channel has alike: payloads,
 * entries, rows of the Raft log. Where one is damaged it is fetched from another gateway, and kept in `ledger.db.parts` until the
 * ledger has been made anew with it.
 */
import { leafHash } from '../../proof/merkle.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../../wire/cbor.ts'
import { concatBytes, equalBytes, fromHex, toHex } from '../../wire/bytes.ts'
import type { Hash } from '../../wire/bytes.ts'
import type { LeafIndex } from '../../wire/ids.ts'
import { HASH_BYTES } from '../../wire/limits.ts'
import { raftRowDigest } from '../raft-log.ts'
import { forgetParts, keepParts, keptParts } from '../rebuilt-file.ts'

export const PART_KINDS = ['payload', 'entry', 'log'] as const

/** Which part: a payload by its hash in hex, an entry or a log row by its index. */
export type PartName =
  | { readonly kind: 'payload'; readonly hash: string }
  | { readonly kind: 'entry' | 'log'; readonly index: LeafIndex }

/**
 * A part that this disk lost. `expected`: what this disk still knows of it, as `hashOfPart` gives it; null for nothing. `exact`: nothing else
 * will do, whoever gives it; otherwise what enough others tell alike is taken. `tail`: the row of the Raft log that needs it, where that
 * lies beyond what is committed here: it may be that nobody else ever had it, and then the log ends before that row.
 */
export type LostPart = PartName & {
  readonly expected: Uint8Array | null
  readonly exact: boolean
  readonly tail: number | null
  /** Of a payload, the entry that names it, where that is known. */
  readonly entry?: LeafIndex
}

/** A row of the Raft log: the payloads of its statements are replaced by their hashes. */
export interface LogRowPart {
  term: number
  kind: number
  data: Uint8Array
}

/** Bytes that one ledger fetches at once; where more is lost, the disk is past healing. */
export const PARTS_BYTES_MAX = 256 * 1024 * 1024
const LOG_ROW_HEAD_BYTES = 9

export function nameText(part: PartName): string {
  return part.kind === 'payload' ? `payload ${part.hash}` : `${part.kind} ${part.index}`
}

/** As a person is told of it. */
export function lostText(part: LostPart): string {
  if (part.kind !== 'payload')
    return part.kind === 'entry' ? `entry ${part.index}` : `row ${part.index} of the Raft log`
  if (part.entry !== undefined) return `the readings of entry ${part.entry}`
  return `a payload that waits (${part.hash.slice(0, 16)})`
}

export function encodeLogRow({ term, kind, data }: LogRowPart): Uint8Array {
  const head = new DataView(new ArrayBuffer(LOG_ROW_HEAD_BYTES))
  head.setBigUint64(0, BigInt(term))
  head.setUint8(8, kind)
  return concatBytes(new Uint8Array(head.buffer), data)
}

/** null where the bytes are no row. */
export function decodeLogRow(bytes: Uint8Array): LogRowPart | null {
  if (bytes.length <= LOG_ROW_HEAD_BYTES) return null
  const head = new DataView(bytes.buffer, bytes.byteOffset, LOG_ROW_HEAD_BYTES)
  const [term, kind] = [Number(head.getBigUint64(0)), head.getUint8(8)]
  return Number.isSafeInteger(term) ? { term, kind, data: bytes.subarray(LOG_ROW_HEAD_BYTES) } : null
}

/** What tells whether bytes are the part: its hash, leaf hash or digest. null where they are none of its kind. */
export function hashOfPart(hash: Hash, part: PartName, bytes: Uint8Array): Uint8Array | null {
  if (part.kind === 'payload') return hash(bytes)
  if (part.kind === 'entry') return leafHash(bytes, hash)
  const row = decodeLogRow(bytes)
  return row === null ? null : raftRowDigest(hash, part.index, row.term, row.kind, row.data)
}

/** Parts by their names. */
export class Parts {
  readonly #bytes = new Map<string, { part: PartName; bytes: Uint8Array }>()
  #size = 0
  #logEnd: number | null = null

  get count(): number {
    return this.#bytes.size
  }
  get bytes(): number {
    return this.#size
  }

  /** Last row of the Raft log that is kept, where nobody has what the next one needs; null where all of the log is. */
  get logEnd(): number | null {
    return this.#logEnd
  }

  endLogBefore(row: number): void {
    this.#logEnd = Math.min(this.#logEnd ?? Number.MAX_SAFE_INTEGER, row - 1)
  }

  has(part: PartName): boolean {
    return this.#bytes.has(nameText(part))
  }

  get(part: PartName): Uint8Array | null {
    return this.#bytes.get(nameText(part))?.bytes ?? null
  }

  set(part: PartName, bytes: Uint8Array): void {
    this.#size += bytes.length - (this.get(part)?.length ?? 0)
    this.#bytes.set(nameText(part), { part, bytes })
  }

  add(others: Parts): void {
    for (const { part, bytes } of others.#bytes.values()) this.set(part, bytes)
  }

  /** Those that are what they are at any time, by their hash. */
  payloads(): Parts {
    const payloads = new Parts()
    for (const { part, bytes } of this.#bytes.values()) if (part.kind === 'payload') payloads.set(part, bytes)
    return payloads
  }

  names(): PartName[] {
    return [...this.#bytes.values()].map(({ part }) => part)
  }

  /** Keeps them durably beside the ledger, for the next start. */
  write(file: string, hash: Hash): void {
    const parts = [...this.#bytes.values()].map(({ part, bytes }) => [...fieldsOf(part), bytes])
    const body = encodeCbor([this.#logEnd, parts])
    keepParts(file, concatBytes(hash(body), body))
  }

  /** What was kept; none where there is nothing, or where it is damaged itself: it is fetched again. */
  static read(file: string, hash: Hash): Parts {
    const parts = new Parts()
    const kept = keptParts(file)
    if (kept === null) return parts
    const body = kept.subarray(HASH_BYTES)
    if (kept.length < HASH_BYTES || !equalBytes(hash(body), kept.subarray(0, HASH_BYTES))) return parts
    const [logEnd, items] = decodeCbor(body, { maxBytes: 2 * PARTS_BYTES_MAX, maxDepth: 4 }) as [
      number | null,
      CborValue[],
    ]
    parts.#logEnd = logEnd
    for (const item of items) {
      const [kind, key, bytes] = item as [PartName['kind'], Uint8Array | number, Uint8Array]
      parts.set(partOf(kind, key), bytes)
    }
    return parts
  }

  /** The ledger has them. */
  static forget(file: string): void {
    forgetParts(file)
  }
}

/** Kind and key as they are written: a hash as bytes, an index as a number. */
export function fieldsOf(part: PartName): [PartName['kind'], Uint8Array | number] {
  return part.kind === 'payload' ? ['payload', fromHex(part.hash)] : [part.kind, part.index]
}

export function partOf(kind: PartName['kind'], key: Uint8Array | number): PartName {
  if (kind === 'payload') return { kind, hash: toHex(key as Uint8Array) }
  return { kind, index: key as number }
}
