/** A pack that no release has comes onto a ledger, decides there, is replaced and retired; whoever starts again, rebuilds or checks comes to the same. */
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { loadEngine } from '../../../src-main/documents/engine.ts'
import { shippedPacks } from '../../../src-main/gateway/folder/shipped-packs.ts'
import { fsck } from '../../../src-main/ledger/audit.ts'
import { openLedger } from '../../../src-main/ledger/ledger.ts'
import type { Ledger, Outcome } from '../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../src-main/ledger/reader.ts'
import { rebuildLedger } from '../../../src-main/ledger/rebuild.ts'
import { createContracts } from '../../../src-main/packs/contracts.ts'
import type { Pack } from '../../../src-main/packs/pack.ts'
import { partsOf, recordedPack } from '../../../src-main/packs/recorded-pack.ts'
import type { Contracts } from '../../../src-main/record/contracts.ts'
import type { CoreEvents, CoreEventType } from '../../../src-main/record/kinds.ts'
import type { PackHash, PartHash } from '../../../src-main/record/pack-state.ts'
import { sha256, toHex } from '../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { TestChannel } from '../../support/channel.ts'
import { madeUpPack } from '../../support/made-up-pack.ts'
import { enrolment, testPerson } from '../../support/people.ts'
import type { TestPerson } from '../../support/people.ts'
import { addon, commit, commitOne, seal } from './drive.ts'

const engine = loadEngine()
const engineHash = sha256(engine)
const TANK = 'urn:own:tank-1'

const refusing = (code: string): string =>
  `if (call.statement.type === 'asset.bound') return { refuse: '${code}' }\n return {}`
const one = madeUpPack('tanks', refusing('no-more'), { version: '1.0' })
const two = madeUpPack('tanks', "return { findings: call.statement.type === 'asset.bound' ? ['SEEN'] : [] }", {
  version: '2.0',
})

class Site {
  readonly channel: TestChannel
  readonly file: string
  ledger: Ledger
  readonly admin: TestPerson

  constructor(contracts: Contracts) {
    this.channel = new TestChannel(addon, { members: 3, packs: [] })
    this.file = join(temporaryFolder(onTestFinished), 'ledger.db')
    this.ledger = openLedger({ addon, file: this.file, genesis: this.channel.genesis, contracts })
    onTestFinished(() => this.ledger.close())
    this.admin = testPerson(this.channel.member(0), 'Admin', 'member-admin')
    commit(
      this.ledger,
      this.channel.event(this.channel.member(0), 'person.enrolled', enrolment(this.channel, this.admin)),
    )
  }

  says<T extends CoreEventType>(type: T, body: CoreEvents[T]): Outcome {
    const consumes = this.ledger.consumed(type, body)
    return commitOne(this.ledger, this.channel.event(this.admin, type, body, { role: 'member-admin', consumes }))
  }

  /** By a gateway. */
  told<T extends CoreEventType>(type: T, body: CoreEvents[T], member = 0): Outcome {
    return commitOne(this.ledger, this.channel.event(this.channel.member(member), type, body))
  }

  propose(pack: Pack): PackHash {
    const hash = toHex(pack.hash) as PackHash
    const { id, version } = pack.manifest
    const parts = partsOf(pack)
    const hashes = parts.map((bytes) => toHex(sha256(bytes)) as PartHash)
    expect(this.says('pack.proposed', { hash, id, version, parts: hashes, reason: 'try' }).outcome).toBe('accepted')
    for (const [part, bytes] of parts.entries())
      expect(this.says('pack.part', { hash, part, bytes }).outcome).toBe('accepted')
    return hash
  }

  activate(pack: Pack): Outcome {
    const hash = toHex(pack.hash) as PackHash
    for (const member of [0, 1, 2]) this.told('pack.loaded', { hash, engineHash }, member)
    return this.says('pack.activated', { id: pack.manifest.id, hash, engineHash, parameters: {} })
  }

  bind(): Outcome {
    return this.told('asset.bound', { asset: TANK, party: this.channel.member(1).actor })
  }
}

describe('a pack on the ledger', () => {
  let contracts: Contracts
  beforeAll(async () => {
    contracts = await createContracts(engine, shippedPacks())
  })

  test('decides from behind its activation, by the bytes that stand there; a later version in its place, and a retired one not at all', async () => {
    const site = new Site(contracts)
    const { ledger } = site
    const hash = site.propose(one)
    // In the very pass in which it is activated it is asked.
    expect(site.activate(one)).toMatchObject({ outcome: 'accepted', cameTo: 'done' })
    expect(commitOne(ledger, site.channel.registerAsset(site.channel.member(0), TANK, ['tanks'])).outcome).toBe(
      'accepted',
    )
    expect(site.bind()).toMatchObject({ outcome: 'invalid', reason: 'tanks/no-more' })
    seal(site.channel, ledger)
    site.propose(two)
    expect(site.activate(two).outcome).toBe('accepted')
    expect(site.bind().outcome).toBe('accepted')
    seal(site.channel, ledger)
    const reader = openReader(site.file)
    expect(
      reader.state.packs().map(({ id, version, before }) => [id, version, before.map((was) => was.version)]),
    ).toEqual([['tanks', '2.0', ['1.0']]])
    expect(toHex(recordedPack(reader.state.packBytes(hash)!, hash).hash)).toBe(hash)
    reader.close()
    expect(site.says('pack.retired', { id: 'tanks', reason: 'no tanks' }).outcome).toBe('accepted')
    expect(site.bind()).toMatchObject({ outcome: 'accepted' })
    const said = { type: 'tanks.said', body: new Map([['n', 1]]), assets: [TANK] }
    expect(commitOne(ledger, site.channel.event(site.channel.member(0), 'gateway.alive', {}, said))).toMatchObject({
      reason: 'type-unknown',
    })
    expect(
      commitOne(ledger, site.channel.registerAsset(site.channel.member(0), 'urn:own:tank-2', ['tanks'])),
    ).toMatchObject({ reason: 'pack-inactive' })
    seal(site.channel, ledger)
    await comesBack(site)
  })

  test('is activated only once every voter has loaded it by the same engine, and never by another name', () => {
    const site = new Site(contracts)
    const hash = site.propose(one)
    const activated = { id: 'tanks', hash, engineHash, parameters: {} }
    expect(site.says('pack.activated', activated)).toMatchObject({ reason: 'pack-not-loaded' })
    site.told('pack.loaded', { hash, engineHash }, 0)
    site.told('pack.loaded', { hash, engineHash }, 1)
    site.told('pack.loaded', { hash, engineHash: new Uint8Array(32) }, 2)
    expect(site.says('pack.activated', activated)).toMatchObject({ reason: 'pack-not-loaded' })
    site.told('pack.loaded', { hash, engineHash }, 2)
    expect(site.says('pack.activated', { ...activated, id: 'other' })).toMatchObject({ reason: 'pack-differs' })
    expect(site.says('pack.activated', activated)).toMatchObject({ outcome: 'accepted' })
  })

  test('is found again among more versions than engines are kept', async () => {
    const few = await createContracts(engine, [])
    const site = new Site(few)
    const version = (n: number): Pack => madeUpPack(`tanks-${n}`, refusing('no-more'), { version: `1.${n}` })
    for (const n of [1, 2, 3]) {
      site.propose(version(n))
      expect(site.activate(version(n)).outcome).toBe('accepted')
    }
    // Three in one pass, while one engine stands ready: the others give way, and come back when they are asked again.
    const packs = ['tanks-1', 'tanks-2', 'tanks-3']
    const asset = site.channel.registerAsset(site.channel.member(0), TANK, packs)
    expect(commitOne(site.ledger, asset).outcome).toBe('accepted')
    for (let i = 0; i < 3; i++) expect(site.bind()).toMatchObject({ reason: 'tanks-1/no-more' })
  })
})

/** Started again, rebuilt and checked, by contracts that never saw it proposed. */
async function comesBack(site: Site): Promise<void> {
  const { file, channel } = site
  const stateRoot = toHex(site.ledger.closedStateRoot())
  site.ledger.close()
  const { genesis } = channel
  const contracts = await createContracts(engine, [])
  expect(fsck({ file, addon, contracts })).toMatchObject({ verdict: 'unchanged' })
  rebuildLedger({ file, addon, contracts })
  site.ledger = openLedger({ addon, file, genesis, contracts })
  expect(toHex(site.ledger.closedStateRoot())).toBe(stateRoot)
}
