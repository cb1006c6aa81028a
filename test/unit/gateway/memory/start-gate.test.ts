import { describe, expect, it } from 'vitest'
import { StartGate, type LossReason } from '../../../../src-main/gateway/memory/start-gate.ts'

function gate(voters: number, loss: LossReason | null): StartGate {
  return new StartGate({ self: 1, voters: Array.from({ length: voters }, (_, i) => i + 1), loss, nowMs: 1_000 })
}

const mute = null

describe('a start whose memory is whole', () => {
  it('opens when all peers have answered, mute ones too', () => {
    const start = gate(3, null)
    expect(start.missing(1_000)).toBe(2)
    start.heard(2, 4)
    expect(start.missing(1_100)).toBe(1)
    start.heard(3, mute)
    expect(start.missing(1_100)).toBe(0)
  })

  it('opens after a second whoever is away: one that is gone for ever must not keep the rest out', () => {
    const start = gate(3, null)
    expect(start.missing(1_999)).toBe(2)
    expect(start.missing(2_000)).toBe(0)
  })

  it('of one alone opens at once', () => {
    expect(gate(1, null).missing(1_000)).toBe(0)
  })

  it('is a broken one as soon as a peer shows more', () => {
    const start = gate(3, null)
    start.lose('peers-know-more')
    expect(start.missing(9_999)).toBe(2)
    expect(start.loss).toBe('peers-know-more')
  })
})

describe('a start whose memory is broken', () => {
  it.each([
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [7, 6],
  ])('of %i voters hears %i others, however long it takes', (voters, others) => {
    const start = gate(voters, 'ledger-old')
    for (let id = 2; id < 2 + others; id++) {
      expect(start.missing(1e9)).toBe(others + 2 - id)
      start.heard(id, id)
    }
    expect(start.missing(1_000)).toBe(0)
    expect(start.term(0)).toBe(others + 1)
  })

  it('counts neither itself, nor strangers, nor one that is mute, nor one twice', () => {
    const start = gate(3, 'ledger-missing')
    start.heard(1, 9)
    start.heard(7, 9)
    start.heard(2, 5)
    start.heard(2, 6)
    start.heard(3, mute)
    expect(start.missing(1e9)).toBe(1)
    start.heard(3, 2)
    expect(start.missing(1e9)).toBe(0)
    expect(start.term(0)).toBe(6)
  })

  it('forgets what a peer told that has lost its own memory since', () => {
    const start = gate(3, 'mark-missing')
    start.heard(2, 5)
    start.heard(2, mute)
    start.heard(3, 5)
    expect(start.missing(1e9)).toBe(1)
  })

  it('of a voter alone never opens: nobody else knows what it promised', () => {
    expect(gate(1, 'ledger-old').missing(1e9)).toBe(1)
  })

  it('believes no term far beyond its own of one voter alone, and the largest numbers of nobody', () => {
    const start = gate(3, 'ledger-old')
    start.heard(2, 2 ** 53 - 1)
    start.heard(3, 7)
    expect(start.term(5)).toBe(7 + 2 ** 20)
    start.heard(3, 2 ** 53 - 1)
    expect(start.term(5)).toBe(2 ** 52)
  })
})
