import { describe, expect, it } from 'vitest'
import { TakenSoFar } from '../../../src-main/gateway/taken-so-far.ts'
import { Undurable, withoutRecorded } from '../../../src-main/gateway/undurable.ts'
import { parseStreamId } from '../../../src-main/wire/ids.ts'
import { readRows, rowCount, RowWriter, type Rows } from '../../../src-main/wire/rows.ts'

const A = parseStreamId('aa'.repeat(16))
const B = parseStreamId('bb'.repeat(16))

/** One reading of each stream for each sequence. */
function rows(...sequences: number[]): Rows {
  const writer = new RowWriter([A, B])
  for (const sequence of sequences)
    for (const stream of [0, 1])
      writer.push(stream, sequence, sequence * 1_000, { kind: 'text', value: `v${sequence}` }, 0, 0)
  return writer.take()
}

const gap = (stream: string, toTimeUs: number) => ({ stream, fromTimeUs: 0, toTimeUs, reason: 'away', lost: null })

describe('what is not durable yet', () => {
  it('is counted, told when it was taken, and let go when it is durable', () => {
    const kept = new Undurable()
    const told: string[] = []
    for (const name of ['first', 'second', 'third']) kept.add(rows(1, 2), () => void told.push(name))
    kept.taken(2, 0)
    expect([told, kept.readings]).toEqual([['first', 'second'], 12])
    kept.taken(0, 1)
    kept.taken(1, 2)
    expect([told, kept.readings]).toEqual([['first', 'second', 'third'], 0])
  })

  it('is handed to a thread that begins anew without what that one has, row by row and gap by gap', () => {
    const kept = new Undurable()
    let told = 0
    kept.add(rows(4, 5), () => (told += 1))
    kept.add(rows(6), undefined)
    for (const toTimeUs of [4_000, 9_000]) kept.addGap(gap(A, toTimeUs))
    kept.taken(1, 0)
    const places = new Map([
      [A as string, { next: 5, lastTimeUs: null, opened: true }],
      [B as string, { next: 6, lastTimeUs: null, opened: true }],
    ])
    const again = kept.again(places, () => 4_000)
    expect(
      again.rows.map((some) => [...readRows(some)].map(({ stream, sequence }) => [stream === A ? 'a' : 'b', sequence])),
    ).toEqual([
      [['a', 5]],
      [
        ['a', 6],
        ['b', 6],
      ],
    ])
    expect(again.gaps).toEqual([gap(A, 9_000)])
    expect(kept.readings).toBe(3)
    kept.taken(2, 2)
    expect([told, kept.readings]).toEqual([1, 0])
  })

  it('keeps the values of the rows that are left', () => {
    const left = withoutRecorded(rows(1, 2), (stream) => (stream === A ? 3 : 2))
    expect([...readRows(left)]).toMatchObject([{ stream: B, sequence: 2, value: { kind: 'text', value: 'v2' } }])
    const all = rows(7)
    expect(withoutRecorded(all, () => 0)).toBe(all)
  })
})

describe('the recording thread', () => {
  it('tells that messages came, and that they are durable only once their last reading is', () => {
    const core = { held: 0, gaps: false }
    const told: unknown[] = []
    const taken = new TakenSoFar(
      {
        readings: (some) => void (core.held += rowCount(some)),
        gap: () => void (core.gaps = true),
        get undurable() {
          return { readings: core.held, gaps: core.gaps }
        },
      },
      (message) => void told.push(message),
    )
    taken.rows(rows(1, 2))
    taken.rows(rows(3))
    taken.gap(gap(A, 1))
    taken.told()
    core.held = 3
    taken.told()
    core.held = 2
    taken.told()
    core.held = 0
    core.gaps = false
    taken.told()
    taken.told()
    expect(told).toEqual([
      { type: 'taken', messages: 2, durable: 0 },
      { type: 'taken', messages: 0, durable: 1 },
      { type: 'taken', messages: 0, durable: 1 },
      { type: 'gaps-signed', total: 1 },
    ])
  })
})
