/** Takes a recorded past over into an empty stream: readings that were taken before this gateway was there. */
import { existsSync, readFileSync } from 'node:fs'
import type { SourceConfig } from '../../acquisition/config.ts'
import type { StreamAssignment } from '../../acquisition/stream-recorder.ts'
import { FLAG } from '../../wire/quality.ts'
import { ROW_BYTES, RowWriter, UNNUMBERED, type Rows } from '../../wire/rows.ts'
import type { StreamId } from '../../wire/ids.ts'
import type { Value } from '../../wire/reading.ts'
import type { GatewayConfig } from '../folder/config.ts'
import { GatewayError } from '../error.ts'

const LINES_MAX = 1_000_000
const GOOD = 0

/**
 * Reads a CSV file with the header `time,value`: microseconds since 1970 (UTC), then the value as the stream's kind writes it.
 *
 * @throws GatewayError `config_invalid`, naming the first line that is wrong; nothing is taken over then
 */
export function readPast(file: string, stream: StreamId, kind: string, simulated: boolean): Rows {
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
    writer.push(0, UNNUMBERED, timeUs, valueOf(value, kind, `${file}:${i + 2}`), GOOD, simulated ? FLAG.simulated : 0)
  }
  return writer.take()
}

/**
 * Number of rows of a recorded past that a stream has already: none while it is empty; those up to the stream's newest reading
 * where a start ended amid it, which shows by that one being the reading before; else all, for there is nothing to take over.
 */
export function restOfPast({ rows }: Rows, stream: { next: number; lastTimeUs: number | null }): number {
  const { next, lastTimeUs } = stream
  const count = rows.length / ROW_BYTES
  if (next === 0 || next >= count) return Math.min(next, count)
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  return Number(view.getBigInt64((next - 1) * ROW_BYTES + 16, true)) === lastTimeUs ? next : count
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

/** Hands a configured past on; what of it is recorded already is found when it is numbered. */
export function takePast(
  sources: readonly SourceConfig[],
  past: GatewayConfig['imports'][number],
  { stream, isRecorded }: StreamAssignment,
  send: (rows: Rows) => void,
): void {
  // Once it is recorded, nobody has to keep the file.
  if (isRecorded && !existsSync(past.file)) return
  const source = sources.find((candidate) => candidate.id === past.source)
  const tag = source?.tags.find((candidate) => candidate.id === past.tag)
  const simulated = tag?.simulated ?? source?.simulated ?? false
  send(readPast(past.file, stream, tag?.kind ?? 'float', simulated))
}
