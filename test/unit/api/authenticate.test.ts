import { expect, test } from 'vitest'
import { Gatekeeper, readCookie } from '../../../src-main/api/authenticate.ts'
import { isLoopback } from '../../../src-main/api/request-guard.ts'
import { Sessions } from '../../../src-main/api/sessions.ts'
import type { Role } from '../../../src-main/endpoints/model.ts'
import { ACTOR, COOKIE, TOKEN } from './rig.ts'

const sessions = new Sessions<Role>({ nowUs: () => 0 })
const gatekeeper = new Gatekeeper({ sessions, gatewayActor: ACTOR, token: TOKEN })
const from = (isLocal: boolean, more: { cookie?: string; authorization?: string } = {}) => ({
  cookie: more.cookie,
  authorization: more.authorization,
  isLoopback: isLocal,
})

test('what is open on loopback needs a sign-in from elsewhere', () => {
  expect(gatekeeper.admit('open-loopback', from(true)).caller.via).toBe('nobody')
  expect(() => gatekeeper.admit('open-loopback', from(false))).toThrow(/nobody is signed in/)
  const cookie = `${COOKIE}=${sessions.open({ name: 'Ada', role: 'auditor' })}`
  expect(gatekeeper.admit('open-loopback', from(false, { cookie })).caller.name).toBe('Ada')
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
  expect(many.find(secrets[0] ?? '')).toBeNull()
  expect(many.find(secrets[1] ?? '')).not.toBeNull()
})
