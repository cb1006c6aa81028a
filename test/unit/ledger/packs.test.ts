import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import type { PackApplier } from '../../../src-main/ledger/apply-batch.ts'
import { LedgerError } from '../../../src-main/ledger/errors.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import { packAssetKey } from '../../../src-main/record/core-state.ts'
import { jsonOfCbor } from '../../../src-main/wire/json-cbor.ts'
import { parseTreeValue } from '../../../src-main/record/state-keys.ts'
import { TestChannel } from '../../support/channel.ts'
import { addon, commit, commitOne, seal } from './drive.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { ASSET } from './recorded.ts'
import Database from 'better-sqlite3'
import { join } from 'node:path'

const pack = {
  id: 'counter',
  version: '1',
  hash: new Uint8Array(32).fill(1),
  engineHash: new Uint8Array(32).fill(2),
  parameters: { step: 2 },
}

/** Counts the readings it sees, by the step that its parameters give. */
const count: PackApplier = ({ packs, readings, state }) =>
  packs.map(({ id, parameters }) => {
    const before = (state(id) as { seen: number } | undefined)?.seen ?? 0
    return { packId: id, state: { seen: before + readings.length * (parameters as { step: number }).step } }
  })

function started(applyPack?: PackApplier): {
  file: string
  channel: TestChannel
  ledger: Ledger
  stream: ReturnType<TestChannel['streamOf']>
} {
  const folder = temporaryFolder(onTestFinished)
  const channel = new TestChannel(addon, { packs: [pack] })
  const file = join(folder, 'ledger.db')
  const ledger = openLedger({
    addon,
    file,
    genesis: channel.genesis,
    ...(applyPack === undefined ? {} : { applyPack }),
  })
  const gateway = channel.member(1)
  expect(commitOne(ledger, channel.registerAsset(gateway, 'urn:own:x', ['unknown']))).toMatchObject({
    outcome: 'invalid',
    reason: 'pack-inactive',
  })
  const opened = channel.openStream(gateway, 'van', 'km', { asset: ASSET })
  expect(
    commit(ledger, channel.registerAsset(channel.member(0), ASSET, ['counter']), opened).map(({ outcome }) => outcome),
  ).toEqual(['accepted', 'accepted'])
  return { file, channel, ledger, stream: opened.stream }
}

test('a pack sees the bound readings of a batch once, with what their streams measure, and keeps its state in the tree', () => {
  const inputs: unknown[] = []
  const { file, channel, ledger, stream } = started((input) => {
    inputs.push([input.asset, input.index, input.readings.map(({ sequence }) => sequence), input.streams])
    return count(input)
  })
  const gateway = channel.member(1)
  commit(
    ledger,
    channel.batch(gateway, channel.floats(stream, 0, [1, 2])),
    channel.batch(gateway, channel.floats(stream, 2, [3])),
  )
  const measured = [{ stream, quantity: 'temperature', unit: 'Cel', kind: 'float' }]
  expect(inputs).toEqual([
    [ASSET, 3, [0, 1], measured],
    [ASSET, 4, [2], measured],
  ])
  seal(channel, ledger)
  seal(channel, ledger)
  const reader = openReader(file)
  const { height } = reader.blocks.newestSeal()
  const value = reader.state.treeValueAt(height - 1, packAssetKey('counter', ASSET))
  expect(jsonOfCbor(parseTreeValue(value as Uint8Array).value, 'state')).toEqual({ seen: 6 })
  reader.close()
  ledger.close()
})

test('the state of a pack goes on after opening again, and gives the same root as on a replica that ran through', () => {
  const { file, channel, ledger, stream } = started(count)
  const through = openLedger({ addon, memory: true, image: ledger.image(), applyPack: count })
  const gateway = channel.member(1)
  let replica = ledger
  for (let i = 0; i < 12; i++) {
    const batch = channel.batch(gateway, channel.floats(stream, i, [i]))
    commit(replica, batch)
    commit(through, batch)
    if (i % 4 === 1) {
      const draft = through.sealDraft()
      const sealed = channel.seal(channel.member(0), draft, draft.minTimeUs)
      for (const each of [replica, through]) expect(commitOne(each, sealed).outcome).toBe('accepted')
    }
    replica.close()
    replica = openLedger({ addon, file, applyPack: count })
    expect(toHex(replica.closedStateRoot())).toBe(toHex(through.closedStateRoot()))
  }
  replica.close()
})

test('the check runs packs again, or takes their states and trusts the signed roots', () => {
  const { file, channel, ledger, stream } = started(count)
  const gateway = channel.member(1)
  for (let i = 0; i < 6; i++) {
    commit(ledger, channel.batch(gateway, channel.floats(stream, i, [i])))
    seal(channel, ledger)
  }
  ledger.close()
  expect(fsck({ file, addon, applyPack: count })).toMatchObject({ verdict: 'unchanged' })
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'unchanged' })
  const other: PackApplier = ({ packs }) => packs.map(({ id }) => ({ packId: id, state: 0 }))
  expect(fsck({ file, addon, applyPack: other })).toMatchObject({ verdict: 'changed' })
  const database = new Database(file)
  const changed = database.prepare(
    'UPDATE state_row SET value = (SELECT value FROM state_row WHERE key = (SELECT id FROM state_key WHERE state_key = ?) AND from_height = 2) WHERE key = (SELECT id FROM state_key WHERE state_key = ?) AND from_height = 3',
  )
  expect(changed.run(packAssetKey('counter', ASSET), packAssetKey('counter', ASSET)).changes).toBe(1)
  database.close()
  expect(fsck({ file, addon })).toMatchObject({ verdict: 'changed' })
})

test('a replica without a pack host, or whose host answers for another pack, stops', () => {
  const stop = (applyPack: PackApplier | undefined, code: string): void => {
    const { channel, ledger, stream } = started(applyPack)
    const batch = channel.batch(channel.member(1), channel.floats(stream, 0, [1]))
    let thrown: unknown = null
    try {
      commit(ledger, batch)
    } catch (cause) {
      thrown = cause
    }
    expect(thrown).toBeInstanceOf(LedgerError)
    expect((thrown as LedgerError).code).toBe(code)
    ledger.close()
  }
  stop(undefined, 'pack_host_missing')
  stop(() => [{ packId: 'other', state: 1 }], 'pack_misbehaved')
})

test('a pack’s event lists its assets ascending, each once, and consumes nothing', () => {
  const { channel, ledger } = started(count)
  const said = (change: object) =>
    commitOne(ledger, channel.event(channel.member(1), 'gateway.alive', {}, { type: 'counter.reset', ...change }))
      .reason
  expect(said({ assets: ['a', 'a'] })).toBe('assets-differ')
  expect(said({ assets: ['b', 'a'] })).toBe('assets-differ')
  expect(said({ consumes: [[new Uint8Array(32), null]] })).toBe('consumes-differ')
  expect(said({ assets: ['a', 'b'] })).toBeUndefined()
  ledger.close()
})
