/**
 * Which readings belong to the period, and that none is missing: the histories of the two states say how many leaves
 * lie between the seals and what their tree's root is.
 */
import { coreKey } from '../wire/core-state.ts'
import type { HistoryState, StreamInterval, StreamState } from '../wire/core-state.ts'
import type { StreamId } from '../wire/ids.ts'
import { decodeLeaf, leafHash } from '../wire/reading.ts'
import type { Leaf } from '../wire/reading.ts'
import type { Gap } from '../wire/statements.ts'
import { Frontier, rangeRoot } from '../proof/merkle.ts'
import { holdEqual } from './check-seals.ts'
import type { LedgerFacts } from './check-seals.ts'
import type { StateFacts } from './check-states.ts'
import type { CertificateMaterial, DisclosedLeaf, StreamHistory } from './material.ts'
import { hold } from './step.ts'

export interface ShownReading {
  leaf: Leaf
  from: DisclosedLeaf
}

export interface StreamFacts {
  stream: StreamId
  state: StreamState
  intervals: StreamInterval[]
  /** Readings between the two seals, in sequence order. */
  readings: ShownReading[]
  withheld: number
  /** Signed gaps of this stream in the enclosed batches. */
  gaps: Gap[]
  /** Up to this source time nothing can be missing; Infinity for a closed stream, null where nothing is known. */
  completeUntilUs: number | null
}

/** Throws StepStop, WireError or ProofError. */
export function checkHistories(material: CertificateMaterial, ledger: LedgerFacts, states: StateFacts): StreamFacts[] {
  const { fromUs, toUs } = material.period
  hold(fromUs <= toUs, `the period ends (${toUs}) before it begins (${fromUs})`)
  const enclosed = new Map(material.streams.map((stream) => [stream.stream, stream]))
  for (const [id, state] of states.streams) {
    hold(enclosed.has(id), `the stream ${state.label} (${id}) of this asset is omitted`)
  }
  hold(enclosed.size === material.streams.length, 'a stream is enclosed twice')
  const gaps = enclosedGaps(material, ledger)
  // In the order of their ids, whatever the file's order: a verdict must not depend on how an issuer lists streams.
  const ordered = [...material.streams].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  return ordered.map((history) => {
    const state = states.streams.get(history.stream)
    hold(state !== undefined, `the stream ${history.stream} is not bound to this asset`)
    const intervals = states.asset.streams.filter((interval) => interval.stream === history.stream)
    const own = gaps.filter((gap) => gap.stream === history.stream)
    return checkStream({ material, states, history, state, intervals, gaps: own })
  })
}

function enclosedGaps(material: CertificateMaterial, ledger: LedgerFacts): Gap[] {
  return (material.batches ?? []).flatMap(({ index }) => {
    const { statement } = ledger.placed(index)
    return statement.kind === 'batch' && index < ledger.newer.seal.size ? [...statement.gaps] : []
  })
}

interface StreamCheck {
  material: CertificateMaterial
  states: StateFacts
  history: StreamHistory
  state: StreamState
  intervals: StreamInterval[]
  gaps: Gap[]
}

function checkStream(check: StreamCheck): StreamFacts {
  const { material, states, history, state, intervals, gaps } = check
  const newer = states.histories.get(history.stream) ?? null
  const older = states.older?.find('history', coreKey.history(material.asset, history.stream)) ?? null
  checkRoots(history, older, newer, state.label)
  hold(
    older === null || older.lastTimeUs < material.period.fromUs,
    `${state.label}: the older seal already covers readings of the period, so that the first ones are not enclosed`,
    `before ${material.period.fromUs}`,
    older === null ? undefined : String(older.lastTimeUs),
  )
  const readings: ShownReading[] = []
  let previous: number | null = older?.lastSequence ?? null
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
    if (previous !== null) checkFollows(previous, leaf.sequence, check)
    previous = leaf.sequence
    readings.push({ leaf, from })
  }
  checkLast(history, newer, readings, state.label)
  return {
    stream: history.stream,
    state,
    intervals,
    readings,
    withheld: history.leaves.length - readings.length,
    gaps,
    completeUntilUs: completeUntil(newer, intervals, gaps),
  }
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

/** Sequences between two neighbours must be signed gaps, or lie outside the time at this asset. */
function checkFollows(previous: number, next: number, check: StreamCheck): void {
  const { state, intervals, gaps, material } = check
  hold(next > previous, `${state.label}: sequence ${next} follows ${previous}`)
  if (material.batches === null) return
  let at = previous + 1
  while (at < next) {
    const gap = gaps.find((one) => one.fromSequence <= at && at <= one.toSequence)
    const outside = !intervals.some(
      (one) => one.firstSequence <= at && (one.lastSequence === null || at <= one.lastSequence),
    )
    const later = intervals.filter((one) => one.firstSequence > at).map((one) => one.firstSequence)
    hold(
      gap !== undefined || outside,
      `${state.label}: the reading with sequence ${at} is missing without a signed gap`,
    )
    at = gap === undefined ? Math.min(next, ...later) : gap.toSequence + 1
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

function completeUntil(newer: HistoryState | null, intervals: StreamInterval[], gaps: Gap[]): number | null {
  if (intervals.every((interval) => interval.lastSequence !== null)) return Number.POSITIVE_INFINITY
  let until = newer?.lastTimeUs ?? null
  let sequence = newer?.lastSequence ?? Math.min(...intervals.map((interval) => interval.firstSequence)) - 1
  for (const gap of [...gaps].sort((a, b) => a.fromSequence - b.fromSequence || a.toTimeUs - b.toTimeUs)) {
    if (gap.fromSequence !== sequence + 1) continue
    until = Math.max(until ?? Number.NEGATIVE_INFINITY, gap.toTimeUs)
    sequence = Math.max(sequence, gap.toSequence)
  }
  return until
}

/** Streams that may still deliver readings of the period, each with how far it is known. */
export function openStreams(streams: StreamFacts[], toUs: number): StreamFacts[] {
  return streams.filter((stream) => stream.completeUntilUs === null || stream.completeUntilUs < toUs)
}
