/**
 * One answer that a screen waits for: nothing for 300 ms, then a skeleton, from 10 s on a way to give up. A newer request
 * replaces an older one, whose answer is dropped.
 */
import { CallError } from '../client/call.ts'

const skeletonAfterMs = 300
const cancelAfterMs = 10_000

export class Loading<T> {
  value = $state.raw<T | null>(null)
  error = $state.raw<CallError | null>(null)
  /** 'quiet' for the first 300 ms. */
  phase = $state<'idle' | 'quiet' | 'skeleton' | 'long'>('idle')
  #abort: AbortController | null = null
  #timers: ReturnType<typeof setTimeout>[] = []

  /** Runs `request`; the last good value stays visible until the new one is there. */
  async run(request: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    this.cancel()
    const abort = new AbortController()
    this.#abort = abort
    this.phase = 'quiet'
    this.#timers = [
      setTimeout(() => (this.phase = 'skeleton'), skeletonAfterMs),
      setTimeout(() => (this.phase = 'long'), cancelAfterMs),
    ]
    try {
      const value = await request(abort.signal)
      if (abort.signal.aborted) return null
      this.value = value
      this.error = null
      return value
    } catch (error) {
      if (abort.signal.aborted) return null
      if (!(error instanceof CallError)) throw error
      this.error = error
      return null
    } finally {
      if (this.#abort === abort) this.#settle()
    }
  }

  /** Drops the value too: the next request is about something else. */
  clear(): void {
    this.cancel()
    this.value = null
    this.error = null
  }

  cancel(): void {
    this.#abort?.abort()
    this.#settle()
  }

  #settle(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
    this.#abort = null
    this.phase = 'idle'
  }
}
