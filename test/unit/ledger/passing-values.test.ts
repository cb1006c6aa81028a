/**
 * Cursors and histories change with every batch and are stored as of the newest seal only. What the writer sealed of them, it computed
 * going forward; what a reader gives of an older seal, it makes again going back. Both must come to one root.
 */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { openChecked } from '../../../src-main/ledger/checked-file.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import { verifyAbsence, verifyExistence } from '../../../src-main/proof/state-proof.ts'
import { coreKeyOf, decodeCoreValue } from '../../../src-main/record/core-state.ts'
import type { CursorState } from '../../../src-main/record/core-state.ts'
import { parseTreeValue, treeKey } from '../../../src-main/record/state-keys.ts'
import type { Gap } from '../../../src-main/record/statements.ts'
import type { StreamId } from '../../../src-main/wire/ids.ts'
import { TEST_EPOCH_US, TestChannel } from '../../support/channel.ts'
import type { TestReading } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { codeOf } from './code-of.ts'
import { addon, commit, commitOne, seal } from './drive.ts'

const VAN = 'urn:own:van-1'
const TANK = 'urn:own:tank-1'
const HOUR_US = 3_600_000_000

interface Place {
  next: number
  lastTimeUs: number | null
}

/** Where each stream stood right after each seal, kept by the test itself. */
type Sealed = { height: number; places: Map<StreamId, Place> }[]

class Recording {
  readonly file: string
  readonly channel = new TestChannel(addon)
  readonly sealed: Sealed = []
  readonly streams: StreamId[] = []
  ledger: Ledger
  readonly #places = new Map<StreamId, Place>()
  #random = 7

  constructor(folder: string) {
    this.file = join(folder, 'ledger.db')
    this.ledger = openLedger({ addon, file: this.file, genesis: this.channel.genesis })
    const { channel } = this
    commit(this.ledger, channel.registerAsset(channel.member(0), VAN), channel.registerAsset(channel.member(0), TANK))
    seal(channel, this.ledger)
    // One of them begins anywhere but at 0, and one is opened twice before anything is sealed.
    this.open('km', { asset: VAN })
    this.open('level', { asset: TANK, fromSequence: 5 })
    this.open('free', {})
    this.open('late', { fromSequence: 3 })
    this.open('late', { fromSequence: 9, label: 'once more' })
    this.seal()
  }

  below(most: number): number {
    this.#random = (this.#random * 48_271) % 2_147_483_647
    return this.#random % most
  }

  open(tag: string, { asset, ...change }: { asset?: string; fromSequence?: number; label?: string }): void {
    const gateway = this.channel.member(1)
    const { stream, ...opened } = this.channel.openStream(gateway, 'van', tag, change)
    expect(commitOne(this.ledger, opened).outcome).toBe('accepted')
    if (asset !== undefined) commit(this.ledger, this.channel.bindStream(gateway, stream, asset, change.fromSequence))
    if (this.#places.has(stream)) return
    this.streams.push(stream)
    this.#places.set(stream, { next: change.fromSequence ?? 0, lastTimeUs: null })
  }

  /** Readings, losses and silences of some streams, a few of them with times that cannot be. */
  batch(): void {
    const sealedAtUs = TEST_EPOCH_US + 2 * HOUR_US + this.channel.nowUs() - TEST_EPOCH_US
    const readings: TestReading[] = []
    const gaps: Gap[] = []
    for (const stream of this.streams) {
      const place = this.#places.get(stream) as Place
      const what = this.below(6)
      if (what === 0) continue
      if (what === 1) gaps.push(lost(stream, place, 3))
      if (what === 2) gaps.push(silence(stream, place))
      if (what < 3 && this.below(2) === 0) continue
      const { next } = place
      const count = 1 + this.below(3)
      for (let i = 0; i < count; i++) {
        const timeUs = this.below(5) === 0 ? sealedAtUs + HOUR_US : TEST_EPOCH_US + HOUR_US + (next + i) * 1_000
        readings.push({ stream, sequence: next + i, sourceTimeUs: timeUs, value: { kind: 'float', value: i } })
        if (timeUs < sealedAtUs) place.lastTimeUs = timeUs
      }
      place.next = next + count
      if (this.below(4) === 0) gaps.push(lost(stream, place, 1))
    }
    gaps.sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.fromSequence - b.fromSequence))
    const signed = this.channel.batch(this.channel.member(1), readings, { gaps, change: { sealedAtUs } })
    expect(commitOne(this.ledger, signed)).toMatchObject({ outcome: 'accepted' })
  }

  seal(): void {
    seal(this.channel, this.ledger)
    const places = new Map([...this.#places].map(([stream, place]) => [stream, { ...place }]))
    this.sealed.push({ height: this.ledger.lastSeal().height, places })
  }

  /** The process ends here, and begins again. */
  restart(): void {
    this.ledger.close()
    this.ledger = openLedger({ addon, file: this.file })
  }
}

/** Readings that are lost where the stream stands; moves the place behind them. */
function lost(stream: StreamId, place: Place, count: number): Gap {
  const { next, lastTimeUs } = place
  const timeUs = lastTimeUs ?? TEST_EPOCH_US
  place.next = next + count
  const times = { fromTimeUs: timeUs, toTimeUs: timeUs }
  return { stream, fromSequence: next, toSequence: next + count - 1, ...times, reason: 'link down' }
}

function silence(stream: StreamId, { next, lastTimeUs }: Place): Gap {
  const timeUs = lastTimeUs ?? TEST_EPOCH_US
  return { stream, fromSequence: next, toSequence: next - 1, fromTimeUs: timeUs, toTimeUs: timeUs, reason: 'restart' }
}

function recording(): Recording {
  const record = new Recording(temporaryFolder(onTestFinished))
  for (let round = 0; round < 180; round++) {
    for (let i = record.below(4); i >= 0; i--) record.batch()
    if (round % 2 === 0) record.seal()
    if (round === 60) record.restart()
    if (round === 70) record.open('new', { asset: VAN })
  }
  return record
}

/** Every seal's tree, with every stream's cursor in it or proven to be absent. */
function provenAtEverySeal({ file, streams, sealed }: Recording): void {
  const reader = openReader(file)
  for (const { height, places } of sealed) {
    const keys = streams.map((stream) => coreKeyOf('cursor', stream))
    const { root, items } = reader.state.prove(height, keys)
    items.forEach(({ stateKey, treeValue, proof }, i) => {
      const place = places.get(streams[i] as StreamId)
      if (place === undefined || treeValue === null) {
        expect([height, treeValue]).toEqual([height, null])
        expect(place).toBeUndefined()
        verifyAbsence({ root, treeKey: treeKey(stateKey), proof })
        return
      }
      verifyExistence({ root, treeKey: treeKey(stateKey), treeValue, proof })
      const cursor: CursorState = decodeCoreValue('cursor', parseTreeValue(treeValue).value)
      expect([height, cursor]).toEqual([height, place])
    })
  }
  reader.close()
}

test('a reader makes cursors and histories of every older seal again as they were sealed; check and rebuild agree', () => {
  const record = recording()
  expect(record.ledger.size).toBeGreaterThan(2 * 256)
  provenAtEverySeal(record)
  const { file, ledger } = record
  ledger.close()
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
  rebuildLedger({ file, addon })
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
  provenAtEverySeal(record)
  record.restart()
  record.batch()
  record.seal()
  provenAtEverySeal(record)
})

test.each([
  ['a cursor', 'UPDATE stream_cursor SET next_sequence = next_sequence + 1', /the cursor of stream/],
  ['where a stream was opened', 'UPDATE stream_cursor SET opened_sequence = opened_sequence + 1', /opened_sequence/],
  ['what a history spans', 'UPDATE history SET newest_time_us = newest_time_us + 1', /the history of/],
  ['a kept frontier', 'UPDATE history_run SET frontier = zeroblob(8) WHERE frontier IS NOT NULL', /frontier/],
  ['what a run says of its history', 'UPDATE history_run SET last_sequence = last_sequence + 1', /last_sequence/],
])('%s that was changed on disk is found by the check', (_, change, where) => {
  const record = recording()
  record.ledger.close()
  const database = openChecked(record.file, {})
  database.exec(change)
  database.close()
  const { verdict, firstBad } = fsck({ file: record.file, addon })
  expect([verdict, firstBad?.what]).toEqual(['changed', expect.stringMatching(where)])
})

test('values that do not give the root of their seal are neither started from nor proven', () => {
  const record = recording()
  const height = record.ledger.lastSeal().height - 20
  record.ledger.close()
  const database = openChecked(record.file, {})
  database.exec('UPDATE history_run SET newest_time_us = newest_time_us + 1')
  database.close()
  const reader = openReader(record.file)
  expect(codeOf(() => reader.state.prove(height, []))).toBe('database_damaged')
  reader.close()
  const again = openChecked(record.file, {})
  again.exec('UPDATE stream_cursor SET last_time_us = last_time_us + 1')
  again.close()
  expect(codeOf(() => openLedger({ addon, file: record.file }))).toBe('database_damaged')
})
