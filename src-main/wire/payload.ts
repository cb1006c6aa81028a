/**
 * The columnar payload: the readings of one batch by stream, before compression. docs/FORMATS.md, "Payload", has the
 * layout. The encoder is in the native addon; this decoder is for verifiers, and refuses exactly what that one refuses.
 */
import { copyBytes, fromUtf8 } from './bytes.ts'
import { streamIdOf } from './ids.ts'
import type { StreamId } from './ids.ts'
import { BATCH_SECRET_BYTES, ID_BYTES, INT64_MAX, MAX_PAYLOAD_BYTES, UINT32_MAX } from './limits.ts'
import type { Reading, Value } from './reading.ts'
import { VALUE_KIND } from './rows.ts'
import { VarintReader } from './varint.ts'

const MAGIC = 'PLP1'
const MAX_DECIMAL_EXPONENT = 9
const NULL_VALUE: Value = { kind: 'null' }

/** Consecutive readings of one stream inside a batch. In CBOR: [stream, firstSequence, count]. */
export interface BatchRun {
  readonly stream: StreamId
  readonly firstSequence: number
  readonly count: number
}

export interface Payload {
  /** The batch secret from which the leaves' salts are expanded. */
  readonly secret: Uint8Array
  readonly count: number
  /** One a stream, ascending by id; `firstSequence` and `count` as in the batch header. */
  readonly runs: readonly BatchRun[]
  /** In payload order, which is the order of the leaves. */
  readings(): IterableIterator<Reading>
}

type Draft = { -readonly [K in keyof Reading]: Reading[K] }

/** Reads an uncompressed payload. Throws WireError `malformed_payload` with the place. */
export function decodePayload(bytes: Uint8Array, limits: { readonly maxReadings: number }): Payload {
  const reader = new VarintReader(bytes)
  if (bytes.length > MAX_PAYLOAD_BYTES) reader.fail(`has ${bytes.length} bytes; at most ${MAX_PAYLOAD_BYTES} are read`)
  for (let i = 0; i < MAGIC.length; i++) {
    if (reader.byte() !== MAGIC.charCodeAt(i)) reader.fail(`does not begin with ${MAGIC}`)
  }
  const secret = copyBytes(reader.take(BATCH_SECRET_BYTES))
  const count = reader.count(Math.min(limits.maxReadings, reader.remaining), 'count of readings')
  const runCount = reader.count(count, 'count of streams')
  const readings: Draft[] = []
  const runs: BatchRun[] = []
  for (let i = 0; i < runCount; i++) {
    const stream = readStream(reader, runs.at(-1)?.stream)
    const run = readRun(reader, stream, count - readings.length)
    runs.push({ stream, firstSequence: run[0]!.sequence, count: run.length })
    for (const reading of run) readings.push(reading)
  }
  if (readings.length !== count) reader.fail(`says ${count} readings and holds ${readings.length}`)
  if (reader.remaining > 0) reader.fail(`goes on for ${reader.remaining} bytes after its last stream`)
  return { secret, count, runs, readings: () => readings.values() }
}

function readStream(reader: VarintReader, previous: StreamId | undefined): StreamId {
  const stream = streamIdOf(reader.take(ID_BYTES))
  // Lower-case hex sorts like the bytes it stands for.
  if (previous !== undefined && previous >= stream) reader.fail('lists its streams out of order')
  return stream
}

function readRun(reader: VarintReader, stream: StreamId, most: number): Draft[] {
  const count = reader.count(most, 'count of a stream')
  if (count === 0) reader.fail('holds a stream without readings')
  const run: Draft[] = []
  for (let i = 0; i < count; i++) {
    run.push({ stream, sequence: 0, sourceTimeUs: 0, value: NULL_VALUE, quality: 0, flags: 0 })
  }
  readSequences(reader, run)
  readTimes(reader, run)
  forEachLength(reader, count, 'qualities', (from, to) => {
    const code = reader.count(UINT32_MAX, 'quality')
    for (let i = from; i < to; i++) run[i]!.quality = code
  })
  forEachLength(reader, count, 'flags', (from, to) => {
    const bits = reader.count(UINT32_MAX, 'flags')
    for (let i = from; i < to; i++) run[i]!.flags = bits
  })
  forEachLength(reader, count, 'values', (from, to) => {
    const next = valueReader(reader)
    for (let i = from; i < to; i++) run[i]!.value = next()
  })
  readEvidence(reader, run)
  return run
}

function readSequences(reader: VarintReader, run: Draft[]): void {
  let sequence = reader.count(Number.MAX_SAFE_INTEGER, 'first sequence')
  const mode = reader.byte()
  if (mode > 1) reader.fail(`has the unknown sequence mode ${mode}`)
  run[0]!.sequence = sequence
  for (let i = 1; i < run.length; i++) {
    sequence += 1 + (mode === 0 ? 0 : reader.count(Number.MAX_SAFE_INTEGER, 'sequence step'))
    if (sequence > Number.MAX_SAFE_INTEGER) reader.fail('holds a sequence above 2^53 - 1')
    run[i]!.sequence = sequence
  }
}

function readTimes(reader: VarintReader, run: Draft[]): void {
  let time = 0n
  let delta = 0n
  for (let i = 0; i < run.length; i++) {
    const number = reader.zigzag()
    if (i === 0) {
      time = number
    } else {
      delta = BigInt.asIntN(64, delta + number)
      time = BigInt.asIntN(64, time + delta)
    }
    const timeUs = Number(time)
    if (!Number.isSafeInteger(timeUs)) reader.fail('holds a source time beyond 2^53 - 1 microseconds')
    run[i]!.sourceTimeUs = timeUs
  }
}

/** Run lengths that must add up to `count`; `read` reads what belongs to rows [from, to). */
function forEachLength(
  reader: VarintReader,
  count: number,
  what: string,
  read: (from: number, to: number) => void,
): void {
  const pairs = reader.count(count, `number of runs of ${what}`)
  let at = 0
  for (let i = 0; i < pairs; i++) {
    const length = reader.count(count - at, `run of ${what}`)
    if (length === 0) reader.fail(`holds an empty run of ${what}`)
    read(at, at + length)
    at += length
  }
  if (at !== count) reader.fail(`has ${what} for ${at} of ${count} readings`)
}

/** Reads the kind, then gives what reads each value of that run. */
function valueReader(reader: VarintReader): () => Value {
  const kind = reader.byte()
  switch (kind) {
    case VALUE_KIND.null:
      return () => NULL_VALUE
    case VALUE_KIND.boolean:
      return () => ({ kind: 'boolean', value: readBoolean(reader) })
    case VALUE_KIND.integer:
    case VALUE_KIND.big:
      return integerReader(reader, kind === VALUE_KIND.big)
    case VALUE_KIND.float:
      return floatReader(reader)
    case VALUE_KIND.text:
      return () => ({ kind: 'text', value: readText(reader) })
    case VALUE_KIND.bytes:
      return () => ({ kind: 'bytes', value: copyBytes(readString(reader)) })
    default:
      return reader.fail(`has the unknown kind of value ${kind}`)
  }
}

function readBoolean(reader: VarintReader): boolean {
  const byte = reader.byte()
  if (byte > 1) reader.fail(`has a boolean of ${byte}`)
  return byte === 1
}

function integerReader(reader: VarintReader, isBig: boolean): () => Value {
  let pattern = 0n
  return () => {
    pattern = BigInt.asIntN(64, pattern + reader.zigzag())
    if (!isBig) return { kind: 'integer', value: pattern }
    const value = BigInt.asUintN(64, pattern)
    if (value <= INT64_MAX) reader.fail('holds as big what fits a signed integer')
    return { kind: 'integer', value }
  }
}

function floatReader(reader: VarintReader): () => Value {
  const mode = reader.byte()
  if (mode === 0) return () => ({ kind: 'float', value: reader.float64() })
  if (mode !== 1) return reader.fail(`has the unknown float mode ${mode}`)
  const exponent = reader.byte()
  if (exponent > MAX_DECIMAL_EXPONENT) reader.fail(`has the decimal exponent ${exponent}`)
  const divisor = 10 ** exponent
  let scaled = 0n
  return () => {
    scaled = BigInt.asIntN(64, scaled + reader.zigzag())
    const whole = Number(scaled)
    if (!Number.isSafeInteger(whole)) reader.fail('holds a decimal beyond 2^53 - 1')
    // One correctly rounded division gives back the very double that was scaled.
    return { kind: 'float', value: whole / divisor }
  }
}

function readString(reader: VarintReader): Uint8Array {
  return reader.take(reader.count(reader.remaining, 'length of a string'))
}

function readText(reader: VarintReader): string {
  const bytes = readString(reader)
  try {
    return fromUtf8(bytes)
  } catch {
    return reader.fail('holds a text that is not UTF-8')
  }
}

function readEvidence(reader: VarintReader, run: Draft[]): void {
  const mode = reader.byte()
  if (mode === 0) return
  if (mode !== 1) reader.fail(`has the unknown evidence mode ${mode}`)
  for (const reading of run) {
    const length = reader.count(reader.remaining, 'length of evidence')
    if (length > 0) reading.evidence = copyBytes(reader.take(length - 1))
  }
}
