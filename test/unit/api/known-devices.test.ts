import { afterEach, beforeEach, expect, test } from 'vitest'
import { WRONG_MAX } from '../../../src-main/api/attempts.ts'
import { KnownDevices } from '../../../src-main/api/known-devices.ts'
import { SignIn } from '../../../src-main/api/sign-in.ts'
import { ACTOR, type Answer, COOKIE, Rig } from './rig.ts'

const ADA = { name: 'Ada', passphrase: 'correct horse' }
let rig: Rig
beforeEach(async () => {
  rig = await new Rig().start()
  await rig.people.enrol({ ...ADA, role: 'technician' })
})
afterEach(() => rig.stop())

const signIn = (json: unknown, cookie?: string) =>
  rig.ask('/api/session', { method: 'POST', json, ...(cookie === undefined ? {} : { cookie }) })
const deviceOf = (answer: Answer): string | undefined =>
  answer.headers['set-cookie']?.find((line) => line.startsWith(`${COOKIE}-device=`))?.split(';')[0]
const guess = async (cookie?: string): Promise<void> => {
  for (let wrong = 0; wrong < WRONG_MAX; wrong += 1) await signIn({ name: 'Ada', passphrase: 'wrong' }, cookie)
}

const nobody = () => Promise.reject(new Error('no passkey is used here'))
const HERE = { cookies: undefined, door: 'machine', address: null } as const

test('wrong passphrases from elsewhere stop the guessing and not the person in the browser it has used before', async () => {
  const first = await signIn(ADA)
  const cookie = deviceOf(first)
  expect(first.headers['set-cookie']?.[1]).toMatch(
    new RegExp(
      `^${COOKIE}-device=[\\w-]{22}\\.[\\w-]{22}; Path=/api/session; HttpOnly; SameSite=Strict; Max-Age=34560000$`,
    ),
  )
  for (let round = 0; round < 2; round += 1) {
    await guess()
    expect((await signIn(ADA)).status).toBe(429)
    expect((await signIn(ADA, cookie)).status).toBe(200)
  }
  // What the person did does not give the guesser new attempts.
  expect((await signIn(ADA)).status).toBe(429)
})

test('a known browser has five attempts too, and pausing it pauses no other one', async () => {
  const [one, other] = [deviceOf(await signIn(ADA)), deviceOf(await signIn(ADA))]
  await guess(one)
  expect((await signIn(ADA, one)).status).toBe(429)
  expect((await signIn(ADA, other)).status).toBe(200)
})

test('a sign-in link makes a browser known', async () => {
  const cookie = deviceOf(await signIn({ code: rig.sessions.createCode({ name: 'Ada', role: 'technician' }) }))
  await guess()
  expect((await signIn(ADA, cookie)).status).toBe(200)
  const nobody = await signIn({ code: rig.sessions.createCode({ name: 'Site manager', role: 'site-manager' }) })
  expect(deviceOf(nobody)).toBeUndefined()
})

test('a browser is known for each person who used it, 16 at most, and for nobody else', async () => {
  const hashes = { hashOf: (name: string) => (name.startsWith('stranger') ? null : `hash of ${name}`) }
  const devices = new KnownDevices(hashes, ACTOR)
  let cookie: string | undefined
  for (let i = 0; i < 17; i += 1) cookie = devices.remember(cookie, `person ${i}`)?.split(';')[0]
  const known = Array.from({ length: 17 }, (_, i) => devices.recognise(cookie, `person ${i}`) !== null)
  expect(known).toEqual([false, ...Array<boolean>(16).fill(true)])
  expect(cookie?.length).toBeLessThan(500)
  expect(devices.recognise(cookie, 'person 18')).toBeNull()
  expect(devices.recognise(cookie, 'stranger')).toBeNull()
  expect(devices.remember(cookie, 'stranger')).toBeNull()
})

test('a new passphrase, another device and another gateway end what a mark says', () => {
  let hash = 'first'
  const devices = new KnownDevices({ hashOf: () => hash }, ACTOR)
  const cookie = devices.remember(undefined, 'Ada')?.split(';')[0] ?? ''
  expect(devices.recognise(cookie, 'Ada')).toHaveLength(22)
  expect(devices.recognise(cookie, 'Bob')).toBeNull()
  expect(devices.recognise(cookie.replace(/=.{22}/, `=${'A'.repeat(22)}`), 'Ada')).toBeNull()
  for (const nonsense of ['', 'x', `${cookie}.y`, `${cookie}.`]) {
    expect(devices.recognise(`${COOKIE}-device=${nonsense}`, 'Ada')).toBeNull()
  }
  expect(new KnownDevices({ hashOf: () => hash }, `ff${ACTOR.slice(2)}`).recognise(cookie, 'Ada')).toBeNull()
  hash = 'second'
  expect(devices.recognise(cookie, 'Ada')).toBeNull()
})

test('a flood of invented names leaves room in the line for a known browser', async () => {
  const door = new SignIn({
    sessions: rig.sessions,
    people: rig.people,
    gatewayActor: ACTOR,
    nowUs: () => rig.nowUs,
    log: { warn: () => {} },
  })
  const cookie = deviceOf(await signIn(ADA))
  const flood = Array.from({ length: 40 }, (_, i) => door.open({ name: `nobody ${i}`, passphrase: 'x' }, HERE, nobody))
  const ada = door.open(ADA, { ...HERE, cookies: cookie }, nobody)
  const refused = (await Promise.allSettled(flood)).filter(
    (one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'busy',
  )
  expect(refused).toHaveLength(28)
  expect((await ada).identity.name).toBe('Ada')
})
