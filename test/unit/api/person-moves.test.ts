/** Somebody whom another gateway of the same owner keeps comes here, by a key that lies here alone. */
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { personAnswers } from '../../../src-main/api/answers/persons.ts'
import type { Caller } from '../../../src-main/api/handlers.ts'
import { People } from '../../../src-main/api/people.ts'
import { Signers } from '../../../src-main/api/signers.ts'
import { roles, type Role } from '../../../src-main/endpoints/model.ts'
import type { Channel } from '../../../src-main/gateway/channel.ts'
import { verifySignature } from '../../../src-main/proof/signature.ts'
import type { CoreEvents } from '../../../src-main/record/kinds.ts'
import { personProof } from '../../../src-main/record/kinds/person.ts'
import { parseActorId, parseChannelId, type ActorId } from '../../../src-main/wire/ids.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SECRET = 'correct horse battery'
const CHANNEL = parseChannelId('c'.repeat(64))
const [HERE, THERE, FOREIGN] = ['a', 'b', 'd'].map((digit) => parseActorId(digit.repeat(32))) as [
  ActorId,
  ActorId,
  ActorId,
]
const MOVES = parseActorId('7'.repeat(32))
const token: Caller = { name: 'this machine', role: 'member-admin', via: 'token' }

async function gateway(change: { keeper?: ActorId; isKnown?: boolean } = {}) {
  const people = People.open<Role>(join(temporaryFolder(onTestFinished), 'people.json'), roles)
  for (const [name, role] of [
    ['A. Admin', 'member-admin'],
    ['W. Worker', 'technician'],
  ] as const)
    await people.enrol({ name, role, passphrase: SECRET })
  const signers = new Signers(people)
  const person = (actor: ActorId | null, name: string, keeper: ActorId, role: Role) =>
    ({ actor, name, keeper, roles: [role], enrolledAt: 1, endedAt: null }) as const
  const persons = [
    person(signers.actorOf('A. Admin'), 'A. Admin', HERE, 'member-admin'),
    person(MOVES, 'W. Worker', change.keeper ?? THERE, 'technician'),
  ]
  const retired: Uint8Array[] = []
  const said: { type: string; body: CoreEvents['person.moved'] }[] = []
  const channel = {
    log: pino({ level: 'silent' }),
    actor: HERE,
    thread: {
      identity: { channel: CHANNEL, actor: HERE },
      say: ({ type, body }: { type: string; body: CoreEvents['person.moved'] }) => {
        said.push({ type, body })
        return Promise.resolve({
          outcome: 'accepted',
          index: 7,
          cameTo: 'pending',
          hash: 'ff',
          refused: null,
          reason: null,
        })
      },
    },
    reader: {
      members: () => [
        { actor: HERE, name: 'gw-1', legalName: 'Hall GmbH' },
        { actor: THERE, name: 'gw-2', legalName: 'Hall GmbH' },
        { actor: FOREIGN, name: 'gw-9', legalName: 'Other AG' },
      ],
      state: {
        persons: () => persons,
        person: (id: ActorId) => persons.find(({ actor }) => actor === id) ?? null,
        keysOf: () => retired.map((key) => ({ public: key })),
      },
    },
  } as unknown as Channel
  const { enrolOnLedger } = personAnswers(channel, signers, (actor) => change.isKnown === true && actor !== MOVES)
  const enrol = async (from?: string) =>
    await enrolOnLedger({
      body: {
        person: { name: 'W. Worker', passphrase: SECRET },
        by: { name: 'A. Admin', passphrase: SECRET },
        ...(from === undefined ? {} : { from }),
      },
      caller: token,
      signal: new AbortController().signal,
    })
  return { enrol, said, signers, retired }
}

test('has a new key here under who it was, and shows that it has it', async () => {
  const { enrol, said, signers } = await gateway()
  expect(await enrol(MOVES)).toMatchObject({ cameTo: 'pending', act: 'ff' })
  expect(signers.actorOf('W. Worker')).toBe(MOVES)
  const [{ type, body } = { type: '', body: null }] = said
  expect([type, body?.person, body?.public]).toEqual(['person.moved', MOVES, signers.publicKeyOf('W. Worker')])
  if (body === null) throw new Error('nothing was said')
  expect(verifySignature(1, body.public, personProof(CHANNEL, HERE, MOVES), body.proof)).toBe(true)
})

test('asked for again while it waits for others, says the same; whoever comes back has another key', async () => {
  const { enrol, said, retired } = await gateway()
  await enrol(MOVES)
  await enrol(MOVES)
  expect(said[1]?.body.public).toEqual(said[0]?.body.public)
  // It went on to another gateway since, and the ledger has closed the key that lies here.
  retired.push(said[0]?.body.public ?? new Uint8Array())
  await enrol(MOVES)
  expect(said[2]?.body.public).not.toEqual(said[0]?.body.public)
})

test('nobody comes from another owner, from here, or over a key by which somebody signs already', async () => {
  const refused = { code: 'not_movable' }
  for (const change of [{ keeper: FOREIGN }, { keeper: HERE }, { isKnown: true }]) {
    const { enrol, said, signers } = await gateway(change)
    const before = signers.publicKeyOf('W. Worker')
    await expect(enrol(MOVES)).rejects.toMatchObject(refused)
    expect([said, signers.publicKeyOf('W. Worker')]).toEqual([[], before])
  }
  const { enrol } = await gateway()
  await expect(enrol('9'.repeat(32))).rejects.toMatchObject(refused)
})

test('who signs elsewhere does not move without being named', async () => {
  const { enrol, said } = await gateway()
  await enrol(MOVES)
  said.length = 0
  await expect(enrol()).rejects.toMatchObject({ code: 'person_elsewhere' })
  expect(said).toEqual([])
})
