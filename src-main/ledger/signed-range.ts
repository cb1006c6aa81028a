/**
 * The batches of a range out of nothing but its signed entries, each of them proven to stand in one tree: no table can leave one out, add
 * one or move it in time. Slower than the index, because every entry is read.
 */
import type { KnownRules } from '../record/rules.ts'
import type { StateValues } from '../record/state-view.ts'
import { leafHash, verifyConsistency } from '../proof/merkle.ts'
import type { Frontier } from '../proof/merkle.ts'
import { parseEntry } from '../wire/entry.ts'
import type { Entry } from '../wire/entry.ts'
import type { ActorId, LeafIndex, TreeSize } from '../wire/ids.ts'
import { decodeBatchHeader, decodeEvent, decodeSeal } from '../record/statements.ts'
import type { Gap } from '../record/statements.ts'
import { LedgerError } from './errors.ts'
import type { EntryReader } from './read-entries.ts'
import type { LogReader } from './read-log.ts'
import { followEvent, SaidValues } from './follow-event.ts'
import { stretchesIn } from './read-asset-events.ts'
import type { ReadStretch } from './read-asset-events.ts'
import { stretchesOf } from './read-range.ts'
import type { Range, RangeBatch, Stretch } from './read-range.ts'

/** Entries that are read, and proven, at once: as many as a tile has. */
const PAGE_ENTRIES = 256

/** A batch whose seal has not been reached. */
interface Unsealed {
  entry: LeafIndex
  bytes: Uint8Array
  actor: ActorId
  closedAtUs: number
  stretches: Stretch[]
  gaps: Gap[]
}

export class SignedRange {
  readonly #entries: EntryReader
  readonly #log: LogReader
  readonly #rules: KnownRules
  readonly #root: Uint8Array

  /** @param root of the tree of `range.size` entries */
  constructor(entries: EntryReader, log: LogReader, rules: KnownRules, root: Uint8Array) {
    this.#entries = entries
    this.#log = log
    this.#rules = rules
    this.#root = root
  }

  /** Throws LedgerError `database_damaged` where an entry is not the one of the tree, `not_sealed_yet`; ProofError. */
  *batches(range: Range): Generator<RangeBatch> {
    const last = Math.min(range.entries.to, range.size - 1)
    let unsealed: Unsealed[] = []
    for (const { entry, bytes } of this.#proven(range, () => unsealed.length > 0)) {
      const parsed = parseEntry(bytes)
      if (parsed.contentType === 'seal') {
        const { timeUs } = decodeSeal(parsed.payload)
        for (const batch of unsealed) yield this.#batch(batch, timeUs)
        unsealed = []
      } else if (parsed.contentType === 'batch' && entry <= last) {
        const batch = wantedOf(range, entry, parsed)
        if (batch !== null) unsealed.push(batch)
      }
    }
    const [open] = unsealed
    if (open !== undefined) throw new LedgerError('not_sealed_yet', `no seal covers entry ${open.entry} yet`)
  }

  /**
   * State values as the events among the first `size` entries made them, and of an asset the stretches of streams at it. Throws
   * LedgerError `database_damaged`.
   */
  said(size: TreeSize, asset: string | null): { values: StateValues; stretches: ReadStretch[] } {
    const said = new SaidValues()
    const bindings: { actor: ActorId; bytes: Uint8Array }[] = []
    let seal = { height: 0, timeUs: 0 }
    for (const { entry: index, bytes } of this.#proven({ entries: { from: 0, to: size - 1 }, size }, () => false)) {
      const { contentType, payload, actor } = parseEntry(bytes)
      if (contentType === 'event') {
        const event = decodeEvent(payload)
        // Only of an approval it depends on more than what was signed.
        const cameTo = event.type === 'act.approved' ? this.#entries.require(index).cameTo : null
        followEvent(said, this.#rules, { index, ...seal }, { bytes, cameTo })
        if (index === 0) seal = { height: 0, timeUs: event.occurredAtUs }
        if (asset !== null && event.assets.includes(asset)) bindings.push({ actor, bytes })
      } else if (contentType === 'seal') {
        const { height, timeUs } = decodeSeal(payload)
        seal = { height, timeUs }
      }
    }
    return { values: said.values, stretches: stretchesIn(bindings) }
  }

  #batch({ entry, bytes, actor, closedAtUs, stretches, gaps }: Unsealed, sealedAtUs: number): RangeBatch {
    const place = { entry, actor, closedAtUs, sealedAtUs }
    return { entry, stretches, gaps, place: () => place, open: () => this.#entries.open(entry, bytes) }
  }

  /** Every entry from the first of the range on, through the last, and on while more are wanted. */
  *#proven(
    { entries, size }: Pick<Range, 'entries' | 'size'>,
    isMoreWanted: () => boolean,
  ): Generator<{ entry: LeafIndex; bytes: Uint8Array }> {
    if (entries.from >= size) return
    const frontier = this.#log.frontier(entries.from as number)
    for (let from = entries.from; from < size && (from <= entries.to || isMoreWanted());) {
      const to = Math.min(size, from - (from % PAGE_ENTRIES) + PAGE_ENTRIES)
      const page = this.#entries.bytes(from, to)
      for (const bytes of page) frontier.append(leafHash(bytes))
      this.#prove(frontier, size, from)
      for (const [i, bytes] of page.entries()) yield { entry: from + i, bytes }
      from = to
    }
  }

  /** What was taken in so far is the beginning of the tree (RFC 6962 2.1.2): then each entry of it is the one that stands there. */
  #prove(frontier: Frontier, size: number, from: LeafIndex): void {
    try {
      const path = this.#log.consistencyPath(frontier.size, size)
      const [oldRoot, newRoot] = [frontier.root(), this.#root]
      verifyConsistency({ oldSize: frontier.size, newSize: size, oldRoot, newRoot, path })
    } catch (cause) {
      const what = `entries ${from} to ${frontier.size - 1} do not give the tree of ${size} entries`
      throw new LedgerError('database_damaged', `${what}: one of them, or a hash of the tree, was changed here`, {
        cause,
      })
    }
  }
}

/** What of a batch is wanted, by its signed header; null where nothing is. */
function wantedOf(range: Range, entry: LeafIndex, { actor, bytes, payload }: Entry): Unsealed | null {
  const { sealedAtUs: closedAtUs, firstTimeUs, lastTimeUs, runs, gaps } = decodeBatchHeader(payload)
  const { streams, span } = range
  if (range.isEvery)
    for (const { stream } of [...runs, ...gaps])
      if (!streams.has(stream))
        throw new LedgerError('database_damaged', `entry ${entry} has stream ${stream}, which the state does not list`)
  const isMet = lastTimeUs >= span.fromUs && firstTimeUs <= span.toUs
  const stretches = isMet ? stretchesOf(runs, streams) : []
  const touching = gaps.filter(({ toTimeUs, fromTimeUs }) => toTimeUs >= span.fromUs && fromTimeUs <= span.toUs)
  if (stretches.length === 0 && touching.length === 0) return null
  return { entry, bytes, actor, closedAtUs, stretches, gaps: touching }
}
