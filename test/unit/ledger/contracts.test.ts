/** `accept` in consensus: what packs refuse, note and keep, alike on a replica that ran on, was started again, was rebuilt and is checked. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import Database from 'better-sqlite3'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { activated } from '../../../src-main/gateway/folder/found.ts'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import { createContracts } from '../../../src-main/packs/contracts.ts'
import type { Pack } from '../../../src-main/packs/pack.ts'
import type { Contracts } from '../../../src-main/record/contracts.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import { stateKey } from '../../../src-main/record/state-keys.ts'
import { decodeAssetEvent, encodeAssetEvent } from '../../../src-main/record/asset-history.ts'
import { encodeCbor } from '../../../src-main/wire/cbor.ts'
import type { CborInput } from '../../../src-main/wire/cbor.ts'
import type { ActorId } from '../../../src-main/wire/ids.ts'
import type { ActHash } from '../../../src-main/record/act-state.ts'
import type { DocumentHash } from '../../../src-main/record/document-fields.ts'
import { sha256, toHex, utf8 } from '../../../src-main/wire/bytes.ts'
import { jsonOfCbor } from '../../../src-main/wire/json-cbor.ts'
import type { JsonValue } from '../../../src-main/wire/json.ts'
import { parseTreeValue } from '../../../src-main/record/state-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { madeUpPack } from '../../support/made-up-pack.ts'
import { TestChannel } from '../../support/channel.ts'
import type { SignedStatement, TestMember } from '../../support/channel.ts'
import { actOf, enrolment, testPerson } from '../../support/people.ts'
import type { TestPerson } from '../../support/people.ts'
import { addon, commit, commitOne, seal } from './drive.ts'

const engine = loadEngine()
const TANK = 'urn:own:tank-1'

/** Counts what is said about a tank, refuses the fourth act, notes every fact, and tells how each value that it found was laid out. */
const COUNTS = `
  const before = call.get('counts', 'tank', call.assets[0])
  const n = (before === null ? 0 : before.n) + 1
  if (call.statement.type === 'asset.bound' && n > 3) return { refuse: 'no-more' }
  return { set: [['tank', call.assets[0], { n, by: call.signer.member, at: call.index, names: (before === null ? '' : before.names + Object.keys(before).join() + ' ') }]], findings: call.statement.type === 'asset.observed' ? ['NOTED'] : [] }`
const counts = madeUpPack('counts', COUNTS)
const contractsOf = async (...packs: Pack[]): Promise<Contracts> => await createContracts(engine, packs)

interface Offer {
  document: DocumentHash
  act: ActHash
}

interface Run {
  file: string
  channel: TestChannel
  ledger: Ledger
  say<T extends CoreEventType>(type: T, body: CoreEvents[T]): SignedStatement
}

function started(contracts: Contracts, ...packs: Pack[]): Run {
  const active = packs.map((pack) => ({ ...activated(pack, sha256(engine)), parameters: { limit: 3 } }))
  const channel = new TestChannel(addon, { packs: active })
  const file = join(temporaryFolder(onTestFinished), 'ledger.db')
  const ledger = openLedger({ addon, file, genesis: channel.genesis, contracts })
  onTestFinished(() => ledger.close())
  expect(
    commitOne(
      ledger,
      channel.registerAsset(
        channel.member(0),
        TANK,
        packs.map(({ manifest }) => manifest.id),
      ),
    ),
  ).toMatchObject({ outcome: 'accepted' })
  return { file, channel, ledger, say: (type, body) => channel.event(channel.member(0), type, body) }
}

const observed = { assets: [TANK], step: 'filled', place: null }

function kept({ file, ledger, channel }: Run, owner: string, kind: string, id: string): JsonValue | null {
  seal(channel, ledger)
  const reader = openReader(file)
  const value = reader.state.treeValueAt(reader.blocks.newestSeal().height, stateKey(owner, kind, id))
  reader.close()
  return value === null ? null : jsonOfCbor(parseTreeValue(value).value, 'kept')
}

describe('a contract', () => {
  let contracts: Contracts
  beforeAll(async () => {
    contracts = await contractsOf(counts)
  })

  test('is asked for the registration that binds it, keeps values, notes facts and refuses acts', () => {
    const run = started(contracts, counts)
    const { ledger, channel, say } = run
    const party = channel.member(1).actor
    expect(commitOne(ledger, say('asset.observed', observed)).outcome).toBe('accepted')
    expect(commitOne(ledger, say('asset.bound', { asset: TANK, party })).outcome).toBe('accepted')
    expect(commitOne(ledger, say('asset.bound', { asset: TANK, party }))).toMatchObject({
      outcome: 'invalid',
      reason: 'counts/no-more',
    })
    expect(kept(run, 'counts', 'tank', TANK)).toEqual({
      n: 3,
      by: channel.member(0).name,
      at: 3,
      names: 'n,at,by,names n,at,by,names ',
    })
  })

  test('sees an event about two assets once, with both', async () => {
    const both = madeUpPack('both', "return { set: [['seen', 'x', [...call.assets]]] }")
    const run = started(await contractsOf(both), both)
    const { ledger, channel } = run
    commit(ledger, channel.registerAsset(channel.member(0), 'urn:own:tank-2', ['both']))
    commit(ledger, run.say('asset.observed', { ...observed, assets: ['urn:own:tank-2', TANK] }))
    expect(kept(run, 'both', 'seen', 'x')).toEqual([TANK, 'urn:own:tank-2'])
  })

  test('of one asset stands beside others: ascending by id, each over the state before', async () => {
    const look = (id: string, other: string): Pack =>
      madeUpPack(
        id,
        `return { set: [['n', 'x', (call.get('${id}', 'n', 'x') ?? 0) + 1], ['of', 'x', call.get('${other}', 'n', 'x')]], findings: ['SEEN'] }`,
        { uses: [other] },
      )
    const packs = [look('b', 'a'), look('a', 'b')]
    const run = started(await contractsOf(...packs), ...packs)
    commit(run.ledger, run.say('asset.observed', observed))
    expect([kept(run, 'a', 'of', 'x'), kept(run, 'b', 'of', 'x'), kept(run, 'b', 'n', 'x')]).toEqual([1, 1, 2])
    const reader = openReader(run.file)
    const events = reader.assetEvents.between(TANK, null, reader.blocks.newestSeal().height)
    expect(events.map(({ outcome }) => outcome)).toEqual([
      ['done', 'a/SEEN', 'b/SEEN'],
      ['done', 'a/SEEN', 'b/SEEN'],
    ])
    reader.close()
  })

  test('takes a value away, and what is gone reads as nothing', async () => {
    const flips = madeUpPack(
      'flips',
      "const was = call.get('flips', 'v', 'x'); return { set: [['v', 'x', was === null ? 1 : null], ['was', 'x', { was }]] }",
    )
    const run = started(await contractsOf(flips), flips)
    commit(run.ledger, run.say('asset.observed', observed))
    expect([kept(run, 'flips', 'v', 'x'), kept(run, 'flips', 'was', 'x')]).toEqual([null, { was: 1 }])
    commit(run.ledger, run.say('asset.observed', observed))
    expect([kept(run, 'flips', 'v', 'x'), kept(run, 'flips', 'was', 'x')]).toEqual([1, { was: null }])
    seal(run.channel, run.ledger)
    commit(run.ledger, run.say('asset.observed', observed))
    expect(kept(run, 'flips', 'v', 'x')).toBeNull()
    expect(fsck({ file: run.file, addon, contracts: await contractsOf(flips) })).toMatchObject({ verdict: 'unchanged' })
  })

  test('refuses nothing that is a fact: its refusal is a finding', async () => {
    const no = madeUpPack('no', "return call.statement.type === 'asset.registered' ? {} : { refuse: 'no-more' }")
    const run = started(await contractsOf(no), no)
    expect(commitOne(run.ledger, run.say('asset.observed', observed)).outcome).toBe('accepted')
    expect(
      commitOne(
        run.ledger,
        run.say('milestone.stated', { asset: TANK, milestone: 'loaded', status: 'actual', atUs: 1, place: null }),
      ).outcome,
    ).toBe('accepted')
    expect(
      commitOne(run.ledger, run.say('asset.bound', { asset: TANK, party: run.channel.member(1).actor })),
    ).toMatchObject({ reason: 'no/no-more' })
  })

  test('asks the core for what stands, in JSON, and for nothing else', async () => {
    const asks = madeUpPack(
      'asks',
      `
      if (call.statement.type === 'asset.registered') return {}
      const all = [call.get('core', 'asset', call.assets[0]).name, call.get('core', 'asset-owner', call.assets[0]).actor === call.signer.actor,
        call.get('core', 'asset-attribute', [call.assets[0], 'colour']), call.get('core', 'member', call.signer.actor).name, call.signer.owner, call.parameters.limit, call.approvals.length]
      return { set: [['all', 'x', all]] }`,
    )
    const run = started(await contractsOf(asks), asks)
    commit(run.ledger, run.say('asset.observed', observed))
    expect(kept(run, 'asks', 'all', 'x')).toEqual([TANK, true, null, 'gateway-1', 'Test GmbH', 3, 0])
  })
})

describe('what is no answer', () => {
  test.each<[string, string]>([
    ['a loop', 'for (;;) ;'],
    ['a bomb', 'const all = []; for (;;) all.push({ n: 1 })'],
    ['an unknown code', "return { refuse: 'nobody-knows' }"],
    ['an unknown finding', "return { findings: ['nobody-knows'] }"],
    ['the same finding twice', "return { findings: ['SEEN', 'SEEN'] }"],
    ['a wait', "return { wait: 'no-more', untilUs: 5 }"],
    ['a float', "return { set: [['k', 'x', 0.5]] }"],
    ['a float inside', "return { set: [['k', 'x', { a: [1e300] }]] }"],
    ['a key twice', "return { set: [['k', 'x', 1], ['k', 'x', 2]] }"],
    ['a kind that is none', "return { set: [['K', 'x', 1]] }"],
    ['a value too large', "return { set: [['k', 'x', 'x'.repeat(17000)]] }"],
    ['65 values', "return { set: Array.of(...'x'.repeat(65)).map((_, i) => ['k', 'x' + i, 1]) }"],
    ['a question about another pack', "call.get('counts', 'tank', 'x'); return {}"],
    ['a question about keys of the core', "call.get('core', 'key', 'x'); return {}"],
    ['a question by no id', "call.get('core', 'member', 'zz'); return {}"],
    ['a list', 'return []'],
    ['a text', "return 'yes'"],
  ])('%s refuses an act with a code of its own, and is noted of a fact', async (_, answer) => {
    const bad = madeUpPack('bad', `if (call.statement.type === 'asset.registered') return {}; ${answer}`)
    const run = started(await contractsOf(bad), bad)
    const { ledger, channel, say } = run
    expect(commitOne(ledger, say('asset.bound', { asset: TANK, party: channel.member(1).actor }))).toMatchObject({
      outcome: 'invalid',
      reason: 'bad/trap',
    })
    const { index } = commitOne(ledger, say('asset.observed', observed))
    expect(index).not.toBeNull()
    seal(channel, ledger)
    const reader = openReader(run.file)
    expect(reader.assetEvents.between(TANK, null, reader.blocks.newestSeal().height).at(-1)).toMatchObject({
      index,
      outcome: ['done', 'bad/trap'],
    })
    reader.close()
  })
})

describe('an event of a pack’s own', () => {
  test('has the body and the signer that its pack.json says, and may be refused where it is an act', async () => {
    const own = madeUpPack('own', "return call.statement.type === 'asset.registered' ? {} : { refuse: 'no-more', }")
    const run = started(await contractsOf(own), own)
    const { ledger, channel } = run
    const say = (type: string, body: { [name: string]: number }, member = channel.member(0)): string =>
      ((one) => one.reason ?? one.outcome)(
        commitOne(ledger, channel.event(member, 'gateway.alive', {}, { type, body, assets: [TANK] })),
      )
    expect(say('own.said', { n: 3 })).toBe('accepted')
    expect(say('own.said', { n: 10 })).toBe('body-malformed')
    expect(say('own.said', { n: 3, more: 1 })).toBe('body-malformed')
    expect(say('own.whispered', {})).toBe('type-unknown')
    expect(say('own.done', {})).toBe('own/no-more')
  })
})

test('what was found stands in the leaf of an event, behind what it came to', () => {
  const [actor, logLeaf] = ['ab'.repeat(16) as ActorId, new Uint8Array(32)]
  const leaf = (outcome: unknown): Uint8Array =>
    encodeCbor([7, 'asset.observed', new Uint8Array(16).fill(0xab), outcome as CborInput, logLeaf])
  for (const outcome of [
    'done',
    'pending',
    'done:7',
    ['done', 'a/SEEN'],
    ['ended:deadline', 'a/SEEN', 'b/trap'],
  ] as const) {
    const event = { index: 7, type: 'asset.observed', actor, outcome, logLeaf }
    expect(toHex(encodeAssetEvent(event))).toBe(toHex(leaf(outcome)))
    expect(decodeAssetEvent(encodeAssetEvent(event))).toEqual(event)
  }
  for (const outcome of [
    'over',
    'done:x',
    [],
    ['done'],
    ['a/SEEN'],
    ['done', 7],
    ['done', ['a']],
    ['done', 'x'.repeat(200)],
    null,
  ])
    expect(() => decodeAssetEvent(leaf(outcome))).toThrow(expect.objectContaining({ code: 'malformed_event' }))
})

describe('a replica', () => {
  test('comes to the same whether it ran on, was started again at each event, rebuilt or checked', async () => {
    const run = started(await contractsOf(counts), counts)
    const { file, channel, say } = run
    const contracts = await contractsOf(counts)
    const through = openLedger({ addon, memory: true, image: run.ledger.image(), contracts })
    run.ledger.close()
    let replica = openLedger({ addon, file, contracts })
    for (let i = 0; i < 9; i++) {
      const statement =
        i % 3 === 2
          ? say('asset.bound', { asset: TANK, party: channel.member(1).actor })
          : say('asset.observed', observed)
      const [one, other] = [commitOne(replica, statement), commitOne(through, statement)]
      expect(one).toEqual(other)
      if (i % 4 === 3) {
        const draft = through.sealDraft()
        const sealed = channel.seal(channel.member(0), draft, draft.minTimeUs)
        for (const each of [replica, through]) expect(commitOne(each, sealed).outcome).toBe('accepted')
      }
      replica.close()
      replica = openLedger({ addon, file, contracts: await contractsOf(counts) })
      expect(toHex(replica.closedStateRoot())).toBe(toHex(through.closedStateRoot()))
    }
    for (let i = 0; i < 2; i++) {
      const draft = through.sealDraft()
      const sealed = channel.seal(channel.member(0), draft, draft.minTimeUs)
      for (const each of [replica, through]) expect(commitOne(each, sealed).outcome).toBe('accepted')
    }
    replica.close()
    through.close()
    expect(fsck({ file, addon, contracts })).toMatchObject({ verdict: 'unchanged' })
    expect(fsck({ file, addon }), 'without contracts').toMatchObject({ verdict: 'unchanged' })
    const rebuilt = join(temporaryFolder(onTestFinished), 'rebuilt.db')
    copyFileSync(file, rebuilt)
    rebuildLedger({ file: rebuilt, addon, contracts })
    expect(fsck({ file: rebuilt, addon })).toMatchObject({ verdict: 'unchanged' })
    for (const [what, sql] of [
      ['a finding', "UPDATE entry SET findings = 'counts/SEEN' WHERE findings = 'counts/NOTED'"],
      ['no finding', 'UPDATE entry SET findings = NULL'],
    ] as const) {
      const changed = join(temporaryFolder(onTestFinished), 'changed.db')
      copyFileSync(file, changed)
      const database = new Database(changed)
      expect(database.prepare(sql).run().changes).toBeGreaterThan(0)
      database.close()
      expect(fsck({ file: changed, addon }), what).toMatchObject({ verdict: 'changed' })
      expect(fsck({ file: changed, addon, contracts }), what).toMatchObject({ verdict: 'changed' })
    }
  })

  test('asks about an act when it takes effect: by the state then, with who agreed, and a refusal ends it everywhere', async () => {
    const gate = madeUpPack(
      'gate',
      `
      if (call.statement.type === 'asset.observed') return { set: [['shut', 'x', 1]] }
      if (call.statement.type !== 'document.transferred') return {}
      if (call.get('gate', 'shut', 'x') !== null) return { refuse: 'no-more' }
      return { set: [['given', 'x', call.approvals.map(({ kind, owner, roles }) => [kind, owner, ...roles].join(' '))]], findings: ['SEEN'] }`,
    )
    const contracts = await contractsOf(gate)
    const channel = new TestChannel(addon, {
      packs: [{ ...activated(gate, sha256(engine)), parameters: {} }],
      severalOwners: true,
    })
    const file = join(temporaryFolder(onTestFinished), 'ledger.db')
    const ledger = openLedger({ addon, file, genesis: channel.genesis, contracts })
    const [giver, taker] = [channel.member(0), channel.member(1)]
    const people = (['member-admin', 'site-manager'] as const).map((role) => testPerson(taker, role, role))
    const [admin, manager] = people as [TestPerson, TestPerson]
    commit(ledger, channel.event(taker, 'person.enrolled', enrolment(channel, admin)))
    commit(ledger, channel.event(admin, 'person.enrolled', enrolment(channel, manager), { role: admin.role }))
    const other = testPerson(giver, 'other', 'member-admin')
    commit(ledger, channel.event(giver, 'person.enrolled', enrolment(channel, other)))
    commit(ledger, channel.registerAsset(giver, TANK, ['gate']))
    const says = (by: TestMember, type: CoreEventType, body: never, role = 'gateway'): SignedStatement =>
      channel.event(by, type, body, { role, consumes: ledger.consumed(type, body) })
    const policy = says(admin, 'channel.policy', { approvals: 1, openDays: 14 } as never, admin.role)
    commit(ledger, policy)
    commit(ledger, says(other, 'act.approved', { act: actOf(policy), assets: [] } as never, other.role))
    const offers = (name: string): { document: DocumentHash; act: ActHash } => {
      const document = toHex(sha256(utf8(name))) as DocumentHash
      commit(
        ledger,
        says(giver, 'document.added', { document, type: 'note', version: '1', name, asset: TANK } as never),
      )
      const offer = says(giver, 'document.transferred', { document, to: taker.actor, asset: TANK } as never)
      expect(commitOne(ledger, offer)).toMatchObject({ outcome: 'accepted', cameTo: 'pending' })
      return { document, act: actOf(offer) }
    }
    const agrees = (act: ActHash): string | undefined =>
      commitOne(ledger, says(manager, 'act.approved', { act, assets: [TANK] } as never, manager.role)).cameTo
    const run = { file, channel, ledger } as Run
    const [first, second, third] = ['a', 'b', 'c'].map(offers) as [Offer, Offer, Offer]
    expect(agrees(first.act)).toMatch(/^done:/)
    expect(kept(run, 'gate', 'given', 'x')).toEqual(['person gateway-2 GmbH site-manager'])
    // What stood in nobody's way when it was proposed does now.
    commit(ledger, says(giver, 'asset.observed', observed as never))
    expect(agrees(second.act)).toBe('ended:gate/no-more')
    const holders = (): (string | undefined)[] => {
      const reader = openReader(file)
      onTestFinished(() => reader.close())
      return [first, second].map(({ document }) => reader.state.document(document)?.holder)
    }
    // By a reader that has no contracts, before the next seal and behind it.
    expect(holders()).toEqual([taker.actor, giver.actor])
    seal(channel, ledger)
    expect(holders()).toEqual([taker.actor, giver.actor])
    expect(agrees(third.act)).toBe('ended:gate/no-more')
    ledger.close()
    const again = openLedger({ addon, file, contracts })
    expect(commitOne(again, says(giver, 'asset.observed', observed as never)).outcome).toBe('accepted')
    seal(channel, again)
    again.close()
    expect(fsck({ file, addon, contracts })).toMatchObject({ verdict: 'unchanged' })
    expect(fsck({ file, addon }), 'without contracts').toMatchObject({ verdict: 'unchanged' })
    const rebuilt = join(temporaryFolder(onTestFinished), 'rebuilt.db')
    copyFileSync(file, rebuilt)
    rebuildLedger({ file: rebuilt, addon, contracts })
    expect(fsck({ file: rebuilt, addon })).toMatchObject({ verdict: 'unchanged' })
    const changed = new Database(rebuilt)
    changed.prepare("UPDATE entry SET came_to = 'ended:declined' WHERE came_to LIKE 'ended:gate%'").run()
    changed.close()
    for (const more of [{}, { contracts }])
      expect(fsck({ file: rebuilt, addon, ...more })).toMatchObject({ verdict: 'changed' })
  })

  test('that lacks the pack, its engine or any contracts decides nothing and stops', async () => {
    const run = started(await contractsOf(counts), counts)
    seal(run.channel, run.ledger)
    const statement = run.say('asset.observed', observed)
    const stops = (contracts: Contracts | undefined, words: RegExp): void => {
      const ledger = openLedger({ addon, memory: true, image: run.ledger.image(), ...(contracts && { contracts }) })
      expect(() => commit(ledger, statement)).toThrow(words)
      ledger.close()
    }
    stops(undefined, /is for packs to decide \(counts\)/)
    stops(await contractsOf(), /is not in this release/)
    stops(
      {
        decide: () => {
          throw new RangeError('the host failed')
        },
      },
      /the host failed/,
    )
  })
})
