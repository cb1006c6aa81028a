/** Entries of a kind, signer or asset, newest first, as far as they have been looked through. */
import type { FoundEntries } from '../words/model.ts'
import { Loading } from './load.svelte.ts'
import { findEntries, type EntryFilter } from './queries.ts'

const entriesAPage = 50

/** What an address says of it; null where it filters nothing. */
export function filterOf(query: Readonly<Record<string, string>>): EntryFilter | null {
  const kind = (['batch', 'event', 'seal'] as const).find((one) => one === query['kind'])
  const filter: EntryFilter = {
    ...(kind && { kind }),
    ...(query['type'] && { type: query['type'] }),
    ...(query['gateway'] && { gateway: query['gateway'] }),
    ...(query['asset'] && { asset: query['asset'] }),
  }
  return Object.keys(filter).length === 0 ? null : filter
}

export const sameFilter = (a: EntryFilter | null, b: EntryFilter | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

export class FilteredEntries {
  filter = $state.raw<EntryFilter | null>(null)
  entries = $state.raw<FoundEntries['entries']>([])
  /** Everything from this entry on was looked through; null before the first answer. */
  searchedTo = $state<number | null>(null)
  searchedToUs = $state<number | null>(null)
  readonly looking = new Loading<FoundEntries>()

  async show(filter: EntryFilter | null): Promise<void> {
    if (sameFilter(filter, this.filter)) return
    this.filter = filter
    this.entries = []
    this.searchedTo = null
    this.searchedToUs = null
    this.looking.clear()
    if (filter !== null) await this.goOn()
  }

  /** Looks through what lies before; a look ends after a moment, whether something was found or not. */
  async goOn(): Promise<void> {
    const { filter, searchedTo } = this
    if (filter === null || searchedTo === 0 || this.looking.phase !== 'idle') return
    const page = await this.looking.run((signal) => findEntries(filter, searchedTo ?? undefined, entriesAPage, signal))
    if (page === null || this.filter !== filter) return
    this.entries = [...this.entries, ...page.entries]
    this.searchedTo = page.searchedTo
    this.searchedToUs = page.searchedToUs
  }

  stop(): void {
    this.looking.cancel()
  }
}
