/** What a member with keys could do to stop the others, or to stand in the way of other people's assets. */
import { expect, onTestFinished, test } from 'vitest'
import { join } from 'node:path'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { encodeBody } from '../../../src-main/record/events.ts'
import { kinds } from '../../../src-main/record/kinds.ts'
import { TEST_EPOCH_US, TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'

const LAST = Number.MAX_SAFE_INTEGER

test('no sequence goes beyond what state can hold, and no gap ends in a time to come: the ledger goes on sealing', () => {
  const { ledger, channel } = testLedger()
  const liar = channel.member(1)
  const opened = channel.openStream(liar, 'press', 'temperature')
  commit(ledger, opened)
  const times = { fromTimeUs: TEST_EPOCH_US, toTimeUs: TEST_EPOCH_US }
  const gap = { stream: opened.stream, fromSequence: 0, toSequence: LAST, ...times, reason: 'lost' }
  expect(commitOne(ledger, channel.batch(liar, [], { gaps: [gap] })).reason).toBe('sequence-break')
  const ahead = { ...gap, toSequence: 9, toTimeUs: LAST }
  expect(commitOne(ledger, channel.batch(liar, [], { gaps: [ahead] })).reason).toBe('gap-times')
  expect(seal(channel, ledger).reason).toBeUndefined()
})

test('an attribute nested as deep as an event can carry it is read again by whoever starts anew', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const channel = new TestChannel(addon)
  const ledger = openLedger({ addon, file, genesis: channel.genesis })
  let nested: string | unknown[] = 'deep'
  for (let level = 0; level < 13; level++) nested = [nested]
  const asset = 'urn:own:deep'
  const body = { asset, scheme: 'own', type: 'tank', name: 'Tank', attributes: { nested }, packs: [], simulated: true }
  const registered = channel.event(channel.member(0), 'asset.registered', body as never, {
    body: encodeBody('asset.registered', body as never),
  })
  expect(commitOne(ledger, registered).reason).toBeUndefined()
  seal(channel, ledger)
  ledger.close()
  const again = openLedger({ addon, file })
  const milestone = { asset, milestone: 'gate-out', status: 'planned', atUs: TEST_EPOCH_US, place: null } as const
  expect(commitOne(again, channel.event(channel.member(0), 'milestone.stated', milestone)).reason).toBeUndefined()
  again.close()
})

test('who packs an asset of others into a box of their own does not keep it: its owner unpacks it', () => {
  const { ledger, channel } = testLedger({ severalOwners: true })
  const [owner, party] = [channel.member(0), channel.member(1)]
  const [asset, box] = ['urn:own:goods', 'urn:own:box']
  commit(ledger, channel.registerAsset(owner, asset), channel.registerAsset(party, box))
  const packing = { container: box, content: [asset], place: null }
  const bound = channel.event(owner, 'asset.bound', { asset, party: party.actor })
  expect(commitOne(ledger, bound).reason).toBeUndefined()
  const aggregated = (member: typeof owner, action: 'pack' | 'unpack') =>
    commitOne(ledger, channel.event(member, 'asset.aggregated', { ...packing, action }))
  expect(aggregated(party, 'pack').reason).toBeUndefined()
  expect(aggregated(channel.member(2), 'unpack').reason).toBe('no-relation')
  expect(aggregated(owner, 'unpack').reason).toBeUndefined()
  expect(aggregated(party, 'pack').reason).toBeUndefined()
})

test('one voter alone does not take the time of a channel that was just founded where nobody can follow', () => {
  const { ledger, channel } = testLedger()
  const foundedUs = ledger.lastSeal().timeUs
  const alive = (member: number, occurredAtUs: number) =>
    commitOne(ledger, channel.event(channel.member(member), 'gateway.alive', {}, { occurredAtUs })).reason
  expect(alive(1, LAST)).toBeUndefined()
  expect(ledger.sealDraft().maxTimeUs).toBe(foundedUs + 1)
  expect(alive(0, TEST_EPOCH_US + 1)).toBeUndefined()
  expect(ledger.sealDraft().maxTimeUs).toBe(TEST_EPOCH_US + 60_000_001)
})

test('whoever has nothing to do with an asset cannot lengthen its history, neither by certificates nor by its own registration', () => {
  const { ledger, channel } = testLedger({ severalOwners: true })
  const [owner, stranger] = [channel.member(0), channel.member(1)]
  const asset = 'urn:own:goods'
  commit(ledger, channel.registerAsset(owner, asset))
  const issued = { ...kinds['certificate.issued'].example, asset, pack: 'odometer' }
  const say = (member: typeof owner) => commitOne(ledger, channel.event(member, 'certificate.issued', issued)).reason
  expect([say(stranger), say(owner)]).toEqual(['no-relation', 'pack-inactive'])
  const again = (member: typeof owner) => commitOne(ledger, channel.registerAsset(member, asset)).reason
  expect([again(stranger), again(owner)]).toEqual(['no-relation', undefined])
})
