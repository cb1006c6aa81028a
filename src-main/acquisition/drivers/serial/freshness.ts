/** When each tag of a source was last heard of. A line that goes on without one of its keys must not leave that tag good. */
export class Freshness {
  readonly #limitsMs: readonly number[]
  readonly #heardMs: number[]
  readonly #missing = new Set<number>()

  /** `limitsMs`: for how long each tag may stay away, in the order of the source's tags. */
  constructor(limitsMs: readonly number[]) {
    this.#limitsMs = limitsMs
    this.#heardMs = limitsMs.map(() => 0)
  }

  /** Waiting for every tag begins now, on the monotonic clock. */
  begin(nowMs: number): void {
    this.#heardMs.fill(nowMs)
    this.#missing.clear()
  }

  heard(tag: number, nowMs: number): void {
    this.#heardMs[tag] = nowMs
    this.#missing.delete(tag)
  }

  /** The tags that have stayed away for too long since this was last asked. */
  expire(nowMs: number): number[] {
    const expired = this.#limitsMs.flatMap((limitMs, tag) =>
      !this.#missing.has(tag) && nowMs - (this.#heardMs[tag] ?? 0) >= limitMs ? [tag] : [],
    )
    for (const tag of expired) this.#missing.add(tag)
    return expired
  }

  /** Tags that stay away, in their order. */
  get missing(): number[] {
    return [...this.#missing].toSorted((a, b) => a - b)
  }
}
