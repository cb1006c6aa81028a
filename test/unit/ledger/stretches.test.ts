/** Stretches of streams at assets: what readings and gaps belong to, the same on every replica whether it ran on or was started again. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { followEvent, SaidValues } from '../../../src-main/ledger/follow-event.ts'
import { openLedger, type Ledger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { encodeCoreValue } from '../../../src-main/record/core-state.ts'
import { knownRules } from '../../../src-main/record/rules.ts'

import { toHex } from '../../../src-main/wire/bytes.ts'
import { encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { MAX_ASSET_STREAMS, MAX_EFFECT_VALUE_BYTES, MAX_STREAM_STRETCHES } from '../../../src-main/wire/limits.ts'
import type { Proposed } from '../../../src-main/wire/proposal.ts'
import { incarnationOf, TEST_EPOCH_US, type TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'

const VAN = 'urn:own:van-1'
const TANK = 'urn:own:tank-1'

/** Both replicas accept the same statement, and come to the same state. */
function acceptedAlike(channel: TestChannel, replicas: readonly [Ledger, Ledger], statement: Proposed): void {
  for (const ledger of replicas) expect(commitOne(ledger, statement).outcome).toBe('accepted')
  for (let i = 0; i < 2; i++) {
    const draft = replicas[0].sealDraft()
    const sealed = channel.seal({ ...channel.member(0) }, draft, draft.minTimeUs)
    for (const ledger of replicas) expect(commitOne(ledger, sealed)).toMatchObject({ outcome: 'accepted' })
  }
  expect(toHex(replicas[1].closedStateRoot())).toBe(toHex(replicas[0].closedStateRoot()))
}

test('a replica that is started again knows every stretch that readings to come belong to, also one that ends ahead', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'km')
  commit(ledger, channel.registerAsset(channel.member(0), VAN), channel.registerAsset(channel.member(0), TANK), opened)
  commit(ledger, channel.bindStream(gateway, opened.stream, VAN))
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2, 3])))
  const close = { stream: opened.stream, asset: VAN, lastSequence: 150 }
  commit(ledger, channel.event(gateway, 'stream.unbound', close))
  commit(ledger, channel.bindStream(gateway, opened.stream, TANK, 200))
  seal(channel, ledger)
  const again = openLedger({ addon, memory: true, image: ledger.image() })
  acceptedAlike(channel, [ledger, again], channel.batch(gateway, channel.floats(opened.stream, 3, [4, 5, 6])))
})

test('a gap belongs to an asset once, however many of its stretches it touches, and to a stretch that it borders on', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const { channel, ledger } = testLedger({}, { file })
  const gateway = channel.member(1)
  const { stream, ...opened } = channel.openStream(gateway, 'van', 'km')
  const gap = (fromSequence: number, toSequence: number) => ({
    stream,
    fromSequence,
    toSequence,
    fromTimeUs: TEST_EPOCH_US,
    toTimeUs: TEST_EPOCH_US + 1e6,
    reason: 'link down',
  })
  const move = (asset: string, lastSequence: number, to: string) => [
    channel.event(gateway, 'stream.unbound', { stream, asset, lastSequence }),
    channel.bindStream(gateway, stream, to, lastSequence + 1),
  ]
  commit(ledger, channel.registerAsset(channel.member(0), VAN), channel.registerAsset(channel.member(0), TANK), opened)
  commit(ledger, channel.bindStream(gateway, stream, VAN))
  commit(ledger, ...move(VAN, 9, VAN))
  commit(ledger, channel.batch(gateway, [], { gaps: [gap(0, 12)] }))
  commit(ledger, ...move(VAN, 12, TANK))
  commit(ledger, channel.batch(gateway, [], { gaps: [gap(13, 14)] }))
  seal(channel, ledger)
  const reader = openReader(file)
  expect([VAN, TANK].map((asset) => reader.histories.gapsAt(asset, stream, 1)?.count)).toEqual([2, 1])
  reader.close()
  ledger.close()
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
})

test('a stream stands at so many assets at once, and the longest list of an asset still is a value that an event may leave', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const at = (i: number) => `urn:own:asset-${i}`
  for (let i = 0; i <= MAX_STREAM_STRETCHES; i++) commit(ledger, channel.registerAsset(channel.member(0), at(i)))
  const { stream, ...opened } = channel.openStream(gateway, 'van', 'km')
  commit(ledger, opened)
  const outcomes = Array.from({ length: MAX_STREAM_STRETCHES + 1 }, (_, i) =>
    commitOne(ledger, channel.bindStream(gateway, stream, at(i))),
  )
  expect(outcomes.slice(0, -1).every(({ outcome }) => outcome === 'accepted')).toBe(true)
  expect(outcomes.at(-1)).toMatchObject({ outcome: 'invalid', reason: 'stream-assets-many' })
  const widest = { first: Number.MAX_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER }
  const streams = Array.from({ length: MAX_ASSET_STREAMS }, () => ({ stream: 'f'.repeat(32) as StreamId, ...widest }))
  expect(encodeCbor(encodeCoreValue('asset-streams', { streams })).length).toBeLessThan(MAX_EFFECT_VALUE_BYTES)
})

test('a fence lists neither assets nor state, and a reader follows it', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  commit(ledger, channel.event(gateway, 'gateway.alive', {}))
  const { actor, incarnation: ends } = gateway
  const next = { incarnation: incarnationOf('next'), sequence: 0, previous: null }
  const fence = (change: object) => channel.event({ ...gateway, ...next }, 'gateway.resumed', { ends }, change)
  for (const [change, reason] of [
    [{ assets: [VAN] }, 'assets-differ'],
    [{ consumes: [[new Uint8Array(32), null]] }, 'consumes-differ'],
  ] as const)
    expect(commitOne(ledger, fence(change))).toMatchObject({ outcome: 'bad', reason })
  const sound = fence({})
  expect(commitOne(ledger, sound).outcome).toBe('accepted')
  expect(ledger.nextSequence(actor)).toBe(1)
  expect(
    followEvent(
      new SaidValues(),
      knownRules,
      { index: 3, height: 0, timeUs: 0 },
      { bytes: sound.entry, cameTo: 'done' },
    ),
  ).toBe(true)
})
