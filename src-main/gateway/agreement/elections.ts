/** Who led when, as this gateway saw it. */
export interface Election {
  term: number
  /** Consensus id. */
  leader: number
  atUs: number
}

const KEPT_MAX = 100

export class Elections {
  readonly #nowUs: () => number
  readonly #kept: Election[] = []
  #leader = 0

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  /** Newest last. */
  all(): readonly Election[] {
    return this.#kept
  }

  /** True where another leads than before, or nobody any more. */
  watch({ leader, term }: { leader: number; term: number }): boolean {
    if (leader === this.#leader) return false
    this.#leader = leader
    if (leader === 0) return true
    this.#kept.push({ term, leader, atUs: this.#nowUs() })
    if (this.#kept.length > KEPT_MAX) this.#kept.shift()
    return true
  }
}
