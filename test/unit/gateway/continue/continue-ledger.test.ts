import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkRecord } from '../../../../src-main/gateway/check/check-record.ts'
import { Continuing, type ContinueOptions, type Plan } from '../../../../src-main/gateway/continue/continue-ledger.ts'
import {
  channelIn,
  finishLeaving,
  keptFolder,
  type ContinueEdge,
} from '../../../../src-main/gateway/continue/kept-ledger.ts'
import type { GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { lockFolder } from '../../../../src-main/gateway/folder/folder-lock.ts'
import { MarkFile } from '../../../../src-main/gateway/memory/mark.ts'
import { openKeyStore } from '../../../../src-main/keys/key-store.ts'
import { openLedger } from '../../../../src-main/ledger/ledger.ts'
import { openReader } from '../../../../src-main/ledger/reader.ts'
import { toHex } from '../../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { addon } from '../../ledger/drive.ts'
import { contentOf, modeOf, OldPlant, random } from './old-plant.ts'

const nothing = (): void => undefined

function plantOf(...names: string[]): OldPlant {
  return new OldPlant(temporaryFolder(onTestFinished), names)
}

/** Plans, and carries out what was planned; gives the plan. */
function recover(plant: OldPlant, names: string[], options: Partial<ContinueOptions> = {}): Plan | null {
  const folders = names.map((name) => plant.folder(name))
  const continuing = new Continuing(folders, { nowUs: plant.lastUs + 1_000_000, random, ...options })
  try {
    const plan = continuing.plan()
    if (plan !== null) continuing.carryOut(plan)
    return plan
  } finally {
    continuing.close()
  }
}

function newLedger(folder: GatewayFolder): ReturnType<typeof openLedger> {
  const { actorId } = openKeyStore(folder.keys)
  return openLedger({ addon, file: folder.ledger, genesis: readFileSync(folder.genesis), actor: actorId })
}

describe('a lone gateway', () => {
  test('continues its ledger at its newest seal, with its name, owner, keys and roles', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 11)
    const folder = plant.folder('gw-a')
    const before = openReader(folder.ledger)
    const { channel, origin } = before
    const seal = before.blocks.newestSeal()
    const members = before.members()
    before.close()
    expect(seal.index).toBe(10)
    const plan = recover(plant, ['gw-a'])
    expect(plan).toMatchObject({ founder: 'gw-a', voters: ['gw-a'], leftOut: [] })
    const { body, channel: after } = channelIn(folder)
    expect(after).not.toBe(channel)
    expect(body.continues).toEqual({ origin, size: 11, root: Uint8Array.from(seal.logRoot) })
    expect(body).toMatchObject({ name: 'Hall', site: 'Kulmbach', simulated: true, quorum: 1 })
    const [{ actor, name, legalName, roles, keys, raftId }] = members as [(typeof members)[number]]
    expect(body.members).toMatchObject([{ actor, name, legalName, roles, voter: true, raftId: raftId + 1 }])
    expect(body.members[0]?.keys.map(({ public: key }) => toHex(key))).toEqual(
      keys.map(({ public: key }) => toHex(key)),
    )
    const ledger = newLedger(folder)
    expect(ledger.size).toBe(1)
    expect(new MarkFile(folder.keys).read()).toBe('new')
    ledger.close()
    const reader = openReader(folder.ledger)
    expect(reader.channelState().continues?.origin).toBe(origin)
    reader.close()
  })

  test('keeps the old one read-only, whole, and in one file that can be checked', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12, { queued: 3 })
    const folder = plant.folder('gw-a')
    const { channel } = channelIn(folder)
    const mark = readFileSync(join(folder.keys, 'mark'))
    const genesis = readFileSync(folder.genesis)
    expect(recover(plant, ['gw-a'])?.leaving[0]?.queue).toEqual({ statements: 3, readings: 0, refused: 0 })
    const kept = keptFolder(folder, channel)
    expect(kept.root).toBe(join(folder.root, 'continued', channel.slice(0, 16)))
    expect([...contentOf(kept.root).keys()].toSorted()).toEqual([
      '/agreement.json',
      '/evidence/a.fork.json',
      '/genesis.cose',
      '/ledger.db',
      '/mark',
    ])
    for (const path of [kept.genesis, kept.ledger, kept.agreement, join(kept.evidence, 'a.fork.json')])
      expect(modeOf(path)).toBe('444')
    for (const path of [kept.root, kept.evidence]) expect(modeOf(path)).toBe('555')
    for (const end of ['-wal', '-shm', '-journal']) expect(existsSync(`${kept.ledger}${end}`)).toBe(false)
    expect([readFileSync(join(kept.root, 'mark')), readFileSync(kept.genesis)]).toEqual([mark, genesis])
    for (const path of [folder.ledger, folder.agreement, folder.evidence, join(folder.keys, 'mark')])
      expect(existsSync(path)).toBe(false)
    const content = contentOf(kept.root)
    expect(checkRecord(kept, nothing)).toMatchObject({ verdict: 'unchanged', checked: { entries: 13, seals: 6 } })
    expect(contentOf(kept.root)).toEqual(content)
    expect(existsSync(`${kept.ledger}-wal`)).toBe(false)
  })

  test('whose ledger holds the genesis alone continues that', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 0)
    recover(plant, ['gw-a'])
    expect(channelIn(plant.folder('gw-a')).body.continues?.size).toBe(1)
  })

  test('may continue a ledger that continues one, and keeps both', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    const folder = plant.folder('gw-a')
    const first = channelIn(folder).channel
    recover(plant, ['gw-a'])
    const second = channelIn(folder).channel
    newLedger(folder).close()
    recover(plant, ['gw-a'])
    expect(channelIn(folder).body.continues?.origin).toBe(`plumbline.local/${second}`)
    for (const channel of [first, second])
      expect(checkRecord(keptFolder(folder, channel), nothing).verdict).toBe('unchanged')
  })
})

describe('nothing is touched where', () => {
  test('the gateway runs', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    onTestFinished(lockFolder(plant.folder('gw-a'), 'gw-a'))
    const before = contentOf(plant.data)
    expect(() => recover(plant, ['gw-a'])).toThrow(expect.objectContaining({ code: 'already_running' }))
    expect(contentOf(plant.data)).toEqual(before)
  })

  test('the ledger is changed', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    const { ledger } = plant.folder('gw-a')
    const reader = openReader(ledger)
    const entry = reader.entries.entry(5)?.bytes as Uint8Array
    reader.close()
    const bytes = readFileSync(ledger)
    const at = bytes.indexOf(entry) + entry.length - 10
    bytes[at] = (bytes[at] as number) ^ 1
    writeFileSync(ledger, bytes)
    const before = contentOf(plant.data)
    expect(() => recover(plant, ['gw-a'])).toThrow(
      expect.objectContaining({ code: 'not_continued', message: expect.stringMatching(/is changed: entry \d+/) }),
    )
    expect(contentOf(plant.data)).toEqual(before)
  })

  test('there is no ledger, or there are no keys', () => {
    const plant = plantOf('gw-a')
    expect(() => recover(plant, ['gw-a'])).toThrow(expect.objectContaining({ code: 'ledger_vanished' }))
    plant.record('gw-a', 2)
    const { keys } = plant.folder('gw-a')
    renameSync(keys, `${keys}.away`)
    expect(() => recover(plant, ['gw-a'])).toThrow(/has no keys/)
    expect(existsSync(keys)).toBe(false)
  })

  test('the clock is behind the newest block', () => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    const before = contentOf(plant.data)
    expect(() => recover(plant, ['gw-a'], { nowUs: plant.lastUs - 60_000_000 })).toThrow(
      expect.objectContaining({ code: 'clock_moved' }),
    )
    expect(contentOf(plant.data)).toEqual(before)
  })

  test('the records of two gateways differ', () => {
    const plant = plantOf('gw-a', 'gw-b', 'gw-c')
    plant.record('gw-a', 12)
    plant.diverge('gw-b', 7)
    const before = contentOf(plant.data)
    expect(() => recover(plant, ['gw-a', 'gw-b'])).toThrow(
      expect.objectContaining({ code: 'not_continued', message: expect.stringMatching(/gw-a and gw-b differ/) }),
    )
    expect(contentOf(plant.data)).toEqual(before)
  })

  test('the gateways are of two channels', () => {
    const plant = plantOf('gw-a')
    const other = plantOf('gw-b')
    plant.record('gw-a', 12)
    other.record('gw-b', 12)
    cpSync(other.folder('gw-b').root, plant.folder('gw-b').root, { recursive: true })
    expect(() => recover(plant, ['gw-a', 'gw-b'])).toThrow(/are of 2 channels/)
  })
})

describe('several gateways', () => {
  test('get one genesis, from the one whose sealed ledger is longest', () => {
    const plant = plantOf('gw-a', 'gw-b', 'gw-c')
    plant.record('gw-a', 4)
    // One entry more than its newest seal.
    plant.record('gw-b', 9)
    const plan = recover(plant, ['gw-a', 'gw-b'])
    expect(plan).toMatchObject({ founder: 'gw-b', voters: ['gw-a', 'gw-b'], leftOut: ['gw-c'] })
    const [a, b, c] = plant.folders as [GatewayFolder, GatewayFolder, GatewayFolder]
    expect(readFileSync(a.genesis)).toEqual(readFileSync(b.genesis))
    const { body } = channelIn(a)
    expect(body).toMatchObject({ quorum: 2, continues: { size: 9 } })
    expect(body.members.map(({ name, raftId }) => [name, raftId])).toEqual([
      ['gw-a', 4],
      ['gw-b', 5],
    ])
    expect(channelIn(c).body.continues).toBeUndefined()
    for (const folder of [a, b]) newLedger(folder).close()
  })

  test('one of three continues alone', () => {
    const plant = plantOf('gw-a', 'gw-b', 'gw-c')
    plant.record('gw-b', 12)
    expect(recover(plant, ['gw-b'])).toMatchObject({ voters: ['gw-b'], leftOut: ['gw-a', 'gw-c'] })
    expect(channelIn(plant.folder('gw-b')).body.quorum).toBe(1)
  })
})

class Ended extends Error {}
const EDGES: ContinueEdge[] = ['genesis kept', 'genesis written', 'files moved', 'mark moved', 'ledger moved']

describe('an end', () => {
  function interrupted(plant: OldPlant, names: string[], at: ContinueEdge, who: string): void {
    const onEdge: ContinueOptions['onEdge'] = (name, edge) => {
      if (name === who && edge === at) throw new Ended()
    }
    expect(() => recover(plant, names, { onEdge })).toThrow(Ended)
  }

  test.each(EDGES)('after "%s" leaves the old ledger in use or the new one, and a second call finishes it', (edge) => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    const folder = plant.folder('gw-a')
    const { channel } = channelIn(folder)
    interrupted(plant, ['gw-a'], edge, 'gw-a')
    const isOld = channelIn(folder).channel === channel
    expect(isOld).toBe(edge === 'genesis kept')
    if (isOld) expect(checkRecord(folder, nothing).verdict).toBe('unchanged')
    const plan = recover(plant, ['gw-a'])
    expect(plan === null).toBe(!isOld)
    const kept = keptFolder(folder, channel)
    expect(modeOf(kept.root)).toBe('555')
    expect(modeOf(kept.ledger)).toBe('444')
    expect(checkRecord(kept, nothing)).toMatchObject({ verdict: 'unchanged', checked: { entries: 13 } })
    expect(new MarkFile(folder.keys).read()).toBe('new')
    newLedger(folder).close()
    expect(finishLeaving(folder)).toBe(false)
  })

  test.each(EDGES)('after "%s" is finished by the next start', (edge) => {
    const plant = plantOf('gw-a')
    plant.record('gw-a', 12)
    const folder = plant.folder('gw-a')
    const { channel } = channelIn(folder)
    interrupted(plant, ['gw-a'], edge, 'gw-a')
    finishLeaving(folder)
    newLedger(folder).close()
    if (edge === 'genesis kept') expect(new MarkFile(folder.keys).read()).toMatchObject({ term: 3 })
    else expect(checkRecord(keptFolder(folder, channel), nothing).checked.entries).toBe(13)
    expect(existsSync(folder.agreement)).toBe(edge === 'genesis kept')
  })

  test.each(EDGES.slice(1))('after "%s" of the first of two is finished for both, with one genesis', (edge) => {
    const plant = plantOf('gw-a', 'gw-b', 'gw-c')
    plant.record('gw-a', 12)
    plant.record('gw-b', 6)
    const [a, b] = plant.folders as [GatewayFolder, GatewayFolder]
    interrupted(plant, ['gw-a', 'gw-b'], edge, 'gw-a')
    expect(channelIn(b).body.continues).toBeUndefined()
    const plan = recover(plant, ['gw-a', 'gw-b'])
    expect(plan).toMatchObject({ founder: 'gw-a', voters: ['gw-a', 'gw-b'], leftOut: ['gw-c'] })
    expect(plan?.leaving.map(({ name }) => name)).toEqual(['gw-b'])
    expect(readFileSync(a.genesis)).toEqual(readFileSync(b.genesis))
    expect(recover(plant, ['gw-a', 'gw-b'])).toBe(null)
  })
})

test('an old ledger that is put back beside the new one is not moved over the kept one', () => {
  const plant = plantOf('gw-a')
  plant.record('gw-a', 12)
  const folder = plant.folder('gw-a')
  const { channel } = channelIn(folder)
  recover(plant, ['gw-a'])
  const kept = keptFolder(folder, channel)
  newLedger(folder).close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${folder.ledger}${end}`, { force: true })
  cpSync(kept.ledger, folder.ledger)
  const before = contentOf(plant.data)
  expect(finishLeaving(folder)).toBe(false)
  expect(contentOf(plant.data)).toEqual(before)
  expect(() => newLedger(folder)).toThrow(expect.objectContaining({ code: 'genesis_differs' }))
})
