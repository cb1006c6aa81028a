import { describe, expect, it } from 'vitest'
import { TakenSoFar } from '../../../../src-main/gateway/channel/taken-so-far.ts'
import { Undurable } from '../../../../src-main/gateway/channel/undurable.ts'
import type { RowsHanded } from '../../../../src-main/gateway/signing/rows-handed.ts'
import { parseStreamId } from '../../../../src-main/wire/ids.ts'
import { readRows, rowCount, RowWriter, UNNUMBERED } from '../../../../src-main/wire/rows.ts'

const A = parseStreamId('aa'.repeat(16))

/** Readings at these seconds, with a gap before each. */
function handed(...seconds: number[]): RowsHanded {
  const writer = new RowWriter([A])
  for (const second of seconds) writer.push(0, UNNUMBERED, second * 1_000, { kind: 'text', value: `v${second}` }, 0, 0)
  const gaps = seconds.map((second, row) => ({ stream: A, fromTimeUs: 0, toTimeUs: second, reason: 'away', row }))
  return { rows: writer.take(), gaps, kind: 'live' }
}

const valuesOf = ({ rows }: RowsHanded): unknown[] => [...readRows(rows)].map(({ value }) => value)
const text = (second: number): object => ({ kind: 'text', value: `v${second}` })

describe('what is not durable yet', () => {
  it('is counted, told when it was taken, and let go when it is durable', () => {
    const kept = new Undurable()
    const told: string[] = []
    for (const name of ['first', 'second', 'third']) kept.add(handed(1, 2), () => void told.push(name))
    kept.taken({ messages: 2, durable: 0, ahead: 1 })
    expect([told, kept.readings]).toEqual([['first', 'second'], 5])
    kept.taken({ messages: 0, durable: 1, ahead: 0 })
    kept.taken({ messages: 1, durable: 2, ahead: 0 })
    expect([told, kept.readings]).toEqual([['first', 'second', 'third'], 0])
  })

  it('is handed to a thread that begins anew without the readings that are durable, and with the gaps before the others', () => {
    const kept = new Undurable()
    let told = 0
    kept.add(handed(4, 5, 6), () => (told += 1))
    kept.add(handed(7), undefined)
    kept.taken({ messages: 1, durable: 0, ahead: 2 })
    const again = kept.again()
    expect(again.map(valuesOf)).toEqual([[text(6)], [text(7)]])
    expect(again.map(({ gaps }) => gaps.map(({ row, toTimeUs }) => [row, toTimeUs]))).toEqual([[[0, 6]], [[0, 7]]])
    expect(kept.readings).toBe(2)
    kept.taken({ messages: 2, durable: 2, ahead: 0 })
    expect([told, kept.readings]).toEqual([1, 0])
  })
})

describe('the recording thread', () => {
  it('tells that messages came, that they are durable only once their last reading is, and how far the next one is', () => {
    const core = { undurableReadings: 0 }
    const told: unknown[] = []
    const taken = new TakenSoFar(
      {
        readings: (some) => void (core.undurableReadings += rowCount(some)),
        get undurableReadings() {
          return core.undurableReadings
        },
      },
      (message) => void told.push(message),
    )
    taken.rows(handed(1, 2, 3, 4))
    taken.rows(handed(5, 6))
    taken.told()
    core.undurableReadings = 3
    taken.told()
    core.undurableReadings = 2
    taken.told()
    core.undurableReadings = 1
    taken.told()
    core.undurableReadings = 0
    taken.told()
    taken.told()
    expect(told).toEqual([
      { type: 'taken', messages: 2, durable: 0, ahead: 0 },
      { type: 'taken', messages: 0, durable: 0, ahead: 3 },
      { type: 'taken', messages: 0, durable: 1, ahead: 0 },
      { type: 'taken', messages: 0, durable: 0, ahead: 1 },
      { type: 'taken', messages: 0, durable: 1, ahead: 0 },
    ])
  })
})
