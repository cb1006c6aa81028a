/**
 * What went wrong outside of any screen's own handling: in an event handler, in a promise that nobody waits for. It is told, not
 * lost: whoever pressed a button must know that it did nothing.
 */
const longest = 300
/** Chromium says this when a size changes while sizes are told; the next frame has it right, and nothing is lost. */
const harmless = /^ResizeObserver loop/

class Mishaps {
  /** The newest one in words of the program; null while there is none, or when it was read. */
  last = $state<string | null>(null)
  /** How many since somebody closed the notice. */
  total = $state(0)

  take(reason: unknown): void {
    const text = (reason instanceof Error ? reason.message : String(reason)).slice(0, longest)
    if (harmless.test(text)) return
    this.last = text
    this.total += 1
  }

  close(): void {
    this.last = null
    this.total = 0
  }
}

export const mishaps = new Mishaps()

/** Call once, before anything can fail. */
export function listenToMishaps(): void {
  addEventListener('error', (event) => mishaps.take(event.error ?? event.message))
  addEventListener('unhandledrejection', (event) => mishaps.take(event.reason))
}
