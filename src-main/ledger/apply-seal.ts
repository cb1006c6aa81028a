import { equalBytes } from '../wire/bytes.ts'
import type { RefusalCode } from '../record/refusals.ts'
import type { SealStatement } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { LedgerState, SealMark } from './state.ts'

/** How far ledger time may run ahead of what most voters last said, in microseconds. */
const LEDGER_TIME_AHEAD_US = 60_000_000

/** What the next seal has to say; its time lies between the two bounds, both inclusive. */
export interface SealDraft {
  height: number
  /** T. */
  size: number
  stateRoot: Uint8Array
  packsHash: Uint8Array
  minTimeUs: number
  maxTimeUs: number
}

export function sealDraft(state: LedgerState): SealDraft {
  const last = newestSeal(state)
  return {
    height: last.height + 1,
    size: last.index + 1,
    stateRoot: last.stateRootAfter,
    packsHash: last.packsHashAfter,
    minTimeUs: last.timeUs + 1,
    maxTimeUs: maxLedgerTimeUs(state, last),
  }
}

/** Seals are due while a non-seal leaf lies beyond the newest T; the genesis counts as seal 0. */
export function sealDue(state: LedgerState): boolean {
  const last = newestSeal(state)
  return state.lastNonSeal > 0 && state.lastNonSeal >= last.treeSize
}

/**
 * - `other-height`: late, repeated, or ahead of this replica; says nothing about anyone's record
 * - `differs`: of the next height, but about another tree, state or set of packs than ours: one of the two records is wrong
 * - `time`: of the next height and about our state, but at a time the rules don't allow
 */
export type SealRefusalKind = 'other-height' | 'differs' | 'time'

export interface SealRefusal {
  kind: SealRefusalKind
  reason: RefusalCode
}

/** Why a seal does not follow from this ledger, or null. */
export function sealRefusal(state: LedgerState, seal: SealStatement): SealRefusal | null {
  const draft = sealDraft(state)
  if (seal.height !== draft.height) return { kind: 'other-height', reason: 'seal-height-other' }
  if (seal.size !== draft.size) return { kind: 'differs', reason: 'seal-size-differs' }
  if (!equalBytes(seal.stateRoot, draft.stateRoot)) return { kind: 'differs', reason: 'seal-state-differs' }
  if (!equalBytes(seal.packsHash, draft.packsHash)) return { kind: 'differs', reason: 'seal-packs-differ' }
  if (seal.timeUs < draft.minTimeUs) return { kind: 'time', reason: 'seal-time-back' }
  if (seal.timeUs <= draft.maxTimeUs) return null
  return { kind: 'time', reason: 'seal-time-ahead' }
}

/** The time a seal may carry that is nearest to its signer's clock: a fast clock must not keep the channel from sealing. */
export function sealTimeUs(draft: Pick<SealDraft, 'minTimeUs' | 'maxTimeUs'>, nowUs: number): number {
  return Math.min(draft.maxTimeUs, Math.max(nowUs, draft.minTimeUs))
}

function newestSeal(state: LedgerState): SealMark {
  if (state.lastSeal === null) throw new LedgerError('genesis_missing', 'the ledger has no genesis yet')
  return state.lastSeal
}

/**
 * FORMATS, Entry: max(previous + 1 us, lower median of the voters' newest accepted times + 60 s). Who said nothing yet counts as earliest:
 * at the birth of a channel one voter alone must not take its time where nobody can follow.
 */
function maxLedgerTimeUs(state: LedgerState, last: SealMark): number {
  const newest: number[] = []
  for (const actor of state.get('members', '')?.actors ?? []) {
    if (state.get('member', actor)?.voter) newest.push(state.get('actor', actor)?.newestUs ?? Number.MIN_SAFE_INTEGER)
  }
  newest.sort((a, b) => a - b)
  const median = newest[(newest.length - 1) >> 1] ?? Number.MIN_SAFE_INTEGER
  return Math.max(last.timeUs + 1, median + LEDGER_TIME_AHEAD_US)
}
