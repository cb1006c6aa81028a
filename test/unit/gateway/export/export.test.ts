import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { expect, onTestFinished, test } from 'vitest'
import { CsvLines, harmless } from '../../../../src-main/gateway/export/csv-lines.ts'
import { CsvWriter } from '../../../../src-main/gateway/export/csv-writer.ts'
import type {
  ExportContext,
  ExportHead,
  ExportRequest,
  ExportRow,
} from '../../../../src-main/gateway/export/export-model.ts'
import { ALL_TIME, exportPieces, planExport, writerOf } from '../../../../src-main/gateway/export/export-run.ts'
import { fromRfc3339, rfc3339 } from '../../../../src-main/gateway/export/rfc3339.ts'
import { rangeRows } from '../../../../src-main/ledger/read-range.ts'
import { openReader } from '../../../../src-main/ledger/reader.ts'
import type { LedgerReader } from '../../../../src-main/ledger/reader.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import type { Value } from '../../../../src-main/wire/reading.ts'
import { readRow } from '../../../../src-main/wire/rows.ts'
import { TEST_EPOCH_US } from '../../../support/channel.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { commit } from '../../ledger/drive.ts'
import { ASSET, recorded, sealAndCosign } from '../../ledger/recorded.ts'
import type { Recorded } from '../../ledger/recorded.ts'

const CONTEXT: ExportContext = {
  gateway: 'gateway-1',
  actor: '00',
  madeBy: 'Ada',
  atUs: TEST_EPOCH_US,
  zone: 'Europe/Berlin',
  version: '0.1.0',
  barred: null,
}
const EVERYTHING: ExportRequest = {
  format: 'jsonl',
  csv: 'rfc4180',
  streams: null,
  asset: null,
  span: ALL_TIME,
  entries: { from: 0, to: Number.MAX_SAFE_INTEGER },
}

type Row = Record<string, unknown> & { kind: string; entry: number; position: number; stream: string; sequence: number }

function ledgerOf(batches: number): Recorded & { reader: LedgerReader } {
  const record = recorded(temporaryFolder(onTestFinished), batches)
  const reader = openReader(record.file)
  onTestFinished(() => {
    reader.close()
    record.ledger.close()
  })
  return { ...record, reader }
}

function bytesOf(reader: LedgerReader, request: Partial<ExportRequest>, context: Partial<ExportContext> = {}): Buffer {
  const asked = { ...EVERYTHING, ...request }
  const known = { ...CONTEXT, ...context }
  const plan = planExport(reader, asked, known)
  return Buffer.concat([...exportPieces(plan, reader.indexedRange().batches(plan.range), writerOf(asked, known))])
}

function linesOf(reader: LedgerReader, request: Partial<ExportRequest> = {}, context: Partial<ExportContext> = {}) {
  const [head, ...rest] = bytesOf(reader, { ...request, format: 'jsonl' }, context)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  return { head: head as unknown as ExportHead, rows: rest.slice(0, -1), end: rest.at(-1) as Row }
}

test('every reading and gap up to the checkpoint is a row once, in ledger order, across full and unfinished chunks', () => {
  const { reader, free, bound, ledger } = ledgerOf(160)
  expect(ledger.size).toBeGreaterThan(300)
  const { head, rows, end } = linesOf(reader)
  const checkpoint = reader.checkpoint()
  expect(head.checkpoint).toEqual({
    size: checkpoint?.size,
    root: toHex(checkpoint?.root as Uint8Array),
    note: checkpoint?.text,
  })
  const readings = rows.filter(({ kind }) => kind === 'reading')
  expect(readings.length).toBe(ledger.readings)
  expect(rows.filter(({ kind }) => kind === 'gap').length).toBe(16)
  expect(end).toMatchObject({ kind: 'end', rows: rows.length, readings: readings.length, gaps: 16 })
  expect(new Set(readings.map(({ entry, position }) => `${entry} ${position}`)).size).toBe(readings.length)
  expect(rows.map(({ entry }) => entry)).toEqual(rows.map(({ entry }) => entry).toSorted((a, b) => a - b))
  for (const stream of [free, bound]) {
    const sequences = readings.filter((row) => row.stream === stream).map(({ sequence }) => sequence)
    const { readings: known } = reader.readings.readings(stream, ALL_TIME, 10_000)
    expect(sequences).toEqual(known.map(({ sequence }) => sequence))
  }
})

test('each row is the reading that its entry and position open', () => {
  const { reader } = ledgerOf(80)
  const rows = linesOf(reader).rows.filter(({ kind }) => kind === 'reading')
  expect(rows.length).toBeGreaterThan(400)
  for (const row of rows) {
    const opened = readRow(reader.entries.batch(row.entry).opened, row.position)
    expect(opened).toMatchObject({
      stream: row.stream,
      sequence: row.sequence,
      value: { kind: 'float', value: row['value'] },
    })
    expect(fromRfc3339(String(row['source_time']))).toBe(opened.sourceTimeUs)
  }
})

test('a span of time, entries, streams or an asset takes what lies in it, and what was sealed later stays out', () => {
  const { reader, free, bound, ledger, channel } = ledgerOf(160)
  const [fromUs, toUs] = [TEST_EPOCH_US + 20e6, TEST_EPOCH_US + 40e6]
  const span = linesOf(reader, { streams: [free], span: { fromUs, toUs } })
  expect(span.rows.length).toBeGreaterThan(10)
  for (const row of span.rows) {
    const at = fromRfc3339(String(row['source_time'])) as number
    const until = row.kind === 'gap' ? (fromRfc3339(String(row['to_time'])) as number) : at
    expect(until >= fromUs && at <= toUs && row.stream === free).toBe(true)
  }
  expect(span.head.range).toMatchObject({ streams: [free], fromTime: rfc3339(fromUs), toTime: rfc3339(toUs) })
  const some = linesOf(reader, { entries: { from: 100, to: 200 } }).rows
  expect([
    Math.min(...some.map(({ entry }) => entry)) >= 100,
    Math.max(...some.map(({ entry }) => entry)) <= 200,
  ]).toEqual([true, true])
  const ofAsset = linesOf(reader, { asset: ASSET })
  expect(new Set(ofAsset.rows.map(({ stream }) => stream))).toEqual(new Set([bound]))
  const before = linesOf(reader).end
  commit(ledger, channel.batch(channel.member(1), channel.floats(bound, 480, [1, 2, 3])))
  expect(linesOf(reader).end).toEqual(before)
  sealAndCosign(channel, ledger)
  expect(linesOf(reader).end['readings']).toBe((before['readings'] as number) + 3)
  expect(() => linesOf(reader, { streams: ['0'.repeat(32)] })).toThrow(/there is no stream 0000/)
  expect(() => linesOf(reader, { asset: 'urn:nobody' })).toThrow(/there is no asset urn:nobody/)
})

test('a batch that was found changed is a row that says so, and its readings are nowhere in the file', () => {
  const { reader } = ledgerOf(40)
  const all = linesOf(reader)
  const { entry } = all.rows.find(({ kind }) => kind === 'reading') as Row
  const lost = all.rows.filter((row) => row.kind === 'reading' && row.entry === entry).length
  const { head, rows, end } = linesOf(reader, {}, { barred: { from: entry, to: entry } })
  expect(head.barred).toEqual({ fromEntry: entry, toEntry: entry })
  expect(rows.filter((row) => row.entry === entry)).toMatchObject([{ kind: 'barred', readings: lost }])
  expect(end).toMatchObject({
    barred: { batches: 1, readings: lost },
    readings: (all.end['readings'] as number) - lost,
  })
  expect(
    linesOf(reader, { entries: { from: entry + 1, to: entry + 9 } }, { barred: { from: entry, to: entry } }).head
      .barred,
  ).toBe(null)
})

test('the index and the signed entries give the same rows of every range', () => {
  const { reader, free } = ledgerOf(160)
  const [fromUs, toUs] = [TEST_EPOCH_US + 20e6, TEST_EPOCH_US + 300e6]
  const entries = { from: 40, to: 290 }
  for (const request of [{}, { span: { fromUs, toUs } }, { entries }, { streams: [free], entries }, { asset: ASSET }])
    for (const barred of [null, { from: 50, to: 60 }, { from: 270, to: Number.MAX_SAFE_INTEGER }]) {
      const plan = planExport(reader, { ...EVERYTHING, ...request }, { ...CONTEXT, barred })
      const rows = [...rangeRows(plan.range, reader.indexedRange().batches(plan.range))]
      const signed = reader.signedRange(reader.rootAt(plan.range.size))
      expect([...rangeRows(plan.range, signed.batches(plan.range))]).toEqual(rows)
      expect(rows.length).toBeGreaterThan(100)
    }
})

test('an entry that is not the one of the tree is refused before a row of it is given', () => {
  const { reader } = ledgerOf(160)
  const { range } = planExport(reader, EVERYTHING, CONTEXT)
  const other = reader.signedRange(new Uint8Array(32)).batches(range)
  expect(() => other.next()).toThrow(/entries 0 to 255 do not give the tree of/)
  const batches = reader.signedRange(reader.rootAt(range.size)).batches({ ...range, streams: new Map() })
  expect(() => batches.next()).toThrow(/which the state does not list/)
})

const VALUES: Value[] = [
  { kind: 'float', value: 0.1 },
  { kind: 'float', value: Math.fround(0.1) },
  { kind: 'float', value: 5e-324 },
  { kind: 'float', value: -0 },
  { kind: 'float', value: Number.NaN },
  { kind: 'float', value: -Infinity },
  { kind: 'integer', value: 9_007_199_254_740_993n },
  { kind: 'integer', value: 18_446_744_073_709_551_615n },
  { kind: 'integer', value: -5n },
  { kind: 'boolean', value: true },
  { kind: 'text', value: '=cmd|"/c calc"!A1' },
  { kind: 'text', value: "'quoted; \r\n\u202eline" },
  { kind: 'bytes', value: Uint8Array.of(0, 255) },
  { kind: 'null' },
]

/** A ledger with one batch of every kind of value. */
function withValues(): Recorded & { reader: LedgerReader } {
  const record = ledgerOf(4)
  const { channel, ledger, free } = record
  const readings = VALUES.map((value, i) => ({
    stream: free,
    sequence: 16 + i,
    sourceTimeUs: TEST_EPOCH_US + 1_000_000_000 + i * 1_000_001,
    value,
    quality: i === 0 ? 0x808c_0000 : 0,
    flags: i === 0 ? 2048 : 0,
  }))
  commit(ledger, channel.batch(channel.member(2), readings))
  sealAndCosign(channel, ledger)
  return record
}
const LATE = { span: { fromUs: TEST_EPOCH_US + 1_000_000_000, toUs: Number.MAX_SAFE_INTEGER } }

test('JSON lines keep every bit of a value, and say what JSON has no word for', () => {
  const { reader } = withValues()
  const text = bytesOf(reader, LATE).toString()
  const { rows } = linesOf(reader, LATE)
  expect(rows.map((row) => row['value'])).toEqual([
    0.1,
    0.10000000149011612,
    5e-324,
    -0,
    'NaN',
    '-Infinity',
    '9007199254740993',
    '18446744073709551615',
    -5,
    true,
    '=cmd|"/c calc"!A1',
    "'quoted; \r\n\u202eline",
    '00ff',
    null,
  ])
  expect(text).toContain('"value":-0,')
  expect(rows[0]).toMatchObject({
    quality: 0x808c_0000,
    quality_name: 'BadSensorFailure',
    flags: 2048,
    flag_names: 'simulated',
  })
  expect(rows[1]?.['source_time']).toBe(rfc3339(TEST_EPOCH_US + 1_001_000_001))
  expect(String(rows[1]?.['source_time'])).toMatch(/\.000001Z$/)
})

test('a CSV is RFC 4180 with its description beside it, and nothing in it runs as a formula', () => {
  const { reader } = withValues()
  const files = unzipSync(bytesOf(reader, { ...LATE, format: 'csv' }))
  expect(Object.keys(files)).toEqual(['readings.csv', 'export.json'])
  const csv = strFromU8(files['readings.csv'] as Uint8Array)
  expect(csv.startsWith('kind,gateway,source,')).toBe(true)
  expect(csv).toContain(`,"'=cmd|""/c calc""!A1",text,`)
  expect(csv).toContain(`,"''quoted; \r\n\u202eline",text,`)
  expect(csv).toContain(',-5,integer,')
  const meta = JSON.parse(strFromU8(files['export.json'] as Uint8Array)) as ExportHead & { counts: unknown }
  expect(meta).toMatchObject({
    plumbline: 'export',
    counts: { readings: VALUES.length },
    made: { by: 'Ada', zone: 'Europe/Berlin' },
  })
  const german = strFromU8(
    unzipSync(bytesOf(reader, { ...LATE, format: 'csv', csv: 'excel-de' }))['readings.csv'] as Uint8Array,
    true,
  )
  const raw = unzipSync(bytesOf(reader, { ...LATE, format: 'csv', csv: 'excel-de' }))['readings.csv'] as Uint8Array
  expect([...raw.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  expect(german).toContain(';0,1;float;')
  for (const begin of ['=', '+', '-', '@', '\t', '\r', '\uFF1D']) expect(harmless(`${begin}1`)).toBe(`'${begin}1`)
  expect(harmless('flow-rate')).toBe('flow-rate')
})

test.each(['rfc4180', 'excel-de'] as const)('no text of %s is split by the separator of another program', (form) => {
  const lines = new CsvLines(form)
  const point = { stream: '', gateway: '', source: 'a;=1', point: 'b,=1', label: 'c\t=1', unit: '%' }
  const row = { kind: 'reading', gateway: 'gateway-1', point, entry: 1, position: 0, closedAtUs: 0, sealedAtUs: 0 }
  const reading = { stream: '', sequence: 0, sourceTimeUs: 0, quality: 0, flags: 0 }
  const line = (value: Value): string => lines.line({ ...row, reading: { ...reading, value } } as unknown as ExportRow)
  const sep = form === 'excel-de' ? ';' : ','
  expect(line({ kind: 'text', value: '1,5' })).toContain(
    ['"a;=1"', '"b,=1"', '"c\t=1"', '%', '"1,5"', 'text'].join(sep),
  )
  expect(line({ kind: 'float', value: 1.5 })).toContain(form === 'excel-de' ? ';%;1,5;float;' : ',%,1.5,float,')
})

test('a gateway whose clock lost its battery exports a CSV, too', () => {
  const { reader } = ledgerOf(4)
  expect(Object.keys(unzipSync(bytesOf(reader, { format: 'csv' }, { atUs: 0 }))).length).toBe(2)
})

test('a CSV goes on in another file before a sheet ends', () => {
  const { reader } = ledgerOf(20)
  const plan = planExport(reader, { ...EVERYTHING, format: 'csv' }, CONTEXT)
  const batches = reader.indexedRange().batches(plan.range)
  const pieces = exportPieces(plan, batches, new CsvWriter('rfc4180', CONTEXT.atUs, 60))
  const files = unzipSync(Buffer.concat([...pieces]))
  const { end } = linesOf(reader)
  const lines = Object.entries(files).flatMap(([name, bytes]) =>
    name === 'export.json' ? [] : [strFromU8(bytes).trimEnd().split('\r\n').length - 1],
  )
  expect(Object.keys(files).slice(0, 2)).toEqual(['readings.csv', 'readings-2.csv'])
  expect(Math.max(...lines)).toBe(60)
  expect(lines.reduce((sum, count) => sum + count, 0)).toBe(end['rows'])
})

test('the share of the index in an estimate is near what comes', () => {
  const { reader } = ledgerOf(160)
  const span = { fromUs: TEST_EPOCH_US + 20e6, toUs: TEST_EPOCH_US + 120e6 }
  for (const request of [{}, { span }]) {
    const { end } = linesOf(reader, request)
    const { range } = planExport(reader, { ...EVERYTHING, ...request }, CONTEXT)
    const about = reader.indexedRange().estimate(range)
    expect(Math.abs(about - (end['readings'] as number))).toBeLessThan(60)
  }
})

const python = process.env['PLUMBLINE_PYTHON'] ?? 'python3'
const hasArrow = spawnSync(python, ['-c', 'import pyarrow.parquet']).status === 0
if (!hasArrow) console.warn(`export: Parquet is not read by pyarrow, which ${python} has not (pip install pyarrow)`)

const READ_PARQUET = `
import json, struct, sys
import pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
rows = file.read().to_pydict()
types = {field.name: str(field.type) for field in file.schema_arrow}
bits = [None if v is None else struct.pack('>d', v).hex() for v in rows['value_double']]
print(json.dumps({'types': types, 'bits': bits, 'ints': [None if v is None else str(v) for v in rows['value_int64']], 'value': rows['value'],
  'entry': rows['entry'], 'position': rows['position'], 'quality': rows['quality'], 'kind': rows['kind'],
  'us': [None if v is None else str(v.value if hasattr(v, 'value') else int(v.timestamp()) * 1000000 + v.microsecond) for v in rows['source_time']],
  'head': json.loads(file.metadata.metadata[b'plumbline'])}))
`

test.skipIf(!hasArrow)(
  'Parquet is read by Arrow: floats to the bit, integers, times, the head, many row groups',
  () => {
    const { reader } = withValues()
    const file = join(temporaryFolder(onTestFinished), 'export.parquet')
    writeFileSync(file, bytesOf(reader, { ...LATE, format: 'parquet' }))
    const read = JSON.parse(execFileSync(python, ['-c', READ_PARQUET, file]).toString()) as Record<string, never[]> & {
      types: Record<string, string>
      head: { checkpoint: unknown; counts: unknown }
    }
    const { rows, head } = linesOf(reader, LATE)
    expect(read.types).toMatchObject({
      value_double: 'double',
      value_int64: 'int64',
      entry: 'int64',
      source_time: 'timestamp[us, tz=UTC]',
    })
    const bits = (value: number): string => {
      const view = new DataView(new ArrayBuffer(8))
      view.setFloat64(0, value)
      return view.getBigUint64(0).toString(16).padStart(16, '0')
    }
    expect(read['bits']).toEqual(VALUES.map((value) => (value.kind === 'float' ? bits(value.value) : null)))
    expect(read['ints']?.slice(6, 9)).toEqual(['9007199254740993', null, '-5'])
    expect(read['value']?.[7]).toBe('18446744073709551615')
    expect(read['entry']).toEqual(rows.map(({ entry }) => entry))
    expect(read['position']).toEqual(rows.map(({ position }) => position))
    expect(read['us']).toEqual(VALUES.map((_, i) => String(TEST_EPOCH_US + 1_000_000_000 + i * 1_000_001)))
    expect(read.head).toMatchObject({ checkpoint: head.checkpoint, counts: { readings: VALUES.length } })
  },
)
