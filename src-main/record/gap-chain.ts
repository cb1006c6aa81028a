/**
 * The signed gaps of one stream at one asset, as a chain that the state commits to: whoever shows readings of a period must
 * show every gap of it too.
 *   link 0 = 32 zero bytes    link n = SHA-256("plumbline/gap/v1" ‖ link n-1 ‖ CBOR of gap n)
 */
import { concatBytes, sha256, utf8 } from '../wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../wire/cbor.ts'
import type { GapsState } from './core-state.ts'
import { HASH_BYTES, MAX_CBOR_DEPTH } from '../wire/limits.ts'
import { gapFields, readGap } from './statements.ts'
import type { Gap } from './statements.ts'

const DOMAIN = utf8('plumbline/gap/v1')
const GAP_BYTES_MAX = 4_096

/** A gap as it stands in its batch header, alone. */
export function encodeGap(gap: Gap): Uint8Array<ArrayBuffer> {
  return encodeCbor(gapFields(gap))
}

/** Throws WireError. */
export function decodeGap(bytes: Uint8Array): Gap {
  return readGap(decodeCbor(bytes, { maxBytes: GAP_BYTES_MAX, maxDepth: MAX_CBOR_DEPTH }), 'gap')
}

/** The state after one more gap; `before` is null for the first. */
export function linkGap(before: GapsState | null, gap: Gap): GapsState {
  const previous = before?.hash ?? new Uint8Array(HASH_BYTES)
  return {
    count: (before?.count ?? 0) + 1,
    hash: sha256(concatBytes(DOMAIN, previous, encodeGap(gap))),
    lastSequence: gap.toSequence,
    untilUs: gap.toTimeUs,
    newestTimeUs: Math.max(before?.newestTimeUs ?? gap.toTimeUs, gap.toTimeUs),
  }
}
