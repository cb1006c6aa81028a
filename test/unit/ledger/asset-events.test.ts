/** What is said of assets: who may say it, and what it leaves behind. */
import { describe, expect, test } from 'vitest'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { CoreRefusalCode } from '../../../src-main/record/refusals.ts'
import { TEST_EPOCH_US } from '../../support/channel.ts'
import type { TestChannel } from '../../support/channel.ts'
import { commitOne, seal, testLedger } from './drive.ts'

const [LOT, CASE, PALLET, TRUCK] = ['urn:own:lot', 'urn:own:case', 'urn:own:pallet', 'urn:own:truck'] as const
const ALL = [LOT, CASE, PALLET, TRUCK]

function registered(assets: readonly string[] = ALL) {
  const { channel, ledger } = testLedger({ severalOwners: true })
  const [owner, other] = [channel.member(0), channel.member(1)]
  for (const asset of assets) commitOne(ledger, channel.registerAsset(owner, asset))
  const say = <T extends CoreEventType>(type: T, body: CoreEvents[T], who = owner): Outcome =>
    commitOne(ledger, channel.event(who, type, body, { consumes: ledger.consumed(type, body) }))
  return { channel, ledger, owner, other, say }
}

type Said = [CoreEventType, CoreEvents[CoreEventType]]
const aboutLot: Said[] = [
  ['asset.observed', { assets: [LOT], step: 'receiving', place: null }],
  ['asset.attributed', { asset: LOT, attributes: { grade: 'A' } }],
  ['asset.transformed', { inputs: [portion(LOT)], outputs: [portion(CASE)], step: 'filling', place: null }],
  ['asset.aggregated', { container: PALLET, content: [LOT], action: 'pack', place: null }],
  ['milestone.stated', { asset: LOT, milestone: 'gate-out', status: 'actual', atUs: TEST_EPOCH_US, place: null }],
]

function portion(asset: string): { asset: string; quantity: number; unit: string } {
  return { asset, quantity: 10, unit: 'kg' }
}

describe('what is said of an asset', () => {
  test.each(aboutLot)('%s is taken of its owner, and of nobody without relation to it', (type, body) => {
    const { say, other } = registered()
    expect(say(type, body, other)).toMatchObject({ outcome: 'invalid', reason: 'no-relation' })
    expect(say(type, body)).toMatchObject({ outcome: 'accepted' })
  })

  test.each(aboutLot)('%s is taken of a party that its owner named', (type, body) => {
    const { say, other } = registered()
    const party = other.actor
    expect(say('asset.bound', { asset: LOT, party }, other)).toMatchObject({ reason: 'no-relation' })
    for (const asset of ALL) expect(say('asset.bound', { asset, party }).outcome).toBe('accepted')
    expect(say(type, body, other).outcome).toBe('accepted')
  })

  test('a party cannot name others', () => {
    const { say, other, channel } = registered()
    say('asset.bound', { asset: LOT, party: other.actor })
    const party = channel.member(2).actor
    expect(say('asset.bound', { asset: LOT, party }, other)).toMatchObject({ reason: 'no-relation' })
  })

  test('a party is a member, and there are so many at most', () => {
    const { say, owner } = registered()
    const nobody = '00'.repeat(16) as typeof owner.actor
    expect(say('asset.bound', { asset: LOT, party: nobody })).toMatchObject({ reason: 'receiver-no-member' })
  })

  test('must be about one that is registered', () => {
    const { say } = registered([])
    for (const [type, body] of aboutLot) expect(say(type, body)).toMatchObject({ reason: 'asset-unknown' })
  })

  test('lies in time around ledger time, by the second', () => {
    const { channel, ledger, owner } = registered()
    const around = ledger.lastSeal().timeUs
    const DAY_US = 86_400_000_000
    const observed = (occurredAtUs: number): Outcome =>
      commitOne(
        ledger,
        channel.event(owner, 'asset.observed', { assets: [LOT], step: 'seen', place: null }, { occurredAtUs }),
      )
    for (const at of [around - 30 * DAY_US, around + 60_000_000]) expect(observed(at).outcome).toBe('accepted')
    for (const at of [around - 30 * DAY_US - 1, around + 60_000_001])
      expect(observed(at)).toMatchObject({ outcome: 'invalid', reason: 'time-implausible' })
  })

  test('is refused where it would leave behind more than can be proven', () => {
    const { say } = registered()
    const attributes = { note: 'x'.repeat(17_000) }
    expect(say('asset.attributed', { asset: LOT, attributes })).toMatchObject({ reason: 'state-too-large' })
    expect(say('asset.attributed', { asset: LOT, attributes: { note: 'x'.repeat(16_000) } }).outcome).toBe('accepted')
  })
})

describe('assets that are made of others', () => {
  const made = (inputs: string[], outputs: string[]): CoreEvents['asset.transformed'] => ({
    inputs: inputs.map(portion),
    outputs: outputs.map(portion),
    step: 'filling',
    place: null,
  })

  test.each<[string, CoreEvents['asset.transformed'], CoreRefusalCode]>([
    ['went into something', made([CASE], [LOT]), 'asset-has-past'],
    ['was made already', made([TRUCK], [CASE]), 'asset-has-past'],
    ['goes into itself', made([TRUCK], [TRUCK]), 'asset-itself'],
  ])('an output that %s is refused', (_, body, reason) => {
    const { say } = registered()
    expect(say('asset.transformed', made([LOT], [CASE])).outcome).toBe('accepted')
    expect(say('asset.transformed', body)).toMatchObject({ outcome: 'invalid', reason })
  })

  test('one lot may go into several', () => {
    const { say } = registered()
    for (const output of [CASE, PALLET, TRUCK])
      expect(say('asset.transformed', made([LOT], [output])).outcome).toBe('accepted')
  })

  test('of two that make the same one, the later one is stale', () => {
    const { channel, ledger, owner } = registered()
    const body = made([LOT], [CASE])
    const consumes = ledger.consumed('asset.transformed', body)
    const [first, second] = [0, 1].map(() => channel.event(owner, 'asset.transformed', body, { consumes }))
    expect(commitOne(ledger, first!).outcome).toBe('accepted')
    expect(commitOne(ledger, second!)).toMatchObject({ outcome: 'invalid', reason: 'stale-state' })
  })
})

describe('assets that are packed in others', () => {
  const packed = (container: string, content: string[], action: 'pack' | 'unpack' = 'pack') =>
    ['asset.aggregated', { container, content, action, place: null }] as const

  test('are in one at a time, never in themselves, and come out of that one only', () => {
    const { say } = registered()
    expect(say(...packed(CASE, [LOT])).outcome).toBe('accepted')
    expect(say(...packed(PALLET, [LOT]))).toMatchObject({ reason: 'asset-packed-already' })
    expect(say(...packed(PALLET, [CASE])).outcome).toBe('accepted')
    expect(say(...packed(LOT, [PALLET]))).toMatchObject({ reason: 'asset-itself' })
    expect(say(...packed(CASE, [CASE]))).toMatchObject({ reason: 'asset-itself' })
    expect(say(...packed(PALLET, [LOT], 'unpack'))).toMatchObject({ reason: 'asset-not-packed' })
    expect(say(...packed(CASE, [LOT], 'unpack')).outcome).toBe('accepted')
    expect(say(...packed(PALLET, [LOT])).outcome).toBe('accepted')
  })

  test('go sixteen deep, from whichever end they are packed', () => {
    const names = Array.from({ length: 18 }, (_, i) => `urn:own:box-${String(i)}`)
    const inner = registered(names)
    for (let i = 0; i < 16; i++) expect(inner.say(...packed(names[i + 1]!, [names[i]!])).outcome).toBe('accepted')
    expect(inner.say(...packed(names[17]!, [names[16]!]))).toMatchObject({ reason: 'packing-too-deep' })
    const outer = registered(names)
    for (let i = 16; i > 0; i--) expect(outer.say(...packed(names[i]!, [names[i - 1]!])).outcome).toBe('accepted')
    expect(outer.say(...packed(names[0]!, [names[17]!]))).toMatchObject({ reason: 'packing-too-deep' })
  })
})

test('an asset with everything said of it comes back after a start with the same state', () => {
  const { channel, ledger, say } = registered()
  for (const [type, body] of aboutLot) say(type, body)
  expect(sealedRoot(channel, ledger)).toHaveLength(32)
})

function sealedRoot(channel: TestChannel, ledger: Ledger): Uint8Array {
  seal(channel, ledger)
  return ledger.closedStateRoot()
}
