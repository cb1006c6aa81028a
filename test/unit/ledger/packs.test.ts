import { expect, test } from 'vitest'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { NOTHING_SAID } from '../../../src-main/record/contracts.ts'
import type { TestChannel } from '../../support/channel.ts'
import { commit, commitOne, seal, testLedger } from './drive.ts'
import { ASSET } from './recorded.ts'

const pack = {
  id: 'counter',
  version: '1',
  hash: new Uint8Array(32).fill(1),
  ruleHash: new Uint8Array(32).fill(3),
  engineHash: new Uint8Array(32).fill(2),
  parameters: { step: 2 },
}

function started(): { channel: TestChannel; ledger: Ledger } {
  return testLedger({ packs: [pack] }, { contracts: { decide: () => NOTHING_SAID } })
}

test('an asset is bound to packs that are active, and its readings are recorded whoever judges them', () => {
  const { channel, ledger } = started()
  const gateway = channel.member(1)
  expect(commitOne(ledger, channel.registerAsset(gateway, 'urn:own:x', ['unknown']))).toMatchObject({
    outcome: 'invalid',
    reason: 'pack-inactive',
  })
  const opened = channel.openStream(gateway, 'van', 'km')
  const said = [
    channel.registerAsset(channel.member(0), ASSET, ['counter']),
    opened,
    channel.bindStream(gateway, opened.stream, ASSET),
    channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2])),
  ]
  expect(commit(ledger, ...said).map(({ outcome }) => outcome)).toEqual(said.map(() => 'accepted'))
  expect(seal(channel, ledger).outcome).toBe('accepted')
  ledger.close()
})

test('a pack’s event lists its assets ascending, each once, and consumes nothing', () => {
  const { channel, ledger } = started()
  for (const asset of ['a', 'b']) commit(ledger, channel.registerAsset(channel.member(0), asset))
  const said = (change: object) =>
    commitOne(ledger, channel.event(channel.member(1), 'gateway.alive', {}, { type: 'counter.reset', ...change }))
      .reason
  expect(said({ assets: ['a', 'a'] })).toBe('assets-differ')
  expect(said({ assets: ['b', 'a'] })).toBe('assets-differ')
  expect(said({ consumes: [[new Uint8Array(32), null]] })).toBe('consumes-differ')
  expect(said({ assets: ['a', 'b'] })).toBeUndefined()
  ledger.close()
})
