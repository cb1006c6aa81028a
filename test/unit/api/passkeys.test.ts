import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Door } from '../../../src-main/api/door-state.ts'
import { PasskeyChallenges } from '../../../src-main/api/passkey-challenge.ts'
import { Passkeys } from '../../../src-main/api/passkeys.ts'
import { PASSKEYS_MAX, People, type Passkey } from '../../../src-main/api/people.ts'
import { SoftPasskey } from '../../support/soft-passkey.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ROLES = ['member-admin', 'auditor'] as const
const HOST = 'gw-1.works.example:7443'
const NETWORK = { kind: 'network', scheme: 'https' } as Door
const MACHINE = { kind: 'machine', scheme: 'http' } as Door
const logged: string[] = []
let nowUs = 1_700_000_000_000_000
let file: string
let people: People<'member-admin' | 'auditor'>
let passkeys: Passkeys<'member-admin' | 'auditor'>
beforeEach(async () => {
  file = join(temporaryFolder(onTestFinished), 'people.json')
  people = People.open(file, ROLES)
  for (const name of ['Ada', 'Bob']) await people.enrol({ name, role: 'auditor', passphrase: 'correct horse' })
  logged.length = 0
  const log = { warn: (_fields: object, text: string) => void logged.push(text) } as never
  passkeys = new Passkeys({ people, gatewayActor: 'ab'.repeat(16), nowUs: () => nowUs, log })
})

const keyOf = (id: string): Passkey => ({
  id,
  rpId: 'gw-1.works.example',
  label: 'My key',
  publicKey: 'pQECAyYgASFYIA',
  counter: 0,
  addedAtUs: nowUs,
  usedAtUs: null,
})
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

test('a challenge counts for its purpose only, for five minutes, and once', () => {
  const challenges = new PasskeyChallenges(() => nowUs)
  const purpose = { act: 'add', name: 'Ada', rpId: 'gw-1.works.example' } as const
  const challenge = b64(challenges.make(purpose))
  expect(challenges.isGood(challenge, purpose)).toBe(true)
  for (const other of [
    { ...purpose, name: 'Bob' },
    { ...purpose, rpId: 'gw-2.works.example' },
    { ...purpose, act: 'sign-in' as const },
  ])
    expect(challenges.isGood(challenge, other)).toBe(false)
  expect(new PasskeyChallenges(() => nowUs).isGood(challenge, purpose)).toBe(false)
  for (const made of ['', 'AAAA', `${challenge.slice(0, -4)}AAAA`, 'x'.repeat(5_000)])
    expect(challenges.isGood(made, purpose)).toBe(false)
  expect([challenges.use(challenge), challenges.use(challenge), challenges.isGood(challenge, purpose)]).toEqual([
    true,
    false,
    false,
  ])
  const late = b64(challenges.make(purpose))
  nowUs += 5 * 60_000_000
  expect(challenges.isGood(late, purpose)).toBe(false)
})

test('a passkey has one person, outlives a restart, and ends with a new passphrase and with its person', async () => {
  expect(people.addPasskey('Ada', keyOf('AAAA'))).toBe(true)
  expect(people.addPasskey('Bob', keyOf('AAAA'))).toBe(false)
  expect(people.addPasskey('Eve', keyOf('BBBB'))).toBe(false)
  expect(people.addPasskey('Bob', keyOf('CCCC'))).toBe(true)
  people.usePasskey('AAAA', 7, nowUs)
  const again = People.open(file, ROLES)
  expect(again.byPasskey('AAAA')).toMatchObject({ identity: { name: 'Ada' }, passkey: { counter: 7, usedAtUs: nowUs } })
  expect(again.removePasskey('Bob', 'AAAA')).toBe(false)
  await again.reset('Ada', 'battery staple')
  expect(again.byPasskey('AAAA')).toBeNull()
  again.remove('Bob')
  expect(again.byPasskey('CCCC')).toBeNull()
  expect(JSON.stringify(again.entries())).not.toContain('publicKey')
  expect(readFileSync(file, 'utf8')).not.toContain('CCCC')
})

test('a passkey that was begun before a reset is refused after it', async () => {
  const device = new SoftPasskey(`https://${HOST}`)
  const response = device.register(await passkeys.optionsToAdd('Ada', NETWORK, HOST))
  await people.reset('Ada', 'battery staple')
  const late = passkeys.add('Ada', { label: 'My key', response }, NETWORK, HOST)
  await expect(late).rejects.toMatchObject({ code: 'passkey_refused' })
  expect(people.passkeysOf('Ada')).toEqual([])
  // The same device in time.
  const again = device.register(await passkeys.optionsToAdd('Ada', NETWORK, HOST))
  await passkeys.add('Ada', { label: 'My key', response: again }, NETWORK, HOST)
  expect(people.passkeysOf('Ada')).toMatchObject([{ id: device.id, label: 'My key', counter: 0 }])
})

test('a counter that cannot be written keeps nobody out, is said in the log, and still gives a copy away', async () => {
  const device = new SoftPasskey(`https://${HOST}`)
  const response = device.register(await passkeys.optionsToAdd('Ada', NETWORK, HOST))
  await passkeys.add('Ada', { label: 'My key', response }, NETWORK, HOST)
  const signIn = async () =>
    passkeys.identify(device.signIn(await passkeys.optionsToSignIn(NETWORK, HOST)), NETWORK, HOST)
  rmSync(join(file, '..'), { recursive: true })
  device.counter = 7
  expect(await signIn()).toEqual({ name: 'Ada', role: 'auditor' })
  expect(logged).toEqual(['the counter of a passkey could not be kept on the disk'])
  // A copy that was made before.
  device.counter = 7
  await expect(signIn()).rejects.toMatchObject({ code: 'passkey_refused' })
  mkdirSync(join(file, '..'))
  people.noteSignIn('Ada', nowUs)
  expect(People.open(file, ROLES).passkeysOf('Ada')).toMatchObject([{ counter: 7 }])
})

test('a person has so many and no more', () => {
  const taken = Array.from({ length: PASSKEYS_MAX + 1 }, (_, i) => people.addPasskey('Ada', keyOf(`KEY${i}`)))
  expect(taken.filter(Boolean)).toHaveLength(PASSKEYS_MAX)
})

test('there are none at the machine itself, by an address, or for who is not on the list', async () => {
  for (const [door, host] of [
    [MACHINE, 'localhost:7080'],
    [NETWORK, '10.20.4.5:7443'],
    [NETWORK, '[2001:db8::5]:7443'],
  ] as const) {
    expect(passkeys.list('Ada', door, host).available).toBe(false)
    await expect(passkeys.optionsToSignIn(door, host)).rejects.toMatchObject({ code: 'passkeys_not_here' })
    await expect(passkeys.optionsToAdd('Ada', door, host)).rejects.toMatchObject({ code: 'passkeys_not_here' })
  }
  await expect(passkeys.optionsToAdd('Site manager', NETWORK, HOST)).rejects.toMatchObject({
    code: 'passkeys_not_here',
  })
  expect(await passkeys.optionsToSignIn(NETWORK, HOST)).toMatchObject({
    rpId: 'gw-1.works.example',
    userVerification: 'required',
  })
})

test('what a browser never gave is refused, whatever it is, and tells nobody who has a passkey', async () => {
  people.addPasskey('Ada', keyOf('AAAA'))
  const made = [
    {},
    { id: 7 },
    { id: 'AAAA' },
    { id: 'ZZZZ' },
    { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {} },
  ]
  for (const response of made) {
    await expect(passkeys.identify(response, NETWORK, HOST)).rejects.toMatchObject({
      status: 401,
      code: 'passkey_refused',
    })
    await expect(passkeys.add('Ada', { label: 'x', response }, NETWORK, HOST)).rejects.toMatchObject({
      code: 'passkey_refused',
    })
  }
  await expect(passkeys.identify({ id: 'AAAA' }, NETWORK, 'gw-2.works.example')).rejects.toMatchObject({
    code: 'passkey_refused',
  })
})
