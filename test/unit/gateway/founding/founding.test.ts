import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadAddon } from '../../../../native/addon.ts'
import { gatewayFolder, type GatewayFolder } from '../../../../src-main/gateway/folder/data-folder.ts'
import { prepareAlone } from '../../../../src-main/gateway/folder/setup.ts'
import { signGenesis } from '../../../../src-main/gateway/folder/found.ts'
import { checkConfig, type GatewayConfig } from '../../../../src-main/gateway/folder/config.ts'
import { foundTogether, type Founders } from '../../../../src-main/gateway/founding/found-together.ts'
import { describeGateway, readDescription } from '../../../../src-main/gateway/founding/gateway-description.ts'
import { foundedChannel, joinChannel, requireNoChannel } from '../../../../src-main/gateway/founding/join-channel.ts'
import { foldersWithKeys, ownKeys } from '../../../../src-main/gateway/founding/own-keys.ts'
import type { KeyStore } from '../../../../src-main/keys/key-store.ts'
import { parseGenesis } from '../../../../src-main/ledger/genesis.ts'
import { utf8 } from '../../../../src-main/wire/bytes.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const addon = loadAddon()

interface Site {
  folder: GatewayFolder
  keys: KeyStore
  member: Founders['members'][number]
  text: string
}

function siteOf(data: string, name: string, legalName = 'Hall GmbH'): Site {
  const folder = gatewayFolder(join(data, name))
  mkdirSync(folder.root)
  const keys = ownKeys(folder)
  const { text } = describeGateway(keys, { name, legalName })
  return { folder, keys, text, member: { file: name, description: readDescription(addon, name, utf8(text)) } }
}

function sites(...names: string[]): [Site, ...Site[]] {
  const data = temporaryFolder(onTestFinished)
  return names.map((name) => siteOf(data, name)) as [Site, ...Site[]]
}

let made = 0
const founders = (all: readonly Site[], more: Partial<Founders> = {}): Founders => ({
  name: 'Hall',
  site: 'Kulmbach',
  simulated: true,
  members: all.map(({ member }) => member),
  nowUs: 1_700_000_000_000_000,
  random: (bytes) => new Uint8Array(bytes).fill(++made),
  ...more,
})

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code} ${message}`
  }
  return 'nothing was thrown'
}

describe('a description', () => {
  test('says again what the gateway is, wherever it is read', () => {
    const [{ keys, member }] = sites('gw-a')
    expect(member.description).toMatchObject({ actor: keys.actorId, name: 'gw-a', legalName: 'Hall GmbH' })
    expect(member.description.fingerprint).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/)
    expect(member.description.fingerprint).toBe(
      describeGateway(keys, { name: 'gw-a', legalName: 'Hall GmbH' }).description.fingerprint,
    )
  })

  test.each([
    ['another name', /gw-a/, 'gw-b', 'its signature does not fit'],
    ['another legal name', /Hall GmbH/, 'Hull GmbH', 'its signature does not fit'],
    ['another signature', /("signature": ")./, '$1_', '"signature" is not lower-case hex'],
    ['a field more', /"format"/, '"more": 1, "format"', '"more" that is not known here'],
    ['a field less', /"legalName": "[^"]*",/, '', '"legalName" is no text'],
    ['a hidden character', /Hall GmbH/, 'Hall\u202e GmbH', 'holds U+202E'],
    ['another format', /plumbline-gateway.1/, 'plumbline-gateway/2', 'its "format" is not'],
    ['a name that no gateway has', /gw-a/, 'GW A', 'other characters than lower-case'],
    ['keys in another order', /"cosignature"/, '"checkpoint"', 'is not an Ed25519 key for "cosignature"'],
    ['the same twice', /"actor"/, '"format": "x", "actor"', 'occurs twice'],
  ])('with %s is refused', (_, pattern, put, words) => {
    const [{ text }] = sites('gw-a')
    const bent = text.replace(pattern, put)
    expect(bent).not.toBe(text)
    const refused = codeOf(() => readDescription(addon, 'a.json', utf8(bent)))
    expect(refused).toContain('description_unreadable a.json')
    expect(refused).toContain(words)
  })

  test('with each of its bytes changed is refused, or says the same', () => {
    const [{ text, member }] = sites('gw-a')
    const bytes = utf8(text)
    for (let at = 0; at < bytes.length; at++) {
      const bent = bytes.slice()
      bent[at]! ^= 1
      let read = null
      try {
        read = readDescription(addon, 'a.json', bent)
      } catch {}
      if (read !== null) expect(read).toEqual(member.description)
    }
  })
})

describe('founding from descriptions', () => {
  test('gives a genesis with all of them, in the order given, by which each joins', () => {
    const all = sites('gw-a', 'gw-b', 'gw-c')
    const genesis = foundTogether(all[0].keys, founders(all))
    const { body, event } = parseGenesis(addon, genesis)
    expect(event.actor).toBe(all[0].keys.actorId)
    expect(body).toMatchObject({ name: 'Hall', site: 'Kulmbach', simulated: true, quorum: 2 })
    expect(body.members.map(({ raftId, name }) => [raftId, name])).toEqual([
      [1, 'gw-a'],
      [2, 'gw-b'],
      [3, 'gw-c'],
    ])
    for (const { folder, keys } of all) expect(joinChannel(addon, folder, { keys, genesis, name: null })).toBe(true)
    expect(new Set(all.map(({ folder }) => readFileSync(folder.genesis, 'hex'))).size).toBe(1)
    expect(joinChannel(addon, all[1]!.folder, { ...all[1]!, genesis, name: 'gw-b' })).toBe(false)
    expect(foundedChannel(addon, genesis)).toMatchObject({ quorum: 2, members: [{ name: 'gw-a' }, {}, {}] })
  })

  const refusal = (all: readonly Site[], more: Partial<Founders> = {}): string =>
    codeOf(() => foundTogether(all[0]!.keys, founders(all, more)))

  test('refuses a gateway that is given twice, and one whose founder is not given', () => {
    const [a, b] = sites('gw-a', 'gw-b') as [Site, Site]
    expect(refusal([a, b, a])).toContain('founding_refused no channel was founded: gw-a and gw-a describe the same')
    expect(codeOf(() => foundTogether(a.keys, founders([b])))).toContain('is not among those described')
  })

  test('refuses two of one name, names that look the same, and legal names that look the same', () => {
    const [a] = sites('gw-hall-1')
    const [b] = sites('gw-hall-1')
    expect(refusal([a, b])).toContain('both called gw-hall-1')
    const [c] = sites('gw-hall-l')
    expect(refusal([a, c])).toContain('gw-hall-1 and gw-hall-l cannot be told apart')
    const other = siteOf(temporaryFolder(onTestFinished), 'gw-x', 'Hаll GmbH')
    expect(refusal([a, other])).toContain('look the same and would count as two parties')
  })

  test('refuses a description that lists a key of another gateway', () => {
    const [a, b] = sites('gw-a', 'gw-b') as [Site, Site]
    const thief: KeyStore = { ...b.keys, public: (use) => (use === 'tls' ? a.keys.public('tls') : b.keys.public(use)) }
    const { text } = describeGateway(thief, { name: 'gw-b', legalName: 'Hall GmbH' })
    const stolen = { ...b, member: { file: 'b.json', description: readDescription(addon, 'b.json', utf8(text)) } }
    expect(refusal([a, stolen])).toContain('list the same key (of gw-b for "tls")')
    expect(codeOf(() => foundTogether(b.keys, founders([a, { ...stolen }])))).toContain('list the same key')
  })

  test('refuses more than 64 gateways, a quorum below the majority or above all, and hidden characters', () => {
    const [a] = sites('gw-a')
    const many = Array.from({ length: 65 }, () => a.member)
    expect(refusal([a], { members: many })).toContain('a channel has at most 64')
    const all = sites('gw-a', 'gw-b', 'gw-c')
    expect(refusal(all, { quorum: 1 })).toContain('a quorum of 1 is not between 2 and 3')
    expect(refusal(all, { quorum: 4 })).toContain('a quorum of 4 is not between 2 and 3')
    expect(refusal(all, { name: 'Hall\u200f' })).toContain('--name holds U+200F')
    expect(refusal(all, { site: ' ' })).toContain('--site is no text')
    expect(parseGenesis(addon, foundTogether(all[0].keys, founders(all, { quorum: 3 }))).body.quorum).toBe(3)
  })
})

describe('joining', () => {
  test('refuses a channel that does not name this gateway, by these keys, under this name; nothing is written', () => {
    const [a, b] = sites('gw-a', 'gw-b') as [Site, Site]
    const genesis = foundTogether(a.keys, founders([a]))
    const join = (site: Site, keys: KeyStore, name: string | null): string =>
      codeOf(() => joinChannel(addon, site.folder, { keys, genesis, name }))
    expect(join(b, b.keys, null)).toContain('channel_mismatch this genesis names gw-a, and none of them has the keys')
    const renewed: KeyStore = { ...b.keys, actorId: a.keys.actorId }
    expect(join(b, renewed, null)).toContain('another key for "entry" of gw-a')
    expect(join(a, a.keys, 'gw-z')).toContain('calls this gateway gw-a, its configuration calls it gw-z')
    expect([a, b].map(({ folder }) => existsSync(folder.genesis))).toEqual([false, false])
  })

  test('knows the keys that a gateway had when it described itself, whatever keys it has by now', () => {
    const [a] = sites('gw-a')
    const genesis = foundTogether(a.keys, founders([a]))
    a.keys.add('entry')
    expect(joinChannel(addon, a.folder, { keys: a.keys, genesis, name: null })).toBe(true)
  })

  test('refuses a channel whose rule packs this release does not have: it would stop at its first reading', () => {
    const [a] = sites('gw-a')
    const { body } = parseGenesis(addon, foundTogether(a.keys, founders([a])))
    const packs = body.packs.map((pack) => ({ ...pack, ruleHash: new Uint8Array(32), version: '9' }))
    const genesis = signGenesis(a.keys, { ...body, packs }, { nowUs: 1, random: (length) => new Uint8Array(length) })
    const refused = codeOf(() => joinChannel(addon, a.folder, { keys: a.keys, genesis, name: null }))
    expect(refused).toContain(
      'pack_not_shipped the channel judges by rule packs that this release does not have: odometer 9',
    )
    expect(existsSync(a.folder.genesis)).toBe(false)
  })

  test('never replaces the channel that a gateway has', () => {
    const [a] = sites('gw-a')
    const [one, other] = [foundTogether(a.keys, founders([a])), foundTogether(a.keys, founders([a]))]
    joinChannel(addon, a.folder, { keys: a.keys, genesis: one, name: null })
    expect(codeOf(() => joinChannel(addon, a.folder, { keys: a.keys, genesis: other, name: null }))).toContain(
      'channel_exists',
    )
    expect(readFileSync(a.folder.genesis)).toEqual(Buffer.from(one))
    expect(codeOf(() => requireNoChannel(a.folder))).toContain('channel_exists')
  })

  test('refuses a genesis in which a byte was changed', () => {
    const [a] = sites('gw-a')
    const genesis = foundTogether(a.keys, founders([a]))
    genesis[genesis.length - 1]! ^= 1
    expect(codeOf(() => joinChannel(addon, a.folder, { keys: a.keys, genesis, name: null }))).toContain(
      'genesis_refused',
    )
  })
})

test('keys are made where there are none, and never beside a channel that knows others', () => {
  const data = temporaryFolder(onTestFinished)
  const folder = gatewayFolder(join(data, 'gw-a'))
  const { config } = checkConfig('name: gw-a') as { config: GatewayConfig }
  expect(foldersWithKeys(data)).toEqual([])
  const { actorId } = ownKeys(folder)
  expect(ownKeys(folder).actorId).toBe(actorId)
  expect(foldersWithKeys(data).map(({ root }) => root)).toEqual([folder.root])
  expect(foldersWithKeys(folder.root).map(({ root }) => root)).toEqual([folder.root])
  const other = gatewayFolder(join(data, 'gw-b'))
  prepareAlone(join(data, 'gw-b'), { ...config, name: 'gw-b' }, 1_700_000_000_000_000)
  writeFileSync(join(data, 'aside'), '')
  const moved = { ...other, keys: join(data, 'gw-b', 'elsewhere') }
  expect(codeOf(() => ownKeys(moved))).toContain('channel_mismatch')
})
