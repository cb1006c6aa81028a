const FIRST_MS = 100
/** Shorter than a gateway that starts waits for its peers' answers: who saw it since must be heard before it votes. */
const LONGEST_MS = 800

/**
 * Waiting times between attempts: doubling from 100 ms to 0.8 s, each cut by up to a half at random, so that gateways that lost
 * each other together do not come back together.
 */
export class Backoff {
  readonly #random: () => number
  #attempts = 0

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random
  }

  nextMs(): number {
    const fullMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#attempts + 1, 16))
    this.#attempts += 1
    return Math.max(FIRST_MS, Math.round(fullMs * (1 - this.#random() / 2)))
  }

  reset(): void {
    this.#attempts = 0
  }
}
