/** What a person types to find something, and what was found: on the gateway, among the screens, or as a time or a fingerprint. */
import type { Search } from '../words/model.ts'
import { fromWritten } from '../words/time.ts'
import { live } from './live.svelte.ts'
import { Loading } from './load.svelte.ts'
import { findHash, search } from './queries.ts'

/** A person types several letters a second. */
const askAfterMs = 120

/** Looking for a fingerprint through the whole ledger, newest first. */
export type HashSearch =
  | { is: 'looking' | 'stopped' | 'nowhere'; searchedTo: number; searchedToUs: number | null }
  | { is: 'found'; entry: number }

export class Finding {
  text = $state('')
  readonly answer = new Loading<{ q: string } & Search>()
  hash = $state.raw<HashSearch | null>(null)
  readonly asked = $derived(this.text.trim())
  /** What was typed, as a time; null where it is none. */
  readonly timeUs = $derived(fromWritten(this.asked, live.nowUs))
  readonly isHash = $derived(/^[0-9a-f]{64}$/i.test(this.asked))
  /** Of what is typed now; null while it is awaited. */
  readonly found = $derived(this.answer.value?.q === this.asked ? this.answer.value : null)
  #timer: ReturnType<typeof setTimeout> | undefined
  #abort: AbortController | null = null

  type(text: string): void {
    this.text = text
    this.stop()
    this.hash = null
    if (this.asked === '') {
      this.answer.clear()
      return
    }
    const q = this.asked
    this.#timer = setTimeout(
      () => void this.answer.run(async (signal) => ({ q, ...(await search(q.slice(0, 200), signal)) })),
      askAfterMs,
    )
  }

  /** Looks on until the entry is found, nothing is left, or `stop`. Null when it was not found. */
  async lookForHash(before?: number): Promise<number | null> {
    this.#abort?.abort()
    const abort = new AbortController()
    this.#abort = abort
    const wanted = this.asked.toLowerCase()
    let below = before
    for (;;) {
      const looked = await findHash(wanted, below, abort.signal).catch(() => null)
      if (abort.signal.aborted || this.#abort !== abort) return null
      if (looked === null) {
        this.hash = this.hash?.is === 'looking' ? { ...this.hash, is: 'stopped' } : null
        return null
      }
      const { entry, searchedTo, searchedToUs } = looked
      if (entry !== null) {
        this.hash = { is: 'found', entry }
        return entry
      }
      this.hash = { is: searchedTo === 0 ? 'nowhere' : 'looking', searchedTo, searchedToUs }
      if (searchedTo === 0) return null
      below = searchedTo
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.answer.cancel()
    this.#abort?.abort()
    this.#abort = null
    if (this.hash?.is === 'looking') this.hash = { ...this.hash, is: 'stopped' }
  }
}
