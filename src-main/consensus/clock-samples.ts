/** Times of one ping and its answer, microseconds. Round trips use the monotonic clock, so a step of the wall clock cannot bend them. */
export interface ClockSample {
  sentWallUs: number
  sentMonotonicUs: number
  peerReceivedUs: number
  peerSentUs: number
  backMonotonicUs: number
}

/** How far a peer's wall clock is ahead of ours, known to within half a round trip. */
export interface ClockOffset {
  offsetUs: number
  errorUs: number
}

const SAMPLES_KEPT = 8

/**
 * Estimates a peer's clock offset from pings (RFC 5905, section 8). Of the last eight samples the one with the shortest round
 * trip counts: queueing only ever adds to it, and the error of an estimate is at most half of it.
 */
export class ClockSamples {
  readonly #kept: { offsetUs: number; roundTripUs: number }[] = []

  add(sample: ClockSample): void {
    const peerHeldUs = sample.peerSentUs - sample.peerReceivedUs
    const elapsedUs = sample.backMonotonicUs - sample.sentMonotonicUs
    const roundTripUs = elapsedUs - peerHeldUs
    // A peer that claims to have held the ping longer than it was away, or less than no time, says nothing usable.
    if (roundTripUs < 0 || peerHeldUs < 0 || !Number.isSafeInteger(sample.peerSentUs)) return
    const toPeerUs = sample.peerReceivedUs - sample.sentWallUs
    const fromPeerUs = sample.peerSentUs - (sample.sentWallUs + elapsedUs)
    this.#kept.push({ offsetUs: Math.round((toPeerUs + fromPeerUs) / 2), roundTripUs })
    if (this.#kept.length > SAMPLES_KEPT) this.#kept.shift()
  }

  /** The best estimate, or null before the first answer. */
  offset(): ClockOffset | null {
    let best = this.#kept[0]
    if (best === undefined) return null
    for (const sample of this.#kept) if (sample.roundTripUs < best.roundTripUs) best = sample
    return { offsetUs: best.offsetUs, errorUs: Math.ceil(best.roundTripUs / 2) }
  }
}
