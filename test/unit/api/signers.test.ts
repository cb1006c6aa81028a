/** Keys that a session opens: by the passphrase of its person, for as long as it lasts, and for nobody else. */
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { roles, type Role } from '../../../src-main/endpoints/model.ts'
import { People } from '../../../src-main/api/people.ts'
import { Signers } from '../../../src-main/api/signers.ts'
import type { ActorId } from '../../../src-main/wire/ids.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NAME = 'A. Berger'
const SECRET = 'correct horse battery'

async function signersOf(): Promise<Signers> {
  const people = People.open<Role>(join(temporaryFolder(onTestFinished), 'people.json'), roles)
  await people.enrol({ name: NAME, role: 'technician', passphrase: SECRET })
  return new Signers(people)
}

test('a session whose key is shut is told so, opens it by the passphrase, and needs it no more', async () => {
  const signers = await signersOf()
  const session = new AbortController().signal
  await expect(signers.ofSession(session, NAME, undefined)).rejects.toMatchObject({ code: 'passphrase_needed' })
  const { actor, seed } = await signers.ofSession(session, NAME, SECRET)
  expect(actor).toBe(signers.actorOf(NAME))
  expect((await signers.ofSession(session, NAME, undefined)).seed).toEqual(seed)
  const other = new AbortController().signal
  await expect(signers.ofSession(other, NAME, undefined)).rejects.toMatchObject({ code: 'passphrase_needed' })
})

test('who signed in by the passphrase is asked for nothing; a wrong one leaves the key shut', async () => {
  const signers = await signersOf()
  const [right, wrong] = [new AbortController().signal, new AbortController().signal]
  signers.openFor(right, NAME, SECRET)
  expect((await signers.ofSession(right, NAME, undefined)).actor).toBe(signers.actorOf(NAME))
  signers.openFor(wrong, NAME, 'not this one')
  await expect(signers.ofSession(wrong, NAME, undefined)).rejects.toMatchObject({ code: 'passphrase_needed' })
})

test('nothing is left of an opened key when its session ends', async () => {
  const signers = await signersOf()
  const session = new AbortController()
  const { seed } = await signers.ofSession(session.signal, NAME, SECRET)
  const fill = vi.spyOn(Buffer.prototype, 'fill')
  onTestFinished(() => fill.mockRestore())
  session.abort()
  await new Promise((resolve) => setImmediate(resolve))
  expect(
    fill.mock.contexts.filter((kept, i) => kept.length === seed.length && fill.mock.calls[i]?.[0] === 0),
  ).toHaveLength(1)
  await expect(signers.ofSession(session.signal, NAME, undefined)).rejects.toMatchObject({ code: 'passphrase_needed' })
  // What is being signed at that moment has a copy of its own, which is not the one that is wiped.
  expect(seed.some((byte) => byte !== 0)).toBe(true)
})

test('a session may try five wrong passphrases, whoever they are of, and a right one counts for nothing', async () => {
  const signers = await signersOf()
  const session = new AbortController().signal
  for (let i = 0; i < 4; i++)
    await expect(signers.ofSession(session, NAME, 'not this one')).rejects.toMatchObject({ code: 'wrong_passphrase' })
  await signers.ofSession(session, NAME, SECRET)
  await expect(signers.open(NAME, 'not this one', session)).rejects.toMatchObject({ code: 'wrong_passphrase' })
  await expect(signers.ofSession(session, NAME, SECRET)).rejects.toMatchObject({ code: 'too_many_attempts' })
  expect((await signers.open(NAME, SECRET)).actor).toBe(signers.actorOf(NAME))
}, 180_000)

test('tells whether nobody else of a member could enrol and end people: by roles, keepers, and keys that lie here', async () => {
  const people = People.open<Role>(join(temporaryFolder(onTestFinished), 'people.json'), roles)
  for (const name of ['Ada', 'Max']) await people.enrol({ name, role: 'member-admin', passphrase: SECRET })
  const signers = new Signers(people)
  const here = 'a'.repeat(32) as ActorId
  const elsewhere = 'b'.repeat(32) as ActorId
  const isLast = (name: string, persons: never[]): boolean => signers.isLastAdmin(name, here, persons)
  const admin = (actor: ActorId | null, change: object = {}) =>
    ({ actor, name: '', roles: ['member-admin'], keeper: here, enrolledAt: 1, endedAt: null, ...change }) as never
  const [ada, max] = [signers.actorOf('Ada'), signers.actorOf('Max')]
  expect(isLast('Ada', [admin(ada)])).toBe(true)
  expect(isLast('Ada', [admin(ada), admin(max)])).toBe(false)
  expect(isLast('Ada', [admin(max)])).toBe(false)
  const useless = [{ endedAt: 7 }, { keeper: elsewhere }, { roles: ['site-manager'] }, { suspendedUs: 9 }]
  for (const change of useless)
    expect(isLast('Ada', [admin(ada), admin(max, change)]), JSON.stringify(change)).toBe(true)
  expect(isLast('Ada', [admin(ada), admin('c'.repeat(32) as ActorId)])).toBe(true)
  expect(isLast('Ada', [admin(ada, { endedAt: 7 })])).toBe(false)
})
