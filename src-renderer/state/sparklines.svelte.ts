/**
 * The last hour of points as small curves: asked for when a row comes into sight, two at a time, kept for a minute.
 */
import { CallError } from '../client/call.ts'
import { sparkline } from './queries.ts'

const atOnce = 2
const keptMs = 60_000

export type Spark = readonly (number | null)[]

class Sparklines {
  #values = $state.raw<ReadonlyMap<string, Spark>>(new Map())
  /** When each was last asked for, so that an answer that failed is not asked for on every frame. */
  #askedAtMs = new Map<string, number>()
  #waiting = new Set<string>()
  #running = 0
  #abort = new AbortController()

  of(stream: string): Spark | null {
    return this.#values.get(stream) ?? null
  }

  /** Asks again only when what we have is older than a minute. */
  want(stream: string): void {
    if (Date.now() - (this.#askedAtMs.get(stream) ?? 0) < keptMs) return
    this.#waiting.add(stream)
    this.#next()
  }

  /** The row went out of sight before its turn came. */
  unwant(stream: string): void {
    this.#waiting.delete(stream)
  }

  /** The screen is left: nothing more is asked for; what was answered stays. */
  stop(): void {
    this.#waiting.clear()
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  #next(): void {
    for (const stream of this.#waiting) {
      if (this.#running >= atOnce) return
      this.#waiting.delete(stream)
      this.#running += 1
      void this.#ask(stream, this.#abort.signal)
    }
  }

  async #ask(stream: string, signal: AbortSignal): Promise<void> {
    this.#askedAtMs.set(stream, Date.now())
    try {
      const values = await sparkline(stream, signal)
      this.#values = new Map(this.#values).set(stream, values)
    } catch (error) {
      // A missing small curve is no news of its own: a lost gateway is told in the bar, and the value beside it says its age.
      if (signal.aborted) this.#askedAtMs.delete(stream)
      else if (!(error instanceof CallError)) throw error
    } finally {
      this.#running -= 1
      this.#next()
    }
  }
}

export const sparklines = new Sparklines()
