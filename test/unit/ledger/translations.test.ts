import { expect, onTestFinished, test } from 'vitest'
import { sealTimeUs } from '../../../src-main/ledger/apply-seal.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import type { CborMap, CborValue } from '../../../src-main/wire/cbor.ts'
import { parseEntry } from '../../../src-main/wire/entry.ts'
import type { StreamOpened } from '../../../src-main/record/stream-fields.ts'
import { idBytes } from '../../../src-main/wire/ids.ts'
import { MAX_NAME_BYTES } from '../../../src-main/wire/limits.ts'
import { decodeEvent } from '../../../src-main/record/statements.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, testLedger } from './drive.ts'
import { recorded, sealAndCosign } from './recorded.ts'

test('what a stream is called in other languages is state that every replica comes to, one that starts again too', () => {
  const rootWith = (change: Partial<StreamOpened>): string => {
    const { channel, ledger } = testLedger()
    const other = openLedger({ addon, genesis: channel.genesis, memory: true })
    const opened = channel.openStream(channel.member(1), 'boiler', 'flow', change)
    for (const replica of [ledger, other]) expect(commitOne(replica, opened).outcome).toBe('accepted')
    const again = openLedger({ addon, memory: true, image: other.image() })
    const draft = ledger.sealDraft()
    const sealed = channel.seal(channel.member(0), draft, sealTimeUs(draft, channel.nowUs()))
    const roots = [ledger, other, again].map((replica) => {
      expect(commitOne(replica, sealed).outcome).toBe('accepted')
      return toHex(replica.closedStateRoot())
    })
    expect(new Set(roots).size).toBe(1)
    return roots[0] as string
  }
  expect(rootWith({})).toBe(rootWith({}))
  expect(rootWith({ labels: { de: 'Vorlauftemperatur' } })).not.toBe(rootWith({}))
})

test('a hostile map of translations is refused as a hostile label is, and consumes the sequence', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const stream = channel.streamOf(gateway, 'boiler', 'flow')
  const { body } = decodeEvent(
    parseEntry(channel.openStream(testLedger().channel.member(1), 'boiler', 'flow').entry).payload,
  )
  const hostile: [string, CborValue][] = [
    ['label', 'Flow\u202Etemperature'],
    ['labels', new Map([['de', 'Vorlauf\u202Etemperatur']])],
    ['labels', new Map([['de', 'x'.repeat(MAX_NAME_BYTES + 1)]])],
    ['labels', new Map(Array.from({ length: 1_000 }, (_, i) => [`l${i}`, 'x']))],
    ['labels', 'Vorlauftemperatur'],
  ]
  for (const [sequence, [field, value]] of hostile.entries()) {
    const bent: CborMap = new Map([...body, ['stream', idBytes(stream)], [field, value]])
    expect(
      commitOne(ledger, channel.event(gateway, 'gateway.alive', {}, { type: 'stream.opened', body: bent })),
    ).toMatchObject({
      outcome: 'invalid',
      reason: 'body-malformed',
      sequence,
    })
  }
  expect(commitOne(ledger, channel.openStream(gateway, 'boiler', 'flow', { labels: { de: 'Vorlauf' } })).outcome).toBe(
    'accepted',
  )
})

test('a stream that is opened anew takes other translations, or none: they are no part of what it measures', () => {
  const { channel, ledger } = testLedger()
  const gateway = channel.member(1)
  const labels = [{ labels: { de: 'Vorlauf' } }, { labels: { de: 'Vorlauftemperatur' } }, {}]
  for (const change of labels)
    expect(commitOne(ledger, channel.openStream(gateway, 'boiler', 'flow', change)).outcome).toBe('accepted')
  expect(commitOne(ledger, channel.openStream(gateway, 'boiler', 'flow', { unit: 'K' }))).toMatchObject({
    reason: 'stream-measures-other',
  })
})

test('an asset that is known under other translations is another one, as under another name', () => {
  const { channel, ledger } = testLedger()
  const asset = {
    asset: 'urn:own:van-1',
    scheme: 'own',
    type: 'vehicle',
    name: 'Van',
    names: { de: 'Lieferwagen' },
    attributes: {},
    packs: [],
    simulated: true,
  }
  const register = (body: Omit<typeof asset, 'names'> & { names?: { de: string } }) =>
    commitOne(ledger, channel.event(channel.member(1), 'asset.registered', body))
  expect(register(asset).outcome).toBe('accepted')
  expect(register(asset).outcome).toBe('accepted')
  const { names: _, ...unnamed } = asset
  expect(register(unnamed)).toMatchObject({ outcome: 'invalid', reason: 'asset-differs' })
})

test('readers show translations as soon as they are recorded, and from the state once a seal covers them', () => {
  const { channel, ledger, file } = recorded(temporaryFolder(onTestFinished), 4)
  const reader = openReader(file)
  onTestFinished(() => {
    reader.close()
    ledger.close()
  })
  const gateway = channel.member(1)
  const opened = channel.openStream(gateway, 'van', 'speed', { labels: { de: 'Geschwindigkeit' } })
  commit(ledger, opened)
  expect(reader.stream(opened.stream)).toMatchObject({ label: 'van speed', labels: { de: 'Geschwindigkeit' } })
  sealAndCosign(channel, ledger)
  sealAndCosign(channel, ledger)
  const fresh = openReader(file)
  onTestFinished(() => fresh.close())
  for (const one of [reader, fresh])
    expect(one.stream(opened.stream)).toMatchObject({ label: 'van speed', labels: { de: 'Geschwindigkeit' } })
})
