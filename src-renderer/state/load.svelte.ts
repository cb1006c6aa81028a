/**
 * One answer that a screen waits for: nothing for 300 ms, then a skeleton, from 10 s on a way to give up. A newer request
 * replaces an older one, whose answer is dropped. What was answered last stays, with the time since when it is no longer renewed.
 */
import { CallError } from '../client/call.ts'
import { gatewayNowUs } from './gateway-clock.ts'

const skeletonAfterMs = 300
const cancelAfterMs = 10_000

export class Loading<T> {
  value = $state.raw<T | null>(null)
  /** When the value came, by the gateway's clock; null while there is none. */
  valueAtUs = $state<number | null>(null)
  error = $state.raw<CallError | null>(null)
  /** 'quiet' for the first 300 ms. */
  phase = $state<'idle' | 'quiet' | 'skeleton' | 'long'>('idle')
  /** A person did not want to wait any longer. */
  gaveUp = $state(false)
  #abort: AbortController | null = null
  #timers: ReturnType<typeof setTimeout>[] = []
  #about: string | number | undefined

  /**
   * Runs `request`; the last good value stays visible until the new one is there, and beyond that when there is none.
   *
   * @param about what is asked for, where that changes: when it fails, the value of something else is not kept in its place
   */
  async run(request: (signal: AbortSignal) => Promise<T>, about?: string | number): Promise<T | null> {
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
      this.#about = about
      this.valueAtUs = gatewayNowUs()
      this.error = null
      return value
    } catch (error) {
      if (abort.signal.aborted) return null
      if (!(error instanceof CallError)) throw error
      if (about !== this.#about) this.#drop()
      this.error = error
      return null
    } finally {
      if (this.#abort === abort) this.#settle()
    }
  }

  /** As `run`, for what is asked again and again: one that is still awaited is left to come. */
  async renew(request: (signal: AbortSignal) => Promise<T>): Promise<void> {
    if (this.phase === 'idle') await this.run(request)
  }

  /** Drops the value too: the next request is about something else. */
  clear(): void {
    this.cancel()
    this.#drop()
    this.error = null
  }

  cancel(): void {
    this.#abort?.abort()
    this.gaveUp = false
    this.#settle()
  }

  /** As `cancel`, and says so where the answer was awaited, with a way to ask again. */
  giveUp(): void {
    this.cancel()
    this.gaveUp = true
  }

  #drop(): void {
    this.value = null
    this.valueAtUs = null
  }

  #settle(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
    this.#abort = null
    this.phase = 'idle'
  }
}
