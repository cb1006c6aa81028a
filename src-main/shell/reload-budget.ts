export const RELOADS_MAX = 3
export const WINDOW_MS = 5 * 60_000

/** A page that crashes is loaded again, but not for ever: a crash at every start would spin. */
export class ReloadBudget {
  readonly #atMs: number[] = []

  /** @returns whether one more reload is within three in five minutes; if so it is counted */
  take(nowMs: number): boolean {
    while (this.#atMs[0] !== undefined && nowMs - this.#atMs[0] >= WINDOW_MS) this.#atMs.shift()
    if (this.#atMs.length >= RELOADS_MAX) return false
    this.#atMs.push(nowMs)
    return true
  }
}
