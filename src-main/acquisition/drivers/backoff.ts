/** Waits that grow from `minMs` to `maxMs` by doubling, each spread over its upper half so that many clients do not return at once. */
export class Backoff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #nextMs: number

  constructor(minMs: number, maxMs: number, random: () => number) {
    this.#minMs = minMs
    this.#maxMs = maxMs
    this.#random = random
    this.#nextMs = minMs
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const ceiling = this.#nextMs
    this.#nextMs = Math.min(this.#maxMs, ceiling * 2)
    return Math.max(this.#minMs, Math.round(ceiling * (0.5 + this.#random() / 2)))
  }

  /** After a success. */
  reset(): void {
    this.#nextMs = this.#minMs
  }
}

/** A wait that can be cut short; after `close` no wait takes any time. */
export class Pause {
  #wake: (() => void) | null = null
  #closed = false

  async wait(ms: number): Promise<void> {
    if (this.#closed) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    this.#wake = null
  }

  /** Ends the present wait, if there is one. */
  wake(): void {
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }
}

/** Settles like `work`, or rejects with `message` after `ms`. Nothing is left behind in either case. */
export async function within<T>(work: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
