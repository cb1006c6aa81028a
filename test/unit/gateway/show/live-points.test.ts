import { expect, test } from 'vitest'
import { LivePoints, type LiveStream } from '../../../../src-main/gateway/show/live-points.ts'
import type { Addon } from '../../../../native/addon.ts'
import { parseStreamId } from '../../../../src-main/wire/ids.ts'
import { STATUS } from '../../../../src-main/wire/quality.ts'
import { RowWriter, type Rows } from '../../../../src-main/wire/rows.ts'

const STREAM = parseStreamId('0a'.repeat(16))
const NOW_US = 1_790_000_000_000_000

/** Points of one stream; a "payload" is the place of its rows in a list. */
function livePoints(): {
  points: LivePoints
  take: (...rows: [sequence: number, timeUs: number, quality: number][]) => void
} {
  const batches: Rows[] = []
  const addon = { openBatch: (payload: Uint8Array) => batches[payload[0] as number] } as unknown as Addon
  const points = new LivePoints(addon)
  points.define({ stream: STREAM, quantity: '', range: null } as unknown as LiveStream)
  const take: ReturnType<typeof livePoints>['take'] = (...rows) => {
    const writer = new RowWriter([STREAM])
    for (const [sequence, timeUs, quality] of rows)
      writer.push(
        0,
        sequence,
        timeUs,
        quality === 0 ? { kind: 'float', value: sequence } : { kind: 'null' },
        quality,
        0,
      )
    points.take([Uint8Array.of(batches.push(writer.take()) - 1)])
  }
  return { points, take }
}

test('a value that comes back after an interruption is shown, although its time lies before the mark', () => {
  const { points, take } = livePoints()
  take([0, NOW_US, 0])
  take([1, NOW_US + 1_800_000_000, STATUS.BadNotConnected])
  expect(points.get(STREAM)).toMatchObject({ value: { kind: 'null' }, qualityClass: 'bad' })
  take([2, NOW_US, 0])
  expect(points.get(STREAM)).toMatchObject({ value: { kind: 'float' }, text: '2', qualityClass: 'good', atUs: NOW_US })
})

test('a batch that comes a second time brings no older value back', () => {
  const { points, take } = livePoints()
  take([0, NOW_US, 0], [1, NOW_US + 1, 0])
  take([2, NOW_US + 2, STATUS.BadNotConnected])
  points.changes()
  take([0, NOW_US, 0], [1, NOW_US + 1, 0])
  expect(points.get(STREAM)?.qualityClass).toBe('bad')
  expect(points.changes()).toEqual([])
})
