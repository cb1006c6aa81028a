/**
 * Which readings belong to the period, and that none is missing: the histories of the two states say how many leaves
 * lie between the seals and what their tree's root is, and the chains of gaps say what is signed to be missing.
 */
import { linkChange } from '../record/change-chain.ts'
import type { StreamChanges } from '../record/change-chain.ts'
import { coreKey, coreKeyOf } from '../record/core-state.ts'
import type { GapsState, HistoryState, MemberState, StreamState } from '../record/core-state.ts'
import { decodeBody } from '../record/events.ts'
import type { StreamChanged } from '../record/kinds/stream.ts'
import { isSameMeaning } from '../record/stream-fields.ts'
import { decodeCbor } from '../wire/cbor.ts'
import { decodeGap, linkGap } from '../record/gap-chain.ts'
import type { StreamId } from '../wire/ids.ts'
import { decodeLeaf, leafHash } from '../wire/reading.ts'
import type { Leaf } from '../wire/reading.ts'
import { CLOCK_AHEAD_US_MAX, MAX_CBOR_DEPTH, MAX_ENTRY_BYTES } from '../wire/limits.ts'
import type { Gap } from '../record/statements.ts'
import { Frontier, rangeRoot } from '../proof/merkle.ts'
import { checkEvents } from './check-events.ts'
import type { EventFacts, Interval } from './check-events.ts'
import { holdEqual } from './check-seals.ts'
import type { LedgerFacts } from './check-seals.ts'
import type { StateFacts, StateView } from './check-states.ts'
import type { CertificateMaterial, DisclosedLeaf, StreamHistory } from './material.ts'
import { placeReadings } from './place-readings.ts'
import type { Placed } from './place-readings.ts'
import { absences, openGaps, within } from './recorded.ts'
import type { OpenGap, Span } from './recorded.ts'
import { hold } from './step.ts'

const CHANGE_LIMITS = { maxBytes: MAX_ENTRY_BYTES, maxDepth: MAX_CBOR_DEPTH }

interface ShownReading {
  leaf: Leaf
  from: DisclosedLeaf
  /** Between the reading before it and this one the stream was elsewhere: sequences lie outside its stretches at the asset. */
  isBack: boolean
}

/** A reading and where in time its order puts it. */
export interface PlacedReading extends ShownReading {
  place: Placed
}

export interface StreamFacts {
  stream: StreamId
  state: StreamState
  /** The gateway that signs it. */
  gateway: MemberState
  intervals: readonly Interval[]
  /** How its readings came about up to a sequence, for each time that it changed between the two states. */
  changes: StreamChanged[]
  /** Readings between the two seals, in sequence order. */
  readings: PlacedReading[]
  /** Those of the period: from the first whose own time, or whose place between times, touches it, to the last. */
  judged: PlacedReading[]
  withheld: number
  /** Every signed gap of this stream between the two states. */
  gaps: Gap[]
  /** The same gaps, those that lost readings between their neighbours; then the times at which the stream was not at the asset. */
  open: OpenGap[]
  /** What of the period lies between the stream's first reading at the asset and its newest (or a signed gap behind it). */
  recorded: Span | null
  /**
   * Up to this source time nothing can be missing, and never beyond the time of the newer state; null where nothing is known.
   */
  completeUntilUs: number | null
}

export interface HistoryFacts {
  events: EventFacts
  streams: StreamFacts[]
}

/** Throws StepStop, WireError or ProofError. */
export function checkHistories(material: CertificateMaterial, ledger: LedgerFacts, states: StateFacts): HistoryFacts {
  const { fromUs, toUs } = material.period
  hold(fromUs <= toUs, `the period ends (${toUs}) before it begins (${fromUs})`)
  hold(
    ledger.older === null || ledger.older.asOfUs <= fromUs,
    'the older state is later than the beginning of the period, so that what stood then is not shown',
    `not after ${fromUs}`,
    String(ledger.older?.asOfUs),
  )
  const events = checkEvents(material, ledger, states)
  const enclosed = new Set(material.streams.map((stream) => stream.stream))
  for (const id of events.intervals.keys()) hold(enclosed.has(id), `the stream ${id} of this asset is omitted`)
  hold(enclosed.size === material.streams.length, 'a stream is enclosed twice')
  // In the order of their ids, whatever the file's order: a verdict must not depend on how an issuer lists streams.
  const ordered = [...material.streams].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  const streams = ordered.map((history) => {
    const intervals = events.intervals.get(history.stream)
    hold(intervals !== undefined, `the stream ${history.stream} is not bound to this asset`)
    const state = states.newer.get('stream', coreKey.stream(history.stream))
    return checkStream({ material, ledger, states, history, state, intervals })
  })
  return { events, streams }
}

interface StreamCheck {
  material: CertificateMaterial
  ledger: LedgerFacts
  states: StateFacts
  history: StreamHistory
  state: StreamState
  intervals: readonly Interval[]
}

/** What one of the two states says of a stream; null each where there is nothing. */
interface StreamMark {
  history: HistoryState | null
  gaps: GapsState | null
  changes: StreamChanges | null
}

function markOf(state: StateView | null, asset: string, stream: StreamId): StreamMark {
  return {
    history: state?.find('history', coreKey.history(asset, stream)) ?? null,
    gaps: state?.find('gaps', coreKey.gaps(asset, stream)) ?? null,
    changes: state?.find('stream-changes', coreKeyOf('stream-changes', stream)) ?? null,
  }
}

function checkStream(check: StreamCheck): StreamFacts {
  const { material, ledger, states, history, state, intervals } = check
  const { stream } = history
  const newer = markOf(states.newer, material.asset, stream)
  const older = markOf(states.older, material.asset, stream)
  checkRoots(history, older.history, newer.history, state.label)
  hold(
    older.history === null || older.history.newestTimeUs < material.period.fromUs,
    `${state.label}: the older seal already covers readings of the period, so that the first ones are not enclosed`,
    `before ${material.period.fromUs}`,
    older.history === null ? undefined : String(older.history.newestTimeUs),
  )
  hold(
    older.gaps === null || older.gaps.newestTimeUs < material.period.fromUs,
    `${state.label}: the older seal already covers a gap of the period, so that it is not enclosed`,
    `before ${material.period.fromUs}`,
    older.gaps === null ? undefined : String(older.gaps.newestTimeUs),
  )
  const gaps = checkGaps(history, older.gaps, newer.gaps, state.label)
  const shown = checkLeaves(check, gaps, lastSequenceOf(older, intervals))
  checkLast(history, newer.history, shown, state.label)
  const until = completeUntil(newer, intervals)
  const readings = placed(shown, check, older.history, newer.history)
  const beforeUs = older.history?.lastTimeUs ?? null
  const open = [...openGaps(gaps, readings, beforeUs), ...absences(readings, beforeUs)]
  return {
    stream,
    state,
    gateway: states.newer.get('member', coreKey.member(state.actor)),
    intervals,
    changes: checkChanges(history, older.changes, newer.changes, state),
    readings,
    judged: judgedOf(material.period, readings),
    withheld: history.leaves.length - readings.length,
    gaps,
    open,
    recorded: recordedOf(material.period, { older: older.history, readings, open }),
    completeUntilUs: until === null ? null : Math.min(until, ledger.newer.asOfUs),
  }
}

/**
 * Times of the readings in the order of their sequences; none may be later than its batch's sealing and the state that shows it, nor
 * than what the history believed when it was recorded: that holds where no batch is enclosed.
 */
function placed(
  shown: readonly ShownReading[],
  check: StreamCheck,
  older: HistoryState | null,
  newer: HistoryState | null,
): PlacedReading[] {
  const { sealedAtUs } = check.ledger
  const { asOfUs } = check.ledger.newer
  const believedUs = newer?.newestTimeUs ?? Number.NEGATIVE_INFINITY
  const stamps = shown.map(({ leaf, from }) => ({
    sourceTimeUs: leaf.sourceTimeUs,
    latestUs: Math.min(believedUs, Math.min(sealedAtUs(from.batch) ?? asOfUs, asOfUs) + CLOCK_AHEAD_US_MAX),
  }))
  const places = placeReadings(stamps, older?.lastTimeUs ?? Number.NEGATIVE_INFINITY, asOfUs)
  return shown.map((one, at) => ({ ...one, place: places[at]! }))
}

/**
 * What does not fit may be what is true: a run of readings with one wrong clock is the longer one as soon as there are enough of them.
 * So a reading that is stamped within the period is of it wherever its order puts it, and nothing between two such may be missing.
 */
function judgedOf(period: Span, readings: readonly PlacedReading[]): PlacedReading[] {
  const touches = ({ leaf: { sourceTimeUs }, place }: PlacedReading): boolean =>
    within(period, place.fromUs, place.toUs) !== null || within(period, sourceTimeUs, sourceTimeUs) !== null
  return readings.slice(Math.max(0, readings.findIndex(touches)), readings.findLastIndex(touches) + 1)
}

/** A stream that had readings before the range records from the period's beginning; any other from its first one on. */
function recordedOf(
  period: Span,
  stream: { older: HistoryState | null; readings: readonly PlacedReading[]; open: readonly OpenGap[] },
): Span | null {
  const fitting = stream.readings.filter(({ place }) => place.fits)
  const first = stream.older?.lastTimeUs ?? fitting[0]?.place.timeUs
  const last = fitting.at(-1)?.place.timeUs ?? stream.older?.lastTimeUs
  if (first === undefined || last === undefined) return null
  const until = stream.open.reduce((latest, gap) => (gap.fromUs <= latest ? Math.max(latest, gap.toUs) : latest), last)
  return within(period, first, until)
}

/** The disclosed readings, each following the one before it or a signed gap. */
function checkLeaves(check: StreamCheck, gaps: readonly Gap[], lastBefore: number): ShownReading[] {
  const { history, state } = check
  const readings: ShownReading[] = []
  const sequences = new Sequences(gaps, check)
  let previous: number | null = lastBefore
  for (const [at, from] of history.leaves.entries()) {
    if (from.kind === 'withheld') {
      previous = null
      continue
    }
    const leaf = decodeLeaf(from.cbor)
    hold(
      leaf.stream === history.stream,
      `${state.label}: leaf ${at} is a reading of another stream`,
      history.stream,
      leaf.stream,
    )
    const isBack = previous !== null && sequences.follow(previous, leaf.sequence)
    previous = leaf.sequence
    readings.push({ leaf, from, isBack })
  }
  return readings
}

/** The gaps enclosed are all that were signed between the two states. */
function checkGaps(history: StreamHistory, older: GapsState | null, newer: GapsState | null, label: string): Gap[] {
  const wanted = (newer?.count ?? 0) - (older?.count ?? 0)
  hold(
    history.gaps.length === wanted,
    `${label}: ${history.gaps.length} signed gaps are enclosed, ${wanted} lie between the seals`,
    String(wanted),
    String(history.gaps.length),
  )
  const gaps = history.gaps.map((bytes) => decodeGap(bytes))
  for (const gap of gaps) hold(gap.stream === history.stream, `${label}: an enclosed gap is of another stream`)
  const linked = gaps.reduce<GapsState | null>(linkGap, older)
  if (linked !== null && newer !== null)
    holdEqual(newer.hash, linked.hash, `${label}: the enclosed gaps are not those that were signed`)
  return gaps
}

/** The changes enclosed are all that were signed between the two states, and lead to how the stream is read now. */
function checkChanges(
  history: StreamHistory,
  older: StreamChanges | null,
  newer: StreamChanges | null,
  { stream, label, meaning }: StreamState,
): StreamChanged[] {
  const wanted = (newer?.count ?? 0) - (older?.count ?? 0)
  hold(
    history.changes.length === wanted,
    `${label}: ${history.changes.length} changes of how it is read are enclosed, ${wanted} lie between the seals`,
    String(wanted),
    String(history.changes.length),
  )
  const linked = history.changes.reduce<StreamChanges | null>(linkChange, older)
  if (linked !== null && newer !== null)
    holdEqual(newer.hash, linked.hash, `${label}: the enclosed changes are not those that were signed`)
  const changes = history.changes.map((bytes) => decodeBody('stream.changed', decodeCbor(bytes, CHANGE_LIMITS)))
  for (const change of changes) hold(change.stream === stream, `${label}: an enclosed change is of another stream`)
  const last = changes.at(-1)
  hold(
    last === undefined || isSameMeaning(last.new, meaning),
    `${label}: it is read in another way than its last change says`,
  )
  return changes
}

function checkRoots(
  history: StreamHistory,
  older: HistoryState | null,
  newer: HistoryState | null,
  label: string,
): void {
  const from = older?.size ?? 0
  const to = newer?.size ?? 0
  hold(to >= from, `${label}: the history shrinks from ${from} to ${to} readings`)
  const wanted = to - from
  hold(
    history.leaves.length === wanted,
    `${label}: ${history.leaves.length} readings are enclosed, ${wanted} lie between the seals`,
    String(wanted),
    String(history.leaves.length),
  )
  const leaves = history.leaves.map((leaf) => (leaf.kind === 'withheld' ? leaf.leafHash : leafHash(leaf.cbor)))
  const range = rangeRoot({ before: new Frontier(from, history.before), leaves })
  if (older !== null) holdEqual(older.root, range.firstRoot, `${label}: the history at the older seal has another root`)
  if (newer !== null)
    holdEqual(newer.root, range.lastRoot, `${label}: the enclosed readings are not those of the history`)
}

/** The sequence up to which a state accounts for everything, by readings or signed gaps. */
function lastSequenceOf({ history, gaps }: StreamMark, intervals: readonly Interval[]): number {
  const begins = Math.min(...intervals.map(({ first }) => first)) - 1
  return Math.max(begins, history?.lastSequence ?? begins, gaps?.lastSequence ?? begins)
}

/** Goes once through the gaps and the stretches at the asset, both ascending, however many there are of each. */
class Sequences {
  readonly #label: string
  readonly #gaps: readonly Gap[]
  readonly #intervals: readonly Interval[]
  #gap = 0
  #interval = 0

  constructor(gaps: readonly Gap[], { state, intervals }: StreamCheck) {
    this.#label = state.label
    this.#gaps = gaps.filter((gap) => gap.toSequence >= gap.fromSequence)
    this.#intervals = [...intervals].sort((a, b) => a.first - b.first)
  }

  /** Sequences between two neighbours must be signed gaps, or lie outside the time at this asset: true where any does. */
  follow(previous: number, next: number): boolean {
    hold(next > previous, `${this.#label}: sequence ${next} follows ${previous}`)
    let isBack = false
    let at = previous + 1
    while (at < next) {
      while (this.#gap < this.#gaps.length && this.#gaps[this.#gap]!.toSequence < at) this.#gap++
      const gap = this.#gaps[this.#gap]
      if (gap !== undefined && gap.fromSequence <= at) {
        at = gap.toSequence + 1
        continue
      }
      const later = this.#after(at)
      hold(later > at, `${this.#label}: the reading with sequence ${at} is missing without a signed gap`)
      isBack = true
      at = Math.min(next, later, gap?.fromSequence ?? next)
    }
    return isBack
  }

  /** `at` itself where it lies in a stretch, else where the next one begins. */
  #after(at: number): number {
    for (; this.#interval < this.#intervals.length; this.#interval++) {
      const { first, last } = this.#intervals[this.#interval]!
      if (first > at) return first
      if (last === null || at <= last) return at
    }
    return Number.POSITIVE_INFINITY
  }
}

function checkLast(history: StreamHistory, newer: HistoryState | null, readings: ShownReading[], label: string): void {
  const last = readings.at(-1)
  if (newer === null || last === undefined || history.leaves.at(-1) !== last.from) return
  hold(
    last.leaf.sequence === newer.lastSequence,
    `${label}: the newest reading has another sequence than the history says`,
    String(newer.lastSequence),
    String(last.leaf.sequence),
  )
}

/**
 * A stream is complete up to its newest leaf, or to the end of a signed gap right after it; without an end only where every
 * stretch at this asset is closed and all that it names has come.
 */
function completeUntil(newer: StreamMark, intervals: readonly Interval[]): number | null {
  const reached = lastSequenceOf(newer, intervals)
  const isClosed = ({ first, last }: Interval): boolean => last !== null && (last < first || last <= reached)
  if (intervals.every(isClosed)) return Number.POSITIVE_INFINITY
  const { history, gaps } = newer
  const afterLeaf = gaps !== null && gaps.lastSequence >= reached ? gaps.untilUs : null
  if (history === null) return afterLeaf
  return Math.max(history.lastTimeUs, afterLeaf ?? history.lastTimeUs)
}

/** Streams that may still deliver readings of the period, each with how far it is known. */
export function openStreams(streams: StreamFacts[], toUs: number): StreamFacts[] {
  return streams.filter((stream) => stream.completeUntilUs === null || stream.completeUntilUs < toUs)
}
