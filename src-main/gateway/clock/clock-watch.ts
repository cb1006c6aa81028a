/**
 * Whether this gateway's clock can be believed. Pure: the wall clock, and a count of time that never jumps (`elapsed`), are
 * arguments. A clock is doubted once it moves against that count, and where a start finds it before the newest seal, or long
 * after it. While it is doubted, time goes on from what was believed last, by the count: so nothing that is signed carries a leap.
 *
 * A doubt ends by itself where the clock is back where it was believed to be, or where it is surely right (`Evidence`) for long
 * enough: a leap of ten seconds must not pass because a time server leapt with it. Else a person ends it.
 */
import type { ClockDoubtKind } from '../../wire/gateway-states.ts'

/** A clock that is set by less, by hand or by a time server, is believed. */
export const LEAP_US = 60_000_000
/** What is believed is compared with an hour ago, too, so that many small steps are a leap. */
const REBASED_US = 3_600_000_000
/** Ledger time may run 60 s ahead of the voters (docs/FORMATS.md, Entry), and clocks may differ by another 30 s. */
export const START_BEFORE_US_MAX = 90_000_000
export const START_AFTER_US_MAX = 30 * 86_400_000_000
/** How long a clock must be surely right without a break. */
export const SETTLED_US = 60_000_000

/**
 * - `leapt`: moved against the count of elapsed time, `byUs` from where it would be
 * - `before-seal`, `after-seal`: started before the newest seal, or long after it; `byUs` from its ledger time
 */
export interface ClockDoubt {
  kind: ClockDoubtKind
  byUs: number
}

export interface Evidence {
  /** Ledger time of the newest seal. */
  sealedUs: number
  /** The system keeps it synchronised, or most other voters' clocks, which are sure themselves, agree with it. */
  sure: boolean
}

export interface Instant {
  wallUs: number
  elapsedUs: number
}

export class ClockWatch {
  #doubt: ClockDoubt | null
  /** Believed time minus elapsed time. */
  #offsetUs: number
  /** The offset of the wall clock when it was looked at last. */
  #seenUs: number
  #base: { offsetUs: number; atUs: number }
  #sureSinceUs: number | null = null
  #confirmed = false

  /** `believedUs`: what an earlier run believed; null where there was none since the count of elapsed time began. */
  constructor(now: Instant, sealedUs: number, believedUs: number | null) {
    const { wallUs, elapsedUs } = now
    this.#doubt = believedUs === null ? implausible(wallUs, sealedUs) : null
    this.#offsetUs = believedUs ?? (this.#doubt === null ? wallUs : Math.max(wallUs, sealedUs)) - elapsedUs
    this.#seenUs = this.#offsetUs
    this.#base = { offsetUs: this.#offsetUs, atUs: elapsedUs }
    this.#see(now)
  }

  /** Believed time minus elapsed time, for a next run; null while in doubt. */
  get believedUs(): number | null {
    return this.#doubt === null ? this.#offsetUs : null
  }

  get doubt(): ClockDoubt | null {
    return this.#doubt
  }

  /** Whether a person said that it is right, and it has not leapt since. */
  get confirmed(): boolean {
    return this.#confirmed
  }

  /** The time to sign with. */
  time(now: Instant): number {
    this.#see(now)
    return this.#offsetUs + now.elapsedUs
  }

  /** Ends the doubt where it can end by itself; to be called often. */
  judge(now: Instant, { sealedUs, sure }: Evidence): void {
    this.#see(now)
    if (this.#doubt === null) return
    if (this.#doubt.kind !== 'leapt') {
      this.#doubt = implausible(now.wallUs, sealedUs)
      if (this.#doubt === null) return this.#believe(now)
    }
    this.#sureSinceUs = sure ? (this.#sureSinceUs ?? now.elapsedUs) : null
    if (this.#sureSinceUs !== null && now.elapsedUs - this.#sureSinceUs >= SETTLED_US) this.#believe(now)
  }

  /** A person says that the clock is right as it is now. */
  confirm(now: Instant): void {
    this.#see(now)
    this.#believe(now)
    this.#confirmed = true
  }

  #see({ wallUs, elapsedUs }: Instant): void {
    const offsetUs = wallUs - elapsedUs
    const moved = Math.abs(offsetUs - this.#seenUs) > LEAP_US
    this.#seenUs = offsetUs
    if (this.#doubt === null) return this.#follow(offsetUs, elapsedUs)
    if (moved) this.#sureSinceUs = null
    if (this.#doubt.kind !== 'leapt') return
    const byUs = offsetUs - this.#offsetUs
    if (Math.abs(byUs) <= LEAP_US) this.#believe({ wallUs, elapsedUs })
    else this.#doubt = { kind: 'leapt', byUs }
  }

  #follow(offsetUs: number, elapsedUs: number): void {
    if (elapsedUs - this.#base.atUs >= REBASED_US) this.#base = { offsetUs: this.#offsetUs, atUs: elapsedUs }
    if (Math.abs(offsetUs - this.#base.offsetUs) <= LEAP_US) {
      this.#offsetUs = offsetUs
      return
    }
    // Of many small steps none is believed.
    if (Math.abs(offsetUs - this.#offsetUs) <= LEAP_US) this.#offsetUs = this.#base.offsetUs
    this.#doubt = { kind: 'leapt', byUs: offsetUs - this.#offsetUs }
    this.#confirmed = false
    this.#sureSinceUs = null
  }

  #believe({ wallUs, elapsedUs }: Instant): void {
    this.#doubt = null
    this.#sureSinceUs = null
    this.#offsetUs = wallUs - elapsedUs
    this.#base = { offsetUs: this.#offsetUs, atUs: elapsedUs }
  }
}

function implausible(wallUs: number, sealedUs: number): ClockDoubt | null {
  const byUs = wallUs - sealedUs
  if (byUs < -START_BEFORE_US_MAX) return { kind: 'before-seal', byUs }
  return byUs > START_AFTER_US_MAX ? { kind: 'after-seal', byUs } : null
}
