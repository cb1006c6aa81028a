/**
 * The screen of the ledger: which block, entry and reading are picked, what is loaded of them, and the proof of what is picked.
 *
 * Blocks are a window onto the record, newest first. While its top is the newest block, new ones join it, unless `hold` says that
 * somebody is reading there: rows must not move under a finger. Then they are counted in `newer`.
 */
import type { Block, BlockDetail, EntryDetail, EntryReading, ProofSteps } from '../words/model.ts'
import { live } from './live.svelte.ts'
import { Loading } from './load.svelte.ts'
import { block as loadBlock, blockAt, blockPage, entry as loadEntry, proofSteps } from './queries.ts'
import { goTo } from './route.svelte.ts'

const blocksAPage = 50
const readingsAPage = 200
const mostReadings = 5000
/** How far the picked block may be pushed down before the list stands still. */
const pushedDown = 10
/** Newer blocks shown above one that a link leads to. */
const above = 6
const keptWhileFollowing = 400
/** For so many blocks after its own a proof that waits for its cosignatures is asked again. */
const cosignedWithin = 5

/** What an address asks for and the ledger does not have. */
export type NotHere =
  | { what: 'entry'; asked: string }
  | { what: 'reading'; asked: string; entry: number; readings: number | null }

type Page = Awaited<ReturnType<typeof blockPage>>

export class LedgerPicks {
  blocks = $state.raw<readonly Block[]>([])
  total = $state(0)
  sinceUs = $state<number | null>(null)
  readonly paging = new Loading<Page>()
  readonly seeking = new Loading<{ height: number; timeUs: number }>()
  height = $state<number | null>(null)
  readonly block = new Loading<BlockDetail>()
  index = $state<number | null>(null)
  readonly entry = new Loading<EntryDetail>()
  readings = $state.raw<readonly EntryReading[]>([])
  readonly morePaging = new Loading<EntryDetail>()
  position = $state<number | null>(null)
  notHere = $state.raw<NotHere | null>(null)
  readonly proof = new Loading<ProofSteps>()
  /** The block that is shown in place of one at a time before the first or after the newest. */
  instead = $state.raw<{ side: 'before' | 'after'; timeUs: number } | null>(null)
  /** What stands in the address beside the pick, and stays there. */
  kept: Readonly<Record<string, string | undefined>> = {}
  /** Set while a person points at the blocks, has the focus there or has scrolled. */
  hold = $state(false)
  readonly newer = $derived(this.blocks[0] ? Math.max(0, this.total - 1 - this.blocks[0].height) : 0)
  readonly older = $derived((this.blocks.at(-1)?.height ?? 0) > 0)
  readonly reading = $derived(
    this.position === null ? null : (this.readings.find((one) => one.position === this.position) ?? null),
  )
  /** The entry that is picked, once it is loaded. */
  readonly opened = $derived(this.entry.value?.index === this.index ? this.entry.value : null)

  /** Follows the address: `entry` and `position` of it, or the newest block. */
  async follow(query: Readonly<Record<string, string>>): Promise<void> {
    this.notHere = null
    const index = whole(query.entry)
    const position = whole(query.position)
    const atUs = wholeTime(query.at)
    if (query.entry === undefined && atUs !== null) await this.showAt(atUs)
    else if (query.entry === undefined) await this.showNewest()
    else if (index === null) this.#miss({ what: 'entry', asked: query.entry })
    else if (query.position !== undefined && position === null)
      this.#miss({ what: 'reading', asked: query.position, entry: index, readings: null })
    else if (index !== this.index || position !== this.position) await this.#openEntry(index, position)
  }

  /** The newest block that has cosignatures and readings, and the proof of its first reading. */
  async showNewest(): Promise<void> {
    const { height } = this
    const page = await this.paging.run((signal) => blockPage(undefined, blocksAPage, signal))
    if (!page || this.height !== height) return
    this.#takePage(page)
    const wanted = page.blocks.find((one) => one.cosigners.length > 0 && one.readings > 0) ?? page.blocks[0]
    if (!wanted) return
    await this.pickBlock(wanted.height)
    await this.verify()
  }

  /** The first block that was sealed at that time or after it, with its first entry; where there is none, the nearest, which is said. */
  async showAt(timeUs: number): Promise<void> {
    const found = await this.seeking.run((signal) => blockAt(timeUs, signal))
    if (found === null) return
    await this.#loadAround(found.height + 1 + above)
    await this.pickBlock(found.height)
    const isFirst = !this.blocks.some((one) => one.height < found.height)
    const side = found.timeUs < timeUs ? 'after' : isFirst && found.timeUs > timeUs ? 'before' : null
    if (side !== null && this.height === found.height) this.instead = { side, timeUs: found.timeUs }
  }

  async pickBlock(height: number): Promise<void> {
    this.instead = null
    this.height = height
    this.proof.clear()
    const detail = await this.block.run((signal) => loadBlock(height, signal), height)
    const first = detail?.entryList.find((one) => one.kind === 'batch') ?? detail?.entryList[0]
    if (first && this.height === height) await this.pickEntry(first.index)
  }

  /** Opens an entry; of a batch its first reading is picked, unless `position` names another. */
  async pickEntry(index: number, position: number | null = null): Promise<void> {
    this.index = index
    this.position = position
    this.proof.clear()
    const detail = await this.#loadEntry(index, position ?? 0)
    if (!detail || this.index !== index) return
    if (this.position === null) this.position = detail.readings?.[0]?.position ?? null
    this.#tellAddress()
  }

  /** Opens an entry that was picked elsewhere than in its block, which its proof names. */
  async open(index: number): Promise<void> {
    this.height = null
    this.instead = null
    this.block.clear()
    await this.pickEntry(index)
    if (this.index === index) await this.verify()
  }

  /** Nothing is picked any more: what stood there has nothing to do with what is asked for now. */
  pickNothing(): void {
    this.height = null
    this.index = null
    this.position = null
    this.instead = null
    this.readings = []
    for (const one of [this.paging, this.seeking]) one.cancel()
    for (const one of [this.block, this.entry, this.proof]) one.clear()
  }

  pickReading(position: number | null): void {
    if (this.position === position) return
    this.position = position
    this.proof.clear()
    this.#tellAddress()
  }

  async verify(): Promise<ProofSteps | null> {
    const { index, position } = this
    if (index === null) return null
    const proof = await this.proof.run((signal) => proofSteps(index, position, signal))
    if (proof && proof.block !== null && proof.block !== undefined && this.height === null && this.index === index)
      await this.#showBlock(proof.block)
    return proof
  }

  /** One more page of blocks below the last. */
  async loadOlder(): Promise<void> {
    const last = this.blocks.at(-1)
    if (!last || last.height === 0 || this.paging.phase !== 'idle') return
    const page = await this.paging.run((signal) => blockPage(last.height, blocksAPage, signal))
    if (page && this.blocks.at(-1) === last) this.blocks = [...this.blocks, ...page.blocks]
  }

  /** Readings after the last shown, or before the first. */
  async loadReadings(where: 'after' | 'before'): Promise<void> {
    const { opened } = this
    const first = this.readings[0]?.position ?? 0
    const next = (this.readings.at(-1)?.position ?? -1) + 1
    if (!opened || this.morePaging.phase !== 'idle') return
    const from = where === 'after' ? next : Math.max(0, first - readingsAPage)
    const limit = where === 'after' ? readingsAPage : first - from
    if (limit === 0) return
    const page = await this.morePaging.run((signal) => loadEntry(opened.index, from, limit, signal))
    if (!page?.readings || this.index !== opened.index) return
    this.readings = where === 'after' ? [...this.readings, ...page.readings] : [...page.readings, ...this.readings]
  }

  /** A block was sealed. */
  async arrive(sealed: Block): Promise<void> {
    if (this.#waitedFor(sealed)) void this.verify()
    const top = this.blocks[0]
    if (!top || sealed.height <= top.height) return
    if (
      this.height === null &&
      this.index !== null &&
      this.index >= sealed.firstEntry &&
      this.index <= sealed.sealEntry
    ) {
      this.height = sealed.height
      void this.block.run((signal) => loadBlock(sealed.height, signal), sealed.height)
    }
    const followed = this.total - 1 === top.height || this.newer < blocksAPage
    this.total = Math.max(this.total, sealed.height + 1)
    const picked = this.blocks.findIndex((one) => one.height === this.height)
    if (
      this.hold ||
      !followed ||
      picked >= pushedDown ||
      (picked < 0 && this.height !== null) ||
      this.paging.phase !== 'idle'
    )
      return
    const missing = sealed.height - top.height
    if (missing === 1) this.#prepend([sealed])
    else if (missing <= blocksAPage) {
      const page = await this.paging.run((signal) => blockPage(sealed.height + 1, missing, signal))
      if (page && this.blocks[0] === top) this.#prepend(page.blocks.filter((one) => one.height > top.height))
    }
  }

  /** Whether a step of the proof waited for such a block, or for the cosignatures that come right after it. */
  #waitedFor(sealed: Block): boolean {
    const { value, phase } = this.proof
    const step = value?.steps.find(({ state }) => state === 'waits')?.id
    if (phase !== 'idle' || this.index === null) return false
    if (step === 'in-block') return this.index <= sealed.sealEntry
    return step === 'peers-agree' && sealed.height - (value?.block ?? 0) <= cosignedWithin
  }

  stop(): void {
    for (const one of [this.paging, this.seeking, this.block, this.entry, this.morePaging, this.proof]) one.cancel()
  }

  async #openEntry(index: number, position: number | null): Promise<void> {
    this.index = index
    this.position = position
    this.proof.clear()
    this.height = null
    this.instead = null
    this.block.clear()
    const [detail] = await Promise.all([this.#loadEntry(index, position ?? 0), this.verify()])
    if (this.index !== index) return
    if (detail === null && this.entry.error?.code === 'unknown_entry')
      return this.#miss({ what: 'entry', asked: String(index) })
    if (detail !== null && position !== null && position >= (detail.readingsTotal ?? 0))
      return this.#miss({
        what: 'reading',
        asked: String(position),
        entry: index,
        readings: detail.readingsTotal ?? 0,
      })
    if (this.blocks.length === 0) await this.#loadAround(undefined)
  }

  #miss(notHere: NotHere): void {
    this.index = null
    this.notHere = notHere
  }

  /** Leads the first two columns to the block that a proof has named. */
  async #showBlock(height: number): Promise<void> {
    this.height = height
    const known = this.blocks.some((one) => one.height === height)
    await Promise.all([
      known ? undefined : this.#loadAround(height + 1 + above),
      this.block.run((signal) => loadBlock(height, signal), height),
    ])
  }

  async #loadAround(before: number | undefined): Promise<void> {
    const page = await this.paging.run((signal) => blockPage(before, blocksAPage, signal))
    if (page) this.#takePage(page)
  }

  async #loadEntry(index: number, position: number): Promise<EntryDetail | null> {
    const from = position < mostReadings - readingsAPage ? 0 : position - readingsAPage
    const limit = Math.max(readingsAPage, position - from + readingsAPage)
    const detail = await this.entry.run((signal) => loadEntry(index, from, limit, signal), index)
    if (detail) this.readings = detail.readings ?? []
    return detail
  }

  #takePage(page: Page): void {
    this.blocks = page.blocks
    this.total = Math.max(page.total, (live.newestBlock?.height ?? -1) + 1)
    this.sinceUs = page.sinceUs ?? null
  }

  #prepend(newest: readonly Block[]): void {
    this.blocks = [...newest, ...this.blocks].slice(0, Math.max(keptWhileFollowing, blocksAPage))
  }

  #tellAddress(): void {
    if (this.index !== null)
      goTo('ledger', { ...this.kept, entry: this.index, position: this.position ?? undefined }, true)
  }
}

/** Microseconds as an address has them. */
function wholeTime(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null
}

function whole(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
