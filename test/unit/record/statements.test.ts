import { describe, expect, it } from 'vitest'
import { sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { decodeCbor, encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborMap, CborValue } from '../../../src-main/wire/cbor.ts'
import { channelId, streamId } from '../../../src-main/record/channel.ts'
import { openEnvelope } from '../../../src-main/record/envelope.ts'
import { WireError } from '../../../src-main/wire/errors.ts'
import {
  decodeBatchHeader,
  decodeEvent,
  decodeSeal,
  decodeStatement,
  encodeBatchHeader,
  encodeEvent,
  encodeSeal,
} from '../../../src-main/record/statements.ts'
import type { BatchHeader } from '../../../src-main/record/statements.ts'
import { actor, batch, channel, genesis, nonce, seed, streams } from '../wire/fixtures.ts'

const LIMITS = { maxBytes: 65_535, maxDepth: 17 }

/** Decodes, lets the test change content and envelope, encodes again: a statement as somebody else may have written it. */
function forged(payload: Uint8Array, change: (content: CborMap, envelope: CborMap) => void): Uint8Array {
  const envelope = decodeCbor(payload, LIMITS) as CborMap
  change(envelope.get('content') as CborMap, envelope)
  return encodeCbor(envelope)
}

describe('batch header', () => {
  it('comes back as it was written, whatever its optional parts', () => {
    const empty: BatchHeader = {
      ...batch,
      sequence: 0,
      previous: null,
      count: 0,
      firstTimeUs: 0,
      lastTimeUs: 0,
      runs: [],
      qualities: [],
      gaps: [],
      clock: { state: 'unknown', errorUs: null },
    }
    for (const header of [batch, empty]) expect(decodeBatchHeader(encodeBatchHeader(header))).toEqual(header)
  })

  it('writes ids as bytes and runs as arrays, so that sixty streams stay small', () => {
    const map = decodeCbor(encodeBatchHeader(batch), LIMITS) as CborMap
    expect(map.get('actor')).toBeInstanceOf(Uint8Array)
    expect(((map.get('content') as CborMap).get('runs') as CborValue[])[0]).toHaveLength(3)
  })

  it.each<[string, Partial<BatchHeader>]>([
    ['runs out of order', { runs: [batch.runs[1]!, batch.runs[0]!] }],
    ['a stream twice', { runs: [batch.runs[0]!, { ...batch.runs[0]!, firstSequence: 10, count: 2 }] }],
    [
      'an empty run',
      {
        runs: [
          { ...batch.runs[0]!, count: 5 },
          { ...batch.runs[1]!, count: 0 },
        ],
      },
    ],
    ['runs that hold fewer readings than said', { count: 6 }],
    ['qualities that count fewer readings', { qualities: [[0, 4]] }],
    [
      'qualities out of order',
      {
        qualities: [
          [0x8031_0000, 1],
          [0, 4],
        ],
      },
    ],
    ['a first time after the last', { firstTimeUs: batch.lastTimeUs + 1 }],
    ['gaps out of order', { gaps: [batch.gaps[1]!, batch.gaps[0]!] }],
    ['overlapping gaps', { gaps: [batch.gaps[0]!, { ...batch.gaps[0]!, fromSequence: 6, toSequence: 8 }] }],
    ['a gap that ends before it begins', { gaps: [{ ...batch.gaps[0]!, toSequence: 3 }] }],
    ['a gap that ends at a time before it begins', { gaps: [{ ...batch.gaps[0]!, toTimeUs: 9 }] }],
    ['a chain position without the hash before it', { previous: null }],
    ['a previous hash at position 0', { sequence: 0 }],
    ['a nonce of 15 bytes', { nonce: new Uint8Array(15) }],
  ])('is not written with %s', (_, change) => {
    expect(() => encodeBatchHeader({ ...batch, ...change })).toThrow(
      expect.objectContaining({ code: 'malformed_statement' }),
    )
  })

  it.each<[string, string, (map: CborMap, envelope: CborMap) => void]>([
    ['an unknown key', 'malformed_statement', (map) => map.set('note', 'x')],
    ['a missing key', 'malformed_statement', (map) => map.delete('gaps')],
    ['another version', 'unknown_version', (_, envelope) => envelope.set('v', 2)],
    ['a root of 31 bytes', 'malformed_statement', (map) => map.set('root', new Uint8Array(31))],
    ['a count as text', 'malformed_statement', (map) => map.set('count', '5')],
    ['an unknown clock state', 'malformed_statement', (map) => (map.get('clock') as CborMap).set('state', 'fine')],
    ['an unknown key in the clock', 'malformed_statement', (map) => (map.get('clock') as CborMap).set('x', 1)],
    ['qualities out of order', 'malformed_statement', (map) => (map.get('qualities') as CborValue[]).reverse()],
    ['runs out of order', 'malformed_statement', (map) => (map.get('runs') as CborValue[]).reverse()],
    ['a payload longer than the limit', 'malformed_statement', (map) => map.set('payloadLength', 2 ** 40)],
  ])('is refused with %s', (_, code, change) => {
    const payload = forged(encodeBatchHeader(batch), change)
    expect(() => decodeBatchHeader(payload)).toThrow(expect.objectContaining({ code }))
  })
})

describe('event', () => {
  it('comes back as it was written', () => {
    const event = decodeEvent(encodeEvent(genesis))
    expect(event).toEqual(genesis)
    expect(toHex(encodeEvent(event))).toBe(toHex(encodeEvent(genesis)))
  })

  it.each<[string, (map: CborMap) => void]>([
    ['a type without a dot', (map) => map.set('type', 'opened')],
    ['a type with a capital', (map) => map.set('type', 'Channel.opened')],
    ['a body that is no map', (map) => map.set('body', [])],
    ['evidence that is no hash', (map) => map.set('evidence', [new Uint8Array(5)])],
    [
      'too many assets',
      (map) =>
        map.set(
          'assets',
          Array.from({ length: 300 }, () => 'a'),
        ),
    ],
  ])('is refused with %s', (_, change) => {
    const payload = forged(encodeEvent(genesis), change)
    expect(() => decodeEvent(payload)).toThrow(expect.objectContaining({ code: 'malformed_statement' }))
  })
})

describe('envelope', () => {
  const opened = (change: (content: CborMap, envelope: CborMap) => void) =>
    openEnvelope(forged(encodeBatchHeader(batch), change), 'batch')

  it('holds the chain, and leaves its content to the rules in force', () => {
    const { actor, incarnation, sequence, previous } = batch
    const read = opened((content) => content.clear())
    expect(read).toMatchObject({ kind: 'batch', channel, actor, incarnation, nonce, sequence, previous })
    expect(() => decodeStatement(read)).toThrow(expect.objectContaining({ code: 'malformed_statement' }))
    expect(opened((content) => content.set('anything', [1, 2])).content.get('anything')).toEqual([1, 2])
  })

  it.each<[string, (content: CborMap, envelope: CborMap) => void]>([
    ['an unknown key', (_, envelope) => envelope.set('note', 'x')],
    ['a missing key', (_, envelope) => envelope.delete('incarnation')],
    ['an incarnation of 15 bytes', (_, envelope) => envelope.set('incarnation', new Uint8Array(15))],
    ['content that is no map', (_, envelope) => envelope.set('content', [1])],
    ['a previous hash at sequence 0', (_, envelope) => envelope.set('sequence', 0)],
    ['no previous hash behind sequence 0', (_, envelope) => envelope.set('previous', null)],
    ['content that nests 17 deep', (content) => content.set('deep', nested(16))],
  ])('is refused with %s', (_, change) => {
    expect(() => opened(change)).toThrow(WireError)
  })

  it('may hold content that nests 16 deep', () => {
    expect(opened((content) => content.set('deep', nested(15))).content.has('deep')).toBe(true)
  })

  function nested(depth: number): CborValue {
    return depth === 0 ? 1 : [nested(depth - 1)]
  }
})

describe('seal', () => {
  const seal = {
    v: 1,
    channel,
    nonce,
    height: 3,
    timeUs: 7,
    size: 12,
    stateRoot: seed('state'),
    packsHash: seed('packs'),
  } as const

  it('comes back as it was written', () => {
    expect(decodeSeal(encodeSeal(seal))).toEqual(seal)
  })

  it('is refused at height 0, which is genesis', () => {
    const payload = forged(encodeSeal(seal), (map) => map.set('height', 0))
    expect(() => decodeSeal(payload)).toThrow(expect.objectContaining({ code: 'malformed_statement' }))
  })
})

describe('channel and stream ids', () => {
  it('name a channel by its genesis without the channel field', () => {
    const map = decodeCbor(encodeEvent(genesis), LIMITS) as CborMap
    map.delete('channel')
    expect(channelId(genesis)).toBe(toHex(sha256(encodeCbor(map))))
  })

  it('change with every part of a stream name, and not by moving text between parts', () => {
    const names = [
      streamId(channel, actor, 'a', 'bc'),
      streamId(channel, actor, 'ab', 'c'),
      streamId(channel, 'f'.repeat(32) as typeof actor, 'a', 'bc'),
      streamId('0'.repeat(64) as typeof channel, actor, 'a', 'bc'),
      ...streams,
    ]
    expect(new Set(names).size).toBe(names.length)
  })
})
