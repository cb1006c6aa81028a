import { expect, test } from 'vitest'
import { Gatekeeper, readCookie } from '../../../src-main/api/authenticate.ts'
import { isLoopback } from '../../../src-main/api/request-guard.ts'
import { Sessions, type KeptSession, type SessionSecrets } from '../../../src-main/api/sessions.ts'
import type { Role } from '../../../src-main/endpoints/model.ts'
import { ACTOR, COOKIE, TOKEN } from './rig.ts'

const sessions = new Sessions<Role>({ nowUs: () => 0 })
const gatekeeper = new Gatekeeper({ sessions, gatewayActor: ACTOR, token: TOKEN })
const from = (isLocal: boolean, more: { cookie?: string; key?: string; authorization?: string } = {}) => ({
  cookie: more.cookie,
  key: more.key,
  authorization: more.authorization,
  isLoopback: isLocal,
})

test('what is open on loopback needs a sign-in from elsewhere', () => {
  expect(gatekeeper.admit('open-loopback', from(true)).caller.via).toBe('nobody')
  expect(() => gatekeeper.admit('open-loopback', from(false))).toThrow(/nobody is signed in/)
  const opened = sessions.open({ name: 'Ada', role: 'auditor' })
  const cookie = `${COOKIE}=${opened.cookie}`
  expect(gatekeeper.admit('open-loopback', from(false, { cookie, key: opened.key })).caller.name).toBe('Ada')
})

test('the cookie alone, which every port of this address is sent, signs nobody in', () => {
  const opened = sessions.open({ name: 'Ada', role: 'auditor' })
  const cookie = `${COOKIE}=${opened.cookie}`
  const other = sessions.open({ name: 'Eve', role: 'auditor' })
  for (const key of [undefined, '', opened.cookie, other.key])
    expect(() => gatekeeper.admit('signed-in', from(true, { cookie, ...(key === undefined ? {} : { key }) }))).toThrow(
      /nobody is signed in/,
    )
  expect(gatekeeper.admit('signed-in', from(true, { cookie, key: opened.key })).caller.name).toBe('Ada')
})

test('a session outlives a restart by the hashes of its secrets, and ends after a week', () => {
  let kept: KeptSession<Role>[] = []
  let nowUs = 1_000
  const store = { load: () => kept, save: (sessions: readonly KeptSession<Role>[]) => void (kept = [...sessions]) }
  const before = new Sessions<Role>({ nowUs: () => nowUs, store })
  const secrets = before.open({ name: 'Ada', role: 'auditor' })
  const left = before.open({ name: 'Bob', role: 'auditor' })
  before.close(left.cookie)
  for (const secret of Object.values(secrets)) expect(JSON.stringify(kept)).not.toContain(secret)
  const after = new Sessions<Role>({ nowUs: () => nowUs, store })
  expect([after.count, after.find(secrets)?.identity]).toEqual([1, { name: 'Ada', role: 'auditor' }])
  for (let day = 0; day < 8; day++) {
    for (let hour = 0; hour < 24; hour += 8) {
      nowUs += 8 * 3_600_000_000
      after.find(secrets)
    }
  }
  expect([after.find(secrets), new Sessions<Role>({ nowUs: () => nowUs, store }).count]).toEqual([null, 0])
})

test('everywhere else means the same person, and not here', () => {
  const many = new Sessions<Role>({ nowUs: () => 0 })
  const [here, there, bob] = ['Ada', 'Ada', 'Bob'].map((name) => many.open({ name, role: 'auditor' })) as [
    SessionSecrets,
    SessionSecrets,
    SessionSecrets,
  ]
  expect(many.closeOthers(here.cookie)).toBe(1)
  expect([here, there, bob].map((secrets) => many.find(secrets) !== null)).toEqual([true, false, true])
})

test('the token of runtime.json opens everything here and nothing from elsewhere', () => {
  const authorization = `Bearer ${TOKEN}`
  expect(gatekeeper.admit(['site-manager'], from(true, { authorization })).caller.via).toBe('token')
  expect(() => gatekeeper.admit('signed-in', from(false, { authorization }))).toThrow(/token/)
})

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['::2', false],
  ['127.0.0.1.evil.example', false],
  [undefined, false],
])('%s is this machine: %s', (address, expected) => {
  expect(isLoopback(address)).toBe(expected)
})

test('a cookie is found by its whole name only', () => {
  expect(readCookie('a=1; plumbline-x=2;plumbline-xy=3', 'plumbline-x')).toBe('2')
  expect(readCookie('xplumbline-x=2', 'plumbline-x')).toBeNull()
  expect(readCookie('plumbline-x', 'plumbline-x')).toBeNull()
  expect(readCookie(undefined, 'plumbline-x')).toBeNull()
})

test('more sessions than there is room for end the one that idled longest', () => {
  let nowUs = 0
  const many = new Sessions<Role>({ nowUs: () => nowUs })
  const secrets = Array.from({ length: 257 }, (_, index) => {
    nowUs = index
    return many.open({ name: `p${index}`, role: 'auditor' })
  })
  expect(many.count).toBe(256)
  expect(many.find(secrets[0] as SessionSecrets)).toBeNull()
  expect(many.find(secrets[1] as SessionSecrets)).not.toBeNull()
})
