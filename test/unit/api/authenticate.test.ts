import { expect, test } from 'vitest'
import { Gatekeeper, readCookie } from '../../../src-main/api/authenticate.ts'
import { sourceOf } from '../../../src-main/api/source-address.ts'
import { Sessions, type KeptSession, type SessionSecrets } from '../../../src-main/api/sessions.ts'
import type { Role } from '../../../src-main/endpoints/model.ts'
import { ACTOR, COOKIE, TOKEN } from './rig.ts'

const sessions = new Sessions<Role>({ nowUs: () => 0 })
const gatekeeper = new Gatekeeper({ sessions, gatewayActor: ACTOR, token: TOKEN })
const from = (isHere: boolean, more: { cookie?: string; key?: string; authorization?: string } = {}) => ({
  cookie: more.cookie,
  key: more.key,
  authorization: more.authorization,
  door: isHere ? ('machine' as const) : ('network' as const),
})

test('what is open at this machine needs a sign-in through the door for others', () => {
  expect(gatekeeper.admit('open-loopback', from(true)).caller.via).toBe('nobody')
  expect(() => gatekeeper.admit('open-loopback', from(false))).toThrow(/nobody is signed in/)
  const opened = sessions.open({ name: 'Ada', role: 'auditor' }, 'network')
  const cookie = `__Host-${COOKIE}=${opened.cookie}`
  expect(gatekeeper.admit('open-loopback', from(false, { cookie, key: opened.key })).caller.name).toBe('Ada')
})

test('a session opens nothing at the other door, whatever its cookie is called, and neither does a link', () => {
  const both = [COOKIE, `__Host-${COOKIE}`]
  for (const [door, isHere] of [
    ['machine', true],
    ['network', false],
  ] as const) {
    const { cookie: secret, key } = sessions.open({ name: 'Ada', role: 'auditor' }, door)
    const cookie = both.map((name) => `${name}=${secret}`).join('; ')
    expect(gatekeeper.admit('signed-in', from(isHere, { cookie, key })).caller.name).toBe('Ada')
    expect(() => gatekeeper.admit('signed-in', from(!isHere, { cookie, key }))).toThrow(/nobody is signed in/)
    const code = sessions.createCode({ name: 'Ada', role: 'auditor' }, door)
    expect(sessions.redeemCode(code, isHere ? 'network' : 'machine')).toBeNull()
  }
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
  const [here, there, bob] = ['Ada', 'Ada', 'Bob'].map(
    (name) => many.open({ name, role: 'auditor' }) as SessionSecrets,
  ) as [SessionSecrets, SessionSecrets, SessionSecrets]
  expect(many.closeOthers(here.cookie)).toBe(1)
  expect([here, there, bob].map((secrets) => many.find(secrets) !== null)).toEqual([true, false, true])
})

test('the token of runtime.json opens everything here and nothing from elsewhere', () => {
  const authorization = `Bearer ${TOKEN}`
  expect(gatekeeper.admit(['site-manager'], from(true, { authorization })).caller.via).toBe('token')
  expect(() => gatekeeper.admit('signed-in', from(false, { authorization }))).toThrow(/token/)
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::', '2001:db8:0:1::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  [undefined, 'unknown'],
])('%s counts as the source %s', (address, expected) => {
  expect(sourceOf(address)).toBe(expected)
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
