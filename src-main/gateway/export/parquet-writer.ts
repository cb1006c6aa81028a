/**
 * Parquet in row groups, so that a group is all that is held. Integers and times are INT64, floats DOUBLE: exact. The whole head stands in
 * the file's key-value metadata under `plumbline`.
 */
import { ByteWriter, ParquetWriter as Writer } from 'hyparquet-writer'
import type { KeyValue, SchemaElement } from 'hyparquet-writer'
import { INT64_MAX } from '../../wire/limits.ts'
import { exactText, flagWords, qualityName, type Column } from './export-columns.ts'
import type { ExportCounts, ExportHead, ExportRow, ExportWriter } from './export-model.ts'

const ROWS_A_GROUP = 16_384

type Kind = 'text' | 'int64' | 'double' | 'time'
/** As the columns of the other formats, and the value once more as a number where it is one. */
const SHAPE: Record<Column | 'value_double' | 'value_int64', { kind: Kind; optional: boolean }> = {
  kind: { kind: 'text', optional: false },
  gateway: { kind: 'text', optional: false },
  source: { kind: 'text', optional: true },
  point: { kind: 'text', optional: true },
  label: { kind: 'text', optional: true },
  unit: { kind: 'text', optional: true },
  value: { kind: 'text', optional: true },
  value_kind: { kind: 'text', optional: true },
  value_double: { kind: 'double', optional: true },
  value_int64: { kind: 'int64', optional: true },
  quality: { kind: 'int64', optional: true },
  quality_name: { kind: 'text', optional: true },
  flags: { kind: 'int64', optional: true },
  flag_names: { kind: 'text', optional: true },
  source_time: { kind: 'time', optional: true },
  gateway_time: { kind: 'time', optional: false },
  ledger_time: { kind: 'time', optional: false },
  stream: { kind: 'text', optional: true },
  sequence: { kind: 'int64', optional: true },
  entry: { kind: 'int64', optional: false },
  position: { kind: 'int64', optional: true },
  to_sequence: { kind: 'int64', optional: true },
  to_time: { kind: 'time', optional: true },
  readings: { kind: 'int64', optional: true },
  reason: { kind: 'text', optional: true },
}
type Name = keyof typeof SHAPE
type Cell = string | number | bigint | null
const names = Object.keys(SHAPE) as Name[]
const PARQUET_TYPES = { text: 'BYTE_ARRAY', int64: 'INT64', double: 'DOUBLE', time: 'INT64' } as const

export class ParquetWriter implements ExportWriter {
  readonly #bytes = new Draining()
  readonly #metadata: KeyValue[] = []
  readonly #writer: Writer
  #columns: Map<Name, Cell[]> = emptyColumns()
  #rows = 0

  constructor() {
    const root: SchemaElement = { name: 'export', num_children: names.length }
    this.#writer = new Writer({
      writer: this.#bytes,
      schema: [root, ...names.map(elementOf)],
      kvMetadata: this.#metadata,
      createdBy: 'plumbline',
    })
  }

  begin(): void {}

  row(row: ExportRow): void {
    const cells = cellsOf(row)
    for (const name of names) this.#columns.get(name)?.push(cells[name] ?? null)
    this.#rows += 1
    if (this.#rows === ROWS_A_GROUP) this.#group()
  }

  end(head: ExportHead, counts: ExportCounts): void {
    if (this.#rows > 0) this.#group()
    this.#metadata.push({ key: 'plumbline', value: JSON.stringify({ ...head, counts }) })
    // Nothing here is written elsewhere, so nothing is waited for.
    void this.#writer.finish()
  }

  take(least: number): Uint8Array<ArrayBuffer> | null {
    return this.#bytes.drain(least)
  }

  #group(): void {
    const columnData = names.map((name) => ({ name, data: this.#columns.get(name) ?? [] }))
    void this.#writer.write({ columnData, rowGroupSize: ROWS_A_GROUP })
    this.#columns = emptyColumns()
    this.#rows = 0
  }
}

/** A buffer that is emptied while the writer counts on. */
class Draining extends ByteWriter {
  drain(least: number): Uint8Array<ArrayBuffer> | null {
    if (this.index === 0 || this.index < least) return null
    const taken = this.getBytes().slice()
    this.index = 0
    return taken
  }
}

function emptyColumns(): Map<Name, Cell[]> {
  return new Map(names.map((name) => [name, []]))
}

function elementOf(name: Name): SchemaElement {
  const { kind, optional } = SHAPE[name]
  return {
    name,
    type: PARQUET_TYPES[kind],
    repetition_type: optional ? 'OPTIONAL' : 'REQUIRED',
    ...(kind === 'text' ? { converted_type: 'UTF8' as const } : {}),
    ...(kind === 'time' ? { converted_type: 'TIMESTAMP_MICROS' as const } : {}),
  }
}

function cellsOf(row: ExportRow): Partial<Record<Name, Cell>> {
  const { point, kind, gateway } = row
  const common = {
    kind,
    gateway,
    source: point?.source ?? null,
    point: point?.point ?? null,
    label: point?.label ?? null,
    unit: point?.unit ?? null,
    gateway_time: BigInt(row.closedAtUs),
    ledger_time: BigInt(row.sealedAtUs),
    entry: BigInt(row.entry),
  }
  if (row.kind === 'reading') {
    const { stream, sequence, value, quality, flags, sourceTimeUs } = row.reading
    return {
      ...common,
      value: value.kind === 'null' ? null : exactText(value),
      value_kind: value.kind,
      value_double: value.kind === 'float' ? value.value : null,
      value_int64: value.kind === 'integer' && value.value <= INT64_MAX ? value.value : null,
      quality: BigInt(quality),
      quality_name: qualityName(quality),
      flags: BigInt(flags),
      flag_names: flagWords(flags),
      source_time: BigInt(sourceTimeUs),
      stream,
      sequence: BigInt(sequence),
      position: BigInt(row.position),
    }
  }
  if (row.kind === 'gap') {
    const { stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason } = row.gap
    return {
      ...common,
      source_time: BigInt(fromTimeUs),
      stream,
      sequence: BigInt(fromSequence),
      to_sequence: BigInt(toSequence),
      to_time: BigInt(toTimeUs),
      reason,
    }
  }
  return { ...common, readings: BigInt(row.readings), reason: row.reason }
}
