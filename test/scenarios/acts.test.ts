/** What one must not do alone, as people do it at the console of a running gateway: each in a session of its own, the key open from the sign-in. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import type { Acts } from '../../src-main/endpoints/act-calls.ts'
import type { PackDifference, Packs } from '../../src-main/endpoints/pack-calls.ts'
import { sha256, toHex } from '../../src-main/wire/bytes.ts'
import type { Persons, SaidByPerson } from '../../src-main/endpoints/person-calls.ts'
import { plumbline, plumblineJson, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const PASSPHRASE = 'correct horse battery'
const ADMINS = ['R. Hofmann', 'T. Brandt', 'U. Voss'] as const

/** What a command says under --json. */
const told = async <T>(...args: string[]): Promise<T> => (await plumblineJson<T>(...args)).document

/** Signs in by name and passphrase; gives what calls in that session. */
async function session(base: string, name: string) {
  const headers = { origin: base, 'content-type': 'application/json' }
  const entered = await fetch(`${base}/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name, passphrase: PASSPHRASE }),
  })
  expect(entered.status).toBe(200)
  const { key } = (await entered.json()) as { key: string }
  const cookie = entered.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  const call = async <T>(path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${base}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, cookie, 'x-plumbline-key': key },
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as T
  }
  const bytes = async (path: string): Promise<Uint8Array> =>
    await (await fetch(`${base}${path}`, { headers: { cookie, 'x-plumbline-key': key } })).bytes()
  return {
    call,
    bytes,
    say: (type: string, body: object) => call<SaidByPerson>('/api/ledger/statements', { type, body }),
  }
}

describe('acts at the console', () => {
  let gateway: Running
  let base = ''
  let data = ''

  beforeAll(async () => {
    data = temporaryFolder(afterAll)
    const config = join(data, 'gateway.yaml')
    const port = await freePort()
    base = `http://127.0.0.1:${port}`
    writeFileSync(config, `name: gw-1\nconsole: { port: ${port} }\n`, { mode: 0o600 })
    gateway = Running.start(['start', '--config', config, '--data', data])
    await gateway.line(/Console: /)
    const secret = join(data, 'secret')
    writeFileSync(secret, PASSPHRASE, { mode: 0o600 })
    for (const name of ADMINS)
      await plumbline('person', 'enrol', name, '--role', 'member-admin', '--passphrase-file', secret, '--data', data)
  }, 400_000)
  afterAll(async () => {
    gateway?.signal('SIGTERM')
    await gateway?.ended
  })

  it('are proposed by one, wait for the others whom the policy asks for, and are done or ended by their word', async () => {
    const [hofmann, brandt] = [await session(base, ADMINS[0]), await session(base, ADMINS[1])]
    for (const name of ADMINS) {
      const told = await hofmann.call<SaidByPerson>('/api/persons', { person: { name, passphrase: PASSPHRASE } })
      expect(told).toMatchObject({ outcome: 'accepted', cameTo: 'done' })
    }
    expect(await hofmann.say('channel.policy', { approvals: 1, openDays: 14 })).toMatchObject({ cameTo: 'done' })
    const { persons, own } = await hofmann.call<Persons>('/api/persons')
    const voss = persons.find(({ name }) => name === 'U. Voss')?.id
    expect(own).toBe(persons.find(({ name }) => name === 'R. Hofmann')?.id)
    const ends = { person: voss, reason: 'Works elsewhere now.' }
    const { act, entry } = await hofmann.say('person.ended', ends)
    const seen = async (by: typeof hofmann) => (await by.call<Acts>('/api/acts')).acts.find((one) => one.act === act)
    const waiting = await until('the act', 20_000, () => seen(brandt), Boolean)
    expect(waiting).toMatchObject({
      proposer: 'R. Hofmann (gw-1)',
      about: 'U. Voss (gw-1)',
      proposedAt: entry,
      needs: { count: 1, roles: ['member-admin'], otherOwner: false, party: null },
      isYours: true,
      isByYou: false,
      wouldEndAs: null,
    })
    expect(await seen(hofmann)).toMatchObject({ isYours: false, isByYou: true })
    expect(await hofmann.say('act.approved', { act, assets: [] })).toMatchObject({ refused: 'approves-own' })
    expect(await brandt.say('act.approved', { act, assets: [] })).toMatchObject({ cameTo: `done:${entry}` })
    const ended = await until(
      'its end',
      20_000,
      () => brandt.call<Acts>('/api/acts'),
      (answer) => answer.ended.length > 0,
    )
    expect([ended.acts, ended.ended]).toEqual([
      [],
      [expect.objectContaining({ act, about: 'U. Voss (gw-1)', outcome: 'done', by: 'T. Brandt (gw-1)' })],
    ])
    const proposal = await brandt.call<{ cameTo: string; findings: string[] }>(`/api/ledger/entries/${entry}`)
    expect(proposal).toMatchObject({ cameTo: 'pending', findings: [] })
  }, 400_000)

  it('put another version of a pack in force, which was looked at and tried over the past before, and take it out again', async () => {
    const folder = join(data, 'quality')
    cpSync(new URL('../../src-main/packs/quality', import.meta.url), folder, { recursive: true })
    const at = ['--data', data]
    const as = (name: string) => ['--as', name, '--passphrase-file', join(data, 'secret'), ...at]
    const said = await told<{ version: string }>('pack', 'check', folder)
    writeFileSync(join(folder, 'pack.json'), '{}')
    expect(await told('pack', 'check', folder)).toMatchObject({ refused: 'pack_malformed' })
    // Another word and a longer rule: another version, whose difference says which.
    const file = (...path: string[]) => new URL(`../../src-main/packs/quality/${path.join('/')}`, import.meta.url)
    const text = readFileSync(file('pack.json'), 'utf8')
    writeFileSync(join(folder, 'pack.json'), text.replace(`"version": "${said.version}"`, '"version": "9.1"'))
    const rule = join(folder, 'rule', '5-ledger.js')
    writeFileSync(rule, `${readFileSync(rule, 'utf8')}// as agreed\n`)
    const { hash } = await told<{ hash: string }>('pack', 'check', folder)
    const proposal = await told('pack', 'propose', folder, '--reason', 'as agreed', ...as('R. Hofmann'))
    expect(proposal).toMatchObject({ outcome: 'accepted' })
    const list = async () => await told<Packs>('pack', 'list', ...at)
    const proposed = await until('its load', 20_000, list, ({ proposed: [one] }) => one?.missing.length === 0)
    expect(proposed.proposed).toMatchObject([
      { hash, version: '9.1', reason: 'as agreed', whyNot: null, inForce: false },
    ])
    const diff = await told<PackDifference>('pack', 'diff', hash.slice(0, 12), ...at)
    expect(diff).toMatchObject({ against: { version: said.version }, words: [], wordsLeftOut: 0 })
    expect(diff.files.flatMap(({ lines }) => lines).filter(({ was, is }) => was === null || is === null)).toEqual([
      expect.objectContaining({ was: null, text: '// as agreed' }),
      expect.objectContaining({ is: null, text: `  "version": "${said.version}",` }),
      expect.objectContaining({ was: null, text: '  "version": "9.1",' }),
    ])
    expect(await told('pack', 'replay', hash, ...at)).toMatchObject({ assets: 0, equal: 0, different: 0 })
    const { act } = await told<SaidByPerson>('pack', 'activate', hash, ...as('R. Hofmann'))
    expect((await list()).proposed).toMatchObject([{ act, inForce: false }])
    expect(await told('approve', act!, ...as('T. Brandt'))).toMatchObject({ outcome: 'accepted' })
    const inForce = async () => (await list()).packs.find(({ id }) => id === 'quality')
    expect(await inForce()).toMatchObject({
      retired: null,
      versions: [{ version: '9.1', hash, to: null }, { to: expect.any(Number) }],
    })
    // What it is made of is one file, and its hash is the pack's.
    const [hofmann, brandt] = [await session(base, ADMINS[0]), await session(base, ADMINS[1])]
    expect(toHex(sha256(await hofmann.bytes(`/api/packs/${hash}`)))).toBe(hash)
    const lot = { asset: 'urn:own:lot-1', scheme: 'own', type: 'lot', name: 'Lot 1', attributes: {}, simulated: false }
    expect(await brandt.say('asset.registered', { ...lot, packs: ['quality'] })).toMatchObject({ outcome: 'accepted' })
    gateway.signal('SIGTERM')
    await gateway.ended
    gateway = Running.start(['start', '--config', join(data, 'gateway.yaml'), '--data', data])
    await gateway.line(/Console: /)
    const again = await session(base, ADMINS[0])
    const milestone = { asset: lot.asset, milestone: 'filled', status: 'actual', atUs: 1, place: null }
    expect(await again.say('milestone.stated', milestone)).toMatchObject({ outcome: 'accepted' })
    const retired = await again.say('pack.retired', { id: 'quality', reason: 'as agreed' })
    expect(await told('approve', retired.act!, ...as('T. Brandt'))).toMatchObject({ outcome: 'accepted' })
    expect(await inForce()).toMatchObject({ retired: { entry: expect.any(Number) } })
    const refused = await again.say('asset.registered', { ...lot, asset: 'urn:own:lot-2', packs: ['quality'] })
    expect(refused).toMatchObject({ refused: 'pack-inactive' })
  }, 400_000)

  it('bring a gateway back by codes on paper, and end a person here with the ledger', async () => {
    const at = ['--data', data]
    const secret = join(data, 'secret')
    const by = ['--as', 'R. Hofmann', '--as-passphrase-file', secret, ...at]
    type Codes = { codes: string[]; act: string; cameTo: string }
    const made = await told<Codes>('person', 'codes', '--need', '2', '--of', '3', ...by)
    expect([made.codes.length, made.cameTo]).toEqual([3, 'pending'])
    await plumbline('approve', made.act, '--as', 'T. Brandt', '--passphrase-file', secret, ...at)
    expect((await told<Persons>('person', 'signers', ...at)).recovery).toMatchObject({ need: 2, of: 3 })
    await plumbline('person', 'enrol', 'N. Neu', '--role', 'member-admin', '--passphrase-file', secret, ...at)
    const file = join(data, 'codes')
    const recover = async (codes: string[]) => {
      writeFileSync(file, codes.join('\n'), { mode: 0o600 })
      const words = ['--passphrase-file', secret, '--codes-file', file, ...at]
      return await plumblineJson<{ outcome?: string; refused?: string }>('person', 'recover', 'N. Neu', ...words)
    }
    const [one = '', two = ''] = made.codes
    expect((await recover([one])).status).toBe(64)
    expect((await recover([one, `${two.slice(1)}A`])).document).toMatchObject({
      error: { code: 'recovery_code_wrong' },
    })
    // The same code twice is one.
    expect((await recover([one, one])).document).toMatchObject({ refused: 'recovery-few' })
    expect((await recover([one, two])).document).toMatchObject({ outcome: 'accepted' })
    const neu = await session(base, 'N. Neu')
    expect(await neu.call<Persons>('/api/persons')).toMatchObject({
      persons: expect.arrayContaining([
        expect.objectContaining({ name: 'N. Neu', roles: ['member-admin'], here: true }),
      ]),
    })
    const ends = await told<{ ledger: { act: string } }>('person', 'end', 'N. Neu', ...by)
    // Off the list at once; on the ledger once another has agreed.
    expect(await neu.call('/api/persons')).toMatchObject({ code: 'not_signed_in' })
    await plumbline('approve', ends.ledger.act, '--as', 'T. Brandt', '--passphrase-file', secret, ...at)
    const { persons } = await told<Persons>('person', 'signers', ...at)
    expect(persons.find(({ name }) => name === 'N. Neu')?.endedAt).not.toBeNull()
    // Whom the first test ended has nothing open either, and is on no list.
    const list = async () => await told<{ gateways: { people: { name: string }[] }[] }>('person', 'list', ...at)
    const left = await until('the list', 20_000, list, ({ gateways: [one] }) => one?.people.length === 2)
    expect(left.gateways[0]?.people.map(({ name }) => name)).toEqual(['R. Hofmann', 'T. Brandt'])
  }, 400_000)
})
