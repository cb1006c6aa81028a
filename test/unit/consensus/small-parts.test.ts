import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Backoff } from '../../../src-main/consensus/backoff.ts'
import { ClockSamples } from '../../../src-main/consensus/clock-samples.ts'
import {
  encodeFrame,
  FRAME,
  FRAME_BODY_BYTES_MAX,
  FrameDecoder,
  NO_CHANNEL,
  type FrameType,
} from '../../../src-main/consensus/frames.ts'
import { decodeReport, encodeReport, LogRetention } from '../../../src-main/consensus/log-retention.ts'
import {
  BACKLOG_BYTES_MAX,
  PROPOSAL_BYTES_TARGET,
  ProposalBacklog,
} from '../../../src-main/consensus/proposal-backlog.ts'
import { decodeProposal, type Proposed } from '../../../src-main/wire/proposal.ts'

describe('waiting between attempts', () => {
  it('doubles from 100 ms to 0.8 s, cut by at most a half, and begins anew after a success', () => {
    const slow = new Backoff(() => 0)
    const quick = new Backoff(() => 0.999_999)
    const waits = Array.from({ length: 9 }, () => slow.nextMs())
    expect(waits.slice(0, 6)).toEqual([200, 400, 800, 800, 800, 800])
    expect(waits.at(-1)).toBe(800)
    expect(
      Array.from({ length: 9 }, () => quick.nextMs()).every((ms, i) => ms >= Math.max(100, (waits[i] ?? 0) / 2 - 1)),
    ).toBe(true)
    slow.reset()
    expect(slow.nextMs()).toBe(200)
  })
})

describe('clock samples', () => {
  const sample = (offsetUs: number, thereUs: number, backUs: number) => ({
    sentWallUs: 1_000_000,
    sentMonotonicUs: 50,
    peerReceivedUs: 1_000_000 + thereUs + offsetUs,
    peerSentUs: 1_000_000 + thereUs + offsetUs,
    backMonotonicUs: 50 + thereUs + backUs,
  })

  it('trust the shortest round trip, with half of it as the error', () => {
    const samples = new ClockSamples()
    expect(samples.offset()).toBeNull()
    samples.add(sample(500, 90_000, 1_000))
    samples.add(sample(500, 200, 200))
    samples.add(sample(500, 1_000, 40_000))
    expect(samples.offset()).toEqual({ offsetUs: 500, errorUs: 200 })
  })

  it('ignore a peer that claims to have held the ping longer than it was away', () => {
    const samples = new ClockSamples()
    samples.add({ ...sample(0, 10, 10), peerSentUs: 2_000_000 })
    expect(samples.offset()).toBeNull()
  })
})

describe('frames', () => {
  function decodeAll(stream: Uint8Array, chunkBytes: number): [FrameType, number][] {
    const seen: [FrameType, number][] = []
    const decoder = new FrameDecoder((type, body) => seen.push([type, body.length]))
    for (let at = 0; at < stream.length; at += chunkBytes) decoder.push(stream.subarray(at, at + chunkBytes))
    return seen
  }

  it('come out whole however the stream is cut', () => {
    const frames = [
      encodeFrame(FRAME.raft, Buffer.alloc(300, 1)),
      encodeFrame(FRAME.status, Buffer.alloc(0)),
      encodeFrame(FRAME.forward, Buffer.alloc(50_000, 2), true),
    ]
    const stream = Buffer.concat(frames.flatMap(({ header, body }) => [header, body]))
    expect(stream.length).toBeLessThan(1_000)
    for (const cut of [1, 2, 3, 5, 7, 64, 100_000])
      expect(decodeAll(stream, cut)).toEqual([
        [FRAME.raft, 300],
        [FRAME.status, 0],
        [FRAME.forward, 50_000],
      ])
  })

  it('carry the channel that they are of, and links none', () => {
    const seen: [FrameType, string][] = []
    const decoder = new FrameDecoder((type, _, channel) => seen.push([type, channel]))
    const frames = [
      encodeFrame(FRAME.raft, Buffer.alloc(3), false, '0123456789abcdef'),
      encodeFrame(FRAME.status, Buffer.alloc(50_000), true, 'fedcba9876543210'),
      encodeFrame(FRAME.forward, Buffer.alloc(0)),
    ]
    for (const { header, body } of frames) decoder.push(Buffer.concat([header, body]))
    expect(seen).toEqual([
      [FRAME.raft, '0123456789abcdef'],
      [FRAME.status, 'fedcba9876543210'],
      [FRAME.forward, NO_CHANNEL],
    ])
    expect(encodeFrame(FRAME.link, Buffer.alloc(3)).header).toHaveLength(5)
    expect(() => decoder.push(Buffer.from([8, 0, 0, 0, FRAME.raft]))).toThrow(
      expect.objectContaining({ code: 'frame_malformed' }),
    )
  })

  it('are not compressed where that saves nothing', () => {
    const noise = new Uint8Array(randomBytes(20_000))
    expect(encodeFrame(FRAME.raft, noise, true).body).toBe(noise)
  })

  it('that unpack beyond their cap are refused', () => {
    const bomb = encodeFrame(FRAME.raft, Buffer.alloc(FRAME_BODY_BYTES_MAX[FRAME.raft]), true)
    const header = Buffer.from(bomb.header)
    header[4] = FRAME.status | 0x80
    const decoder = new FrameDecoder(() => expect.unreachable())
    decoder.push(header)
    expect(() => decoder.push(bomb.body)).toThrow(expect.objectContaining({ code: 'frame_too_large' }))
  })

  it('that are not zstd though marked so are refused', () => {
    const decoder = new FrameDecoder(() => expect.unreachable())
    expect(() => decoder.push(Buffer.from([5, 0, 0, 0, FRAME.raft | 0x80, 1, 2, 3, 4]))).toThrow(
      expect.objectContaining({ code: 'frame_malformed' }),
    )
  })

  it('survive arbitrary bytes: each chunk is decoded or refused with a code', () => {
    let state = 1
    const next = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0)
    for (let round = 0; round < 500; round++) {
      const decoder = new FrameDecoder(() => undefined)
      const chunk = Uint8Array.from({ length: 40 }, () => (next() >>> 24) & (round % 2 === 0 ? 0xff : 0x07))
      try {
        decoder.push(chunk)
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^frame_/)
      }
    }
  })
})

describe('the backlog of proposals', () => {
  const statement = (bytes: number, mark: number): Proposed => ({
    entry: Uint8Array.of(mark),
    payload: new Uint8Array(bytes),
  })
  const marksOf = (data: Uint8Array): number[] => decodeProposal(data).map(({ entry }) => entry[0] ?? -1)

  it('joins statements in order into proposals of at most 1 MiB', () => {
    const backlog = new ProposalBacklog()
    const statements = Array.from({ length: 10 }, (_, i) => statement(300_000, i))
    expect(backlog.push(1, statements)).toBe('taken')
    const proposals: Uint8Array[] = []
    expect(backlog.drain((data) => proposals.push(data))).toBe(10)
    expect(proposals).toHaveLength(4)
    expect(proposals.every((data) => data.length <= PROPOSAL_BYTES_TARGET)).toBe(true)
    expect(proposals.flatMap(marksOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect([backlog.count, backlog.bytes]).toEqual([0, 0])
  })

  it('lets a larger statement travel alone', () => {
    const backlog = new ProposalBacklog()
    backlog.push(1, [statement(10, 0), statement(3_000_000, 1), statement(10, 2)])
    const counts: number[] = []
    backlog.drain((data) => counts.push(marksOf(data).length))
    expect(counts).toEqual([1, 1, 1])
  })

  it('keeps what was not taken, in order', () => {
    const backlog = new ProposalBacklog()
    backlog.push(1, [statement(900_000, 0), statement(900_000, 1), statement(900_000, 2)])
    let room = 1
    expect(backlog.drain(() => (room-- > 0 ? 1 : null))).toBe(1)
    expect(backlog.count).toBe(2)
    const rest: number[] = []
    backlog.drain((data) => rest.push(...marksOf(data)))
    expect(rest).toEqual([1, 2])
  })

  it('refuses what does not fit, all or none, and what is above a member’s half', () => {
    const backlog = new ProposalBacklog()
    const large = Array.from({ length: 5 }, () => statement(8 * 1024 * 1024 - 100, 0))
    expect(backlog.push(1, large.slice(0, 2))).toBe('taken')
    expect(backlog.push(1, large.slice(0, 1))).toBe('busy')
    expect(backlog.push(2, large.slice(0, 1))).toBe('taken')
    expect(backlog.count).toBe(3)
    expect(backlog.bytes).toBeLessThan(BACKLOG_BYTES_MAX)
    expect(backlog.push(1, [statement(1, 0), statement(9 * 1024 * 1024, 1)])).toBe('too_large')
    expect(backlog.push(1, [{ entry: new Uint8Array(0), payload: null }])).toBe('too_large')
    expect(backlog.clear()).toBe(3)
  })

  it('gives members turns: who brings much does not keep the others waiting', () => {
    const backlog = new ProposalBacklog()
    backlog.push(
      2,
      Array.from({ length: 30 }, () => statement(100_000, 2)),
    )
    backlog.push(3, [statement(100, 3), statement(100, 3)])
    let first: number[] = []
    backlog.drain((data) => ((first = marksOf(data)), null))
    expect(first.slice(0, 4)).toEqual([2, 2, 3, 3])
  })

  it('leaves one member at most half of what may be uncommitted, until it is applied', () => {
    const backlog = new ProposalBacklog()
    backlog.push(
      2,
      Array.from({ length: 12 }, () => statement(1_000_000, 2)),
    )
    let index = 0
    expect(backlog.drain(() => (index += 1))).toBe(8)
    backlog.push(3, [statement(1_000_000, 3)])
    expect(backlog.drain(() => (index += 1))).toBe(1)
    backlog.applied(2)
    expect(backlog.drain(() => (index += 1))).toBe(2)
    backlog.applied(index)
    expect(backlog.drain(() => (index += 1))).toBe(2)
    expect([backlog.count, backlog.bytes]).toEqual([0, 0])
  })
})

describe('how much of the log is kept', () => {
  const limits = { keptEntries: 10, logEntriesMax: 1_000 }

  it('alone: everything but the newest entries can go', () => {
    const retention = new LogRetention(1, limits)
    expect(retention.compactTo(1, [1], 15)).toBeNull()
    expect(retention.compactTo(1, [1], 25)).toBe(15)
    retention.compacted(15)
    expect(retention.firstIndex).toBe(16)
    expect(retention.compactTo(1, [1], 34)).toBeNull()
  })

  it('with others: what the slowest still lacks stays, and one that was never heard lacks everything', () => {
    const retention = new LogRetention(1, limits)
    expect(retention.compactTo(1, [1, 2, 3], 500)).toBeNull()
    retention.heard(2, 400)
    expect(retention.compactTo(1, [1, 2, 3], 500)).toBeNull()
    retention.heard(3, 60)
    expect(retention.compactTo(1, [1, 2, 3], 500)).toBe(50)
    retention.heard(3, 40)
    expect(retention.compactTo(1, [1, 2, 3], 500)).toBe(50)
  })

  it('after a restart: nothing goes before the first entry that the core was given back', () => {
    const retention = new LogRetention(1, limits, 300)
    retention.heard(2, 250)
    expect(retention.compactTo(1, [1, 2], 500)).toBeNull()
    retention.heard(2, 310)
    expect(retention.compactTo(1, [1, 2], 500)).toBe(300)
  })

  it('at its bound: a member that stays away is left behind, and named', () => {
    const retention = new LogRetention(1, limits)
    retention.heard(2, 1_900)
    retention.heard(3, 5)
    expect(retention.compactTo(1, [1, 2, 3], 2_000)).toBe(1_000)
    retention.compacted(1_000)
    expect(retention.leftBehind()).toEqual([3])
  })

  it('reports survive the wire and are never taken for consensus messages', () => {
    expect(decodeReport(encodeReport(123_456_789_012))).toBe(123_456_789_012)
    expect(decodeReport(Uint8Array.of(0x08, 1, 2, 3, 4, 5, 6, 7, 8))).toBeNull()
    expect(decodeReport(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBeNull()
  })
})
