/** One export from its request to its last byte, piece by piece, as of the newest checkpoint when it began. */
import type { ReadStretch } from '../../ledger/read-asset-events.ts'
import type { LedgerReader, Span, StoredCheckpoint } from '../../ledger/reader.ts'
import { rangeRows } from '../../ledger/read-range.ts'
import type { Range, RangeBatch, RangeRow, SequenceSpan } from '../../ledger/read-range.ts'
import { LedgerError } from '../../ledger/errors.ts'
import { toHex } from '../../wire/bytes.ts'
import type { StreamState } from '../../record/core-state.ts'
import type { StateValues } from '../../record/state-view.ts'
import { parseEntry } from '../../wire/entry.ts'
import { decodeSeal } from '../../record/statements.ts'
import { parseStreamId } from '../../wire/ids.ts'
import type { StreamId } from '../../wire/ids.ts'
import { nearest } from '../../wire/near-match.ts'
import { GatewayError } from '../error.ts'
import { CsvWriter } from './csv-writer.ts'
import { COLUMNS } from './export-columns.ts'
import type {
  ExportContext,
  ExportCounts,
  ExportHead,
  ExportRequest,
  ExportRow,
  ExportWriter,
  ExportedPoint,
} from './export-model.ts'
import { JsonlWriter } from './jsonl-writer.ts'
import { ParquetWriter } from './parquet-writer.ts'
import { rfc3339 } from './rfc3339.ts'

const PIECE_BYTES = 262_144
/** That a refusal names. */
const ASSETS_SAID_MAX = 10
/** All of source time; what a span is when nobody asked for one. */
export const ALL_TIME: Span = { fromUs: Number.MIN_SAFE_INTEGER, toUs: Number.MAX_SAFE_INTEGER }

const SAYS = [
  'Rows of a ledger as one gateway read them. Each reading was compared with the batch that its gateway signed when it was written here.',
  'This file is not signed, and anybody can change it: prove a row with its entry and position before you rely on it. A certificate is signed.',
  'Unchanged is not true: a signature does not make a sensor honest.',
] as const

export interface ExportPlan {
  head: ExportHead
  /** As of the tree that is read. */
  state: StateValues
  range: Range
  points: ReadonlyMap<StreamId, ExportedPoint>
  gateways: ReadonlyMap<string, string>
}

/**
 * What an export covers and says of itself. Throws GatewayError `unknown_stream`, `unknown_asset` or `no_checkpoint`.
 *
 * @param checkpoint at which it is read
 */
export function planExport(
  reader: LedgerReader,
  request: ExportRequest,
  context: ExportContext,
  checkpoint: StoredCheckpoint | null = reader.checkpoint(),
): ExportPlan {
  if (checkpoint === null)
    throw new GatewayError(
      'no_checkpoint',
      'there is no checkpoint yet to read an export at',
      'The first one comes with the first seal, about a second after the first reading.',
    )
  const { size } = checkpoint
  const state = stateOf(reader, size)
  const gateways = new Map([...state.of('member')].map(([actor, { name }]) => [actor as string, name]))
  const streams = wanted(reader, size, state, request)
  const points = new Map(
    [...streams.keys()].map((stream) => [stream, pointOf(stream, state.get('stream', stream), gateways)]),
  )
  const entries = { from: request.entries.from, to: Math.min(request.entries.to, size - 1) }
  const channel = state.get('channel', '')
  if (channel === undefined) throw new LedgerError('database_damaged', 'the state names no channel')
  const isAllTime = (timeUs: number): boolean => Math.abs(timeUs) === Number.MAX_SAFE_INTEGER
  const time = (timeUs: number): string | null => (isAllTime(timeUs) ? null : rfc3339(timeUs))
  const head: ExportHead = {
    plumbline: 'export',
    version: 1,
    says: SAYS,
    format: request.format,
    csv: request.format === 'csv' ? request.csv : null,
    channel: {
      id: reader.channel,
      name: channel.name,
      site: channel.site,
      simulated: channel.simulated,
      origin: reader.origin,
    },
    gateway: { name: context.gateway, actor: context.actor, software: context.version },
    checkpoint: { size, root: toHex(checkpoint.root), note: checkpoint.text },
    made: { at: rfc3339(context.atUs), by: context.madeBy, zone: context.zone },
    range: {
      streams: request.streams === null ? 'all' : [...streams.keys()],
      asset: request.asset,
      fromTime: time(request.span.fromUs),
      toTime: time(request.span.toUs),
      fromEntry: entries.from,
      toEntry: entries.to,
    },
    barred: barredWithin(context, entries),
    columns: COLUMNS,
    points: [...points.values()],
  }
  const isEvery = head.range.streams === 'all' && head.range.asset === null
  const { span } = request
  const range = { size, streams, isEvery, span, entries, barred: context.barred }
  return { head, state, range, points, gateways }
}

/** Entries of the range that were found changed; null where there are none. */
function barredWithin({ barred }: ExportContext, entries: { from: number; to: number }): ExportHead['barred'] {
  if (barred === null || barred.to < entries.from || barred.from > entries.to) return null
  return { fromEntry: Math.max(barred.from, entries.from), toEntry: Math.min(barred.to, entries.to) }
}

/**
 * The bytes of an export, a piece as soon as there is one; `onRows` is told what is in them so far.
 *
 * @param batches of the plan's range
 */
export function* exportPieces(
  { head, range, points, gateways }: ExportPlan,
  batches: Iterable<RangeBatch>,
  writer: ExportWriter,
  onRows: (counts: Readonly<ExportCounts>) => void = () => {},
): Generator<Uint8Array<ArrayBuffer>, ExportCounts> {
  const counts: ExportCounts = {
    rows: 0,
    readings: 0,
    gaps: 0,
    barred: { batches: 0, readings: 0 },
    unreadable: { batches: 0, readings: 0 },
    firstEntry: null,
    lastEntry: null,
  }
  writer.begin(head)
  for (const one of rangeRows(range, batches)) {
    const row = named(one, points, gateways)
    tally(counts, row)
    writer.row(row)
    const piece = writer.take(PIECE_BYTES)
    if (piece === null) continue
    onRows(counts)
    yield piece
  }
  writer.end(head, counts)
  onRows(counts)
  for (let piece = writer.take(0); piece !== null; piece = writer.take(0)) yield piece
  return counts
}

export function writerOf({ format, csv }: ExportRequest, { atUs }: ExportContext): ExportWriter {
  if (format === 'csv') return new CsvWriter(csv, atUs)
  return format === 'jsonl' ? new JsonlWriter() : new ParquetWriter()
}

function named(row: RangeRow, points: ExportPlan['points'], gateways: ExportPlan['gateways']): ExportRow {
  const { entry, actor, closedAtUs, sealedAtUs } = row
  const at = { entry, gateway: gateways.get(actor) ?? actor, closedAtUs, sealedAtUs }
  const pointAt = (stream: StreamId): ExportedPoint => points.get(stream) as ExportedPoint
  if (row.kind === 'reading')
    return {
      ...at,
      kind: 'reading',
      point: pointAt(row.reading.stream),
      position: row.position,
      reading: row.reading,
    }
  if (row.kind === 'gap') return { ...at, kind: 'gap', point: pointAt(row.gap.stream), gap: row.gap }
  const reason = row.kind === 'barred' ? 'its content was found changed; its readings are barred from exports' : row.why
  return { ...at, kind: row.kind, point: null, readings: row.readings, reason }
}

function tally(counts: ExportCounts, row: ExportRow): void {
  counts.rows += 1
  counts.firstEntry ??= row.entry
  counts.lastEntry = row.entry
  if (row.kind === 'reading') counts.readings += 1
  else if (row.kind === 'gap') counts.gaps += 1
  else {
    counts[row.kind].batches += 1
    counts[row.kind].readings += row.readings
  }
}

/**
 * As of the tree that is read: a stream that was opened anew since, or an asset that has got another one, must not make an older export
 * look changed. A checkpoint ends with a seal, which says its height.
 */
function stateOf(reader: LedgerReader, size: number): StateValues {
  const [bytes = new Uint8Array()] = reader.entries.bytes(size - 1, size)
  const { contentType, payload } = parseEntry(bytes)
  if (contentType !== 'seal')
    throw new LedgerError('not_sealed_yet', `entry ${size - 1} is no seal, as ends a checkpoint`)
  return reader.state.at(decodeSeal(payload).height)
}

function wanted(
  reader: LedgerReader,
  size: number,
  state: StateValues,
  { streams, asset }: ExportRequest,
): Map<StreamId, SequenceSpan[] | null> {
  if (asset !== null && state.get('asset', asset) === undefined)
    throw new GatewayError(
      'unknown_asset',
      `there is no asset ${asset}`,
      otherAssets(asset, [...state.of('asset').keys()]),
    )
  const bound = asset === null ? null : spansOf(reader.assetEvents.stretches(asset, size))
  if (streams === null) {
    const opened = [...state.of('stream').values()].toSorted((a, b) => a.openedAt - b.openedAt)
    return bound ?? new Map(opened.map(({ stream }) => [stream, null]))
  }
  const found = new Map<StreamId, SequenceSpan[] | null>()
  for (const id of streams) {
    const stream = parseStreamId(id)
    const spans = bound === null ? (state.get('stream', stream) === undefined ? undefined : null) : bound.get(stream)
    if (spans === undefined)
      throw new GatewayError(
        'unknown_stream',
        asset === null ? `there is no stream ${id}` : `asset ${asset} has no stream ${id}`,
        'The ids of streams stand in an export and in the console: Ctrl+K, then Trends.',
      )
    found.set(stream, spans)
  }
  return found
}

/** Streams of an asset with the sequences that belong to it. */
export function spansOf(stretches: readonly ReadStretch[]): Map<StreamId, SequenceSpan[]> {
  const bound = new Map<StreamId, SequenceSpan[]>()
  for (const { stream, firstSequence, lastSequence } of stretches) {
    const spans = bound.get(stream) ?? []
    spans.push([firstSequence, lastSequence ?? Number.MAX_SAFE_INTEGER])
    bound.set(stream, spans)
  }
  return bound
}

function otherAssets(asset: string, ids: readonly string[]): string {
  if (ids.length === 0) return 'No asset is registered yet: plumbline asset register.'
  const more = ids.length > ASSETS_SAID_MAX ? ` and ${ids.length - ASSETS_SAID_MAX} more: plumbline asset list` : ''
  return `${nearest(asset, ids)} There are: ${ids.slice(0, ASSETS_SAID_MAX).join(', ')}${more}.`.trimStart()
}

/** What an export says of a stream. Throws GatewayError `unknown_stream`. */
export function pointOf(
  stream: StreamId,
  state: StreamState | undefined,
  gateways: ReadonlyMap<string, string>,
): ExportedPoint {
  if (state === undefined)
    throw new GatewayError(
      'unknown_stream',
      `there is no stream ${stream}`,
      'The ids of streams stand in an export and in the console: Ctrl+K, then Trends.',
    )
  const { actor, source, tag, label, unit, quantity, kind, trust, simulated } = state
  const gateway = gateways.get(actor) ?? actor
  return { stream, gateway, source, point: tag, label, unit, quantity, kind, trust, simulated }
}
