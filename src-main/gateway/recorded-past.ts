/** Takes a recorded past over into an empty stream: readings that were taken before this gateway was there. */
import { existsSync, readFileSync } from 'node:fs'
import type { SourceConfig } from '../acquisition/config.ts'
import type { StreamAssignment } from '../acquisition/stream-recorder.ts'
import { FLAG } from '../wire/quality.ts'
import { ROW_BYTES, RowWriter, type Rows } from '../wire/rows.ts'
import type { StreamId } from '../wire/ids.ts'
import type { Value } from '../wire/reading.ts'
import type { GatewayConfig } from './config.ts'
import { GatewayError } from './error.ts'

const LINES_MAX = 1_000_000
const GOOD = 0

export interface RecordedPast {
  rows: Rows
  count: number
  lastTimeUs: number
}

/**
 * Reads a CSV file with the header `time,value`: microseconds since 1970 (UTC), then the value as the stream's kind writes it.
 *
 * @throws GatewayError `config_invalid`, naming the first line that is wrong; nothing is taken over then
 */
export function readPast(file: string, stream: StreamId, kind: string, simulated: boolean): RecordedPast {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw wrong(`cannot read the recorded past ${file}: ${(cause as Error).message}`, cause)
  }
  const lines = text.trimEnd().split('\n')
  if (lines[0]?.trim() !== 'time,value') throw wrong(`${file}:1: expected the header "time,value"`)
  if (lines.length > LINES_MAX) throw wrong(`${file} has more than ${LINES_MAX} lines`)
  const writer = new RowWriter([stream])
  let last = Number.NEGATIVE_INFINITY
  for (const [i, line] of lines.slice(1).entries()) {
    const [time = '', value = ''] = line.trim().split(',')
    const timeUs = Number(time)
    if (!Number.isSafeInteger(timeUs) || time === '')
      throw wrong(`${file}:${i + 2}: "${time}" is no time in microseconds`)
    if (timeUs < last) throw wrong(`${file}:${i + 2}: this time lies before the one in the line above`)
    last = timeUs
    writer.push(0, i, timeUs, valueOf(value, kind, `${file}:${i + 2}`), GOOD, simulated ? FLAG.simulated : 0)
  }
  const count = writer.count
  return { rows: writer.take(), count, lastTimeUs: last }
}

/**
 * What of a recorded past a stream still lacks: all of it while the stream is empty; the rest where a start ended amid it,
 * which shows by the stream's newest reading being the one before. Null where there is nothing to take over.
 */
export function restOfPast(
  { rows, count }: RecordedPast,
  stream: { nextSequence: number; lastTimeUs?: number },
): Rows | null {
  const { nextSequence: next, lastTimeUs } = stream
  if (next === 0) return rows
  if (next >= count) return null
  const view = new DataView(rows.rows.buffer, rows.rows.byteOffset, rows.rows.byteLength)
  if (Number(view.getBigInt64((next - 1) * ROW_BYTES + 16, true)) !== lastTimeUs) return null
  return { ...rows, rows: rows.rows.subarray(next * ROW_BYTES) }
}

function valueOf(text: string, kind: string, place: string): Value {
  if (kind === 'text') return { kind, value: text }
  if (kind === 'integer' && /^-?\d{1,20}$/.test(text)) return { kind, value: BigInt(text) }
  const number = Number(text)
  if (kind === 'float' && text !== '' && Number.isFinite(number)) return { kind, value: number }
  throw wrong(`${place}: "${text}" is no ${kind}`)
}

function wrong(message: string, cause?: unknown): GatewayError {
  return new GatewayError(
    'config_invalid',
    message,
    'Correct the file or remove it from "imports", then start again.',
    cause,
  )
}

/** Hands a configured past on; goes on where an earlier start ended amid it. Moves `assignment` to its end. */
export function takePast(
  sources: readonly SourceConfig[],
  past: GatewayConfig['imports'][number],
  assignment: StreamAssignment,
  send: (rows: Rows) => void,
): void {
  // Once it is recorded, nobody has to keep the file.
  if (assignment.nextSequence > 0 && !existsSync(past.file)) return
  const source = sources.find((candidate) => candidate.id === past.source)
  const tag = source?.tags.find((candidate) => candidate.id === past.tag)
  const simulated = tag?.simulated ?? source?.simulated ?? false
  const recorded = readPast(past.file, assignment.stream, tag?.kind ?? 'float', simulated)
  const rest = restOfPast(recorded, assignment)
  if (rest === null) return
  send(rest)
  assignment.nextSequence = recorded.count
  assignment.lastTimeUs = recorded.lastTimeUs
}
