/** What stands of a stream's readings at an asset, and of its gaps. docs/FORMATS.md, "State". */
import { HASH_BYTES } from '../wire/limits.ts'
import { bytes, count, integer, record, timeUs } from './schema.ts'
import type { Form } from './schema.ts'

/** ["core","history",[asset, stream]]: RFC 6962 tree over the reading leaves of a stream at an asset. */
export interface HistoryState {
  readonly size: number
  readonly root: Uint8Array
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstTimeUs: number
  /**
   * Source time of the last leaf whose time can be: one that lies further ahead of its batch's sealing than a clock may be
   * (`timeCanBe`) says nothing about how far the stream has come.
   */
  readonly lastTimeUs: number
  /** The latest source time that can be of any leaf: a source's clock may have been set back since. */
  readonly newestTimeUs: number
}
/**
 * ["core","gaps",[asset, stream]]: the signed gaps of a stream at an asset, as a chain (`gapChain`), so that none can be
 * left out. `lastSequence` and `untilUs` are those of the newest gap, `newestTimeUs` is the latest end of any.
 */
export interface GapsState {
  readonly count: number
  readonly hash: Uint8Array
  readonly lastSequence: number
  readonly untilUs: number
  readonly newestTimeUs: number
}

export const historyForm: Form<HistoryState> = record({
  size: integer(1),
  root: bytes(HASH_BYTES),
  firstSequence: count,
  lastSequence: count,
  firstTimeUs: timeUs,
  lastTimeUs: timeUs,
  newestTimeUs: timeUs,
})

export const gapsForm: Form<GapsState> = record({
  count: integer(1),
  hash: bytes(HASH_BYTES),
  // -1: a silence before sequence 0.
  lastSequence: integer(-1),
  untilUs: timeUs,
  newestTimeUs: timeUs,
})
