/** What one must not do alone, as people do it at the console of a running gateway: each in a session of its own, the key open from the sign-in. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../src-main/cli/free-port.ts'
import type { Acts } from '../../src-main/endpoints/act-calls.ts'
import type { Persons, SaidByPerson } from '../../src-main/endpoints/person-calls.ts'
import { plumbline, Running, until } from '../support/plumbline-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const PASSPHRASE = 'correct horse battery'
const ADMINS = ['R. Hofmann', 'T. Brandt', 'U. Voss'] as const

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
  return { call, say: (type: string, body: object) => call<SaidByPerson>('/api/ledger/statements', { type, body }) }
}

describe('acts at the console', () => {
  let gateway: Running
  let base = ''

  beforeAll(async () => {
    const data = temporaryFolder(afterAll)
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
  }, 60_000)
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
  }, 60_000)
})
