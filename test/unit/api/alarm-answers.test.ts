/** Who says that tampering was seen: whoever has a key, by that key. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { alarmAnswers } from '../../../src-main/api/answers/alarms.ts'
import type { Caller } from '../../../src-main/api/handlers.ts'
import { People } from '../../../src-main/api/people.ts'
import { Signers } from '../../../src-main/api/signers.ts'
import { roles, type Role } from '../../../src-main/endpoints/model.ts'
import type { Channel } from '../../../src-main/gateway/channel.ts'
import { Conditions } from '../../../src-main/gateway/conditions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = 'correct horse battery'
const HERE = 'f'.repeat(32)
const REASON = 'A drill.'

async function gateway(change: { refuses?: boolean } = {}) {
  const folder = temporaryFolder(onTestFinished)
  const people = People.open<Role>(join(folder, 'people.json'), roles)
  for (const name of ['A. Berger', 'M. Lindner']) await people.enrol({ name, role: 'technician', passphrase: SECRET })
  const signers = new Signers(people)
  const actor = signers.actorOf('A. Berger')
  // M. Lindner may sign in, and signs nothing on the ledger.
  const person = { actor, name: 'A. Berger', roles: ['technician'], keeper: HERE, enrolledAt: 3, endedAt: null }
  const conditions = new Conditions({ nowUs: () => 1_773_234_000_000_000 })
  const said: [by: string, body: object][] = []
  const byGateway: object[] = []
  const outcome = change.refuses
    ? { outcome: 'invalid', index: null, cameTo: null, hash: null, refused: 'signer-suspended', reason: 'suspended' }
    : { outcome: 'accepted', index: 7, cameTo: 'done', hash: null, refused: null, reason: null }
  conditions.attach({
    event: (_, body) => {
      byGateway.push(body)
      return Promise.resolve({ outcome: 'accepted', index: 8, reason: null })
    },
  })
  const channel = {
    name: 'gw-1',
    actor: HERE,
    record: { finding: null },
    conditionsWith: () => conditions,
    tellStatus: () => {},
    thread: {
      say: ({ person: by, body }: { person: string; body: object }) => {
        said.push([by, body])
        return Promise.resolve(outcome)
      },
    },
    reader: {
      state: { persons: () => [person], person: (id: string) => (id === actor ? person : null) },
      members: () => [],
    },
  } as unknown as Channel
  conditions.set('peer-changed', 'gw-2', true)
  conditions.set('peer-silent', 'gw-3', true)
  const idOf = (code: string): string => conditions.all().find((one) => one.code === code)?.id ?? ''
  const { acknowledgeAlarms } = alarmAnswers(channel, signers)
  const acknowledge = async (code: string, caller: Caller, more: object = {}) =>
    await acknowledgeAlarms({
      body: { ids: [idOf(code)], reason: REASON, ...more },
      caller,
      signal: new AbortController().signal,
    })
  const stateOf = (code: string): string | undefined => conditions.all().find((one) => one.code === code)?.state
  const seenByGateway = (): object[] => byGateway.filter((body) => 'name' in body)
  return { acknowledge, said, seenByGateway, actor, stateOf }
}

const sessionOf = (name: string): Caller => ({
  name,
  role: 'technician',
  via: 'session',
  session: new AbortController().signal,
})
const token: Caller = { name: 'this machine', role: 'member-admin', via: 'token' }

test('whoever has a key on the ledger says it by that key, and the gateway says nothing besides', async () => {
  const { acknowledge, said, seenByGateway, actor, stateOf } = await gateway()
  await expect(acknowledge('peer-changed', sessionOf('A. Berger'))).rejects.toMatchObject({ code: 'passphrase_needed' })
  expect([said, stateOf('peer-changed')]).toEqual([[], 'unacknowledged-active'])
  await acknowledge('peer-changed', sessionOf('A. Berger'), { as: { passphrase: SECRET } })
  const body = { code: 'peer-changed', place: 'gw-2', name: 'A. Berger', reason: REASON, sinceUs: expect.any(Number) }
  expect(said).toEqual([[actor, body]])
  expect([seenByGateway(), stateOf('peer-changed')]).toEqual([[], 'acknowledged-active'])
})

test('whoever has none is named by the gateway, as for all that is no tampering', async () => {
  const { acknowledge, said, seenByGateway } = await gateway()
  await acknowledge('peer-changed', sessionOf('M. Lindner'))
  await acknowledge('peer-silent', sessionOf('A. Berger'))
  expect(said).toEqual([])
  expect(seenByGateway()).toMatchObject([{ name: 'M. Lindner' }, { name: 'A. Berger' }])
})

test('a program of this machine says nothing in the name of somebody who has a key', async () => {
  const { acknowledge, said, actor, stateOf } = await gateway()
  await expect(acknowledge('peer-changed', token, { by: 'A. Berger' })).rejects.toMatchObject({
    code: 'signer_unnamed',
  })
  expect(stateOf('peer-changed')).toBe('unacknowledged-active')
  await acknowledge('peer-changed', token, { as: { name: 'A. Berger', passphrase: SECRET } })
  expect(said).toMatchObject([[actor, { name: 'A. Berger' }]])
})

test('what the ledger does not take is not acknowledged', async () => {
  const { acknowledge, stateOf } = await gateway({ refuses: true })
  const asked = acknowledge('peer-changed', sessionOf('A. Berger'), { as: { passphrase: SECRET } })
  await expect(asked).rejects.toMatchObject({ code: 'not_recorded' })
  expect(stateOf('peer-changed')).toBe('unacknowledged-active')
})
