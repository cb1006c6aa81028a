/**
 * Everything that was said of the asset between the two states: its own history says how many events there are and what their tree's
 * root is. Those that bind streams to it are read here, so that none of its streams can be kept back.
 */
import { decodeAssetEvent, encodeAssetEvent } from '../record/asset-history.ts'
import type { AssetEvent } from '../record/asset-history.ts'
import { coreKeyOf } from '../record/core-state.ts'
import type { AssetEvents } from '../record/asset-state.ts'
import { decodeBody } from '../record/events.ts'
import { readsEvent } from '../packs/manifest.ts'
import type { StreamId } from '../wire/ids.ts'
import { leafHash } from '../wire/reading.ts'
import { Frontier, rangeRoot } from '../proof/merkle.ts'
import { holdEqual, readEntry } from './check-seals.ts'
import type { LedgerFacts, PlacedEntry } from './check-seals.ts'
import type { StateFacts } from './check-states.ts'
import type { CertificateMaterial, PeriodEvent } from './material.ts'
import { hold } from './step.ts'

/** A stretch of sequences of a stream at the asset; `last` is null while it is open. */
export interface Interval {
  readonly first: number
  readonly last: number | null
}

export interface EventFacts {
  /** Events whose entry is shown, in ledger order. Their signatures are another matter. */
  shown: (PlacedEntry & { statement: { kind: 'event' } })[]
  /** How many are told by their leaf alone, and how many of those the pack would have to read. */
  closed: number
  withheld: number
  /** Stretches of each stream at the asset that a reading of the period can belong to, ascending. */
  intervals: Map<StreamId, Interval[]>
}

/** Types whose entries must be shown: they say which streams there are. */
const BINDING = ['stream.bound', 'stream.unbound'] as const

/** Throws StepStop, WireError or ProofError. */
export function checkEvents(material: CertificateMaterial, ledger: LedgerFacts, states: StateFacts): EventFacts {
  const key = coreKeyOf('asset-events', material.asset)
  const newer = states.newer.get('asset-events', key)
  const older = states.older?.find('asset-events', key) ?? null
  const events = material.events.leaves.map((leaf) => eventOf(leaf, material))
  checkRange(material, older, newer, events)
  checkOrder(events, older, ledger)
  const shown = events.flatMap(({ placed }) => (placed === null ? [] : [placed]))
  const closed = events.filter(({ placed }) => placed === null).map(({ event }) => event)
  for (const { type, index } of closed)
    hold(!isBinding(type), `event ${index} (${type}) says which streams the asset has, and is not shown`)
  return {
    shown,
    closed: closed.length,
    withheld: closed.filter(({ type }) => readsEvent(material.pack.manifest, type)).length,
    intervals: intervalsOf(material, states, shown),
  }
}

interface OneEvent {
  event: AssetEvent
  /** Where its entry is shown. */
  placed: EventFacts['shown'][number] | null
}

function eventOf(leaf: PeriodEvent, material: CertificateMaterial): OneEvent {
  if (leaf.kind === 'closed') return { event: decodeAssetEvent(leaf.leaf), placed: null }
  const { index, entry: bytes, outcome } = leaf
  const placed = readEntry(bytes, index, material)
  const { statement } = placed
  hold(statement.kind === 'event', `entry ${index} is no event`)
  hold(statement.assets.includes(material.asset), `event ${index} is not about this asset`)
  const event = { index, type: statement.type, actor: statement.actor, outcome, logLeaf: leafHash(bytes) }
  return { event, placed: { ...placed, statement } }
}

/** The enclosed events are all that lie between the two states, as they were taken. */
function checkRange(
  { events: { before, leaves } }: CertificateMaterial,
  older: AssetEvents | null,
  newer: AssetEvents,
  events: readonly OneEvent[],
): void {
  const from = older?.size ?? 0
  const wanted = newer.size - from
  hold(
    leaves.length === wanted,
    `${leaves.length} events of the asset are enclosed, ${wanted} lie between the seals`,
    String(wanted),
    String(leaves.length),
  )
  const range = rangeRoot({
    before: new Frontier(from, before),
    leaves: events.map(({ event }) => leafHash(encodeAssetEvent(event))),
  })
  if (older !== null) holdEqual(older.root, range.firstRoot, 'the events at the older seal have another root')
  holdEqual(newer.root, range.lastRoot, 'the enclosed events are not those that were said of the asset')
}

function checkOrder(events: readonly OneEvent[], older: AssetEvents | null, ledger: LedgerFacts): void {
  let previous = older?.newest ?? -1
  for (const { event } of events) {
    hold(event.index > previous, `event ${event.index} of the asset follows event ${previous}`)
    previous = event.index
  }
  hold(previous < ledger.newer.seal.size, `event ${previous} lies beyond the state that the newer seal proves`)
}

const isBinding = (type: string): type is (typeof BINDING)[number] => (BINDING as readonly string[]).includes(type)

/** From the streams that were bound to the asset in the older state, and what bound or unbound one since. */
function intervalsOf(
  { asset }: CertificateMaterial,
  { older, newer }: StateFacts,
  shown: EventFacts['shown'],
): Map<StreamId, Interval[]> {
  const intervals = new Map<StreamId, Interval[]>()
  const add = (stream: StreamId, interval: Interval): void => {
    intervals.set(stream, [...(intervals.get(stream) ?? []), interval])
  }
  const key = coreKeyOf('asset-streams', asset)
  for (const { stream, first, last } of older?.find('asset-streams', key)?.streams ?? []) add(stream, { first, last })
  for (const { statement, index } of shown) {
    if (statement.type === 'stream.bound') {
      const { stream, fromSequence } = decodeBody('stream.bound', statement.body)
      add(stream, { first: fromSequence, last: null })
    } else if (statement.type === 'stream.unbound') {
      const { stream, lastSequence } = decodeBody('stream.unbound', statement.body)
      const open = intervals.get(stream)?.at(-1)
      hold(open?.last === null, `event ${index} unbinds a stream that is not bound`)
      intervals.set(stream, [...intervals.get(stream)!.slice(0, -1), { ...open, last: lastSequence }])
    }
  }
  checkBoundNow(intervals, newer.find('asset-streams', key)?.streams ?? [])
  return intervals
}

/** What follows from older state and events is what the newer state says; what is over and behind may have left it. */
function checkBoundNow(
  intervals: ReadonlyMap<StreamId, readonly Interval[]>,
  now: readonly ({ stream: StreamId } & Interval)[],
): void {
  const listed = new Set(now.map(({ stream, first, last }) => `${stream} ${first} ${String(last)}`))
  for (const { stream, first, last } of now) {
    const isKnown = intervals.get(stream)?.some((one) => one.first === first && one.last === last) === true
    hold(isKnown, `the stream ${stream} is bound to the asset, and nothing enclosed says since when`)
  }
  for (const [stream, stretches] of intervals)
    for (const { first, last } of stretches)
      hold(
        last !== null || listed.has(`${stream} ${first} null`),
        `the stream ${stream} is not bound to the asset any more, and nothing enclosed says since when`,
      )
}
