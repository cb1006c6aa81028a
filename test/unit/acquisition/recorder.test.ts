import { describe, expect, test } from 'vitest'
import type { ModbusSource } from '../../../src-main/acquisition/config.ts'
import type { Gap } from '../../../src-main/acquisition/source-state.ts'
import { SourceRecorder } from '../../../src-main/acquisition/stream-recorder.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import { FLAG, QUALITY } from '../../../src-main/wire/quality.ts'
import { readRows, RowWriter, UNNUMBERED } from '../../../src-main/wire/rows.ts'
import type { Reading } from '../../../src-main/wire/reading.ts'
import { sourceOf } from './collecting-sink.ts'

const STREAM_A = parseStreamId('0a'.repeat(16))
const STREAM_B = parseStreamId('0b'.repeat(16))
const NOW_US = 1_790_000_000_000_000

function recorder(more: { simulated?: boolean; isRecorded?: boolean; sinceUs?: number; tag?: object } = {}) {
  const source = sourceOf<ModbusSource>({
    id: 's',
    name: 'S',
    driver: 'modbus',
    simulated: more.simulated ?? false,
    connection: { transport: 'tcp', host: 'h' },
    tags: ['a', 'b'].map((id, address) => ({
      id,
      label: id,
      unit: '1',
      kind: 'integer',
      ...more.tag,
      address: { table: 'holding', address },
    })),
  })
  const writer = new RowWriter([STREAM_B, STREAM_A])
  const gaps: Omit<Gap, 'row'>[] = []
  const outlet = { open: true, nowUs: NOW_US }
  const sink = new SourceRecorder(
    source,
    [STREAM_A, STREAM_B].map((stream, index) => ({
      assignment: {
        source: 's',
        tag: index === 0 ? 'a' : 'b',
        stream,
        isRecorded: more.isRecorded ?? false,
      },
      streamIndex: 1 - index,
      sinceUs: more.sinceUs ?? null,
    })),
    {
      writer: () => writer,
      nowUs: () => outlet.nowUs,
      open: () => outlet.open,
      onRow: () => undefined,
      onGap: (gap) => gaps.push(gap),
      onState: () => undefined,
    },
  )
  const sample = (tag: number, timeUs: number, value = 1n, quality = 0) =>
    sink.sample(tag, timeUs, { kind: 'integer', value }, quality)
  return { sink, sample, gaps, outlet, rows: (): Reading[] => [...readRows(writer.take())] }
}

describe('a recorder', () => {
  test('leaves numbers to whoever signs the rows', () => {
    const { sample, rows } = recorder()
    sample(0, NOW_US)
    sample(1, NOW_US)
    sample(0, NOW_US + 1)
    expect(rows().map(({ stream, sequence }) => [stream, sequence])).toEqual([
      [STREAM_A, UNNUMBERED],
      [STREAM_B, UNNUMBERED],
      [STREAM_A, UNNUMBERED],
    ])
  })

  test('marks an interruption with one bad reading, and its end with a gap', () => {
    const { sink, sample, gaps, rows, outlet } = recorder()
    sample(0, NOW_US)
    outlet.nowUs += 3_000_000
    sink.interrupt('the cable is out', QUALITY.badNotConnected)
    sink.interrupt('still out', QUALITY.badNotConnected)
    outlet.nowUs += 6_000_000
    sample(0, NOW_US + 9_000_000)
    const readings = rows()
    expect(
      readings.map(({ value, quality, flags, sourceTimeUs }) => [value.kind, quality, flags, sourceTimeUs - NOW_US]),
    ).toEqual([
      ['integer', 0, 0, 0],
      ['null', QUALITY.badNotConnected, 0, 3_000_000],
      ['integer', 0, FLAG.gap, 9_000_000],
    ])
    expect(gaps).toEqual([
      {
        stream: STREAM_A,
        fromTimeUs: NOW_US,
        toTimeUs: NOW_US + 9_000_000,
        reason: 'the cable is out',
      },
    ])
  })

  test('says nothing about streams that never had a reading', () => {
    const { sink, rows, gaps, sample } = recorder()
    sink.interrupt('not there yet', QUALITY.badNotConnected)
    expect(rows()).toEqual([])
    sample(1, NOW_US)
    expect(gaps).toEqual([])
  })

  test('says nothing about the time before its process, which is for whoever numbers the rows', () => {
    const { sample, gaps } = recorder({ isRecorded: true })
    sample(0, NOW_US)
    expect(gaps).toEqual([])
  })

  test('reports the time since another source fed its stream as a gap', () => {
    const { sample, gaps } = recorder({ sinceUs: NOW_US - 60_000_000 })
    sample(0, NOW_US)
    expect(gaps).toMatchObject([
      { stream: STREAM_A, fromTimeUs: NOW_US - 60_000_000, toTimeUs: NOW_US, reason: 'the gateway was not recording' },
    ])
  })

  test('gives readings up while nobody takes rows, and a gap tells of it', () => {
    const { sample, gaps, rows, outlet } = recorder()
    sample(0, NOW_US)
    outlet.open = false
    sample(0, NOW_US + 1000)
    sample(0, NOW_US + 2000)
    outlet.open = true
    sample(0, NOW_US + 3000)
    expect(rows()).toHaveLength(2)
    expect(gaps).toMatchObject([{ fromTimeUs: NOW_US, toTimeUs: NOW_US + 3000 }])
  })

  test('marks what was given up as soon as rows are taken again, and what was interrupted meanwhile by its status', () => {
    const { sink, sample, rows, outlet } = recorder()
    sample(0, NOW_US)
    sample(1, NOW_US)
    outlet.open = false
    sample(0, NOW_US + 1000)
    sink.interrupt('the cable is out', QUALITY.badNotConnected, [1])
    outlet.open = true
    outlet.nowUs += 2000
    sink.resume()
    sink.resume()
    expect(rows().map(({ stream, quality, sourceTimeUs }) => [stream, quality, sourceTimeUs - NOW_US])).toEqual([
      [STREAM_A, 0, 0],
      [STREAM_B, 0, 0],
      [STREAM_A, QUALITY.badDataUnavailable, 2000],
      [STREAM_B, QUALITY.badNotConnected, 2000],
    ])
  })

  test('flags what is simulated, and what is implausible', () => {
    const { sample, rows } = recorder({ simulated: true, tag: { range: [0, 10] } })
    sample(0, NOW_US, 11n)
    expect(rows()[0]?.flags).toBe(FLAG.simulated | FLAG.grossRangeFail)
  })

  test('does not judge the number beside a bad status', () => {
    const { sample, rows } = recorder({ tag: { range: [0, 10] } })
    sample(0, NOW_US, 11n, QUALITY.badSensorFailure)
    expect(rows()[0]).toMatchObject({
      flags: 0,
      quality: QUALITY.badSensorFailure,
      value: { kind: 'integer', value: 11n },
    })
  })

  test('records a text that is too long as missing and bad, never cut', () => {
    const { sink, rows } = recorder()
    sink.sample(0, NOW_US, { kind: 'text', value: 'x'.repeat(5000) }, 0)
    expect(rows()[0]).toMatchObject({ value: { kind: 'null' }, quality: QUALITY.badOutOfRange })
  })

  test('records a reading that no row can hold as missing and bad, and the readings behind it as they are', () => {
    const { sink, sample, rows } = recorder()
    sink.sample(0, NOW_US, { kind: 'integer', value: 1n << 64n }, 0)
    sample(0, NOW_US + 1)
    expect(rows()).toMatchObject([
      { value: { kind: 'null' }, quality: QUALITY.badDecodingError },
      { value: { kind: 'integer', value: 1n }, quality: 0 },
    ])
  })

  test.each([
    [
      '9999-12-31, which OPC UA servers give for "none"',
      Date.parse('9999-12-31T23:59:59.999Z') * 1000,
      FLAG.clockAhead,
    ],
    ['the distant past', -1e17, FLAG.clockBack],
    ['no number at all', Number.NaN, FLAG.clockBack],
  ])('takes the time of receipt where the source says %s, and flags it', (_, sourceTimeUs, flag) => {
    const { sample, rows } = recorder()
    sample(0, sourceTimeUs)
    expect(rows()).toMatchObject([
      { sourceTimeUs: NOW_US, flags: flag, quality: 0, value: { kind: 'integer', value: 1n } },
    ])
  })
})

const MINUTE_US = 60_000_000

describe('an interruption', () => {
  test('after which a value comes back unchanged, with its old time, is a gap until it came back', () => {
    const { sink, sample, gaps, outlet } = recorder()
    sample(0, NOW_US)
    outlet.nowUs = NOW_US + 30 * MINUTE_US
    sink.interrupt('the connection was lost', QUALITY.badNotConnected)
    outlet.nowUs = NOW_US + 40 * MINUTE_US
    sample(0, NOW_US)
    expect(gaps).toMatchObject([{ fromTimeUs: NOW_US, toTimeUs: NOW_US + 40 * MINUTE_US }])
  })

  test('takes time even where the clock was set back meanwhile', () => {
    const { sink, sample, gaps, outlet } = recorder()
    sample(0, NOW_US)
    sink.interrupt('the connection was lost', QUALITY.badNotConnected)
    outlet.nowUs = NOW_US - 60 * MINUTE_US
    sample(0, NOW_US)
    expect(gaps[0]!.toTimeUs).toBeGreaterThan(gaps[0]!.fromTimeUs)
  })

  test("of a source whose clock runs years ahead is told in the gateway's time", () => {
    const { sink, sample, gaps, rows, outlet } = recorder()
    const aheadUs = NOW_US + 50 * 365 * 24 * 60 * MINUTE_US
    sample(0, aheadUs)
    outlet.nowUs = NOW_US + MINUTE_US
    sink.interrupt('the connection was lost', QUALITY.badNotConnected)
    outlet.nowUs = NOW_US + 2 * MINUTE_US
    sample(0, aheadUs)
    expect(rows()[1]?.sourceTimeUs).toBe(NOW_US + MINUTE_US)
    expect(gaps).toMatchObject([{ fromTimeUs: NOW_US + MINUTE_US, toTimeUs: NOW_US + 2 * MINUTE_US }])
  })

  test("where only the server's queue overflowed ends with the time of the first value behind it", () => {
    const { sink, sample, gaps, outlet } = recorder()
    sample(0, NOW_US)
    outlet.nowUs = NOW_US + 20_000_000
    sink.lost(0, "the server's queue overflowed")
    sample(0, NOW_US + 10_000_000)
    sample(0, NOW_US + 11_000_000)
    expect(gaps).toMatchObject([{ fromTimeUs: NOW_US, toTimeUs: NOW_US + 10_000_000 }])
  })

  test('is marked although readings were lost before it', () => {
    const { sink, sample, gaps, rows, outlet } = recorder()
    sample(0, NOW_US)
    sink.lost(0, 'readings were lost')
    outlet.nowUs += MINUTE_US
    sink.interrupt('the cable is out', QUALITY.badNotConnected)
    expect(rows().map(({ quality }) => quality)).toEqual([0, QUALITY.badNotConnected])
    sample(0, NOW_US + MINUTE_US)
    expect(gaps).toMatchObject([
      { fromTimeUs: NOW_US, toTimeUs: NOW_US + MINUTE_US, reason: 'readings were lost; then: the cable is out' },
    ])
  })

  test('that stands when the gateway starts is marked, so that the value from before does not go on as good', () => {
    const { sink, sample, gaps, rows, outlet } = recorder({ isRecorded: true })
    sink.interrupt('connect ECONNREFUSED', QUALITY.badNotConnected)
    sink.interrupt('connect ETIMEDOUT', QUALITY.badNotConnected)
    expect(rows().map(({ stream, quality, value }) => [stream, quality, value.kind])).toEqual([
      [STREAM_A, QUALITY.badNotConnected, 'null'],
      [STREAM_B, QUALITY.badNotConnected, 'null'],
    ])
    outlet.nowUs += MINUTE_US
    sample(0, NOW_US + MINUTE_US)
    expect(gaps).toMatchObject([
      {
        fromTimeUs: NOW_US,
        toTimeUs: NOW_US + MINUTE_US,
        reason: 'connect ECONNREFUSED',
      },
    ])
  })

  test('that is still open when its source is begun anew keeps its beginning', () => {
    const { sink, sample, outlet } = recorder()
    sample(0, NOW_US)
    outlet.nowUs += MINUTE_US
    sink.interrupt('the cable is out', QUALITY.badNotConnected)
    expect(sink.newest()[0]).toEqual([STREAM_A, NOW_US])
  })
})
