import { expect, onTestFinished, test } from 'vitest'
import { openReader } from '../../../src-main/ledger/reader.ts'
import type { LedgerReader } from '../../../src-main/ledger/reader.ts'
import { cosignerName } from '../../../src-main/proof/checkpoint.ts'
import { Frontier, leafHash, rangeRoot, verifyConsistency, verifyInclusion } from '../../../src-main/proof/merkle.ts'
import { verifyAbsence, verifyExistence } from '../../../src-main/proof/state-tree.ts'
import { decodeEntryBundle } from '../../../src-main/proof/tiles.ts'
import { parseTlogProof, verifyTlogProof } from '../../../src-main/proof/tlog-proof.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { coreKey } from '../../../src-main/record/core-state.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import { decodeLeaf } from '../../../src-main/wire/reading.ts'
import { treeKey } from '../../../src-main/record/state-keys.ts'
import { decodeBatchHeader } from '../../../src-main/record/statements.ts'
import { TEST_EPOCH_US } from '../../support/channel.ts'
import { addon, commit } from './drive.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ASSET, recorded, sealAndCosign } from './recorded.ts'
import type { Recorded } from './recorded.ts'

const BATCHES = 160

function reading(batches = BATCHES): Recorded & { reader: LedgerReader } {
  const record = recorded(temporaryFolder(onTestFinished), batches)
  const reader = openReader(record.file)
  onTestFinished(() => {
    reader.close()
    record.ledger.close()
  })
  return { ...record, reader }
}

test('entries, registers, blocks and counts are those of the writer, and follow it without opening again', () => {
  const { channel, ledger, reader, bound, free } = reading(20)
  expect(reader.size()).toBe(ledger.size)
  expect(toHex(reader.rootAt(ledger.size))).toBe(toHex(ledger.root()))
  expect(reader.members().map(({ name, keys }) => [name, keys.length])).toEqual([
    ['gateway-1', 5],
    ['gateway-2', 5],
    ['gateway-3', 5],
  ])
  expect(reader.channelState()).toMatchObject({ name: 'Test hall', simulated: true, quorum: 2 })
  expect(new Set(reader.streams().map(({ stream }) => stream))).toEqual(new Set([bound, free]))
  expect(reader.totalReadings()).toBe(ledger.readings)
  expect(reader.queue()).toMatchObject({ entries: 1, refused: 0 })
  const { blocks, total } = reader.blocks.blocks(3)
  expect(blocks.map(({ height }) => height)).toEqual([total - 1, total - 2, total - 3])
  expect(blocks[0]?.cosigners).toEqual(channel.members.map(({ name }) => cosignerName(channel.channel, name)))
  const all = reader.blocks.blocks(500).blocks
  expect(all.reduce((sum, block) => sum + block.entries, 0)).toBe(ledger.size)
  expect(all.reduce((sum, block) => sum + block.readings, 0)).toBe(ledger.readings)
  expect(reader.blocks.blockOf(5)).toMatchObject({ height: 1 })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'vin', { kind: 'text' })
  commit(ledger, opened)
  const openedAt: number = ledger.size - 1
  expect(reader.stream(opened.stream)).toMatchObject({ tag: 'vin', openedAt })
  expect(reader.checkpoint()?.text).toBe(ledger.checkpoint())
  commit(ledger, channel.bindStream(gateway, opened.stream, ASSET))
  expect([...reader.entries.eventsOf(ASSET)].map((index) => reader.entries.require(index).type)).toEqual([
    'asset.registered',
    'stream.bound',
    'stream.bound',
  ])
  expect(reader.asset(ASSET)?.streams.length).toBe(2)
  commit(ledger, channel.event(gateway, 'stream.unbound', { stream: opened.stream, asset: ASSET, lastSequence: -1 }))
  expect(reader.asset(ASSET)?.streams[1]).toMatchObject({ lastSequence: -1 })
  sealAndCosign(channel, ledger)
  expect(reader.asset(ASSET)?.streams[1]).toMatchObject({ lastSequence: -1 })
  const beyond: number = ledger.size
  expect(reader.entries.entry(beyond)).toBe(null)
})

test('every entry is proven to be in the tree, and every tree to begin with every smaller one', () => {
  const { ledger, reader } = reading()
  const size = ledger.size
  expect(size).toBeGreaterThan(300)
  for (const index of [0, 1, 7, 255, 256, 257, size - 1]) {
    const { bytes } = reader.entries.require(index)
    verifyInclusion({
      index,
      size,
      leafHash: leafHash(bytes),
      path: reader.log.inclusionPath(index, size),
      root: reader.rootAt(size),
    })
  }
  for (const old of [1, 2, 200, 256, 300, size]) {
    verifyConsistency({
      oldSize: old,
      newSize: size,
      oldRoot: reader.rootAt(old),
      newRoot: reader.rootAt(size),
      path: reader.consistencyPath(old, size),
    })
  }
  const proof = reader.tlogProof(11)
  verifyTlogProof(parseTlogProof(proof), reader.entries.require(11).bytes)
  expect(() => reader.tlogProof(size + 5)).toThrow('no checkpoint covers')
  expect(() => reader.rootAt(size + 1)).toThrow(`the ledger has ${size} entries`)
})

test('tiles and bundles have the widths and bytes of C2SP', () => {
  const { ledger, reader } = reading()
  const full = reader.log.tile('tile/0/000') as Uint8Array
  expect(full.length).toBe(256 * 32)
  expect(toHex(full.subarray(32 * 9, 32 * 10))).toBe(toHex(leafHash(reader.entries.require(9).bytes)))
  const width = ledger.size - 256
  expect(reader.log.tile(`tile/0/001.p/${width}`)?.length).toBe(width * 32)
  expect(reader.log.tile(`tile/0/001.p/${width + 1}`)).toBe(null)
  expect(toHex(reader.log.tile('tile/1/000.p/1') as Uint8Array)).toBe(toHex(reader.rootAt(256)))
  const bundle = decodeEntryBundle(reader.log.tile('tile/entries/000') as Uint8Array)
  expect(toHex(bundle[42] as Uint8Array)).toBe(toHex(reader.entries.require(42).bytes))
})

test('a state value of any seal is proven against the root that the next seal signed', () => {
  const { reader, bound } = reading(40)
  const newest = reader.blocks.newestSeal()
  for (const height of [1, 2, newest.height]) {
    const seal = reader.blocks.seal(height)
    const { root, items } = reader.state.prove(height - 1, [
      coreKey.channel(),
      coreKey.history(ASSET, bound),
      coreKey.asset('urn:own:nothing'),
    ])
    expect(toHex(root)).toBe(toHex(seal?.stateRoot as Uint8Array))
    for (const { stateKey, treeValue, proof } of items) {
      const claim = { root, treeKey: treeKey(stateKey), proof }
      if (treeValue === null) verifyAbsence(claim)
      else verifyExistence({ ...claim, treeValue })
    }
    expect(items[0]?.treeValue).not.toBe(null)
    expect(items[2]?.treeValue).toBe(null)
  }
})

test('a period lies between two histories: compact range at the first, leaves up to the second', () => {
  const { reader, bound } = reading(60)
  const span = { fromUs: TEST_EPOCH_US + 40e6, toUs: TEST_EPOCH_US + 90e6 }
  const bracket = reader.histories.bracket(ASSET, [bound], span, reader.size())
  const [older, newer] = [bracket?.older?.height ?? 0, bracket?.newer.height ?? 0]
  const before = reader.histories.at(ASSET, bound, older - 1)
  const after = reader.histories.at(ASSET, bound, newer - 1)
  if (before === null || after === null) throw new Error('the histories are missing')
  expect(before.lastTimeUs).toBeLessThan(span.fromUs)
  expect(after.lastTimeUs).toBeGreaterThanOrEqual(span.toUs)
  const leaves = reader.histories.leaves(ASSET, bound, before.size, after.size)
  const frontier = new Frontier(before.size, reader.histories.frontier(ASSET, bound, before.size))
  const { firstRoot, lastRoot } = rangeRoot({ before: frontier, leaves: leaves.map((leaf) => leaf.leafHash) })
  expect([toHex(firstRoot), toHex(lastRoot)]).toEqual([toHex(before.root), toHex(after.root)])
  const [leaf] = leaves
  if (leaf === undefined) throw new Error('no leaf')
  const cbor = addon.leafCbor(reader.payload(leaf.entry) as Uint8Array, leaf.batchPosition)
  expect(toHex(leafHash(cbor))).toBe(toHex(leaf.leafHash))
  expect(decodeLeaf(cbor)).toMatchObject({ stream: bound, sequence: before.size })
  const { root, count } = decodeBatchHeader(parseEntry(reader.entries.require(leaf.entry).bytes).payload)
  verifyInclusion({
    index: leaf.batchPosition,
    size: count,
    leafHash: leaf.leafHash,
    path: reader.entries.leafPath(leaf.entry, leaf.batchPosition),
    root,
  })
})

test('readings come by stream and source time, across the chunk that is full and the one that is not', () => {
  const { reader, bound, free } = reading()
  const all = reader.readings.readings(bound, { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }, 10_000)
  expect(all.more).toBe(false)
  expect(all.readings.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 3 * BATCHES }, (_, i) => i))
  const some = reader.readings.readings(bound, { fromUs: TEST_EPOCH_US + 100e6, toUs: TEST_EPOCH_US + 400e6 }, 50)
  expect([some.readings[0]?.sequence, some.readings.length, some.more]).toEqual([100, 50, true])
  const newest = reader.newestEntry(free) as number
  expect(
    reader.readings.readings(free, { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }, 10_000).readings.at(-1)?.entry,
  ).toBe(newest)
  expect(reader.newestEntry('0'.repeat(32) as typeof free)).toBe(null)
})

test('a chart has the extremes of each bucket, whether read from payloads or from the index', () => {
  const { reader, free } = reading()
  const span = { fromUs: TEST_EPOCH_US, toUs: TEST_EPOCH_US + 700e6 }
  const { readings } = reader.readings.readings(free, span, 10_000)
  const values = readings.map(({ value }) => (value.kind === 'float' ? value.value : Number.NaN))
  for (const buckets of [1, 7, 100]) {
    const series = reader.readings.series(free, span, buckets)
    expect(series.readings).toBe(readings.length)
    expect(Math.min(...series.buckets.map((bucket) => bucket[1]))).toBe(Math.min(...values))
    expect(Math.max(...series.buckets.map((bucket) => bucket[2]))).toBe(Math.max(...values))
    expect(series.buckets.reduce((sum, bucket) => sum + bucket[3], 0)).toBe(readings.length)
    expect(series.gaps.length).toBe(16)
  }
  const fine = reader.readings.series(free, { fromUs: TEST_EPOCH_US + 8e6, toUs: TEST_EPOCH_US + 11.9e6 }, 4)
  expect(fine.buckets).toEqual(
    [0, 1, 2, 3].map((i) => [
      TEST_EPOCH_US + (8 + i) * 1e6,
      [Math.sin(2), Math.cos(2), 2, -2][i],
      [Math.sin(2), Math.cos(2), 2, -2][i],
      1,
    ]),
  )
})

test('activity counts the readings and seals of a span', () => {
  const { reader, ledger } = reading(30)
  const activity = reader.blocks.activity({ fromUs: TEST_EPOCH_US, toUs: TEST_EPOCH_US + 3_600e6 }, 24)
  expect(activity.readings.length).toBe(24)
  expect(activity.readings.reduce((sum, count) => sum + count, 0)).toBe(ledger.readings)
  expect(activity.blocks).toBe(reader.blocks.newestSeal().height + 1)
  expect(activity.seals.length).toBe(activity.blocks)
  expect(activity.gaps.map(([fromUs, toUs]) => toUs - fromUs)).toEqual([1e6, 1e6, 1e6])
  const inside = (activity.gaps[1]?.[0] ?? 0) + 5e5
  expect(reader.blocks.activity({ fromUs: inside, toUs: inside + 1 }, 1).gaps).toEqual([activity.gaps[1]])
})
