/** Rules have a version. Another one comes into force behind a seal, and a release that lacks it waits without deciding anything. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import type { AssetRegistered } from '../../../src-main/record/asset-fields.ts'
import { kinds } from '../../../src-main/record/kinds.ts'
import type { Kind } from '../../../src-main/record/kind.ts'
import { knownRules, rules1 } from '../../../src-main/record/rules.ts'
import type { KnownRules, Rules } from '../../../src-main/record/rules.ts'
import { record, text } from '../../../src-main/record/schema.ts'
import { toHex } from '../../../src-main/wire/bytes.ts'
import type { TestChannel } from '../../support/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { addon, commit, commitOne, seal, testLedger } from './drive.ts'

const TANK = 'urn:own:tank-1'
const BELL = 'urn:own:bell-1'

/** A made-up later version: one kind more, and names of assets are not empty. */
const bellRung: Kind<{ bell: string }> = {
  form: record({ bell: text() }),
  assets: ({ bell }) => [bell],
  contracts: 'note',
  codes: ['asset-unknown'],
  decide: (view, _event, { bell }) => {
    const asset = view.get('asset', bell)
    return asset === undefined ? 'asset-unknown' : [{ kind: 'asset', id: bell, value: { ...asset, name: 'rung' } }]
  },
  example: { bell: BELL },
}
const registered1 = kinds['asset.registered']
const rules2: Rules = {
  ...rules1,
  version: 2,
  kinds: {
    ...rules1.kinds,
    'bell.rung': bellRung,
    'asset.registered': {
      ...registered1,
      decide: (view, speaker, body: AssetRegistered, acts) =>
        body.name === TANK ? 'asset-id-malformed' : registered1.decide(view, speaker, body, acts),
    },
  },
}
const both: KnownRules = new Map([...knownRules, [2, rules2]])

function say(channel: TestChannel, ledger: Ledger, type: string, body: object, assets: string[] = []): Outcome {
  return commitOne(ledger, ring(channel, type, body, assets))
}

function ring(channel: TestChannel, type: string, body: object, assets: string[] = []) {
  return channel.event(channel.member(0), 'gateway.alive', {}, { type, assets, body: { ...body } })
}

function change(channel: TestChannel, ledger: Ledger, version: number, member = 0): Outcome {
  const consumes = ledger.consumed('channel.rules', { version })
  return commitOne(ledger, channel.event(channel.member(member), 'channel.rules', { version }, { consumes }))
}

function ready(channel: TestChannel, ledger: Ledger, rules = [1, 2]): void {
  for (const member of channel.members)
    commitOne(ledger, channel.event(member, 'gateway.started', { version: '9.9.9', rules }))
}

test('wait until every voter has started with a release that knows them', () => {
  const { channel, ledger } = testLedger({ members: 3, voters: 2 })
  expect(change(channel, ledger, 2)).toMatchObject({ reason: 'not-ready' })
  const started = (member: number, rules: number[]) =>
    commitOne(ledger, channel.event(channel.member(member), 'gateway.started', { version: '9.9.9', rules }))
  started(0, [1, 2])
  expect(change(channel, ledger, 2)).toMatchObject({ reason: 'not-ready' })
  started(1, [2])
  started(1, [1])
  expect(change(channel, ledger, 2)).toMatchObject({ reason: 'not-ready' })
  expect(change(channel, ledger, 1)).toMatchObject({ reason: 'rules-not-later' })
  started(1, [1, 2])
  // The third one has no vote: it is not waited for, and may not ask either.
  expect(change(channel, ledger, 2, 2)).toMatchObject({ reason: 'signer-no-voter' })
  expect(change(channel, ledger, 2).outcome).toBe('accepted')
  expect(change(channel, ledger, 2)).toMatchObject({ reason: 'rules-not-later' })
})

test('are in force behind the next seal, and the seal itself still goes by those before', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const { channel, ledger } = testLedger({}, { file, rules: both })
  commitOne(ledger, channel.registerAsset(channel.member(0), BELL))
  ready(channel, ledger)
  expect(say(channel, ledger, 'bell.rung', { bell: BELL }, [BELL])).toMatchObject({ reason: 'type-unknown' })
  expect(change(channel, ledger, 2).outcome).toBe('accepted')
  expect(say(channel, ledger, 'bell.rung', { bell: BELL }, [BELL])).toMatchObject({ reason: 'type-unknown' })
  expect(commitOne(ledger, channel.registerAsset(channel.member(0), 'urn:own:early')).outcome).toBe('accepted')
  expect(seal(channel, ledger).outcome).toBe('accepted')
  expect(say(channel, ledger, 'bell.rung', { bell: BELL }, [BELL]).outcome).toBe('accepted')
  expect(commitOne(ledger, channel.registerAsset(channel.member(0), TANK))).toMatchObject({
    outcome: 'invalid',
    reason: 'asset-id-malformed',
  })
  const reader = openReader(file, { rules: both })
  expect(reader.state.asset(BELL)?.name).toBe('rung')
  seal(channel, ledger)
  expect(reader.state.asset(BELL)?.name).toBe('rung')
  reader.close()
  ledger.close()
  expect(fsck({ file, addon, rules: both })).toMatchObject({ verdict: 'unchanged' })
  expect(rebuildLedger({ file, addon, rules: both }).entries).toBeGreaterThan(6)
  expect(fsck({ file, addon, rules: both })).toMatchObject({ verdict: 'unchanged' })
})

test('that a release lacks stop it from deciding, in the middle of a proposal too, and a later one goes on where it stopped', () => {
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const { channel, ledger: old } = testLedger({}, { file })
  const other = openLedger({ addon, genesis: channel.genesis, memory: true, rules: both })
  const told: Parameters<typeof commit>[1][][] = []
  const both2 = (...statements: Parameters<typeof commit>[1][]): [Outcome[], Outcome[]] => {
    told.push(statements)
    return [commit(old, ...statements), commit(other, ...statements)]
  }
  both2(channel.registerAsset(channel.member(0), BELL))
  for (const member of channel.members)
    both2(channel.event(member, 'gateway.started', { version: '9.9.9', rules: [1, 2] }))
  const consumes = old.consumed('channel.rules', { version: 2 })
  both2(channel.event(channel.member(0), 'channel.rules', { version: 2 }, { consumes }))
  const draft = old.sealDraft()
  const closing = channel.seal(channel.member(0), draft, draft.minTimeUs)
  const rung = ring(channel, 'bell.rung', { bell: BELL }, [BELL])
  const [few, all] = both2(closing, rung)
  expect(few.map(({ outcome }) => outcome)).toEqual(['accepted'])
  expect(all.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
  expect(old.lacksRules).toBe(2)
  expect(other.lacksRules).toBeNull()
  const [none, alive] = both2(channel.event(channel.member(1), 'gateway.alive', {}))
  expect(none).toEqual([])
  expect(alive.map(({ outcome }) => outcome)).toEqual(['accepted'])
  expect(old.size).toBe(other.size - 2)
  const { applied, lastIndex } = old.raft.initial()
  expect(lastIndex - applied).toBe(2)
  old.close()

  const later = openLedger({ addon, file, rules: both })
  const waiting = later.raft.entries(applied + 1, lastIndex + 1, 1_000_000)
  const outcomes = later.commitPass({ truncateFrom: null, append: [], hardState: null, apply: waiting })
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['duplicate', 'accepted', 'accepted'])
  expect(toHex(later.root())).toBe(toHex(other.root()))
  for (const ledger of [later, other]) seal(channel, ledger)
  expect(toHex(later.closedStateRoot())).toBe(toHex(other.closedStateRoot()))
  later.close()
})

test('that a channel begins by are known, or it is not opened', () => {
  const { channel } = testLedger()
  expect(() => openLedger({ addon, genesis: channel.genesis, memory: true, rules: new Map([[2, rules2]]) })).toThrow(
    expect.objectContaining({ code: 'rules_unknown' }),
  )
})
