/** Whether one entry is what was signed, and its payload what the entry names. Needs nothing but their bytes and the signer's key. */
import { zstdDecompressSync } from 'node:zlib'
import { leafHash } from '../proof/merkle.ts'
import type { Addon, OpenedBatch } from '../../native/addon.ts'
import { equalBytes, toHex } from '../wire/bytes.ts'
import type { CameTo } from '../record/asset-history.ts'
import type { KeyState } from '../record/core-state.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import type { KeyId, LeafIndex } from '../wire/ids.ts'
import { MAX_BATCH_READINGS, MAX_PAYLOAD_BYTES } from '../wire/limits.ts'
import { refusalSentence } from '../record/refusals.ts'
import { decodeBatchHeader } from '../record/statements.ts'
import type { BatchHeader } from '../record/statements.ts'
import { digestMismatch, openPayload } from './batch-check.ts'
import { Found, comparingDerived, differs, same } from './audit-finding.ts'

/** An entry as the audit reads it. */
export interface AuditedEntry {
  idx: LeafIndex
  /** As ENTRY_KIND numbers them. */
  kind: number
  readings: number
  bytes: Uint8Array
  marks: Uint8Array | null
  /** What it came to, and what contracts found about it, as it is stored. */
  cameTo: CameTo | null
  findings: string | null
  /** Row number, hash column and bytes of its payload; null without one, or where the row is gone. */
  payload: number | null
  payloadHash: Uint8Array | null
  payloadBytes: Uint8Array | null
}

/** Checks form, key and signature. `stored`: its leaf hash in a full tile, where there is one. Throws Found. */
export function auditEntry(
  addon: Addon,
  row: AuditedEntry,
  stored: Uint8Array | null,
  keyOf: (id: KeyId) => KeyState | undefined,
): Entry {
  const leaf = leafHash(row.bytes, (bytes) => addon.sha256(bytes))
  const expected = stored ?? 'an entry as it was signed'
  let entry: Entry
  try {
    entry = parseEntry(row.bytes)
  } catch {
    return differs(row.idx, 'the entry is no well-formed entry any more', expected, leaf)
  }
  const key = keyOf(entry.keyId)
  if (key === undefined || key.actor !== entry.actor)
    differs(row.idx, 'the entry names a key that is not registered for its signer', expected, leaf)
  else if (!addon.verify(entry.alg, key.public, entry.sigStructure, entry.signature)) {
    differs(row.idx, 'the signature of the entry does not hold any more', expected, leaf)
  }
  // The entry holds by itself: when the tile disagrees, the tile changed.
  if (stored !== null) comparingDerived(() => same(row.idx, 'the leaf hash in the stored tile', leaf, stored))
  return entry
}

/** Checks a batch's payload down to the reading. Throws Found. */
export function auditPayload(addon: Addon, row: AuditedEntry, entry: Entry): OpenedBatch | null {
  if (entry.contentType !== 'batch') {
    if (row.payload !== null) differs(row.idx, 'an entry without readings names a payload', null, row.payload)
    return null
  }
  const header = decodeBatchHeader(entry.payload)
  const { payloadBytes } = row
  if (payloadBytes === null) return differs(row.idx, 'the payload is missing', header.payloadHash, null)
  const hash = addon.sha256(payloadBytes)
  if (!equalBytes(hash, header.payloadHash))
    throw new Found({ ...locate(addon, row, header), expected: toHex(header.payloadHash), actual: toHex(hash) })
  comparingDerived(() =>
    same(row.idx, 'the hash under which the payload is stored', header.payloadHash, row.payloadHash),
  )
  const opened = openPayload(addon, payloadBytes)
  if (typeof opened === 'string') return differs(row.idx, refusalSentence(opened), header.payloadHash, hash)
  const mismatch = digestMismatch(header, opened)
  if (mismatch !== null) differs(row.idx, refusalSentence(mismatch), header.root, opened.root)
  const bad = firstMark(opened.leafHashes, row.marks)
  if (bad !== null)
    throw new Found({
      ...placeOf(row.idx, header, bad),
      what: 'the stored mark of a reading',
      expected: markText(opened.leafHashes[bad * 32]),
      actual: markText(row.marks?.[bad]),
      derived: true,
    })
  return opened
}

/** Names the first reading of a changed payload that is not what it was. */
function locate(addon: Addon, row: AuditedEntry, header: BatchHeader): Omit<Found['bad'], 'expected' | 'actual'> {
  const leafHashes = row.payloadBytes === null ? null : leavesOfDamaged(addon, row.payloadBytes)
  if (leafHashes === null || row.marks === null) {
    return {
      ...placeOf(row.idx, header, 0),
      what: `the payload changed and cannot be read: none of its ${header.count} readings`,
    }
  }
  const first = firstMark(leafHashes, row.marks)
  if (first === null)
    return { ...placeOf(row.idx, header, null), what: 'the payload changed, but none of its readings' }
  return { ...placeOf(row.idx, header, first), what: 'the stored reading is not the one that was signed' }
}

/** Leaf hashes of a payload that is not what it was, where it can be opened at all. */
function leavesOfDamaged(addon: Addon, frame: Uint8Array): Uint8Array | null {
  // RFC 8878 3.1.1: without the checksum flag and its four bytes the decoder gives what it finds.
  const unchecked = Uint8Array.from(frame.subarray(0, Math.max(0, frame.length - 4)))
  if (unchecked.length > 4) unchecked[4] = (unchecked[4] as number) & ~0x04
  for (const candidate of [unchecked, frame]) {
    try {
      return addon.openBatch(zstdDecompressSync(candidate, { maxOutputLength: MAX_PAYLOAD_BYTES }), MAX_BATCH_READINGS)
        .leafHashes
    } catch {
      // What was changed may make it unreadable: then no single reading can be named.
    }
  }
  return null
}

function firstMark(leafHashes: Uint8Array, marks: Uint8Array | null): number | null {
  const count = leafHashes.length / 32
  if (marks === null) return count === 0 ? null : 0
  for (let i = 0; i < Math.max(count, marks.length); i++) if (leafHashes[i * 32] !== marks[i]) return i
  return null
}

/** Where a position of a batch lies, by its signed header. Sequences inside a run with signed gaps are counted without them. */
export function placeOf(
  entry: LeafIndex,
  header: BatchHeader,
  reading: number | null,
): Pick<Found['bad'], 'entry' | 'reading' | 'stream' | 'sequence'> {
  if (reading === null) return { entry, reading }
  let position = 0
  for (const run of header.runs) {
    if (reading < position + run.count)
      return { entry, reading, stream: run.stream, sequence: run.firstSequence + reading - position }
    position += run.count
  }
  return { entry, reading }
}

function markText(mark: number | undefined): string {
  return mark === undefined ? 'nothing' : mark.toString(16).padStart(2, '0')
}
