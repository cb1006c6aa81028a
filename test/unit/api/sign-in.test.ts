import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Attempts, WRONG_MAX } from '../../../src-main/api/attempts.ts'
import type { ApiError } from '../../../src-main/api/api-error.ts'
import { SESSION_IDLE_US, SIGN_IN_CODE_US } from '../../../src-main/api/sessions.ts'
import { SignIn } from '../../../src-main/api/sign-in.ts'
import { ACTOR, type Answer, COOKIE, Rig, TOKEN } from './rig.ts'

const MINUTE_US = 60_000_000
const nobody = () => Promise.reject(new Error('no passkey is used here'))
const HERE = { device: null, address: null }
let rig: Rig
beforeEach(async () => {
  rig = await new Rig().start()
})
afterEach(() => rig.stop())

const newDoor = () =>
  new SignIn({
    sessions: rig.sessions,
    people: rig.people,
    gatewayActor: ACTOR,
    nowUs: () => rig.nowUs,
    log: { warn: () => {} },
  })
const signIn = (json: unknown) => rig.ask('/api/session', { method: 'POST', json })
const cookieOf = (answer: Answer) => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''

test('refuses what needs a sign-in without a cookie, and says what to do', async () => {
  const answer = await rig.ask('/api/assets')
  expect(answer.status).toBe(401)
  expect(answer.json()).toMatchObject({ code: 'not_signed_in', next: expect.stringContaining('Sign in') })
})

test('signs in by a one-time code and sets a cookie that names the gateway', async () => {
  const code = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  const answer = await signIn({ code })
  expect(answer.status).toBe(200)
  expect(answer.json()['user']).toEqual({ name: 'Ada', role: 'installer' })
  expect(answer.headers['set-cookie']?.[0]).toMatch(
    new RegExp(`^${COOKIE}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
  )
  expect((await rig.ask('/api/assets', { cookie: cookieOf(answer) })).status).toBe(200)
})

test('refuses a code that was used once already', async () => {
  const code = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  expect((await signIn({ code })).status).toBe(200)
  const replayed = await signIn({ code })
  expect(replayed.status).toBe(401)
  expect(replayed.json().code).toBe('wrong_code')
  expect(replayed.headers['set-cookie']).toBeUndefined()
})

test('refuses a code from ten minutes on', async () => {
  const inTime = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  const late = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  rig.nowUs += SIGN_IN_CODE_US - 1
  expect((await signIn({ code: inTime })).status).toBe(200)
  rig.nowUs += 1
  expect((await signIn({ code: late })).status).toBe(401)
})

const askForLink = (json: unknown, cookie?: string) =>
  rig.ask('/api/session/link', {
    method: 'POST',
    json,
    ...(cookie === undefined ? { headers: { authorization: `Bearer ${TOKEN}` } } : { cookie }),
  })
const signedInBy = async (link: Answer): Promise<unknown> => {
  const url = new URL(String(link.json()['url']))
  expect(url.origin).toBe(rig.api.url)
  return (await signIn({ code: new URLSearchParams(url.hash.split('?')[1]).get('code') })).json()['user']
}

test('the token of this machine makes a link for a person, in its own role, and for whoever sits there', async () => {
  const ada = { name: 'Ada', role: 'site-manager' } as const
  await rig.people.enrol({ ...ada, passphrase: 'correct horse' })
  expect(await signedInBy(await askForLink({ name: 'Ada' }))).toEqual(ada)
  expect(await signedInBy(await askForLink(ada))).toEqual(ada)
  expect(await signedInBy(await askForLink({}))).toEqual({ name: 'Site manager', role: 'site-manager' })
  expect(await signedInBy(await askForLink({ role: 'installer' }))).toEqual({ name: 'Installer', role: 'installer' })
  expect((await askForLink({ name: 'Ada', role: 'installer' })).json()).toMatchObject({
    code: 'other_role',
    message: 'Ada is site-manager, not installer',
  })
  expect((await askForLink({ name: 'Eve', role: 'auditor' })).json().code).toBe('unknown_person')
})

test('a member admin makes links for people on the list, and for no role that can do more', async () => {
  for (const role of ['site-manager', 'technician', 'installer', 'member-admin', 'auditor'] as const)
    await rig.people.enrol({ name: `the ${role}`, role, passphrase: 'correct horse' })
  const admin = rig.cookie('member-admin', 'the member-admin')
  const answers = await Promise.all(
    rig.people.list().map(async ({ name, role }) => {
      const link = await askForLink({ name }, admin)
      return [role, link.status === 200 ? await signedInBy(link) : link.json().code]
    }),
  )
  expect(Object.fromEntries(answers)).toEqual({
    'site-manager': 'wrong_role',
    technician: 'wrong_role',
    installer: 'wrong_role',
    'member-admin': { name: 'the member-admin', role: 'member-admin' },
    auditor: { name: 'the auditor', role: 'auditor' },
  })
  expect((await askForLink({ name: 'Eve', role: 'site-manager' }, admin)).status).toBe(404)
  expect((await askForLink({ role: 'site-manager' }, admin)).status).toBe(400)
  expect((await askForLink({ name: 'the auditor\u001b[2J' }, admin)).json().code).toBe('invalid_request')
  expect((await askForLink({ name: 'the auditor' }, rig.cookie('technician'))).status).toBe(403)
})

test('a person whose name holds control characters is not taken up', async () => {
  const put = rig.people.enrol({ name: 'Ada\u001b[2J', role: 'auditor', passphrase: 'correct horse' })
  await expect(put).rejects.toMatchObject({ code: 'invalid_person' })
})

test('signs in by name and passphrase, composed or decomposed', async () => {
  await rig.people.enrol({ name: 'Zoë', role: 'site-manager', passphrase: 'Grüße an alle' })
  expect((await signIn({ name: 'Zoë', passphrase: 'Gru\u0308ße an alle' })).status).toBe(200)
  expect((await signIn({ name: 'Zoë', passphrase: 'grüße an alle' })).status).toBe(401)
})

test('says the same of a wrong passphrase and of a name that is not on the list', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  const [known, unknown] = [
    await signIn({ name: 'Ada', passphrase: 'x' }),
    await signIn({ name: 'Bob', passphrase: 'x' }),
  ]
  expect(unknown.status).toBe(401)
  expect(unknown.body.replace('Bob', 'Ada')).toBe(known.body)
})

test('pauses a name for 15 minutes after five wrong passphrases, and only that name', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  await rig.people.enrol({ name: 'Bob', role: 'auditor', passphrase: 'battery staple' })
  const statuses = await Promise.all([1, 2, 3, 4, 5, 6].map(() => signIn({ name: 'Ada', passphrase: 'wrong' })))
  expect(statuses.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 401, 401, 429])
  const paused = await signIn({ name: 'Ada', passphrase: 'correct horse' })
  expect(paused.status).toBe(429)
  expect(paused.json()).toMatchObject({ code: 'too_many_attempts', waitSeconds: 900 })
  expect(paused.headers['retry-after']).toBe('900')
  expect((await signIn({ name: 'Bob', passphrase: 'battery staple' })).status).toBe(200)
  rig.nowUs += 15 * MINUTE_US
  expect((await signIn({ name: 'Ada', passphrase: 'correct horse' })).status).toBe(200)
})

test('names that nobody has do not push out the wrong passphrases counted for a name that exists', () => {
  const attempts = new Attempts({ nowUs: () => rig.nowUs, isPerson: (name) => name === 'Ada' })
  for (let wrong = 1; wrong < WRONG_MAX; wrong += 1) attempts.begin('Ada', HERE)
  for (let stranger = 0; stranger < 5000; stranger += 1) attempts.begin(`nobody ${stranger}`, HERE)
  attempts.begin('Ada', HERE)
  expect(() => attempts.begin('Ada', HERE)).toThrow(expect.objectContaining({ code: 'too_many_attempts' }))
})

test('elsewhere each address is a source, and all of them together have fifty for a name', () => {
  const attempts = new Attempts({ nowUs: () => rig.nowUs, isPerson: (name) => name === 'Ada' })
  const from = (address: string) => ({ device: null, address })
  const paused = expect.objectContaining({ code: 'too_many_attempts' })
  for (let wrong = 0; wrong < WRONG_MAX; wrong += 1) attempts.begin('Ada', from('10.0.0.1'))
  expect(() => attempts.begin('Ada', from('10.0.0.1'))).toThrow(paused)
  attempts.begin('Ada', from('10.0.0.2'))
  attempts.succeed('Ada', from('10.0.0.2'))
  attempts.begin('Ada', HERE)
  for (let other = 3; other < 48; other += 1) attempts.begin('Ada', from(`10.0.1.${other}`))
  expect(() => attempts.begin('Ada', from('10.0.2.1'))).toThrow(paused)
  attempts.begin('Ada', HERE)
  attempts.begin('Ada', { device: 'known', address: '10.0.2.1' })
  rig.nowUs += 15 * MINUTE_US
  attempts.begin('Ada', from('10.0.0.1'))
})

test('a sign-in that is refused because too many wait is no wrong passphrase', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  const door = newDoor()
  const open = (name: string, passphrase: string) =>
    door
      .open({ name, passphrase }, { cookies: undefined, door: 'machine', address: null }, nobody)
      .catch((error: ApiError) => error)
  // All in one turn, so that nobody in the line is done before the last one asks.
  const line = Array.from({ length: 12 }, (_, stranger) => open(`nobody ${stranger}`, 'x'))
  const late = Array.from({ length: 10 }, () => open('Ada', 'wrong'))
  expect(new Set((await Promise.all(line)).map((one) => 'code' in one && one.code))).toEqual(
    new Set(['wrong_passphrase']),
  )
  expect(new Set((await Promise.all(late)).map((one) => 'code' in one && one.code))).toEqual(new Set(['busy']))
  expect(await open('Ada', 'correct horse')).toMatchObject({ identity: { name: 'Ada' } })
})

test('who is ended, or given another passphrase, while a hash is held back gets no session', async () => {
  const door = newDoor()
  const here = { cookies: undefined, door: 'machine', address: null } as const
  const key = { id: 'AAAA', rpId: 'gw-1', label: 'My key', publicKey: 'pQ', counter: 0, addedAtUs: 0, usedAtUs: null }
  const max = { name: 'Max', role: 'auditor' } as const
  for (const by of [{ name: 'Max', passphrase: 'correct horse' }, { passkey: { id: 'AAAA' } }])
    for (const meanwhile of ['ended', 'reset'] as const) {
      await rig.people.enrol({ ...max, passphrase: 'correct horse' })
      rig.people.addPasskey('Max', key)
      const held = Promise.withResolvers<void>()
      // As the last look at the list before the hash comes back.
      const looked = async () => {
        await held.promise
        return max
      }
      const identify = vi.spyOn(rig.people, 'identify').mockImplementation(looked)
      const opened = door.open(by, here, looked).catch((error: ApiError) => error)
      if (meanwhile === 'reset') await rig.people.reset('Max', 'battery staple')
      else rig.people.remove('Max')
      held.resolve()
      expect(await opened, `${Object.keys(by)[0]} ${meanwhile}`).toMatchObject({ code: 'not_signed_in' })
      expect(rig.sessions.countOf('Max')).toBe(0)
      identify.mockRestore()
      rig.people.remove('Max')
    }
})

test('a one-time link signs in a name that wrong passphrases have paused', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  for (let wrong = 0; wrong < WRONG_MAX; wrong += 1) await signIn({ name: 'Ada', passphrase: 'wrong' })
  expect((await signIn({ name: 'Ada', passphrase: 'correct horse' })).status).toBe(429)
  const code = rig.sessions.createCode({ name: 'Ada', role: 'auditor' })
  expect((await signIn({ code })).json()['user']).toEqual({ name: 'Ada', role: 'auditor' })
})

const change = (cookie: string, old: string, passphrase: string) =>
  rig.ask('/api/session/passphrase', { method: 'POST', json: { old, passphrase }, cookie })

test('a person changes its passphrase with the old one: this session stays, and all else in its name ends', async () => {
  const ada = { name: 'Ada', passphrase: 'correct horse' }
  await rig.people.enrol({ ...ada, role: 'auditor' })
  const [here, other, bob] = [rig.cookie(), rig.cookie(), rig.cookie('auditor', 'Bob')]
  const code = rig.sessions.createCode({ name: 'Ada', role: 'auditor' })
  for (const [old, passphrase, refused] of [
    ['wrong horse', 'battery staple', 'wrong_passphrase'],
    ['correct horse', 'short', 'invalid_person'],
    ['correct horse', 'correct horse', 'invalid_person'],
  ] as const)
    expect((await change(here, old, passphrase)).json().code).toBe(refused)
  expect((await change(bob, 'correct horse', 'battery staple')).json().code).toBe('unknown_person')
  const changed = await change(here, 'correct horse', 'battery staple')
  expect([changed.status, changed.json()]).toEqual([200, { ended: 1 }])
  expect(changed.headers['set-cookie']?.[0]).toContain('-device=')
  const statuses = [here, other, bob].map(async (cookie) => (await rig.ask('/api/assets', { cookie })).status)
  expect(await Promise.all(statuses)).toEqual([200, 401, 200])
  expect((await signIn({ code })).status).toBe(401)
  expect((await signIn(ada)).status).toBe(401)
  expect((await signIn({ name: 'Ada', passphrase: 'battery staple' })).status).toBe(200)
  const log = rig.logged.join('')
  expect(log).toContain('passphrase changed')
  for (const secret of ['correct horse', 'battery staple', 'wrong horse']) expect(log).not.toContain(secret)
})

test('wrong old passphrases are counted as at the sign-in, and a reset meanwhile has the last word', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  const { cookie: secret } = rig.sessions.open({ name: 'Ada', role: 'auditor' })
  const choice = { old: 'correct horse', passphrase: 'my own choice' }
  // Hashes stand in line: the old one is looked at, the reset is made, and only then the new one.
  const changing = newDoor().change('Ada', choice, { cookies: undefined, door: 'machine', address: null }, secret)
  const resetting = rig.people.reset('Ada', 'battery staple')
  await expect(changing).rejects.toMatchObject({ code: 'not_signed_in' })
  await resetting
  expect(await rig.people.identify('Ada', 'battery staple')).not.toBeNull()
  const cookie = rig.cookie()
  for (let wrong = 0; wrong < WRONG_MAX; wrong += 1)
    expect((await change(cookie, 'wrong', 'battery staple')).status).toBe(401)
  expect((await change(cookie, 'battery staple', 'my own choice')).json().code).toBe('too_many_attempts')
})

test('a right passphrase forgets the wrong ones before it', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  for (let round = 0; round < 3; round += 1) {
    for (let wrong = 0; wrong < 3; wrong += 1)
      expect((await signIn({ name: 'Ada', passphrase: 'no' })).status).toBe(401)
    expect((await signIn({ name: 'Ada', passphrase: 'correct horse' })).status).toBe(200)
  }
})

test('ends a session after twelve idle hours and keeps one that is used', async () => {
  const cookie = rig.cookie()
  for (let hour = 0; hour < 30; hour += 10) {
    rig.nowUs += 10 * 60 * MINUTE_US
    expect((await rig.ask('/api/assets', { cookie })).status).toBe(200)
  }
  rig.nowUs += SESSION_IDLE_US
  expect((await rig.ask('/api/assets', { cookie })).status).toBe(401)
})

test('signing out ends the session on the server and takes the cookie back', async () => {
  const cookie = rig.cookie()
  const answer = await rig.ask('/api/session', { method: 'DELETE', cookie })
  expect(answer.status).toBe(204)
  expect(answer.headers['set-cookie']?.[0]).toContain('Max-Age=0')
  expect((await rig.ask('/api/assets', { cookie })).status).toBe(401)
})

test('signing in again ends the session the browser came with', async () => {
  const cookie = rig.cookie()
  const code = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  await rig.ask('/api/session', { method: 'POST', json: { code }, cookie })
  expect((await rig.ask('/api/assets', { cookie })).status).toBe(401)
})

test('ignores the cookie of another gateway on the same address', async () => {
  const cookie = rig.cookie().replace(COOKIE, 'plumbline-89abcdef')
  expect((await rig.ask('/api/assets', { cookie })).status).toBe(401)
  expect((await rig.ask('/api/assets', { cookie: `${cookie}; ${rig.cookie()}` })).status).toBe(200)
})

test('refuses a wrong token even beside a good cookie', async () => {
  const headers = { authorization: 'Bearer something else' }
  expect((await rig.ask('/api/assets', { cookie: rig.cookie(), headers })).status).toBe(401)
  expect((await rig.ask('/api/assets', { headers: { authorization: `Bearer ${TOKEN}x` } })).status).toBe(401)
  expect((await rig.ask('/api/assets', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200)
})

test('lets nothing secret into its log', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  const code = rig.sessions.createCode({ name: 'Ada', role: 'installer' })
  const byCode = await signIn({ code })
  await signIn({ name: 'Ada', passphrase: 'correct horse' })
  await signIn({ name: 'Ada', passphrase: 'wrong pass' })
  await rig.ask('/api/assets?code=in-the-query', { cookie: cookieOf(byCode) })
  await rig.ask('/api/assets', { headers: { authorization: `Bearer ${TOKEN}` } })
  const log = rig.logged.join('')
  expect(log).toContain('signed in')
  for (const secret of [
    code,
    'correct horse',
    'wrong pass',
    cookieOf(byCode).split('=')[1] ?? '',
    TOKEN,
    'in-the-query',
  ]) {
    expect(log).not.toContain(secret)
  }
})

test('keeps people in a file that only its owner reads', async () => {
  await rig.people.enrol({ name: 'Ada', role: 'auditor', passphrase: 'correct horse' })
  expect(statSync(join(rig.folder, 'people.json')).mode & 0o777).toBe(0o600)
})
