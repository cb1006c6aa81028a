import { request as httpRequest } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { peopleAnswers } from '../../../src-main/api/answers/people.ts'
import { Enrolment } from '../../../src-main/api/enrolment.ts'
import { People } from '../../../src-main/api/people.ts'
import { mixesScripts } from '../../../src-main/api/person-name.ts'
import { roles } from '../../../src-main/endpoints/model.ts'
import { blockSource, readEvents, Rig, TOKEN } from './rig.ts'

const PASSPHRASE = 'correct horse'
let rig: Rig
let enrolment: Enrolment
beforeEach(async () => {
  rig = new Rig()
  enrolment = new Enrolment({
    people: rig.people,
    sessions: rig.sessions,
    log: { info: (fields: object, text: string) => void rig.logged.push(JSON.stringify({ ...fields, text })) } as never,
    nowUs: () => rig.nowUs,
  })
  await rig.start({ ...peopleAnswers(enrolment), events: blockSource(1) })
  await rig.people.enrol({ name: 'Ada', role: 'member-admin', passphrase: PASSPHRASE })
})
afterEach(() => rig.stop())

const admin = () => rig.cookie('member-admin', 'Ada')
const post = (path: string, json: unknown, cookie: string | null = admin()) =>
  rig.ask(path, {
    method: 'POST',
    json,
    ...(cookie === null ? { headers: { authorization: `Bearer ${TOKEN}` } } : { cookie }),
  })
const enrol = (name: string, role: string, cookie?: string | null) =>
  post('/api/people', { name, role, passphrase: PASSPHRASE }, cookie)

test('a member admin and the token of this machine give any role, nobody else gives one', async () => {
  for (const role of roles) expect((await enrol(`the ${role}`, role)).status, role).toBe(204)
  for (const role of roles) expect((await enrol(`our ${role}`, role, null)).status, role).toBe(204)
  for (const role of ['installer', 'technician', 'site-manager', 'auditor'] as const)
    expect((await enrol('Eve', role, rig.cookie(role))).status, role).toBe(403)
})

test('a new passphrase ends what was opened with the old one, and says how much', async () => {
  await rig.people.enrol({ name: 'Max', role: 'site-manager', passphrase: PASSPHRASE })
  const max = rig.cookie('site-manager', 'Max')
  const reset = await post('/api/people/reset', { name: 'Max', passphrase: 'battery staple' })
  expect([reset.status, reset.json()]).toEqual([200, { ended: 1 }])
  const listed = (await rig.ask('/api/people/enrolled', { cookie: admin() })).json()['people'] as object[]
  expect(listed[1]).toMatchObject({ name: 'Max', resetAtUs: rig.nowUs, resetBy: 'Ada' })
  expect(People.open(join(rig.folder, 'people.json'), roles).find('Max')).toMatchObject({ resetBy: 'Ada' })
  expect((await rig.ask('/api/assets', { cookie: max })).status).toBe(401)
  expect(await rig.people.identify('Max', PASSPHRASE)).toBeNull()
  expect(await rig.people.identify('Max', 'battery staple')).not.toBeNull()
})

test('who is ended loses sessions, links and event streams at once', async () => {
  await rig.people.enrol({ name: 'Max', role: 'site-manager', passphrase: PASSPHRASE })
  const max = rig.cookie('site-manager', 'Max')
  const code = rig.sessions.createCode({ name: 'Max', role: 'site-manager' })
  let seen = ''
  const stream = readEvents(rig, { cookie: max }, (text) => {
    seen = text
    return false
  })
  while (!seen.includes('event: blocks')) await pause(5)
  const atMs = performance.now()
  expect((await post('/api/people/end', { name: 'Max' })).json()).toEqual({ ended: 1 })
  expect((await stream).ended).toBe(true)
  expect(performance.now() - atMs).toBeLessThan(1_000)
  expect((await rig.ask('/api/assets', { cookie: max })).status).toBe(401)
  expect((await rig.ask('/api/session', { method: 'POST', json: { code } })).json().code).toBe('wrong_code')
  const late = await rig.ask('/api/session', { method: 'POST', json: { name: 'Max', passphrase: PASSPHRASE } })
  expect(late.status).toBe(401)
})

test('a passphrase that is being looked at while its person is ended opens nothing', async () => {
  await rig.people.enrol({ name: 'Max', role: 'auditor', passphrase: PASSPHRASE })
  const looking = rig.people.identify('Max', PASSPHRASE)
  rig.people.remove('Max')
  expect(await looking).toBeNull()
  const reset = rig.people.reset('Ada', 'battery staple')
  expect(await rig.people.identify('Ada', PASSPHRASE)).toBeNull()
  await reset
})

test('who is ended while a passphrase is hashed changes nothing with it', async () => {
  const caller = { name: 'Eve', role: 'member-admin', via: 'session' } as const
  for (const [call, body] of [
    ['enrolPerson', { name: 'Mallory', role: 'member-admin', passphrase: PASSPHRASE }],
    ['resetPerson', { name: 'Ada', passphrase: 'battery staple' }],
  ] as const) {
    const ended = new AbortController()
    const hashing = peopleAnswers(enrolment)[call]({ body: body as never, caller, signal: ended.signal })
    ended.abort()
    await expect(hashing, call).rejects.toMatchObject({ code: 'not_signed_in' })
  }
  expect(rig.people.has('Mallory')).toBe(false)
  expect(await rig.people.identify('Ada', PASSPHRASE)).not.toBeNull()
})

test('the last member admin stays, whoever asks', async () => {
  for (const cookie of [admin(), null]) {
    const refused = await post('/api/people/end', { name: 'Ada' }, cookie)
    expect([refused.status, refused.json().code]).toEqual([409, 'last_admin'])
  }
  await enrol('Bob', 'member-admin')
  expect((await post('/api/people/end', { name: 'Ada' })).status).toBe(200)
  expect((await post('/api/people/end', { name: 'Bob' }, null)).json().code).toBe('last_admin')
})

test('a name stands once, however it is written, and none is that of whoever sits at the machine', async () => {
  await enrol('Zoë', 'auditor')
  for (const name of ['Zoë', 'zoë', 'Zoe\u0308', 'Ｚoë'])
    expect((await enrol(name, 'auditor')).json().code, name).toBe('person_exists')
  for (const name of ['Site manager', 'this machine', 'AUDITOR'])
    expect((await enrol(name, 'auditor', null)).json().code, name).toBe('invalid_person')
  for (const name of ['Eve\u202e', 'Eve\u0007', '', 'x'.repeat(4_000)])
    expect((await enrol(name, 'auditor')).json().code).toBe('invalid_request')
  for (const name of [' Eve', 'A. Berger\u2800', '\u2800', 'Eve\u{1d159}', 'Eve\u3164'])
    expect((await enrol(name, 'auditor')).json().code, name).toBe('invalid_person')
})

test('a name that a person takes for another is refused, also where the other one was taken off the list', async () => {
  await enrol('A. Berger', 'auditor')
  await enrol('Ali Öz', 'auditor')
  const alike = [
    'A Berger',
    'A.Berger',
    'А. Berger',
    'A. Вerger',
    'Α. berger',
    'Ａ. Bergeṙ',
    'Aıi Öz',
    'A1i Öz',
    'ALI ÖZ.',
  ]
  for (const name of alike) expect((await enrol(name, 'auditor')).json().code, name).toBe('person_looks_alike')
  // Two scripts in one word, whoever else is on the list; the reserved names of this machine as well.
  for (const name of ['Рeter', 'Max Müllеr', 'Ꮇax'])
    expect((await enrol(name, 'auditor')).json().code, name).toBe('person_looks_alike')
  expect((await enrol('Site-manager', 'auditor')).json().code).toBe('invalid_person')
  expect((await enrol('Ali Oz', 'auditor')).status).toBe(204)
  for (const name of ['山田たろう', '김 佳子', 'Müller-Παππάς', 'Берта Ли', "D'Arcy 2"])
    expect(mixesScripts(name), name).toBe(false)
  expect((await post('/api/people/end', { name: 'A. Berger' })).status).toBe(200)
  const again = People.open(join(rig.folder, 'people.json'), roles)
  const other = { name: 'А. Berger', role: 'auditor', passphrase: PASSPHRASE } as const
  await expect(again.enrol(other)).rejects.toMatchObject({
    code: 'person_looks_alike',
    message: '"А. Berger" looks like "A. Berger", who was on the list',
  })
  expect((await enrol('A. Berger', 'technician')).status).toBe(204)
})

test('two who enrol one name at the same time get one person', async () => {
  const both = await Promise.all([enrol('Bob', 'auditor'), enrol('Bob', 'member-admin')])
  expect(both.map(({ status }) => status).toSorted()).toEqual([204, 409])
  expect(rig.people.list().filter(({ name }) => name === 'Bob')).toHaveLength(1)
})

test('the list says who was here last and what may be done, and holds nothing that signs in', async () => {
  await enrol('Bob', 'auditor')
  await rig.people.enrol({ name: 'Max', role: 'site-manager', passphrase: PASSPHRASE })
  rig.nowUs += 5_000_000
  await rig.ask('/api/session', { method: 'POST', json: { name: 'Bob', passphrase: PASSPHRASE } })
  const answer = await rig.ask('/api/people/enrolled', { cookie: admin() })
  const people = answer.json()['people'] as { name: string }[]
  expect(people.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Max'])
  expect(people[1]).toMatchObject({ enrolledBy: 'Ada', lastSignInAtUs: rig.nowUs, sessions: 1, mayLink: true })
  expect(people[2]).toMatchObject({ lastSignInAtUs: null, mayLink: false })
  expect(people[0]).toMatchObject({ lastAdmin: true })
  expect(answer.body).not.toMatch(/argon2id|salt|hash/)
  expect(People.open(join(rig.folder, 'people.json'), roles).find('Bob')?.lastSignInAtUs).toBe(rig.nowUs)
})

test('what changed the list is in the log, and no passphrase is', async () => {
  await enrol('Bob', 'auditor')
  await post('/api/people/reset', { name: 'Bob', passphrase: 'battery staple' })
  await post('/api/people/end', { name: 'Bob' })
  const log = rig.logged.join('\n')
  for (const said of ['person enrolled', 'passphrase reset', 'person ended']) expect(log).toContain(said)
  for (const secret of [PASSPHRASE, 'battery staple']) expect(log).not.toContain(secret)
  expect(readFileSync(join(rig.folder, 'people.json'), 'utf8')).not.toContain('battery')
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('who is ended while the body of a request is held back does nothing with it', async () => {
  await enrol('Eve', 'member-admin')
  const eve = rig.cookie('member-admin', 'Eve')
  const held = httpRequest(`${rig.api.url}/api/people`, {
    method: 'POST',
    headers: { ...rig.headersOf(eve), origin: rig.api.url, 'content-type': 'application/json' },
  })
  const status = new Promise<number>((resolve, reject) => {
    held.on('error', reject).on('response', (response) => resolve(response.resume().statusCode ?? 0))
  })
  const body = JSON.stringify({ name: 'Mallory', role: 'member-admin', passphrase: PASSPHRASE })
  held.write(body.slice(0, 5))
  // As long as it takes until it was admitted; an end before that would be refused anyway, and prove nothing.
  await pause(200)
  expect((await post('/api/people/end', { name: 'Eve' })).status).toBe(200)
  held.end(body.slice(5))
  expect(await status).toBe(401)
  expect(rig.people.has('Mallory')).toBe(false)
})

test('a name that holds what nobody sees is no other name', async () => {
  for (const hidden of ['\u200b', '\u00ad', '\u3164', '\ufeff'])
    expect((await enrol(`Ada${hidden}`, 'site-manager')).status, escape(hidden)).toBe(400)
})

test('the last admin who signs on a ledger is neither taken off nor given another key, unless it is given up', async () => {
  let isLast = true
  const guarded = new Enrolment({
    people: rig.people,
    sessions: rig.sessions,
    log: { info: () => {} } as never,
    nowUs: () => rig.nowUs,
    isLastSigningAdmin: (name) => isLast && name === 'Max',
  })
  await rig.people.enrol({ name: 'Max', role: 'member-admin', passphrase: PASSPHRASE })
  const by = { name: 'Ada', role: 'member-admin', via: 'session' } as const
  const key = rig.people.keyOf('Max')
  await expect(guarded.reset('Max', 'battery staple', by)).rejects.toMatchObject({ code: 'last_signing_admin' })
  expect(() => guarded.end('Max', by)).toThrow(/nobody but Max can enrol and end people on the ledger/)
  expect(rig.people.keyOf('Max')).toEqual(key)
  await guarded.reset('Max', 'battery staple', by, true)
  expect(rig.people.keyOf('Max')?.public).not.toBe(key?.public)
  isLast = false
  expect(guarded.end('Max', by)).toBe(0)
})
