import { expect, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { PartDesk } from '../../../../src-main/gateway/healing/part-desk.ts'
import {
  ASKED_AT_ONCE_MAX,
  encodeAsk,
  encodeGive,
  parsePartMessage,
} from '../../../../src-main/gateway/healing/part-frames.ts'
import type { LostPart, PartName } from '../../../../src-main/ledger/healing/parts.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import { encodeCbor } from '../../../../src-main/wire/cbor.ts'

const addon = loadAddon()
const members = [{ voter: true }, { voter: true }, { voter: true }]
const MIB = 1024 * 1024

interface Sent {
  to: number
  body: Uint8Array
}

function desk(give: (part: PartName) => Uint8Array | null): {
  desk: PartDesk
  sent: Sent[]
  refused: string[]
  clock: { ms: number }
} {
  const sent: Sent[] = []
  const refused: string[] = []
  const clock = { ms: 0 }
  const peers = {
    send: (to: number, _: unknown, body: Uint8Array) => sent.push({ to, body }) > 0,
    status: () => [2, 3].map((id) => ({ id, state: 'up' })) as never,
    refused: (_: number, what: string) => void refused.push(what),
  }
  return {
    desk: new PartDesk({ addon, members, give, peers: () => peers, nowMs: () => clock.ms }),
    sent,
    refused,
    clock,
  }
}

test('messages come back as they were sent', () => {
  const parts: PartName[] = [
    { kind: 'payload', hash: 'ab'.repeat(32) },
    { kind: 'entry', index: 0 },
    { kind: 'log', index: 2 ** 40 },
  ]
  expect(parsePartMessage(encodeAsk(parts))).toEqual({ type: 'ask', parts })
  for (const part of parts)
    for (const bytes of [null, new Uint8Array(5)])
      expect(parsePartMessage(encodeGive(part, bytes))).toEqual({ type: 'give', part, bytes })
})

test('what no gateway says is refused, whatever it is', () => {
  const many = Array.from({ length: ASKED_AT_ONCE_MAX + 1 }, (_, i) => ['entry', i])
  for (const value of [
    null,
    7,
    [],
    ['ask'],
    ['ask', []],
    ['ask', many],
    ['ask', [['entry', -1]]],
    ['ask', [['entry', '1']]],
    ['ask', [['entry', new Uint8Array(32)]]],
    ['ask', [['payload', new Uint8Array(31)]]],
    ['ask', [['payload', 3]]],
    ['ask', [['state', 3]]],
    ['give', 'entry', 3],
    ['give', 'entry', 3, 'text'],
    ['give', 'entry', 3, null, null],
    ['take', 'entry', 3, null],
  ])
    expect([value, parsePartMessage(encodeCbor(value as never))]).toEqual([value, null])
  const { desk: one, refused } = desk(() => null)
  one.receive(2, new Uint8Array([0xff]))
  expect(refused).toHaveLength(1)
})

test('gives what it has, and says what it has not', () => {
  const { desk: one, sent } = desk(({ kind }) => (kind === 'entry' ? new Uint8Array([1]) : null))
  one.receive(
    3,
    encodeAsk([
      { kind: 'entry', index: 4 },
      { kind: 'log', index: 4 },
    ]),
  )
  expect(sent.map(({ to, body }) => [to, parsePartMessage(body)])).toEqual([
    [3, { type: 'give', part: { kind: 'entry', index: 4 }, bytes: new Uint8Array([1]) }],
    [3, { type: 'give', part: { kind: 'log', index: 4 }, bytes: null }],
  ])
})

test('one member is given no more than 256 MiB a minute, and the others as before', () => {
  const large = new Uint8Array(8 * MIB)
  const { desk: one, sent, clock } = desk(() => large)
  const ask = encodeAsk(Array.from({ length: ASKED_AT_ONCE_MAX }, (_, index) => ({ kind: 'entry', index })))
  for (let i = 0; i < 5; i++) one.receive(2, ask)
  expect(sent).toHaveLength(32)
  one.receive(3, ask)
  expect(sent).toHaveLength(48)
  sent.length = 0
  clock.ms = 61_000
  one.receive(2, ask)
  expect(sent).toHaveLength(16)
})

test('fetches, and names who gave it', async () => {
  const bytes = new Uint8Array([1, 2, 3])
  const hash = addon.sha256(bytes)
  const lost: LostPart = { kind: 'payload', hash: toHex(hash), expected: hash, exact: true, tail: null }
  const { desk: one, sent } = desk(() => null)
  const fetched = one.fetch([lost])
  expect(sent.map(({ to, body }) => [to, parsePartMessage(body)?.type])).toEqual([[2, 'ask']])
  one.receive(2, encodeGive(lost, null))
  one.receive(3, encodeGive(lost, bytes))
  const { from, missing, parts } = await fetched
  expect([from, missing, parts.get(lost)]).toEqual([[3], [], bytes])
})
