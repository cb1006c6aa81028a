import { expect, test } from 'vitest'
import type { LostPart } from '../../../../src-main/ledger/healing/parts.ts'
import { encodeLogRow, hashOfPart, nameText } from '../../../../src-main/ledger/healing/parts.ts'
import { PartFetcher } from '../../../../src-main/gateway/healing/part-fetcher.ts'
import { sha256, toHex } from '../../../../src-main/wire/bytes.ts'

const [B, C] = [2, 3]
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const payload = (text: string): LostPart => {
  const hash = sha256(bytes(text))
  return { kind: 'payload', hash: toHex(hash), expected: hash, exact: true, tail: null }
}

interface Bench {
  fetcher: PartFetcher
  asked: [member: number, part: string][]
  clock: { ms: number }
  up: number[]
}

function bench(lost: LostPart[], up = [B, C]): Bench {
  const asked: Bench['asked'] = []
  const clock = { ms: 0 }
  const fetcher = new PartFetcher({
    hash: sha256,
    alike: 2,
    lost,
    reachable: () => up,
    ask: (member, parts) => asked.push(...parts.map((part): [number, string] => [member, nameText(part)])),
    nowMs: () => clock.ms,
  })
  return { fetcher, asked, clock, up }
}

test('a part whose hash is known is taken from the first who has it', () => {
  const lost = payload('one')
  const { fetcher, asked } = bench([lost])
  fetcher.tick()
  fetcher.tick()
  expect(asked).toEqual([[B, nameText(lost)]])
  fetcher.receive(B, lost, null)
  fetcher.tick()
  expect(asked.at(-1)).toEqual([C, nameText(lost)])
  fetcher.receive(C, lost, bytes('one'))
  expect([fetcher.done, fetcher.givers, fetcher.missing]).toEqual([true, [C], []])
  expect(fetcher.parts.get(lost)).toEqual(bytes('one'))
})

test('other bytes are not taken, however many give them, where this disk knows the hash', () => {
  const { fetcher, clock } = bench([
    payload('one'),
    { kind: 'entry', index: 4, expected: new Uint8Array(32), exact: true, tail: null },
  ])
  for (let i = 0; i < 3; i++) {
    fetcher.tick()
    for (const from of [B, C]) {
      fetcher.receive(from, payload('one'), bytes('two'))
      fetcher.receive(from, { kind: 'entry', index: 4 }, bytes('entry'))
    }
  }
  clock.ms = 20_000
  expect([fetcher.done, fetcher.parts.count, fetcher.missing.map(({ why }) => why)]).toEqual([
    true,
    0,
    ['they-differ', 'they-differ'],
  ])
})

test('of an entry of which nothing is known, two others must tell the same', () => {
  const lost: LostPart = { kind: 'entry', index: 9, expected: null, exact: false, tail: null }
  const one = bench([lost])
  one.fetcher.tick()
  expect(one.asked.map(([member]) => member)).toEqual([B, C])
  one.fetcher.receive(B, lost, bytes('entry'))
  expect(one.fetcher.parts.count).toBe(0)
  one.fetcher.receive(C, lost, bytes('entry'))
  expect([one.fetcher.done, one.fetcher.givers]).toEqual([true, [B, C]])

  const other = bench([lost])
  other.fetcher.tick()
  other.fetcher.receive(B, lost, bytes('entry'))
  other.fetcher.receive(C, lost, bytes('another'))
  other.clock.ms = 20_000
  expect([other.fetcher.done, other.fetcher.parts.count, other.fetcher.missing[0]?.why]).toEqual([
    true,
    0,
    'they-differ',
  ])
})

test('a committed log row whose stored digest was damaged itself is taken where two others tell the same', () => {
  const row = encodeLogRow({ term: 2, kind: 0, data: bytes('data') })
  const lost: LostPart = { kind: 'log', index: 5, expected: new Uint8Array(32), exact: false, tail: null }
  const { fetcher } = bench([lost])
  fetcher.tick()
  fetcher.receive(B, lost, row)
  fetcher.tick()
  expect(fetcher.parts.count).toBe(0)
  fetcher.receive(C, lost, row)
  expect(fetcher.parts.get(lost)).toEqual(row)
  expect(hashOfPart(sha256, lost, row)).not.toBe(null)
})

test('of a log row that is not committed only the one that was confirmed here is taken', () => {
  const row = encodeLogRow({ term: 2, kind: 0, data: bytes('data') })
  const lost: LostPart = { kind: 'log', index: 5, expected: null, exact: true, tail: null }
  const { fetcher } = bench([lost])
  fetcher.tick()
  for (const from of [B, C]) fetcher.receive(from, lost, row)
  expect(fetcher.parts.count).toBe(0)
})

test('what nobody asked for is passed over, also from a member that was not asked', () => {
  const lost = payload('one')
  const { fetcher } = bench([lost])
  fetcher.receive(B, lost, bytes('one'))
  fetcher.tick()
  fetcher.receive(C, lost, bytes('one'))
  fetcher.receive(B, payload('two'), bytes('two'))
  expect(fetcher.parts.count).toBe(0)
})

test('junk of a liar is not kept', () => {
  const lost = Array.from({ length: 64 }, (_, i) => payload(`part ${i}`))
  const { fetcher, asked } = bench(lost, [B])
  const before = process.memoryUsage().arrayBuffers
  for (let round = 0; round < 8; round++) {
    fetcher.tick()
    for (const [, name] of asked.splice(0))
      fetcher.receive(B, lost.find((part) => nameText(part) === name) as LostPart, new Uint8Array(4 * 1024 * 1024))
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024)
  expect(fetcher.parts.count).toBe(0)
})

test('a member that is mute does not keep the others from giving all of it', () => {
  const lost = Array.from({ length: 200 }, (_, i) => payload(`part ${i}`))
  const { fetcher, asked, clock } = bench(lost)
  for (let i = 0; i < 150 && !fetcher.done; i++) {
    fetcher.tick()
    for (const [member, name] of asked.splice(0))
      if (member === C) {
        const part = lost.find((one) => nameText(one) === name) as LostPart
        fetcher.receive(C, part, bytes(`part ${lost.indexOf(part)}`))
      }
    clock.ms += 100
  }
  expect([fetcher.parts.count, fetcher.missing]).toEqual([200, []])
})

test('who does not answer in five seconds is passed over for the next', () => {
  const lost = payload('one')
  const { fetcher, asked, clock } = bench([lost])
  fetcher.tick()
  clock.ms = 5_000
  fetcher.tick()
  expect(asked.map(([member]) => member)).toEqual([B, C])
  fetcher.receive(C, lost, bytes('one'))
  expect(fetcher.done).toBe(true)
})

test('nobody in reach is waited for, and then said', () => {
  const { fetcher, clock, up } = bench([payload('one')], [])
  fetcher.tick()
  expect(fetcher.done).toBe(false)
  clock.ms = 15_000
  expect([fetcher.done, fetcher.missing[0]?.why]).toEqual([true, 'nobody-reachable'])
  up.push(B)
  fetcher.tick()
  expect(fetcher.done).toBe(false)
})

test('a member is asked for at most sixteen at once', () => {
  const lost = Array.from({ length: 40 }, (_, i) => payload(`part ${i}`))
  const { fetcher, asked } = bench(lost, [B])
  fetcher.tick()
  fetcher.tick()
  expect(asked).toHaveLength(16)
  for (const part of lost.slice(0, 16)) fetcher.receive(B, part, bytes(`part ${lost.indexOf(part)}`))
  fetcher.tick()
  expect(asked).toHaveLength(32)
})
