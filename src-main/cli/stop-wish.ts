/** npm and a terminal both send a signal for one Ctrl+C. */
const SAME_WISH_MS = 500

/** Somebody wants the program to end: the first time it begins to, later it says why that lasts. Nothing recorded is lost by asking again. */
export class StopWish {
  readonly #begin: () => void
  readonly #sayWhy: () => void
  #lastMs = Number.NEGATIVE_INFINITY
  #begun = false

  constructor(begin: () => void, sayWhy: () => void) {
    this.#begin = begin
    this.#sayWhy = sayWhy
  }

  again(nowMs: number): void {
    const isSame = nowMs - this.#lastMs < SAME_WISH_MS
    this.#lastMs = nowMs
    if (!this.#begun) {
      this.#begun = true
      this.#begin()
    } else if (!isSame) this.#sayWhy()
  }
}
