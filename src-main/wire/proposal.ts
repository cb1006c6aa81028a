/**
 * What one Raft log entry carries: statements in the order in which they ask to be applied, each with its payload.
 *
 *     u8 version (1) | ( u32le entryLength | entry | u32le payloadLength | payload )*
 *
 * A payload is a zstd frame (docs/FORMATS.md, Payload); length 0 means that the statement has none. No data at all is
 * Raft's own empty entry of a new term and proposes nothing.
 */
import { WireError } from './errors.ts'
import { MAX_COMPRESSED_PAYLOAD_BYTES, MAX_ENTRY_BYTES } from './limits.ts'

/** One statement as proposed. */
export interface Proposed {
  entry: Uint8Array
  payload: Uint8Array | null
}

const VERSION = 1
const LENGTH_BYTES = 4

/** Statements in one proposal; what a pass can verify without holding up the ticks of Raft. */
export const MAX_PROPOSAL_STATEMENTS = 1_024

/** Throws WireError `too_large` for an entry, a payload or a number of statements that no replica would take. */
export function encodeProposal(statements: readonly Proposed[]): Uint8Array<ArrayBuffer> {
  if (statements.length > MAX_PROPOSAL_STATEMENTS) {
    throw new WireError(
      'too_large',
      `a proposal takes ${MAX_PROPOSAL_STATEMENTS} statements, not ${statements.length}: propose the rest in another`,
    )
  }
  let length = 1
  for (const { entry, payload } of statements) {
    checkLengths(entry.length, payload?.length ?? 0)
    length += 2 * LENGTH_BYTES + entry.length + (payload?.length ?? 0)
  }
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  bytes[0] = VERSION
  let at = 1
  const put = (part: Uint8Array | null): void => {
    view.setUint32(at, part?.length ?? 0, true)
    at += LENGTH_BYTES
    if (part === null) return
    bytes.set(part, at)
    at += part.length
  }
  for (const { entry, payload } of statements) {
    put(entry)
    put(payload)
  }
  return bytes
}

/**
 * Statements of a proposal, as views into `data`. Throws WireError `malformed_bytes`, `unknown_version` or `too_large`; a
 * replica treats such an entry as proposing nothing, so that no leader can stop the others with it.
 */
export function decodeProposal(data: Uint8Array): Proposed[] {
  if (data.length === 0) return []
  if (data[0] !== VERSION)
    throw new WireError('unknown_version', `proposal version ${data[0]}; this program knows ${VERSION}`)
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const statements: Proposed[] = []
  let at = 1
  const take = (): Uint8Array => {
    if (at + LENGTH_BYTES > data.length) throw truncated(at, data.length)
    const length = view.getUint32(at, true)
    at += LENGTH_BYTES
    if (length > data.length - at) throw truncated(at, data.length)
    const part = data.subarray(at, at + length)
    at += length
    return part
  }
  while (at < data.length) {
    if (statements.length === MAX_PROPOSAL_STATEMENTS) {
      throw new WireError('too_large', `a proposal holds more than ${MAX_PROPOSAL_STATEMENTS} statements`)
    }
    const entry = take()
    const payload = take()
    checkLengths(entry.length, payload.length)
    statements.push({ entry, payload: payload.length === 0 ? null : payload })
  }
  return statements
}

function checkLengths(entry: number, payload: number): void {
  if (entry === 0 || entry > MAX_ENTRY_BYTES) {
    throw new WireError('too_large', `an entry of ${entry} bytes in a proposal; 1 to ${MAX_ENTRY_BYTES} are possible`)
  }
  if (payload > MAX_COMPRESSED_PAYLOAD_BYTES) {
    throw new WireError(
      'too_large',
      `a payload of ${payload} bytes in a proposal; at most ${MAX_COMPRESSED_PAYLOAD_BYTES}`,
    )
  }
}

function truncated(at: number, length: number): WireError {
  return new WireError('malformed_bytes', `proposal of ${length} bytes ends in the middle of a statement at byte ${at}`)
}
