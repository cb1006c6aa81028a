import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { decodeGap, encodeGap, linkGap } from '../../../src-main/record/gap-chain.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import { TEST_EPOCH_US, TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'

const ASSET = 'urn:own:van-1'

function gapOf(stream: StreamId, fromSequence: number, toSequence: number): Gap {
  const [fromTimeUs, toTimeUs] = [TEST_EPOCH_US + fromSequence * 1e6, TEST_EPOCH_US + toSequence * 1e6 + 2e6]
  return { stream, fromSequence, toSequence, fromTimeUs, toTimeUs, reason: 'link down' }
}

test('gaps of a bound stream are chained in the state, over restarts, and can be read by their numbers', () => {
  const file = `${temporaryFolder(onTestFinished)}/ledger.db`
  const channel = new TestChannel(addon)
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'km')
  const gaps = [gapOf(opened.stream, 2, 4), gapOf(opened.stream, 6, 5), gapOf(opened.stream, 7, 9)]
  let ledger = openLedger({ addon, file, genesis: channel.genesis })
  commit(
    ledger,
    channel.registerAsset(channel.member(0), ASSET),
    opened,
    channel.bindStream(gateway, opened.stream, ASSET),
  )
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2]), { gaps: gaps.slice(0, 1) }))
  seal(channel, ledger)
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 5, [3]), { gaps: gaps.slice(1, 2) }))
  ledger.close()
  ledger = openLedger({ addon, file })
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 6, [4]), { gaps: gaps.slice(2) }))
  seal(channel, ledger)
  ledger.close()

  const reader = openReader(file)
  onTestFinished(() => reader.close())
  const { histories } = reader
  expect(histories.gapsAt(ASSET, opened.stream, 1)).toEqual(linkGap(null, gaps[0]!))
  expect(histories.gapsAt(ASSET, opened.stream, 2)).toEqual(
    gaps.reduce<null | ReturnType<typeof linkGap>>(linkGap, null),
  )
  expect(histories.gaps(ASSET, opened.stream, 0, 3).map((gap) => decodeGap(gap))).toEqual(gaps)
  expect(histories.gaps(ASSET, opened.stream, 1, 2).map(toHex)).toEqual([toHex(encodeGap(gaps[1]!))])
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
})

test('a period that begins within a gap is opened by a seal whose state has not that gap yet', () => {
  const file = `${temporaryFolder(onTestFinished)}/ledger.db`
  const { channel, ledger } = testLedger({}, { file })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'km')
  commit(
    ledger,
    channel.registerAsset(channel.member(0), ASSET),
    opened,
    channel.bindStream(gateway, opened.stream, ASSET),
  )
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 0, [1, 2])))
  seal(channel, ledger)
  const silence = { ...gapOf(opened.stream, 2, 1), fromTimeUs: TEST_EPOCH_US + 1e6, toTimeUs: TEST_EPOCH_US + 40e6 }
  commit(ledger, channel.batch(gateway, [], { gaps: [silence] }))
  seal(channel, ledger)
  commit(ledger, channel.batch(gateway, channel.floats(opened.stream, 2, [3], TEST_EPOCH_US + 38e6)))
  seal(channel, ledger)
  seal(channel, ledger)
  const size = ledger.size
  ledger.close()
  const reader = openReader(file)
  onTestFinished(() => reader.close())
  const span = { fromUs: TEST_EPOCH_US + 20e6, toUs: TEST_EPOCH_US + 40e6 }
  const bracket = reader.histories.bracket(ASSET, [opened.stream], span, size)
  const height = (bracket?.older?.height ?? 0) - 1
  expect([bracket?.older?.height, reader.histories.at(ASSET, opened.stream, height)?.size]).toEqual([2, 2])
  expect(reader.histories.gapsAt(ASSET, opened.stream, height)).toBeNull()
})

test('the newest source time of a history stays when a clock is set back', () => {
  const file = `${temporaryFolder(onTestFinished)}/ledger.db`
  const { channel, ledger } = testLedger({}, { file })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'km')
  commit(
    ledger,
    channel.registerAsset(channel.member(0), ASSET),
    opened,
    channel.bindStream(gateway, opened.stream, ASSET),
  )
  const readings = [10, 30, 20].map((second, sequence) => ({
    stream: opened.stream,
    sequence,
    sourceTimeUs: TEST_EPOCH_US + second * 1e6,
    value: { kind: 'float', value: second } as const,
  }))
  commit(ledger, channel.batch(gateway, readings))
  seal(channel, ledger)
  ledger.close()
  const reader = openReader(file)
  onTestFinished(() => reader.close())
  expect(reader.histories.at(ASSET, opened.stream, 1)).toMatchObject({
    firstTimeUs: TEST_EPOCH_US + 10e6,
    lastTimeUs: TEST_EPOCH_US + 20e6,
    newestTimeUs: TEST_EPOCH_US + 30e6,
  })
})

test('opening a stream anew does not change what its readings mean', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'press', 'temperature', { unit: 'Cel' })
  commit(ledger, opened, channel.batch(gateway, channel.floats(opened.stream, 0, [20])))
  for (const change of [{ unit: 'K' }, { quantity: 'scrap' }, { kind: 'text' }, { simulated: false }] as const) {
    const anew = channel.openStream(gateway, 'press', 'temperature', { unit: 'Cel', fromSequence: 1, ...change })
    expect(commitOne(ledger, anew)).toMatchObject({
      outcome: 'invalid',
      reason: 'stream-measures-other',
    })
  }
  const relabelled = channel.openStream(gateway, 'press', 'temperature', { unit: 'Cel', fromSequence: 1, label: 'Die' })
  expect(commitOne(ledger, relabelled).outcome).toBe('accepted')
})

test('an asset that two gateways register alike is one asset; another description of it is invalid', () => {
  const { channel, ledger } = testLedger()
  expect(commitOne(ledger, channel.registerAsset(channel.member(0), ASSET)).outcome).toBe('accepted')
  expect(commitOne(ledger, channel.registerAsset(channel.member(1), ASSET)).outcome).toBe('accepted')
  const body = { asset: ASSET, scheme: 'own', type: 'lorry', name: 'x', attributes: {}, packs: [], simulated: true }
  expect(commitOne(ledger, channel.event(channel.member(2), 'asset.registered', body))).toMatchObject({
    outcome: 'invalid',
    reason: 'asset-differs',
  })
})
