/** Who may sign as whom: a session for its own person alone, a program of this machine for whoever it has the passphrase of. */
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { personAnswers } from '../../../src-main/api/answers/persons.ts'
import type { Caller } from '../../../src-main/api/handlers.ts'
import { People } from '../../../src-main/api/people.ts'
import { Signers } from '../../../src-main/api/signers.ts'
import { roles, type Role } from '../../../src-main/endpoints/model.ts'
import type { Channel } from '../../../src-main/gateway/channel.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = 'correct horse battery'
const EXAMPLE = { type: 'act.withdrawn', body: { act: '0'.repeat(64), assets: [] } }

async function gateway() {
  const people = People.open<Role>(join(temporaryFolder(onTestFinished), 'people.json'), roles)
  for (const name of ['A. Berger', 'M. Lindner']) await people.enrol({ name, role: 'site-manager', passphrase: SECRET })
  const signers = new Signers(people)
  const signed: unknown[] = []
  // No more of a channel than what a signature needs.
  const channel = {
    log: pino({ level: 'silent' }),
    actor: 'f'.repeat(32),
    thread: {
      say: ({ person }: { person: string }) => {
        signed.push(person)
        return Promise.resolve({
          outcome: 'accepted',
          index: 7,
          cameTo: 'done',
          hash: null,
          refused: null,
          reason: null,
        })
      },
    },
    packs: { inForce: () => [] },
    reader: {
      state: {
        persons: () =>
          people.list().map(({ name }) => ({
            actor: signers.actorOf(name),
            keeper: 'f'.repeat(32),
            roles: ['site-manager'],
            endedAt: null,
          })),
      },
    },
  } as unknown as Channel
  const { say } = personAnswers(channel, signers, () => false)
  const as = (caller: Caller, named?: { name?: string; passphrase?: string }) =>
    Promise.resolve(
      say({ body: { ...EXAMPLE, ...(named && { as: named }) }, caller, signal: new AbortController().signal }),
    )
  return { as, signed, actorOf: (name: string) => signers.actorOf(name) }
}

const sessionOf = (name: string): Caller => ({
  name,
  role: 'site-manager',
  via: 'session',
  session: new AbortController().signal,
})
const token: Caller = { name: 'this machine', role: 'installer', via: 'token' }

test('a session signs for its own person alone, even with the passphrase of another', async () => {
  const { as, signed, actorOf } = await gateway()
  const caller = sessionOf('A. Berger')
  await expect(as(caller, { name: 'M. Lindner', passphrase: SECRET })).rejects.toMatchObject({ code: 'not_your_key' })
  await expect(as(caller)).rejects.toMatchObject({ code: 'passphrase_needed' })
  expect(signed).toEqual([])
  expect(await as(caller, { passphrase: SECRET })).toMatchObject({ entry: 7 })
  expect(await as(caller)).toMatchObject({ entry: 7 })
  await expect(as(sessionOf('A. Berger'))).rejects.toMatchObject({ code: 'passphrase_needed' })
  expect(signed).toEqual([actorOf('A. Berger'), actorOf('A. Berger')])
})

test('a program of this machine names who signs, and has the passphrase', async () => {
  const { as, signed, actorOf } = await gateway()
  await expect(as(token)).rejects.toMatchObject({ code: 'signer_unnamed' })
  await expect(as(token, { name: 'M. Lindner' })).rejects.toMatchObject({ code: 'signer_unnamed' })
  await expect(as(token, { name: 'M. Lindner', passphrase: 'not this one' })).rejects.toMatchObject({
    code: 'wrong_passphrase',
  })
  expect(signed).toEqual([])
  await as(token, { name: 'M. Lindner', passphrase: SECRET })
  expect(signed).toEqual([actorOf('M. Lindner')])
})
