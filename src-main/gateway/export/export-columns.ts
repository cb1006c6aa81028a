/** The columns of an export, the same in each format, and how a value is written in them. */
import { toHex } from '../../wire/bytes.ts'
import { flagNames, statusName } from '../../wire/quality.ts'
import type { Value } from '../../wire/reading.ts'

/** In their order. Said in the head of every export, so that a file explains itself. */
export const COLUMNS = {
  kind: 'reading; gap: nothing was recorded from source_time to to_time, signed by the gateway; barred: a batch found changed, whose readings are not given; unreadable: a batch that cannot be read',
  gateway: 'gateway that signed the batch',
  source: 'source as its configuration names it',
  point: 'point (tag) of that source',
  label: 'name of the point for people',
  unit: 'unit of the value, as registered on the ledger',
  value:
    'the value, exactly: the shortest decimal that reads back as the same 64-bit float, all digits of an integer, text as it is, bytes in hex; NaN, Infinity, -Infinity; empty where a value is missing',
  value_kind: 'null, boolean, integer, float, text or bytes',
  quality: 'OPC UA status code as a number (32 bits)',
  quality_name: 'its name',
  flags: 'plausibility flags as a number, one bit each',
  flag_names: 'their names, with a blank between them',
  source_time: 'time of the reading by the clock of its source, RFC 3339, UTC, microseconds; of a gap: its begin',
  gateway_time: 'when the gateway closed the batch, by its own clock',
  ledger_time: 'when the block was sealed',
  stream: 'stream id, 16 bytes in hex',
  sequence: 'sequence number of the reading in its stream; of a gap: the first that is missing',
  entry: 'log index of the batch: GET /api/ledger/entries/{entry}/proof gives its proof',
  position: 'leaf position of the reading in the batch, from 0: POST /api/ledger/verify {entry, position}',
  to_sequence: 'of a gap: the last sequence that is missing; less than sequence where none was given out',
  to_time: 'of a gap: its end',
  readings: 'of a barred or unreadable batch: how many readings of the range it holds',
  reason: 'of a gap, a barred or an unreadable batch: why',
} as const
export type Column = keyof typeof COLUMNS
export const columnNames = Object.keys(COLUMNS) as Column[]

/** Exact: what is written reads back as the same value of its kind. */
export function exactText(value: Value): string {
  switch (value.kind) {
    case 'null':
      return ''
    case 'float':
      return floatDigits(value.value)
    case 'bytes':
      return toHex(value.value)
    default:
      return String(value.value)
  }
}

/** ECMAScript's shortest form reads back as the same double; only the sign of zero needs help. */
export function floatDigits(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

const qualities = new Map<number, string>()
const flagTexts = new Map<number, string>()

/** A plant has few codes and many readings. */
function remembered(known: Map<number, string>, code: number, word: (code: number) => string): string {
  let text = known.get(code)
  if (text === undefined) {
    text = word(code)
    if (known.size > 4096) known.clear()
    known.set(code, text)
  }
  return text
}

export const qualityName = (code: number): string => remembered(qualities, code, statusName)
export const flagWords = (flags: number): string => remembered(flagTexts, flags, (bits) => flagNames(bits).join(' '))
