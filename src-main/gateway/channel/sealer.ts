/**
 * Seals of this gateway while it leads: one a second while one is due, proposed again until it is seen applied. A leader whose
 * seals the others refuse, or whose clock is in doubt, passes the lead on, since nobody else may seal in its place.
 */
import type { Ledger, Outcome } from '../../ledger/ledger.ts'
import { sealTimeUs } from '../../ledger/apply-seal.ts'
import type { ActorId } from '../../wire/ids.ts'
import { refusalSentence } from '../../record/refusals.ts'
import type { GatewayClock } from '../clock/gateway-clock.ts'
import type { OnCondition } from '../conditions.ts'
import type { StatementChain } from '../signing/statement-chain.ts'

const SEAL_EVERY_MS = 1_000
/** A seal that was proposed and not seen applied by then is proposed anew. */
const SEAL_PATIENCE_MS = 3_000
/**
 * After a pause of the whole plant the rules hold ledger time back until most voters have spoken, which takes a few signs of
 * life. A clock that is held back for longer runs ahead of the others.
 */
const CLOCK_AHEAD_MS = 30_000
const REFUSALS_MAX = 3

export interface SealerOptions {
  ledger: Ledger
  chain: StatementChain
  actor: ActorId
  clock: Pick<GatewayClock, 'nowUs' | 'doubt' | 'sealers'>
  propose(entry: Uint8Array): void
  /** Asks a member to lead. */
  handOver(raftId: number): void
  /** This gateway, as conditions name it. */
  name: string
  onCondition: OnCondition
}

export class Sealer {
  readonly #o: SealerOptions
  #nextMs = 0
  #askedMs: number | null = null
  #heldBackSinceMs: number | null = null
  #refusals = 0
  #asked = 0

  constructor(options: SealerOptions) {
    this.#o = options
  }

  /** Seals what is due; to be called while this gateway leads. */
  tick(nowMs: number): void {
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + SEAL_EVERY_MS
    const { ledger, chain, clock, propose } = this.#o
    if (ledger.lacksRules !== null) return this.#passOn(nowMs)
    if (!ledger.sealDue() || (this.#askedMs !== null && nowMs - this.#askedMs < SEAL_PATIENCE_MS)) return
    const clockUs = clock.nowUs()
    if (clock.doubt !== null) return this.#passOn(nowMs)
    const draft = ledger.sealDraft()
    this.#watchClock(nowMs, clockUs - draft.maxTimeUs)
    const { height, size, stateRoot, packsHash } = draft
    this.#askedMs = nowMs
    propose(chain.seal({ height, size, stateRoot, packsHash }, sealTimeUs(draft, clockUs)))
  }

  /** The leader changed: what was proposed may be lost. */
  forget(): void {
    this.#askedMs = null
    this.#refusals = 0
    this.#clockFits()
  }

  /** What became of a seal, this gateway's or another's. */
  settled(outcome: Outcome): void {
    this.#askedMs = null
    if (outcome.outcome === 'accepted') {
      this.#refusals = 0
      this.#o.onCondition('seals-refused', this.#o.name, false)
    } else if (outcome.actor === this.#o.actor && (outcome.refusal === 'time' || outcome.refusal === 'differs')) {
      this.#refusals += 1
      if (this.#refusals >= REFUSALS_MAX) this.#handOver(refusalSentence(outcome.reason ?? ''))
    } else if (outcome.actor === this.#o.actor && outcome.outcome === 'bad') {
      // Its key was suspended or revoked: no seal of its own will do, and without one ledger time stands still for everybody.
      this.#handOver(refusalSentence(outcome.reason ?? ''))
    }
  }

  #watchClock(nowMs: number, aheadUs: number): void {
    if (aheadUs <= 0) return this.#clockFits()
    this.#heldBackSinceMs ??= nowMs
    if (nowMs - this.#heldBackSinceMs < CLOCK_AHEAD_MS) return
    this.#o.onCondition('clock-ahead', this.#o.name, true, { seconds: Math.ceil(aheadUs / 1_000_000) })
  }

  #clockFits(): void {
    if (this.#heldBackSinceMs === null) return
    this.#heldBackSinceMs = null
    this.#o.onCondition('clock-ahead', this.#o.name, false)
  }

  /** To a voter that can seal; where there is none, seals wait. */
  #passOn(nowMs: number): void {
    this.#clockFits()
    const able = this.#o.clock.sealers()
    const next = able[this.#asked % Math.max(able.length, 1)]
    if (next === undefined) return
    this.#asked += 1
    this.#nextMs = nowMs + SEAL_PATIENCE_MS
    this.#o.handOver(next)
  }

  /** Each time to the next voter, since the first one may be away. */
  #handOver(reason: string): void {
    const { ledger, actor, name, handOver, onCondition } = this.#o
    this.#refusals = 0
    const others = ledger.members().filter((member) => member.voter && member.actor !== actor)
    const next = others[this.#asked % Math.max(others.length, 1)]
    this.#asked += 1
    onCondition('seals-refused', name, true, { reason })
    if (next !== undefined) handOver(next.raftId)
  }
}
